import Archive
import Foundation
import Testing

@Suite("the render pool")
struct RenderPoolTests {
    /// An executable that stands in for `gridwatch render`.
    private static func executable(_ body: String) throws -> URL {
        let file = FileManager.default.temporaryDirectory.appending(path: "gridwatch-render-\(UUID().uuidString)")
        let script = """
            #!/usr/bin/python3
            import json, os, struct, sys, time
            assert sys.argv[1:] == ["render"], sys.argv
            def answer(header, payload=b""):
                header = json.dumps(header).encode()
                sys.stdout.buffer.write(struct.pack(">II", len(header), len(payload)) + header + payload)
                sys.stdout.buffer.flush()
            def request():
                h, p = struct.unpack(">II", sys.stdin.buffer.read(8))
                return json.loads(sys.stdin.buffer.read(h)), sys.stdin.buffer.read(p)
            \(body)
            """
        try ArchiveFixture.makeScript(script, at: file)
        return file
    }

    private static let media = [UInt8](repeating: 7, count: 3_000_000)

    @Test("hands the request and the media over and gives back the picture")
    func answers() async throws {
        let file = try Self.executable(
            """
            head, media = request()
            job = head["picture"]
            text = "%s %s %d" % (job["mediaSeconds"], job["maximumWidth"], len(media))
            answer({"picture": {"width": 1, "height": 1}}, text.encode())
            """
        )
        defer { try? FileManager.default.removeItem(at: file) }
        let pool = RenderPool(executable: file)
        let bytes = try await pool.picture(media: Self.media, mediaSeconds: 1.5, maximumWidth: 640)
        #expect(String(decoding: bytes, as: UTF8.self) == "1.5 640 3000000")
    }

    @Test(
        "a child that fails, says nothing, dies early or is missing is an error and not a crash",
        arguments: [
            "request(); answer({'failed': {'message': 'no key frame'}})", "request()", "sys.exit(3)",
            "os.kill(os.getpid(), 9)", "request(); sys.stdout.buffer.write(b'\\xff' * 100)",
            "request(); answer({'picture': {'width': 1, 'height': 1}})",
        ]
    )
    func failures(body: String) async throws {
        let file = try Self.executable(body)
        defer { try? FileManager.default.removeItem(at: file) }
        await #expect(throws: (any Error).self) {
            try await RenderPool(executable: file).picture(media: Self.media, mediaSeconds: 0, maximumWidth: 64)
        }
        await #expect(throws: ArchiveError.self) {
            try await RenderPool(executable: URL(filePath: "/nonexistent/gridwatch"))
                .picture(media: [1], mediaSeconds: 0, maximumWidth: 64)
        }
    }

    @Test("a child that hangs is killed at the deadline; at most two run at once, too many are rejected")
    func bounds() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "gridwatch-render-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = try Self.executable(
            """
            open("\(folder.path)/%d" % os.getpid(), "w").close()
            time.sleep(60)
            """
        )
        defer { try? FileManager.default.removeItem(at: file) }
        let pool = RenderPool(executable: file, deadline: .seconds(2))
        let codes = await withTaskGroup(of: ArchiveError.Code?.self) { group in
            for _ in 0..<36 {
                group.addTask {
                    do {
                        _ = try await pool.picture(media: [1], mediaSeconds: 0, maximumWidth: 64)
                        return nil
                    } catch {
                        return (error as? ArchiveError)?.code
                    }
                }
            }
            // The rejected ones answer at once; then the first two are still being waited for.
            var codes: [ArchiveError.Code?] = []
            let begin = ContinuousClock.now
            for await code in group.prefix(4) { codes.append(code) }
            let started = try? FileManager.default.contentsOfDirectory(atPath: folder.path).count
            if ContinuousClock.now - begin < .seconds(1) { #expect((started ?? 0) <= 2) }
            for await code in group.prefix(2) { codes.append(code) }
            group.cancelAll()
            return codes
        }
        #expect(codes.filter { $0 == .busy }.count == 4)
        #expect(codes.filter { $0 == .renderFailed }.count == 2)
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            #expect(!FileManager.default.fileExists(atPath: "/proc/\(name)"))
        }
    }
}
