import Domain

#if canImport(Glibc)
    import Glibc
#endif

extension Scene {
    /// A street by day with passing vehicles and people; a car stops in the no-stopping zone and drives off.
    package static let noStopping = Scene(
        id: "demo-gulou",
        duration: 80,
        truth: [
            SceneEvent(
                kind: .parkedVehicle,
                from: 11,
                to: 58,
                box: PictureBox(x: 0.4635, y: 0.68, width: 0.206, height: 0.137)
            )
        ],
        background: { Street.draw(&$0, light: 1) },
        foreground: { canvas, t in
            Street.traffic(&canvas, t, light: 1, duration: 80)
            Street.walkers(&canvas, t, light: 1, duration: 80)
            let x: Double? =
                switch t {
                case 6..<11: 1080 - (1080 - 445) * Ease.out((t - 6) / 5)
                case 11..<58: 445
                case 58..<64: 445 - (445 + 260) * Ease.into((t - 58) / 6)
                default: nil
                }
            if let x {
                Vehicle2D.car(
                    &canvas,
                    x: x,
                    ground: 441,
                    scale: 1.25,
                    body: Colour(hex: 0xB8442E),
                    light: 1,
                    braking: (9..<12).contains(t) || (11..<58).contains(t) && Int(t * 2) % 2 == 0
                )
            }
            Street.caption(&canvas, "CAM 01  GULOU", t)
        }
    )

    /// The same kind of street at night: headlights, reflections, hardly any contrast. Nothing stays.
    package static let nightStreet = Scene(
        id: "demo-night",
        duration: 60,
        truth: [],
        noise: 4,
        background: { Street.draw(&$0, light: 0.22) },
        foreground: { canvas, t in
            Street.traffic(&canvas, t, light: 0.25, duration: 60)
            Street.walkers(&canvas, t, light: 0.3, duration: 60)
            Street.caption(&canvas, "CAM 03  YINGCHUN", t)
        }
    )

    /// A street camera whose lens is covered for a while.
    package static let coveredCamera = Scene(
        id: "demo-covered",
        duration: 70,
        truth: [SceneEvent(kind: .covered, from: 30, to: 52, box: PictureBox(x: 0, y: 0, width: 1, height: 1))],
        background: { Street.draw(&$0, light: 0.85) },
        foreground: { canvas, t in
            Street.traffic(&canvas, t + 7, light: 0.85, duration: 70)
            let reach: Double =
                switch t {
                case 28..<30: (t - 28) / 2
                case 30..<52: 1
                case 52..<54: 1 - (t - 52) / 2
                default: 0
                }
            if reach > 0 {
                canvas.rectangle(0, 0, 980 * reach, 540, Colour(hex: 0x2A2622))
                canvas.rectangle(960 * reach - 30, 0, 30, 540, Colour(hex: 0x4A4238), alpha: 0.7)
            }
            Street.caption(&canvas, "CAM 05  TAISHAN", t)
        }
    )
}

/// Speeding up and slowing down between 0 and 1.
enum Ease {
    static func out(_ x: Double) -> Double { 1 - (1 - x) * (1 - x) }
    static func into(_ x: Double) -> Double { x * x }
    static func both(_ x: Double) -> Double { x < 0.5 ? 2 * x * x : 1 - 2 * (1 - x) * (1 - x) }
}

/// The parts that the street scenes share.
enum Street {
    static func draw(_ canvas: inout Canvas, light: Double) {
        let night = light < 0.5
        for band in 0..<18 {
            let share = Double(band) / 17
            let sky =
                night
                ? Colour(14 + 10 * share, 18 + 12 * share, 34 + 18 * share)
                : Colour(150 + 55 * share, 185 + 35 * share, 222 + 14 * share).lit(light)
            canvas.rectangle(0, Double(band) * 9, 960, 9, sky)
        }
        buildings(&canvas, light: light, night: night)
        canvas.rectangle(0, 268, 960, 46, Colour(hex: 0xA9A49A).lit(light))
        for x in stride(from: 0.0, to: 960, by: 48) {
            canvas.rectangle(x, 268, 1.5, 46, Colour(hex: 0x908B82).lit(light))
        }
        canvas.rectangle(0, 312, 960, 6, Colour(hex: 0xC9C4BA).lit(light))
        canvas.rectangle(0, 318, 960, 150, Colour(hex: 0x55585C).lit(light))
        for x in stride(from: 20.0, to: 960, by: 90) {
            canvas.rectangle(x, 378, 48, 4, Colour(hex: 0xE8E6DD).lit(light))
        }
        // The no-stopping zone: a yellow line and hatching along the near kerb.
        canvas.rectangle(0, 456, 960, 4, Colour(hex: 0xD8B22A).lit(light))
        for x in stride(from: 250.0, to: 660, by: 34) {
            canvas.polygon(
                [(x, 456), (x + 8, 456), (x + 40, 404), (x + 32, 404)],
                Colour(hex: 0xC9A93A).lit(light),
                alpha: 0.55
            )
        }
        canvas.rectangle(0, 468, 960, 8, Colour(hex: 0xC9C4BA).lit(light))
        canvas.rectangle(0, 476, 960, 64, Colour(hex: 0xB3AEA3).lit(light))
        for x in stride(from: -40.0, to: 960, by: 64) {
            canvas.polygon([(x, 540), (x + 2, 540), (x + 26, 476), (x + 24, 476)], Colour(hex: 0x98938A).lit(light))
        }
        trees(&canvas, light: light)
        lamps(&canvas, night: night, light: light)
    }

    private static func buildings(_ canvas: inout Canvas, light: Double, night: Bool) {
        let fronts: [(x: Double, w: Double, top: Double, hex: UInt32)] = [
            (0, 150, 70, 0xB9A58B), (150, 120, 40, 0x9FA9AE), (270, 190, 95, 0xC8B79E), (460, 130, 30, 0x8E9AA6),
            (590, 170, 80, 0xBFA994), (760, 200, 55, 0xA7A29A),
        ]
        for (index, front) in fronts.enumerated() {
            canvas.rectangle(front.x, front.top, front.w, 268 - front.top, Colour(hex: front.hex).lit(light))
            canvas.rectangle(
                front.x + front.w - 6,
                front.top,
                6,
                268 - front.top,
                Colour(hex: front.hex).lit(light * 0.8)
            )
            var row = 0
            for y in stride(from: front.top + 14, to: 222, by: 27) {
                var column = 0
                for x in stride(from: front.x + 12, to: front.x + front.w - 20, by: 24) {
                    let lit = night && (index * 7 + row * 5 + column * 3) % 4 == 0
                    canvas.rectangle(
                        x,
                        y,
                        13,
                        16,
                        lit ? Colour(hex: 0xE8C878).lit(0.75) : Colour(hex: 0x5D6D7A).lit(light)
                    )
                    column += 1
                }
                row += 1
            }
            let shop: [UInt32] = [0x9C3B2F, 0x2F6B4F, 0x30588C, 0x8C6A2F, 0x6B3B7A, 0x2F7A7A]
            canvas.rectangle(front.x + 6, 232, front.w - 12, 12, Colour(hex: shop[index]).lit(night ? 0.8 : light))
            canvas.rectangle(
                front.x + 10,
                246,
                front.w - 20,
                22,
                Colour(hex: night ? 0xD8C69A : 0x6E7E88).lit(night ? 0.6 : light)
            )
        }
    }

    private static func trees(_ canvas: inout Canvas, light: Double) {
        for x in [70.0, 235, 420, 640, 850] {
            canvas.ellipse(x, 314, 26, 5, Colour(hex: 0x3A3A38).lit(light), alpha: 0.35)
            canvas.rectangle(x - 4, 228, 8, 86, Colour(hex: 0x5A4632).lit(light))
            canvas.ellipse(x, 205, 38, 34, Colour(hex: 0x47703F).lit(light))
            canvas.ellipse(x - 14, 192, 24, 20, Colour(hex: 0x578449).lit(light))
        }
    }

    private static func lamps(_ canvas: inout Canvas, night: Bool, light: Double) {
        for x in [160.0, 530, 900] {
            canvas.rectangle(x, 130, 4, 184, Colour(hex: 0x6C7074).lit(max(0.4, light)))
            canvas.rectangle(x - 34, 130, 36, 4, Colour(hex: 0x6C7074).lit(max(0.4, light)))
            guard night else { continue }
            canvas.ellipse(x - 32, 137, 16, 8, Colour(hex: 0xFFE9B0))
            canvas.polygon(
                [(x - 40, 140), (x - 24, 140), (x + 66, 400), (x - 130, 400)],
                Colour(hex: 0xFFE0A0),
                alpha: 0.13
            )
            canvas.ellipse(x - 32, 400, 110, 34, Colour(hex: 0xFFE0A0), alpha: 0.16)
        }
    }

    /// Vehicles on the far lane (to the right) and the near lane (to the left), spread over one turn of the scene.
    static func traffic(_ canvas: inout Canvas, _ t: Double, light: Double, duration: Double) {
        let colours: [UInt32] = [0xE9E9E6, 0x2F3A46, 0x35618C, 0x9AA0A4, 0xD8C060, 0x3F6B4A, 0x7A2E3A]
        for index in 0..<7 {
            let start = Double(index) * duration / 7 + 2
            let since = (t - start).wrapped(to: duration)
            let x = -220 + since * 165
            if x < 1180 {
                let colour = Colour(hex: colours[index])
                if index % 4 == 2 {
                    Vehicle2D.bus(&canvas, x: x, ground: 366, scale: 0.92, body: colour, light: light)
                } else {
                    Vehicle2D.car(&canvas, x: x, ground: 366, scale: 0.9, body: colour, light: light, facesRight: true)
                }
            }
        }
        for index in 0..<4 {
            let start = Double(index) * duration / 4 + 14
            let since = (t - start).wrapped(to: duration)
            let x = 1000 - since * 190
            // The near lane passes beyond the zone: nothing drives through a car that stands there.
            if x > -240 {
                Vehicle2D.car(
                    &canvas,
                    x: x,
                    ground: 402,
                    scale: 1.0,
                    body: Colour(hex: colours[(index + 3) % 7]),
                    light: light
                )
            }
        }
    }

    static func walkers(_ canvas: inout Canvas, _ t: Double, light: Double, duration: Double) {
        let coats: [UInt32] = [0x394B70, 0x8C3F46, 0x46614E, 0xA58A52, 0x5A4A6B]
        for index in 0..<5 {
            let since = (t - Double(index) * duration / 5).wrapped(to: duration)
            let right = index % 2 == 0
            let along = since * 46 - 40
            guard along < 1040 else { continue }
            Person2D.draw(
                &canvas,
                x: right ? along : 960 - along,
                ground: index % 3 == 0 ? 304 : 522,
                scale: index % 3 == 0 ? 0.72 : 1.25,
                coat: Colour(hex: coats[index]),
                step: since * 5,
                light: light
            )
        }
    }

    static func caption(_ canvas: inout Canvas, _ text: String, _ t: Double) {
        let seconds = Int(t)
        let clock = "00:0\(seconds / 60):\(seconds % 60 / 10)\(seconds % 60 % 10)"
        canvas.text(text, x: 17, y: 17, scale: 2, Colour(hex: 0x101010))
        canvas.text(text, x: 16, y: 16, scale: 2, Colour(hex: 0xF4F4F0))
        canvas.text(clock, x: 841, y: 17, scale: 2, Colour(hex: 0x101010))
        canvas.text(clock, x: 840, y: 16, scale: 2, Colour(hex: 0xF4F4F0))
    }
}

extension Double {
    /// The remainder in `0..<length`.
    func wrapped(to length: Double) -> Double {
        let rest = truncatingRemainder(dividingBy: length)
        return rest < 0 ? rest + length : rest
    }
}
