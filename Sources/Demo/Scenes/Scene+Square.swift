import Domain

extension Scene {
    /// A paved square: people cross it, one leaves a bag beside a bench; a cleaner takes it away in the end.
    ///
    /// The bag comes late: what stands there when analysis starts, however long that takes on a loaded machine, is
    /// background to it and stays known.
    package static let square = Scene(
        id: "demo-square",
        duration: 90,
        truth: [
            SceneEvent(
                kind: .leftObject,
                from: 46,
                to: 80,
                box: PictureBox(x: 0.525, y: 0.685, width: 0.055, height: 0.085)
            )
        ],
        background: { canvas in
            for band in 0..<12 {
                canvas.rectangle(
                    0,
                    Double(band) * 10,
                    960,
                    10,
                    Colour(190 + Double(band) * 3, 205 + Double(band) * 2, 222)
                )
            }
            canvas.rectangle(0, 60, 300, 130, Colour(hex: 0xA8B0A6))
            canvas.rectangle(300, 90, 360, 100, Colour(hex: 0xC2B59C))
            canvas.rectangle(660, 50, 300, 140, Colour(hex: 0x9AA4AE))
            for x in stride(from: 16.0, to: 940, by: 46) {
                canvas.rectangle(x, 108, 22, 30, Colour(hex: 0x5E6E7A))
                canvas.rectangle(x, 150, 22, 26, Colour(hex: 0x66757F))
            }
            canvas.rectangle(0, 190, 960, 34, Colour(hex: 0x567A4B))
            for x in stride(from: 20.0, to: 960, by: 120) { canvas.ellipse(x, 186, 44, 34, Colour(hex: 0x4C7044)) }
            canvas.rectangle(0, 222, 960, 318, Colour(hex: 0xBDB6A8))
            for row in 0..<9 {
                let y = 222 + Double(row * row) * 4.2 + Double(row) * 6
                canvas.rectangle(0, y, 960, 1.6, Colour(hex: 0xA39C8F))
            }
            for column in -8...16 {
                let x = Double(column) * 96
                canvas.polygon(
                    [(480 + (x - 480) * 0.55, 222), (482 + (x - 480) * 0.55, 222), (x + 3, 540), (x, 540)],
                    Colour(hex: 0xA9A295)
                )
            }
            // The bench.
            canvas.rectangle(330, 372, 150, 10, Colour(hex: 0x7A5638))
            canvas.rectangle(330, 346, 150, 8, Colour(hex: 0x7A5638))
            for x in [340.0, 464] { canvas.rectangle(x, 346, 6, 58, Colour(hex: 0x55585C)) }
            canvas.ellipse(405, 406, 90, 6, Colour(hex: 0x8E887C), alpha: 0.6)
        },
        foreground: { canvas, t in
            let coat = Colour(hex: 0x2F4858)
            if (34..<58).contains(t) {
                let x: Double =
                    switch t {
                    case ..<44: 980 - (980 - 560) * (t - 34) / 10
                    case ..<48: 560
                    default: 560 - 62 * (t - 48)
                    }
                if t >= 43 { bag(&canvas) }
                if x > -40 {
                    Person2D.draw(
                        &canvas,
                        x: x,
                        ground: 424,
                        scale: 1.5,
                        coat: coat,
                        step: t < 44 || t > 48 ? t * 5 : 0,
                        light: 1
                    )
                    if t < 43 { canvas.rectangle(x + 12, 378, 26, 22, Colour(hex: 0x26221E)) }
                }
            } else if (58..<80).contains(t) {
                bag(&canvas)
            }
            if t >= 70 {
                let x = t < 78 ? -30 + (500 + 30) * (t - 70) / 8 : t < 81 ? 500 : 500 + 51 * (t - 81)
                Person2D.draw(
                    &canvas,
                    x: x,
                    ground: 430,
                    scale: 1.5,
                    coat: Colour(hex: 0xD8752A),
                    step: t < 78 || t > 81 ? t * 5 : 0,
                    light: 1
                )
            }
            let coats: [UInt32] = [0x8C3F46, 0x46614E, 0xA58A52, 0x5A4A6B, 0x394B70]
            for index in 0..<5 {
                let since = (t - Double(index) * 18).wrapped(to: 90)
                let along = since * 52 - 40
                guard along < 1040 else { continue }
                let far = index % 2 == 0
                Person2D.draw(
                    &canvas,
                    x: far ? along : 960 - along,
                    ground: far ? 290 : 518,
                    scale: far ? 0.85 : 1.9,
                    coat: Colour(hex: coats[index]),
                    step: since * 5,
                    light: 1
                )
            }
            Street.caption(&canvas, "CAM 02  SQUARE", t)
        }
    )

    private static func bag(_ canvas: inout Canvas) {
        canvas.ellipse(531, 413, 30, 5, Colour(hex: 0x6E685E), alpha: 0.6)
        canvas.rectangle(506, 376, 50, 36, Colour(hex: 0x26221E))
        canvas.rectangle(512, 384, 38, 4, Colour(hex: 0x4A423A))
        canvas.rectangle(520, 370, 22, 4, Colour(hex: 0x26221E))
    }

    /// A canal with a railing: somebody climbs onto the bank.
    package static let canal = Scene(
        id: "demo-canal",
        duration: 75,
        truth: [
            SceneEvent(kind: .intruder, from: 26, to: 46, box: PictureBox(x: 0.3, y: 0.6, width: 0.3, height: 0.25))
        ],
        background: { canvas in
            for band in 0..<10 {
                canvas.rectangle(
                    0,
                    Double(band) * 14,
                    960,
                    14,
                    Colour(168 + Double(band) * 4, 192 + Double(band) * 3, 214)
                )
            }
            for x in stride(from: 0.0, to: 960, by: 80) { canvas.ellipse(x + 30, 140, 70, 50, Colour(hex: 0x55784C)) }
            canvas.rectangle(0, 150, 960, 60, Colour(hex: 0x8E9A7C))
            canvas.rectangle(0, 210, 960, 120, Colour(hex: 0x55707A))
            for row in 0..<12 {
                canvas.rectangle(Double(row * 137 % 500), 216 + Double(row) * 9, 260, 2, Colour(hex: 0x6E8A94))
            }
            canvas.polygon([(0, 330), (960, 330), (960, 452), (0, 452)], Colour(hex: 0x87917A))
            canvas.rectangle(0, 452, 960, 88, Colour(hex: 0xAFA99D))
            canvas.rectangle(0, 404, 960, 5, Colour(hex: 0x5F6468))
            canvas.rectangle(0, 428, 960, 4, Colour(hex: 0x5F6468))
            for x in stride(from: 10.0, to: 960, by: 58) { canvas.rectangle(x, 400, 5, 54, Colour(hex: 0x5F6468)) }
        },
        foreground: { canvas, t in
            if (24..<50).contains(t) {
                let x: Double =
                    switch t {
                    case ..<30: 300 + 26 * (t - 24)
                    case ..<42: 456
                    default: 456 - 26 * (t - 42)
                    }
                Person2D.draw(
                    &canvas,
                    x: x,
                    ground: 396,
                    scale: 1.2,
                    coat: Colour(hex: 0x7A2E3A),
                    step: (30..<42).contains(t) ? 0.4 * t : t * 5,
                    light: 1
                )
            }
            for index in 0..<3 {
                let since = (t - Double(index) * 25).wrapped(to: 75)
                let along = since * 60 - 40
                guard along < 1040 else { continue }
                Person2D.draw(
                    &canvas,
                    x: index == 1 ? 960 - along : along,
                    ground: 520,
                    scale: 1.6,
                    coat: Colour(hex: [0x394B70, 0x46614E, 0xA58A52][index]),
                    step: since * 5,
                    light: 1
                )
            }
            Street.caption(&canvas, "CAM 04  CANAL", t)
        }
    )
}
