import Domain
import Testing

@Suite("Whose outage it is")
struct OutageJudgeTests {
    /// Two platforms of eight cameras, three at a host of their own, one file.
    private struct City {
        var judge: OutageJudge
        var statuses: [String: CameraStatus] = [:]
        var now = WallTime(microseconds: 1_795_428_000_000_000)
        var last: [OutageJudge.Outage] = []

        init() {
            var members: [OutageJudge.Member] = []
            for (group, count) in [("police", 8), ("traffic", 8), ("host:10.0.0.9", 3)] {
                for number in 0..<count { members.append(.init(cameraId: "\(group)-\(number)", group: group)) }
            }
            members.append(.init(cameraId: "file", group: nil))
            judge = OutageJudge(members: members)
            for member in members { set(member.cameraId, .live, .ok) }
        }

        mutating func set(_ id: String, _ state: CameraState, _ reason: StateReason) {
            statuses[id] = CameraStatus(cameraId: id, state: state, reason: reason, since: now)
        }

        mutating func set(_ group: String, _ numbers: Range<Int>, _ state: CameraState, _ reason: StateReason) {
            for number in numbers { set("\(group)-\(number)", state, reason) }
        }

        mutating func pass(_ seconds: Int) {
            for _ in 0..<seconds {
                now = now + .seconds(1)
                last = judge.judge(statuses, at: now)
            }
        }
    }

    @Test("All well is no outage")
    func well() {
        var city = City()
        city.pass(120)
        #expect(city.last.isEmpty)
    }

    @Test("Most of a platform's cameras failing together is the platform's outage, one for all of them")
    func platform() throws {
        var city = City()
        city.set("police", 0..<6, .offline, .timeout)
        city.pass(30)
        #expect(city.last.count == 1)
        let outage = try #require(city.last.first)
        #expect(outage.scope == .platform)
        #expect(outage.group == "police")
        #expect(outage.cameras.count == 6)
        #expect(outage.total == 8)
        #expect(outage.reason == .timeout)
        city.set("police", 0..<6, .live, .ok)
        city.pass(9)
        #expect(city.last.count == 1, "it closes only when that has settled")
        city.pass(5)
        #expect(city.last.isEmpty)
    }

    @Test("Everything failing is our own link, also where the files go on")
    func link() {
        var city = City()
        city.set("police", 0..<8, .offline, .timeout)
        city.set("traffic", 0..<8, .offline, .unknownHost)
        city.set("host:10.0.0.9", 0..<3, .stalled, .noPackets)
        city.pass(30)
        #expect(city.last.map(\.scope) == [.link])
        #expect(city.last.first?.cameras.count == 19)
        // One platform comes back: then it was not, or is no longer, the link.
        city.set("traffic", 0..<8, .live, .ok)
        city.pass(30)
        #expect(city.last.map(\.scope) == [.platform, .platform])
    }

    @Test("One camera failing alone is its own outage")
    func device() {
        var city = City()
        city.set("police-3", .offline, .refused)
        city.set("file", .offline, .closed)
        city.pass(30)
        #expect(city.last.map(\.scope) == [.device, .device])
        #expect(Set(city.last.flatMap(\.cameras)) == ["police-3", "file"])
    }

    @Test(
        "A moment without pictures, a pause, a limit, permitted hours and our own restart are nobody's outage",
        arguments: [StateReason.paused, .hours, .limit, .restart, .disk, .starting]
    )
    func nobodys(_ reason: StateReason) {
        var city = City()
        city.set("police", 0..<8, .offline, reason)
        city.pass(60)
        #expect(city.last.isEmpty)
    }

    @Test("A group that wavers around the share is one outage, not many")
    func wavering() {
        var city = City()
        city.set("police", 0..<8, .offline, .closed)
        city.pass(30)
        var opened = 0
        var wasOpen = true
        for round in 0..<40 {
            // Between five and three of eight are out: never below the lower share.
            city.set("police", 3..<5, round % 2 == 0 ? .live : .offline, round % 2 == 0 ? .ok : .closed)
            city.set("police", 5..<8, .live, .ok)
            city.pass(12)
            let isOpen = city.last.contains { $0.scope == .platform }
            if isOpen, !wasOpen { opened += 1 }
            wasOpen = isOpen
        }
        #expect(wasOpen)
        #expect(opened == 0)
    }
}

@Suite("Platforms")
struct PlatformTests {
    @Test(
        "Permitted hours hold their beginning and not their end, also over midnight",
        arguments: [
            ("07:00-19:00", 419, false), ("07:00-19:00", 420, true), ("07:00-19:00", 1139, true),
            ("07:00-19:00", 1140, false), ("22:00-06:00", 1320, true), ("22:00-06:00", 0, true),
            ("22:00-06:00", 359, true), ("22:00-06:00", 360, false), ("00:00-24:00", 1439, true),
        ]
    )
    func hours(_ text: String, _ minute: Int, _ expected: Bool) throws {
        let hours = try #require(Platform.Hours(text))
        #expect(hours.text == text)
        #expect(Platform(id: "p", hours: [hours]).isPermitted(minute: minute) == expected)
    }

    @Test(
        "What is no time of day is refused",
        arguments: ["", "7:00-19:00", "07:00", "07:00-07:00", "24:00-06:00", "07:60-08:00", "a-b"]
    )
    func noHours(_ text: String) {
        #expect(Platform.Hours(text) == nil)
    }

    @Test("A camera belongs to the platform that it names, else to the one that owns its host")
    func belonging() {
        let platforms = [Platform(id: "a", hosts: ["10.0.0.1", "*.police.example"]), Platform(id: "b")]
        #expect(platforms.platform(of: "rtsp://u:p@cam7.Police.example/a", named: nil)?.id == "a")
        #expect(platforms.platform(of: "rtsp://10.0.0.1:554/a", named: nil)?.id == "a")
        #expect(platforms.platform(of: "rtsp://10.0.0.1:554/a", named: "b")?.id == "b")
        #expect(platforms.platform(of: "rtsp://police.example/a", named: nil) == nil)
        #expect(platforms.platform(of: "file:/a.mp4", named: nil) == nil)
    }
}
