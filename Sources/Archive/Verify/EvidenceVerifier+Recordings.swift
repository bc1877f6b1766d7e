import Domain
import Foundation
import Media
import Recording

extension EvidenceVerifier {
    /// Checks a folder of recordings: every file against its journal, every chain against what was signed.
    mutating func checkRecordings(_ path: String) throws {
        let isData = RecordingFileReader.size("\(path)/recordings") != nil
        let layout = RecordingLayout(root: isData ? "\(path)/recordings" : path)
        let catalogue = RecordingCatalogue(layout: layout)
        let cameras = try catalogue.cameras()
        guard !cameras.isEmpty else {
            throw ArchiveError(.notFound, "\(path) holds neither an export (manifest.json) nor recordings")
        }
        let keys = recordedKeys(layout)
        for volume in try catalogue.unreachableVolumes() {
            report.notes.append("the volume \(volume) is not there: what is recorded on it was not checked")
        }
        for camera in cameras {
            var heads = signedHeads(camera, layout)
            var last: (name: SegmentName, index: FragmentIndex)?
            for day in try catalogue.days(camera) {
                for name in try catalogue.segments(camera, day: day) {
                    let signed = heads.removeValue(forKey: name.text) ?? []
                    guard let index = try checkSegment(camera, name, layout, signed, keys) else { continue }
                    if let last, index.opened.previousSegment == last.name.text,
                        index.opened.previousHead != last.index.head
                    {
                        let path = layout.relativeSegment(camera, name)
                        let message = "it does not follow the segment \(last.name.text) as that is now"
                        report.find(.chain, path, message, from: index.opened.startedAt)
                    }
                    last = (name, index)
                }
            }
        }
    }

    /// Checks one segment with the journal beside it and, when it lies in a folder of recordings, the signatures there.
    mutating func checkSegmentFile(_ path: String) throws {
        var parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let count = parts.count
        guard count > 3, parts[count - 1].hasSuffix(".mp4"),
            let name = SegmentName(String(parts[count - 1].dropLast(4))), parts[count - 2] == name.day
        else {
            throw ArchiveError(
                .notFound,
                "there is no manifest.json beside \(path), and it is no segment of a recording"
            )
        }
        let camera = parts[count - 3]
        parts.removeLast(3)
        let layout = RecordingLayout(root: parts.joined(separator: "/"))
        let keys = recordedKeys(layout)
        _ = try checkSegment(camera, name, layout, signedHeads(camera, layout)[name.text] ?? [], keys)
    }

    private mutating func recordedKeys(_ layout: RecordingLayout) -> [String: PublicKey] {
        let path = layout.root + "/signatures/keys.jsonl"
        guard let size = RecordingFileReader.size(path),
            let bytes = try? RecordingFileReader.read(path, offset: 0, count: size)
        else {
            report.notes.append("there are no signatures beside the recordings: only hashes were checked")
            return [:]
        }
        let keys = bytes.split(separator: 10).compactMap { try? JSONDecoder().decode(PublicKey.self, from: Data($0)) }
        return trustedKeys(keys, "signatures/keys.jsonl")
    }

    private func signedHeads(_ camera: String, _ layout: RecordingLayout) -> [String: [SignedHead]] {
        let files = SignatureFiles(layout: layout)
        let heads = ((try? files.days()) ?? []).flatMap { (try? files.heads(cameraId: camera, day: $0)) ?? [] }
        return Dictionary(grouping: heads, by: \.segment)
    }

    /// - Returns: what its journal says; nil where it can't be read.
    private mutating func checkSegment(
        _ camera: String,
        _ name: SegmentName,
        _ layout: RecordingLayout,
        _ heads: [SignedHead],
        _ keys: [String: PublicKey]
    ) throws -> FragmentIndex? {
        let path = layout.relativeSegment(camera, name)
        guard let size = RecordingFileReader.size(layout.segment(camera, name)) else {
            report.find(.missing, path, "its journal is there, the file is missing")
            return nil
        }
        report.checked.append(path)
        let journal = try FragmentIndex.journal(cameraId: camera, name: name, layout: layout)
        guard let journal else {
            report.notes.append("\(path): there is no journal: its hashes and the link to the segment before are lost")
            return nil
        }
        let file = layout.segment(camera, name)
        let begin = try RecordingFileReader.read(file, offset: 0, count: journal.opened.initBytes)
        if ContentHash(of: begin) != journal.opened.initHash {
            report.find(
                .header,
                path,
                "the beginning of the file was changed",
                from: journal.opened.startedAt,
                to: journal.fragments.last?.wallEnd
            )
        }
        for record in journal.fragments {
            let bytes = try RecordingFileReader.read(file, offset: record.offset, count: record.sizeBytes)
            guard bytes.count == record.sizeBytes else {
                report.find(.length, path, "the file ends here, before its journal does", from: record.wall)
                break
            }
            if !Self.holds(bytes, record) {
                report.find(.media, path, "the recorded bytes were changed", from: record.wall, to: record.wallEnd)
            }
        }
        let end = journal.fragments.last?.end ?? journal.opened.initBytes
        // A segment that is being written is ahead of its journal.
        if journal.closed != nil, size > end {
            report.find(
                .length,
                path,
                "\(size - end) bytes were added at its end",
                from: journal.fragments.last?.wallEnd
            )
        }
        if let closed = journal.closed, closed.head != journal.head {
            report.find(.chain, path, "the journal's hashes don't lead to its last value", to: closed.endedAt)
        }
        checkHeads(heads, of: journal, path, keys)
        return journal
    }

    /// Whether a fragment's bytes are those that its journal line tells of; the 8 bytes between its two hashed parts are
    /// known: the length and name of `mdat`.
    private static func holds(_ bytes: [UInt8], _ record: FragmentRecord) -> Bool {
        let payload = record.moofBytes + 8
        guard payload <= bytes.count else { return false }
        let length = UInt32(clamping: bytes.count - record.moofBytes)
        let head = (0..<4).map { UInt8(length >> (24 - 8 * UInt32($0)) & 255) } + Array("mdat".utf8)
        return ContentHash(of: bytes[..<record.moofBytes]) == record.moofHash
            && bytes[record.moofBytes..<payload].elementsEqual(head)
            && ContentHash(of: bytes[payload...]) == record.payloadHash
    }

    private mutating func checkHeads(
        _ heads: [SignedHead],
        of journal: FragmentIndex,
        _ path: String,
        _ keys: [String: PublicKey]
    ) {
        guard !heads.isEmpty else {
            if !keys.isEmpty { report.notes.append("\(path): nothing of it is signed") }
            return
        }
        var values: [ContentHash] = []
        var chain = journal.opened.chainStart
        for record in journal.fragments {
            chain = ContentHash(chaining: chain, record.moofHash, record.payloadHash)
            values.append(chain)
        }
        var before = 0
        for head in heads {
            guard let key = keys[head.keyId] else {
                report.find(.key, path, "it is signed with the unknown key \(head.keyId)")
                return
            }
            guard key.signed(head.statement, head.signature) else {
                report.find(.signature, path, "the signature of \(head.at.rfc3339) doesn't fit", to: head.until)
                continue
            }
            // Fragments that a power cut took after they were signed: the journal ends before them.
            guard head.fragments <= values.count else {
                report.notes.append("\(path): \(head.fragments - values.count) fragments that were signed are gone")
                continue
            }
            guard head.fragments > 0, values[head.fragments - 1].description == head.head else {
                let from = before < journal.fragments.count ? journal.fragments[before].wall : nil
                report.find(.chain, path, "it is not what was signed", from: from, to: head.until)
                return
            }
            before = head.fragments
        }
    }
}
