import Domain
internal import Yams

extension SiteFile {
    /// Somebody else's video platforms.
    static func readPlatforms(_ reader: FieldReader) -> [Platform] {
        var seen: Set<String> = []
        return reader.list("platforms").compactMap { section in
            defer { section.finish() }
            let id = section.slug("id")
            let hosts = section.nodes("hosts").compactMap(\.string)
            let hours = section.nodes("hours").compactMap(\.string).compactMap { text -> Platform.Hours? in
                guard let hours = Platform.Hours(text) else {
                    section.fail("hours", text, "is no time of day", "write \"07:00-19:00\" or \"22:00-06:00\"")
                    return nil
                }
                return hours
            }
            for host in hosts where host.isEmpty || host.contains("/") || host.contains("@") {
                section.fail("hosts", host, "is no host", "write a name, a number or *.NAME")
            }
            let name = section.text("name")
            let connections = section.integer("connections", in: 1...4096)
            let rate = section.number("connectionsPerSecond", in: 0.01...100)
            guard let id else { return nil }
            if !seen.insert(id).inserted {
                section.fail("id", id, "is the id of two platforms", "give each its own id")
            }
            return Platform(
                id: id,
                name: name,
                hosts: hosts,
                connections: connections,
                connectionsPerSecond: rate,
                hours: hours
            )
        }
    }

    /// The platform that a camera names itself.
    static func readPlatformName(_ reader: FieldReader, _ platforms: [Platform]) -> String? {
        guard let id = reader.text("platform") else { return nil }
        guard platforms.contains(where: { $0.id == id }) else {
            let known = platforms.map(\.id).joined(separator: ", ")
            reader.fail(
                "platform",
                id,
                "is not declared",
                known.isEmpty ? "add it below `platforms:`" : "known: \(known)"
            )
            return nil
        }
        return id
    }
}
