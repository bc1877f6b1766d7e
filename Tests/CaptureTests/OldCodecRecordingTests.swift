import Domain
import Foundation
import TestSupport
import Testing

@testable import Capture

@Suite("Codecs of old cameras", .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/ffmpeg")))
struct OldCodecRecordingTests {
    @Test("MPEG-4 part 2 and motion JPEG are recorded in segments that a foreign player opens alone")
    func recorded() async throws {
        let mpeg4 = try GeneratedClip("old.avi", seconds: 6, video: ["-c:v", "mpeg4", "-g", "12"])
        let mjpeg = try GeneratedClip(
            "old-jpeg.avi",
            seconds: 6,
            video: ["-c:v", "mjpeg", "-strict", "unofficial", "-q:v", "5"]
        )
        let capture = try RunningCapture([
            RunningCapture.camera("mpeg4", "file:\(mpeg4.url.path)"),
            RunningCapture.camera("mjpeg", "file:\(mjpeg.url.path)"),
        ])
        for codec in ["mpeg4", "mjpeg"] {
            #expect(await eventually(within: .seconds(10)) { capture.status(codec)?.state == .live })
            #expect(capture.status(codec)?.codec == codec)
            #expect(
                await eventually(within: .seconds(10)) {
                    (capture.statistics?.cameras[codec]?.clocks?.writtenAt != nil)
                }
            )
        }
        try await Task.sleep(for: .seconds(3))
        await capture.stop()
        for codec in ["mpeg4", "mjpeg"] {
            let file = try #require(capture.segments(codec).first)
            let process = Process()
            let output = Pipe()
            process.executableURL = URL(filePath: "/usr/bin/ffprobe")
            process.arguments = [
                "-v", "error", "-count_frames", "-show_entries", "stream=codec_name,nb_read_frames", "-of", "csv=p=0",
                file.path,
            ]
            process.standardOutput = output
            process.standardError = output
            try process.run()
            let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            let fields = text.trimmingCharacters(in: .newlines).split(separator: ",")
            #expect(fields.first.map(String.init) == codec, "\(text)")
            #expect(fields.last.flatMap { Int($0) }.map { $0 > 40 } == true, "\(text)")
        }
        try? FileManager.default.removeItem(at: capture.data)
    }
}
