import Domain
import Foundation
import Media
import Recording

extension EvidenceVerifier {
    /// Bytes that the front of a clip and one fragment may have.
    private static let maximumHeader = 1 << 30
    private static let maximumPayload = 1 << 28

    /// Checks a clip byte by byte: its front, every fragment's payload, what is behind; then that these payloads are the
    /// ones whose chain was signed when they were recorded.
    mutating func checkClip(
        _ clip: Manifest.Clip,
        _ manifest: Manifest,
        _ source: EvidenceSource,
        _ keys: [String: PublicKey],
        sealed: [UInt8]
    ) throws {
        report.checked.append(clip.file)
        // A manifest that somebody made up must not make us read without bounds.
        let lengths = clip.segments.flatMap(\.fragments).compactMap(\.bytes)
        guard (0...Self.maximumHeader).contains(clip.payloadStart),
            lengths.allSatisfy({ (0...Self.maximumPayload).contains($0) })
        else {
            report.find(.manifest, clip.file, "the manifest gives lengths that no clip has")
            return
        }
        let (from, to) = (WallTime(microseconds: clip.from), WallTime(microseconds: clip.to))
        guard let size = source.size(clip.file) else {
            report.find(.missing, clip.file, "the file is missing", from: from, to: to)
            return
        }
        let header = try source.read(clip.file, offset: 0, count: clip.payloadStart)
        let isSame = ContentHash(of: header).description == clip.headerHash
        if !isSame || size < clip.payloadEnd, let other = try twin(of: clip.file, size, manifest, source) {
            report.find(.swapped, clip.file, "it holds the content of \(other)", from: from, to: to)
            return checkChains(clip, keys)
        }
        if !isSame {
            let message = "the times and sizes at the front of the file were changed"
            report.find(.header, clip.file, message, from: from, to: to)
        }
        var offset = clip.payloadStart
        for segment in clip.segments {
            var start = WallTime(microseconds: clip.from)
            for fragment in segment.fragments {
                guard let bytes = fragment.bytes else { continue }
                let span = Self.span(fragment, bytes) ?? (start, start)
                start = span.to
                let payload = try source.read(clip.file, offset: offset, count: bytes)
                if payload.count < bytes {
                    let message = "the file ends here, \(clip.payloadEnd - size) bytes early"
                    report.find(.length, clip.file, message, from: span.from, to: to)
                    return checkChains(clip, keys)
                }
                if ContentHash(of: payload).description != fragment.payloadHash {
                    report.find(
                        .media,
                        clip.file,
                        "the recorded bytes were changed (bytes \(offset) to \(offset + bytes) of the file)",
                        from: span.from,
                        to: span.to
                    )
                }
                offset += bytes
            }
        }
        if size > offset { try checkEnd(of: clip.file, source, from: offset, size, sealed, at: to) }
        checkChains(clip, keys)
    }

    /// Behind the media there may be the manifest once more, exactly as it is, and nothing else.
    private mutating func checkEnd(
        of name: String,
        _ source: EvidenceSource,
        from offset: Int,
        _ size: Int,
        _ sealed: [UInt8],
        at time: WallTime
    ) throws {
        guard let box = ProofBox.bytes(of: sealed), size - offset == box.count else {
            report.find(.length, name, "\(size - offset) bytes were added at its end", from: time)
            return
        }
        if try source.read(name, offset: offset, count: box.count) != box {
            report.find(.manifest, name, "the manifest at its end was changed")
        }
    }

    /// Another file of the export whose content this one has.
    private func twin(
        of name: String,
        _ size: Int,
        _ manifest: Manifest,
        _ source: EvidenceSource
    ) throws -> String? {
        let others = manifest.files.filter { $0.name != name && $0.bytes == size }
        guard !others.isEmpty else { return nil }
        let hash = try Self.hash(name, size, source)
        return others.first { $0.sha256 == hash }?.name
    }

    /// The recorded time of a fragment, as its `moof` says.
    private static func span(_ fragment: Manifest.Fragment, _ bytes: Int) -> (from: WallTime, to: WallTime)? {
        guard let moof = fragment.moof.flatMap({ Data(base64Encoded: $0) }) else { return nil }
        // The parser looks for the head of the `mdat` behind it.
        let size = UInt32(clamping: bytes + 8)
        let head = [UInt8(size >> 24), UInt8(size >> 16 & 255), UInt8(size >> 8 & 255), UInt8(size & 255)]
        guard let info = try? FragmentParser.fragmentHeader(Array(moof) + head + Array("mdat".utf8)),
            let wall = info.wall
        else { return nil }
        return (wall, wall + .microseconds(MediaTime.microseconds(info.durationTicks)))
    }

    private mutating func checkChains(_ clip: Manifest.Clip, _ keys: [String: PublicKey]) {
        for segment in clip.segments {
            let what = "\(clip.file) (segment \(segment.name))"
            guard let start = Data(base64Encoded: segment.initialisation) else {
                report.find(.chain, clip.file, "the beginning of segment \(segment.name) can't be read")
                continue
            }
            let initHash = ContentHash(of: start)
            var chain = ContentHash(chaining: initHash)
            if let text = segment.previousHead {
                guard let previous = ContentHash(text) else {
                    report.find(.chain, clip.file, "the link before segment \(segment.name) can't be read")
                    continue
                }
                chain = ContentHash(chaining: previous, initHash)
            }
            for fragment in segment.fragments {
                let moof = fragment.moof.flatMap { Data(base64Encoded: $0) }.map { ContentHash(of: $0) }
                guard let moofHash = moof ?? fragment.moofHash.flatMap({ ContentHash($0) }),
                    let payloadHash = ContentHash(fragment.payloadHash)
                else {
                    report.find(.chain, clip.file, "a hash of segment \(segment.name) can't be read")
                    return
                }
                chain = ContentHash(chaining: chain, moofHash, payloadHash)
            }
            guard let signed = segment.signed else {
                report.notes.append("\(what): not covered by a signature of the time of recording")
                continue
            }
            let head = SignedHead(
                cameraId: clip.cameraId,
                segment: segment.name,
                fragments: signed.fragments,
                head: signed.head,
                until: WallTime(microseconds: signed.until),
                at: WallTime(microseconds: signed.at),
                keyId: signed.keyId,
                signature: signed.signature
            )
            if signed.fragments != segment.fragments.count || signed.head != chain.description {
                let message = "the chain of segment \(segment.name) doesn't lead to what was signed"
                report.find(.chain, clip.file, message, from: WallTime(microseconds: clip.from), to: head.until)
            }
            guard let key = keys[signed.keyId] else {
                let why = self.key == nil ? "is not among the evidence's keys" : "the given key doesn't vouch for"
                let message = "segment \(segment.name) is signed with the key \(signed.keyId), which \(why)"
                report.find(.key, clip.file, message)
                continue
            }
            if !key.signed(head.statement, signed.signature) {
                report.find(.signature, clip.file, "the signature of segment \(segment.name) doesn't fit")
            }
        }
    }
}

extension Manifest.Clip {
    /// Where the last payload ends in the file.
    fileprivate var payloadEnd: Int {
        segments.reduce(payloadStart) { sum, segment in segment.fragments.reduce(sum) { $0 + ($1.bytes ?? 0) } }
    }
}
