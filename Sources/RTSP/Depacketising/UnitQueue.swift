/// Units that are whole and have not been taken yet.
struct UnitQueue: Sendable {
    private var units: [AccessUnit] = []
    private var head = 0
    private(set) var appended = 0
    private(set) var damaged = 0

    var count: Int { units.count - head }

    mutating func append(_ unit: AccessUnit) {
        appended &+= 1
        if unit.isDamaged { damaged &+= 1 }
        units.append(unit)
    }

    mutating func next() -> AccessUnit? {
        guard head < units.count else { return nil }
        let unit = units[head]
        // The queue must not keep bytes alive, or the taker's first change copies them.
        units[head].bytes = []
        head += 1
        if head == units.count {
            units.removeAll(keepingCapacity: true)
            head = 0
        }
        return unit
    }
}
