/// An attachment as it is shown: without place, time, device and names that phones write into their files. What was
/// taken in stays byte for byte as it came, for whoever has to prove it.
package enum PublishedAttachment {
    /// The bytes to show. Never longer than what came, but for the few bytes that keep a picture upright.
    package static func bytes(of original: [UInt8], type: AttachmentType) -> [UInt8] {
        switch type {
        case .jpeg: JPEGCleaner.clean(original).bytes
        case .png: PNGCleaner.clean(original).bytes
        case .mp4: MP4Cleaner.clean(original)
        case .wav: WAVCleaner.clean(original)
        case .mp3: MP3Cleaner.clean(original)
        case .webm: WebMCleaner.clean(original)
        case .amr: original
        }
    }

    /// Whether a picture can be walked from its beginning to its end; others can't be cleaned and are not taken.
    package static func isWhole(_ bytes: [UInt8], type: AttachmentType) -> Bool {
        switch type {
        case .jpeg: JPEGCleaner.clean(bytes).isWhole
        case .png: PNGCleaner.clean(bytes).isWhole
        default: true
        }
    }
}

/// Leaves out EXIF, XMP, IPTC, comments, makers' notes and whatever stands behind the picture's end (ITU-T T.81 B.1).
enum JPEGCleaner {
    static func clean(_ bytes: [UInt8]) -> (bytes: [UInt8], isWhole: Bool) {
        guard bytes.starts(with: [0xFF, 0xD8]) else { return ([], false) }
        var kept: [UInt8] = [0xFF, 0xD8]
        kept.reserveCapacity(bytes.count)
        var orientation: UInt8?
        var position = 2
        while position + 1 < bytes.count {
            guard bytes[position] == 0xFF else { return (kept, false) }
            let marker = bytes[position + 1]
            switch marker {
            case 0xFF:
                position += 1
            case 0xD9:
                return (kept + [0xFF, 0xD9], true)
            case 0x01, 0xD0...0xD8:
                kept += bytes[position..<position + 2]
                position += 2
            default:
                guard position + 3 < bytes.count else { return (kept, false) }
                let length = Int(bytes[position + 2]) << 8 | Int(bytes[position + 3])
                let end = position + 2 + length
                guard length >= 2, end <= bytes.count else { return (kept, false) }
                let payload = bytes[position + 4..<end]
                if marker == 0xE1, orientation == nil, let found = Self.orientation(payload) {
                    orientation = found
                    kept += upright(found)
                }
                if marker == 0xE0 {
                    kept += header(payload)
                } else if isKept(marker, payload) {
                    kept += bytes[position..<end]
                }
                position = end
                if marker == 0xDA { position = copyScan(bytes, from: position, to: &kept) }
            }
        }
        return (kept, false)
    }

    /// Copies compressed data up to the next marker; 0xFF in it is followed by 0 or by a restart's number.
    private static func copyScan(_ bytes: [UInt8], from start: Int, to kept: inout [UInt8]) -> Int {
        var position = start
        while position + 1 < bytes.count {
            if bytes[position] == 0xFF, bytes[position + 1] != 0, !(0xD0...0xD7).contains(bytes[position + 1]) {
                break
            }
            position += 1
        }
        let end = position + 1 < bytes.count ? position : bytes.count
        kept += bytes[start..<end]
        return end
    }

    /// The JFIF header without the small picture that may stand in it (ITU-T T.871 10.1): that one may still show what
    /// was cut away or painted over. What else calls itself APP0 (JFXX: a small picture again; makers' notes) goes.
    private static func header(_ payload: ArraySlice<UInt8>) -> [UInt8] {
        guard payload.starts(with: "JFIF\0".utf8) else { return [] }
        var header = Array(payload.prefix(14))
        for index in 12..<max(12, header.count) { header[index] = 0 }
        return [0xFF, 0xE0, 0, UInt8(header.count + 2)] + header
    }

    /// Adobe's colour transform and colour profiles change what is seen; all other application data goes.
    private static func isKept(_ marker: UInt8, _ payload: ArraySlice<UInt8>) -> Bool {
        switch marker {
        case 0xEE: true
        case 0xE2: payload.starts(with: "ICC_PROFILE\0".utf8)
        case 0xE1...0xEF, 0xFE: false
        default: true
        }
    }

    /// Which way up an Exif segment says the picture is, 2…8; nil for upright or unknown.
    private static func orientation(_ payload: ArraySlice<UInt8>) -> UInt8? {
        guard payload.starts(with: "Exif\0\0".utf8) else { return nil }
        let tiff = Array(payload.dropFirst(6))
        guard tiff.count >= 8, tiff[0] == tiff[1], tiff[0] == 0x49 || tiff[0] == 0x4D else { return nil }
        let isLittle = tiff[0] == 0x49
        func number(_ offset: Int, _ count: Int) -> Int? {
            guard offset >= 0, offset + count <= tiff.count else { return nil }
            let part = tiff[offset..<offset + count]
            return (isLittle ? Array(part.reversed()) : Array(part)).reduce(0) { $0 << 8 | Int($1) }
        }
        guard let directory = number(4, 4), let entries = number(directory, 2) else { return nil }
        for index in 0..<min(entries, 200) {
            let entry = directory + 2 + index * 12
            guard let tag = number(entry, 2) else { return nil }
            if tag == 0x0112, let value = number(entry + 8, 2) {
                return (2...8).contains(value) ? UInt8(value) : nil
            }
        }
        return nil
    }

    /// An Exif segment that holds the orientation and nothing else.
    private static func upright(_ orientation: UInt8) -> [UInt8] {
        [0xFF, 0xE1, 0x00, 0x22] + Array("Exif\0\0".utf8) + [
            0x4D, 0x4D, 0x00, 0x2A, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0,
        ]
    }
}

/// Leaves out texts, times and EXIF, and whatever stands behind the end (RFC 2083).
enum PNGCleaner {
    private static let left: Set<String> = ["tEXt", "zTXt", "iTXt", "eXIf", "tIME"]

    static func clean(_ bytes: [UInt8]) -> (bytes: [UInt8], isWhole: Bool) {
        var kept = Array(bytes.prefix(8))
        var position = 8
        while position + 12 <= bytes.count {
            let length = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
            let end = position + 12 + length
            guard end <= bytes.count else { return (kept, false) }
            let type = String(decoding: bytes[position + 4..<position + 8], as: UTF8.self)
            if !left.contains(type) { kept += bytes[position..<end] }
            position = end
            if type == "IEND" { return (kept, true) }
        }
        return (kept, false)
    }
}

/// Empties user data in place (ISO/IEC 14496-12 8.10): offsets in the file stay right.
enum MP4Cleaner {
    private static let containers: Set<String> = ["moov", "trak", "mdia", "minf", "stbl"]
    private static let emptied: Set<String> = ["udta", "meta", "uuid"]

    static func clean(_ bytes: [UInt8]) -> [UInt8] {
        var cleaned = bytes
        clean(&cleaned, 0..<bytes.count, depth: 0)
        return cleaned
    }

    private static func clean(_ bytes: inout [UInt8], _ range: Range<Int>, depth: Int) {
        var position = range.lowerBound
        while position + 8 <= range.upperBound {
            let type = String(decoding: bytes[position + 4..<position + 8], as: UTF8.self)
            guard let box = box(bytes, at: position, in: range) else {
                // What can't be walked may hold anything; the media data that a broken upload has cut off are kept.
                if type != "mdat" { for index in position..<range.upperBound { bytes[index] = 0 } }
                return
            }
            if emptied.contains(type) {
                bytes.replaceSubrange(position + 4..<position + 8, with: "free".utf8)
                for index in position + box.head..<position + box.size { bytes[index] = 0 }
            } else if containers.contains(type), depth < 8 {
                clean(&bytes, position + box.head..<position + box.size, depth: depth + 1)
            }
            position += box.size
        }
    }

    /// The length of a box and of its head (ISO/IEC 14496-12 4.2): 0 is up to the end, 1 says that 64 bits follow.
    private static func box(_ bytes: [UInt8], at position: Int, in range: Range<Int>) -> (size: Int, head: Int)? {
        func number(_ part: Range<Int>) -> UInt64 { bytes[part].reduce(0) { $0 << 8 | UInt64($1) } }
        let rest = range.upperBound - position
        var (size, head) = (number(position..<position + 4), 8)
        if size == 0 { return (rest, head) }
        if size == 1 {
            guard rest >= 16 else { return nil }
            (size, head) = (number(position + 8..<position + 16), 16)
        }
        guard let size = Int(exactly: size), size >= head, size <= rest else { return nil }
        return (size, head)
    }
}

/// Empties every chunk but format and samples in place.
enum WAVCleaner {
    static func clean(_ bytes: [UInt8]) -> [UInt8] {
        var cleaned = bytes
        var position = 12
        while position + 8 <= bytes.count {
            let size = bytes[position + 4..<position + 8].reversed().reduce(0) { $0 << 8 | Int($1) }
            let end = min(bytes.count, position + 8 + size)
            if !["fmt ", "data", "fact"].contains(String(decoding: bytes[position..<position + 4], as: UTF8.self)) {
                cleaned.replaceSubrange(position..<position + 4, with: "JUNK".utf8)
                for index in position + 8..<end { cleaned[index] = 0 }
            }
            position = end + size % 2
        }
        return cleaned
    }
}

/// Leaves out ID3 tags before and behind the sound.
enum MP3Cleaner {
    static func clean(_ bytes: [UInt8]) -> [UInt8] {
        var sound = bytes[...]
        while sound.starts(with: "ID3".utf8), sound.count >= 10 {
            let head = Array(sound.prefix(10))
            let size = head[6..<10].reduce(0) { $0 << 7 | Int($1 & 0x7F) }
            sound = sound.dropFirst(10 + size + (head[5] & 0x10 == 0 ? 0 : 10))
        }
        if sound.count >= 128, sound.suffix(128).starts(with: "TAG".utf8) { sound = sound.dropLast(128) }
        return Array(sound)
    }
}

/// Turns tags and attached files before the first cluster into empty space (RFC 8794, RFC 9559).
enum WebMCleaner {
    static func clean(_ bytes: [UInt8]) -> [UInt8] {
        var cleaned = bytes
        var position = 0
        while position < bytes.count, let element = element(bytes, at: position) {
            switch element.id {
            // The segment is entered; from its first cluster on there is only sound.
            case 0x1853_8067: position = element.payload
            case 0x1F43_B675: return cleaned
            case 0x1254_C367, 0x1941_A469:
                guard let end = element.end, end <= bytes.count else { return Array(cleaned[..<position]) }
                empty(&cleaned, position..<end)
                position = end
            default:
                guard let end = element.end else { return cleaned }
                position = end
            }
        }
        return cleaned
    }

    private static func element(_ bytes: [UInt8], at position: Int) -> (id: Int, payload: Int, end: Int?)? {
        let idLength = bytes[position].leadingZeroBitCount + 1
        guard idLength <= 4, position + idLength < bytes.count else { return nil }
        let id = bytes[position..<position + idLength].reduce(0) { $0 << 8 | Int($1) }
        let first = bytes[position + idLength]
        let sizeLength = first.leadingZeroBitCount + 1
        let payload = position + idLength + sizeLength
        guard sizeLength <= 8, payload <= bytes.count else { return nil }
        let mask = UInt8(truncatingIfNeeded: (1 << (8 - sizeLength)) - 1)
        let rest = bytes[position + idLength + 1..<payload]
        let isUnknown = first & mask == mask && rest.allSatisfy { $0 == 0xFF }
        let size = rest.reduce(Int(first & mask)) { ($0 & (1 << 54 - 1)) << 8 | Int($1) }
        return (id, payload, isUnknown ? nil : payload + min(size, bytes.count))
    }

    /// A Void element of the same length; a shorter one than nine bytes has a size of one.
    private static func empty(_ bytes: inout [UInt8], _ range: Range<Int>) {
        for index in range { bytes[index] = 0 }
        bytes[range.lowerBound] = 0xEC
        if range.count < 9 {
            bytes[range.lowerBound + 1] = 0x80 | UInt8(range.count - 2)
        } else {
            bytes[range.lowerBound + 1] = 0x01
            var size = range.count - 9
            for index in stride(from: range.lowerBound + 8, to: range.lowerBound + 1, by: -1) {
                bytes[index] = UInt8(truncatingIfNeeded: size)
                size >>= 8
            }
        }
    }
}
