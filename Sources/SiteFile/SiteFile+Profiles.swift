import Domain
internal import Yams

/// Payload profiles of the site's own, and gateways.
extension SiteFile {
    static func readProfiles(_ root: FieldReader) -> [PayloadProfile] {
        var seen: Set<String> = []
        return root.list("profiles").compactMap { readProfile($0, &seen) }
    }

    private static func readProfile(_ reader: FieldReader, _ seen: inout Set<String>) -> PayloadProfile? {
        defer { reader.finish() }
        let id = reader.slug("id")
        var profile = PayloadProfile(name: id ?? "")
        // What a ready profile knows is kept where nothing else is said.
        if let base = reader.text("like") {
            if let known = PayloadProfile.builtIn[base] {
                profile = known
                profile.name = id ?? ""
            } else {
                let names = PayloadProfile.builtIn.keys.sorted().joined(separator: ", ")
                reader.fail("like", base, "is no ready profile", "write one of: \(names)")
            }
        }
        profile.time = path(reader, "time") ?? profile.time
        profile.batch = path(reader, "batch") ?? profile.batch
        profile.sensor = path(reader, "sensor") ?? profile.sensor
        profile.isPlain = reader.flag("plain") ?? profile.isPlain
        for (key, value) in reader.pairs("words") {
            guard let word = key.string, let number = value.string.flatMap(Double.init), number.isFinite else {
                reader.fail("words", key.string, "has no number", "write words with numbers, like `open: 1`")
                continue
            }
            profile.words[word.lowercased()] = number
        }
        let fields = reader.list("values").compactMap { readField($0, &profile) }
        if !fields.isEmpty { profile.fields = fields }
        guard let id else { return nil }
        if !seen.insert(id).inserted { reader.fail("id", id, "stands here twice", "give each profile its own id") }
        return profile
    }

    private static func readField(_ reader: FieldReader, _ profile: inout PayloadProfile) -> PayloadProfile.Field? {
        defer { reader.finish() }
        let name = reader.text("name") ?? "value"
        let place = path(reader, "path")
        if place == nil, reader.node("path") == nil {
            reader.fail("path", nil, "is missing", "say where the value stands, like `path: data.level`")
        }
        let scale = reader.number("scale", in: -1e12...1e12)
        let offset = reader.number("offset", in: -1e12...1e12)
        let isRequired = reader.flag("required") ?? false
        if let unit = reader.text("unit") { profile.units[name] = unit }
        let low = reader.number("min", in: -1e15...1e15)
        let high = reader.number("max", in: -1e15...1e15)
        if low != nil || high != nil {
            profile.limits[name] = PayloadProfile.Limits(low ?? -1e300, high ?? 1e300)
        }
        if name.isEmpty || name.utf8.count > 64 {
            reader.fail("name", name, "can't be a name", "write 1 to 64 bytes")
        }
        guard let place else { return nil }
        return PayloadProfile.Field(
            name: name,
            path: place,
            scale: scale ?? 1,
            offset: offset ?? 0,
            isRequired: isRequired
        )
    }

    private static func path(_ reader: FieldReader, _ key: String) -> JSONPath? {
        guard let text = reader.text(key) else { return nil }
        guard let path = JSONPath(text) else {
            reader.fail(key, text, "is no place in a JSON text", "write names and positions, like data.list[0].level")
            return nil
        }
        return path
    }

    static func readGateways(_ root: FieldReader, sources: Set<String>) -> [Gateway] {
        var seen: Set<String> = []
        return root.list("gateways").compactMap { reader in
            defer { reader.finish() }
            let id = reader.slug("id")
            let token = reader.text("token", required: true, secret: true)
            let own = reader.texts("sources")
            for name in own ?? [] where !sources.contains(name) {
                reader.fail("sources", name, "is neither a sensor nor a vehicle of this file", "correct it")
            }
            if let token, token.utf8.count < 16 {
                reader.fail("token", nil, "is too short", "use 16 characters or more, like `openssl rand -hex 24`")
            }
            guard let id, let token else { return nil }
            if !seen.insert(id).inserted {
                reader.fail("id", id, "stands here twice", "give each gateway its own id")
            }
            return Gateway(id: id, token: token, sources: own)
        }
    }
}
