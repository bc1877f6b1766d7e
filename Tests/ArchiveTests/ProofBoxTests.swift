import Domain
import Foundation
import Recording
import TestSupport
import Testing

@testable import Archive

private let flips = ProcessInfo.processInfo.environment["GRIDWATCH_SOAK"] == nil ? 60 : 1000

@Suite("a clip's own proof", .enabled(if: EvidenceWorld.isPossible, "no shared clips here"))
struct ProofBoxTests {
    /// A clip as it is downloaded, under another name in a folder of its own, and the site's key.
    private func downloaded(_ world: EvidenceWorld) async throws -> (path: String, pem: String) {
        try world.record(0, packets: 72)
        try await world.archive.catchUp()
        let clip = try await world.archive.clip(cameraId: "c", from: world.from, to: world.to)
        #expect(clip.proofHash != nil)
        #expect(RecordingFileReader.size(clip.url.path) == clip.bytes)
        let folder = world.fixture.folder.appending(path: "sent")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let path = folder.appending(path: "video (1).MP4").path
        try FileManager.default.copyItem(atPath: clip.url.path, toPath: path)
        return (path, try #require(world.archive.signer.keys.current).pem)
    }

    @Test("a downloaded clip verifies alone, whatever its name, plays everywhere, and any flipped bit in it is found")
    func alone() async throws {
        let world = try EvidenceWorld()
        let (path, pem) = try await downloaded(world)
        let clean = try EvidenceVerifier.verify(path: path, pem: pem)
        #expect(clean.isIntact, "\(clean.findings)")
        #expect(clean.checked == ["video (1).MP4"])
        #expect(!clean.notes.contains { $0.contains("not covered") }, "\(clean.notes)")
        let probed = try ArchiveFixture.run(["ffprobe", "-v", "error", "-show_entries", "stream=codec_name", path])
        #expect(probed.status == 0 && probed.text.contains("h264"), "\(probed.text)")
        #expect(!probed.text.contains("rror"), "\(probed.text)")

        let size = try #require(RecordingFileReader.size(path))
        let box = try #require(try ProofBox.find(path)).offset
        var random = SeededRandom(seed: 5)
        for number in 0..<flips {
            // A third each in the media, in the proof's frame and in the proof.
            let byte =
                switch number % 3 {
                case 0: Int.random(in: 0..<box, using: &random)
                case 1: Bool.random(using: &random) ? box + number / 3 % 24 : size - 1 - number / 3 % 24
                default: Int.random(in: box..<size, using: &random)
                }
            var bytes = try Data(contentsOf: URL(filePath: path))
            bytes[byte] ^= UInt8(1 << Int.random(in: 0..<8, using: &random))
            let altered = path + ".\(number).mp4"
            try bytes.write(to: URL(filePath: altered))
            let report = try EvidenceVerifier.verify(path: altered, pem: pem)
            try FileManager.default.removeItem(atPath: altered)
            let name = URL(filePath: altered).lastPathComponent
            let comment: Comment = "try \(number), byte \(byte) of \(size), box at \(box): \(report.findings)"
            #expect(report.findings.contains { $0.file == name }, comment)
            if byte < box { #expect(report.findings.contains { $0.from != nil && $0.to != nil }, comment) }
        }
    }

    @Test("a second verifier, written from the description alone, agrees about clips that stand alone")
    func secondVerifier() async throws {
        let world = try EvidenceWorld()
        let (sent, pem) = try await downloaded(world)
        let job = try await world.export(world.request(.clip, world.from, world.to))
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Checks/verify_evidence.py").path
        let key = world.fixture.folder.appending(path: "site.pem")
        try Data(pem.utf8).write(to: key)
        let own = sent + ".mp4"
        try FileManager.default.moveItem(atPath: sent, toPath: own)
        for path in [own, world.path(job), world.archive.exports.folder(job.id).path] {
            let clean = try ArchiveFixture.run(["python3", script, path, key.path])
            #expect(clean.status == 0, "\(path): \(clean.text)")
        }
        var bytes = try Data(contentsOf: URL(filePath: own))
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: URL(filePath: own))
        #expect(try ArchiveFixture.run(["python3", script, own, key.path]).status == 1)
    }

    @Test("a clip made again has the same bytes, so that a download can be taken up")
    func repeatable() async throws {
        let world = try EvidenceWorld()
        try world.record(0, packets: 72)
        try await world.archive.catchUp()
        let first = try await world.archive.clip(cameraId: "c", from: world.from, to: world.to)
        let second = try await world.archive.clip(cameraId: "c", from: world.from, to: world.to)
        #expect(try Data(contentsOf: first.url) == Data(contentsOf: second.url))
    }

    @Test("a proof of another clip, a cut one and bytes behind it are refused")
    func foreign() async throws {
        let world = try EvidenceWorld()
        let (path, pem) = try await downloaded(world)
        let other = try await world.archive.clip(
            cameraId: "c",
            from: world.from + .seconds(1),
            to: world.to
        )
        let own = try Data(contentsOf: URL(filePath: path))
        let foreign = try Data(contentsOf: other.url)
        let (ownBox, foreignBox) = (
            try #require(try ProofBox.find(path)), try #require(try ProofBox.find(other.url.path))
        )
        let made = path + ".made.mp4"
        try (own[..<ownBox.offset] + foreign[foreignBox.offset...]).write(to: URL(filePath: made))
        #expect(try !EvidenceVerifier.verify(path: made, pem: pem).isIntact)
        try (own + Data("more".utf8)).write(to: URL(filePath: made))
        #expect(try EvidenceVerifier.verify(path: made, pem: pem).findings.map(\.kind) == [.length])
        try own[..<(ownBox.offset)].write(to: URL(filePath: made))
        #expect(throws: ArchiveError.self) { try EvidenceVerifier.verify(path: made, pem: pem) }
    }
}
