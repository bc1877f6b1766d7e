import Foundation
import Glibc
import Media
import Recording

/// A folder of its own for one test, deleted with it.
final class RecordingFolder {
    let path: String
    let layout: RecordingLayout

    init() {
        path = NSTemporaryDirectory() + "gridwatch-recording-\(UUID().uuidString)"
        layout = RecordingLayout(dataDirectory: path)
        try? FileManager.default.createDirectory(atPath: layout.root, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Every segment of a camera in order, with its journal's index.
    func segments(_ camera: String) throws -> [(name: SegmentName, index: FragmentIndex)] {
        let catalogue = RecordingCatalogue(layout: layout)
        var found: [(SegmentName, FragmentIndex)] = []
        for day in try catalogue.days(camera) {
            for name in try catalogue.segments(camera, day: day) {
                if let index = try FragmentIndex.journal(cameraId: camera, name: name, layout: layout) {
                    found.append((name, index))
                }
            }
        }
        return found
    }

    /// The gaps of a camera after all replacements, in order.
    func gaps(_ camera: String) throws -> [GapRecord] {
        var gaps: [GapRecord] = []
        for day in try RecordingCatalogue(layout: layout).days(camera) {
            var reader = JournalReader(path: layout.dayJournal(camera, day: day))
            for case .gap(let gap) in try reader.readAll() {
                gaps.removeAll { $0.from == gap.from }
                gaps.append(gap)
            }
        }
        return gaps
    }

    func bytes(_ camera: String, _ name: SegmentName) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: layout.segment(camera, name))))
    }
}

/// Runs a program and gives what it wrote; nil when it is missing or fails.
func output(of program: String, _ arguments: [String]) -> [UInt8]? {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [program] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return process.terminationStatus == 0 ? Array(data) : nil
}

/// The NAL units with picture data, in order, as one hash each.
enum PictureUnits {
    static func hashes(annexB bytes: [UInt8], codec: VideoCodec) -> [ContentHash] {
        let starts = bytes.withUnsafeBufferPointer { buffer in
            var starts: [Int] = []
            var at = 2
            while at < buffer.count {
                if buffer[at] > 1 {
                    at += 3
                } else if buffer[at] == 1, buffer[at - 1] == 0, buffer[at - 2] == 0 {
                    starts.append(at + 1)
                    at += 3
                } else {
                    at += 1
                }
            }
            return starts
        }
        var hashes: [ContentHash] = []
        for (index, start) in starts.enumerated() {
            var end = index + 1 < starts.count ? starts[index + 1] - 3 : bytes.count
            while end > start, bytes[end - 1] == 0 { end -= 1 }
            if end > start, isPicture(bytes[start], codec) { hashes.append(ContentHash(of: bytes[start..<end])) }
        }
        return hashes
    }

    static func hashes(sample bytes: ArraySlice<UInt8>, codec: VideoCodec) -> [ContentHash] {
        var hashes: [ContentHash] = []
        var rest = bytes
        while rest.count > 4 {
            let size = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            // Some clips hide an end of sequence with its start code in the last unit; Annex B tells it apart.
            hashes += self.hashes(annexB: [0, 0, 1] + rest.dropFirst(4).prefix(size), codec: codec)
            rest = rest.dropFirst(4 + size)
        }
        return hashes
    }

    private static func isPicture(_ header: UInt8, _ codec: VideoCodec) -> Bool {
        codec == .h264 ? (1...5).contains(header & 31) : header >> 1 & 63 < 32
    }
}
