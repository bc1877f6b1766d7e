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
        let signed = readSignatures(layout, keys, cameras: Set(cameras))
        for camera in cameras {
            let names = try catalogue.days(camera).flatMap { try catalogue.segments(camera, day: $0) }
            var heads = signed.heads[camera] ?? [:]
            var last: Neighbour?
            for name in names {
                let place = Place(
                    camera: camera,
                    name: name,
                    layout: layout,
                    heads: heads.removeValue(forKey: name.text) ?? [],
                    before: last,
                    // Something between the two was signed and is gone.
                    followsGap: last.map { last in heads.keys.contains { $0 > last.name.text && $0 < name.text } }
                        ?? false,
                    isNewest: name == names.last
                )
                guard let index = try checkSegment(place, keys) else { continue }
                if let last, index.opened.previousSegment == last.name.text,
                    index.opened.previousHead != last.index.head
                {
                    let message = "it does not follow the segment \(last.name.text) as that is now"
                    report.find(.chain, place.path, message, from: index.opened.startedAt)
                }
                last = Neighbour(name: name, index: index)
            }
            settleUncovered(until: last?.index.fragments.last?.wallEnd)
            for head in heads.values.joined() { checkAlone(head, "signatures", keys) }
            let gone = heads.keys.filter { $0 > names.first?.text ?? "" }.sorted()
            if let first = gone.first {
                report.notes.append(
                    "\(camera): \(gone.count) signed segments are not there any more, the first \(first)"
                )
            }
        }
        if isData { checkAudit("\(path)/audit", signed.audit) }
    }

    /// A segment that was checked.
    struct Neighbour {
        var name: SegmentName
        var index: FragmentIndex
    }

    /// A segment among the others of its camera.
    struct Place {
        var camera: String
        var name: SegmentName
        var layout: RecordingLayout
        /// What was signed of it, in the order in which it was.
        var heads: [SignedHead]
        /// The one before it that is there.
        var before: Neighbour?
        /// Another was between the two.
        var followsGap = false
        /// It may still be written.
        var isNewest = true

        var path: String { layout.relativeSegment(camera, name) }
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
        let heads = readSignatures(layout, keys, cameras: [camera]).heads[camera]?[name.text] ?? []
        let index = try checkSegment(Place(camera: camera, name: name, layout: layout, heads: heads), keys)
        settleUncovered(until: index?.fragments.last?.wallEnd)
    }

    /// Signatures are made once a minute: of the last two nothing needs to be signed yet.
    private static let signingDelay = Duration.seconds(120)

    private mutating func settleUncovered(until end: WallTime?) {
        for item in uncovered {
            guard let end, end - item.from <= Self.signingDelay else {
                report.unsigned.append(item.path)
                report.notes.append("\(item.path): no signature covers it from \(item.from.rfc3339) on")
                continue
            }
            report.notes.append(
                "\(item.path): its last \(Int((end - item.from).seconds.rounded(.up))) s are not signed yet"
            )
        }
        uncovered = []
    }

    private mutating func recordedKeys(_ layout: RecordingLayout) -> [String: PublicKey] {
        let path = layout.root + "/signatures/keys.jsonl"
        guard let size = RecordingFileReader.size(path),
            let bytes = try? RecordingFileReader.read(path, offset: 0, count: size)
        else {
            report.notes.append("there are no signatures beside the recordings: only hashes were checked")
            return [:]
        }
        var keys: [PublicKey] = []
        for (index, line) in bytes.split(separator: 10).enumerated() {
            if let key = try? JSONDecoder().decode(PublicKey.self, from: Data(line)) {
                keys.append(key)
            } else {
                report.find(.key, "signatures/keys.jsonl", "line \(index + 1) was changed: it can't be read any more")
            }
        }
        return trustedKeys(keys, "signatures/keys.jsonl")
    }

    /// - Returns: what its journal says, or the file itself where there is none; nil where neither can be read.
    private mutating func checkSegment(_ place: Place, _ keys: [String: PublicKey]) throws -> FragmentIndex? {
        let (path, file) = (place.path, place.layout.segment(place.camera, place.name))
        guard let size = RecordingFileReader.size(file) else {
            report.find(.missing, path, "its journal is there, the file is missing")
            return nil
        }
        report.checked.append(path)
        var reader = JournalReader(path: place.layout.journal(place.camera, place.name))
        guard let journal = FragmentIndex(try reader.readAll()) else {
            return try checkWithoutJournal(place, keys, isDamaged: reader.offset > 0)
        }
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
        var end = journal.opened.initBytes
        var until = journal.opened.startedAt
        for record in journal.fragments {
            if record.offset != end {
                let message = "its journal says nothing of \(record.offset - end) bytes here"
                report.find(.chain, path, message, from: until, to: record.wall)
            }
            (end, until) = (record.end, record.wallEnd)
            let bytes = try RecordingFileReader.read(file, offset: record.offset, count: record.sizeBytes)
            guard bytes.count == record.sizeBytes else {
                report.find(.length, path, "the file ends here, before its journal does", from: record.wall)
                break
            }
            if !Self.holds(bytes, record) {
                report.find(.media, path, "the recorded bytes were changed", from: record.wall, to: record.wallEnd)
            }
        }
        checkEnd(place, journal, size: size, damagedLines: reader.damagedLines)
        checkHeads(place.heads, of: journal, path, keys)
        return journal
    }

    private mutating func checkEnd(_ place: Place, _ journal: FragmentIndex, size: Int, damagedLines: Int) {
        let path = place.path
        let end = journal.fragments.last?.end ?? journal.opened.initBytes
        let until = journal.fragments.last?.wallEnd ?? journal.opened.startedAt
        if let closed = journal.closed {
            if size > end { report.find(.length, path, "\(size - end) bytes were added at its end", from: until) }
            if closed.head != journal.head {
                report.find(.chain, path, "the journal's hashes don't lead to its last value", to: closed.endedAt)
            }
        } else if !place.isNewest {
            // Only the newest may still be written: then its file is ahead of its journal.
            let rest = size > end ? ", and \(size - end) bytes follow of which it says nothing" : ""
            report.find(.chain, path, "its journal has no end\(rest)", from: until)
        }
        if damagedLines > 0 {
            report.notes.append(
                "\(path): \(damagedLines) lines of its journal can't be read (torn by a power cut, or changed)"
            )
        }
    }

    /// Goes by the file alone: its hashes are made anew, and must lead from the segment before it to what was signed.
    private mutating func checkWithoutJournal(
        _ place: Place,
        _ keys: [String: PublicKey],
        isDamaged: Bool
    ) throws -> FragmentIndex? {
        let path = place.path
        let rebuilt = try FragmentIndex.rebuilt(cameraId: place.camera, name: place.name, layout: place.layout)
        guard var index = rebuilt else {
            report.find(.header, path, "there is no journal, and the beginning of the file can't be read")
            return nil
        }
        let until = index.fragments.last?.wallEnd
        if isDamaged {
            let message = "its journal was changed: its first line can't be read any more"
            report.find(.log, path, message, from: index.opened.startedAt, to: until)
        }
        index.opened.previousHead = index.opened.previousHead ?? place.before?.index.head
        guard let head = place.heads.last(where: { keys[$0.keyId]?.signed($0.statement, $0.signature) == true }) else {
            report.notes.append("\(path): there is neither a journal nor a signature: nothing says what it was")
            report.unsigned.append(path)
            return index
        }
        let values = Self.chain(of: index)
        if head.fragments > 0, head.fragments <= values.count, values[head.fragments - 1].description == head.head {
            report.notes.append("\(path): there is no journal; the file is what was signed")
        } else if place.before == nil || place.followsGap {
            report.notes.append("\(path): neither its journal nor the segment before it is there: it can't be checked")
            report.unsigned.append(path)
        } else {
            let message = "there is no journal, and the file is not what was signed"
            report.find(.chain, path, message, from: index.opened.startedAt, to: until)
        }
        return index
    }

    /// The chain's value behind each fragment.
    private static func chain(of journal: FragmentIndex) -> [ContentHash] {
        var chain = journal.opened.chainStart
        return journal.fragments.map { record in
            chain = ContentHash(chaining: chain, record.moofHash, record.payloadHash)
            return chain
        }
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
        let values = Self.chain(of: journal)
        var before = 0
        defer {
            if before < journal.fragments.count { uncovered.append((path, journal.fragments[before].wall)) }
        }
        // Fragments that were signed and are not there: how many, and by which signature.
        var missing: (count: Int, head: SignedHead)?
        for head in heads {
            guard let key = keys[head.keyId] else {
                report.find(.key, path, "it is signed with the unknown key \(head.keyId)")
                return
            }
            guard key.signed(head.statement, head.signature) else {
                report.find(.signature, path, "the signature of \(head.at.rfc3339) doesn't fit", to: head.until)
                continue
            }
            guard head.fragments <= values.count else {
                missing = (head.fragments - values.count, head)
                continue
            }
            guard head.fragments > 0, values[head.fragments - 1].description == head.head else {
                let from = before < journal.fragments.count ? journal.fragments[before].wall : nil
                report.find(.chain, path, "it is not what was signed", from: from, to: head.until)
                return
            }
            // A power cut takes the last fragments, also signed ones; the end that was left is signed after that.
            if let lost = missing, head.fragments == values.count, head.at > lost.head.at {
                report.notes.append(
                    "\(path): \(lost.count) signed fragments at its end were lost, and its end signed after that"
                )
                missing = nil
            }
            before = head.fragments
        }
        guard let missing else { return }
        report.find(
            .chain,
            path,
            "\(missing.count) fragments that were signed are missing at its end",
            from: journal.fragments.last?.wallEnd ?? journal.opened.startedAt,
            to: missing.head.until
        )
    }
}
