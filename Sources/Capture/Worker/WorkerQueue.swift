/// What waits for the analyse worker: frames, already encoded, in the order in which they are to be written.
///
/// Bounded to `limitBytes` of packets. When it is full, the oldest group of pictures goes, whichever camera it belongs
/// to: a group that has lost a packet is worth nothing after that packet. Every packet dropped is counted. Streams and
/// pictures asked for are few and small, and bounded by the number of cameras and `pictureLimit`. Pure.
struct WorkerQueue: Sendable {
    enum Kind: Sendable, Equatable {
        /// Configuration and other orders: never dropped.
        case order
        case stream(camera: String)
        case packet(camera: String, group: Int)
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
            case .packet(let other, _): other == camera
            default: false
            }
        }
        cameras[camera, default: Camera()].accepts = false
        entries.append(Entry(kind: .stream(camera: camera), bytes: bytes))
    }

    /// - Returns: false when the packet was dropped.
    @discardableResult
    mutating func packet(camera: String, key: Bool, _ bytes: [UInt8]) -> Bool {
        var state = cameras[camera] ?? Camera()
        if key {
            state.group += 1
            state.accepts = true
        }
        cameras[camera] = state
        guard state.accepts, bytes.count <= limitBytes else {
            cameras[camera]?.accepts = false
            droppedPackets += 1
            return false
        }
        while packetBytes + bytes.count > limitBytes, dropOldestGroup() {}
        // The oldest group may have been this packet's own.
        guard cameras[camera]?.accepts == true else {
            droppedPackets += 1
            return false
        }
        entries.append(Entry(kind: .packet(camera: camera, group: state.group), bytes: bytes))
        packetBytes += bytes.count
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
            case .stream(let other), .packet(let other, _), .picture(let other): other == camera
            case .order: false
            }
        }
        cameras[camera] = nil
    }

    private mutating func dropOldestGroup() -> Bool {
        for entry in entries[start...] {
            guard case .packet(let camera, let group) = entry.kind else { continue }
            removeAll { $0 == .packet(camera: camera, group: group) }
            if cameras[camera]?.group == group { cameras[camera]?.accepts = false }
            return true
        }
        return false
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
            if case .packet = entry.kind { droppedPackets += 1 }
        }
        entries = kept
        start = 0
    }

    private mutating func forget(_ entry: Entry) {
        switch entry.kind {
        case .packet: packetBytes -= entry.bytes.count
        case .picture: pictures -= 1
        case .order, .stream: break
        }
    }
}
