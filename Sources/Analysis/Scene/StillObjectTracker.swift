import FrameKernels

/// Finds what came to rest in the picture, keeps it apart from what was always there, and notices when it goes.
///
/// Pure and bounded: at most `capacity` objects at a time; what stands still beyond that becomes background. After
/// `init` nothing is allocated for a frame in which nothing begins or ends.
struct StillObjectTracker {
    /// At most so many objects at a time; more are absorbed into the background and counted in `overflow`.
    static let capacity = 32

    struct Settings {
        /// How long something must stand to become an object, in milliseconds.
        var dwell: UInt32 = 10_000
        /// Its smallest area in pixels of the small plane.
        var smallest = 60
        /// How long an object may be hidden before it counts as gone, in milliseconds.
        var hidden: UInt32 = 60_000
        /// After so long something still that is no object becomes background, in milliseconds.
        var absorb: UInt32 = 60_000
    }

    /// What a frame changed.
    struct Change {
        var began: [StillObject] = []
        var ended: [StillObject] = []
        /// So much came to rest at once that the scene itself must have changed: the model starts afresh.
        var isStorm = false
    }

    let settings: Settings
    private(set) var objects: [StillObject] = []
    /// Slot of the object that each pixel belongs to; 0 where there is none.
    private(set) var owners: [UInt8]
    /// Objects beyond the capacity.
    private(set) var overflow = 0
    /// Level of each owned pixel when its object came to rest, for the return after a scene change.
    private var levels: [UInt8]
    private var groups: [UInt8]
    private var mask: [UInt8]
    private var filter: MaskFilter
    private var finder: BlobFinder
    private var clusters: [Blob] = []
    private var clusterOf: [UInt8]
    /// The model's clock at the scene change that left the objects without a reference.
    private var suspendedAt: UInt32?
    /// Counts per slot: background, still, all.
    private var tally: [Int]

    init(size: PlaneSize, settings: Settings) {
        self.settings = settings
        let count = max(0, size.pixels)
        owners = [UInt8](repeating: 0, count: count)
        levels = owners
        groups = owners
        mask = owners
        filter = MaskFilter(size: size)
        finder = BlobFinder(size: size)
        clusterOf = [UInt8](repeating: 0, count: 4097)
        clusters.reserveCapacity(64)
        tally = [Int](repeating: 0, count: (Self.capacity + 1) * 3)
    }

    /// Judges the latest frame of `model`.
    mutating func update(_ model: inout BackgroundModel, _ scene: BackgroundModel.Change) -> Change {
        var change = Change()
        if scene.restarted {
            if suspendedAt == nil, !objects.isEmpty { suspendedAt = model.clock }
            if scene.learning, objects.isEmpty { return change }
        }
        if let since = suspendedAt {
            resume(&model, scene, since: since, &change)
            return change
        }
        follow(&model, &change)
        discover(&model, &change)
        return change
    }

    // MARK: - Objects that are known

    private mutating func follow(_ model: inout BackgroundModel, _ change: inout Change) {
        guard !objects.isEmpty else { return }
        for i in tally.indices { tally[i] = 0 }
        for i in owners.indices where owners[i] != 0 {
            let base = Int(owners[i]) &* 3
            tally[base &+ 2] &+= 1
            switch model.verdicts[i] {
            case BackgroundModel.Verdict.background: tally[base] &+= 1
            case BackgroundModel.Verdict.still: tally[base &+ 1] &+= 1
            default: break
            }
        }
        var index = 0
        while index < objects.count {
            let base = Int(objects[index].slot) * 3
            if isGone(&objects[index], background: tally[base], still: tally[base + 1], clock: model.clock) {
                let object = objects.remove(at: index)
                release(object, in: &model)
                change.ended.append(object)
            } else {
                index += 1
            }
        }
    }

    /// Whether the object has gone, from how many of its pixels show the background and how many still show it.
    private func isGone(_ object: inout StillObject, background: Int, still: Int, clock: UInt32) -> Bool {
        if still * 10 >= object.area * 3, still >= background {
            object.goneFrames = 0
            object.hiddenSince = nil
            return false
        }
        let hiddenSince = object.hiddenSince ?? clock
        object.hiddenSince = hiddenSince
        if background * 2 >= object.area {
            if object.goneFrames == 0 { object.goneSince = clock }
            object.goneFrames += 1
            return object.goneFrames >= 2 && clock &- object.goneSince >= 2000
        }
        object.goneFrames = 0
        return clock &- hiddenSince > settings.hidden
    }

    private mutating func release(_ object: StillObject, in model: inout BackgroundModel) {
        for i in owners.indices where owners[i] == object.slot {
            owners[i] = 0
            model.dropCandidate(i)
        }
    }

    /// After a scene change: waits for the former scene and then takes the objects up again that are still there.
    private mutating func resume(
        _ model: inout BackgroundModel,
        _ scene: BackgroundModel.Change,
        since: UInt32,
        _ change: inout Change
    ) {
        if scene.returned {
            suspendedAt = nil
            for i in owners.indices where owners[i] != 0 {
                guard let object = objects.first(where: { $0.slot == owners[i] }) else { continue }
                model.restoreCandidate(i, level: levels[i], dwell: model.clock &- object.restedAt)
            }
            for index in objects.indices {
                objects[index].goneFrames = 0
                objects[index].hiddenSince = nil
            }
        } else if model.clock &- since > model.settings.parking {
            suspendedAt = nil
            change.ended = objects
            objects.removeAll(keepingCapacity: true)
            for i in owners.indices { owners[i] = 0 }
        }
    }

    /// Ends everything: the camera's picture is another one.
    mutating func reset() -> [StillObject] {
        defer { objects.removeAll(keepingCapacity: true) }
        suspendedAt = nil
        for i in owners.indices { owners[i] = 0 }
        return objects
    }

    // MARK: - New ones

    private mutating func discover(_ model: inout BackgroundModel, _ change: inout Change) {
        // Taken out of self for the time of its use, which copies nothing.
        var mask: [UInt8] = []
        swap(&mask, &self.mask)
        var marks = mask.mutableSpan
        // Neighbours that will be ripe soon belong to the same thing.
        model.markStill(dwell: settings.dwell / 5 * 4, pinned: owners.span, into: &marks)
        filter.vote(&marks)
        finder.find(in: mask.span, smallest: max(6, settings.smallest / 8))
        swap(&mask, &self.mask)
        if !finder.blobs.isEmpty {
            gather(plane: model.size.pixels)
            let ripe = finder.blobs.reduce(0) { $0 + $1.area }
            let large = clusters.count { $0.area >= settings.smallest }
            if ripe * 4 > model.size.pixels || large > 12 {
                change.isStorm = true
                return
            }
            for index in clusters.indices { decide(index, &model, &change) }
        }
        model.absorb(olderThan: settings.absorb, pinned: owners.span)
    }

    /// Puts blobs that lie close together into one cluster: a bag on a patterned floor comes in pieces.
    private mutating func gather(plane: Int) {
        clusters.removeAll(keepingCapacity: true)
        for blob in finder.blobs {
            var merged = blob
            var number = UInt8(0)
            for index in clusters.indices where clusters[index].area > 0 && clusters[index].gap(to: merged) <= 3 {
                if number == 0 {
                    number = UInt8(index + 1)
                    merge(blob, into: index)
                    merged = clusters[index]
                } else {
                    // The blob bridges two clusters: the later one joins the earlier one.
                    merge(clusters[index], into: Int(number) - 1)
                    clusters[index].area = 0
                    for label in clusterOf.indices where clusterOf[label] == UInt8(index + 1) {
                        clusterOf[label] = number
                    }
                }
            }
            if number == 0, clusters.count < 250 {
                clusters.append(blob)
                number = UInt8(clusters.count)
            }
            clusterOf[Int(blob.label)] = number
        }
        for i in groups.indices { groups[i] = 0 }
        for blob in finder.blobs {
            let number = clusterOf[Int(blob.label)]
            for y in blob.top..<blob.bottom {
                for x in blob.left..<blob.right {
                    let i = y &* finder.size.width &+ x
                    if finder.labels[i] == blob.label { groups[i] = number }
                }
            }
        }
    }

    private mutating func merge(_ blob: Blob, into index: Int) {
        clusters[index].left = min(clusters[index].left, blob.left)
        clusters[index].top = min(clusters[index].top, blob.top)
        clusters[index].right = max(clusters[index].right, blob.right)
        clusters[index].bottom = max(clusters[index].bottom, blob.bottom)
        clusters[index].area += blob.area
    }

    private mutating func decide(_ index: Int, _ model: inout BackgroundModel, _ change: inout Change) {
        let cluster = clusters[index]
        guard cluster.area > 0 else { return }
        let group = UInt8(index + 1)
        let evidence = model.evidence(of: group, in: groups.span, box: cluster, dwell: settings.dwell)
        guard evidence.ripe * 2 >= evidence.area else { return }
        if let near = objects.firstIndex(where: { isPart(cluster, of: $0) }) {
            objects[near].adopt(cluster)
            objects[near].area += take(group, cluster, slot: objects[near].slot, &model)
            return
        }
        guard evidence.area >= settings.smallest else { return }
        let verdict = StillVerdict(evidence)
        guard verdict.isObject else {
            absorb(group, cluster, &model)
            return
        }
        guard let slot = (1...UInt8(Self.capacity)).first(where: { slot in !objects.contains { $0.slot == slot } })
        else {
            overflow += 1
            absorb(group, cluster, &model)
            return
        }
        var object = StillObject(
            slot: slot,
            box: cluster,
            area: 0,
            restedAt: model.clock &- evidence.dwell,
            confidence: verdict.confidence
        )
        object.area = take(group, cluster, slot: slot, &model)
        objects.append(object)
        change.began.append(object)
    }

    /// Whether a cluster is a piece of an object beside it, or the object itself after it moved a little (a bag that
    /// falls over, a person who shifts).
    private func isPart(_ cluster: Blob, of object: StillObject) -> Bool {
        let side = max(object.box.right - object.box.left, object.box.bottom - object.box.top)
        let gap = object.box.gap(to: cluster)
        if gap == 0, object.box.overlap(with: cluster) * 10 >= 3 { return true }
        if cluster.area * 3 <= object.area { return gap <= max(3, side / 4) }
        // Small things that stand together are one matter; cars that park side by side are two.
        return object.area < settings.smallest * 8 && cluster.area <= object.area * 3 && gap <= max(3, side / 2)
    }

    private mutating func take(_ group: UInt8, _ box: Blob, slot: UInt8, _ model: inout BackgroundModel) -> Int {
        var taken = 0
        for y in box.top..<box.bottom {
            for x in box.left..<box.right {
                let i = y &* model.size.width &+ x
                guard groups[i] == group, model.dwell(at: i) > 0 else { continue }
                owners[i] = slot
                levels[i] = model.candidateLevel(at: i)
                taken += 1
            }
        }
        return taken
    }

    private func absorb(_ group: UInt8, _ box: Blob, _ model: inout BackgroundModel) {
        for y in box.top..<box.bottom {
            for x in box.left..<box.right {
                let i = y &* model.size.width &+ x
                if groups[i] == group { model.absorb(i) }
            }
        }
    }
}
