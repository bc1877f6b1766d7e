/// Whose outage it is: found from what fails together. Pure; told the cameras' states again and again.
///
/// Cameras are grouped by their platform or, where they have none, by their source's host. A group fails when most of its
/// cameras are without pictures; all groups failing together is our own link; what fails alone is a device.
package struct OutageJudge: Sendable {
    /// A camera as judging needs it.
    package struct Member: Sendable, Hashable {
        package var cameraId: String
        /// A platform's id, or `host:NAME`; nil for sources of this machine, which say nothing about any link.
        package var group: String?

        package init(cameraId: String, group: String?) {
            self.cameraId = cameraId
            self.group = group
        }
    }

    package enum Scope: String, Sendable, Hashable, Codable, CaseIterable {
        /// Everything outside fails: our own link, or what lies right behind it.
        case link
        /// A platform fails.
        case platform
        /// One device fails.
        case device
    }

    package struct Outage: Sendable, Hashable {
        package var scope: Scope
        /// The group; nil for our own link.
        package var group: String?
        /// Cameras that are without pictures, sorted.
        package var cameras: [String]
        /// Cameras that it is judged by.
        package var total: Int
        package var since: WallTime
        /// What most of them failed with.
        package var reason: StateReason
    }

    /// A group of fewer is no witness for more than its devices.
    package static let fewest = 3
    /// So much of a group without pictures is an outage of the group; with less than the second it is over.
    package static let openShare = 0.6
    package static let closeShare = 0.3
    /// So long a state must hold, and a camera be without pictures, to count.
    package static let settles = Duration.seconds(10)

    /// Reasons that are nobody's outage: somebody's will, a refusal, or this machine's own trouble.
    private static let unjudged: Set<StateReason> = [
        .starting, .paused, .disk, .restart, .crash, .power, .hours, .limit, .deleted, .notRecorded,
    ]
    /// Reasons of one device, however many have them.
    private static let own: Set<StateReason> = [.unsupportedCodec, .discontinuity]

    private let members: [Member]
    private var open: [String: WallTime] = [:]
    private var pending: [String: WallTime] = [:]
    private var closing: [String: WallTime] = [:]
    private static let link = "link"

    package init(members: [Member]) {
        self.members = members
    }

    /// Judges the states of this moment.
    ///
    /// - Returns: every outage that is open, the widest first; a camera stands in one of them only.
    package mutating func judge(_ statuses: [String: CameraStatus], at now: WallTime) -> [Outage] {
        var groups: [String: [CameraStatus]] = [:]
        var lone: [CameraStatus] = []
        for member in members {
            guard let status = statuses[member.cameraId], !Self.unjudged.contains(status.reason) else { continue }
            if let group = member.group {
                groups[group, default: []].append(status)
            } else {
                lone.append(status)
            }
        }
        let isOut = { (status: CameraStatus) in
            status.state != .live && now - status.since >= Self.settles && !Self.own.contains(status.reason)
        }
        var outages: [Outage] = []
        var failing = 0
        var covered: Set<String> = []
        for (group, statuses) in groups.sorted(by: { $0.key < $1.key }) {
            let out = statuses.filter(isOut)
            let share = Double(out.count) / Double(statuses.count)
            let counts = statuses.count >= Self.fewest
            if share >= Self.openShare { failing += 1 }
            guard let since = follow(group, share: counts ? share : 0, at: now) else { continue }
            outages.append(outage(.platform, group, out, statuses.count, since))
            covered.formUnion(out.map(\.cameraId))
        }
        let all = groups.values.flatMap { $0 }
        // One platform that still delivers proves that the link does.
        let isLink = groups.count >= 2 && all.count >= Self.fewest && failing == groups.count
        if let since = follow(Self.link, share: isLink ? 1 : 0, at: now) {
            let out = all.filter(isOut)
            outages = [outage(.link, nil, out, all.count, since)]
            covered = Set(out.map(\.cameraId))
        }
        for status in (all + lone) where !covered.contains(status.cameraId) {
            guard status.state != .live, now - status.since >= Self.settles else { continue }
            outages.append(outage(.device, nil, [status], 1, status.since))
        }
        // Groups that nobody belongs to any more.
        let known = Set(groups.keys).union([Self.link])
        for key in open.keys where !known.contains(key) { open[key] = nil }
        return outages
    }

    /// Opens and closes what is judged with a delay, so that a wavering group is one outage.
    ///
    /// - Returns: since when it is open; nil when it isn't.
    private mutating func follow(_ key: String, share: Double, at now: WallTime) -> WallTime? {
        if let since = open[key] {
            pending[key] = nil
            guard share < Self.closeShare else {
                closing[key] = nil
                return since
            }
            let began = closing[key] ?? now
            closing[key] = began
            guard now - began >= Self.settles else { return since }
            closing[key] = nil
            open[key] = nil
            return nil
        }
        guard share >= Self.openShare else {
            pending[key] = nil
            return nil
        }
        let began = pending[key] ?? now
        pending[key] = began
        guard now - began >= Self.settles else { return nil }
        pending[key] = nil
        open[key] = began
        return began
    }

    private func outage(
        _ scope: Scope,
        _ group: String?,
        _ out: [CameraStatus],
        _ total: Int,
        _ since: WallTime
    ) -> Outage {
        var counts: [StateReason: Int] = [:]
        for status in out { counts[status.reason, default: 0] += 1 }
        let most = counts.max { ($0.value, $1.key.rawValue) < ($1.value, $0.key.rawValue) }?.key ?? .ok
        return Outage(
            scope: scope,
            group: group,
            cameras: out.map(\.cameraId).sorted(),
            total: total,
            since: since,
            reason: most
        )
    }
}
