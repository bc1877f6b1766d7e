import Domain
import Foundation
import Media
import TestSupport
import Testing

@testable import Capture

@Suite("What our receiving and libavformat's bring", .serialized) struct EqualReceptionTests {
    /// The server can't begin one other, `lot_person_bicycle_car.mp4`: whoever asks for it.
    private static let clips = [
        "abandoned_backpack_indoor_aboda.mp4", "congested_road_dhaka.mp4", "indoor_persons_one_by_one.mp4",
        "night_carpark_lights.avi",
        "night_ir_person_hevc.mp4", "parking_cn_white_sedan.mp4", "parking_lot_daylight_15fps.mp4",
        "street_traffic_suburban.mp4", "tamper_cover_bubblewrap.mp4", "tamper_moved_outdoor_720x1280.mp4",
        "towncentre_1080p_pedestrians_cyclists.mp4", "towncentre_480p_pedestrians.mp4",
    ]
    /// Its description says the rate of its pictures, and only ours reads that: without it the far steps of its B frames are
    /// taken for jumps of the clock.
    private static let slow: Set<String> = ["tamper_moved_outdoor_720x1280.mp4"]
    /// libavformat's alone.
    private static let others = [
        "abandoned_bag_outdoor_aboda4_midgop.avi", "highway_m30_mpeg4.avi", "parking_lot_mjpeg.avi",
    ]
    private static let hasData =
        SharedData.tool("rtsp_serve.py") != nil && (clips + others).allSatisfy { SharedData.video($0) != nil }
    private static let absent: Comment = "no clips or RTSP server in the shared folder"

    private static func served(_ clips: [String]) throws -> (server: TestPeer, port: Int, names: [(String, String)]) {
        let port = TestPeer.freePort()
        let names = clips.enumerated().map { ("c\($0.offset)", $0.element) }
        let server = try #require(
            try TestPeer.rtspServer(port: port, clips: Dictionary(uniqueKeysWithValues: names))
        )
        return (server, port, names)
    }

    @Test(
        "is the same, access unit by access unit, with the same times, for every clip",
        .enabled(if: hasData, absent),
        arguments: [SourceTransport.tcp, .udp]
    )
    func same(transport: SourceTransport) async throws {
        let (server, port, names) = try Self.served(Self.clips)
        defer { server.stop() }
        #expect(await server.isReady())
        // libavformat reads over TCP: it is the measure, and loses nothing there. It comes first, so that ours begins
        // within what it has, and behind the burst with which the server begins.
        for start in stride(from: 0, to: names.count, by: 4) {
            let some = names[start..<min(start + 4, names.count)]
            let theirs = some.map { Reception("rtsp://127.0.0.1:\(port)/\($0.0)", transport: .libav, maximum: 120) }
            #expect(await eventually(within: .seconds(20)) { theirs.allSatisfy { $0.now.pictures.count > 25 } })
            let ours = some.map { Reception("rtsp://127.0.0.1:\(port)/\($0.0)", transport: transport, maximum: 70) }
            for (index, (_, clip)) in some.enumerated() {
                let (one, other) = (await ours[index].ended(), await theirs[index].ended())
                let kinds = [one.kind, other.kind]
                let errors = [one.error, other.error].compactMap { $0?.message }
                #expect(kinds == ["RTSPSource", "Demuxer"], "\(clip): \(errors)")
                let difference = ReceivedPictures.difference(
                    one.pictures,
                    other.pictures,
                    times: !Self.slow.contains(clip)
                )
                #expect(difference == nil, "\(clip), \(transport): \(difference ?? "")")
                #expect(one.infos.last?.extradata == other.infos.last?.extradata, "\(clip)")
                #expect(one.infos.last?.codecString == other.infos.last?.codecString, "\(clip)")
                #expect(one.losses == ReceptionLosses(), "\(clip)")
            }
        }
    }

    @Test("other codecs go through libavformat within the same attempt", .enabled(if: hasData, absent))
    func otherCodecs() async throws {
        let (server, port, names) = try Self.served(Self.others)
        defer { server.stop() }
        #expect(await server.isReady())
        for (name, clip) in names {
            let state = await Reception("rtsp://127.0.0.1:\(port)/\(name)", maximum: 10).ended()
            #expect(
                state.kind == "Demuxer" && state.pictures.count == 10,
                "\(clip): \(String(describing: state.error))"
            )
        }
    }
}
