import Domain
import Media

/// Walks a segment file fragment by fragment, holding one fragment at a time.
struct SegmentScanner {
    let path: String
    let files: any RecordingFiles

    /// No fragment is larger: bounds what damage can make us read.
    private static let maximumFragment = 64 << 20

    /// The init segment and its hash; nil where there is no whole one.
    func initSegment() throws(FileFailure) -> (InitSegmentInfo, ContentHash)? {
        let bytes = try contents(0, 64 << 10)
        guard let info = try? FragmentParser.initSegment(bytes) else { return nil }
        return (info, bytes[0..<info.sizeBytes].withUnsafeBytes { ContentHash(ofBytes: $0) })
    }

    /// The whole fragments from `offset` on, up to the first that is damaged or unfinished.
    func fragments(from offset: Int) throws(FileFailure) -> [FragmentRecord] {
        var records: [FragmentRecord] = []
        var at = offset
        while let record = try fragment(at: at) {
            records.append(record)
            at = record.end
        }
        return records
    }

    /// The fragment at `offset` if all of it is there.
    func fragment(at offset: Int) throws(FileFailure) -> FragmentRecord? { try read(at: offset)?.record }

    /// The same, with all that it says of itself.
    func read(at offset: Int) throws(FileFailure) -> (record: FragmentRecord, info: FragmentInfo)? {
        var head = try contents(offset, 16 << 10)
        var info = try? FragmentParser.fragmentHeader(head)
        if info == nil, head.count == 16 << 10 {
            head = try contents(offset, FragmentParser.maximumHeaderBytes + 16)
            info = try? FragmentParser.fragmentHeader(head)
        }
        guard let info, info.sizeBytes <= Self.maximumFragment else { return nil }
        let bytes = info.sizeBytes <= head.count ? head : try contents(offset, info.sizeBytes)
        guard bytes.count >= info.sizeBytes else { return nil }
        let (moofHash, payloadHash) = bytes.withUnsafeBytes { buffer in
            (
                ContentHash(ofBytes: UnsafeRawBufferPointer(rebasing: buffer[0..<info.moofBytes])),
                ContentHash(ofBytes: UnsafeRawBufferPointer(rebasing: buffer[info.payloadOffset..<info.sizeBytes]))
            )
        }
        guard FragmentSeal.holds(bytes, info, payload: payloadHash) else { return nil }
        let record = FragmentRecord(
            offset: offset,
            sizeBytes: info.sizeBytes,
            moofBytes: info.moofBytes,
            baseDecodeTicks: info.baseDecodeTicks,
            durationTicks: info.durationTicks,
            wall: info.wall ?? .epoch,
            startsWithKey: info.startsWithKey,
            sampleCount: info.samples.count,
            moofHash: moofHash,
            payloadHash: payloadHash
        )
        return (record, info)
    }

    private func contents(_ offset: Int, _ count: Int) throws(FileFailure) -> [UInt8] {
        do throws(FileFailure) {
            return try files.read(path, offset: offset, count: count)
        } catch {
            if error.isMissing { return [] }
            throw error
        }
    }
}
