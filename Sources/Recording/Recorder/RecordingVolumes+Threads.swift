import Domain
import Foundation
import Synchronization

/// What the threads of a volume do.
extension RecordingVolumes {
    // MARK: - Writer

    func writeUntilStopped(_ volume: Int) {
        let desk = desks[volume]
        while true {
            _ = desk.work.wait(timeout: .now() + 1)
            writeWaiting(volume)
            if state.withLock({ $0.isStopping && $0.queues.allSatisfy { $0.isEmpty && $0.writer != nil } }) { break }
            retry(volume)
            lookAgain(volume)
        }
        // Another volume's writer may have handed a camera over.
        for other in desks where other !== desk { other.work.signal() }
        state.withLock { $0.volumes[volume].writerEnded = true }
        desks[volume].writerEnded.signal()
        desk.writerDone.signal()
    }

    /// Does all that waits for a volume.
    func writeWaiting(_ volume: Int) {
        while writeNext(volume) {}
    }

    /// Does the next thing that waits for a volume: what the most important camera with something to write has had waiting
    /// the longest.
    ///
    /// - Returns: false when nothing waits.
    func writeNext(_ volume: Int) -> Bool {
        let desk = desks[volume]
        if state.withLock({ state in
            defer { state.volumes[volume].needsExamination = false }
            return state.volumes[volume].needsExamination
        }) {
            examineAfterFailedSync(volume)
        }
        guard let (lane, command, taken) = take(volume) else { return false }
        var writer = taken
        var failure: FileFailure?
        do throws(FileFailure) {
            try writer.perform(command, on: desk.id, desk.epoch)
        } catch {
            failure = error
        }
        let isOpen = writer.isOpen
        let ended = writer.takeEnded()
        let litter = writer.takeLitter()
        let isCurrent = writer.isCurrent
        var tails: [SegmentTail] = []
        if !isCurrent {
            // The camera goes on elsewhere: what this writer has is closed, as far as that works.
            writer.letGo()
            tails = writer.takeEnded()
        }
        let bytes = command.fragmentBytes
        lane.waitingBytes.subtract(bytes, ordering: .relaxed)
        if case .state = command { lane.waitingNotes.subtract(1, ordering: .relaxed) }
        let hasUnclosed = state.withLock { state in
            state.volumes[volume].writingSince = nil
            state.volumes[volume].isUnsynced = true
            state.volumes[volume].waitingBytes -= bytes
            if failure == nil { state.volumes[volume].writtenBytes += bytes }
            state.volumes[volume].settling += ended + tails
            let surplus = state.volumes[volume].settling.count - VolumeState.maximumSettling
            if surplus > 0 { state.volumes[volume].settling.removeFirst(surplus) }
            if isCurrent {
                state.queues[lane.index].past = writer.resumption
                state.queues[lane.index].writer = writer
            }
            state.volumes[volume].litter += litter.prefix(
                VolumeState.maximumLitter - state.volumes[volume].litter.count
            )
            return !state.volumes[volume].litter.isEmpty || state.volumes[volume].settling.contains(where: \.isPending)
        }
        if !litter.isEmpty { sweep(volume) }
        if let failure {
            if isCurrent { reportWrite(failure, volume) }
        } else if bytes > 0, isOpen {
            clear(volume) {
                $0.writeFailure = nil
                $0.hangs = false
            }
            if hasUnclosed { settle(volume) }
        }
        return true
    }

    /// Takes the next command of a volume and its camera's writer. A camera whose next segment belongs to another volume
    /// is handed over instead.
    private func take(_ volume: Int) -> (CameraLane, WriterCommand, SegmentWriter)? {
        while true {
            var moved: (camera: String, to: Int, tells: Bool)?
            var wakes: Int?
            let now = hangClock.monotonic()
            let taken = state.withLock { state -> (CameraLane, WriterCommand, SegmentWriter)? in
                var found: (index: Int, priority: Int, oldest: Int)?
                for index in state.queues.indices {
                    guard state.queues[index].volume == volume, state.queues[index].writer != nil,
                        let oldest = state.queues[index].oldest
                    else { continue }
                    let priority = state.queues[index].lane.priority.load(ordering: .relaxed)
                    if let best = found, (-best.priority, best.oldest) < (-priority, oldest) { continue }
                    found = (index, priority, oldest)
                }
                guard let index = found?.index else {
                    state.volumes[volume].isAwake = false
                    return nil
                }
                if state.volumes.count > 1, case .openSegment? = state.queues[index].next,
                    let best = Self.best(state, for: index), best != volume
                {
                    let bytes = state.queues[index].waitingBytes
                    state.volumes[volume].waitingBytes -= bytes
                    state.volumes[best].waitingBytes += bytes
                    state.queues[index].volume = best
                    moved = (state.queues[index].lane.cameraId, best, !state.volumes[volume].isHealthy)
                    wakes = Self.wake(best, &state)
                    return nil
                }
                guard let command = state.queues[index].removeFirst(), let writer = state.queues[index].writer else {
                    return nil
                }
                state.queues[index].writer = nil
                state.volumes[volume].writingSince = now
                return (state.queues[index].lane, command, writer)
            }
            if let wakes { desks[wakes].work.signal() }
            guard let moved else { return taken }
            if moved.tells {
                onEvent(.moved(cameraId: moved.camera, from: desks[volume].id, to: desks[moved.to].id))
            }
        }
    }

    // MARK: - Beat

    func beatUntilStopped(_ volume: Int) {
        while true {
            // The writer's end is the only thing that wakes it before its time.
            _ = desks[volume].writerEnded.wait(
                timeout: .now() + .microseconds(Int(clamping: settings.syncBeat.microseconds))
            )
            let isLast = state.withLock { $0.volumes[volume].writerEnded }
            beat(volume)
            if isLast { break }
        }
        desks[volume].beatDone.signal()
    }

    /// One sync of a volume, if something was written.
    func beat(_ volume: Int) {
        let desk = desks[volume]
        let now = hangClock.monotonic()
        let begun = state.withLock { state -> Int? in
            guard state.volumes[volume].isUnsynced, state.volumes[volume].missing == nil else { return nil }
            state.volumes[volume].isUnsynced = false
            state.volumes[volume].syncingSince = now
            return desk.epoch.begin()
        }
        guard let begun else { return }
        do throws(FileFailure) {
            try files.syncVolume(desk.root)
        } catch {
            // What was written may be lost although it reads back well: the writer finds out which files were hit, and
            // every camera goes on in a new one.
            let wakes = state.withLock { state in
                state.volumes[volume].syncingSince = nil
                state.volumes[volume].isUnsynced = true
                state.volumes[volume].needsExamination = true
                for queue in state.queues where queue.volume == volume {
                    queue.lane.wantsRotation.store(true, ordering: .relaxed)
                }
                return Self.wake(volume, &state)
            }
            report(error, volume) { $0.syncFailure = error }
            if wakes != nil { desk.work.signal() }
            return
        }
        desk.epoch.end(begun)
        // Their files are closed when this goes, not under the lock.
        var durable: [SegmentTail] = []
        clear(volume) {
            $0.syncingSince = nil
            $0.syncFailure = nil
            if $0.writingSince == nil { $0.hangs = false }
            let isDone = { (tail: SegmentTail) in tail.isDurable(below: begun) }
            durable = $0.settling.filter(isDone)
            $0.settling.removeAll(where: isDone)
        }
        durable.removeAll()
        look(volume)
    }

    // MARK: - After failures

    /// A sync failed: looks at every segment that it should have covered.
    private func examineAfterFailedSync(_ volume: Int) {
        let desk = desks[volume]
        let count = state.withLock { $0.queues.count }
        for index in 0..<count {
            let taken = state.withLock { state -> SegmentWriter? in
                guard state.queues[index].volume == volume, let writer = state.queues[index].writer else { return nil }
                state.queues[index].writer = nil
                return writer
            }
            guard var writer = taken else { continue }
            let cut = writer.examineAfterFailedSync(on: desk.id, desk.epoch)
            let ended = writer.takeEnded()
            let isCurrent = writer.isCurrent
            state.withLock { state in
                state.volumes[volume].settling += ended
                guard isCurrent else { return }
                state.queues[index].past = writer.resumption
                state.queues[index].writer = writer
            }
            if let cut { onEvent(.tailLost(cameraId: writer.lane.cameraId, segment: cut)) }
        }
        var tails = state.withLock { state in
            defer { state.volumes[volume].settling = [] }
            return state.volumes[volume].settling
        }
        for index in tails.indices where !tails[index].isDurable(below: desk.epoch.durableBelow) {
            let (lane, name, end) = (tails[index].lane, tails[index].name, tails[index].last.end)
            let examined = tails[index].examine(desk.epoch, isOpen: false, layout: layout, files)
            guard case .ended(let from?) = examined else { continue }
            let gap = GapRecord(from: from, to: end, reason: .disk, detail: "a sync failed")
            _ = enqueue(.tailLost(gap, name), lane)
            onEvent(.tailLost(cameraId: lane.cameraId, segment: name))
        }
        tails.removeAll { $0.isDurable(below: 1) }
        state.withLock { $0.volumes[volume].settling = tails + $0.volumes[volume].settling }
    }

    /// Deletes what is left of segments that could not be begun.
    private func sweep(_ volume: Int) {
        let litter = state.withLock { state in
            defer { state.volumes[volume].litter = [] }
            return state.volumes[volume].litter
        }
        var left: [String] = []
        for path in litter {
            do throws(FileFailure) {
                if try files.size(path) != nil { try files.remove(path) }
            } catch {
                left.append(path)
            }
        }
        state.withLock { $0.volumes[volume].litter += left }
    }

    /// Does what could not be done to segments that ended, as their closing lines.
    func settle(_ volume: Int) {
        sweep(volume)
        var tails = state.withLock { state in
            defer { state.volumes[volume].settling = [] }
            return state.volumes[volume].settling
        }
        for index in tails.indices where tails[index].isPending {
            if tails[index].retry(desks[volume].epoch) != nil { break }
        }
        state.withLock {
            $0.volumes[volume].settling = tails + $0.volumes[volume].settling
            $0.volumes[volume].isUnsynced = true
        }
    }
}
