/// What waits for the analyse worker: frames, already encoded, in the order in which they are to be written.
///
/// Bounded to `limitBytes` of packets. When it is full, what was sent for the weakest cause goes first, of that what
/// belongs to the cameras of the lowest priority, and of those to the one with the most bytes waiting: so one busy
/// camera can't take the others' place. What lies between the key frames of a group goes as a whole, since nothing can
/// be decoded behind a gap, and its key frame only with the last class. Every packet dropped is counted by camera.
/// Streams and pictures asked for are few and small, and bounded by the number of cameras and `pictureLimit`. Pure.
struct WorkerQueue: Sendable {
    /// What is dropped first: the smallest.
    struct Rank: Sendable, Hashable, Comparable {
        /// 0: audits and chance, 1: what is known to move, 2: what only whole groups show, 3: key frames.
        var level: Int
        /// The camera's priority, 0–9.
        var camera: Int

        init(level: Int, camera: Int) {
            self.level = level
            self.camera = camera
        }

        init(cause: AnalysisSampler.Cause, camera: Int) {
            let level =
                switch cause {
                case .audit, .unpredicted: 0
                case .active: 1
                case .longGroup, .sizes, .viewer: 2
                case .keyFrame: 3
                }
            self.init(level: level, camera: camera)
        }

        static let keyLevel = 3

        static func < (left: Rank, right: Rank) -> Bool { (left.level, left.camera) < (right.level, right.camera) }
    }

    enum Kind: Sendable, Equatable {
        /// Configuration and other orders: never dropped.
        case order
        case stream(camera: String)
        case packet(camera: String, group: Int, rank: Rank)
        case picture(camera: String)
    }

    struct Entry: Sendable, Equatable {
        var kind: Kind
        var bytes: [UInt8]
    }

    static let pictureLimit = 64

    private struct Camera {
        /// Counts groups of pictures; a packet belongs to the group of the key frame before it.
        var group = 0
        /// False after a drop until the next key frame.
        var accepts = false
        var bytes = 0
        var dropped = 0
    }

    private let limitBytes: Int
    private var entries: [Entry] = []
    private var start = 0
    private var cameras: [String: Camera] = [:]
    private var pictures = 0
    private(set) var packetBytes = 0
    private(set) var droppedPackets = 0

    init(limitBytes: Int) {
        self.limitBytes = limitBytes
    }

    var isEmpty: Bool { start == entries.count }

    mutating func order(_ bytes: [UInt8]) {
        entries.append(Entry(kind: .order, bytes: bytes))
    }

    /// A new stream of a camera: what waits of the stream before is worth nothing any more.
    mutating func stream(camera: String, _ bytes: [UInt8]) {
        removeAll { kind in
            switch kind {
            case .stream(let other): other == camera
            case .packet(let other, _, _): other == camera
            default: false
            }
        }
        cameras[camera, default: Camera()].accepts = false
        entries.append(Entry(kind: .stream(camera: camera), bytes: bytes))
    }

    /// How full it is, in 1/1024.
    var pressure: Int { packetBytes * 1024 / max(1, limitBytes) }

    func droppedPackets(of camera: String) -> Int { cameras[camera]?.dropped ?? 0 }

    /// - Returns: false when the packet was dropped.
    @discardableResult
    mutating func packet(camera: String, key: Bool, rank: Rank, _ bytes: [UInt8]) -> Bool {
        var state = cameras[camera] ?? Camera()
        if key {
            state.group += 1
            state.accepts = true
        }
        cameras[camera] = state
        guard state.accepts, bytes.count <= limitBytes, makeRoom(for: bytes.count, rank: rank),
            // What had to go may have been this packet's own group.
            cameras[camera]?.accepts == true
        else {
            cameras[camera]?.accepts = false
            cameras[camera]?.dropped += 1
            droppedPackets += 1
            return false
        }
        entries.append(Entry(kind: .packet(camera: camera, group: state.group, rank: rank), bytes: bytes))
        packetBytes += bytes.count
        cameras[camera]?.bytes += bytes.count
        return true
    }

    /// - Returns: false when too many pictures are waited for already.
    mutating func picture(camera: String, _ bytes: [UInt8]) -> Bool {
        guard pictures < Self.pictureLimit else { return false }
        pictures += 1
        entries.append(Entry(kind: .picture(camera: camera), bytes: bytes))
        return true
    }

    /// Takes the next frame out.
    mutating func next() -> Entry? {
        guard start < entries.count else { return nil }
        let entry = entries[start]
        entries[start].bytes = []
        start += 1
        if start == entries.count {
            entries.removeAll(keepingCapacity: true)
            start = 0
        } else if start >= 256 {
            entries.removeFirst(start)
            start = 0
        }
        forget(entry)
        return entry
    }

    /// Empties the queue, as before a new worker is told everything from the start.
    mutating func reset() {
        removeAll { _ in true }
        for camera in cameras.keys { cameras[camera]?.accepts = false }
    }

    /// Forgets a camera that was removed.
    mutating func remove(camera: String) {
        removeAll { kind in
            switch kind {
            case .stream(let other), .packet(let other, _, _), .picture(let other): other == camera
            case .order: false
            }
        }
        cameras[camera] = nil
    }

    /// - Returns: false when what waits is worth more than what comes.
    private mutating func makeRoom(for bytes: Int, rank: Rank) -> Bool {
        while packetBytes + bytes > limitBytes {
            guard let victim = weakest, victim.rank <= rank else { return false }
            let isWhole = victim.rank.level == Rank.keyLevel
            removeAll { kind in
                guard case .packet(victim.camera, victim.group, let rank) = kind else { return false }
                return isWhole || rank.level < Rank.keyLevel
            }
            if cameras[victim.camera]?.group == victim.group { cameras[victim.camera]?.accepts = false }
        }
        return true
    }

    /// The oldest group of the lowest rank, of the camera with the most bytes waiting.
    private var weakest: (rank: Rank, camera: String, group: Int)? {
        var found: (rank: Rank, camera: String, group: Int)?
        for entry in entries[start...] {
            guard case .packet(let camera, let group, let rank) = entry.kind else { continue }
            guard let best = found else {
                found = (rank, camera, group)
                continue
            }
            if rank < best.rank
                || (rank == best.rank && cameras[camera]?.bytes ?? 0 > cameras[best.camera]?.bytes ?? 0)
            {
                found = (rank, camera, group)
            }
        }
        return found
    }

    private mutating func removeAll(where isUnwanted: (Kind) -> Bool) {
        var kept: [Entry] = []
        kept.reserveCapacity(entries.count - start)
        for entry in entries[start...] {
            guard isUnwanted(entry.kind) else {
                kept.append(entry)
                continue
            }
            forget(entry)
            if case .packet(let camera, _, _) = entry.kind {
                droppedPackets += 1
                cameras[camera]?.dropped += 1
            }
        }
        entries = kept
        start = 0
    }

    private mutating func forget(_ entry: Entry) {
        switch entry.kind {
        case .packet(let camera, _, _):
            packetBytes -= entry.bytes.count
            cameras[camera]?.bytes -= entry.bytes.count
        case .picture: pictures -= 1
        case .order, .stream: break
        }
    }
}
