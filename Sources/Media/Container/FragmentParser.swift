import Domain

/// Reads segments back. Every length is checked: damaged or hostile input throws, it never traps.
package enum FragmentParser {
    /// More samples than this in one fragment are nonsense.
    private static let maximumSamples = 1 << 16
    /// More bytes than this in `ftyp`+`moov` or one `moof` are nonsense.
    package static let maximumHeaderBytes = 1 << 20
    private static let tickLimit: UInt64 = 1 << 56

    /// Reads `ftyp`+`moov` at the start of `bytes`; nil while they are not complete.
    package static func initSegment(_ bytes: [UInt8]) throws(MediaError) -> InitSegmentInfo? {
        var reader = BoxReader(bytes)
        while let box = try reader.header() {
            guard box.end <= maximumHeaderBytes else { throw MediaError(.invalidData, "no init segment") }
            guard box.end <= bytes.count else { return nil }
            switch box.type {
            case BoxReader.code("moov"):
                return try movie(bytes, box)
            case BoxReader.code("ftyp"), BoxReader.code("styp"), BoxReader.code("free"), BoxReader.code("uuid"):
                _ = try reader.next()
            default: throw MediaError(.invalidData, "no init segment")
            }
        }
        return nil
    }

    private static func movie(_ bytes: [UInt8], _ movie: BoxReader.Box) throws(MediaError) -> InitSegmentInfo {
        let missing = MediaError(.invalidData, "the init segment has no video track")
        let content = BoxReader(bytes, in: movie)
        var video: (stream: StreamInfo, timescale: Int)?
        var audio: AudioInfo?
        var tracks = content
        while let track = try tracks.next() {
            guard track.type == BoxReader.code("trak"), let media = try BoxReader(bytes, in: track).first("mdia"),
                let header = try BoxReader(bytes, in: media).first("mdhd"),
                let information = try BoxReader(bytes, in: media).first("minf"),
                let table = try BoxReader(bytes, in: information).first("stbl"),
                let descriptions = try BoxReader(bytes, in: table).first("stsd")
            else { continue }
            if try BoxReader(bytes, in: information).first("smhd") != nil {
                if let entry = try BoxReader(bytes, in: descriptions, skipping: 8).header(), audio == nil,
                    entry.end <= descriptions.end
                {
                    audio = try AudioTrackBoxes.audio(bytes, entry)
                }
            } else if video == nil {
                var headerReader = BoxReader(bytes, in: header)
                let version = try headerReader.number(4) >> 24
                try headerReader.skip(version == 1 ? 16 : 8)
                video = (try sampleEntry(bytes, descriptions), Int(try headerReader.number(4)))
            }
        }
        guard var video, video.timescale > 0 else { throw missing }
        video.stream.audio = audio
        return InitSegmentInfo(
            stream: video.stream,
            mark: try mark(bytes, content),
            sizeBytes: movie.end,
            timescale: video.timescale
        )
    }

    private static func sampleEntry(_ bytes: [UInt8], _ table: BoxReader.Box) throws(MediaError) -> StreamInfo {
        guard let entry = try BoxReader(bytes, in: table, skipping: 8).header(), entry.end <= table.end else {
            throw MediaError(.invalidData, "the init segment has no sample entry")
        }
        let codec: VideoCodec
        switch entry.type {
        case BoxReader.code("avc1"), BoxReader.code("avc3"): codec = .h264
        case BoxReader.code("hvc1"), BoxReader.code("hev1"): codec = .hevc
        // Which one of the two `esds` says.
        case BoxReader.code("mp4v"): codec = .mpeg4
        default: throw MediaError(.unsupported, "the segment's codec is none that is recorded")
        }
        var reader = BoxReader(bytes, in: entry)
        try reader.skip(24)
        let width = Int(try reader.number(2))
        let height = Int(try reader.number(2))
        try reader.skip(50)
        let rest = BoxReader(bytes, from: reader.at, to: entry.end)
        if codec == .mpeg4 { return try visualEntry(bytes, rest, width: width, height: height) }
        guard let record = try rest.first(codec == .h264 ? "avcC" : "hvcC") else {
            throw MediaError(.invalidData, "the sample entry has no decoder configuration")
        }
        let extradata = Array(bytes[record.content..<record.end])
        var sets = ParameterSets(codec: codec)
        guard sets.insert(record: extradata) != nil else {
            throw MediaError(.invalidData, "the decoder configuration is damaged")
        }
        return StreamInfo(
            codec: codec,
            width: width,
            height: height,
            extradata: extradata,
            codecString: sets.codecString
        )
    }

    /// MPEG-4 part 2, or JPEG.
    private static func visualEntry(
        _ bytes: [UInt8],
        _ boxes: BoxReader,
        width: Int,
        height: Int
    ) throws(MediaError) -> StreamInfo {
        guard let box = try boxes.first("esds"), let stream = try ElementaryStream.read(bytes, box),
            [ElementaryStream.visual, ElementaryStream.jpeg].contains(stream.objectType)
        else {
            throw MediaError(.invalidData, "the sample entry has no decoder configuration")
        }
        let codec: VideoCodec = stream.objectType == ElementaryStream.jpeg ? .mjpeg : .mpeg4
        return StreamInfo(
            codec: codec,
            width: width,
            height: height,
            extradata: stream.specific,
            codecString: codec.fixedName
        )
    }

    private static func mark(_ bytes: [UInt8], _ movie: BoxReader) throws(MediaError) -> SegmentMark? {
        var boxes = movie
        while let box = try boxes.next() {
            guard box.type == BoxReader.code("uuid"), box.end - box.content >= 16,
                bytes[box.content..<box.content + 16].elementsEqual(FragmentWriter.markId)
            else { continue }
            var reader = BoxReader(bytes, in: box, skipping: 16)
            let version = try reader.number(4)
            guard version == 1 || version == 2 else { return nil }
            let startedAt = WallTime(microseconds: Int64(bitPattern: try reader.number(8)))
            let startTicks = Int64(bitPattern: try reader.number(8))
            let camera = try reader.take(Int(reader.number(2)))
            let run = try reader.take(Int(reader.number(2)))
            let previous = version == 2 ? try reader.take(Int(reader.number(2))) : []
            let head = reader.end - reader.at == 32 ? try reader.take(32) : []
            return SegmentMark(
                cameraId: String(decoding: camera, as: UTF8.self),
                runId: String(decoding: run, as: UTF8.self),
                startedAt: startedAt,
                startTicks: startTicks,
                previousSegment: previous.isEmpty ? nil : String(decoding: previous, as: UTF8.self),
                previousHead: version == 2 && head.count == 32 ? Array(head) : nil
            )
        }
        return nil
    }

    /// Reads one fragment at `offset`; nil while it is not complete.
    package static func fragment(_ bytes: [UInt8], at offset: Int = 0) throws(MediaError) -> FragmentInfo? {
        guard offset >= 0, offset <= bytes.count else { return nil }
        guard let info = try fragmentHeader(bytes, at: offset), info.sizeBytes <= bytes.count - offset else {
            return nil
        }
        return info
    }

    /// Reads a `moof` whose `mdat` may not be at hand: `bytes` holds from `offset` on the `moof` and at least the header
    /// of the `mdat` behind it; nil while it doesn't.
    package static func fragmentHeader(_ bytes: [UInt8], at offset: Int = 0) throws(MediaError) -> FragmentInfo? {
        guard let moof = try BoxReader(bytes, from: offset).header() else { return nil }
        guard moof.type == BoxReader.code("moof"), moof.end - moof.start <= maximumHeaderBytes else {
            throw MediaError(.invalidData, "no fragment begins here")
        }
        guard moof.end <= bytes.count, let mdat = try BoxReader(bytes, from: moof.end).header() else { return nil }
        guard mdat.type == BoxReader.code("mdat") else { throw MediaError(.invalidData, "a fragment has no data") }
        var info = FragmentInfo(
            moofBytes: moof.end - moof.start,
            payloadOffset: mdat.content - moof.start,
            payloadBytes: mdat.end - mdat.content,
            sequence: 0,
            baseDecodeTicks: 0,
            durationTicks: 0,
            wall: nil,
            samples: []
        )
        var boxes = BoxReader(bytes, in: moof)
        while let box = try boxes.next() {
            switch box.type {
            case BoxReader.code("mfhd"):
                var reader = BoxReader(bytes, in: box, skipping: 4)
                info.sequence = UInt32(truncatingIfNeeded: try reader.number(4))
            case BoxReader.code("traf"):
                try track(bytes, box, moof: moof, into: &info)
            case BoxReader.code("uuid"):
                guard box.end - box.content >= 24,
                    bytes[box.content..<box.content + 16].elementsEqual(FragmentWriter.wallId)
                else { continue }
                var reader = BoxReader(bytes, in: box, skipping: 16)
                info.wall = WallTime(microseconds: Int64(bitPattern: try reader.number(8)))
                if reader.end - reader.at >= FragmentWriter.Fragment.sealBytes { info.sealOffset = reader.at - offset }
            default: continue
            }
        }
        guard !info.samples.isEmpty else { throw MediaError(.invalidData, "a fragment has no samples") }
        return info
    }

    private static func track(
        _ bytes: [UInt8],
        _ track: BoxReader.Box,
        moof: BoxReader.Box,
        into info: inout FragmentInfo
    ) throws(MediaError) {
        let boxes = BoxReader(bytes, in: track)
        guard let header = try boxes.first("tfhd"), let time = try boxes.first("tfdt"),
            let run = try boxes.first("trun")
        else { throw MediaError(.invalidData, "a fragment lacks a box") }
        var defaults = TrackDefaults()
        try defaults.read(BoxReader(bytes, in: header))
        let isAudio = defaults.track == UInt64(AudioTrackBoxes.trackId)
        var timeReader = BoxReader(bytes, in: time)
        let version = try timeReader.number(4) >> 24
        let base = try timeReader.number(version == 1 ? 8 : 4)
        guard base < tickLimit else { throw MediaError(.invalidData, "a fragment's time is beyond reason") }
        var reader = BoxReader(bytes, in: run)
        let flags = try reader.number(4) & 0xFFFFFF
        let count = Int(try reader.number(4))
        guard count <= maximumSamples else { throw MediaError(.invalidData, "a fragment has too many samples") }
        var offset = info.payloadOffset
        if flags & 0x1 != 0 { offset = Int(Int32(truncatingIfNeeded: try reader.number(4))) }
        var firstFlags: UInt64?
        if flags & 0x4 != 0 { firstFlags = try reader.number(4) }
        var samples: [FragmentSample] = []
        samples.reserveCapacity(count)
        var total: Int64 = 0
        for index in 0..<count {
            let duration = flags & 0x100 != 0 ? try reader.number(4) : defaults.duration
            let size = flags & 0x200 != 0 ? try reader.number(4) : defaults.size
            var sampleFlags = flags & 0x400 != 0 ? try reader.number(4) : defaults.flags
            if index == 0, let firstFlags { sampleFlags = firstFlags }
            let composition = flags & 0x800 != 0 ? Int64(Int32(truncatingIfNeeded: try reader.number(4))) : 0
            guard offset >= info.payloadOffset, offset + Int(size) <= info.sizeBytes else {
                throw MediaError(.invalidData, "a sample lies outside its fragment")
            }
            samples.append(
                FragmentSample(
                    offset: offset,
                    size: Int(size),
                    durationTicks: Int64(duration),
                    compositionTicks: composition,
                    isKey: isAudio || sampleFlags & 0x10000 == 0,
                    isDamaged: !isAudio && sampleFlags & 0xFFFF != 0
                )
            )
            offset += Int(size)
            total += Int64(duration)
        }
        if isAudio {
            if !samples.isEmpty { info.audio = FragmentAudio(baseDecodeTicks: Int64(base), samples: samples) }
        } else {
            info.baseDecodeTicks = Int64(base)
            info.samples = samples
            info.durationTicks = total
        }
    }
}

/// The defaults of `tfhd` (ISO/IEC 14496-12 §8.8.7).
private struct TrackDefaults {
    var track: UInt64 = 0
    var duration: UInt64 = 0
    var size: UInt64 = 0
    var flags: UInt64 = 0

    mutating func read(_ header: BoxReader) throws(MediaError) {
        var reader = header
        let present = try reader.number(4) & 0xFFFFFF
        track = try reader.number(4)
        if present & 0x1 != 0 { try reader.skip(8) }
        if present & 0x2 != 0 { try reader.skip(4) }
        if present & 0x8 != 0 { duration = try reader.number(4) }
        if present & 0x10 != 0 { size = try reader.number(4) }
        if present & 0x20 != 0 { flags = try reader.number(4) }
    }
}
