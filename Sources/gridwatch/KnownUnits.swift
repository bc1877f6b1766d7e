import Foundation

/// The site's units as `serve` knew them at its last start, for commands that don't read the site file:
/// `DIR/units.json`, a list of ids.
struct KnownUnits {
    private let file: URL

    init(_ folder: DataFolder) {
        file = folder.url.appending(path: "units.json")
    }

    /// nil before the first start.
    var ids: Set<String>? {
        guard let data = try? Data(contentsOf: file) else { return nil }
        return (try? JSONDecoder().decode([String].self, from: data)).map { Set($0) }
    }

    /// Keeps the units' ids; what was there before goes.
    func keep(_ ids: [String]) throws {
        try JSONEncoder().encode(ids).write(to: file, options: .atomic)
    }
}
