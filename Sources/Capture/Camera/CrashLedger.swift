import Domain

/// Which sources crashed the capture process, and which of them are left alone for that. Pure: times are handed in. It is
/// what `DIR/capture/N.suspect` holds.
///
/// A crash on a source's own thread names it. A crash elsewhere (the heap was damaged before) can only suspect the
/// sources that libavformat was opening or reading the first packets of: they are marked. Many are at a start; so those
/// that were are then opened one after the other, and only the guilty one is marked each time. A process that was killed
/// or lost its power has not crashed.
///
/// The second crash isolates the source's camera: a process of its own records it, so that the others lose nothing by the
/// third. That process keeps a ledger of its own, and it is there that the stream is put aside in the end.
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
    /// So many crashes within `window` isolate the source's camera for `isolationTime`. One may be bad luck; every further
    /// one in the shard would be a gap for all its cameras.
    static let isolationLimit = 2
    static let isolationTime = Duration.seconds(86_400)
    /// Cameras of a shard that are isolated at most: each costs a process and a worker. Beyond it a source is
    /// put aside after its third crash of the shard.
    static let maximumIsolated = 8
    static let window = Duration.seconds(600)
    static let quarantineTime = Duration.seconds(3600)
    /// Crashes that are remembered; the oldest go.
    private static let maximumCrashes = 32

    /// Sources that are being opened now.
    var marked: Set<String> = []
    private(set) var crashes: [Crash] = []
    /// Sources that are left alone, and until when.
    private(set) var quarantined: [String: WallTime] = [:]
    /// Cameras that a process of their own records, and until when.
    private(set) var isolated: [String: WallTime] = [:]

    init() {}

    private enum CodingKeys: String, CodingKey {
        case marked, crashes, quarantined, isolated
    }

    /// Reads what a version without isolation wrote as well.
    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        marked = try container.decode(Set<String>.self, forKey: .marked)
        crashes = try container.decode([Crash].self, forKey: .crashes)
        quarantined = try container.decode([String: WallTime].self, forKey: .quarantined)
        isolated = try container.decodeIfPresent([String: WallTime].self, forKey: .isolated) ?? [:]
    }

    /// The camera that a source (`camera`, `camera/sub`) belongs to.
    static func camera(of source: String) -> String { String(source.prefix { $0 != "/" }) }

    /// A process begins with what the one before left; nil when that didn't crash.
    ///
    /// - Parameter isolates: whether cameras may be given a process of their own.
    mutating func started(at now: WallTime, after crash: LastWords?, isolates: Bool = true) {
        // What lies in the future comes from a clock that was set back since: its age isn't known.
        crashes.removeAll { now - $0.at > Self.window || now < $0.at }
        quarantined = quarantined.filter { $0.value > now }.mapValues { min($0, now + Self.quarantineTime) }
        isolated = isolated.filter { isolates && $0.value > now }.mapValues { min($0, now + Self.isolationTime) }
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
        for source in blamed.sorted() {
            let count = crashes.count(where: { $0.sources.contains(source) })
            let camera = Self.camera(of: source)
            if isolates, count >= Self.isolationLimit, isolated[camera] != nil || isolated.count < Self.maximumIsolated
            {
                forget(source)
                isolated[camera] = now + Self.isolationTime
            } else if count >= Self.limit {
                forget(source)
                quarantined[source] = now + Self.quarantineTime
            }
        }
    }

    /// The process of an isolated camera has crashed: it stays isolated for longer.
    mutating func isolationCrashed(_ camera: String, at now: WallTime) {
        if isolated[camera] != nil { isolated[camera] = now + Self.isolationTime }
    }

    /// Whether a source is blamed for a crash that counts: such sources are opened one at a time.
    func isSuspect(_ source: String) -> Bool { crashes.contains { $0.sources.contains(source) } }

    /// Forgets what is known of a source, because another one stands behind its name now.
    mutating func release(_ source: String) {
        isolated[Self.camera(of: source)] = nil
        forget(source)
    }

    private mutating func forget(_ source: String) {
        quarantined[source] = nil
        for index in crashes.indices { crashes[index].sources.removeAll { $0 == source } }
        crashes.removeAll { $0.sources.isEmpty }
    }
}
