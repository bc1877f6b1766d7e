package import Domain

/// The readings of one stretch of time, of one field, in four numbers.
package struct SeriesSummary: Sendable, Hashable {
    /// The start of the stretch.
    package var at: WallTime
    package var low: Double
    package var high: Double
    package var sum: Double
    package var count: Int

    package init(at: WallTime, low: Double, high: Double, sum: Double, count: Int) {
        self.at = at
        self.low = low
        self.high = high
        self.sum = sum
        self.count = count
    }

    package var mean: Double { count > 0 ? sum / Double(count) : 0 }

    /// Takes another one of the same stretch in.
    package mutating func add(_ other: SeriesSummary) {
        low = min(low, other.low)
        high = max(high, other.high)
        sum += other.sum
        count += other.count
    }

    /// Readings by field and stretch, oldest first.
    package static func summaries(of readings: some Sequence<Reading>, span: Duration) -> [String: [SeriesSummary]] {
        var byField: [String: [SeriesSummary]] = [:]
        let width = max(1, span.microseconds)
        for reading in readings {
            let time = reading.occurredAt.microseconds
            let start = WallTime(microseconds: time - ((time % width) + width) % width)
            for (field, value) in reading.values {
                let one = SeriesSummary(at: start, low: value, high: value, sum: value, count: 1)
                if let last = byField[field]?.last, last.at == start {
                    byField[field]?[(byField[field]?.count ?? 1) - 1].add(one)
                } else {
                    byField[field, default: []].append(one)
                }
            }
        }
        return byField
    }

    /// Joins stretches into longer ones.
    package static func joined(_ parts: [SeriesSummary], span: Duration) -> [SeriesSummary] {
        var joined: [SeriesSummary] = []
        let width = max(1, span.microseconds)
        for part in parts {
            let time = part.at.microseconds
            let start = WallTime(microseconds: time - ((time % width) + width) % width)
            if let last = joined.last, last.at == start {
                joined[joined.count - 1].add(part)
            } else {
                var first = part
                first.at = start
                joined.append(first)
            }
        }
        return joined
    }
}

/// Summaries of one sensor and one day in a few bytes each.
enum SummaryBlock {
    static func encode(_ byField: [String: [SeriesSummary]]) -> [UInt8] {
        var writer = VarintWriter()
        writer.append(1)
        writer.append(byField.count)
        for (field, parts) in byField.sorted(by: { $0.key < $1.key }) {
            writer.append(field)
            writer.append(parts.count)
            var last = SeriesSummary(at: .epoch, low: 0, high: 0, sum: 0, count: 0)
            for part in parts {
                writer.append(signed: (part.at.microseconds - last.at.microseconds) / 1_000_000)
                writer.append(part.count)
                writer.append(part.low.bitPattern, against: last.low.bitPattern)
                writer.append(part.high.bitPattern, against: part.low.bitPattern)
                if part.count > 1 { writer.append(part.sum.bitPattern, against: last.sum.bitPattern) }
                last = part
            }
        }
        return writer.bytes
    }

    /// - Returns: nil when the bytes are no block.
    static func decode(_ bytes: [UInt8]) -> [String: [SeriesSummary]]? {
        var reader = VarintReader(bytes)
        guard reader.unsigned() == 1, let fields = reader.int(below: 100) else { return nil }
        var byField: [String: [SeriesSummary]] = [:]
        for _ in 0..<fields {
            guard let field = reader.text(), let count = reader.int(below: 100_000) else { return nil }
            var parts: [SeriesSummary] = []
            var last = SeriesSummary(at: .epoch, low: 0, high: 0, sum: 0, count: 0)
            for _ in 0..<count {
                guard let seconds = reader.signed(), let number = reader.int(below: 1 << 40),
                    let low = reader.bits(against: last.low.bitPattern), let high = reader.bits(against: low)
                else { return nil }
                var sum = low
                if number > 1 {
                    guard let bits = reader.bits(against: last.sum.bitPattern) else { return nil }
                    sum = bits
                }
                let part = SeriesSummary(
                    at: WallTime(microseconds: last.at.microseconds &+ seconds &* 1_000_000),
                    low: Double(bitPattern: low),
                    high: Double(bitPattern: high),
                    sum: number > 1 ? Double(bitPattern: sum) : Double(bitPattern: low),
                    count: number
                )
                parts.append(part)
                last = part
            }
            byField[field] = parts
        }
        return byField
    }
}
