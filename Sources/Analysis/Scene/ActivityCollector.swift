package import Domain

/// Joins what moved in one camera's pictures to windows of ten seconds by the wall clock. Pure.
package struct ActivityCollector: Sendable {
    /// Windows end at multiples of this.
    package static let length = Duration.seconds(10)

    private struct Open {
        var from: WallTime
        var end: WallTime
        var grid: ActivityGrid
    }

    private var open: Open?

    package init() {}

    /// Takes the cells that moved in a picture that was judged.
    ///
    /// - Returns: the window before, when the picture is the first of another one.
    package mutating func add(_ grid: ActivityGrid, at: WallTime) -> ActivityWindow? {
        if var current = open, at >= current.from, at < current.end {
            current.grid.formUnion(grid)
            open = current
            return nil
        }
        let finished = flush()
        let length = Self.length.microseconds
        let start = at.microseconds - ((at.microseconds % length) + length) % length
        open = Open(from: at, end: WallTime(microseconds: start + length), grid: grid)
        return finished
    }

    /// Ends the window that is open.
    package mutating func flush() -> ActivityWindow? {
        guard let current = open else { return nil }
        open = nil
        // Never empty: what is shorter than a millisecond still says that something was looked at.
        let milliseconds = max(1, Int((current.end - current.from).microseconds / 1000))
        return ActivityWindow(from: current.from, milliseconds: milliseconds, grid: current.grid)
    }
}
