import Domain
import Foundation
import Media
import Recording
import Store
import TestSupport
import Testing

@testable import Archive

private let clipName = "street_traffic_suburban.mp4"

@Suite("pictures", .enabled(if: SharedData.video(clipName) != nil, "no shared clips here"))
struct PictureTests {
    /// A render process made of ffmpeg; notes each run and what it was asked in `log`.
    private static func executable(log: URL) throws -> URL {
        let file = log.deletingLastPathComponent().appending(path: "render.py")
        let script = """
            #!/usr/bin/python3
            import json, struct, subprocess, sys
            h, p = struct.unpack(">II", sys.stdin.buffer.read(8))
            request = json.loads(sys.stdin.buffer.read(h))
            job = request.get("picture") or dict(request["keyPicture"], mediaSeconds=0)
            media = sys.stdin.buffer.read(p)
            frames = subprocess.run(
                ["ffprobe", "-v", "error", "-count_packets", "-show_entries", "stream=nb_read_packets",
                 "-of", "csv=p=0", "-"], input=media, stdout=subprocess.PIPE).stdout.decode().strip()
            open("\(log.path)", "a").write("%.2f %s\\n" % (job["mediaSeconds"], frames))
            jpeg = subprocess.run(
                ["ffmpeg", "-v", "error", "-i", "-", "-frames:v", "1", "-vf", "scale=%d:-2" % job["maximumWidth"],
                 "-f", "mjpeg", "-"], input=media, stdout=subprocess.PIPE).stdout
            header = json.dumps({"picture": {"width": 1, "height": 1}}).encode()
            sys.stdout.buffer.write(struct.pack(">II", len(header), len(jpeg)) + header + jpeg)
            """
        try ArchiveFixture.makeScript(script, at: file)
        return file
    }

    private final class Folder: Sendable {
        let url = FileManager.default.temporaryDirectory.appending(path: "gridwatch-pictures-\(UUID().uuidString)")

        init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }

        deinit { try? FileManager.default.removeItem(at: url) }
    }

    @Test("a picture of the past is made from its group of pictures up to its frame, once")
    func past() async throws {
        let folder = try Folder()
        let log = folder.url.appending(path: "log")
        let fixture = try ArchiveFixture(
            settings: ArchiveSettings(renderExecutable: try Self.executable(log: log))
        )
        let (info, packets) = try ArchiveFixture.packets(of: try #require(SharedData.video(clipName)))
        let start = try fixture.record("c", info, packets, segmentSeconds: 10)
        try await fixture.archive.catchUp()
        for _ in 0..<2 {
            let jpeg = try await fixture.archive.picture(
                cameraId: "c",
                at: start + .milliseconds(3000),
                maximumWidth: 320
            )
            #expect(jpeg.starts(with: [0xFF, 0xD8, 0xFF]) && jpeg.count > 2000)
        }
        let runs = try String(contentsOf: log, encoding: .utf8).split(separator: "\n").map { $0.split(separator: " ") }
        #expect(runs.count == 1)
        // Key frames stand at 0 s and about every 2 s after: 3 s is about one second into the second group.
        let seconds = try #require(runs.first.flatMap { Double($0[0]) })
        #expect(abs(seconds - 1.0) < 0.1)
        let frames = try #require(runs.first.flatMap { Int($0[1]) })
        #expect((24...37).contains(frames))
        let latest = try await fixture.archive.picture(cameraId: "c", at: nil, maximumWidth: 100)
        #expect(latest.starts(with: [0xFF, 0xD8, 0xFF]))
        for (camera, time) in [("c", start - .seconds(1)), ("none", start)] {
            let error = await #expect(throws: ArchiveError.self) {
                try await fixture.archive.picture(cameraId: camera, at: time, maximumWidth: 100)
            }
            #expect(error?.code == .noPicture)
        }
    }

    @Test("key frames of a growing recording come as pictures, rendered once for two watchers")
    func live() async throws {
        let folder = try Folder()
        let log = folder.url.appending(path: "log")
        let fixture = try ArchiveFixture(
            settings: ArchiveSettings(renderExecutable: try Self.executable(log: log), liveInterval: .milliseconds(20))
        )
        let (info, packets) = try ArchiveFixture.packets(of: try #require(SharedData.video(clipName)))
        let volume = RecordingVolumes(layout: fixture.layout, clock: fixture.clock)
        volume.start()
        defer { volume.stop() }
        let recorder = try volume.recorder(cameraId: "c")
        recorder.beginRun(info: info)
        for packet in packets.prefix(60) {
            recorder.append(packet)
            fixture.clock.advance(by: .microseconds(MediaTime.microseconds(packet.durationTicks)))
        }
        let archive = fixture.archive
        let pictures = await withTaskGroup(of: LiveFrame?.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    for await frame in archive.livePictures(cameraId: "c") { return frame }
                    return nil
                }
            }
            return await group.reduce(into: [LiveFrame?]()) { $0.append($1) }
        }
        recorder.endRun(reason: .closed)
        #expect(pictures.count == 2)
        for picture in pictures { #expect(picture?.payload.starts(with: [0xFF, 0xD8, 0xFF]) == true) }
        #expect(pictures[0] == pictures[1])
        let runs = try String(contentsOf: log, encoding: .utf8).split(separator: "\n")
        #expect(runs.count == 1)
    }

    @Test("retention asks for what is too old, and the index forgets it once the files have gone")
    func retention() async throws {
        let fixture = try ArchiveFixture()
        let (info, packets) = try ArchiveFixture.packets(of: try #require(SharedData.video(clipName)))
        let start = try fixture.record("c", info, packets, segmentSeconds: 10)
        try await fixture.archive.catchUp()
        let archive = fixture.archive
        let hold = try await archive.createHold(
            cameraId: "c",
            from: start + .seconds(12),
            to: start + .seconds(13),
            reason: "r",
            by: "m"
        )
        fixture.clock.advance(by: .seconds(86_400 * 2))
        let root = fixture.layout.root
        let service = RetentionService(
            dataDirectory: fixture.folder,
            database: fixture.database,
            clock: fixture.clock,
            planner: RetentionPlanner(
                policies: RetentionPolicies(
                    cameras: ["c": RecordPolicy(keepDays: 1)],
                    recording: Domain.RecordingSettings(freeSpaceFloorBytes: 0)
                )
            ),
            delete: { _, paths in for path in paths { try? FileManager.default.removeItem(atPath: "\(root)/\(path)") } }
        )
        let before = try await archive.segments.all(node: "local")
        let plan = try await service.step()
        let left = try await archive.segments.all(node: "local")
        #expect(before.count == 4 && left.count == 1)
        #expect(plan.deletions["c"]?.count == 3)
        #expect(left.allSatisfy { $0.from <= hold.from && $0.to >= hold.to })
        #expect(try await service.step().isEmpty)
        // What capture deleted alone is noticed too.
        _ = try await archive.releaseHold(id: hold.id, by: "m", reason: "done")
        try FileManager.default.removeItem(atPath: "\(root)/\(left[0].path)")
        #expect(try await service.forgetMissing() == 1)
        let timeline = try await archive.timeline(cameraId: "c", from: start, to: fixture.clock.now())
        #expect(timeline.runs.isEmpty && timeline.gaps.first?.from == start)
    }

    @Test("run() follows, tells of gaps and ends with its task")
    func runs() async throws {
        let (stream, continuation) = AsyncStream.makeStream(of: Gap.self)
        let fixture = try ArchiveFixture(hooks: ArchiveHooks { gap in continuation.yield(gap) })
        let (info, packets) = try ArchiveFixture.packets(of: try #require(SharedData.video(clipName)))
        let archive = fixture.archive
        let task = Task { await archive.run() }
        let start = try fixture.record("c", info, packets, endReason: .timeout)
        for await gap in stream where gap.reason == .timeout {
            #expect(gap.to == nil && gap.from > start)
            break
        }
        task.cancel()
        await task.value
        #expect(try await archive.recordedFrom(cameraId: "c") == start)
    }
}
