package import Domain

/// What a change of base data does to cases and work: counted before it is made.
package struct BaseDataEffect: Sendable, Equatable {
    /// A class whose cases, filed at the instant looked at, would be due at another time.
    package struct Deadline: Sendable, Hashable {
        package var code: String
        package var level: Int
        package var before: WallTime?
        package var after: WallTime?
    }

    /// At most so many are listed; all are counted.
    package static let most = 50

    package private(set) var addedClasses: [String] = []
    package private(set) var removedClasses: [String] = []
    /// How many classes have a level that is due at another time.
    package private(set) var classesDueOtherwise = 0
    package private(set) var deadlines: [Deadline] = []
    /// How many classes' alarms lead to something else, for some source at some hour.
    package private(set) var classesAlarmedOtherwise = 0
    /// Pairs of class and cell (or, without a loaded grid, classes) that another unit answers for.
    package private(set) var reassigned = 0
    /// Such pairs that are unclear before and after.
    package private(set) var unclearBefore = 0
    package private(set) var unclearAfter = 0
    /// Pairs that each unit answers for afterwards and didn't before, and those that it no longer answers for.
    package private(set) var gained: [String: Int] = [:]
    package private(set) var lost: [String: Int] = [:]
    package private(set) var addedCells = 0
    package private(set) var removedCells = 0

    /// - Parameter time: when cases are thought to be filed, in either state of the data.
    package init(from before: BaseData, to after: BaseData, at time: WallTime) {
        compareClasses(before, after, time)
        compareResponsibility(before, after)
        let old = Set(before.grid.codes)
        let new = Set(after.grid.codes)
        addedCells = new.subtracting(old).count
        removedCells = old.subtracting(new).count
    }

    private mutating func compareClasses(_ before: BaseData, _ after: BaseData, _ time: WallTime) {
        for entry in after.catalogue.classes where before.catalogue[entry.code] == nil {
            addedClasses.append(entry.code)
        }
        for entry in before.catalogue.classes {
            guard let now = after.catalogue[entry.code] else {
                removedClasses.append(entry.code)
                continue
            }
            var differs = false
            for level in Set(entry.levels.map(\.level) + now.levels.map(\.level)).sorted() {
                let old = Self.due(entry, level, before, time)
                let new = Self.due(now, level, after, time)
                guard old != new else { continue }
                differs = true
                if deadlines.count < Self.most {
                    deadlines.append(Deadline(code: entry.code, level: level, before: old, after: new))
                }
            }
            if differs { classesDueOtherwise += 1 }
            if before.policyRules.rules(ofClass: entry.code) != after.policyRules.rules(ofClass: entry.code)
                || entry.policy != now.policy
            {
                classesAlarmedOtherwise += 1
            }
        }
    }

    private static func due(_ entry: CaseClass, _ level: Int, _ base: BaseData, _ time: WallTime) -> WallTime? {
        guard let found = entry.levels.first(where: { $0.level == level }) else { return nil }
        return base.deadlines.deadline(from: time, limit: found.limit)
    }

    /// One cell stands for all that lie in the same places, before and after.
    private mutating func compareResponsibility(_ before: BaseData, _ after: BaseData) {
        let codes = after.grid.codes
        guard !codes.isEmpty else {
            for (entry, old) in Self.pairs(before, after) { weigh(before, after, entry, old, cell: nil, times: 1) }
            return
        }
        struct Group: Hashable {
            var before: Int
            var after: Int
        }
        var zoneBefore: [String: Int] = [:]
        let oldCodes = before.grid.codes
        for (zone, cells) in before.responsibility.zones.enumerated() {
            for cell in cells { zoneBefore[oldCodes[cell]] = zone }
        }
        var groups: [Group: [Int]] = [:]
        for (zone, cells) in after.responsibility.zones.enumerated() {
            for cell in cells {
                groups[Group(before: zoneBefore[codes[cell]] ?? -1, after: zone), default: []].append(cell)
            }
        }
        for cells in groups.values {
            guard let first = cells.first else { continue }
            for (entry, old) in Self.pairs(before, after) {
                weigh(before, after, entry, old, cell: codes[first], times: cells.count)
            }
        }
    }

    private static func pairs(_ before: BaseData, _ after: BaseData) -> [(CaseClass, CaseClass)] {
        after.catalogue.classes.compactMap { entry in before.catalogue[entry.code].map { (entry, $0) } }
    }

    private mutating func weigh(
        _ before: BaseData,
        _ after: BaseData,
        _ entry: CaseClass,
        _ old: CaseClass,
        cell: String?,
        times: Int
    ) {
        let was = before.responsibility.unit(for: old, cell: cell)
        let now = after.responsibility.unit(for: entry, cell: cell)
        if was != now {
            reassigned += times
            if let was { lost[was, default: 0] += times }
            if let now { gained[now, default: 0] += times }
        }
        if was == nil { unclearBefore += times }
        if now == nil { unclearAfter += times }
    }

    /// The units that gain or lose pairs, by id; at most `most`.
    package var units: [(id: String, gained: Int, lost: Int)] {
        Set(gained.keys).union(lost.keys).sorted().prefix(Self.most).map { ($0, gained[$0] ?? 0, lost[$0] ?? 0) }
    }

    /// The counts, as they are kept with an edition.
    package var json: String {
        "{\"addedClasses\":\(addedClasses.count),\"removedClasses\":\(removedClasses.count),"
            + "\"classesDueOtherwise\":\(classesDueOtherwise),"
            + "\"classesAlarmedOtherwise\":\(classesAlarmedOtherwise),\"reassigned\":\(reassigned),"
            + "\"unclearBefore\":\(unclearBefore),\"unclearAfter\":\(unclearAfter),"
            + "\"addedCells\":\(addedCells),\"removedCells\":\(removedCells),\"units\":["
            // Ids of units are slugs: nothing in them needs escaping.
            + units.map { "{\"unit\":\"\($0.id)\",\"gained\":\($0.gained),\"lost\":\($0.lost)}" }
            .joined(separator: ",") + "]}"
    }
}
