/// Builds the front of an MP4 file that any player and editor opens: `ftyp`+`moov`+header of `mdat`; the payload
/// follows unchanged. The caller names all samples first, takes `header(…)`, then writes the payload in the same order,
/// so a clip can be streamed without being held in memory.
package struct PlainMP4Writer: Sendable {
    /// Bytes of payload that must follow the header.
    package private(set) var payloadBytes = 0
    /// 90 kHz ticks from the first sample's decoding to the end of the last.
    package private(set) var durationTicks: Int64 = 0
    package private(set) var sampleCount = 0

    private let info: StreamInfo
    private var chunks: [(offset: Int, samples: Int)] = []
    private var sizes: [UInt32] = []
    private var durations: [(count: UInt32, ticks: UInt32)] = []
    private var compositions: [(count: UInt32, ticks: Int32)] = []
    private var keys: [UInt32] = []

    package init(info: StreamInfo) {
        self.info = info
    }

    /// Adds the samples of one stretch of payload of `payloadBytes` bytes (the payload of one fragment's `mdat`), which
    /// lie in it one after the other. Gaps of the time line have to be in the durations.
    package mutating func addChunk(samples: [FragmentSample], payloadBytes: Int) {
        chunks.append((self.payloadBytes, samples.count))
        for sample in samples {
            sampleCount += 1
            sizes.append(UInt32(clamping: sample.size))
            append(duration: UInt32(clamping: sample.durationTicks))
            append(composition: Int32(clamping: sample.compositionTicks))
            if sample.isKey { keys.append(UInt32(sampleCount)) }
            durationTicks += sample.durationTicks
        }
        self.payloadBytes += payloadBytes
    }

    private mutating func append(duration: UInt32) {
        if let last = durations.indices.last, durations[last].ticks == duration {
            durations[last].count += 1
        } else {
            durations.append((1, duration))
        }
    }

    private mutating func append(composition: Int32) {
        if let last = compositions.indices.last, compositions[last].ticks == composition {
            compositions[last].count += 1
        } else {
            compositions.append((1, composition))
        }
    }

    /// The bytes before the payload.
    ///
    /// - Parameters:
    ///   - startTicks: presentation time, from the first sample's decoding time, at which players begin (edit list).
    ///   - durationTicks: how long they show, from there; nil: to the end.
    /// - Throws: as `FragmentWriter.initSegment`.
    package func header(startTicks: Int64, durationTicks: Int64?) throws(MediaError) -> [UInt8] {
        try TrackBoxes.check(info)
        let start = max(0, min(startTicks, self.durationTicks))
        let shown = max(0, min(durationTicks ?? .max, self.durationTicks - start))
        // Offsets depend on the size of moov, whose size doesn't depend on their values.
        let probe = front(start: start, shown: shown, payloadStart: 0)
        return front(start: start, shown: shown, payloadStart: probe.count)
    }

    private func front(start: Int64, shown: Int64, payloadStart: Int) -> [UInt8] {
        var builder = BoxBuilder()
        builder.box("ftyp") {
            $0.name("isom")
            $0.u32(0x200)
            for brand: StaticString in ["isom", "iso2", "mp41"] { $0.name(brand) }
        }
        builder.box("moov") {
            TrackBoxes.movieHeader(&$0, timescale: UInt32(MediaTime.ticksPerSecond), duration: UInt64(shown))
            $0.box("trak") {
                TrackBoxes.trackHeader(&$0, info: info, duration: UInt64(shown))
                $0.box("edts") {
                    $0.fullBox("elst", version: 1) {
                        $0.u32(1)
                        $0.u64(UInt64(shown))
                        $0.u64(UInt64(start))
                        $0.u32(0x10000)
                    }
                }
                $0.box("mdia") {
                    TrackBoxes.mediaHeader(&$0, duration: UInt64(max(0, durationTicks)))
                    $0.box("minf") {
                        TrackBoxes.dataInformation(&$0)
                        $0.box("stbl") { sampleTables(&$0, payloadStart: payloadStart) }
                    }
                }
            }
        }
        builder.u32(1)
        builder.name("mdat")
        builder.u64(UInt64(payloadBytes + 16))
        return builder.bytes
    }

    private func sampleTables(_ builder: inout BoxBuilder, payloadStart: Int) {
        TrackBoxes.sampleDescription(&builder, info: info)
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
        builder.fullBox("stss") {
            $0.u32(UInt32(keys.count))
            for key in keys { $0.u32(key) }
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

    /// A whole file of `packets` that plays from the first to the last.
    package static func file(info: StreamInfo, packets: [Packet]) throws(MediaError) -> [UInt8] {
        var writer = PlainMP4Writer(info: info)
        var payload: [UInt8] = []
        for (index, packet) in packets.enumerated() {
            let next = index + 1 < packets.count ? packets[index + 1].dtsTicks - packet.dtsTicks : packet.durationTicks
            writer.addChunk(
                samples: [
                    FragmentSample(
                        offset: 0,
                        size: packet.bytes.count,
                        durationTicks: next,
                        compositionTicks: packet.ptsTicks - packet.dtsTicks,
                        isKey: packet.isKey
                    )
                ],
                payloadBytes: packet.bytes.count
            )
            payload += packet.bytes
        }
        let start = packets.first.map { $0.ptsTicks - $0.dtsTicks } ?? 0
        return try writer.header(startTicks: start, durationTicks: nil) + payload
    }
}
