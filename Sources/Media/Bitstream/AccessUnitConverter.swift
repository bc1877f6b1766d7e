/// Turns access units of any framing into NAL units with 4-byte lengths, and keeps the stream's parameter sets.
///
/// Parameter sets, delimiters and filler are left out of samples (ISO/IEC 14496-15 wants the sets of `avc1` and `hvc1`
/// tracks in the sample entry alone); every other NAL unit is kept byte for byte.
struct AccessUnitConverter {
    let codec: VideoCodec
    private(set) var sets: ParameterSets
    /// Bytes of a NAL unit's length in the source; nil for start codes (ITU-T H.264 Annex B).
    private var lengthSize: Int?

    struct Unit {
        var bytes: [UInt8]
        /// A picture at which decoding can start: IDR, or H.265 IRAP.
        var hasRandomAccessPicture: Bool
        /// H.264: the stream says that decoding may start here although it is no IDR (ITU-T H.264 §D.2.8).
        var hasRecoveryPoint = false
        var hasPicture: Bool
        var setsChanged: Bool
        /// It is no access unit of the codec: nothing of it was taken. The codec that it is of, where it says so.
        var isForeign = false
        var foreignCodec: VideoCodec?
    }

    init(codec: VideoCodec, extradata: [UInt8]) {
        self.codec = codec
        sets = ParameterSets(codec: codec)
        let isAnnexB = extradata.starts(with: [0, 0, 1]) || extradata.starts(with: [0, 0, 0, 1])
        if isAnnexB {
            _ = extradata.withUnsafeBufferPointer { convert($0) }
        } else if !extradata.isEmpty {
            lengthSize = sets.insert(record: extradata)
        }
    }

    /// Converts one access unit; lengths that don't fit cut it off there.
    mutating func convert(_ source: UnsafeBufferPointer<UInt8>) -> Unit {
        var unit = Unit(bytes: [], hasRandomAccessPicture: false, hasPicture: false, setsChanged: false)
        unit.bytes.reserveCapacity(source.count + 64)
        if let lengthSize {
            var at = 0
            while at + lengthSize < source.count {
                var size = 0
                for index in at..<at + lengthSize { size = size << 8 | Int(source[index]) }
                at += lengthSize
                let end = min(at + size, source.count)
                take(UnsafeBufferPointer(rebasing: source[at..<end]), into: &unit)
                at = end
            }
        } else {
            var isForeign = false
            Self.eachAnnexBUnit(source) { if ForeignUnits.isForeign($0, to: codec) { isForeign = true } }
            guard !isForeign else {
                unit.isForeign = true
                Self.eachAnnexBUnit(source) { nal in
                    unit.foreignCodec = unit.foreignCodec ?? ForeignUnits.codec(ofSequence: nal, otherThan: codec)
                }
                return unit
            }
            Self.eachAnnexBUnit(source) { take($0, into: &unit) }
        }
        return unit
    }

    private mutating func take(_ nal: UnsafeBufferPointer<UInt8>, into unit: inout Unit) {
        guard keeps(nal, &unit) else { return }
        let size = UInt32(truncatingIfNeeded: nal.count)
        unit.bytes.append(UInt8(size >> 24))
        unit.bytes.append(UInt8(size >> 16 & 255))
        unit.bytes.append(UInt8(size >> 8 & 255))
        unit.bytes.append(UInt8(size & 255))
        unit.bytes.append(contentsOf: nal)
    }

    /// Looks at one NAL unit: takes parameter sets over, notes what the unit says of the picture.
    ///
    /// - Returns: whether it belongs into the sample.
    mutating func keeps(_ nal: UnsafeBufferPointer<UInt8>, _ unit: inout Unit) -> Bool {
        guard let header = nal.first else { return false }
        if let kind = ParameterSets.kind(codec: codec, header: header) {
            if sets.insert(Array(nal), kind: kind) { unit.setsChanged = true }
            return false
        }
        let type = codec == .h264 ? header & 31 : header >> 1 & 63
        if codec == .h264 {
            if type == 9 || type == 12 || type == 0 { return false }
            if type == 5 { unit.hasRandomAccessPicture = true }
            if type == 6, RecoveryPoint.isThere(nal) { unit.hasRecoveryPoint = true }
            if (1...5).contains(type) { unit.hasPicture = true }
        } else {
            if type == 35 || type == 38 { return false }
            if (16...21).contains(type) { unit.hasRandomAccessPicture = true }
            if type < 32 { unit.hasPicture = true }
        }
        return true
    }

    private static func eachAnnexBUnit(
        _ source: UnsafeBufferPointer<UInt8>,
        _ body: (UnsafeBufferPointer<UInt8>) -> Void
    ) {
        var start: Int?
        var at = 0
        let count = source.count
        while at + 2 < count {
            // A start code's third byte is 1 and what lies before it 0: look at every third byte only.
            if source[at + 2] > 1 {
                at += 3
            } else if source[at] == 0, source[at + 1] == 0, source[at + 2] == 1 {
                if let start { emit(source, start, at, body) }
                start = at + 3
                at += 3
            } else {
                at += 1
            }
        }
        if let start { emit(source, start, count, body) }
    }

    private static func emit(
        _ source: UnsafeBufferPointer<UInt8>,
        _ start: Int,
        _ end: Int,
        _ body: (UnsafeBufferPointer<UInt8>) -> Void
    ) {
        var end = end
        while end > start, source[end - 1] == 0 { end -= 1 }
        if end > start { body(UnsafeBufferPointer(rebasing: source[start..<end])) }
    }
}
