import Domain
import Glibc
import Synchronization

/// Which volume a camera is written to.
extension RecordingVolumes {
    /// What a segment is expected to take: spreads cameras that begin at the same moment.
    private static let segmentBytes = 64 << 20

    /// Makes all volumes ready, once; one that isn't there is tried again later.
    func prepare() {
        let prepares = state.withLock { state in
            defer { state.isPrepared = true }
            return !state.isPrepared
        }
        guard prepares else { return }
        for volume in desks.indices {
            do throws(FileFailure) {
                try folder.prepare(desks[volume].id)
                look(volume)
            } catch {
                guard volume > 0 else {
                    reportWrite(error, volume)
                    continue
                }
                report(error, volume) { $0.missing = error }
            }
        }
    }

    private var folder: VolumeFolder {
        VolumeFolder(layout: layout, files: files, sharing: settings.sharingVolumes)
    }

    /// Takes note of a volume's room; blocks.
    func look(_ volume: Int) {
        let free = try? files.freeBytes(desks[volume].root)
        let total = try? files.totalBytes(desks[volume].root)
        state.withLock { state in
            state.volumes[volume].freeBytes = free
            state.volumes[volume].totalBytes = total
            state.volumes[volume].lookedAt = clock.monotonic()
        }
    }

    /// Looks at a volume that nothing is written to: others may have made room there. Blocks.
    func lookAgain(_ volume: Int) {
        let now = clock.monotonic()
        let isDue = state.withLock { state in
            let present = state.volumes[volume]
            return present.isHealthy && now - (present.lookedAt ?? .zero) >= Self.lookInterval
        }
        if isDue { look(volume) }
    }

    private static let lookInterval = Duration.seconds(5)

    /// Another volume that works.
    static func other(than volume: Int, _ state: State) -> Int? {
        guard state.volumes.count > 1 else { return nil }
        return best(state, except: volume)
    }

    /// The volume for a camera's next segment: the one that it is given; without one, or where that fails or is full, among those that work and have room, the one that has been given the least
    /// for its size.
    ///
    /// - Parameter camera: the index of the one that it is for.
    static func best(_ state: State, for camera: Int? = nil, except: Int? = nil) -> Int? {
        let healthy = state.volumes.indices.filter { $0 != except && state.volumes[$0].isHealthy }
        func room(_ volume: Int, _ bytes: Int) -> Bool { state.volumes[volume].freeBytes.map { $0 >= bytes } ?? true }
        var candidates = healthy.filter { room($0, max(state.volumes[$0].floorBytes, SegmentWriter.roomToBegin)) }
        if candidates.isEmpty { candidates = healthy.filter { room($0, SegmentWriter.roomToBegin) } }
        guard candidates.count > 1 else { return candidates.first }
        if let camera, let given = state.preferred[state.queues[camera].lane.cameraId], candidates.contains(given) {
            return given
        }
        var cameras = [Int](repeating: 0, count: state.volumes.count)
        for queue in state.queues where queue.lane.index != camera { cameras[queue.volume] += 1 }
        func load(_ volume: Int) -> Double {
            let given = Double(state.volumes[volume].writtenBytes + cameras[volume] * segmentBytes)
            return given / Double(max(1, state.volumes[volume].totalBytes ?? 1 << 40))
        }
        return candidates.min { load($0) < load($1) }
    }

    /// Marks volumes whose calls don't come back.
    ///
    /// - Returns: those that were well before.
    func noteHangs(_ state: inout State, now: Duration) -> [Int] {
        var found: [Int] = []
        for volume in state.volumes.indices where !state.volumes[volume].hangs {
            let since = [state.volumes[volume].writingSince, state.volumes[volume].syncingSince].compactMap { $0 }.min()
            guard let since, now - since > settings.hangLimit else { continue }
            if state.volumes[volume].isHealthy { found.append(volume) }
            state.volumes[volume].hangs = true
            state.volumes[volume].retryAt = now + settings.retryAfter
        }
        return found
    }

    /// Takes a camera from a volume that hangs. What waits for it is lost and counted; its segment is closed when the
    /// volume works again, or by the next start.
    func takeAway(_ lane: CameraLane, from: Int, to: Int, _ state: inout State) {
        let dropped = state.queues[lane.index].dropAll()
        lane.dropped.add(dropped.count, ordering: .relaxed)
        lane.waitingBytes.subtract(dropped.bytes, ordering: .relaxed)
        state.volumes[from].waitingBytes -= dropped.bytes
        if var writer = state.queues[lane.index].writer {
            writer.letGo()
            state.volumes[from].settling += writer.takeEnded()
            state.queues[lane.index].writer = writer
        } else {
            // The thread that has the writer finds out when its call comes back.
            lane.generation.add(1, ordering: .acquiringAndReleasing)
            let past = state.queues[lane.index].past
            state.queues[lane.index].writer = SegmentWriter(
                lane: lane,
                past: past,
                layout: layout,
                files: files,
                clock: clock
            )
        }
        state.number += 1
        let gap = WriterCommand.gapBegins(reason: .disk, detail: "the disk doesn't answer")
        state.queues[lane.index].append(gap, number: state.number)
        state.queues[lane.index].volume = to
    }

    /// Tries a volume again that failed and that nothing is written to; blocks.
    func retry(_ volume: Int) {
        let now = clock.monotonic()
        let isDue = state.withLock { state in
            let present = state.volumes[volume]
            guard !present.isHealthy, now >= present.retryAt, present.writingSince == nil, present.syncingSince == nil
            else { return false }
            // The only volume is tried by its cameras at each key frame.
            let isUsed =
                state.volumes.count == 1
                || state.queues.contains { $0.volume == volume && $0.writer?.isOpen != false }
            state.volumes[volume].retryAt = now + settings.retryAfter
            return present.missing != nil || present.hangs || !isUsed
        }
        guard isDue else { return }
        let desk = desks[volume]
        do throws(FileFailure) {
            try folder.prepare(desk.id)
            let (floor, wasFull) = state.withLock {
                ($0.volumes[volume].floorBytes, $0.volumes[volume].writeFailure?.isFull == true)
            }
            if wasFull, try files.freeBytes(desk.root) < max(floor, SegmentWriter.roomToBegin) { return }
            let path = desk.root + "/.probe"
            let file = try files.open(path)
            defer { try? files.remove(path) }
            try file.append([UInt8](repeating: 0x55, count: 4096))
            try file.sync()
            try files.syncVolume(desk.root)
            // What it held when it went away is closed before anything new is written there.
            // Not what is to be deleted: closed, it would pass for a segment whose file is lost.
            let settling = state.withLock { Set($0.volumes[volume].settling.map(\.name)) }
            let litter = state.withLock { Set($0.volumes[volume].litter) }
            let recovery = SegmentRecovery(layout: layout, files: files)
            let catalogue = RecordingCatalogue(layout: layout, files: files)
            for camera in try catalogue.cameras(volume: desk.id) {
                var changed: [SegmentName] = []
                try recovery.closeTails(cameraId: camera, volume: desk.id, changed: &changed) { name in
                    !settling.contains(name) && hasFinished(camera, name)
                        && !litter.contains(layout.segment(camera, name))
                        && !litter.contains(layout.journal(camera, name))
                }
            }
        } catch {
            report(error, volume) { $0.writeFailure = $0.writeFailure ?? error }
            return
        }
        look(volume)
        settle(volume)
        clear(volume) {
            $0.missing = nil
            $0.writeFailure = nil
            $0.syncFailure = nil
            $0.hangs = false
        }
    }
}
