package import Foundation

/// Tells whether recorded frames are an unbroken walk through a looped clip: the proof that not one frame is missing.
///
/// Frames are compared by a hash of their coded picture data (VCL NAL units) alone; parameter sets, SEI and containers
/// may differ. `ffmpeg` takes the containers apart, so no code of the project checks itself here.
package enum FrameWalk {
    package enum Verdict: Equatable, Sendable {
        /// All `count` frames follow each other from frame `start` of the clip on, round and round.
        case unbroken(start: Int, count: Int)
        /// Recorded frame `at` is not the one that had to follow.
        case broken(at: Int, of: Int)
        /// The first recorded frame is none of the clip's.
        case unknown
    }

    package struct ToolFailure: Error {
        package var message: String
    }

    /// Compares recorded frames with the clip's.
    package static func check(recorded: [UInt64], clip: [UInt64]) -> Verdict {
        guard let first = recorded.first else { return .unknown }
        var longest: Int?
        // A still picture may give several frames the same bytes: every possible start is tried.
        for start in clip.indices where clip[start] == first {
            let end = recorded.indices.first { recorded[$0] != clip[(start + $0) % clip.count] }
            guard let end else { return .unbroken(start: start, count: recorded.count) }
            longest = max(longest ?? 0, end)
        }
        return longest.map { .broken(at: $0, of: recorded.count) } ?? .unknown
    }

    /// Hashes of a file's frames in decoding order.
    package static func frames(of file: URL, codec: String) throws -> [UInt64] {
        let bytes = try output(
            of: [
                "/usr/bin/ffmpeg", "-v", "error", "-nostdin", "-ignore_editlist", "1", "-copyts", "-i", file.path,
                "-map", "0:v:0", "-c", "copy", "-copyinkf", "-f", codec, "-",
            ]
        )
        return frames(annexB: bytes, isHEVC: codec == "hevc")
    }

    /// Hashes of the frames in a byte stream (Annex B).
    package static func frames(annexB bytes: [UInt8], isHEVC: Bool) -> [UInt64] {
        var frames: [UInt64] = []
        for range in units(of: bytes) {
            let type = isHEVC ? (bytes[range.lowerBound] >> 1) & 0x3F : bytes[range.lowerBound] & 0x1F
            guard isHEVC ? type < 32 : (1...5).contains(type) else { continue }
            let sliceHeader = range.lowerBound + (isHEVC ? 2 : 1)
            guard sliceHeader < range.upperBound else { continue }
            // first_mb_in_slice is 0, or first_slice_segment_in_pic_flag is set: a new picture.
            if bytes[sliceHeader] & 0x80 != 0 || frames.isEmpty { frames.append(0xcbf2_9ce4_8422_2325) }
            frames[frames.count - 1] = bytes[range].reduce(frames[frames.count - 1]) {
                ($0 ^ UInt64($1)) &* 0x100_0000_01b3
            }
        }
        return frames
    }

    /// The NAL units between the start codes, without the zero bytes that trail them.
    private static func units(of bytes: [UInt8]) -> [Range<Int>] {
        var starts: [(code: Int, unit: Int)] = []
        var index = 0
        while index + 2 < bytes.count {
            if bytes[index + 2] > 1 {
                index += 3
            } else if bytes[index] == 0, bytes[index + 1] == 0, bytes[index + 2] == 1 {
                starts.append((index, index + 3))
                index += 3
            } else {
                index += 1
            }
        }
        var ranges: [Range<Int>] = []
        for (number, start) in starts.enumerated() {
            var end = number + 1 < starts.count ? starts[number + 1].code : bytes.count
            while end > start.unit, bytes[end - 1] == 0 { end -= 1 }
            if end > start.unit { ranges.append(start.unit..<end) }
        }
        return ranges
    }

    /// Runs a program and gives what it printed.
    package static func output(of command: [String]) throws -> [UInt8] {
        let process = Process()
        process.executableURL = URL(filePath: command[0])
        process.arguments = Array(command.dropFirst())
        let pipe = Pipe()
        let errors = Pipe()
        process.standardOutput = pipe
        process.standardError = errors
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let bytes = Array(pipe.fileHandleForReading.readDataToEndOfFile())
        let complaints = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw ToolFailure(message: "\(command.joined(separator: " ")): \(complaints)")
        }
        return bytes
    }
}
