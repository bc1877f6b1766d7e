package import Domain

/// What of a list is asked for.
package struct PageRequest: Sendable, Equatable {
    /// How many items at most, 1…1000.
    package let limit: Int
    /// The place after which the page begins; nil for the start of the list.
    package let after: Cursor?

    /// - Throws: `StoreError` (`invalidCursor`) when `cursor` is none that was given out.
    package init(limit: Int = 100, cursor: String? = nil) throws(StoreError) {
        self.limit = min(max(limit, 1), 1000)
        after = try cursor.map { text throws(StoreError) in try Cursor(text: text) }
    }
}

/// One page of a list.
package struct Page<Item: Sendable>: Sendable {
    package var items: [Item]
    /// The cursor of the next page; nil when this is the last one.
    package var next: String?

    package init(items: [Item], next: String? = nil) {
        self.items = items
        self.next = next
    }

    /// The page from rows of a query that asked for `limit + 1`: the row too many only says that there is more.
    package init(rows: [Item], limit: Int, cursor: (Item) -> Cursor) {
        items = Array(rows.prefix(limit))
        next = rows.count > limit ? items.last.map { cursor($0).text } : nil
    }

    package func map<Other: Sendable>(_ transform: (Item) throws -> Other) rethrows -> Page<Other> {
        Page<Other>(items: try items.map(transform), next: next)
    }
}

/// A place in a list that is ordered by time and then by id: it stays right while rows are added and removed.
package struct Cursor: Sendable, Equatable {
    package var time: WallTime
    package var id: String

    package init(time: WallTime, id: String) {
        self.time = time
        self.id = id
    }

    /// As it stands in an answer and a query string: `1795428000000000~018f…`.
    package var text: String { "\(time.microseconds)~\(id)" }

    package init(text: String) throws(StoreError) {
        let parts = text.split(separator: "~", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let microseconds = Int64(parts[0]) else {
            throw StoreError(code: .invalidCursor, message: "the cursor is not one that a list has given out")
        }
        self.init(time: WallTime(microseconds: microseconds), id: String(parts[1]))
    }
}
