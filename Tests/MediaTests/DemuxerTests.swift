import Domain
import Foundation
import Media
import Testing
import TestSupport

@Suite("reading sources")
struct DemuxerTests {
    static let clips = [
        "abandoned_backpack_indoor_aboda.mp4", "night_carpark_lights.avi", "night_ir_person_hevc.mp4",
        "tamper_cover_bubblewrap.mp4", "parking_lot_daylight_15fps.mp4",
    ]

    @Test("a looped file gives the same pictures round and round, with times that only grow", arguments: clips)
    func loops(clip: String) throws {
        guard let file = SharedData.video(clip) else {
            print("skipped: no \(clip) in the shared folder")
            return
        }
        let once = try Self.packets(file.path, loop: false, maximum: .max)
        let thrice = try Self.packets(file.path, loop: true, maximum: once.count * 2 + 5)
        #expect(thrice.count == once.count * 2 + 5)
        for (index, packet) in thrice.enumerated() where packet.bytes != once[index % once.count].bytes {
            Issue.record("packet \(index) differs")
            break
        }
        for (one, two) in zip(thrice, thrice.dropFirst()) where two.dtsTicks <= one.dtsTicks {
            Issue.record("decoding time goes from \(one.dtsTicks) to \(two.dtsTicks)")
        }
        #expect(Set(thrice.map(\.ptsTicks)).count == thrice.count)
        // Each pass takes as long as the first.
        let steps = zip(thrice, thrice.dropFirst()).map { $1.dtsTicks - $0.dtsTicks }
        #expect(steps[once.count - 1] < 3 * (steps.max() ?? 0) && steps[once.count - 1] < 45_000)
    }

    private static func packets(_ path: String, loop: Bool, maximum: Int) throws -> [Packet] {
        let demuxer = try Demuxer(
            opening: "file:" + path,
            options: DemuxerOptions(loopFile: loop, paceFile: false),
            cancellation: Cancellation()
        )
        var packets: [Packet] = []
        while packets.count < maximum {
            switch try demuxer.next() {
            case .packet(let packet): packets.append(packet)
            case .parametersChanged: continue
            case .end: return packets
            }
        }
        return packets
    }

    @Test("a file plays at its own rate and a cancelled wait ends at once")
    func pace() throws {
        guard let file = SharedData.video("lot_person_bicycle_car.mp4") else {
            print("skipped: no clips in the shared folder")
            return
        }
        let cancellation = Cancellation()
        let demuxer = try Demuxer(opening: file.path, options: DemuxerOptions(), cancellation: cancellation)
        let clock = SystemClock()
        _ = try demuxer.next()
        let start = clock.monotonic()
        for _ in 0..<12 { _ = try demuxer.next() }
        let elapsed = (clock.monotonic() - start).seconds
        #expect(elapsed > 0.9 && elapsed < 1.6 * Double(patience))
        cancellation.cancel()
        #expect(throws: MediaError.self) { try demuxer.next() }
    }

    @Test(
        "a source that can't be read says why, without its password",
        arguments: [
            ("rtsp://u:s3cret@127.0.0.1:1/x?token=s3cret", MediaError.Code.refused),
            ("rtsp://u:s3cret@no-such-host.invalid/x", .unknownHost),
            ("file:/no/such/file.mp4", .notFound), ("/etc/passwd", .notAStream),
            ("gopher://u:s3cret@h/x", .unsupported),
            ("rtsp://u:s3cret@/x", .notAStream),
        ]
    )
    func failures(url: String, code: MediaError.Code) {
        do {
            _ = try Demuxer(opening: url, options: DemuxerOptions(), cancellation: Cancellation())
            Issue.record("it opened")
        } catch {
            #expect(error.code == code)
            #expect(!error.message.contains("s3cret"))
        }
    }

    @Test("a server that accepts and says nothing is a timeout in time")
    func silence() throws {
        let listener = try #require(SilentServer())
        let clock = SystemClock()
        let start = clock.monotonic()
        do {
            _ = try Demuxer(
                opening: "rtsp://127.0.0.1:\(listener.port)/x",
                options: DemuxerOptions(connectTimeout: .seconds(1), readTimeout: .seconds(1)),
                cancellation: Cancellation()
            )
            Issue.record("it opened")
        } catch {
            #expect(error.code == .timeout)
        }
        #expect(clock.monotonic() - start < .seconds(3))
    }

    @Test(
        "an RTSP stream gives the clip's pictures with usable times",
        arguments: ["abandoned_backpack_indoor_aboda.mp4", "night_ir_person_hevc.mp4"]
    )
    func rtsp(clip: String) throws {
        guard let file = SharedData.video(clip), let server = ClipServer(file) else {
            print("skipped: no \(clip) or RTSP server in the shared folder")
            return
        }
        defer { withExtendedLifetime(server) {} }
        let original = try Self.packets(file.path, loop: false, maximum: .max)
        let clock = SystemClock()
        let start = clock.monotonic()
        let demuxer = try Demuxer(opening: server.url, options: DemuxerOptions(), cancellation: Cancellation())
        var packets: [Packet] = []
        var offsets: [Double] = []
        while packets.count < 100 {
            if case .packet(let packet) = try demuxer.next() {
                packets.append(packet)
                if let time = packet.cameraTime { offsets.append((time - clock.now()).seconds) }
            }
            if packets.count == 1 { #expect(clock.monotonic() - start < .seconds(3)) }
        }
        #expect(demuxer.info.width > 0 && !demuxer.info.extradata.isEmpty && !demuxer.info.codecString.isEmpty)
        // The server's reports are by the same clock: what they say is when pictures were sent.
        print("camera's clock: \(offsets.count) of 100 packets, \(offsets.min() ?? 0)…\(offsets.max() ?? 0) s")
        #expect(!offsets.isEmpty && offsets.allSatisfy { abs($0) < 2 })
        #expect(packets.first?.isKey == true)
        for (index, packet) in packets.enumerated() where Self.units(packet) != Self.units(original[index]) {
            Issue.record("packet \(index) has \(packet.bytes.count) bytes instead of \(original[index].bytes.count)")
            break
        }
        for (one, two) in zip(packets, packets.dropFirst()) { #expect(two.dtsTicks > one.dtsTicks) }
        // Made decoding times leave the presentation times as they are and stay close to them.
        for (index, packet) in packets.enumerated() {
            let expected = original[index].ptsTicks - original[0].ptsTicks
            #expect(abs(packet.ptsTicks - packets[0].ptsTicks - expected) < 200)
            #expect(abs(packet.ptsTicks - packet.dtsTicks) < 45_000)
        }
    }

    /// NAL units without trailing zeros, which don't survive start codes.
    private static func units(_ packet: Packet) -> [[UInt8]] {
        var units: [[UInt8]] = []
        var rest = packet.bytes[...]
        while rest.count > 4 {
            let size = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            var unit = Array(rest.dropFirst(4).prefix(size))
            while unit.last == 0 { unit.removeLast() }
            units.append(unit)
            rest = rest.dropFirst(4 + size)
        }
        return units
    }

    @Test("a wrong RTSP password and a missing stream are told apart")
    func refusals() throws {
        guard let file = SharedData.video("tamper_cover_bubblewrap.mp4"),
            let server = ClipServer(file, user: "cam", password: "right")
        else {
            print("skipped: no clips or RTSP server in the shared folder")
            return
        }
        defer { withExtendedLifetime(server) {} }
        let path = server.url.dropFirst("rtsp://".count)
        for (url, code) in [
            ("rtsp://cam:s3cret@\(path)", MediaError.Code.unauthorised),
            ("rtsp://cam:right@\(path)-not-there", .notFound),
        ] {
            do {
                _ = try Demuxer(opening: url, options: DemuxerOptions(), cancellation: Cancellation())
                Issue.record("it opened")
            } catch {
                #expect(error.code == code)
                #expect(!error.message.contains("s3cret") && !error.message.contains("right"))
            }
        }
        let demuxer = try Demuxer(
            opening: "rtsp://cam:right@\(path)",
            options: DemuxerOptions(),
            cancellation: Cancellation()
        )
        #expect(demuxer.info.codec == .h264)
    }
}
