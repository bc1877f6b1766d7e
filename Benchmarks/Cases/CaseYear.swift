import Cases
import Domain
import Foundation
import Store

/// Numbers that are the same in every run.
struct Random: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// A city's cases of one year: spread over its area, its classes and its channels, nearly all of them closed.
struct CaseYear {
    static let channels = [
        "collector", "12319", "12345", "110", "sms", "web", "leader", "community", "camera", "sensor",
    ]
    static let south = 32.35
    static let west = 119.80
    /// Degrees.
    static let size = 0.3

    let base: BaseData
    let count: Int
    /// How many entries the log of a closed case has.
    let isShort: Bool
    let begin = WallTime(microseconds: WallTime.days(year: 2025, month: 1, day: 1) * 86_400_000_000)
    private var random: Random
    private let classes: [CaseClass]

    init(base: BaseData, count: Int, isShort: Bool) {
        self.base = base
        self.count = count
        self.isShort = isShort
        random = Random(seed: 11)
        classes = base.catalogue.classes.filter { base.responsibility.unit(for: $0, cell: nil) != nil }
    }

    private func at(_ index: Int) -> WallTime {
        begin + .microseconds(Int64(index) * (365 * 86_400_000_000 / Int64(max(1, count))))
    }

    /// The case of a number with its whole log.
    mutating func make(_ index: Int) throws -> (value: Case, log: [StoredCaseEntry]) {
        let opened = at(index)
        // Few classes make up most of the cases.
        let share = Double.random(in: 0..<1, using: &random)
        let entry = classes[Int(share * share * Double(classes.count))]
        let point = GeoPoint(
            lat: Self.south + .random(in: 0..<Self.size, using: &random),
            lon: Self.west + .random(in: 0..<Self.size, using: &random)
        )
        let id = UUIDv7.make(at: opened)
        var facts = CaseEntry.Facts()
        facts.number = "2025-" + String(1_000_000 + index)
        facts.class = entry.code
        facts.level = entry.levels[0].level
        facts.limit = entry.levels[0].limit
        facts.position = point
        facts.cell = base.grid.cell(at: point)
        facts.address = "海陵路\(Int.random(in: 1...999, using: &random))号\(entry.name)附近"
        facts.unit = base.responsibility.unit(for: entry, cell: facts.cell)
        facts.channel = Self.channels[Int.random(in: 0..<Self.channels.count, using: &random)]
        facts.description = "第\(index)件：\(entry.name)，请处理"
        facts.happenedAt = opened
        var timers = entry.levels[0].timers
        timers.take(.restart, at: opened, clock: base.deadlines)
        facts.timers = timers
        facts.dueAt = timers.last?.dueAt
        let opening = CaseEntry(
            caseId: id,
            seq: 1,
            at: opened,
            by: CaseActor(name: "monitor-1", role: .monitor),
            kind: .report,
            from: nil,
            to: .reported,
            data: facts
        )
        var log = [try CaseLog.seal(opening, after: nil)]
        guard var value = Case(opening: try CaseLog.decode(log[0])) else { throw CancellationError() }
        // The last days' are under way.
        let isOpen = Double(index) > Double(count) * 0.98
        let steps = isShort ? Self.steps.suffix(1) : Self.steps[...]
        let most = isOpen ? Int.random(in: 0..<steps.count, using: &random) : steps.count
        for (offset, step) in steps.prefix(most).enumerated() {
            var data = CaseEntry.Facts()
            if step.action == .dispatch { data.unit = value.unit }
            if step.action == .handle {
                var timers = value.timers ?? []
                timers.take(.meet, at: opened + .seconds(60 * (offset + 1)), clock: base.deadlines)
                data.timers = timers
            }
            if step.action == .check { data.passed = true }
            let line = CaseEntry(
                caseId: id,
                seq: log.count + 1,
                at: opened + .seconds(60 * (offset + 1)),
                by: CaseActor(name: "\(step.role.rawValue)-\(index % 40)", role: step.role, unit: value.unit),
                kind: .action(step.action),
                from: value.state,
                to: step.to,
                note: "已处理",
                data: data
            )
            let sealed = try CaseLog.seal(line, after: log[log.count - 1].hash)
            value.apply(try CaseLog.decode(sealed))
            log.append(sealed)
        }
        return (value, log)
    }

    private static let steps: [(action: CaseAction, role: Role, to: CaseState)] = [
        (.file, .acceptor, .filed), (.dispatch, .dispatcher, .dispatched), (.accept, .unit, .handling),
        (.handle, .unit, .handled), (.check, .collector, .checked), (.close, .acceptor, .closed),
    ]
}
