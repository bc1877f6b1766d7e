/// Access units that came out of RTP, where each NAL unit stands alone (RFC 6184, RFC 7798): what is left out is taken out
/// in place, and nothing is copied where nothing is.
extension AccessUnitConverter {
    /// Converts one access unit whose NAL units each stand behind their length in 4 bytes; lengths that don't fit cut it
    /// off there.
    mutating func convert(owned source: consuming [UInt8]) -> Unit {
        var unit = Unit(bytes: [], hasRandomAccessPicture: false, hasPicture: false, setsChanged: false)
        let shape = source.withUnsafeBufferPointer { Self.shape($0, codec: codec) }
        if shape.isForeign {
            unit.isForeign = true
            source.withUnsafeBufferPointer { buffer in
                Self.eachUnit(buffer) { nal in
                    unit.foreignCodec = unit.foreignCodec ?? ForeignUnits.codec(ofSequence: nal, otherThan: codec)
                }
            }
            return unit
        }
        if shape.hasStartCodes { return convertMixed(source) }
        var kept = 0
        source.withUnsafeMutableBufferPointer { buffer in
            var at = 0
            while let (start, end, next) = Self.bounds(UnsafeBufferPointer(buffer), at) {
                at = next
                guard keeps(UnsafeBufferPointer(rebasing: buffer[start..<end]), &unit) else { continue }
                let size = end - start
                for index in 0..<4 { buffer[kept + index] = UInt8(truncatingIfNeeded: size >> (24 - 8 * index)) }
                // What is moved and where it goes may overlap: towards the front, in order.
                if kept + 4 != start, let base = buffer.baseAddress {
                    (base + kept + 4).update(from: base + start, count: size)
                }
                kept += 4 + size
            }
        }
        if kept < source.count { source.removeLast(source.count - kept) }
        unit.bytes = source
        return unit
    }

    private struct Shape {
        var isForeign = false
        /// Some cameras send several units with start codes between them as one.
        var hasStartCodes = false
    }

    private static func shape(_ buffer: UnsafeBufferPointer<UInt8>, codec: VideoCodec) -> Shape {
        var shape = Shape()
        eachUnit(buffer) { nal in
            if ForeignUnits.isForeign(nal, to: codec) { shape.isForeign = true }
            guard let header = nal.first else { return }
            // Pictures are not searched: those cameras begin with a parameter set or a delimiter, and it is most of the
            // bytes.
            let isPicture = codec == .h264 ? (1...5).contains(header & 31) : header >> 1 & 63 < 32
            if !isPicture || nal[0] == 0, hasStartCode(isPicture ? UnsafeBufferPointer(rebasing: nal.prefix(4)) : nal) {
                shape.hasStartCodes = true
            }
        }
        return shape
    }

    private mutating func convertMixed(_ source: borrowing [UInt8]) -> Unit {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(source.count)
        source.withUnsafeBufferPointer { buffer in
            Self.eachUnit(buffer) { nal in
                bytes += [0, 0, 1]
                bytes.append(contentsOf: nal)
            }
        }
        return bytes.withUnsafeBufferPointer { convert($0) }
    }

    private static func hasStartCode(_ nal: UnsafeBufferPointer<UInt8>) -> Bool {
        var at = 0
        while at + 2 < nal.count {
            if nal[at + 2] > 1 {
                at += 3
            } else if nal[at] == 0, nal[at + 1] == 0, nal[at + 2] == 1 {
                return true
            } else {
                at += 1
            }
        }
        return false
    }

    private static func eachUnit(
        _ buffer: UnsafeBufferPointer<UInt8>,
        _ body: (UnsafeBufferPointer<UInt8>) -> Void
    ) {
        var at = 0
        while let (start, end, next) = bounds(buffer, at) {
            if end > start { body(UnsafeBufferPointer(rebasing: buffer[start..<end])) }
            at = next
        }
    }

    /// The unit whose length stands at `at`, without the zero bytes that trail it, and where the next one's length stands.
    private static func bounds(
        _ buffer: UnsafeBufferPointer<UInt8>,
        _ at: Int
    ) -> (start: Int, end: Int, next: Int)? {
        guard at + 4 <= buffer.count else { return nil }
        var size = 0
        for index in at..<at + 4 { size = size << 8 | Int(buffer[index]) }
        let next = min(at + 4 + size, buffer.count)
        var end = next
        while end > at + 4, buffer[end - 1] == 0 { end -= 1 }
        return (at + 4, end, next)
    }
}
