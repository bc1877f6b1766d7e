import Foundation

/// An executable that stands in for `gridwatch render`: it gives every fragment back as it came, notes in `log` when it
/// begins, what it is asked and when it ends, and does what `body` says before it answers.
struct StandInRenderer {
    let folder: URL
    let executable: URL
    private let log: URL

    /// - Parameter body: Python; `job` is the request's name, `count` how many fragments have come.
    init(_ body: String = "pass") throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "gridwatch-renderer-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        executable = folder.appending(path: "render.py")
        log = folder.appending(path: "log")
        let script = """
            #!/usr/bin/python3
            import json, os, struct, sys, time
            def note(text):
                with open("\(log.path)", "a") as log: log.write("%d %s\\n" % (os.getpid(), text))
            def answer(header, payload=b""):
                header = json.dumps(header).encode()
                sys.stdout.buffer.write(struct.pack(">II", len(header), len(payload)) + header + payload)
                sys.stdout.buffer.flush()
            note("begin")
            count = 0
            while True:
                lengths = sys.stdin.buffer.read(8)
                if len(lengths) < 8: break
                h, p = struct.unpack(">II", lengths)
                request = json.loads(sys.stdin.buffer.read(h))
                media = sys.stdin.buffer.read(p)
                job = list(request)[0]
                if job == "fragment": count += 1
                note(job)
                \(body)
                if job == "openVideo":
                    width = request[job]["maximumWidth"]
                    answer({"initialisation": {"codecString": "avc1.4d401e", "width": width, "height": width // 2,
                                               "sampleRate": 0, "channels": 0}}, media)
                elif job == "openAudio":
                    answer({"initialisation": {"codecString": "mp4a.40.2", "width": 0, "height": 0,
                                               "sampleRate": 8000, "channels": 1}}, b"sound")
                elif job == "fragment":
                    at = media.index(b"tfdt") + 8
                    ticks = struct.unpack(">Q", media[at:at + 8])[0]
                    answer({"fragment": {"baseDecodeTicks": ticks, "durationTicks": 45000, "key": True}}, media)
                    answer({"done": {}})
                elif job in ("picture", "keyPicture"):
                    answer({"picture": {"width": 1, "height": 1}}, b"\\xff\\xd8\\xff" + media[-100:])
                else:
                    answer({"done": {}})
            """
        try ArchiveFixture.makeScript(script, at: executable)
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }

    /// What it noted, by process.
    var notes: [(pid: Int32, text: String)] {
        let text = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { line in
            let parts = line.split(separator: " ")
            return parts.count == 2 ? Int32(parts[0]).map { ($0, String(parts[1])) } : nil
        }
    }

    /// Its processes that still run.
    var running: Set<Int32> {
        Set(notes.map(\.pid)).filter { FileManager.default.fileExists(atPath: "/proc/\($0)/exe") }
    }
}
