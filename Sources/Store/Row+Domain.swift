import Domain
import GRDB

// Times are stored as integer microseconds since the epoch, UTC. A row that lacks a value where the schema has NOT
// NULL can only come from a damaged file; the schema's types make these reads safe.
extension Row {
    /// The time in a NOT NULL column of microseconds.
    func time(_ column: String) -> WallTime {
        WallTime(microseconds: self[column])
    }

    /// The time in a column of microseconds that may be NULL.
    func timeIfAny(_ column: String) -> WallTime? {
        (self[column] as Int64?).map(WallTime.init(microseconds:))
    }
}
