import Domain

extension SiteFile {
    /// The map that lies under everything: `map: { tiles: …, datum: gcj02 }`.
    static func readMap(_ reader: FieldReader) -> BaseMap? {
        guard let section = reader.mapping("map") else { return nil }
        defer { section.finish() }
        let datum: GeoDatum? = section.choice("datum")
        if datum == .bd09 {
            // Its pictures are cut by a scheme of their own.
            section.fail(
                "datum",
                "bd09",
                "is of no map that can be drawn under",
                "use a map in wgs84, cgcs2000 or gcj02"
            )
        }
        let zoom = section.integer("maxZoom", in: 1...22) ?? 18
        guard let tiles = section.text("tiles", required: true) else { return nil }
        let map = BaseMap(tiles: tiles, datum: datum ?? .wgs84, maxZoom: zoom)
        let isWhole = ["{z}", "{x}", "{y}"].allSatisfy(tiles.contains)
        if map.origin == nil || !isWhole {
            section.fail(
                "tiles",
                tiles,
                "is not an address of map pictures",
                "write it like http://maps.local/{z}/{x}/{y}.png"
            )
        }
        return map
    }
}
