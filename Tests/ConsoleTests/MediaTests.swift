import Archive
import Domain
import Foundation
import HTTPTypes
import Media
import NIOCore
import TestSupport
import Testing

@testable import Console

private let clipName = "indoor_persons_one_by_one.mp4"

@Suite("recorded pictures", .enabled(if: SharedData.video(clipName) != nil, "no shared clips here"))
struct MediaTests {
    @Test("playback, timeline and clip give what was recorded")
    func recorded() async throws {
        let world = try await ConsoleWorld()
        let (from, to) = try await world.record(clipName)
        let range = "from=\(from.rfc3339)&to=\(to.rfc3339)"

        let playback = try await world.ask(.get, "/api/v1/cameras/gate/playback?\(range)", as: "viewer")
        #expect(playback.headers[.contentType] == "application/octet-stream")
        let frames = try Self.frames(playback.bytes)
        let types = frames.compactMap { $0.header["type"]?.text }
        #expect(types.first == "init")
        #expect(types.last == "end")
        let fragments = frames.filter { $0.header["type"] == "fragment" }
        #expect(fragments.count >= 10)
        #expect(fragments.first?.header["key"] == true)
        #expect(frames.first?.header["mime"]?.text?.hasPrefix("video/mp4; codecs=\"avc1.") == true)
        #expect(frames.first?.payload.dropFirst(4).starts(with: Array("ftyp".utf8)) == true)
        #expect(fragments.allSatisfy { $0.payload.dropFirst(4).starts(with: Array("moof".utf8)) })

        let timeline = try await world.ask(.get, "/api/v1/cameras/gate/timeline?\(range)", as: "viewer")
        #expect(timeline.json["runs"]?.elements?.count == 1)
        #expect(timeline.json["runs"]?.elements?.first?["from"]?.text == from.rfc3339)

        let clip = try await world.ask(.get, "/api/v1/cameras/gate/clip.mp4?\(range)", as: "monitor")
        #expect(clip.status == 200)
        #expect(clip.headers[.contentDisposition]?.hasPrefix("attachment; filename=\"gate-") == true)
        #expect(clip.bytes.dropFirst(4).starts(with: Array("ftyp".utf8)))
        #expect(clip.headers[.contentLength] == String(clip.bytes.count))
        #expect(clip.headers[Self.delivered] == "\(from.rfc3339)/\(to.rfc3339)")
        #expect(clip.headers[Self.omitted] == nil)
        let early = from - .seconds(5)
        let wide = try await world.ask(
            .get,
            "/api/v1/cameras/gate/clip.mp4?from=\(early.rfc3339)&to=\(to.rfc3339)",
            as: "monitor"
        )
        #expect(wide.headers[Self.delivered] == "\(from.rfc3339)/\(to.rfc3339)")
        #expect(wide.headers[Self.omitted] == "\(early.rfc3339)/\(from.rfc3339);notRecorded")
        #expect(wide.headers[.contentDisposition] == clip.headers[.contentDisposition], "named by what it shows")
        let file = world.folder.appending(path: "clip.mp4")
        try Data(clip.bytes).write(to: file)
        let demuxer = try Demuxer(
            opening: file.path,
            options: DemuxerOptions(loopFile: false, paceFile: false),
            cancellation: Cancellation()
        )
        #expect(demuxer.info.codec == .h264)

        let camera = try await world.ask(.get, "/api/v1/cameras/gate", as: "viewer")
        #expect(camera.json["recordedFrom"]?.text == from.rfc3339)
        #expect(camera.json["mime"]?.text == frames.first?.header["mime"]?.text)
        let list = try await world.ask(.get, "/api/v1/cameras", as: "viewer")
        #expect(list.json["items"]?.elements?.first { $0["id"] == "gate" } == camera.json)
    }

    @Test("readers that stop reading hold nothing up, not even the end of the service")
    func slowReader() async throws {
        let world = try await ConsoleWorld()
        let (from, to) = try await world.record(clipName)
        try await withConsole(world) { port, stop in
            let lazy = try (0..<4).map { _ in try RawClient(port: port) }
            let path = "/api/v1/cameras/gate/playback?from=\(from.rfc3339)&to=\(to.rfc3339)"
            for client in lazy { client.get(path, token: world.tokens["viewer"]) }
            let prompt = try RawClient(port: port)
            prompt.get(path, token: world.tokens["viewer"])
            let (bytes, _) = await prompt.read { Self.endsWithEnd($0) }
            #expect(Self.endsWithEnd(bytes))
            let began = ContinuousClock.now
            try await stop()
            #expect(
                ContinuousClock.now - began < .seconds(3) * patience,
                "lazy readers don't keep the service from ending"
            )
        }
    }

    private static let delivered = HTTPField.Name("Gridwatch-Delivered") ?? .range
    private static let omitted = HTTPField.Name("Gridwatch-Omitted") ?? .range

    private static func endsWithEnd(_ bytes: [UInt8]) -> Bool {
        String(decoding: bytes.suffix(200), as: UTF8.self).contains(#""type":"end""#)
    }

    private static func frames(_ bytes: [UInt8]) throws -> [(header: JSONValue, payload: [UInt8])] {
        var parser = WireFrameParser()
        parser.append(bytes)
        var frames: [(header: JSONValue, payload: [UInt8])] = []
        while let frame = try parser.next() {
            frames.append((JSONValue(parsing: frame.header) ?? .null, frame.payload))
        }
        return frames
    }
}
