import Domain

/// The recorded pieces that HLS players ask for as H.264: one process for each camera and size, shared by all who play
/// it, and what was made last kept for whoever asks again.
///
/// A player asks for its pieces one by one, so a process that has made one is kept for the next, and with it the view's
/// place among all that are transcoded; a while after the last request both are given back. What one camera and size is
/// asked for is made in the order in which it came; the same piece that several ask for is made once. Policy where more
/// than `maximumWaiting` pieces wait: refused with `tooManyTranscodes`. A piece that nobody waits for any more is left
/// out.
actor HLSTranscodes {
    /// What a player asks for.
    struct Piece: Hashable, Sendable {
        var cameraId: String
        /// The segment's file.
        var name: String
        var width: Int
        /// Numbers of fragments in the segment; nil: the init segment that goes before all of them.
        var fragments: Range<Int>?
    }

    private struct ViewKey: Hashable {
        var cameraId: String
        var width: Int
    }

    private final class View {
        var session: TranscodeSession?
        /// Counts the requests, so that a process is let go only when none has come since.
        var requests = 0
        /// Made one after the other.
        var last: Task<[UInt8], any Error>?
        var waiting = 0
    }

    private struct Work {
        var number: UInt64
        var task: Task<[UInt8], any Error>
        /// How many wait for it.
        var waiting = 0
    }

    /// Of one camera and size.
    private static let maximumWaiting = 8
    /// What is kept of pieces that were made; the least used go first. About two minutes of 720p.
    private static let maximumKept = 32 << 20

    private let slots: TranscodeSlots
    private let executable: String
    private let deadline: Duration
    private let linger: Duration
    private var views: [ViewKey: View] = [:]
    private var working: [Piece: Work] = [:]
    private var kept: [Piece: (bytes: [UInt8], used: UInt64)] = [:]
    private var keptBytes = 0
    private var uses: UInt64 = 0

    /// - Parameter linger: how long a process is kept after the last request; longer than any piece lasts.
    init(slots: TranscodeSlots, executable: String, deadline: Duration, linger: Duration) {
        self.slots = slots
        self.executable = executable
        self.deadline = deadline
        self.linger = linger
    }

    /// A piece of a segment that is still there.
    ///
    /// - Throws: `ArchiveError` (`nothingRecorded`, `tooManyTranscodes`, `renderFailed`), `CancellationError`.
    func bytes(of piece: Piece, in segment: StoredSegment) async throws -> [UInt8] {
        uses += 1
        if let found = kept[piece] {
            kept[piece]?.used = uses
            return found.bytes
        }
        var work = try working[piece] ?? begin(piece, segment)
        work.waiting += 1
        working[piece] = work
        return try await withTaskCancellationHandler { [work] in
            try await work.task.value
        } onCancel: { [work] in
            Task { await self.leave(piece, work.number) }
        }
    }

    /// One of those who wait for a piece has gone.
    private func leave(_ piece: Piece, _ number: UInt64) {
        guard working[piece]?.number == number else { return }
        working[piece]?.waiting -= 1
    }

    private func begin(_ piece: Piece, _ segment: StoredSegment) throws -> Work {
        let key = ViewKey(cameraId: piece.cameraId, width: piece.width)
        let view = views[key] ?? View()
        guard view.waiting < Self.maximumWaiting else {
            throw ArchiveError(
                .tooManyTranscodes,
                "\(view.waiting) pieces of \(piece.cameraId) wait to be transcoded already",
                limit: slots.limit
            )
        }
        if view.session == nil {
            view.session = try TranscodeSession(
                executable: executable,
                lease: slots.take(),
                width: piece.width,
                keysOnly: false,
                deadline: deadline
            )
        }
        views[key] = view
        view.requests += 1
        view.waiting += 1
        let before = view.last
        let task = Task {
            _ = try? await before?.value
            let result = await self.make(piece, segment, key)
            self.finish(piece, key, result)
            return try result.get()
        }
        view.last = task
        return Work(number: uses, task: task)
    }

    private func make(_ piece: Piece, _ segment: StoredSegment, _ key: ViewKey) async -> Result<[UInt8], any Error> {
        guard working[piece].map({ $0.waiting > 0 }) == true else { return .failure(CancellationError()) }
        guard let view = views[key] else { return .failure(CancellationError()) }
        do {
            // The one before may have ended the process.
            let session =
                try view.session
                ?? TranscodeSession(
                    executable: executable,
                    lease: slots.take(),
                    width: piece.width,
                    keysOnly: false,
                    deadline: deadline
                )
            view.session = session
            do {
                return .success(try await Self.convert(piece, segment, session))
            } catch {
                view.session = nil
                session.end()
                throw error
            }
        } catch {
            return .failure(error)
        }
    }

    private static func convert(
        _ piece: Piece,
        _ segment: StoredSegment,
        _ session: TranscodeSession
    ) async throws -> [UInt8] {
        var state = TranscodeSession.State()
        let start = try await BlockingWork.shared.run { try segment.initialisation() }
        let opened = try await session.convert(
            LiveFrame(message: segment.opened.initialisation, payload: start),
            &state
        )
        guard let fragments = piece.fragments else { return opened.last?.payload ?? [] }
        var made: [UInt8] = []
        for fragment in segment.fragments[fragments] {
            guard let bytes = try await BlockingWork.shared.run({ try segment.bytes(of: fragment) }) else { break }
            let frame = LiveFrame(message: fragment.message(segment.opened), payload: bytes)
            for converted in try await session.convert(frame, &state) { made += converted.payload }
        }
        for held in try await session.convert(LiveFrame(message: .end(cameraId: piece.cameraId)), &state) {
            made += held.payload
        }
        return made
    }

    private func finish(_ piece: Piece, _ key: ViewKey, _ result: Result<[UInt8], any Error>) {
        working[piece] = nil
        if case .success(let bytes) = result { keep(piece, bytes) }
        guard let view = views[key] else { return }
        view.waiting -= 1
        let requests = view.requests
        Task {
            try? await Task.sleep(for: self.linger)
            self.letGo(key, ifStillAt: requests)
        }
    }

    private func letGo(_ key: ViewKey, ifStillAt requests: Int) {
        guard let view = views[key], view.requests == requests, view.waiting == 0 else { return }
        view.session?.end()
        views[key] = nil
    }

    private func keep(_ piece: Piece, _ bytes: [UInt8]) {
        guard bytes.count <= Self.maximumKept / 4 else { return }
        if let old = kept.updateValue((bytes, uses), forKey: piece) { keptBytes -= old.bytes.count }
        keptBytes += bytes.count
        while keptBytes > Self.maximumKept, let oldest = kept.min(by: { $0.value.used < $1.value.used }) {
            kept[oldest.key] = nil
            keptBytes -= oldest.value.bytes.count
        }
    }
}
