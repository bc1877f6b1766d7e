/// What the first slice of a picture says about it, without decoding it.
package struct SliceFacts: Sendable, Equatable {
    /// No other picture is decoded with the help of this one.
    package var isDisposable: Bool
    /// The quantiser of the slice, 0–51; nil where it isn't read (all codecs but H.264).
    package var quantiser: Int?

    package init(isDisposable: Bool, quantiser: Int? = nil) {
        self.isDisposable = isDisposable
        self.quantiser = quantiser
    }
}

/// Reads `SliceFacts` out of the packets of one stream. Input from outside: what can't be read is a picture that others
/// need, with an unknown quantiser.
package struct SliceReader: Sendable {
    /// A slice header with all its tables ends before this many bytes in nearly all streams.
    private static let headerBytes = 96

    private let codec: VideoCodec
    private var sequences: [Int: SequenceParameters] = [:]
    private var pictures: [Int: PictureParameters] = [:]

    package init(_ info: StreamInfo) {
        codec = info.codec
        guard codec == .h264 else { return }
        let record = info.extradata
        // AVCDecoderConfigurationRecord, ISO/IEC 14496-15 §5.3.3.1.
        guard record.count >= 7, record[0] == 1 else { return }
        var at = 5
        for mask in [UInt8(31), 255] {
            guard at < record.count else { return }
            let count = Int(record[at] & mask)
            at += 1
            for _ in 0..<count {
                guard at + 2 <= record.count else { return }
                let size = Int(record[at]) << 8 | Int(record[at + 1])
                guard size > 0, at + 2 + size <= record.count else { return }
                take(Array(record[at + 2..<at + 2 + size]))
                at += 2 + size
            }
        }
    }

    private mutating func take(_ nal: [UInt8]) {
        switch nal[0] & 31 {
        case 7: if let sequence = SequenceParameters(h264: nal) { sequences[sequence.id] = sequence }
        case 8: if let picture = PictureParameters(nal) { pictures[picture.id] = picture }
        default: break
        }
    }

    /// - Parameter bytes: an access unit as in `Packet`.
    package func facts(of bytes: [UInt8]) -> SliceFacts {
        switch codec {
        case .h264, .hevc: nalFacts(bytes)
        case .mpeg4: SliceFacts(isDisposable: isBidirectional(mpeg4: bytes))
        case .mjpeg, .other: SliceFacts(isDisposable: false)
        }
    }

    private func nalFacts(_ bytes: [UInt8]) -> SliceFacts {
        var at = 0
        while at + 5 <= bytes.count {
            let size = Int(bytes[at]) << 24 | Int(bytes[at + 1]) << 16 | Int(bytes[at + 2]) << 8 | Int(bytes[at + 3])
            let start = at + 4
            guard size > 0, size <= bytes.count - start else { break }
            let header = bytes[start]
            if codec == .h264 {
                let type = header & 31
                if type == 1 || type == 5 {
                    let end = min(start + size, start + Self.headerBytes)
                    return SliceFacts(
                        isDisposable: header & 0x60 == 0,
                        quantiser: quantiser(bytes[start + 1..<end], type: type, reference: header >> 5 & 3)
                    )
                }
            } else {
                // ITU-T H.265 table 7-1: below 16 even types are pictures that none of the same sub-layer needs; only
                // where there are no sub-layers does that mean that none at all does.
                let type = header >> 1 & 63
                if type < 32 {
                    let isBaseLayer = size > 1 && bytes[start + 1] & 7 == 1
                    return SliceFacts(isDisposable: type < 16 && type % 2 == 0 && isBaseLayer && type > 0)
                }
            }
            at = start + size
        }
        return SliceFacts(isDisposable: false)
    }

    /// vop_coding_type 2 of ISO/IEC 14496-2 §6.2.5, behind the first vop_start_code.
    private func isBidirectional(mpeg4 bytes: [UInt8]) -> Bool {
        var at = 0
        let end = min(bytes.count, 4096)
        while at + 5 <= end {
            if bytes[at] == 0, bytes[at + 1] == 0, bytes[at + 2] == 1, bytes[at + 3] == 0xB6 {
                return bytes[at + 4] >> 6 == 2
            }
            at += 1
        }
        return false
    }

    /// slice_header() of ITU-T H.264 §7.3.3 as far as slice_qp_delta.
    private func quantiser(_ payload: ArraySlice<UInt8>, type nalType: UInt8, reference: UInt8) -> Int? {
        var reader = BitReader(payload: payload)
        _ = reader.unsigned()
        let sliceType = reader.unsigned() % 5
        guard let picture = pictures[reader.unsigned()], let sequence = sequences[picture.sequence],
            let frameNumberBits = sequence.frameNumberBits, let orderType = sequence.orderType
        else { return nil }
        if sequence.hasPlanes { reader.skip(2) }
        reader.skip(frameNumberBits)
        var isField = false
        if !sequence.isFramesOnly, reader.flag() {
            isField = true
            reader.skip(1)
        }
        if nalType == 5 { _ = reader.unsigned() }
        if orderType == 0 {
            reader.skip(sequence.orderBits)
            if picture.hasBottomOrder, !isField { _ = reader.signed() }
        } else if orderType == 1, !sequence.isOrderAlwaysZero {
            _ = reader.signed()
            if picture.hasBottomOrder, !isField { _ = reader.signed() }
        }
        if picture.hasRedundant { _ = reader.unsigned() }
        let (isP, isB) = (sliceType == 0 || sliceType == 3, sliceType == 1)
        var references = picture.references
        if isB { reader.skip(1) }
        if isP || isB, reader.flag() {
            references.0 = reader.unsigned() + 1
            if isB { references.1 = reader.unsigned() + 1 }
        }
        for _ in 0..<(isB ? 2 : isP ? 1 : 0) where reader.flag() {
            // ref_pic_list_modification(): at most one more than the references there can be.
            for step in 0... {
                guard step <= 66, !reader.overrun else { return nil }
                if reader.unsigned() == 3 { break }
                _ = reader.unsigned()
            }
        }
        if (picture.isWeighted && isP) || (picture.weightedBidirectional == 1 && isB) {
            let hasChroma = sequence.chromaFormat != 0 && !sequence.hasPlanes
            guard references.0 <= 32, references.1 <= 32 else { return nil }
            skipWeights(&reader, isB ? [references.0, references.1] : [references.0], hasChroma: hasChroma)
        }
        if reference != 0 { guard skipMarking(&reader, isIDR: nalType == 5) else { return nil } }
        if picture.isArithmetic, isP || isB { _ = reader.unsigned() }
        let value = picture.quantiser + reader.signed()
        return reader.overrun || !(0...51).contains(value) ? nil : value
    }

    private func skipWeights(_ reader: inout BitReader, _ lists: [Int], hasChroma: Bool) {
        _ = reader.unsigned()
        if hasChroma { _ = reader.unsigned() }
        for count in lists {
            for _ in 0..<count {
                for parts in hasChroma ? [2, 4] : [2] where reader.flag() {
                    for _ in 0..<parts { _ = reader.signed() }
                }
            }
        }
    }

    /// dec_ref_pic_marking(), §7.3.3.3.
    private func skipMarking(_ reader: inout BitReader, isIDR: Bool) -> Bool {
        if isIDR {
            reader.skip(2)
            return true
        }
        guard reader.flag() else { return true }
        for step in 0... {
            guard step <= 66, !reader.overrun else { return false }
            switch reader.unsigned() {
            case 0: return true
            case 1, 2, 4, 6: _ = reader.unsigned()
            case 3:
                _ = reader.unsigned()
                _ = reader.unsigned()
            default: break
            }
        }
        return true
    }
}

/// The part of an H.264 picture parameter set that a slice header is read with (ITU-T H.264 §7.3.2.2).
struct PictureParameters: Sendable {
    var id: Int
    var sequence: Int
    var isArithmetic: Bool
    var hasBottomOrder: Bool
    var references: (Int, Int)
    var isWeighted: Bool
    var weightedBidirectional: Int
    var quantiser: Int
    var hasRedundant: Bool

    /// - Parameter nal: begins with its header byte.
    init?(_ nal: [UInt8]) {
        guard nal.count >= 2 else { return nil }
        var reader = BitReader(payload: nal[1...])
        id = reader.unsigned()
        sequence = reader.unsigned()
        isArithmetic = reader.flag()
        hasBottomOrder = reader.flag()
        // Slice groups are of the Extended profile, which nobody sends.
        guard reader.unsigned() == 0 else { return nil }
        references = (reader.unsigned() + 1, reader.unsigned() + 1)
        isWeighted = reader.flag()
        weightedBidirectional = reader.bits(2)
        quantiser = 26 + reader.signed()
        _ = reader.signed()
        _ = reader.signed()
        reader.skip(2)
        hasRedundant = reader.flag()
        guard !reader.overrun, id <= 255, sequence <= 31 else { return nil }
    }
}
