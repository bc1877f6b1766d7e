#if canImport(Glibc)
    import Glibc
#endif

/// Vehicles seen from the side, standing on `ground`; `x` is the rear (or left) end in pixels.
enum Vehicle2D {
    static func car(
        _ canvas: inout Canvas,
        x: Double,
        ground: Double,
        scale s: Double,
        body: Colour,
        light: Double,
        facesRight: Bool = false,
        braking: Bool = false
    ) {
        let w = 158 * s
        func px(_ share: Double) -> Double { facesRight ? x + w * share : x + w * (1 - share) }
        let paint = body.lit(light)
        canvas.ellipse(x + w / 2, ground, w * 0.54, 7 * s, Colour(hex: 0x18181A).lit(light), alpha: 0.5)
        canvas.polygon(
            [
                (px(0.01), ground - 10 * s), (px(0.03), ground - 34 * s), (px(0.62), ground - 38 * s),
                (px(0.96), ground - 28 * s), (px(0.99), ground - 10 * s),
            ],
            paint
        )
        canvas.polygon(
            [
                (px(0.14), ground - 35 * s), (px(0.25), ground - 58 * s), (px(0.55), ground - 59 * s),
                (px(0.70), ground - 36 * s),
            ],
            body.lit(light * 0.88)
        )
        canvas.polygon(
            [
                (px(0.19), ground - 37 * s), (px(0.27), ground - 54 * s), (px(0.39), ground - 55 * s),
                (px(0.39), ground - 37 * s),
            ],
            Colour(hex: 0x2C3A44).lit(light)
        )
        canvas.polygon(
            [
                (px(0.42), ground - 37 * s), (px(0.42), ground - 55 * s), (px(0.53), ground - 55 * s),
                (px(0.64), ground - 37 * s),
            ],
            Colour(hex: 0x34444F).lit(light)
        )
        canvas.rectangle(min(px(0.02), px(0.98)), ground - 16 * s, w * 0.96, 3 * s, body.lit(light * 0.6))
        for wheel in [0.2, 0.79] {
            canvas.ellipse(px(wheel), ground - 10 * s, 14 * s, 14 * s, Colour(hex: 0x1B1B1D).lit(light))
            canvas.ellipse(px(wheel), ground - 10 * s, 7 * s, 7 * s, Colour(hex: 0x9DA0A3).lit(light))
        }
        let night = light < 0.5
        canvas.ellipse(px(0.965), ground - 24 * s, 5 * s, 4 * s, Colour(hex: 0xFFF4CE).lit(night ? 1 : 0.9))
        canvas.ellipse(
            px(0.025),
            ground - 26 * s,
            4 * s,
            5 * s,
            Colour(hex: braking ? 0xFF5038 : 0x9A2A22).lit(night ? 1 : 0.9)
        )
        if night {
            let far = facesRight ? 170 * s : -170 * s
            canvas.polygon(
                [
                    (px(0.97), ground - 26 * s), (px(0.97) + far, ground - 14 * s), (px(0.97) + far, ground + 8 * s),
                    (px(0.97), ground - 20 * s),
                ],
                Colour(hex: 0xFFF2C8),
                alpha: 0.2
            )
        }
    }

    static func bus(_ canvas: inout Canvas, x: Double, ground: Double, scale s: Double, body: Colour, light: Double) {
        let w = 250 * s
        canvas.ellipse(x + w / 2, ground, w * 0.52, 7 * s, Colour(hex: 0x18181A).lit(light), alpha: 0.5)
        canvas.rectangle(x, ground - 88 * s, w, 78 * s, body.lit(light))
        canvas.rectangle(x, ground - 40 * s, w, 6 * s, Colour(hex: 0xEDEDE8).lit(light))
        for index in 0..<6 {
            canvas.rectangle(
                x + w * (0.04 + 0.155 * Double(index)),
                ground - 80 * s,
                w * 0.13,
                32 * s,
                Colour(hex: light < 0.5 ? 0xE6D8A0 : 0x33434E).lit(light < 0.5 ? 0.7 : light)
            )
        }
        for wheel in [0.18, 0.8] {
            canvas.ellipse(x + w * wheel, ground - 12 * s, 15 * s, 15 * s, Colour(hex: 0x1B1B1D).lit(light))
            canvas.ellipse(x + w * wheel, ground - 12 * s, 7 * s, 7 * s, Colour(hex: 0x8D9093).lit(light))
        }
        canvas.ellipse(x + w - 4 * s, ground - 24 * s, 5 * s, 4 * s, Colour(hex: 0xFFF4CE))
    }
}

/// A walking person; `x` is the middle, `ground` where the feet are.
enum Person2D {
    static func draw(
        _ canvas: inout Canvas,
        x: Double,
        ground: Double,
        scale s: Double,
        coat: Colour,
        step: Double,
        light: Double
    ) {
        let swing = sin(step) * 7 * s
        let dark = Colour(hex: 0x2B2D33).lit(light)
        canvas.ellipse(x, ground, 13 * s, 3.5 * s, Colour(hex: 0x18181A).lit(light), alpha: 0.45)
        canvas.polygon(
            [
                (x - 4 * s, ground - 26 * s), (x + 2 * s, ground - 26 * s), (x + swing + 2 * s, ground),
                (x + swing - 4 * s, ground),
            ],
            dark
        )
        canvas.polygon(
            [
                (x - 2 * s, ground - 26 * s), (x + 4 * s, ground - 26 * s), (x - swing + 4 * s, ground),
                (x - swing - 2 * s, ground),
            ],
            dark
        )
        canvas.polygon(
            [
                (x - 7 * s, ground - 24 * s), (x - 6 * s, ground - 50 * s), (x + 6 * s, ground - 50 * s),
                (x + 7 * s, ground - 24 * s),
            ],
            coat.lit(light)
        )
        canvas.polygon(
            [
                (x - 1 * s, ground - 48 * s), (x + 3 * s, ground - 48 * s), (x + swing * 0.8 + 3 * s, ground - 27 * s),
                (x + swing * 0.8, ground - 27 * s),
            ],
            coat.lit(light * 0.82)
        )
        canvas.ellipse(x, ground - 56 * s, 5.2 * s, 6.4 * s, Colour(hex: 0xD9AE8C).lit(light))
        canvas.ellipse(x, ground - 60 * s, 5.2 * s, 3.6 * s, Colour(hex: 0x25201C).lit(light))
    }
}
