import Domain

/// Which sources crashed the capture process, and which of them are left alone for that. Pure: times are handed in. It is
/// what `DIR/capture/N.suspect` holds.
///
/// A crash on a source's own thread names it. A crash elsewhere (the heap was damaged before) can only suspect the
/// sources that libavformat was opening or reading the first packets of: they are marked. Many are at a start; so those
/// that were are then opened one after the other, and only the guilty one is marked each time. A process that was killed
/// or lost its power has not crashed.
struct CrashLedger: Sendable, Equatable, Codable {
    /// What a process that crashed has left.
    enum LastWords: Sendable, Equatable {
        /// The crash was on this source's thread.
        case source(String)
        case unknown
    }

    struct Crash: Sendable, Equatable, Codable {
        /// When the next process found the marks.
        var at: WallTime
        var sources: [String]
    }

    /// So many crashes within `window` put a source aside for `quarantineTime`.
    static let limit = 3
    static let window = Duration.seconds(600)
    static let quarantineTime = Duration.seconds(3600)
    /// Crashes that are remembered; the oldest go.
    private static let maximumCrashes = 32

    /// Sources that are being opened now.
    var marked: Set<String> = []
    private(set) var crashes: [Crash] = []
    /// Sources that are left alone, and until when.
    private(set) var quarantined: [String: WallTime] = [:]

    init() {}

    /// A process begins with what the one before left; nil when that didn't crash.
    mutating func started(at now: WallTime, after crash: LastWords?) {
        // What lies in the future comes from a clock that was set back since: its age isn't known.
        crashes.removeAll { now - $0.at > Self.window || now < $0.at }
        quarantined = quarantined.filter { $0.value > now }.mapValues { min($0, now + Self.quarantineTime) }
        let blamed: Set<String> =
            switch crash {
            case .source(let source): [source]
            case .unknown: marked
            case nil: []
            }
        marked = []
        guard !blamed.isEmpty else { return }
        crashes.append(Crash(at: now, sources: blamed.sorted()))
        if crashes.count > Self.maximumCrashes { crashes.removeFirst() }
        for source in blamed where crashes.count(where: { $0.sources.contains(source) }) >= Self.limit {
            release(source)
            quarantined[source] = now + Self.quarantineTime
        }
    }

    /// Whether a source is blamed for a crash that counts: such sources are opened one at a time.
    func isSuspect(_ source: String) -> Bool { crashes.contains { $0.sources.contains(source) } }

    /// Forgets what is known of a source, because another one stands behind its name now.
    mutating func release(_ source: String) {
        quarantined[source] = nil
        for index in crashes.indices { crashes[index].sources.removeAll { $0 == source } }
        crashes.removeAll { $0.sources.isEmpty }
    }
}
