/// A part (部件): a cover, lamp, bin or tree that the city has registered.
package struct Part: Sendable, Hashable, Codable {
    package enum State: String, Sendable, Hashable, Codable, CaseIterable {
        /// 完好, 破损, 丢失, 废弃, 移除.
        case intact, damaged, missing, abandoned, removed
    }

    /// 16 digits (GB/T 30428.2: county 6, major 2, minor 2, serial 6) or 17 (GB/T 47678.5: minor 3).
    package var code: String
    package var classCode: String
    package var name: String?
    /// 权属单位: who owns it.
    package var owner: String?
    /// 养护单位: who looks after it.
    package var maintainer: String?
    package var state: State
    package var position: GeoPoint
    /// The cell that it lies in by the grid; nil outside.
    package var cell: String?
    /// The local day, `2026-11-23`, from which on this is what holds.
    package var since: String?
    package var note: String?

    package init(
        code: String,
        classCode: String,
        name: String? = nil,
        owner: String? = nil,
        maintainer: String? = nil,
        state: State = .intact,
        position: GeoPoint,
        cell: String? = nil,
        since: String? = nil,
        note: String? = nil
    ) {
        self.code = code
        self.classCode = classCode
        self.name = name
        self.owner = owner
        self.maintainer = maintainer
        self.state = state
        self.position = position
        self.cell = cell
        self.since = since
        self.note = note
    }

    /// The class that a code's digits name: `P-01-01` or `01001`; nil for no part's code.
    package static func classCode(of code: String) -> String? {
        let digits = Array(code.utf8)
        guard digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
        func text(_ range: Range<Int>) -> String { String(decoding: digits[range], as: UTF8.self) }
        switch digits.count {
        case 16: return "P-\(text(6..<8))-\(text(8..<10))"
        case 17: return text(6..<11)
        default: return nil
        }
    }
}

/// What a part was from a day on.
package struct PartChange: Sendable, Hashable {
    package var part: Part
    /// 1, 2, 3 … of its code.
    package var seq: Int
    package var recordedAt: WallTime
    package var by: String

    package init(part: Part, seq: Int, recordedAt: WallTime, by: String) {
        self.part = part
        self.seq = seq
        self.recordedAt = recordedAt
        self.by = by
    }
}
