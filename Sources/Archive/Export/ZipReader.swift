import Foundation
import Recording

/// Reads an archive of stored members as `ZipWriter` makes them (APPNOTE 4.3). Blocks.
///
/// Every byte outside the members' contents is known in advance: `oddities` names those that are not what the writer
/// would have put there, so that not one bit of the file can change unseen.
struct ZipReader {
    struct Entry: Sendable, Equatable {
        var name: String
        /// Where its content begins, and its length.
        var offset: Int
        var bytes: Int
        var crc: UInt32
        /// Where its local header begins.
        var header: Int
    }

    /// Something about the archive itself that is not as written.
    struct Oddity: Sendable, Equatable {
        /// The member it concerns; nil for the directory.
        var name: String?
        var what: String
    }

    let path: String
    let size: Int
    private(set) var entries: [Entry] = []
    private(set) var oddities: [Oddity] = []

    /// From here on a length stands in a ZIP64 field, and this in its place (4.4.8).
    static let large = 0xFFFF_FFFF
    private static let maximumEntries = 100_000
    private static let maximumDirectory = 64 << 20

    /// - Throws: `ArchiveError` (`invalidArchive` when it is none, `io`).
    init(path: String) throws {
        self.path = path
        guard let size = RecordingFileReader.size(path) else { throw ArchiveError(.io, "there is no file \(path)") }
        self.size = size
        try read()
    }

    private mutating func read() throws {
        let broken = ArchiveError(.invalidArchive, "\(path) is no whole ZIP archive")
        let tail = try RecordingFileReader.read(path, offset: max(0, size - 65_557), count: 65_557)
        // The last record without a comment; a comment or bytes behind it are noticed below.
        guard let end = (0...max(0, tail.count - 22)).last(where: { Bytes(tail, at: $0).u32(0) == 0x0605_4B50 }),
            tail.count >= 22
        else { throw broken }
        let record = Bytes(tail, at: end)
        var count = Int(record.u16(10))
        var directoryBytes = Int(record.u32(12))
        var directory = Int(record.u32(16))
        let endOffset = size - tail.count + end
        if count == 0xFFFF || directoryBytes == 0xFFFF_FFFF || directory == 0xFFFF_FFFF {
            let locator = Bytes(try RecordingFileReader.read(path, offset: max(0, endOffset - 20), count: 20), at: 0)
            guard locator.u32(0) == 0x0706_4B50 else { throw broken }
            let at = Int(clamping: locator.u64(8))
            let large = Bytes(try RecordingFileReader.read(path, offset: min(at, size), count: 56), at: 0)
            guard large.u32(0) == 0x0606_4B50 else { throw broken }
            count = Int(clamping: large.u64(32))
            directoryBytes = Int(clamping: large.u64(40))
            directory = Int(clamping: large.u64(48))
        }
        guard count <= Self.maximumEntries, directoryBytes <= Self.maximumDirectory, directory >= 0,
            directory <= size - directoryBytes
        else { throw broken }
        let bytes = try RecordingFileReader.read(path, offset: directory, count: directoryBytes)
        guard bytes.count == directoryBytes else { throw broken }
        var at = 0
        var expected = 0
        var stamp: UInt64?
        for _ in 0..<count {
            let central = Bytes(bytes, at: at)
            let names = Int(central.u16(28))
            let extra = Int(central.u16(30))
            guard central.u32(0) == 0x0201_4B50, at + 46 + names + extra <= bytes.count else { throw broken }
            let name = String(decoding: bytes[(at + 46)..<(at + 46 + names)], as: UTF8.self)
            let time = central.u32(12)
            if stamp == nil { stamp = time }
            var entry = Entry(
                name: name,
                offset: 0,
                bytes: Int(central.u32(24)),
                crc: UInt32(truncatingIfNeeded: central.u32(16)),
                header: Int(central.u32(42))
            )
            // ZIP64: what doesn't fit stands in the extra field, in this order (4.5.3).
            var field = at + 46 + names + 4
            if central.u32(24) == 0xFFFF_FFFF {
                entry.bytes = Int(clamping: Bytes(bytes, at: field).u64(0))
                field += 8
            }
            if central.u32(20) == 0xFFFF_FFFF { field += 8 }
            if central.u32(42) == 0xFFFF_FFFF { entry.header = Int(clamping: Bytes(bytes, at: field).u64(0)) }
            guard entry.bytes <= size, entry.header <= size else { throw broken }
            let isLarge = central.u32(24) == 0xFFFF_FFFF || central.u32(42) == 0xFFFF_FFFF
            check(
                name,
                "directory",
                [
                    central.u16(4) == 3 << 8 | 45, [20, 45].contains(central.u16(6)), central.u16(8) == 0x800,
                    central.u16(10) == 0, time == stamp, central.u32(20) == central.u32(24),
                    isLarge || extra == 0, central.u16(32) == 0, central.u16(34) == 0, central.u16(36) == 0,
                    central.u32(38) == 0o100644 << 16,
                ]
            )
            try readLocal(&entry, stamp: stamp ?? 0)
            if entry.header != expected { odd(name, "it does not follow the one before it") }
            expected = entry.offset + entry.bytes
            guard entry.offset >= 0, entry.bytes >= 0, expected <= directory else { throw broken }
            entries.append(entry)
            at += 46 + names + extra
        }
        if expected != directory { odd(nil, "there are bytes between the last file and the directory") }
        if at != bytes.count { odd(nil, "the directory is longer than its entries") }
        if size != endOffset + 22 { odd(nil, "there are \(size - endOffset - 22) bytes behind the archive's end") }
        checkEnd(record, count, directory, directoryBytes, endOffset)
        let names = entries.map(\.name)
        if Set(names).count != names.count { odd(nil, "two files have the same name") }
    }

    private mutating func readLocal(_ entry: inout Entry, stamp: UInt64) throws {
        let header = try RecordingFileReader.read(path, offset: max(0, min(entry.header, size)), count: 30 + 1024)
        let local = Bytes(header, at: 0)
        let names = Int(local.u16(26))
        let extra = Int(local.u16(28))
        guard local.u32(0) == 0x0403_4B50, 30 + names + extra <= header.count else {
            throw ArchiveError(.invalidArchive, "\(path): the file \(entry.name) has no header")
        }
        entry.offset = entry.header + 30 + names + extra
        let name = String(decoding: header[30..<(30 + names)], as: UTF8.self)
        let field = Bytes(header, at: 30 + names)
        let isLarge = entry.bytes >= Self.large
        let length = isLarge ? UInt64(Self.large) : UInt64(entry.bytes)
        check(
            entry.name,
            "header",
            [
                name == entry.name, local.u16(4) == (isLarge ? 45 : 20), local.u16(6) == 0x800, local.u16(8) == 0,
                local.u32(10) == stamp, local.u32(14) == entry.crc, local.u32(18) == length, local.u32(22) == length,
                extra == (isLarge ? 20 : 0),
                !isLarge
                    || field.u16(0) == 1 && field.u16(2) == 16 && field.u64(4) == entry.bytes
                        && field.u64(12) == entry.bytes,
            ]
        )
    }

    private mutating func checkEnd(
        _ record: Bytes,
        _ count: Int,
        _ directory: Int,
        _ directoryBytes: Int,
        _ endOffset: Int
    ) {
        var facts = [record.u16(4) == 0, record.u16(6) == 0, record.u16(8) == record.u16(10), record.u16(20) == 0]
        if record.u16(10) != 0xFFFF, record.u32(16) != 0xFFFF_FFFF {
            facts.append(endOffset == directory + directoryBytes)
        } else if let bytes = try? RecordingFileReader.read(path, offset: max(0, endOffset - 76), count: 76) {
            let large = Bytes(bytes, at: 0)
            facts += [
                endOffset == directory + directoryBytes + 76, large.u64(4) == 44, large.u16(12) == 45,
                large.u16(14) == 45, large.u32(16) == 0, large.u32(20) == 0, large.u64(24) == count,
                large.u64(32) == count, large.u64(40) == directoryBytes, large.u64(48) == directory,
                large.u32(60) == 0, large.u64(64) == endOffset - 76, large.u32(72) == 1,
            ]
        }
        check(nil, "directory's end", facts)
    }

    private mutating func check(_ name: String?, _ what: String, _ facts: [Bool]) {
        if let wrong = facts.firstIndex(of: false) {
            odd(name, "its \(what) is not as written (\(wrong + 1))")
        }
    }

    private mutating func odd(_ name: String?, _ what: String) { oddities.append(Oddity(name: name, what: what)) }
}

/// Little-endian numbers at a place; 0 beyond the end.
private struct Bytes {
    let bytes: [UInt8]
    let at: Int

    init(_ bytes: [UInt8], at: Int) {
        self.bytes = bytes
        self.at = at
    }

    func u16(_ offset: Int) -> UInt64 { number(offset, 2) }
    func u32(_ offset: Int) -> UInt64 { number(offset, 4) }
    func u64(_ offset: Int) -> UInt64 { number(offset, 8) }

    private func number(_ offset: Int, _ count: Int) -> UInt64 {
        let start = at + offset
        guard start >= 0, start + count <= bytes.count else { return 0 }
        return bytes[start..<start + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
