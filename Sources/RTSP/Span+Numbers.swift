/// Numbers in network order. Offsets are checked by the span itself.
extension Span<UInt8> {
    @inline(__always)
    func u16(_ at: Int) -> UInt16 { UInt16(self[at]) << 8 | UInt16(self[at &+ 1]) }

    @inline(__always)
    func u32(_ at: Int) -> UInt32 { UInt32(u16(at)) << 16 | UInt32(u16(at &+ 2)) }

    /// The bytes at `at` are those of `text`; false too where fewer are there.
    func hasText(_ text: StaticString, at: Int) -> Bool {
        let size = text.utf8CodeUnitCount
        guard at + size <= count else { return false }
        // Safety: `text` is a literal of ASCII, and `size` is its length.
        let pointer = unsafe text.utf8Start
        for index in 0..<size where unsafe pointer[index] != self[at + index] { return false }
        return true
    }
}

extension [UInt8] {
    /// Appends all of `bytes` with one copy.
    @inline(__always)
    mutating func append(_ bytes: Span<UInt8>) {
        // Safety: the buffer is only used inside of the closure.
        unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }

    mutating func append(u16 value: UInt16) {
        append(UInt8(value >> 8))
        append(UInt8(truncatingIfNeeded: value))
    }

    mutating func append(u32 value: UInt32) {
        append(u16: UInt16(value >> 16))
        append(u16: UInt16(truncatingIfNeeded: value))
    }
}
