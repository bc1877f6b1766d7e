import Domain
internal import Yams

extension SiteFile {
    static func readCamera(_ reader: FieldReader, recording: RecordingSettings, platforms: [Platform]) -> Camera? {
        defer { reader.finish() }
        let id = readCameraId(reader)
        let name = reader.text("name")
        let source = readSource(reader, "source", required: true)
        let sub = readSource(reader, "sub", required: false)
        let input = readInput(reader, for: [source, sub].compactMap { $0 })
        let platform = readPlatformName(reader, platforms)
        let position = reader.position("position")
        let group = reader.text("group")
        let address = reader.text("address")
        let record = readRecordPolicy(reader, recording: recording)
        let zones = reader.list("zones").compactMap(readZone)
        var seen: Set<String> = []
        for zone in zones where !seen.insert(zone.id).inserted {
            reader.fail("zones", zone.id, "is the id of two zones", "give each zone of a camera its own id")
        }
        let hasClass = zones.contains { $0.rules.contains { $0.classCode != nil } }
        if hasClass, position == nil, reader.node("position") == nil {
            reader.warn(
                "zones",
                id,
                "has rules with a class but the camera has no position: its cases get no cell",
                "add `position: { lat: …, lon: … }`"
            )
        }
        guard let id, let source else { return nil }
        return Camera(
            id: id,
            name: name ?? id,
            group: group,
            source: source,
            sub: sub,
            input: input,
            platform: platform,
            position: position,
            address: address,
            record: record,
            zones: zones
        )
    }

    private static func readSource(_ reader: FieldReader, _ key: String, required: Bool) -> String? {
        guard let url = reader.text(key, required: required, secret: true) else { return nil }
        do throws(SourceURL.Mistake) {
            let source = try SourceURL(url)
            if source.scheme.isLocal { reader.refer(.file, to: source.path, key) }
            return url
        } catch {
            // What stands before the address proper holds no password; the rest may.
            let scheme = url.prefix { $0 != ":" && $0 != "/" }
            reader.fail(key, error == .scheme ? String(scheme.prefix(20)) : nil, error.problem, error.remedy)
            return nil
        }
    }

    /// What means nothing for the camera's sources is a mistake: nobody should believe that it is heeded.
    private static func readInput(_ reader: FieldReader, for sources: [String]) -> SourceOptions {
        var options = SourceOptions()
        guard let section = reader.mapping("input") else { return options }
        defer { section.finish() }
        options.transport = section.choice("transport") ?? options.transport
        options.userAgent = readHeader(section, "userAgent")
        options.referer = readHeader(section, "referer")
        options.verifyTLS = section.flag("verifyTLS") ?? options.verifyTLS
        let schemes = Set(sources.compactMap { (try? SourceURL($0))?.scheme })
        let heeded: [(key: String, by: Set<SourceURL.Scheme>, remedy: String)] = [
            ("transport", [.rtsp, .rtsps], "leave it out, or use rtsp://"),
            ("userAgent", [.rtsp, .rtsps, .http, .https], "leave it out"),
            ("referer", [.http, .https], "leave it out"),
            ("verifyTLS", [.https, .rtsps], "leave it out: only https:// and rtsps:// have certificates"),
        ]
        for (key, known, remedy) in heeded
        where section.node(key) != nil && !schemes.isEmpty && schemes.isDisjoint(with: known) {
            section.fail(key, nil, "means nothing for these sources", remedy)
        }
        return options
    }

    /// The value of a header line: one line.
    private static func readHeader(_ reader: FieldReader, _ key: String) -> String? {
        guard let text = reader.text(key) else { return nil }
        guard text.count <= 500, text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f }) else {
            reader.fail(key, nil, "is no line of at most 500 characters", "write one line")
            return nil
        }
        return text
    }

    private static func readZone(_ reader: FieldReader) -> Zone? {
        defer { reader.finish() }
        let id = reader.slug("id")
        let name = reader.text("name")
        let corners = readPolygon(reader)
        let rules = reader.list("rules").compactMap(readRule)
        guard let id, let corners else { return nil }
        return Zone(id: id, name: name, polygon: PicturePolygon(corners), rules: rules)
    }

    private static func readPolygon(_ reader: FieldReader) -> [PicturePoint]? {
        let nodes = reader.nodes("polygon")
        var corners: [PicturePoint] = []
        for node in nodes {
            guard case .sequence(let pair) = node, pair.count == 2, let x = pair[0].float, let y = pair[1].float,
                (0...1).contains(x), (0...1).contains(y)
            else {
                reader.fail(
                    "polygon",
                    nil,
                    "has a corner that is not [x, y] with both from 0 to 1 (line \(node.mark?.line ?? 0))",
                    "write fractions of the picture, like [0.05, 0.55]"
                )
                return nil
            }
            corners.append(PicturePoint(x: x, y: y))
        }
        guard corners.count >= 3 else {
            reader.fail("polygon", nil, "has fewer than three corners", "write at least three [x, y]")
            return nil
        }
        guard PicturePolygon(corners).enclosesArea else {
            reader.fail(
                "polygon",
                nil,
                "encloses nothing: its corners lie on one line or in one point",
                "write the outline of the zone, like [[0.1, 0.5], [0.9, 0.5], [0.5, 0.9]]"
            )
            return nil
        }
        return corners
    }

    private static func readRule(_ reader: FieldReader) -> ZoneRule? {
        defer { reader.finish() }
        let kind: ZoneRule.Kind? = reader.choice("kind", required: true)
        let after = reader.seconds("after", in: 0...86_400)
        let area = reader.number("minimumArea", in: 0.00001...1)
        let code = reader.classCode("class")
        guard let kind else { return nil }
        if kind == .stationary, after == nil, reader.node("after") == nil {
            reader.fail("after", nil, "is missing", "say how long it must stand, like `after: 60s`")
        }
        return ZoneRule(kind: kind, afterSeconds: after ?? 0, minimumArea: area, classCode: code)
    }
}
