import Foundation
import Recording

/// The signed manifest of a clip inside the clip, so that the one file that somebody was given can be verified.
///
/// A top-level box `uuid` (ISO/IEC 14496-12, 11.1) behind everything else, which players skip: size (4 bytes), `uuid`, the
/// type `gridwatch-proof1`, the bytes of `manifest.json`, the type again, the box's size (8 bytes). Numbers are big-endian.
/// The end repeats the beginning so that one altered byte can't hide the box.
enum ProofBox {
    private static let type = Array("gridwatch-proof1".utf8)
    private static let headBytes = 24
    private static let tailBytes = 24
    private static let maximumBytes = 512 << 20

    /// The whole box of a sealed manifest; nil when it is too large for one.
    static func bytes(of sealed: [UInt8]) -> [UInt8]? {
        let size = headBytes + sealed.count + tailBytes
        guard size <= maximumBytes else { return nil }
        let digits = (0..<8).reversed().map { UInt8(truncatingIfNeeded: size >> ($0 * 8)) }
        return digits[4...] + Array("uuid".utf8) + type + sealed + type + digits
    }

    /// Where the box of a file begins, in bytes, and the manifest in it; nil where there is none. Blocks.
    static func find(_ path: String) throws -> (offset: Int, sealed: [UInt8])? {
        guard let size = RecordingFileReader.size(path), let (offset, length) = try place(path, size),
            (headBytes + tailBytes...maximumBytes).contains(length)
        else { return nil }
        let sealed = try RecordingFileReader.read(
            path,
            offset: offset + headBytes,
            count: length - headBytes - tailBytes
        )
        return (offset, sealed)
    }

    /// From the end, or, where that was altered, from box to box.
    private static func place(_ path: String, _ size: Int) throws -> (offset: Int, bytes: Int)? {
        guard size >= headBytes + tailBytes else { return nil }
        let tail = try RecordingFileReader.read(path, offset: size - tailBytes, count: tailBytes)
        if tail.starts(with: type) {
            let length = tail[16...].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            if length >= UInt64(headBytes + tailBytes), length <= UInt64(min(size, maximumBytes)) {
                let start = size - Int(length)
                let head = try RecordingFileReader.read(path, offset: start, count: headBytes)
                // All but one bit may differ: what was altered is found when the box is compared.
                if zip(head[8...], type).filter({ $0 == $1 }).count >= type.count - 1 { return (start, Int(length)) }
            }
        }
        var offset = 0
        for _ in 0..<64 where offset + headBytes <= size {
            let head = try RecordingFileReader.read(path, offset: offset, count: headBytes)
            var length = head[..<4].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            if head[4...].elementsEqual(Array("uuid".utf8) + type) {
                return (offset, length <= UInt64(size - offset) ? Int(length) : size - offset)
            }
            if length == 1 { length = head[8..<16].reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
            guard length >= 8, length <= UInt64(size - offset) else { return nil }
            offset += Int(length)
        }
        return nil
    }
}
