import Domain
import Foundation
internal import Yams

extension SiteFile {
    static func readCamera(_ reader: FieldReader, recording: RecordingSettings) -> Camera? {
        defer { reader.finish() }
        let id = readCameraId(reader)
        let name = reader.text("name")
        let source = readSource(reader, "source", required: true)
        let sub = readSource(reader, "sub", required: false)
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
            position: position,
            address: address,
            record: record,
            zones: zones
        )
    }

    private static func readSource(_ reader: FieldReader, _ key: String, required: Bool) -> String? {
        guard let url = reader.text(key, required: required, secret: true) else { return nil }
        let schemes = ["rtsp://", "file:"]
        guard schemes.contains(where: { url.hasPrefix($0) && url.count > $0.count }) else {
            let scheme = url.prefix { $0 != ":" && $0 != "/" }
            reader.fail(
                key,
                String(scheme.prefix(20)),
                "is not a source that can be recorded",
                "write rtsp://HOST[:PORT]/PATH or file:/PATH"
            )
            return nil
        }
        if url.hasPrefix("rtsp://") {
            let parts = URLComponents(string: url)
            guard let host = parts?.host, !host.isEmpty, parts?.port.map((1...65_535).contains) ?? true else {
                reader.fail(key, nil, "has no host, or a port that doesn't exist", "write rtsp://HOST[:PORT]/PATH")
                return nil
            }
        } else if !["file:/"].contains(where: url.hasPrefix) {
            reader.fail(key, url, "is a relative path", "write the whole path, like file:/srv/clips/a.mp4")
            return nil
        }
        return url
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
