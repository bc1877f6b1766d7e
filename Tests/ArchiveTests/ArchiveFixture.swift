import Archive
import Domain
import Foundation
import Media
import Recording
import Store
import TestSupport

/// A data folder with a recording volume, an archive over it and clocks that a test moves.
final class ArchiveFixture: Sendable {
    let folder: URL
    let clock: ManualClock
    let database: Store.Database
    let archive: Archive
    let layout: RecordingLayout

    init(settings: ArchiveSettings = ArchiveSettings(), hooks: ArchiveHooks = ArchiveHooks()) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "gridwatch-archive-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        clock = ManualClock()
        database = try Store.Database(directory: folder)
        layout = RecordingLayout(dataDirectory: folder.path)
        archive = Archive(
            dataDirectory: folder,
            database: database,
            clock: clock,
            settings: settings,
            hooks: hooks
        )
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    /// Every packet of a clip.
    static func packets(of clip: URL, withSound: Bool = false) throws -> (info: StreamInfo, packets: [Packet]) {
        let demuxer = try Demuxer(
            opening: clip.path,
            options: DemuxerOptions(loopFile: false, paceFile: false, takesAudio: withSound),
            cancellation: Cancellation()
        )
        var packets: [Packet] = []
        while true {
            switch try demuxer.next() {
            case .packet(let packet): packets.append(packet)
            case .parametersChanged: break
            case .end: return (demuxer.info, packets)
            }
        }
    }

    /// Records packets as one run, the clocks moving with the media.
    ///
    /// - Returns: wall time of the run's first frame.
    @discardableResult
    func record(
        _ cameraId: String,
        _ info: StreamInfo,
        _ packets: some Sequence<Packet>,
        segmentSeconds: Int = 600,
        endReason: StateReason? = .closed
    ) throws -> WallTime {
        let volume = RecordingVolumes(
            layout: layout,
            clock: clock,
            settings: RecordingSettings(segmentLength: .seconds(segmentSeconds))
        )
        volume.start()
        defer { volume.stop() }
        let recorder = try volume.recorder(cameraId: cameraId)
        recorder.beginRun(info: info)
        var first: WallTime?
        for packet in packets {
            let position = recorder.append(packet)
            first = first ?? position?.wall
            if packet.track == .video {
                clock.advance(by: .microseconds(MediaTime.microseconds(packet.durationTicks)))
            }
        }
        if let endReason { recorder.endRun(reason: endReason) }
        return first ?? clock.now()
    }

    /// Writes an executable script from another process: while this one has it open for writing, a child that another
    /// test starts would inherit that and nobody could execute it (ETXTBSY).
    static func makeScript(_ text: String, at file: URL) throws {
        let writer = "import os, sys; open(sys.argv[1], 'w').write(sys.argv[2]); os.chmod(sys.argv[1], 0o700)"
        _ = try run(["python3", "-c", writer, file.path, text])
    }

    /// What a command prints on both outputs, and its exit status.
    static func run(_ arguments: [String]) throws -> (status: Int32, text: String) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = arguments
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }
}
