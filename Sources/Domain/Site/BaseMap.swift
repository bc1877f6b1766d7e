/// A server of map pictures (tiles) that the pages draw under everything else. Browsers ask it, this server never does.
package struct BaseMap: Sendable, Hashable {
    /// An http(s) address with `{z}`, `{x}` and `{y}`.
    package var tiles: String
    /// What the pictures are drawn in; the pages lay them where they belong.
    package var datum: GeoDatum
    /// The largest `{z}` that the server has.
    package var maxZoom: Int

    package init(tiles: String, datum: GeoDatum = .wgs84, maxZoom: Int = 18) {
        self.tiles = tiles
        self.datum = datum
        self.maxZoom = maxZoom
    }

    /// `https://maps.example:8443`; nil where `tiles` is no http(s) address of a host.
    package var origin: String? {
        guard let scheme = ["http://", "https://"].first(where: { tiles.hasPrefix($0) }) else { return nil }
        let host = tiles.dropFirst(scheme.count).prefix { $0 != "/" }
        let isHost = host.utf8.allSatisfy { byte in
            (48...58).contains(byte) || (97...122).contains(byte | 0x20) || byte == 45 || byte == 46
        }
        return host.isEmpty || !isHost ? nil : scheme + host
    }
}
