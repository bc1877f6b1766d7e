/// MPEG-4 part 2 (ISO/IEC 14496-2): what recording needs of its start codes.
enum VisualObjects {
    /// Longer headers are damage.
    private static let longestHeader = 4096

    /// The headers before the first picture (visual object sequence, video object layer): the decoder's configuration.
    /// Nil where none lead a picture.
    static func header(_ bytes: some RandomAccessCollection<UInt8>) -> [UInt8]? {
        let found = Array(bytes.prefix(longestHeader))
        var hasLayer = false
        var at = 0
        while at + 3 < found.count {
            guard found[at] == 0, found[at + 1] == 0, found[at + 2] == 1 else {
                at += 1
                continue
            }
            switch found[at + 3] {
            case 0x20...0x2F: hasLayer = true
            // Group of VOP, or a VOP itself.
            case 0xB3, 0xB6: return hasLayer ? Array(found[..<at]) : nil
            default: break
            }
            at += 4
        }
        return nil
    }

    /// Whether the first picture is coded for itself (vop_coding_type I); nil where there is no picture.
    static func isIntra(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool? {
        var at = 0
        while at + 4 < bytes.count {
            let isPicture = bytes[at] == 0 && bytes[at + 1] == 0 && bytes[at + 2] == 1 && bytes[at + 3] == 0xB6
            if isPicture { return bytes[at + 4] >> 6 == 0 }
            at += 1
        }
        return nil
    }
}

/// JPEG (ITU-T T.81): the size of a picture.
enum JPEGFrame {
    /// Pixels, from the frame header (SOF0–SOF15); nil where none is there.
    static func size(_ bytes: UnsafeBufferPointer<UInt8>) -> (width: Int, height: Int)? {
        guard bytes.count > 4, bytes[0] == 0xFF, bytes[1] == 0xD8 else { return nil }
        var at = 2
        while at + 8 < bytes.count {
            guard bytes[at] == 0xFF else { return nil }
            let marker = bytes[at + 1]
            switch marker {
            case 0xFF:
                at += 1
                continue
            case 0xC0...0xC3, 0xC5...0xC7, 0xC9...0xCB, 0xCD...0xCF:
                return (Int(bytes[at + 7]) << 8 | Int(bytes[at + 8]), Int(bytes[at + 5]) << 8 | Int(bytes[at + 6]))
            // The scan, or the end.
            case 0xDA, 0xD9: return nil
            default: at += 2 + max(2, Int(bytes[at + 2]) << 8 | Int(bytes[at + 3]))
            }
        }
        return nil
    }
}
