import Domain
import Foundation
import Logging
import Recording
import Synchronization

/// Writes where something moved beside the segments, on a thread of its own: a slow disk holds up nobody else. What the
/// worker says is bounded here and not looked into any further.
final class ActivityKeeper: Sendable {
    /// A camera's latest segment, and whether it is open.
    typealias LatestSegment = @Sendable (_ cameraId: String) -> (name: SegmentName, isOpen: Bool)?

    /// Windows that wait for the disk: some minutes of a shard. Beyond it the oldest go, and are counted.
    static let queueLimit = 4096
    /// Longer windows are none of ours.
    static let longestMilliseconds = 60_000
    /// Segments of a camera that are remembered; a window that comes later than that is dropped.
    private static let remembered = 8
    /// A segment that ended so long ago gets no more windows: its summary is written.
    private static let settled = Duration.seconds(30)
    private static let period: TimeInterval = 2

    private struct State {
        var queue: [(cameraId: String, window: ActivityWindow)] = []
        var dropped = 0
        var stopping = false
        var hasEnded = false
    }

    /// A segment as it was seen.
    private struct Known {
        var name: SegmentName
        var start: WallTime
        /// When it was first seen closed, or followed by another one.
        var endedBefore: WallTime?
        var windows = 0
        var grid = ActivityGrid()
        var isSummed = false
    }

    private let layout: RecordingLayout
    private let files: any RecordingFiles
    private let latest: LatestSegment
    private let clock: any HostClock
    private let logger: Logger
    private let condition = NSCondition()
    private let state = Mutex(State())
    /// By camera, oldest first. Used on the keeper's thread, and by tests instead of it.
    private let known = Mutex<[String: [Known]]>([:])
    private let lastError = Mutex<FileFailure?>(nil)

    init(
        layout: RecordingLayout,
        files: any RecordingFiles,
        latest: @escaping LatestSegment,
        clock: any HostClock,
        logger: Logger
    ) {
        self.layout = layout
        self.files = files
        self.latest = latest
        self.clock = clock
        self.logger = logger
    }

    /// Windows that were not written.
    var dropped: Int { state.withLock { $0.dropped } }

    /// Takes a window; returns at once.
    func take(_ cameraId: String, _ window: ActivityWindow) {
        state.withLock { state in
            guard (1...Self.longestMilliseconds).contains(window.milliseconds) else {
                state.dropped += 1
                return
            }
            state.queue.append((cameraId, window))
            if state.queue.count > Self.queueLimit {
                state.queue.removeFirst()
                state.dropped += 1
            }
        }
        signal()
    }

    func start() {
        let thread = Thread { [self] in
            while !state.withLock({ $0.stopping }) {
                keep()
                condition.lock()
                if state.withLock({ $0.queue.isEmpty && !$0.stopping }) {
                    _ = condition.wait(until: Date(timeIntervalSinceNow: Self.period))
                }
                condition.unlock()
            }
            keep()
            sumUp(all: true)
            state.withLock { $0.hasEnded = true }
        }
        thread.name = "activity"
        thread.start()
    }

    /// Writes what waits and ends the thread; returns at once.
    func stop() {
        state.withLock { $0.stopping = true }
        signal()
    }

    var hasEnded: Bool { state.withLock { $0.hasEnded } }

    private func signal() {
        condition.lock()
        condition.signal()
        condition.unlock()
    }

    /// One look at what waits. Also called by tests.
    func keep() {
        let waiting = state.withLock { state in
            defer { state.queue = [] }
            return state.queue
        }
        let cameras = known.withLock { Set($0.keys) }.union(waiting.map(\.cameraId))
        for camera in cameras { look(camera) }
        var lost = 0
        for (camera, window) in waiting where !write(window, camera) { lost += 1 }
        if lost > 0 { state.withLock { $0.dropped += lost } }
        sumUp(all: false)
    }

    /// Takes note of the camera's latest segment.
    private func look(_ camera: String) {
        let now = clock.now()
        guard let (name, isOpen) = latest(camera) else { return }
        known.withLock { known in
            var list = known[camera] ?? []
            if list.last?.name != name, let start = SpacePlan.startTime(of: name) {
                if let last = list.indices.last, list[last].endedBefore == nil { list[last].endedBefore = now }
                list.append(Known(name: name, start: start))
                if list.count > Self.remembered { list.removeFirst() }
            }
            if !isOpen, let last = list.indices.last, list[last].endedBefore == nil { list[last].endedBefore = now }
            known[camera] = list
        }
    }

    /// - Returns: false when no segment holds the window, or the disk doesn't take it.
    private func write(_ window: ActivityWindow, _ camera: String) -> Bool {
        let list = known.withLock { $0[camera] ?? [] }
        // The oldest one also takes what a sub stream's clock puts a little before it.
        let isJustBefore = list.first.map { $0.start - window.from < .seconds(10) } ?? false
        guard let index = list.lastIndex(where: { $0.start <= window.from }) ?? (isJustBefore ? 0 : nil) else {
            return false
        }
        let segment = list[index]
        // A sub stream goes on while the main one is away: nothing of that time is recorded.
        if index == list.count - 1, let ended = segment.endedBefore, window.from >= ended { return false }
        do throws(FileFailure) {
            // What was deleted meanwhile gets no companion that nobody would delete.
            guard try files.size(layout.segment(camera, segment.name)) != nil else { return false }
            try append(.window(window), to: layout.activity(camera, segment.name))
        } catch {
            complain(error)
            return false
        }
        known.withLock { known in
            guard let index = known[camera]?.firstIndex(where: { $0.name == segment.name }) else { return }
            known[camera]?[index].windows += 1
            known[camera]?[index].grid.formUnion(window.grid)
            // One that comes after the summary gets a second one; readers take both together.
            known[camera]?[index].isSummed = false
        }
        return true
    }

    /// Writes the summaries of segments that are over.
    private func sumUp(all: Bool) {
        let now = clock.now()
        var due: [(camera: String, segment: Known)] = []
        known.withLock { known in
            for (camera, list) in known {
                for (index, segment) in list.enumerated() where !segment.isSummed && segment.windows > 0 {
                    guard all || segment.endedBefore.map({ now - $0 >= Self.settled }) == true else { continue }
                    known[camera]?[index].isSummed = true
                    due.append((camera, segment))
                }
            }
        }
        for (camera, segment) in due {
            let line = ActivityLine.summary(segment: segment.name.text, windows: segment.windows, grid: segment.grid)
            do throws(FileFailure) {
                guard try files.size(layout.segment(camera, segment.name)) != nil else { continue }
                let folder = layout.dayFolder(camera, day: segment.name.day, volume: segment.name.volume)
                try append(line, to: "\(folder)/\(ActivityLine.dayFile)")
            } catch {
                complain(error)
            }
        }
    }

    /// Appends a whole line or nothing.
    private func append(_ line: ActivityLine, to path: String) throws(FileFailure) {
        let before = try files.size(path) ?? 0
        let file = try files.open(path)
        do throws(FileFailure) {
            try file.append(line.encoded)
        } catch {
            try? file.truncate(to: before)
            throw error
        }
    }

    /// An error that stays is logged once.
    private func complain(_ failure: FileFailure) {
        guard
            lastError.withLock({ known in
                defer { known = failure }
                return known?.code != failure.code
            })
        else { return }
        logger.warning(
            "the activity map can't be written",
            metadata: ["path": "\(failure.path)", "errno": "\(failure.code)"]
        )
    }
}
