/// Hides every track but the pictures' from players, without moving a byte: the boxes of other tracks become `free`.
package enum TrackMask {
    /// - Parameter bytes: `ftyp`+`moov`, `moof`+`mdat`, or a part of them that begins with a box; what can't be read is
    ///   left as it is.
    package static func videoOnly(_ bytes: [UInt8]) -> [UInt8] {
        var masked = bytes
        // Damaged boxes are the player's to complain about.
        for box in (try? others(bytes)) ?? [] {
            for (index, letter) in "free".utf8.enumerated() { masked[box.start + 4 + index] = letter }
        }
        return masked
    }

    private static func others(_ bytes: [UInt8]) throws(MediaError) -> [BoxReader.Box] {
        var found: [BoxReader.Box] = []
        var at = 0
        while let box = try BoxReader(bytes, from: at).header(), box.type != BoxReader.code("mdat") {
            guard box.end <= bytes.count else { break }
            if box.type == BoxReader.code("moov") || box.type == BoxReader.code("moof") {
                try collect(bytes, BoxReader(bytes, in: box), into: &found)
            }
            at = box.end
        }
        return found
    }

    private static func collect(
        _ bytes: [UInt8],
        _ content: BoxReader,
        into found: inout [BoxReader.Box]
    ) throws(MediaError) {
        var content = content
        while let box = try content.next() {
            let track: UInt64?
            switch box.type {
            case BoxReader.code("mvex"):
                try collect(bytes, BoxReader(bytes, in: box), into: &found)
                continue
            case BoxReader.code("trak"):
                track = try BoxReader(bytes, in: box).first("tkhd").map { (header) throws(MediaError) in
                    var reader = BoxReader(bytes, in: header)
                    let version = try reader.number(4) >> 24
                    try reader.skip(version == 1 ? 16 : 8)
                    return try reader.number(4)
                }
            case BoxReader.code("traf"):
                track = try BoxReader(bytes, in: box).first("tfhd").map { (header) throws(MediaError) in
                    var reader = BoxReader(bytes, in: header, skipping: 4)
                    return try reader.number(4)
                }
            case BoxReader.code("trex"):
                var reader = BoxReader(bytes, in: box, skipping: 4)
                track = try reader.number(4)
            default: continue
            }
            if let track, track != UInt64(TrackBoxes.trackId) { found.append(box) }
        }
    }
}
