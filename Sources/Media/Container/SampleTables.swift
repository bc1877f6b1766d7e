/// The sample tables of one track of a plain MP4 file (ISO/IEC 14496-12 §8.6.1, §8.7), run-length coded as they grow.
/// Durations in 90 kHz ticks
/// unless rescaled.
struct SampleTables: Sendable {
    /// Samples that lie one after the other, from the first byte of the payload.
    private var chunks: [(offset: Int, samples: Int)] = []
    private var sizes: [UInt32] = []
    private var durations: [(count: UInt32, ticks: UInt32)] = []
    private var compositions: [(count: UInt32, ticks: Int32)] = []
    private var keys: [UInt32] = []
    private(set) var durationTicks: Int64 = 0

    var sampleCount: Int { sizes.count }
    /// The last sample's duration; 0 where there is none.
    var lastDuration: Int64 { Int64(durations.last?.ticks ?? 0) }

    mutating func beginChunk(at offset: Int, samples: Int) { chunks.append((offset, samples)) }

    mutating func append(_ sample: FragmentSample) {
        sizes.append(UInt32(clamping: sample.size))
        append(duration: UInt32(clamping: sample.durationTicks))
        let composition = Int32(clamping: sample.compositionTicks)
        if let last = compositions.indices.last, compositions[last].ticks == composition {
            compositions[last].count += 1
        } else {
            compositions.append((1, composition))
        }
        if sample.isKey { keys.append(UInt32(sizes.count)) }
        durationTicks += sample.durationTicks
    }

    private mutating func append(duration: UInt32) {
        if let last = durations.indices.last, durations[last].ticks == duration {
            durations[last].count += 1
        } else {
            durations.append((1, duration))
        }
    }

    /// Makes the last sample longer or shorter; it keeps a tick at least.
    mutating func stretchLast(by ticks: Int64) {
        guard let last = durations.indices.last else { return }
        let old = durations[last].ticks
        let new = UInt32(clamping: max(1, Int64(old) + ticks))
        durations[last].count -= 1
        if durations[last].count == 0 { durations.removeLast() }
        append(duration: new)
        durationTicks += Int64(new) - Int64(old)
    }

    /// The same samples with durations in another unit, of which there are `rate` a second: ends are rounded, not
    /// durations, so nothing adds up.
    func rescaled(to rate: Int) -> SampleTables {
        var tables = self
        tables.durations = []
        var (ticks, end): (Int64, Int64) = (0, 0)
        for entry in durations {
            for _ in 0..<entry.count {
                ticks += Int64(entry.ticks)
                let next = MediaTime.rescaled(ticks, to: rate)
                tables.append(duration: UInt32(clamping: next - end))
                end = next
            }
        }
        tables.durationTicks = end
        return tables
    }

    /// `stts` to `co64`, behind the `stsd` that the caller has written.
    ///
    /// - Parameters:
    ///   - allKeys: every sample can be decoded alone, so there is no `stss`.
    ///   - payloadStart: where the payload begins in the file.
    func write(_ builder: inout BoxBuilder, allKeys: Bool, payloadStart: Int) {
        builder.fullBox("stts") {
            $0.u32(UInt32(durations.count))
            for entry in durations {
                $0.u32(entry.count)
                $0.u32(entry.ticks)
            }
        }
        if compositions.contains(where: { $0.ticks != 0 }) {
            builder.fullBox("ctts", version: 1) {
                $0.u32(UInt32(compositions.count))
                for entry in compositions {
                    $0.u32(entry.count)
                    $0.u32(UInt32(bitPattern: entry.ticks))
                }
            }
        }
        if !allKeys {
            builder.fullBox("stss") {
                $0.u32(UInt32(keys.count))
                for key in keys { $0.u32(key) }
            }
        }
        builder.fullBox("stsc") {
            $0.u32(UInt32(chunks.count))
            for (index, chunk) in chunks.enumerated() {
                $0.u32(UInt32(index + 1))
                $0.u32(UInt32(chunk.samples))
                $0.u32(1)
            }
        }
        builder.fullBox("stsz") {
            $0.u32(0)
            $0.u32(UInt32(sizes.count))
            for size in sizes { $0.u32(size) }
        }
        builder.fullBox("co64") {
            $0.u32(UInt32(chunks.count))
            for chunk in chunks { $0.u64(UInt64(payloadStart + chunk.offset)) }
        }
    }
}
