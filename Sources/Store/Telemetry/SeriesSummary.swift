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
                byField[field, default: []].add(one)
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

extension [SeriesSummary] {
    /// Joins a stretch to the last one where it is the same, else puts it behind.
    fileprivate mutating func add(_ one: SeriesSummary) {
        if let last, last.at == one.at { self[count - 1].add(one) } else { append(one) }
    }
}

/// Summaries of one sensor and one day in a few bytes each: decimals as differences where that is exact, else the bytes
/// of doubles that differ.
enum SummaryBlock {
    static func encode(_ byField: [String: [SeriesSummary]]) -> [UInt8] {
        var writer = VarintWriter()
        writer.append(1)
        writer.append(byField.count)
        for (field, parts) in byField.sorted(by: { $0.key < $1.key }) {
            let scale = ReadingBlock.scale(of: parts.flatMap { [$0.low, $0.high] })
            writer.append(field)
            writer.append(parts.count)
            writer.append(scale ?? 15)
            var last = SeriesSummary(at: .epoch, low: 0, high: 0, sum: 0, count: 0)
            for part in parts {
                writer.append(signed: (part.at.microseconds - last.at.microseconds) / 1_000_000)
                writer.append(part.count)
                if let scale {
                    let power = ReadingBlock.powers[scale]
                    let (low, before) = (integer(part.low, power), integer(last.low, power))
                    writer.append(signed: low - before)
                    writer.append(signed: integer(part.high, power) - low)
                    // A sum of decimals has no more of them; what a double adds beyond is rounding.
                    if part.count > 1 {
                        writer.append(signed: integer(part.sum - part.low * Double(part.count), power))
                    }
                } else {
                    writer.append(part.low.bitPattern, against: last.low.bitPattern)
                    writer.append(part.high.bitPattern, against: part.low.bitPattern)
                    if part.count > 1 { writer.append(part.sum.bitPattern, against: last.sum.bitPattern) }
                }
                last = part
            }
        }
        return writer.bytes
    }

    /// Bounded: a sum of a day of what `ReadingBlock.scale` lets pass fits.
    private static func integer(_ value: Double, _ power: Double) -> Int64 {
        let scaled = (value * power).rounded()
        return abs(scaled) < 9e18 ? Int64(scaled) : 0
    }

    /// - Returns: nil when the bytes are no block.
    static func decode(_ bytes: [UInt8]) -> [String: [SeriesSummary]]? {
        var reader = VarintReader(bytes)
        guard reader.unsigned() == 1, let fields = reader.int(below: 100) else { return nil }
        var byField: [String: [SeriesSummary]] = [:]
        for _ in 0..<fields {
            guard let field = reader.text(), let count = reader.int(below: 100_000), let scale = reader.int(below: 16)
            else { return nil }
            let power = scale < ReadingBlock.powers.count ? ReadingBlock.powers[scale] : nil
            var parts: [SeriesSummary] = []
            for _ in 0..<count {
                guard let part = part(&reader, after: parts.last, power) else { return nil }
                parts.append(part)
            }
            byField[field] = parts
        }
        return byField
    }

    private static func part(_ reader: inout VarintReader, after before: SeriesSummary?, _ power: Double?)
        -> SeriesSummary?
    {
        let last = before ?? SeriesSummary(at: .epoch, low: 0, high: 0, sum: 0, count: 0)
        guard let seconds = reader.signed(), let count = reader.int(below: 1 << 40) else { return nil }
        let at = WallTime(microseconds: last.at.microseconds &+ seconds &* 1_000_000)
        if let power {
            guard let change = reader.signed(), let range = reader.signed() else { return nil }
            let low = integer(last.low, power) &+ change
            var rest: Int64 = 0
            if count > 1 {
                guard let found = reader.signed() else { return nil }
                rest = found
            }
            let value = Double(low) / power
            return SeriesSummary(
                at: at,
                low: value,
                high: Double(low &+ range) / power,
                sum: count > 1 ? value * Double(count) + Double(rest) / power : value,
                count: count
            )
        }
        guard let low = reader.bits(against: last.low.bitPattern), let high = reader.bits(against: low)
        else { return nil }
        var sum = low
        if count > 1 {
            guard let bits = reader.bits(against: last.sum.bitPattern) else { return nil }
            sum = bits
        }
        return SeriesSummary(
            at: at,
            low: Double(bitPattern: low),
            high: Double(bitPattern: high),
            sum: Double(bitPattern: sum),
            count: count
        )
    }
}
