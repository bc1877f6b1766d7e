import Media

/// Makes a fragment tell by itself whether all of it is there: SHA-256 of the payload and CRC-32 of the `moof` (with four
/// zero bytes for the check value itself), at the end of the `moof`. A power cut may leave a file with a hole in it, and
/// the journal's line that would have told may be lost with it.
enum FragmentSeal {
    /// Fills the seal in and gives the fragment's hashes.
    static func apply(to fragment: inout FragmentWriter.Fragment) -> (moof: ContentHash, payload: ContentHash) {
        let (moofBytes, at) = (fragment.moofBytes, fragment.sealOffset)
        let payload = fragment.bytes.withUnsafeBytes { buffer in
            ContentHash(ofBytes: UnsafeRawBufferPointer(rebasing: buffer[fragment.payloadOffset...]))
        }
        let crcAt = at + FragmentWriter.Fragment.sealHashBytes
        fragment.bytes.replaceSubrange(at..<crcAt, with: payload.bytes)
        let crc = Checksum.crc32(fragment.bytes[..<moofBytes])
        for index in 0..<4 { fragment.bytes[crcAt + index] = UInt8(truncatingIfNeeded: crc >> (24 - 8 * index)) }
        let moof = fragment.bytes.withUnsafeBytes { buffer in
            ContentHash(ofBytes: UnsafeRawBufferPointer(rebasing: buffer[..<moofBytes]))
        }
        return (moof, payload)
    }

    /// Whether a fragment, whole by its length, is so by its content; true for one without a seal (first version).
    ///
    /// - Parameters:
    ///   - bytes: the fragment's, from its first byte on.
    ///   - payload: the hash of its payload.
    static func holds(_ bytes: [UInt8], _ info: FragmentInfo, payload: ContentHash) -> Bool {
        guard let at = info.sealOffset else { return true }
        let crcAt = at + FragmentWriter.Fragment.sealHashBytes
        guard crcAt + 4 <= info.moofBytes, ContentHash(bytes: bytes[at..<crcAt]) == payload else { return false }
        let crc = bytes[crcAt..<crcAt + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        var moof = Array(bytes[..<info.moofBytes])
        for index in 0..<4 { moof[crcAt + index] = 0 }
        return Checksum.crc32(moof) == crc
    }
}
