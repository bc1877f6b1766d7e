import Domain

/// A place in a series: a time, and how many rows of that very time were given already.
struct SeriesPlace {
    let from: WallTime
    let given: Int

    init(_ cursor: Cursor?, from: WallTime) {
        self.from = max(cursor?.time ?? from, from)
        given = cursor.flatMap { $0.time >= from ? Int($0.id) : nil }.map { min(max($0, 0), 1_000_000) } ?? 0
    }

    /// The page from rows of a query that asked for one too many.
    func page<Item>(_ rows: [Item], limit: Int, time: (Item) -> WallTime) -> Page<Item> {
        let items = Array(rows.prefix(limit))
        guard rows.count > limit, let last = items.last.map(time) else { return Page(items: items) }
        let same = items.reversed().prefix { time($0) == last }.count
        let before = last == from ? given : 0
        return Page(items: items, next: Cursor(time: last, id: String(same + before)).text)
    }
}
