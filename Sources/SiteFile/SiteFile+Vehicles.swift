import Domain
internal import Yams

/// Vehicles and the terminals in them.
extension SiteFile {
    static func readVehicle(_ reader: FieldReader, _ places: VehiclePlaces) -> Vehicle? {
        defer { reader.finish() }
        let id = reader.slug("id")
        let name = reader.text("name")
        let kind: Vehicle.Kind? = reader.choice("kind", required: true)
        let topic = reader.text("topic")
        let datum = reader.text("coordinates")
        if let datum, !Datum.allCases.map(\.name).contains(datum) {
            let names = Datum.allCases.map(\.name).joined(separator: ", ")
            reader.fail("coordinates", datum, "is not known", "write one of: \(names)")
        }
        let rules = reader.list("rules").compactMap { readVehicleRule($0, places) }
        guard let id, let kind else { return nil }
        if let topic, topic.contains("+") || topic.contains("#") || topic.isEmpty {
            reader.fail("topic", topic, "has a wildcard", "write the one topic of this vehicle")
            return nil
        }
        return Vehicle(
            id: id,
            name: name,
            kind: kind,
            topic: topic,
            datum: Datum.allCases.first { $0.name == datum } ?? .wgs84,
            rules: rules
        )
    }

    static func readTerminals(_ root: FieldReader, vehicles: [Vehicle]) -> TerminalSettings? {
        guard let reader = root.mapping("jt808") else { return nil }
        defer { reader.finish() }
        let known = Set(vehicles.map(\.id))
        var seen: Set<String> = []
        let terminals = reader.list("terminals").compactMap { readTerminal($0, known, &seen) }
        var classes: [String: String] = [:]
        if let section = reader.mapping("classes") {
            for name in TerminalAlarm.allCases.map(\.rawValue) {
                if let code = section.classCode(name) { classes[name] = code }
            }
            section.finish()
        }
        guard let text = reader.text("listen", required: true) else { return nil }
        let end = text.lastIndex(of: ":") ?? text.endIndex
        let host = String(text[..<end].drop { $0 == "[" }.reversed().drop { $0 == "]" }.reversed())
        guard end < text.endIndex, let port = Int(text[text.index(after: end)...]), (0...65_535).contains(port),
            !host.isEmpty
        else {
            reader.fail("listen", text, "is not an address", "write HOST:PORT, like 0.0.0.0:7611")
            return nil
        }
        return TerminalSettings(host: host, port: port, terminals: terminals, classes: classes)
    }

    private static func readTerminal(_ reader: FieldReader, _ known: Set<String>, _ seen: inout Set<String>)
        -> TerminalSettings.Terminal?
    {
        defer { reader.finish() }
        let phone = reader.text("phone", required: true)
        let vehicle = reader.text("vehicle", required: true)
        let code = reader.text("code", secret: true)
        guard let phone, let vehicle else { return nil }
        if phone.isEmpty || phone.count > 20 || !phone.allSatisfy(\.isHexDigit) {
            reader.fail("phone", phone, "is not a terminal's number", "write up to 20 digits in quotes")
        }
        if !seen.insert(String(phone.drop { $0 == "0" })).inserted {
            reader.fail("phone", phone, "stands here twice", "give each terminal its own number")
        }
        if !known.contains(vehicle) {
            reader.fail("vehicle", vehicle, "is no vehicle of this file", "write an id of `vehicles`")
        }
        return TerminalSettings.Terminal(phone: phone.lowercased(), vehicle: vehicle, code: code)
    }
}
