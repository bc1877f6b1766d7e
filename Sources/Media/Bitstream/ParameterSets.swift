/// The parameter sets of an H.264 or H.265 stream, by kind and id, and the records and names made of them.
struct ParameterSets: Equatable {
    enum Kind: Int, Comparable {
        case video
        case sequence
        case picture

        static func < (left: Kind, right: Kind) -> Bool { left.rawValue < right.rawValue }
    }

    let codec: VideoCodec
    private var sets: [Kind: [Int: [UInt8]]] = [:]
    private(set) var sequence: SequenceParameters?

    init(codec: VideoCodec) {
        self.codec = codec
    }

    /// A stream can be opened with them.
    var areComplete: Bool {
        sequence != nil && sets[.picture] != nil && (codec == .h264 || sets[.video] != nil)
    }

    /// The kind of a NAL unit that is a parameter set; nil for others.
    static func kind(codec: VideoCodec, header: UInt8) -> Kind? {
        if codec == .h264 {
            switch header & 31 {
            case 7: return .sequence
            case 8: return .picture
            default: return nil
            }
        }
        switch header >> 1 & 63 {
        case 32: return .video
        case 33: return .sequence
        case 34: return .picture
        default: return nil
        }
    }

    /// Takes a parameter set; true when that changes anything. Damaged ones change nothing.
    mutating func insert(_ nal: [UInt8], kind: Kind) -> Bool {
        var nal = nal
        while nal.last == 0 { nal.removeLast() }  // trailing_zero_8bits
        guard nal.count > (codec == .h264 ? 2 : 3), nal.count <= 65_535 else { return false }
        let id: Int
        switch kind {
        case .sequence:
            let read = codec == .h264 ? SequenceParameters(h264: nal) : SequenceParameters(hevc: nal)
            guard let read else { return false }
            if sets[.sequence]?[read.id] == nal { return false }
            id = read.id
            sequence = read
        case .picture:
            var reader = BitReader(payload: nal[(codec == .h264 ? 1 : 2)...].prefix(16))
            id = reader.unsigned()
            guard !reader.overrun, id <= 255 else { return false }
        case .video:
            id = Int(nal[2] >> 4)
        }
        if sets[kind]?[id] == nal { return false }
        sets[kind, default: [:]][id] = nal
        return true
    }

    private func ordered(_ kind: Kind) -> [[UInt8]] {
        (sets[kind] ?? [:]).sorted { $0.key < $1.key }.map(\.value)
    }

    /// `avcC` or `hvcC` contents; nil while sets are missing.
    var configurationRecord: [UInt8]? {
        guard areComplete, let first = ordered(.sequence).first else { return nil }
        return codec == .h264 ? avcRecord(first) : hevcRecord
    }

    /// AVCDecoderConfigurationRecord, ISO/IEC 14496-15 §5.3.3.1.
    private func avcRecord(_ first: [UInt8]) -> [UInt8]? {
        guard first.count >= 4, let sequence else { return nil }
        let sequences = ordered(.sequence).prefix(31)
        let pictures = ordered(.picture).prefix(255)
        var record: [UInt8] = [1, first[1], first[2], first[3], 0xFF, 0xE0 | UInt8(sequences.count)]
        for nal in sequences { record += Self.sized(nal) }
        record.append(UInt8(pictures.count))
        for nal in pictures { record += Self.sized(nal) }
        if [100, 110, 122, 144].contains(first[1]) {
            record += [
                0xFC | UInt8(sequence.chromaFormat & 3), 0xF8 | UInt8((sequence.lumaDepth - 8) & 7),
                0xF8 | UInt8((sequence.chromaDepth - 8) & 7), 0,
            ]
        }
        return record
    }

    /// HEVCDecoderConfigurationRecord, ISO/IEC 14496-15 §8.3.3.1.
    private var hevcRecord: [UInt8]? {
        guard let sequence, sequence.profile.count == 12 else { return nil }
        var record: [UInt8] = [1] + sequence.profile + [0xF0, 0, 0xFC]
        record += [
            0xFC | UInt8(sequence.chromaFormat & 3), 0xF8 | UInt8((sequence.lumaDepth - 8) & 7),
            0xF8 | UInt8((sequence.chromaDepth - 8) & 7), 0, 0,
        ]
        record.append(UInt8(sequence.subLayers & 7) << 3 | (sequence.subLayerNesting ? 4 : 0) | 3)
        record.append(3)
        for (kind, type) in [(Kind.video, UInt8(32)), (.sequence, 33), (.picture, 34)] {
            let nals = ordered(kind)
            record += [0x80 | type, UInt8(nals.count >> 8 & 255), UInt8(nals.count & 255)]
            for nal in nals { record += Self.sized(nal) }
        }
        return record
    }

    /// RFC 6381 with ISO/IEC 14496-15 Annex E; empty while sets are missing.
    var codecString: String {
        guard let first = ordered(.sequence).first, let sequence else { return "" }
        if codec == .h264 {
            guard first.count >= 4 else { return "" }
            return "avc1." + first[1...3].map { Self.hex($0, width: 2) }.joined()
        }
        let profile = sequence.profile
        guard profile.count == 12 else { return "" }
        let space = ["", "A", "B", "C"][Int(profile[0] >> 6)]
        var compatibility: UInt32 = 0
        for byte in profile[1...4] { compatibility = compatibility << 8 | UInt32(byte) }
        var reversed: UInt32 = 0
        for bit in 0..<32 where compatibility >> bit & 1 == 1 { reversed |= 1 << (31 - bit) }
        let tier = profile[0] & 0x20 == 0 ? "L" : "H"
        var text = "hvc1.\(space)\(profile[0] & 31).\(String(reversed, radix: 16, uppercase: true))"
        text += ".\(tier)\(profile[11])"
        var constraints = Array(profile[5...10])
        while constraints.last == 0 { constraints.removeLast() }
        for byte in constraints { text += "." + String(byte, radix: 16, uppercase: true) }
        return text
    }

    private static func sized(_ nal: [UInt8]) -> [UInt8] { [UInt8(nal.count >> 8), UInt8(nal.count & 255)] + nal }

    private static func hex(_ byte: UInt8, width: Int) -> String {
        let digits = String(byte, radix: 16)
        return String(repeating: "0", count: width - digits.count) + digits
    }

    // MARK: - Reading records back

    /// Takes the sets of an `avcC` or `hvcC` record; returns its length size in bytes, nil when it is none.
    mutating func insert(record: [UInt8]) -> Int? {
        codec == .h264 ? insert(avc: record) : insert(hevc: record)
    }

    private mutating func insert(avc record: [UInt8]) -> Int? {
        guard record.count >= 7, record[0] == 1 else { return nil }
        var at = 5
        for (kind, mask) in [(Kind.sequence, UInt8(31)), (.picture, 255)] {
            guard at < record.count else { return nil }
            let count = Int(record[at] & mask)
            at += 1
            for _ in 0..<count {
                guard let nal = Self.nal(record, &at) else { return nil }
                if Self.kind(codec: codec, header: nal.first ?? 0) == kind { _ = insert(nal, kind: kind) }
            }
        }
        return Int(record[4] & 3) + 1
    }

    private mutating func insert(hevc record: [UInt8]) -> Int? {
        guard record.count >= 23, record[0] == 1 else { return nil }
        var at = 23
        for _ in 0..<record[22] {
            guard at + 3 <= record.count else { return nil }
            let count = Int(record[at + 1]) << 8 | Int(record[at + 2])
            at += 3
            for _ in 0..<count {
                guard let nal = Self.nal(record, &at) else { return nil }
                if let kind = Self.kind(codec: codec, header: nal.first ?? 0) { _ = insert(nal, kind: kind) }
            }
        }
        return Int(record[21] & 3) + 1
    }

    private static func nal(_ record: [UInt8], _ at: inout Int) -> [UInt8]? {
        guard at + 2 <= record.count else { return nil }
        let size = Int(record[at]) << 8 | Int(record[at + 1])
        guard at + 2 + size <= record.count else { return nil }
        defer { at += 2 + size }
        return Array(record[at + 2..<at + 2 + size])
    }
}
