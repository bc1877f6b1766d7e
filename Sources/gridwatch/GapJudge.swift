import Domain
import Store

/// Decides which gaps of recordings are alarms: one `recordingGap` per camera, raised when a gap outlasts the camera's
/// limit, while it is still open where it can be, and cleared with its end. Pure.
///
/// No gap has two alarms: a gap whose disk is full has `disk`, at once; while a camera's `offline` alarm is open that one
/// stands for the gap as well; a pause is somebody's will.
struct GapJudge {
    struct Signal: Equatable {
        var cameraId: String
        var phase: AlarmSignal.Phase
        var at: WallTime
        /// Seconds that the gap had lasted by then.
        var seconds: Double
    }

    private struct OpenGap {
        var from: WallTime
        var reason: StateReason
        /// The `offline` alarm stood for it.
        var isCovered = false
    }

    /// Gaps that ended longer ago are history when they are found, as after an index was rebuilt.
    private static let history = Duration.seconds(86_400)

    /// Seconds, by camera.
    private var limits: [String: Double]
    private var open: [String: OpenGap] = [:]
    /// Cameras whose alarm is open.
    private(set) var raised: Set<String>

    /// - Parameter raised: cameras whose alarm an earlier run of the service left open.
    init(limits: [String: Double], raised: Set<String> = []) {
        self.limits = limits
        self.raised = raised
    }

    /// Takes over other limits.
    ///
    /// - Returns: cameras that are no longer watched and whose alarm was open.
    mutating func configure(limits: [String: Double]) -> [String] {
        self.limits = limits
        let gone = raised.filter { limits[$0] == nil }
        raised.subtract(gone)
        for id in open.keys where limits[id] == nil { open[id] = nil }
        return gone.sorted()
    }

    private func limit(_ cameraId: String) -> Duration? { limits[cameraId].map { .seconds($0) } }

    /// A gap's row changed.
    mutating func note(_ gap: Gap, now: WallTime) -> [Signal] {
        guard let limit = limit(gap.cameraId) else { return [] }
        guard let end = gap.to else {
            // A later row of the same gap keeps what is known of it.
            let covered = open[gap.cameraId].map { $0.from == gap.from && $0.isCovered } ?? false
            open[gap.cameraId] = OpenGap(from: gap.from, reason: gap.reason, isCovered: covered)
            return []
        }
        let known = open[gap.cameraId].flatMap { $0.from <= gap.from ? $0 : nil }
        if known != nil { open[gap.cameraId] = nil }
        let length = end - gap.from
        if raised.remove(gap.cameraId) != nil {
            return [Signal(cameraId: gap.cameraId, phase: .cleared, at: end, seconds: length.seconds)]
        }
        let isMeant = Self.isMeant(gap.reason) && !(known?.isCovered ?? false)
        guard isMeant, length > limit, now - end < Self.history else { return [] }
        // It was over when it was found: the alarm's record tells of it.
        return [
            Signal(cameraId: gap.cameraId, phase: .raised, at: gap.from + limit, seconds: limit.seconds),
            Signal(cameraId: gap.cameraId, phase: .cleared, at: end, seconds: length.seconds),
        ]
    }

    /// Time has passed.
    ///
    /// - Parameters:
    ///   - offline: cameras whose `offline` alarm is open.
    ///   - recordedUntil: the end of the last frame of every camera, where the index is up to date: a capture process
    ///     that died writes no gap. Nil where it isn't.
    mutating func pass(_ now: WallTime, offline: Set<String>, recordedUntil: [String: WallTime]?) -> [Signal] {
        var signals: [Signal] = []
        for camera in limits.keys.sorted() {
            guard let limit = limit(camera) else { continue }
            var gap = open[camera]
            if let until = recordedUntil?[camera] {
                if let known = gap, until > known.from + .seconds(5) {
                    // Frames behind it: its end was not noted.
                    open[camera] = nil
                    gap = nil
                }
                if gap == nil, now - until > .seconds(10) { gap = OpenGap(from: until, reason: .crash) }
            } else if gap == nil, recordedUntil == nil {
                // Not known: what was raised stays.
                continue
            }
            if offline.contains(camera) { open[camera]?.isCovered = true }
            let holds = gap.map { Self.isMeant($0.reason) && now - $0.from > limit } ?? false
            let length = gap.map { (now - $0.from).seconds } ?? 0
            if holds, !offline.contains(camera), raised.insert(camera).inserted {
                signals.append(Signal(cameraId: camera, phase: .raised, at: now, seconds: length))
            } else if !holds || offline.contains(camera), raised.remove(camera) != nil {
                signals.append(Signal(cameraId: camera, phase: .cleared, at: now, seconds: length))
            }
        }
        return signals
    }

    private static func isMeant(_ reason: StateReason) -> Bool { ![.paused, .disk, .hours].contains(reason) }
}
