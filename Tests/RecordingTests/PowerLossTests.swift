import Domain
import TestSupport
import Testing

@testable import Recording

@Suite("power loss")
struct PowerLossTests {
    /// 1,000 under `GRIDWATCH_SOAK`.
    static let instants = RecordingRig.seeds(75, many: 1000)

    @Test("at any instant at most two seconds are lost, nothing is claimed that isn't there, and all time is told of")
    func anyInstant() throws {
        var worst = Duration.zero
        for instant in Self.instants {
            var random = SeededRandom(seed: UInt64(instant) &* 1009)
            let rig = RecordingRig(disks: 1 + instant % 3, seed: UInt64(instant))
            let cameras = ["a": 9, "b": 5]
            try rig.begin(cameras)
            // Twice: the second time perhaps while the first is being recovered.
            for _ in 0..<2 {
                let disk = rig.disks[Int.random(in: 0..<rig.disks.count, using: &random)]
                let calls = disk.counts.changes + Int.random(in: 1..<400, using: &random)
                disk.setFaults { $0.powerEndsAt = calls }
                let began = rig.clock.now()
                rig.run(.seconds(12)) { !rig.isPowerGone }
                let gone = rig.clock.now()
                rig.cutPower()
                rig.clock.advance(by: .milliseconds(Int.random(in: 100..<5000, using: &random)))
                // The next start may be interrupted as well.
                let during = rig.disks[0].counts.changes + Int.random(in: 0..<12, using: &random)
                if Bool.random(using: &random) { rig.disks[0].setFaults { $0.powerEndsAt = during } }
                do {
                    try rig.begin(cameras, after: .power)
                } catch {
                    rig.cutPower()
                    try rig.begin(cameras, after: .power)
                }
                rig.disks[0].setFaults { $0.powerEndsAt = .max }
                for camera in cameras.keys.sorted() {
                    let end = try rig.lastEnd(camera) ?? began
                    // The stream's first key frame may come a second after the start.
                    let lost = gone - max(end, min(gone, began + .seconds(1)))
                    worst = max(worst, lost)
                    #expect(lost <= .seconds(2), "instant \(instant): \(lost) of \(camera)")
                    let findings = try rig.findings(camera).map { "\($0.kind) \($0.path) \($0.offset ?? -1)" }
                    if !findings.isEmpty { try print(rig.journals(camera)) }
                    #expect(findings == [], "instant \(instant)")
                }
            }
            rig.run(.seconds(3))
            rig.end()
            for camera in cameras.keys.sorted() {
                let findings = try rig.findings(camera).map { "\($0.kind) \($0.path) \($0.offset ?? -1)" }
                #expect(findings == [], "instant \(instant)")
                let errors = try rig.accountingErrors(camera)
                #expect(errors == [], "instant \(instant)")
            }
        }
        print("power lost at \(Self.instants.count * 2) instants: at most \(worst) of a camera were lost")
    }

    @Test("a start opens unfinished segments only, however much is recorded")
    func opensOnlyTails() throws {
        let rig = RecordingRig(disks: 2, seed: 3, settings: Recording.RecordingSettings(segmentLength: .seconds(1)))
        let cameras = Dictionary(uniqueKeysWithValues: (0..<8).map { ("cam\($0)", 5) })
        try rig.begin(cameras)
        rig.run(.seconds(30))
        let segments = try cameras.keys.map { try rig.folder().segments($0).count }.reduce(0, +)
        #expect(segments > 200)
        for disk in rig.disks { disk.resetCounts() }
        let clock = ContinuousClock()
        let began = clock.now
        try rig.begin(cameras)
        print("8 cameras with \(segments) segments recovered in \(clock.now - began)")
        let read = rig.disks.map(\.counts.readPaths)
        // On each volume the newest segment of a camera and, where that one is unfinished, the one before it.
        for camera in cameras.keys {
            for paths in read {
                #expect(paths.filter { $0.contains("/\(camera)/") && $0.hasSuffix(".mp4") }.count <= 1)
                #expect(paths.filter { $0.contains("/\(camera)/") && $0.hasSuffix("-00.journal") }.count <= 2)
            }
        }
    }

    @Test("a journal whose first line is lost is completed from the file, with its link to the segment before")
    func lostFirstLine() throws {
        let rig = RecordingRig(disks: 1, seed: 1)
        try rig.begin(["a": 5])
        rig.run(.seconds(11))
        let folder = rig.folder()
        let whole = try folder.segments("a")
        let last = try #require(whole.last)
        #expect(whole.count >= 2 && last.index.closed == nil)
        // The page with the first lines never reached the disk.
        let path = rig.layout.journal("a", last.name)
        let bytes = try rig.files.read(path, offset: 0, count: 1 << 20)
        try rig.files.remove(path)
        try rig.files.create(path).append([UInt8](repeating: 0, count: 700) + bytes.dropFirst(700))
        try rig.begin(["a": 5], after: .power)
        let index = try #require(
            try FragmentIndex.journal(cameraId: "a", name: last.name, layout: rig.layout, files: rig.files)
        )
        #expect(index.isConsistent && index.closed?.cause == .recovered)
        #expect(index.fragments == last.index.fragments)
        #expect(index.opened.previousHead == whole[whole.count - 2].index.head)
        #expect(try rig.findings("a") == [])
    }

    @Test("a line that lacked its line feed alone doesn't come to life by what is written behind it")
    func lostLineFeed() throws {
        for end in [StateReason.crash, .power] {
            let rig = RecordingRig(disks: 1, seed: 1)
            try rig.begin(["a": 5])
            rig.run(.seconds(3))
            let last = try #require(try rig.folder().segments("a").last)
            let fragment = try #require(last.index.fragments.last)
            let (path, file) = (rig.layout.journal("a", last.name), rig.layout.segment("a", last.name))
            let bytes = try rig.files.read(path, offset: 0, count: 1 << 20)
            try rig.files.remove(path)
            try rig.files.create(path).append(Array(bytes.dropLast()))
            try rig.files.open(file).truncate(to: fragment.offset + 100)
            try rig.begin(["a": 5], after: end)
            #expect(try rig.findings("a") == [], "\(end)")
            #expect(try rig.lastEnd("a") == last.index.fragments.dropLast().last?.wallEnd, "\(end)")
        }
    }

    @Test("the chain survives the loss of all journals")
    func lostJournals() throws {
        let rig = RecordingRig(disks: 2, seed: 1)
        try rig.begin(["a": 5])
        rig.run(.seconds(20))
        rig.end()
        let folder = rig.folder()
        let before = try folder.segments("a")
        #expect(Set(before.map(\.name.volume)).count == 2)
        for (name, _) in before {
            for disk in rig.disks { disk.lose(rig.layout.journal("a", name)) }
        }
        let after = try folder.segments("a")
        #expect(after.map(\.index.head) == before.map(\.index.head))
        #expect(after.map(\.index.opened.previousHead) == before.map(\.index.opened.previousHead))
        #expect(try rig.findings("a").allSatisfy { $0.kind == .missingJournal })
    }

    @Test("who follows the journals knows afterwards exactly what is there, whatever was known before")
    func followedThrough() throws {
        var taken = 0
        for seed in RecordingRig.seeds(40, many: 400) {
            var random = SeededRandom(seed: UInt64(seed) &* 31)
            let rig = RecordingRig(
                disks: 1 + seed % 3,
                seed: UInt64(seed),
                settings: Recording.RecordingSettings(segmentLength: .seconds(2))
            )
            try rig.begin(["a": 5])
            var position = JournalFollower.Position()
            var known: [SegmentName: [Int: FragmentRecord]] = [:]
            func follow() throws {
                var follower = JournalFollower(layout: rig.layout, position: position, files: rig.files)
                for _ in 0..<3 {
                    for event in try follower.poll() {
                        guard let name = event.segment else { continue }
                        switch event.entry {
                        case .segmentOpened: known[name] = [:]
                        case .fragment(let record): known[name, default: [:]][record.offset] = record
                        case .segmentCut(let size): known[name] = known[name]?.filter { $0.value.end <= size }
                        case .segmentClosed(let closed) where closed.fragmentCount == 0: known[name] = nil
                        default: continue
                        }
                    }
                }
                position = follower.position
            }
            for _ in 0..<3 {
                for _ in 0..<Int.random(in: 2..<8, using: &random) {
                    rig.run(.milliseconds(Int.random(in: 100..<2000, using: &random)))
                    try follow()
                }
                let before = known.values.map(\.count).reduce(0, +)
                rig.cutPower()
                rig.clock.advance(by: .seconds(2))
                try rig.begin(["a": 5], after: .power)
                try follow()
                taken += max(0, before - known.values.map(\.count).reduce(0, +))
                // One without a picture is as good as none.
                let there = try rig.folder().segments("a").filter { !$0.index.fragments.isEmpty }
                #expect(Set(there.map(\.name)) == Set(known.keys), "seed \(seed)")
                for (name, index) in there {
                    let fragments = known[name, default: [:]].values.sorted { $0.offset < $1.offset }
                    #expect(fragments == index.fragments, "seed \(seed)")
                }
            }
        }
        #expect(taken > 0, "power cuts took nothing that was known: the test proves nothing")
    }

    @Test("a follower whose position a power cut took from under it reads the segment again")
    func followerAfterPowerLoss() throws {
        for seed in 0..<20 {
            let rig = RecordingRig(
                disks: 1,
                seed: UInt64(seed),
                settings: Recording.RecordingSettings(segmentLength: .seconds(60))
            )
            try rig.begin(["a": 5])
            rig.run(.seconds(4) + .milliseconds(40 * seed))
            var follower = JournalFollower(layout: rig.layout, files: rig.files)
            while try !follower.poll().isEmpty {}
            rig.cutPower()
            try rig.begin(["a": 5], after: .power)
            rig.run(.seconds(4))
            var known: [FragmentRecord] = []
            var next = JournalFollower(layout: rig.layout, position: follower.position, files: rig.files)
            let name = try #require(try rig.folder().segments("a").first?.name)
            var begins = false
            for _ in 0..<20 {
                for event in try next.poll() where event.segment == name {
                    switch event.entry {
                    case .segmentOpened:
                        begins = true
                        known = []
                    case .fragment(let record): known.append(record)
                    case .segmentCut(let size): known.removeAll { $0.end > size }
                    default: continue
                    }
                }
            }
            let index = try #require(try rig.folder().segments("a").first?.index)
            if begins {
                #expect(known == index.fragments)
            } else {
                #expect(index.fragments.suffix(known.count) == known[...])
            }
        }
    }
}
