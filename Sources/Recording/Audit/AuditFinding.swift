package import Domain

/// Something about a recording that is not as it should be.
package struct AuditFinding: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        /// There is a journal, but no segment.
        case missingFile
        /// A journal or an init segment, alone and without a picture: a power cut came between a segment's beginning and
        /// its removal.
        case leftover
        /// There is a segment, but no journal, or none with an opening line.
        case missingJournal
        /// The segment doesn't begin with an init segment.
        case unreadable
        /// The init segment is not the one that the journal names, or says something else than it.
        case initChanged
        /// The journal has lines whose check value is wrong, or lacks lines that its closing line counts.
        case journalDamaged
        /// Nothing closed the segment, and nobody writes it.
        case unfinished
        /// The journal names fragments that the file doesn't hold.
        case missingBytes
        /// A fragment is not the one that was recorded.
        case changedBytes
        /// There is something behind the last fragment.
        case trailingBytes
        /// The closing line gives another last value of the chain than the fragments.
        case wrongHead
        /// The first fragment starts without a key frame.
        case startsWithoutKey
        /// A fragment begins before the one before it ends, in media or in wall time.
        case disordered
        /// Sound lies before the sound before it, far from its pictures, or where none was announced.
        case audioDisordered
        /// The segment doesn't go on from the chain of the one before it.
        case brokenLink
        /// The segment doesn't say which one it goes on from, although there is one before it.
        case missingLink
        /// The end of the segment before was lost, as its closing line admits: the link names what isn't there.
        case lostTail
        /// It begins before the end of the segment before it.
        case overlap
        /// A volume that recordings lie on is not there, so they could not be looked at.
        case unreachableVolume

        /// What a failure has done and the recording itself admits: no sign of manipulation.
        package var isAdmitted: Bool {
            switch self {
            case .lostTail, .unfinished, .missingLink, .leftover: true
            default: false
            }
        }
    }

    package var kind: Kind
    /// nil for a volume.
    package var cameraId: String?
    package var segment: SegmentName?
    /// The path below `recordings`, of the volume or the segment.
    package var path: String
    /// Where in the file, in bytes.
    package var offset: Int?
    /// The wall time of the first frame concerned.
    package var at: WallTime?

    package init(
        _ kind: Kind,
        cameraId: String? = nil,
        segment: SegmentName? = nil,
        path: String,
        offset: Int? = nil,
        at: WallTime? = nil
    ) {
        self.kind = kind
        self.cameraId = cameraId
        self.segment = segment
        self.path = path
        self.offset = offset
        self.at = at
    }
}
