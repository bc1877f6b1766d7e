import Domain
import Foundation
import Recording
import Store

/// Takes the journals of all cameras into the index: resumable and idempotent, because the rows and how far they come
/// from the journals change in one transaction.
struct IndexFollower {
    private let repository: IndexRepository
    private let segments: SegmentRepository
    private let layout: RecordingLayout
    private let node: String
    private var follower: JournalFollower
    /// As last stored, by camera.
    private var stored: [String: String]
    /// Segments that may still grow, by path.
    private var growing: [String: Segment] = [:]

    /// Goes on where the index stands.
    init(database: Store.Database, layout: RecordingLayout, node: String) async throws {
        repository = IndexRepository(database)
        segments = SegmentRepository(database)
        self.layout = layout
        self.node = node
        stored = try await repository.positions(node: node)
        var position = JournalFollower.Position()
        for (camera, text) in stored {
            // A position that can't be read means starting anew: rows are keyed, so nothing is doubled.
            position.cameras[camera] = try? JSONDecoder().decode(
                JournalFollower.CameraPosition.self,
                from: Data(text.utf8)
            )
        }
        follower = JournalFollower(layout: layout, position: position)
    }

    /// Cameras whose journals could not be read in the last step; the others are followed on.
    var failures: [String: FileFailure] { follower.failures }

    /// Takes in what is new.
    ///
    /// - Returns: whether there was anything, and the gaps that changed.
    mutating func step() async throws -> (more: Bool, gaps: [Gap]) {
        let (events, next) = try await BlockingWork.shared.run { [follower] in
            var follower = follower
            let events = try follower.poll(limit: 20_000)
            return (events, follower)
        }
        let positions = try changedPositions(next.position)
        guard !events.isEmpty || !positions.isEmpty else {
            follower = next
            return (false, [])
        }
        var batch = IndexBatch(node: node)
        batch.positions = positions
        var touched: Set<String> = []
        for event in events { try await take(event, into: &batch, touched: &touched) }
        // A power cut or a failed sync may leave a file without a picture: there is nothing to find in it.
        let isEmpty = { (segment: Segment) in segment.closed && segment.fragments == 0 }
        batch.segments = touched.compactMap { growing[$0] }.filter { !isEmpty($0) }
        batch.removed = touched.compactMap { growing[$0] }.filter(isEmpty).map(\.path)
        let gaps: [Gap]
        do {
            gaps = try await repository.apply(batch)
        } catch {
            // Nothing was kept: forget what this batch did to the open segments and read it again later.
            growing.removeAll()
            throw error
        }
        follower = next
        stored.merge(positions) { $1 }
        growing = growing.filter { !$0.value.closed }
        return (!events.isEmpty, gaps)
    }

    private func changedPositions(_ position: JournalFollower.Position) throws -> [String: String] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        var changed: [String: String] = [:]
        for (camera, place) in position.cameras where follower.position.cameras[camera] != place {
            changed[camera] = String(decoding: try encoder.encode(place), as: UTF8.self)
        }
        return changed
    }

    private mutating func take(
        _ event: JournalEvent,
        into batch: inout IndexBatch,
        touched: inout Set<String>
    ) async throws {
        switch event.entry {
        case .gap(let gap):
            batch.gaps.append(Self.row(gap, cameraId: event.cameraId, node: node))
            return
        case .state(let status):
            batch.statuses.append(status)
            return
        default: break
        }
        guard let name = event.segment else { return }
        let path = layout.relativeSegment(event.cameraId, name)
        touched.insert(path)
        if case .segmentOpened(let opened) = event.entry {
            growing[path] = Self.row(opened, path: path, node: node)
            return
        }
        if growing[path] == nil { growing[path] = try await segments.find(node: node, path: path) }
        guard var segment = growing[path] else { return }
        switch event.entry {
        case .fragment(let fragment):
            segment.to = max(segment.to, fragment.wallEnd)
            segment.bytes = max(segment.bytes, Int64(fragment.end))
            segment.fragments += 1
        case .segmentCut:
            if let whole = try await index(event.cameraId, name) {
                segment = Self.row(whole, path: path, node: node)
            }
        case .segmentClosed(let closed):
            segment.to = closed.endedAt
            segment.bytes = Int64(closed.sizeBytes)
            segment.fragments = closed.fragmentCount
            segment.head = closed.head.description
            segment.closed = true
        case .segmentOpened, .gap, .state, .cameraClock, .segmentChanged: break
        }
        growing[path] = segment
    }

    private func index(_ cameraId: String, _ name: SegmentName) async throws -> FragmentIndex? {
        try await BlockingWork.shared.run { [layout] in
            try FragmentIndex.journal(cameraId: cameraId, name: name, layout: layout)
        }
    }

    static func row(_ gap: GapRecord, cameraId: String, node: String) -> Gap {
        Gap(
            node: node,
            cameraId: cameraId,
            from: gap.from,
            to: gap.to,
            reason: gap.reason,
            laterReasons: gap.laterReasons,
            detail: gap.detail
        )
    }

    static func row(_ opened: SegmentOpened, path: String, node: String) -> Segment {
        Segment(
            node: node,
            cameraId: opened.cameraId,
            path: path,
            run: opened.runId,
            from: opened.startedAt,
            to: opened.startedAt,
            bytes: Int64(opened.initBytes),
            previousHead: opened.previousHead?.description
        )
    }

    static func row(_ index: FragmentIndex, path: String, node: String) -> Segment {
        var segment = row(index.opened, path: path, node: node)
        for fragment in index.fragments {
            segment.to = max(segment.to, fragment.wallEnd)
            segment.bytes = max(segment.bytes, Int64(fragment.end))
            segment.fragments += 1
        }
        if let closed = index.closed {
            segment.head = closed.head.description
            segment.closed = true
        }
        return segment
    }
}
