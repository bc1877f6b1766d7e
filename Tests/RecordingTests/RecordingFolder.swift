import Foundation
import Glibc
import Media
import Recording
import TestSupport

/// A folder of its own for one test, deleted with it; or one on simulated disks.
final class RecordingFolder {
    let path: String
    let layout: RecordingLayout
    let files: any RecordingFiles

    /// - Parameter further: a second disk, the volume `b`.
    init(on disk: SimulatedDisk, further: SimulatedDisk? = nil) {
        path = ""
        layout = RecordingLayout(
            dataDirectory: disk.mountPoint + "/data",
            volumes: further.map { ["b": $0.mountPoint] } ?? [:]
        )
        files = further.map { SimulatedDisks(disk, $0) } ?? SimulatedDisks(disk)
    }

    /// One that is there already.
    init(existing layout: RecordingLayout, _ files: any RecordingFiles) {
        path = ""
        self.layout = layout
        self.files = files
    }

    init() {
        files = SystemFiles()
        path = NSTemporaryDirectory() + "gridwatch-recording-\(UUID().uuidString)"
        layout = RecordingLayout(dataDirectory: path)
        try? FileManager.default.createDirectory(atPath: layout.root, withIntermediateDirectories: true)
    }

    deinit { if !path.isEmpty { try? FileManager.default.removeItem(atPath: path) } }

    /// Every segment of a camera in order, with its journal's index.
    func segments(_ camera: String) throws -> [(name: SegmentName, index: FragmentIndex)] {
        let catalogue = RecordingCatalogue(layout: layout, files: files)
        var found: [(SegmentName, FragmentIndex)] = []
        for day in try catalogue.days(camera) {
            for name in try catalogue.segments(camera, day: day) {
                if let index = try FragmentIndex.load(cameraId: camera, name: name, layout: layout, files: files) {
                    found.append((name, index))
                }
            }
        }
        return found
    }

    /// The gaps of a camera after all replacements, in order.
    func gaps(_ camera: String) throws -> [GapRecord] {
        var lines: [GapRecord] = []
        for (day, volume) in try RecordingCatalogue(layout: layout, files: files).dayJournals(camera) {
            var reader = JournalReader(path: layout.dayJournal(camera, day: day, volume: volume), files: files)
            for case .gap(let gap) in try reader.readAll() { lines.append(gap) }
        }
        var gaps: [GapRecord] = []
        for gap in lines {
            if let known = gaps.first(where: { $0.from == gap.from }), let noted = known.notedAt,
                noted > gap.notedAt ?? noted
            {
                continue
            }
            gaps.removeAll { $0.from == gap.from }
            gaps.append(gap)
        }
        return gaps.sorted { $0.from < $1.from }
    }

    func bytes(_ camera: String, _ name: SegmentName) throws -> [UInt8] {
        let path = layout.segment(camera, name)
        return try files.read(path, offset: 0, count: try files.size(path) ?? 0)
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
