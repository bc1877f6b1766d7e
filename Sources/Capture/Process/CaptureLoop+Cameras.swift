import Domain
import Foundation
import Logging
import Recording

#if canImport(Glibc)
    import Glibc
#endif

/// Which cameras there are, which of them a process of its own records, and what they all do together.
extension CaptureLoop {
    func add(_ camera: CapturedCamera) {
        guard !leaving.contains(where: { $0.cameraId == camera.id }),
            !leavingIsolated.contains(where: { $0.cameraId == camera.id })
        else {
            waiting.append(camera)
            return
        }
        if !owner.isolateCommand.isEmpty, marker.isolated[camera.id] != nil {
            let child = IsolatedCamera(
                cameraId: camera.id,
                command: owner.isolateCommand,
                wall: clock.now(),
                logger: logger
            )
            isolated[camera.id] = child
            child.tick(now: clock.monotonic())
            link.send(child.status)
            return
        }
        let mailbox = mailbox
        let capture = CameraCapture(
            camera,
            isPermitted: PermittedHours(timeZone: configuration.timeZone)
                .allow(permits.platform(camera.platform), at: clock.now()),
            volume: volume,
            feed: feed,
            gate: gate,
            permits: permits,
            knock: knock,
            marker: marker,
            clock: clock,
            logger: logger,
            onChange: { status in mailbox.leave { $0.changed.insert(status.cameraId) } }
        )
        capture.setPaused(paused.contains(camera.id))
        cameras[camera.id] = capture
        link.send(capture.shared.status)
    }

    func reload() {
        let new: CaptureConfiguration
        do throws(CaptureError) {
            new = try Self.load(file, owner)
        } catch {
            logger.error("the old configuration stays", metadata: ["detail": "\(error)"])
            return
        }
        let difference = ConfigurationDifference(from: configuration, to: new)
        configuration = new
        // Before the cameras that need them.
        permits.configure(new.platforms ?? [])
        for id in difference.removed {
            waiting.removeAll { $0.id == id }
            if let child = isolated.removeValue(forKey: id) { release(child) }
            guard let camera = cameras.removeValue(forKey: id) else { continue }
            camera.stop(reason: .paused)
            leaving.append(camera)
        }
        for camera in difference.reconnected + difference.updated {
            if let index = waiting.firstIndex(where: { $0.id == camera.id }) { waiting[index] = camera }
            cameras[camera.id]?.apply(camera)
        }
        for camera in difference.reconnected {
            // Another stream stands behind the name: it is no longer suspected of anything.
            guard let child = isolated.removeValue(forKey: camera.id) else { continue }
            marker.release(camera.id)
            release(child)
            waiting.append(camera)
        }
        for child in isolated.values { child.send(.reload) }
        configureParts()
        for camera in difference.added { add(camera) }
        logger.notice(
            "configuration read again",
            metadata: [
                "added": "\(difference.added.count)", "removed": "\(difference.removed.count)",
                "reconnected": "\(difference.reconnected.count)", "updated": "\(difference.updated.count)",
            ]
        )
    }

    /// Tells the parts that look at all cameras. Segment length and sync beat of a running volume stay as they are.
    func configureParts() {
        let cameras = configuration.cameras
        permits.configure(configuration.platforms ?? [])
        space.configure(
            floorBytes: configuration.recording.freeSpaceFloorBytes,
            floors: Dictionary(
                configuration.recording.volumes.map { ($0.id, configuration.recording.floorBytes(ofVolume: $0.id)) },
                uniquingKeysWith: { first, _ in first }
            ),
            priorities: Dictionary(cameras.map { ($0.id, $0.record.priority) }, uniquingKeysWith: { first, _ in first })
        )
        let analysed = cameras.filter { isolated[$0.id] == nil }.map {
            AnalysedCamera(id: $0.id, zones: $0.zones, activity: $0.record.activity)
        }
        feed.configure(analysed, isOn: configuration.analyse)
        volume.setFloor(
            Int(clamping: configuration.recording.freeSpaceFloorBytes),
            floors: Dictionary(
                configuration.recording.volumes.map {
                    ($0.id, Int(clamping: configuration.recording.floorBytes(ofVolume: $0.id)))
                },
                uniquingKeysWith: { first, _ in first }
            )
        )
        volume.setPreferredVolumes(
            Dictionary(cameras.compactMap { camera in camera.record.volume.map { (camera.id, $0) } }) { first, _ in
                first
            }
        )
        for camera in cameras { volume.setPriority(camera.record.priority, cameraId: camera.id) }
        worker.isOn = configuration.analyse
    }

    /// Of the cameras of all shards whose configuration lies in `folder`.
    static func priorities(in folder: URL) -> [String: Int] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        var priorities: [String: Int] = [:]
        for name in names where name.hasSuffix(".json") && !name.hasPrefix(".") {
            let configuration = try? CaptureConfiguration.load(from: folder.appending(path: name))
            for camera in configuration?.cameras ?? [] { priorities[camera.id] = camera.record.priority }
        }
        return priorities
    }

    /// The volumes as this process sees them.
    var volumeFacts: [VolumeFacts] {
        volume.statuses().map { status in
            let floor = configuration.recording.floorBytes(ofVolume: status.id)
            var state = VolumeFacts.State(rawValue: status.state.rawValue) ?? .failing
            if state == .ok, space.isPausing, let free = status.freeBytes, free < floor { state = .full }
            return VolumeFacts(
                id: status.id,
                path: status.path,
                state: state,
                totalBytes: Int64(status.totalBytes ?? 0),
                freeBytes: Int64(status.freeBytes ?? 0),
                floorBytes: floor,
                detail: status.failure?.description ?? sharedDisks[status.id]
            )
        }
    }

    /// Says of volumes that lie on the same disk as the first one although the site doesn't say that they may: a disk that
    /// was used before may have been copied there, or they are of a version that didn't ask.
    func warnOfSharedDisks() {
        guard let main = Self.device(of: volume.layout.root) else { return }
        let sharing = volume.settings.sharingVolumes
        for (id, folder) in volume.layout.volumeFolders
        where Self.device(of: folder) == main && !sharing.contains(id) {
            sharedDisks[id] = "on the same disk as the main volume: if it is to be a disk of its own, it isn't mounted"
            logger.warning(
                "a recording volume lies on the same disk as the first one; is it mounted?",
                metadata: ["volume": "\(id)", "path": "\(folder)"]
            )
        }
    }

    private static func device(of path: String) -> UInt64? {
        var facts = stat()
        return stat(path, &facts) == 0 ? UInt64(facts.st_dev) : nil
    }

    var isolatedCameras: [IsolatedCamera] { Array(isolated.values) + leavingIsolated }

    var statuses: [CameraStatus] {
        (cameras.values.map(\.shared.status) + isolated.values.map(\.status)).sorted { $0.cameraId < $1.cameraId }
    }

    /// Lets the process of an isolated camera end that is no longer wanted.
    func release(_ child: IsolatedCamera) {
        // First what it is to do without: its last gap then tells the right reason.
        child.send(.reload)
        child.stop()
        leavingIsolated.append(child)
    }

    /// Hands on what the processes of isolated cameras say, and takes note of their ends.
    func hearIsolated(now: Duration) {
        for child in isolatedCameras {
            let (events, end) = child.read(now: now, wall: clock.now())
            for (event, payload) in events {
                switch event {
                case .state(let status): link.send(status)
                case .observation(let observation): link.send(observation, picture: payload)
                case .picture(let cameraId, let requestId, let at):
                    link.sendPicture(cameraId: cameraId, requestId: requestId, at: at, jpeg: payload)
                case .hello, .statistics: break
                }
            }
            if case .crashed = end { marker.isolationCrashed(child.cameraId, at: clock.now()) }
        }
    }

    func statistics(now: Duration) -> CaptureStatistics {
        var statistics = CaptureStatistics(
            cameras: cameras.mapValues(\.counters),
            workerRestarts: worker.restarts,
            workerDrops: feed.droppedPackets + worker.skippedPackets,
            freeBytes: space.freeBytes,
            diskFailing: volume.isFailing || space.isPausing,
            quarantined: worker.quarantinedCameras(now: now),
            droppedObservations: link.droppedObservations,
            clockSetBackAt: clockSetBackAt,
            volumes: volumeFacts
        )
        for (id, child) in isolated {
            statistics.workerRestarts += child.restarts
            guard let own = child.statistics else { continue }
            statistics.cameras[id] = own.cameras[id]
            statistics.workerDrops += own.workerDrops
            statistics.diskFailing = statistics.diskFailing || own.diskFailing
            statistics.quarantined = (statistics.quarantined ?? []) + (own.quarantined ?? [])
        }
        return statistics
    }
}
