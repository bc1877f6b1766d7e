import Domain
import Foundation
import Recording
import TestSupport

/// Looks at what a capture has left on disk, with `ffmpeg` and the journals.
enum RecordedFiles {
    /// A camera's gaps after all replacements, in order.
    static func gaps(_ camera: String, in data: URL) throws -> [GapRecord] {
        let layout = RecordingLayout(dataDirectory: data.path)
        var gaps: [WallTime: GapRecord] = [:]
        for day in try RecordingCatalogue(layout: layout).days(camera) {
            var reader = JournalReader(path: layout.dayJournal(camera, day: day))
            for case .gap(let gap) in try reader.readAll() { gaps[gap.from] = gap }
        }
        return gaps.values.sorted { $0.from < $1.from }
    }

    /// What a camera's journals say of its time.
    struct Account {
        var recorded = Duration.zero
        var missing = Duration.zero
        /// From the first gap's beginning to the end of the last one, or of the last frame.
        var window = Duration.zero
        /// Where recorded and missing time leave a hole or lie upon each other by more than a frame.
        var mistakes: [String] = []
    }

    /// Lays fragments and gaps side by side; they have to fill the window.
    static func account(_ camera: String, in data: URL, frame: Duration = .milliseconds(42)) throws -> Account {
        let layout = RecordingLayout(dataDirectory: data.path)
        let catalogue = RecordingCatalogue(layout: layout)
        var pieces: [(from: WallTime, to: WallTime, what: String)] = []
        for day in try catalogue.days(camera) {
            for name in try catalogue.segments(camera, day: day) {
                let index = try FragmentIndex.journal(cameraId: camera, name: name, layout: layout)
                for fragment in index?.fragments ?? [] { pieces.append((fragment.wall, fragment.wallEnd, "recorded")) }
            }
        }
        let lastFrame = pieces.map(\.to).max() ?? .epoch
        // A line of no length says that something began, not that time is missing: a run is anchored where its frames were
        // taken, and that may be before the recorder was there.
        for gap in try gaps(camera, in: data) where gap.to != gap.from {
            pieces.append((gap.from, gap.to ?? max(gap.from, lastFrame), gap.reason.rawValue))
        }
        pieces.sort { ($0.from, $0.to) < ($1.from, $1.to) }
        var account = Account()
        var reached = pieces.first?.from ?? .epoch
        let start = reached
        for piece in pieces {
            let distance = piece.from - reached
            if distance > frame || distance < .zero - frame {
                account.mistakes.append("\(distance) before \(piece.what) at \(piece.from.rfc3339)")
            }
            if piece.what == "recorded" {
                account.recorded += piece.to - max(piece.from, reached)
            } else {
                account.missing += piece.to - max(piece.from, reached)
            }
            reached = max(reached, piece.to)
        }
        account.window = reached - start
        return account
    }

    /// Joins the files and compares their frames with the clip's.
    static func walk(_ files: [URL], clip: URL, codec: String = "h264") throws -> FrameWalk.Verdict {
        let recorded = try files.flatMap { try FrameWalk.frames(of: $0, codec: codec) }
        return FrameWalk.check(recorded: recorded, clip: try FrameWalk.frames(of: clip, codec: codec))
    }

    /// Packets that `ffprobe` finds; throws when it can't play the file.
    static func packets(of file: URL) throws -> Int {
        let output = try FrameWalk.output(of: [
            "/usr/bin/ffprobe", "-v", "error", "-count_packets", "-show_entries", "stream=nb_read_packets", "-of",
            "csv=p=0", file.path,
        ])
        return Int(String(decoding: output, as: UTF8.self).filter(\.isNumber)) ?? 0
    }

    /// A clip of `bitRate` bits a second with a key frame every second: noise, so that it can't be made smaller.
    static func makeClip(bitRate: Int, in folder: URL) throws -> URL {
        let file = folder.appending(path: "clip.mp4")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        _ = try FrameWalk.output(of: [
            "/usr/bin/ffmpeg", "-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25", "-t",
            "8",
            "-vf", "noise=alls=60:allf=t", "-c:v", "libx264", "-preset", "ultrafast", "-b:v", "\(bitRate)", "-maxrate",
            "\(bitRate)", "-bufsize", "\(bitRate / 2)", "-g", "25", "-pix_fmt", "yuv420p", file.path,
        ])
        return file
    }
}
