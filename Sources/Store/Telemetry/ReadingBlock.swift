import Domain

/// The readings of one sensor and one day in a few bytes each: times as differences of differences, values as
/// differences of decimals (or of the bytes of a double), in the order of their times.
///
/// Exact in the device's times and the values; our own times are kept to the millisecond.
enum ReadingBlock {
    private static let version: UInt8 = 1
    /// More than a sensor may send in a day that is put into one block.
    static let maximumReadings = 10_000_000

    /// - Parameter readings: of one sensor, by `occurredAt`.
    static func encode(_ readings: [Reading]) -> [UInt8] {
        var writer = VarintWriter()
        let names = Set(readings.flatMap(\.values.keys)).sorted()
        let scales = names.map { name in scale(of: readings.compactMap { $0.values[name] }) }
        let isWhole = readings.allSatisfy { $0.values.count == names.count }
        let inMilliseconds = readings.allSatisfy { $0.occurredAt.microseconds % 1000 == 0 }
        writer.append(UInt64(version))
        writer.append(readings.count)
        writer.append((isWhole ? 1 : 0) | (inMilliseconds ? 2 : 0))
        writer.append(names.count)
        for (name, scale) in zip(names, scales) {
            writer.append(name)
            writer.append(scale ?? 15)
        }
        let unit: Int64 = inMilliseconds ? 1000 : 1
        var (time, step): (Int64, Int64) = (0, 0)
        var integers = [Int64](repeating: 0, count: names.count)
        var bits = [UInt64](repeating: 0, count: names.count)
        for reading in readings {
            let now = reading.occurredAt.microseconds / unit
            writer.append(signed: now &- time &- step)
            (time, step) = (now, time == 0 ? 0 : now &- time)
            let delay = (reading.receivedAt.microseconds &- reading.occurredAt.microseconds) / 1000
            writer.append(signed: delay << 1 | (reading.timeIsArrival ? 1 : 0))
            if !isWhole {
                let mask = names.enumerated().reduce(UInt64(0)) { mask, item in
                    reading.values[item.element] == nil ? mask : mask | 1 << UInt64(item.offset)
                }
                writer.append(mask)
            }
            for (index, name) in names.enumerated() {
                guard let value = reading.values[name] else { continue }
                if let scale = scales[index] {
                    let integer = Int64((value * powers[scale]).rounded())
                    writer.append(signed: integer - integers[index])
                    integers[index] = integer
                } else {
                    writer.append(value.bitPattern, against: bits[index])
                    bits[index] = value.bitPattern
                }
            }
        }
        return writer.bytes
    }

    /// - Returns: nil when the bytes are no block.
    static func decode(_ bytes: [UInt8], sensorId: String) -> [Reading]? {
        var reader = VarintReader(bytes)
        guard reader.unsigned() == UInt64(version), let count = reader.int(below: maximumReadings),
            let flags = reader.unsigned(), let fields = reader.int(below: 65)
        else { return nil }
        var names: [String] = []
        var scales: [Int?] = []
        for _ in 0..<fields {
            guard let name = reader.text(), let scale = reader.int(below: 16) else { return nil }
            names.append(name)
            scales.append(scale < powers.count ? scale : nil)
        }
        let unit: Int64 = flags & 2 != 0 ? 1000 : 1
        var (time, step): (Int64, Int64) = (0, 0)
        var integers = [Int64](repeating: 0, count: fields)
        var bits = [UInt64](repeating: 0, count: fields)
        var readings: [Reading] = []
        readings.reserveCapacity(min(count, bytes.count))
        for _ in 0..<count {
            guard let change = reader.signed(), let packed = reader.signed() else { return nil }
            let now = time &+ step &+ change
            (time, step) = (now, time == 0 ? 0 : now &- time)
            let mask = flags & 1 != 0 ? UInt64.max : reader.unsigned()
            guard let mask else { return nil }
            var values: [String: Double] = [:]
            for index in 0..<fields where mask & (1 << UInt64(index)) != 0 {
                if let scale = scales[index] {
                    guard let difference = reader.signed() else { return nil }
                    integers[index] &+= difference
                    values[names[index]] = Double(integers[index]) / powers[scale]
                } else {
                    guard let found = reader.bits(against: bits[index]) else { return nil }
                    bits[index] = found
                    values[names[index]] = Double(bitPattern: found)
                }
            }
            let occurredAt = WallTime(microseconds: now &* unit)
            readings.append(
                Reading(
                    sensorId: sensorId,
                    occurredAt: occurredAt,
                    receivedAt: WallTime(microseconds: occurredAt.microseconds &+ (packed >> 1) &* 1000),
                    values: values,
                    timeIsArrival: packed & 1 != 0
                )
            )
        }
        return readings
    }

    static let powers: [Double] = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000]

    /// The fewest decimals that give back every value exactly; nil when six don't.
    static func scale(of values: [Double]) -> Int? {
        powers.indices.first { scale in
            values.allSatisfy { value in
                let scaled = (value * powers[scale]).rounded()
                // −0 would come back as 0.
                return abs(scaled) < 9e15 && scaled / powers[scale] == value && !(value == 0 && value.sign == .minus)
            }
        }
    }
}
