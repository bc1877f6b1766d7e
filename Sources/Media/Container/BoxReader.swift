/// Walks the boxes of a byte range. Every length is checked against the range around it.
struct BoxReader {
    struct Box {
        /// Big-endian code of its four letters.
        var type: UInt32
        /// Where it begins and ends in `bytes`, and where its content begins.
        var start: Int
        var content: Int
        var end: Int
    }

    let bytes: [UInt8]
    private(set) var at: Int
    let end: Int

    init(_ bytes: [UInt8], from: Int = 0, to: Int? = nil) {
        self.bytes = bytes
        end = min(bytes.count, max(0, to ?? bytes.count))
        at = min(max(0, from), end)
    }

    init(_ bytes: [UInt8], in box: Box, skipping: Int = 0) {
        self.init(bytes, from: min(box.content + skipping, box.end), to: box.end)
    }

    static func code(_ type: StaticString) -> UInt32 {
        type.withUTF8Buffer { $0.prefix(4).reduce(0) { $0 << 8 | UInt32($1) } }
    }

    /// A header as far as it can be read; its end may lie beyond the range. nil when not all of the header is there.
    ///
    /// - Throws: `invalidData` for a size smaller than the header or beyond any file.
    func header() throws(MediaError) -> Box? {
        guard end - at >= 8 else { return nil }
        var size = u32(at)
        let type = UInt32(u32(at + 4))
        var header = 8
        if size == 1 {
            guard end - at >= 16 else { return nil }
            guard u32(at + 8) < 1 << 16 else { throw MediaError(.invalidData, "a box is larger than any file") }
            size = u32(at + 8) << 32 | u32(at + 12)
            header = 16
        }
        guard size >= header else { throw MediaError(.invalidData, "a box is smaller than its header") }
        return Box(type: type, start: at, content: at + header, end: at + size)
    }

    /// The next box if it lies wholly in the range; nil at its end.
    mutating func next() throws(MediaError) -> Box? {
        guard at < end else { return nil }
        guard let box = try header(), box.end <= end else {
            throw MediaError(.invalidData, "a box is larger than the one around it")
        }
        at = box.end
        return box
    }

    /// The first box of a type.
    func first(_ type: StaticString) throws(MediaError) -> Box? {
        let code = Self.code(type)
        var reader = self
        while let box = try reader.next() {
            if box.type == code { return box }
        }
        return nil
    }

    // MARK: - Numbers

    /// The value at an index that is known to be in range.
    private func u32(_ index: Int) -> Int {
        Int(bytes[index]) << 24 | Int(bytes[index + 1]) << 16 | Int(bytes[index + 2]) << 8 | Int(bytes[index + 3])
    }

    /// Reads `count` bytes (at most 8) as a big-endian number.
    mutating func number(_ count: Int) throws(MediaError) -> UInt64 {
        guard end - at >= count else { throw MediaError(.invalidData, "a box ends too early") }
        var value: UInt64 = 0
        for index in at..<at + count { value = value << 8 | UInt64(bytes[index]) }
        at += count
        return value
    }

    mutating func skip(_ count: Int) throws(MediaError) {
        guard count >= 0, end - at >= count else { throw MediaError(.invalidData, "a box ends too early") }
        at += count
    }

    mutating func take(_ count: Int) throws(MediaError) -> [UInt8] {
        guard count >= 0, end - at >= count else { throw MediaError(.invalidData, "a box ends too early") }
        defer { at += count }
        return Array(bytes[at..<at + count])
    }

    var left: Int { end - at }
}
