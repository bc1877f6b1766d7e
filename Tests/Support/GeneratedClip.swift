package import Foundation

/// A clip made with `ffmpeg` for one test: a moving picture and a tone, deleted with the object.
package final class GeneratedClip {
    package let url: URL

    /// - Parameters:
    ///   - name: its extension chooses the container.
    ///   - seconds: its length.
    ///   - size: of the picture.
    ///   - video: encoder arguments of the picture.
    ///   - audio: encoder arguments of the sound; nil for a clip without.
    ///   - rate: samples of the sound per second.
    ///   - extra: arguments before the output's name.
    /// - Throws: what `ffmpeg` says; `ToolFailure`.
    package init(
        _ name: String,
        seconds: Double = 4,
        size: String = "320x180",
        video: [String] = GeneratedClip.h264,
        audio: [String]? = nil,
        rate: Int = 8000,
        extra: [String] = []
    ) throws {
        url = FileManager.default.temporaryDirectory.appending(path: "gridwatch-clip-\(UUID().uuidString)-\(name)")
        var arguments = ["-f", "lavfi", "-i", "testsrc=s=\(size):r=25:d=\(seconds)"]
        if audio != nil { arguments += ["-f", "lavfi", "-i", "sine=440:r=\(rate):d=\(seconds)"] }
        arguments += video + ["-pix_fmt", "yuv420p"] + (audio ?? []) + extra
        try Self.ffmpeg(arguments + [url.path])
    }

    /// A clip that is there already; it goes with the object.
    package init(owning url: URL) {
        self.url = url
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    package static let h264 = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "25"]
    package static let h264WithB = ["-c:v", "libx264", "-preset", "veryfast", "-g", "25", "-bf", "2"]
    package static let hevc = [
        "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none:keyint=25:min-keyint=25",
    ]

    /// One file of several, one behind the other: MPEG-TS may be put together so.
    package static func joined(_ clips: [GeneratedClip], name: String) throws -> GeneratedClip {
        let url = FileManager.default.temporaryDirectory.appending(path: "gridwatch-clip-\(UUID().uuidString)-\(name)")
        var data = Data()
        for clip in clips { data += try Data(contentsOf: clip.url) }
        try data.write(to: url)
        return GeneratedClip(owning: url)
    }

    /// Runs `ffmpeg`.
    package static func ffmpeg(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/ffmpeg")
        process.arguments = ["-v", "error", "-nostdin", "-y"] + arguments
        let errors = Pipe()
        process.standardError = errors
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let complaints = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(message: complaints) }
    }

    package struct Failure: Error {
        package var message: String
    }
}
