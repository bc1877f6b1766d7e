package import Domain
package import Store

/// Decides which segments to delete: by age, to keep the byte limits of cameras, priorities and the site, and to keep
/// each volume's free-space floor. Pure; it reads about as many rows as it deletes.
///
/// A segment that any hold touches is never in a plan; nor is one that may still grow. Held bytes don't count against
/// byte limits: a hold must not shorten what is kept of the rest. What a hold covered until a day ago goes for the floor
/// only, and last.
package struct RetentionPlanner: Sendable {
    package var policies: RetentionPolicies
    /// Freed beyond the floor, so that not every new segment needs a plan of its own.
    package var headroomBytes: Int64
    /// What one plan takes at most; the next one goes on.
    package var maximumDeletions: Int

    package init(policies: RetentionPolicies, headroomBytes: Int64 = 256 << 20, maximumDeletions: Int = 10_000) {
        self.policies = policies
        self.headroomBytes = headroomBytes
        self.maximumDeletions = maximumDeletions
    }

    /// What a plan is made from.
    package struct Facts: Sendable {
        package var usage: [VolumeUsage]
        /// Those that are there; segments on others are left alone.
        package var volumes: [VolumeRoom]
        /// All that hold, and those released within the grace.
        package var holds: [Hold]
        package var now: WallTime

        package init(usage: [VolumeUsage], volumes: [VolumeRoom], holds: [Hold], now: WallTime) {
            self.usage = usage
            self.volumes = volumes
            self.holds = holds
            self.now = now
        }
    }

    package struct Plan: Sendable, Equatable {
        /// Paths below `recordings/`, by camera.
        package var deletions: [String: [String]] = [:]
        /// What the deletions free.
        package var bytes: Int64 = 0
        package var count = 0
        /// Volumes whose floor can't be reached: everything that may go is in the plan, only holds and open segments are
        /// left.
        package var exhaustedVolumes: Set<String> = []

        package var isEmpty: Bool { deletions.isEmpty }
        package var exhausted: Bool { !exhaustedVolumes.isEmpty }
    }

    package func plan(_ facts: Facts, source: some RetentionSource) throws -> Plan {
        var work = Work(planner: self, facts: facts, source: source)
        try work.byAge()
        try work.byBytes()
        try work.byFloor()
        return work.plan
    }
}

/// One plan in the making.
private struct Work<Source: RetentionSource> {
    typealias Lane = RetentionLane<Source>

    let planner: RetentionPlanner
    let facts: RetentionPlanner.Facts
    let source: Source
    let spared: ProtectedRanges
    let lanes: [Lane]
    var plan = RetentionPlanner.Plan()
    private var freedByDevice: [UInt64: Int64] = [:]
    private var freedByCamera: [String: Int64] = [:]
    private var sparedBytes: [String: Int64] = [:]
    private let devices: [String: UInt64]
    private let usageByCamera: [String: Int64]

    init(planner: RetentionPlanner, facts: RetentionPlanner.Facts, source: Source) {
        self.planner = planner
        self.facts = facts
        self.source = source
        let devices = Dictionary(facts.volumes.map { ($0.id, $0.device) }, uniquingKeysWith: { first, _ in first })
        self.devices = devices
        let present = facts.usage.filter { devices[$0.volume] != nil }
        usageByCamera = Dictionary(present.map { ($0.cameraId, $0.bytes) }, uniquingKeysWith: +)
        let spared = ProtectedRanges.spared(facts.holds, now: facts.now)
        self.spared = spared
        lanes = present.map { usage in
            Lane(
                cameraId: usage.cameraId,
                volume: usage.volume,
                priority: planner.policies.policy(of: usage.cameraId).priority,
                source: source,
                protected: spared[usage.cameraId],
                now: facts.now
            )
        }
    }

    var isFull: Bool { plan.count >= planner.maximumDeletions }

    mutating func byAge() throws {
        for lane in lanes {
            let days = Int64(planner.policies.policy(of: lane.cameraId).keepDays)
            let oldest = facts.now - .seconds(86_400 * days)
            while !isFull, let segment = try lane.next(), segment.to < oldest { take(segment, from: lane) }
        }
    }

    mutating func byBytes() throws {
        let settings = planner.policies.recording
        for (camera, lanes) in Dictionary(grouping: lanes, by: \.cameraId).sorted(by: { $0.key < $1.key }) {
            try keep(planner.policies.policy(of: camera).keepBytes, of: [camera], lanes)
        }
        for (priority, lanes) in Dictionary(grouping: lanes, by: \.priority).sorted(by: { $0.key < $1.key }) {
            try keep(settings.priorities[priority]?.keepBytes, of: Set(lanes.map(\.cameraId)), lanes)
        }
        try keep(settings.keepBytes, of: Set(usageByCamera.keys), lanes)
    }

    /// Deletes the least important and oldest until the cameras take no more than `limit` beside what is held.
    private mutating func keep(_ limit: Int64?, of cameras: Set<String>, _ lanes: [Lane]) throws {
        guard let limit else { return }
        var total = cameras.reduce(Int64(0)) { $0 + usageByCamera[$1, default: 0] - freedByCamera[$1, default: 0] }
        guard total > limit else { return }
        for camera in cameras { total -= try protectedBytes(camera) }
        while total > limit, !isFull, let (lane, segment) = try Self.first(of: lanes) {
            take(segment, from: lane)
            total -= segment.bytes
        }
    }

    private mutating func protectedBytes(_ camera: String) throws -> Int64 {
        if let known = sparedBytes[camera] { return known }
        let ranges = spared[camera].map { $0.lowerBound..<($0.upperBound + .microseconds(1)) }
        let bytes = ranges.isEmpty ? 0 : try source.bytes(cameraId: camera, ranges: ranges)
        sparedBytes[camera] = bytes
        return bytes
    }

    mutating func byFloor() throws {
        for volume in facts.volumes where isBelow(volume, 0) {
            let here = lanes.filter { $0.volume == volume.id }
            while isBelow(volume, planner.headroomBytes), !isFull, let (lane, segment) = try Self.first(of: here) {
                take(segment, from: lane)
            }
            guard isBelow(volume, 0), !isFull else { continue }
            // What was released within the last day: before recording stops it goes as well.
            let planned = Set(plan.deletions.values.joined())
            let held = ProtectedRanges.held(facts.holds)
            let rest = here.map { lane in
                Lane(
                    cameraId: lane.cameraId,
                    volume: lane.volume,
                    priority: lane.priority,
                    source: source,
                    protected: held[lane.cameraId],
                    now: facts.now
                )
            }
            while isBelow(volume, 0), !isFull, let (lane, segment) = try Self.first(of: rest) {
                if planned.contains(segment.path) { lane.removeNext() } else { take(segment, from: lane) }
            }
            if isBelow(volume, 0), !isFull { plan.exhaustedVolumes.insert(volume.id) }
        }
    }

    private func isBelow(_ volume: VolumeRoom, _ headroom: Int64) -> Bool {
        volume.freeBytes + freedByDevice[volume.device, default: 0] < volume.floorBytes + headroom
    }

    /// Lowest priority first, then the oldest.
    private static func first(of lanes: [Lane]) throws -> (Lane, Segment)? {
        var best: (lane: Lane, segment: Segment)?
        for lane in lanes {
            guard let segment = try lane.next() else { continue }
            if let best,
                (best.lane.priority, best.segment.to, best.segment.path) < (lane.priority, segment.to, segment.path)
            {
                continue
            }
            best = (lane, segment)
        }
        return best
    }

    private mutating func take(_ segment: Segment, from lane: Lane) {
        lane.removeNext()
        plan.deletions[segment.cameraId, default: []].append(segment.path)
        plan.bytes += segment.bytes
        plan.count += 1
        freedByDevice[devices[lane.volume] ?? 0, default: 0] += segment.bytes
        freedByCamera[segment.cameraId, default: 0] += segment.bytes
    }
}
