/// The bytes of an access unit while it grows: NAL units behind 4-byte lengths, written once.
struct UnitBuffer: Sendable {
    private(set) var bytes: [UInt8] = []
    private(set) var nals = 0
    /// Where the length of the NAL unit that grows is; nil between NAL units.
    private var open: Int?
    /// There was no room: what did not fit is missing.
    private(set) var isFull = false

    private let mostBytes: Int
    private let mostNALs: Int

    init(mostBytes: Int = 16 << 20, mostNALs: Int = 4096) {
        self.mostBytes = mostBytes
        self.mostNALs = mostNALs
    }

    var isOpen: Bool { open != nil }
    var isEmpty: Bool { bytes.isEmpty }

    mutating func reserve(_ count: Int) {
        if bytes.capacity < count { bytes.reserveCapacity(count) }
    }

    /// Begins a NAL unit behind a length that `close` writes.
    mutating func begin() {
        guard nals < mostNALs, bytes.count + 4 <= mostBytes else {
            isFull = true
            return
        }
        open = bytes.count
        bytes.append(u32: 0)
    }

    @inline(__always)
    mutating func append(_ span: Span<UInt8>) {
        guard open != nil, bytes.count &+ span.count <= mostBytes else {
            isFull = true
            return
        }
        bytes.append(span)
    }

    mutating func append(_ byte: UInt8) {
        guard open != nil, bytes.count < mostBytes else {
            isFull = true
            return
        }
        bytes.append(byte)
    }

    /// Ends the NAL unit: zeros behind it are no part of it (ITU-T H.264 Annex B), and nothing is left of an empty one.
    ///
    /// - Returns: where its bytes are; nil where none are left.
    mutating func close() -> Range<Int>? {
        guard let open else { return nil }
        self.open = nil
        while bytes.count > open + 4, bytes[bytes.count &- 1] == 0 { bytes.removeLast() }
        guard bytes.count > open + 4 else {
            bytes.removeLast(bytes.count - open)
            return nil
        }
        setLength(at: open, to: bytes.count - open - 4)
        nals += 1
        return open + 4..<bytes.count
    }

    private mutating func setLength(at: Int, to count: Int) {
        let size = UInt32(truncatingIfNeeded: count)
        bytes[at] = UInt8(truncatingIfNeeded: size >> 24)
        bytes[at &+ 1] = UInt8(truncatingIfNeeded: size >> 16)
        bytes[at &+ 2] = UInt8(truncatingIfNeeded: size >> 8)
        bytes[at &+ 3] = UInt8(truncatingIfNeeded: size)
    }

    /// Splits the last NAL unit where it has start codes in it: cameras send several in one, start codes and all.
    ///
    /// - Returns: where the pieces are; nil where there was nothing to split.
    mutating func splitAtStartCodes(_ nal: Range<Int>) -> [Range<Int>]? {
        guard nal.upperBound == bytes.count, startCode(in: nal) != nil else { return nil }
        let content = Array(bytes[nal])
        bytes.removeLast(nal.count + 4)
        nals -= 1
        var found: [Range<Int>] = []
        var start = 0
        while start < content.count {
            let end = Self.startCode(in: content, start..<content.count) ?? content.count
            begin()
            if isOpen {
                append(content.span.extracting(start..<end))
                if let range = close() { found.append(range) }
            }
            start = end + 3
        }
        return found
    }

    private func startCode(in range: Range<Int>) -> Int? { Self.startCode(in: bytes, range) }

    private static func startCode(in bytes: [UInt8], _ range: Range<Int>) -> Int? {
        var at = range.lowerBound
        while at &+ 2 < range.upperBound {
            // A start code's third byte is 1 and what lies before it 0: look at every third byte only.
            if bytes[at &+ 2] > 1 {
                at &+= 3
            } else if bytes[at] == 0, bytes[at &+ 1] == 0, bytes[at &+ 2] == 1 {
                return at
            } else {
                at &+= 1
            }
        }
        return nil
    }

    /// Takes all bytes, or those before `end`; what is behind it begins the next unit.
    mutating func take(upTo end: Int?, nals taken: Int?) -> [UInt8] {
        isFull = false
        var unit: [UInt8] = []
        swap(&unit, &bytes)
        guard let end, end < unit.count else {
            nals = 0
            return unit
        }
        bytes.append(unit.span.extracting(end..<unit.count))
        unit.removeLast(unit.count - end)
        nals -= taken ?? nals
        return unit
    }
}
