package import Domain
package import FrameKernels

/// Judges one camera's pictures by the rules of its zones.
///
/// Takes small luma planes, as far apart as the key frames of the stream, and gives observations. Time is the media
/// time of the frames: silence between runs counts as little as possible. Pure; what it holds is bounded by the plane's
/// size.
package struct SceneJudge {
    private struct Rule {
        var zone: Int
        var rule: ZoneRule
        var motion: MotionJudge
        var motionId = ""
        var motionBox = PictureBox(x: 0, y: 0, width: 0, height: 0)
        /// By slot: the observation that began for the object, or nil.
        var stationary: [String?]
    }

    /// Share of the picture below which nothing stationary counts, unless the rule says otherwise.
    package static let smallestStill = 0.0008
    /// Share of the picture that must move, unless the rule says otherwise.
    package static let smallestMotion = 0.002

    package let camera: AnalysedCamera
    package let size: PlaneSize
    /// Pixels of the small plane that moved in the last frame, by the largest motion rule.
    package private(set) var movingPixels = 0
    /// The cells of the activity map in which something moved in the last frame; nil when that couldn't be judged, or
    /// isn't wanted.
    package private(set) var moved: ActivityGrid?
    /// Whether something moved in a zone with rules, or anywhere if all activity is wanted, in the last frame; nil when
    /// that couldn't be judged.
    package private(set) var isMoving: Bool?
    /// What the last frame did to the model.
    package private(set) var scene = BackgroundModel.Change()

    private let masks: [ZoneMask]
    private var rules: [Rule]
    /// The zones in which movement decides what is decoded next; empty for the whole picture.
    private let watched: [Int]
    private let mapsActivity: Bool
    private let judgesStill: Bool
    private var model: BackgroundModel
    private var tracker: StillObjectTracker
    private var moving: [UInt8]
    private var filter: MaskFilter
    private var finder: BlobFinder
    private var cells: ActivityCells
    private var lastTicks: Int64?
    private var lastAt: WallTime?
    /// Seconds of media time judged so far.
    private var clock = 0.0

    package init(camera: AnalysedCamera, size: PlaneSize) {
        self.camera = camera
        self.size = size
        masks = camera.zones.map { ZoneMask($0.polygon, size: size) }
        var rules: [Rule] = []
        for (index, zone) in camera.zones.enumerated() {
            for rule in zone.rules {
                rules.append(
                    Rule(
                        zone: index,
                        rule: rule,
                        motion: MotionJudge(after: rule.afterSeconds),
                        stationary: [String?](repeating: nil, count: StillObjectTracker.capacity + 1)
                    )
                )
            }
        }
        self.rules = rules
        let still = rules.filter { $0.rule.kind == .stationary }.map(\.rule)
        mapsActivity = camera.activity == true
        watched = mapsActivity ? [] : Array(Set(rules.map(\.zone))).sorted()
        cells = ActivityCells(size: size)
        judgesStill = !still.isEmpty
        model = BackgroundModel(size: size)
        var settings = StillObjectTracker.Settings()
        // Objects are found early and then watched as a whole; rules wait for their own time.
        let shortest = still.map(\.afterSeconds).min() ?? 10
        settings.dwell = UInt32(max(1, min(shortest, 10)) * 1000)
        let smallest = still.map { $0.minimumArea ?? Self.smallestStill }.min() ?? Self.smallestStill
        settings.smallest = max(12, Int(smallest * Double(size.pixels)))
        tracker = StillObjectTracker(size: size, settings: settings)
        moving = [UInt8](repeating: 0, count: size.pixels)
        filter = MaskFilter(size: size)
        finder = BlobFinder(size: size)
    }

    /// The next frame belongs to another run: its ticks don't continue those of the frames before.
    package mutating func beginRun() {
        lastTicks = nil
    }

    /// Ends everything that has begun, at the time of the last frame.
    package mutating func finish() -> [Observation] {
        guard let at = lastAt else { return [] }
        let ticks = lastTicks ?? 0
        var found: [Observation] = []
        for object in tracker.reset() { end(object, ticks: ticks, at: at, &found) }
        for index in rules.indices where rules[index].rule.kind == .motion {
            guard rules[index].motion.stop() == .end else { continue }
            found.append(motion(rules[index], .end, area: 0, ticks: ticks, at: at))
        }
        return found
    }

    /// Judges a frame.
    ///
    /// - Parameters:
    ///   - plane: The small plane.
    ///   - ticks: Its media time on its run, in 1/90,000 s.
    ///   - at: Its wall time.
    /// - Returns: What began or ended; empty most of the time.
    package mutating func judge(_ plane: Span<UInt8>, ticks: Int64, at: WallTime) -> [Observation] {
        moved = nil
        isMoving = nil
        guard let elapsed = elapsedMilliseconds(ticks: ticks, at: at) else { return [] }
        let isNewRun = lastTicks == nil
        lastTicks = ticks
        lastAt = at
        clock += Double(elapsed) / 1000
        let owners = tracker.owners
        scene = model.update(plane, elapsed: elapsed, pinned: owners.span)
        var found: [Observation] = []
        if judgesStill {
            judgeStill(ticks: ticks, at: at, &found)
        }
        judgeMotion(isJudged: !scene.learning && !isNewRun, ticks: ticks, at: at, &found)
        return found
    }

    /// Milliseconds since the frame before, or nil for a frame that comes out of order.
    private func elapsedMilliseconds(ticks: Int64, at: WallTime) -> UInt32? {
        guard let lastTicks else {
            // Between runs only the wall clock tells, and it may have been set.
            guard let lastAt else { return 0 }
            return UInt32(clamping: min(max((at - lastAt).microseconds / 1000, 0), 5000))
        }
        let (difference, overflow) = ticks.subtractingReportingOverflow(lastTicks)
        guard !overflow, difference > -450_000 else { return 0 }
        guard difference > 0 else { return nil }
        return UInt32(clamping: difference / 90)
    }

    // MARK: - stationary

    private mutating func judgeStill(ticks: Int64, at: WallTime, _ found: inout [Observation]) {
        let change = tracker.update(&model, scene)
        for object in change.ended { end(object, ticks: ticks, at: at, &found) }
        if change.isStorm {
            for object in tracker.reset() { end(object, ticks: ticks, at: at, &found) }
            model.forget()
            return
        }
        guard !scene.restarted else { return }
        for object in tracker.objects where object.hiddenSince == nil {
            let age = model.clock &- object.restedAt
            for index in rules.indices where rules[index].rule.kind == .stationary {
                let rule = rules[index].rule
                guard rules[index].stationary[Int(object.slot)] == nil,
                    Double(age) >= rule.afterSeconds * 1000,
                    Double(object.area) >= (rule.minimumArea ?? Self.smallestStill) * Double(size.pixels) * 0.99,
                    isInside(object, zone: rules[index].zone)
                else { continue }
                let id = UUIDv7.make(at: at)
                rules[index].stationary[Int(object.slot)] = id
                found.append(observation(id, index, .begin, object, ticks: ticks, at: at))
            }
        }
    }

    private mutating func end(_ object: StillObject, ticks: Int64, at: WallTime, _ found: inout [Observation]) {
        for index in rules.indices where rules[index].rule.kind == .stationary {
            guard let id = rules[index].stationary[Int(object.slot)] else { continue }
            rules[index].stationary[Int(object.slot)] = nil
            found.append(observation(id, index, .end, object, ticks: ticks, at: at))
        }
    }

    /// Whether at least half of the object lies in the zone.
    private func isInside(_ object: StillObject, zone: Int) -> Bool {
        let mask = masks[zone].pixels
        var inside = 0
        for y in object.box.top..<object.box.bottom {
            for x in object.box.left..<object.box.right {
                let i = y &* size.width &+ x
                if tracker.owners[i] == object.slot, mask[i] != 0 { inside &+= 1 }
            }
        }
        return inside * 2 >= object.area
    }

    private func observation(
        _ id: String,
        _ index: Int,
        _ phase: Observation.Phase,
        _ object: StillObject,
        ticks: Int64,
        at: WallTime
    ) -> Observation {
        Observation(
            id: id,
            cameraId: camera.id,
            zoneId: camera.zones[rules[index].zone].id,
            kind: .stationary,
            phase: phase,
            box: fractions(object.box),
            confidence: object.confidence,
            mediaTicks: ticks,
            at: at,
            since: at - .milliseconds(Int64(model.clock &- object.restedAt)),
            classCode: rules[index].rule.classCode
        )
    }

    private func fractions(_ box: Blob) -> PictureBox {
        let width = Double(size.width)
        let height = Double(size.height)
        return PictureBox(
            x: Double(box.left) / width,
            y: Double(box.top) / height,
            width: Double(box.right - box.left) / width,
            height: Double(box.bottom - box.top) / height
        )
    }

    // MARK: - motion

    private mutating func judgeMotion(isJudged: Bool, ticks: Int64, at: WallTime, _ found: inout [Observation]) {
        if isJudged {
            // Taken out of self for the time of its use, which copies nothing.
            var mask: [UInt8] = []
            swap(&mask, &moving)
            var marks = mask.mutableSpan
            model.markMoving(into: &marks)
            filter.vote(&marks)
            finder.find(in: mask.span, smallest: max(6, Int(0.0003 * Double(size.pixels))))
            swap(&mask, &moving)
            if mapsActivity { moved = cells.grid(of: finder) }
            isMoving = Double(watchedArea) >= Self.smallestMotion * Double(size.pixels)
        }
        for index in rules.indices where rules[index].rule.kind == .motion {
            var area = 0
            if isJudged {
                let found = movingArea(zone: rules[index].zone)
                area = found.area
                if let box = found.box { rules[index].motionBox = box }
            }
            movingPixels = area
            let wanted = (rules[index].rule.minimumArea ?? Self.smallestMotion) * Double(size.pixels)
            switch rules[index].motion.judge(moves: area > 0 && Double(area) >= wanted, time: clock) {
            case .none: continue
            case .begin:
                rules[index].motionId = UUIDv7.make(at: at)
                found.append(motion(rules[index], .begin, area: area, ticks: ticks, at: at))
            case .end:
                found.append(motion(rules[index], .end, area: area, ticks: ticks, at: at))
            }
        }
    }

    /// Pixels of the moving blobs where movement matters.
    private var watchedArea: Int {
        guard !watched.isEmpty else { return finder.blobs.reduce(0) { $0 &+ $1.area } }
        var total = 0
        for blob in finder.blobs {
            for y in blob.top..<blob.bottom {
                for x in blob.left..<blob.right {
                    let i = y &* size.width &+ x
                    guard finder.labels[i] == blob.label else { continue }
                    for zone in watched where masks[zone].pixels[i] != 0 {
                        total &+= 1
                        break
                    }
                }
            }
        }
        return total
    }

    /// Pixels of the moving blobs within a zone, and the box around them.
    private func movingArea(zone: Int) -> (area: Int, box: PictureBox?) {
        let mask = masks[zone].pixels
        var total = 0
        var box = Blob.empty
        for blob in finder.blobs {
            var inside = 0
            for y in blob.top..<blob.bottom {
                for x in blob.left..<blob.right {
                    let i = y &* size.width &+ x
                    if mask[i] != 0, finder.labels[i] == blob.label { inside &+= 1 }
                }
            }
            guard inside > 0 else { continue }
            total += inside
            box.left = min(box.left, blob.left)
            box.top = min(box.top, blob.top)
            box.right = max(box.right, blob.right)
            box.bottom = max(box.bottom, blob.bottom)
        }
        return (total, total > 0 ? fractions(box) : nil)
    }

    private func motion(
        _ rule: Rule,
        _ phase: Observation.Phase,
        area: Int,
        ticks: Int64,
        at: WallTime
    ) -> Observation {
        Observation(
            id: rule.motionId,
            cameraId: camera.id,
            zoneId: camera.zones[rule.zone].id,
            kind: .motion,
            phase: phase,
            box: rule.motionBox,
            confidence: min(1, 0.5 + Double(area) / Double(max(1, size.pixels)) * 10),
            mediaTicks: ticks,
            at: at,
            since: at - .milliseconds(Int64(max(0, clock - rule.motion.since) * 1000)),
            classCode: rule.rule.classCode
        )
    }
}
