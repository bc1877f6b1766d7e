import Domain
import Foundation
import Testing

@testable import Capture

@Suite("Capture configuration") struct CaptureConfigurationTests {
    private func camera(_ id: String, source: String = "rtsp://h/1", sub: String? = nil, priority: Int = 5)
        -> CapturedCamera
    {
        CapturedCamera(id: id, source: source, sub: sub, record: RecordPolicy(keepDays: 3, priority: priority))
    }

    private func temporaryFile() -> URL {
        FileManager.default.temporaryDirectory.appending(path: "gw-\(UUID().uuidString)/capture/0.json")
    }

    @Test("what is written is read again, readable by its owner alone")
    func roundTrip() throws {
        let file = temporaryFile()
        let configuration = CaptureConfiguration(
            shard: 0,
            cameras: [camera("a", source: "rtsp://u:geheim@h/1"), camera("b", sub: "rtsp://h/2")],
            analyse: false
        )
        try configuration.write(to: file)
        try configuration.write(to: file)
        #expect(try CaptureConfiguration.load(from: file) == configuration)
        let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: file.deletingLastPathComponent().path) == ["0.json"]
        )
    }

    @Test(
        "a configuration that is none is refused without showing a password",
        arguments: [
            ("not json rtsp://u:geheim@h", "no capture configuration"),
            (#"{"version":1,"shard":0,"cameras":[{"id":"a","source":["rtsp://u:geheim@h"]}]}"#, "cameras.0"),
            (#"{"version":9,"shard":0,"cameras":[],"analyse":true,"recording":RECORDING}"#, "version 9"),
            (#"{"version":1,"shard":0,"cameras":[CAMERA,CAMERA],"analyse":true,"recording":RECORDING}"#, "twice"),
        ]
    )
    func refused(text: String, expected: String) throws {
        let file = temporaryFile()
        let recording = String(decoding: try JSONEncoder().encode(RecordingSettings()), as: UTF8.self)
        let one = String(decoding: try JSONEncoder().encode(camera("a")), as: UTF8.self)
        let filled = text.replacingOccurrences(of: "RECORDING", with: recording).replacingOccurrences(
            of: "CAMERA",
            with: one
        )
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(filled.utf8).write(to: file)
        let error = #expect(throws: CaptureError.self) { try CaptureConfiguration.load(from: file) }
        #expect(error?.message.contains(expected) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("geheim") == false)
    }

    @Test("a difference names what has to be touched and nothing else")
    func difference() {
        let old = CaptureConfiguration(
            shard: 0,
            cameras: [camera("same"), camera("gone"), camera("moved"), camera("ranked")]
        )
        let new = CaptureConfiguration(
            shard: 0,
            cameras: [
                camera("same"), camera("moved", source: "rtsp://h/9"), camera("ranked", priority: 9), camera("new"),
            ]
        )
        let difference = ConfigurationDifference(from: old, to: new)
        #expect(difference.removed == ["gone"])
        #expect(difference.added.map(\.id) == ["new"])
        #expect(difference.reconnected.map(\.id) == ["moved"])
        #expect(difference.updated.map(\.id) == ["ranked"])
        #expect(ConfigurationDifference(from: old, to: old).isEmpty)
    }

    @Test("every camera goes to one shard, and stays there when another is added")
    func shards() {
        func site(_ count: Int) -> Site {
            let cameras = (0..<count).map { Camera(id: "camera-\($0)", name: "x", source: "rtsp://h/\($0)") }
            return Site(name: "s", cameras: cameras)
        }
        let few = CaptureConfiguration.shards(of: site(40), cores: 4)
        let more = CaptureConfiguration.shards(of: site(41), cores: 4)
        #expect(few.count == 4)
        #expect(Set(few.flatMap { $0.cameras.map(\.id) }).count == 40)
        for (one, other) in zip(few, more) { #expect(Set(one.cameras.map(\.id)).isSubset(of: other.cameras.map(\.id))) }
    }
}
