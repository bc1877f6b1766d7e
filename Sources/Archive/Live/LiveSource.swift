import Domain
import Foundation
import Recording

/// Finds the newest segment of a camera and gives its fragments as they are written. Every call blocks for the reads.
struct LiveSource: Sendable {
    private let cameraId: String
    private let layout: RecordingLayout
    private let catalogue: RecordingCatalogue

    private var segment: SegmentName?
    private var journal: JournalReader?
    private var opened: SegmentOpened?
    private var closed = false
    /// In the journal but not handed out yet.
    private var pending: [FragmentRecord] = []
    /// The run whose init segment was handed out.
    private var announcedRun: String?
    private var joined = false
    private var pollsSinceLook = 0

    /// A segment that is not closed is looked past after this many polls: its writer may have died.
    private static let looksEvery = 16

    init(cameraId: String, layout: RecordingLayout) {
        self.cameraId = cameraId
        self.layout = layout
        catalogue = RecordingCatalogue(layout: layout)
    }

    /// What came since the last call.
    mutating func poll() throws -> [LiveFrame] {
        if segment == nil {
            // A camera that never recorded costs a folder listing a second, not one a poll.
            defer { pollsSinceLook += 1 }
            guard pollsSinceLook % Self.looksEvery == 0, let name = try newest() else { return [] }
            follow(name)
        }
        var frames: [LiveFrame] = []
        while true {
            try readJournal()
            try handOut(&frames)
            guard try moveOn() else { return frames }
        }
    }

    private mutating func follow(_ name: SegmentName) {
        segment = name
        journal = JournalReader(path: layout.journal(cameraId, name))
        opened = nil
        closed = false
        pending = []
        pollsSinceLook = 0
    }

    private mutating func readJournal() throws {
        guard var reader = journal else { return }
        for entry in try reader.readNew() {
            switch entry {
            case .segmentOpened(let record): opened = record
            case .fragment(let record): pending.append(record)
            case .segmentCut(let size): pending.removeAll { $0.offset >= size }
            case .segmentClosed: closed = true
            case .gap, .state, .cameraClock, .segmentChanged: break
            }
        }
        journal = reader
    }

    private mutating func handOut(_ frames: inout [LiveFrame]) throws {
        guard let name = segment, let opened else { return }
        if !joined {
            // A segment that is closed belongs to the past; one that grows is joined at its last key frame.
            if closed { pending = [] }
            guard let key = pending.lastIndex(where: \.startsWithKey) else { return }
            pending.removeFirst(key)
            joined = true
        }
        let path = layout.segment(cameraId, name)
        var done = 0
        defer { pending.removeFirst(done) }
        if !pending.isEmpty, announcedRun != opened.runId {
            let bytes = try RecordingFileReader.read(path, offset: 0, count: opened.initBytes)
            guard bytes.count == opened.initBytes else { return }
            frames.append(LiveFrame(message: opened.initialisation, recorded: bytes, of: opened))
            announcedRun = opened.runId
        }
        for fragment in pending {
            let bytes = try RecordingFileReader.read(path, offset: fragment.offset, count: fragment.sizeBytes)
            // The journal may be ahead of the file for a moment; the rest comes with the next poll.
            guard bytes.count == fragment.sizeBytes else { return }
            frames.append(LiveFrame(message: fragment.message(opened), recorded: bytes, of: opened))
            done += 1
        }
    }

    /// Goes to the segment after the one that ended; false when there is none.
    private mutating func moveOn() throws -> Bool {
        pollsSinceLook += 1
        guard closed || pollsSinceLook >= Self.looksEvery else { return false }
        pollsSinceLook = 0
        guard let current = segment else { return false }
        if closed, !pending.isEmpty { return false }
        guard let next = try following(current) else { return false }
        follow(next)
        joined = true
        return true
    }

    private func newest() throws -> SegmentName? {
        for day in try catalogue.days(cameraId).reversed() {
            if let name = try catalogue.segments(cameraId, day: day).last { return name }
        }
        return nil
    }

    private func following(_ name: SegmentName) throws -> SegmentName? {
        for day in try catalogue.days(cameraId).drop(while: { $0 < name.day }) {
            if let next = try catalogue.segments(cameraId, day: day).first(where: { $0 > name }) { return next }
        }
        return nil
    }
}

extension SegmentOpened {
    /// For players, with the codec's string of RFC 6381.
    var mediaType: String { "video/mp4; codecs=\"\(codecString)\"" }

    /// The message that announces the run's init segment.
    var initialisation: LiveMessage {
        .initialisation(
            cameraId: cameraId,
            run: runId,
            mime: mediaType,
            codec: codec,
            width: width,
            height: height
        )
    }
}

extension FragmentRecord {
    /// The message that goes with the fragment's bytes.
    func message(_ opened: SegmentOpened) -> LiveMessage {
        .fragment(
            cameraId: opened.cameraId,
            run: opened.runId,
            at: wall,
            tfdt: baseDecodeTicks,
            duration: durationTicks,
            timescale: 90_000,
            key: startsWithKey
        )
    }
}
