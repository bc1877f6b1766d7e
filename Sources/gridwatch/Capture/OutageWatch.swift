import Domain
import Synchronization

/// Says whose outage it is when cameras fail, and has one alarm for an outage of many instead of one for each camera.
final class OutageWatch: Sendable {
    private struct State {
        var judge: OutageJudge
        var platforms: [String: Platform] = [:]
        var open: [OutageJudge.Outage] = []
        /// Cameras that an outage of more than one device covers.
        var covered: Set<String> = []
        /// Alarms that are raised, by kind and part.
        var raised: Set<Key> = []
    }

    private struct Key: Hashable {
        var kind: String
        var part: String?
    }

    private let state: Mutex<State>

    init(site: Site) {
        state = Mutex(State(judge: OutageJudge(members: []), platforms: [:]))
        configure(site)
    }

    /// Takes over another set of cameras and platforms.
    func configure(_ site: Site) {
        let members = site.cameras.map { camera in
            OutageJudge.Member(cameraId: camera.id, group: Self.group(of: camera, site.platforms))
        }
        state.withLock { state in
            state.judge = OutageJudge(members: members)
            state.platforms = Dictionary(site.platforms.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        }
    }

    /// The platform's id, else the source's host; nil for what comes from this machine.
    static func group(of camera: Camera, _ platforms: [Platform]) -> String? {
        if let platform = platforms.platform(of: camera.source, named: camera.platform) { return platform.id }
        guard let url = try? SourceURL(camera.source), !url.scheme.isLocal, url.scheme != .udp else { return nil }
        let isHere = url.host == "localhost" || url.host == "::1" || url.host.hasPrefix("127.")
        return isHere || url.host.isEmpty ? nil : "host:\(url.host)"
    }

    /// The outages that are open now, the widest first.
    var open: [OutageJudge.Outage] { state.withLock { $0.open } }

    /// Cameras that an outage of more than one device covers: they have no alarm of their own.
    var covered: Set<String> { state.withLock { $0.covered } }

    /// Judges the present states.
    ///
    /// - Returns: alarms to raise or clear.
    func look(_ statuses: [String: CameraStatus], at now: WallTime) -> [AlarmSignal] {
        state.withLock { state in
            state.open = state.judge.judge(statuses, at: now)
            let wide = state.open.filter { $0.scope != .device }
            state.covered = Set(wide.flatMap(\.cameras))
            var signals: [AlarmSignal] = []
            var present: Set<Key> = []
            for outage in wide {
                let key = Key(kind: outage.scope == .link ? "linkOutage" : "platformOutage", part: outage.group)
                present.insert(key)
                guard state.raised.insert(key).inserted else { continue }
                signals.append(Self.signal(key, .raised, at: now, cameras: outage.cameras.count))
            }
            for key in state.raised.subtracting(present) {
                state.raised.remove(key)
                signals.append(Self.signal(key, .cleared, at: now, cameras: nil))
            }
            return signals
        }
    }

    private static func signal(
        _ key: Key,
        _ phase: AlarmSignal.Phase,
        at now: WallTime,
        cameras: Int?
    ) -> AlarmSignal {
        AlarmSignal(
            source: "system",
            sourceKind: .system,
            kind: key.kind,
            part: key.part,
            phase: phase,
            severity: .critical,
            at: now,
            value: cameras.map(Double.init)
        )
    }
}
