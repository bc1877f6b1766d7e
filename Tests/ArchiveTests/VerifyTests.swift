import Domain
import Foundation
import Recording
import Store
import TestSupport
import Testing

@testable import Archive

private let flips = ProcessInfo.processInfo.environment["GRIDWATCH_SOAK"] == nil ? 120 : 1000

@Suite("verify", .enabled(if: EvidenceWorld.isPossible, "no shared clips here"))
struct VerifyTests {
    /// A dossier with two clips, its site's key and where it lies.
    private func dossier(_ world: EvidenceWorld) async throws -> (zip: String, pem: String) {
        try world.record(0, packets: 72, gap: .seconds(2))
        try world.record(1, packets: 40)
        try await world.archive.catchUp()
        var request = world.request(.dossier, world.from, world.to)
        let first = AuditChain.hash(#"{"seq":1}"#, after: "case-1")
        request.caseMaterial = CaseMaterial(
            caseId: "case-1",
            number: "20261123-0001",
            facts: #"{"number":"20261123-0001"}"#,
            log: [
                CaseMaterial.LogLine(seq: 1, entry: #"{"seq":1}"#, hash: first),
                CaseMaterial.LogLine(seq: 2, entry: #"{"seq":2}"#, hash: AuditChain.hash(#"{"seq":2}"#, after: first)),
            ],
            attachments: [],
            curves: []
        )
        let job = try await world.export(request)
        #expect(job.state == .done, "\(job.errorDetail ?? "")")
        return (world.path(job), try #require(world.archive.signer.keys.current).pem)
    }

    private func unpack(_ zip: String, _ world: EvidenceWorld) throws -> String {
        let folder = world.fixture.folder.appending(path: "out-\(UUID().uuidString)").path
        let result = try ArchiveFixture.run(["python3", "-m", "zipfile", "-e", zip, folder])
        #expect(result.status == 0, "\(result.text)")
        return folder
    }

    /// Flips one bit of a file and gives a function that takes it back.
    private func flip(_ path: String, byte: Int, bit: Int) throws -> () throws -> Void {
        let handle = try FileHandle(forUpdating: URL(filePath: path))
        defer { try? handle.close() }
        try handle.seek(toOffset: UInt64(byte))
        let old = try #require(try handle.read(upToCount: 1)?.first)
        try handle.seek(toOffset: UInt64(byte))
        try handle.write(contentsOf: [old ^ UInt8(1 << bit)])
        return {
            let handle = try FileHandle(forUpdating: URL(filePath: path))
            try handle.seek(toOffset: UInt64(byte))
            try handle.write(contentsOf: [old])
            try handle.close()
        }
    }

    private func manifest(_ bytes: [UInt8]) throws -> Manifest {
        let envelope = try #require(ManifestEnvelope.open(bytes))
        return try #require(ManifestEnvelope.manifest(envelope.body))
    }

    @Test("one flipped bit anywhere in a dossier is found, with its file and its second")
    func everyBit() async throws {
        let world = try EvidenceWorld()
        let (zip, pem) = try await dossier(world)
        let clean = try EvidenceVerifier.verify(path: zip, pem: pem)
        #expect(clean.findings.isEmpty, "\(clean.findings)")
        #expect(clean.checked.count >= 5)
        let reader = try ZipReader(path: zip)
        let manifestEntry = try #require(reader.entries.first { $0.name == "manifest.json" })
        let manifest = try self.manifest(
            try RecordingFileReader.read(zip, offset: manifestEntry.offset, count: manifestEntry.bytes)
        )
        var random = SeededRandom(seed: 11)
        var kinds: Set<EvidenceReport.Finding.Kind> = []
        for number in 0..<flips {
            // Every fourth one outside the media, which is most of the file.
            let byte: Int
            let small = reader.entries.filter { !$0.name.hasSuffix(".mp4") }
            switch number % 4 {
            case 0: byte = Int.random(in: 0..<reader.size, using: &random)
            case 1:
                let picked = manifest.clips.randomElement(using: &random)
                let clip = try #require(picked)
                let entry = try #require(reader.entries.first { $0.name == clip.file })
                byte = entry.offset + Int.random(in: 0..<clip.payloadStart, using: &random)
            case 2:
                let picked = small.randomElement(using: &random)
                let entry = try #require(picked)
                byte = entry.header + Int.random(in: 0..<(entry.offset - entry.header), using: &random)
            default:
                let picked = small.randomElement(using: &random)
                let entry = try #require(picked)
                byte = entry.offset + Int.random(in: 0..<entry.bytes, using: &random)
            }
            let restore = try flip(zip, byte: byte, bit: Int.random(in: 0..<8, using: &random))
            let report = try EvidenceVerifier.verify(path: zip, pem: pem)
            try restore()
            let comment: Comment = "try \(number), byte \(byte) of \(reader.size)"
            kinds.formUnion(report.findings.map(\.kind))
            guard let entry = reader.entries.first(where: { byte >= $0.offset && byte < $0.offset + $0.bytes }) else {
                // Between the files: the archive's own bytes.
                #expect(!report.isIntact, comment)
                continue
            }
            #expect(report.findings.contains { $0.file == entry.name }, comment)
            guard let clip = manifest.clips.first(where: { $0.file == entry.name }) else { continue }
            let position = byte - entry.offset
            let finding = try #require(report.findings.first { $0.file == entry.name }, comment)
            let from = try #require(finding.from, comment)
            let to = try #require(finding.to, comment)
            if position < clip.payloadStart {
                #expect(finding.kind == .header, comment)
            } else {
                #expect(finding.kind == .media, comment)
                #expect(report.findings.count == 1, comment)
                let (start, end) = try Self.span(of: clip, position)
                #expect(from == start && to == end, comment)
                #expect((to - from).seconds < 1.1, comment)
            }
        }
        #expect(kinds.isSuperset(of: [.media, .header, .content, .manifest, .container]))
        #expect(try EvidenceVerifier.verify(path: zip, pem: pem).isIntact)
    }

    /// The recorded time of the fragment that holds a byte of a clip, told by the box that names its wall time.
    private static func span(of clip: Manifest.Clip, _ position: Int) throws -> (from: WallTime, to: WallTime) {
        var end = clip.payloadStart
        for fragment in clip.segments.flatMap(\.fragments) {
            guard let bytes = fragment.bytes else { continue }
            end += bytes
            guard position < end else { continue }
            let moof = try #require(fragment.moof.flatMap { Data(base64Encoded: $0) })
            let mark = try #require(moof.range(of: Data("gridwatch-wallus".utf8)))
            let wall = moof[mark.upperBound...].prefix(8).reduce(Int64(0)) { $0 << 8 | Int64($1) }
            let run = try #require(moof.range(of: Data("trun".utf8)))
            let count = Int(moof[run.upperBound + 7])
            // Behind version, flags, count and data offset: 16 bytes for each sample, its duration first.
            let duration = (0..<count).reduce(Int64(0)) { sum, index in
                let at = run.upperBound + 12 + index * 16
                return sum + moof[at..<at + 4].reduce(Int64(0)) { $0 << 8 | Int64($1) }
            }
            let from = WallTime(microseconds: wall)
            return (from, from + .microseconds(duration * 100 / 9))
        }
        throw CancellationError()
    }

    @Test("a second verifier, written from the description alone, agrees")
    func secondVerifier() async throws {
        let world = try EvidenceWorld()
        let (zip, pem) = try await dossier(world)
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Checks/verify_evidence.py").path
        let key = world.fixture.folder.appending(path: "site.pem")
        try Data(pem.utf8).write(to: key)
        let clean = try ArchiveFixture.run(["python3", script, zip, key.path])
        #expect(clean.status == 0, "\(clean.text)")
        let folder = try unpack(zip, world)
        let report = try EvidenceVerifier.verify(path: folder, pem: pem)
        let clip = try #require(report.checked.first { $0.hasPrefix("clips/") })
        let size = try #require(RecordingFileReader.size("\(folder)/\(clip)"))
        let restore = try flip("\(folder)/\(clip)", byte: size / 2, bit: 0)
        let altered = try ArchiveFixture.run(["python3", script, folder, key.path])
        try restore()
        #expect(altered.status == 1 && altered.text.contains(clip), "\(altered.text)")
    }

    @Test("missing, added, swapped, longer and shorter files each have a message of their own")
    func files() async throws {
        let world = try EvidenceWorld()
        let (zip, pem) = try await dossier(world)
        let files = FileManager.default
        func check(_ change: (String) throws -> Void) throws -> EvidenceReport {
            let folder = try unpack(zip, world)
            defer { try? files.removeItem(atPath: folder) }
            try change(folder)
            return try EvidenceVerifier.verify(path: folder, pem: pem)
        }
        let clean = try check { _ in }
        #expect(clean.isIntact, "\(clean.findings)")
        let clips = clean.checked.filter { $0.hasPrefix("clips/") }
        #expect(clips.count == 2)
        let missing = try check { try files.removeItem(atPath: "\($0)/\(clips[0])") }
        #expect(missing.findings.map(\.kind) == [.missing])
        #expect(missing.findings.first?.file == clips[0])
        let noPage = try check { try files.removeItem(atPath: "\($0)/index.html") }
        #expect(noPage.findings.map(\.file) == ["index.html"])
        let added = try check { try Data("x".utf8).write(to: URL(filePath: "\($0)/clips/extra.mp4")) }
        #expect(added.findings.map(\.kind) == [.unlisted])
        let litter = try check { try Data("x".utf8).write(to: URL(filePath: "\($0)/.DS_Store")) }
        #expect(litter.isIntact)
        let swapped = try check { folder in
            try files.moveItem(atPath: "\(folder)/\(clips[0])", toPath: "\(folder)/aside")
            try files.moveItem(atPath: "\(folder)/\(clips[1])", toPath: "\(folder)/\(clips[0])")
            try files.moveItem(atPath: "\(folder)/aside", toPath: "\(folder)/\(clips[1])")
        }
        #expect(swapped.findings.map(\.kind).contains(.swapped), "\(swapped.findings)")
        #expect(Set(swapped.findings.map(\.file)) == Set(clips))
        for name in [clips[0], "index.html"] {
            let longer = try check { folder in
                let handle = try FileHandle(forWritingTo: URL(filePath: "\(folder)/\(name)"))
                try handle.seekToEnd()
                try handle.write(contentsOf: Data("tail".utf8))
            }
            #expect(longer.findings.map(\.kind) == [.length])
            #expect(longer.findings.first?.file == name)
        }
        let shorter = try check { folder in
            let url = URL(filePath: "\(folder)/\(clips[0])")
            try (try Data(contentsOf: url).dropLast(2000)).write(to: url)
        }
        #expect(shorter.findings.map(\.kind) == [.length])
        #expect(shorter.findings.first?.from != nil)
    }

    @Test("another key, another signature and a changed log are told apart")
    func keysAndLogs() async throws {
        let world = try EvidenceWorld()
        let (zip, pem) = try await dossier(world)
        let other = KeyRing(dataDirectory: world.fixture.folder.appending(path: "other"))
        try other.load()
        let wrong = try EvidenceVerifier.verify(path: zip, pem: try #require(other.current).pem)
        #expect(Set(wrong.findings.map(\.kind)) == [.key])
        let without = try EvidenceVerifier.verify(path: zip)
        #expect(without.isIntact)
        #expect(without.notes.contains { $0.contains("--key") })
        // The key is changed: who holds the old one still trusts the new one, and the other way round.
        let second = try await world.archive.signer.rotate()
        let later = try await world.export(world.request(.dossier, world.from, world.to))
        #expect(try EvidenceVerifier.verify(path: world.path(later), pem: pem).isIntact)
        #expect(try EvidenceVerifier.verify(path: world.path(later), pem: second.pem).isIntact)

        // A manifest that was altered and signed anew by someone else.
        let folder = try unpack(zip, world)
        let url = URL(filePath: "\(folder)/manifest.json")
        var forged = try manifest(Array(try Data(contentsOf: url)))
        forged.title = "something else"
        forged.caseFile?.log[1].entry = #"{"seq":2,"to":"closed"}"#
        try Data(try #require(try ManifestEnvelope.seal(forged, with: other))).write(to: url)
        let kinds = Set(try EvidenceVerifier.verify(path: folder, pem: pem).findings.map(\.kind))
        #expect(kinds == [.key, .log])
    }

    @Test("a single clip verifies with its manifest beside it, and an altered one doesn't")
    func single() async throws {
        let world = try EvidenceWorld()
        try world.record(0, packets: 72)
        try await world.archive.catchUp()
        let job = try await world.export(world.request(.clip, world.from, world.to))
        #expect(job.state == .done)
        let name = try #require(job.file?.name)
        #expect(name.hasSuffix(".mp4"))
        let clean = try EvidenceVerifier.verify(path: world.path(job))
        #expect(clean.isIntact, "\(clean.findings)")
        #expect(clean.checked == [name])
        let end = try #require(try ProofBox.find(world.path(job))).offset
        let restore = try flip(world.path(job), byte: end - 5, bit: 3)
        let report = try EvidenceVerifier.verify(path: world.path(job))
        try restore()
        #expect(report.findings.map(\.kind) == [.media])
        #expect(report.findings.first?.to.map { abs(($0 - world.to).seconds) < 0.7 } == true)
    }

    @Test("one flipped bit in a journal, in what was signed, in the keys or in the audit log is found too")
    func everyFile() async throws {
        let world = try EvidenceWorld()
        for number in 0..<12 {
            await world.archive.audit.record(
                .hold,
                AuditSubject(.hold, "hold-\(number)"),
                data: ["reason": "trial"],
                by: "monitor"
            )
        }
        try await world.recordMixed()
        let folder = world.fixture.folder.path
        let pem = try #require(world.archive.signer.keys.current).pem
        let clean = try EvidenceVerifier.verify(path: folder, pem: pem)
        #expect(clean.isIntact, "\(clean.findings)")
        #expect(clean.checked.contains { $0.hasPrefix("audit/") })
        let rows = try await world.archive.segments.all(node: "local")
        let journals = rows.map { "recordings/" + $0.path.dropLast(4) + ".journal" }
        let signed = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/recordings/signatures")
        let months = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/audit")
        let files = journals + signed.map { "recordings/signatures/\($0)" } + months.map { "audit/\($0)" }
        #expect(signed.count >= 2 && months.count == 1 && journals.count >= 3)
        var random = SeededRandom(seed: 17)
        var kinds: Set<EvidenceReport.Finding.Kind> = []
        for number in 0..<flips {
            let file = files[number % files.count]
            let size = try #require(RecordingFileReader.size("\(folder)/\(file)"))
            let byte = Int.random(in: 0..<size, using: &random)
            let restore = try flip("\(folder)/\(file)", byte: byte, bit: Int.random(in: 0..<8, using: &random))
            let report = try EvidenceVerifier.verify(path: folder, pem: pem)
            try restore()
            kinds.formUnion(report.findings.map(\.kind))
            let comment: Comment = "try \(number), \(file) byte \(byte) of \(size): \(report)"
            // The files of the segment, or the file itself, are named.
            let name = file.replacing("recordings/", with: "").replacing(".journal", with: ".mp4")
            let isNamed = report.findings.contains { $0.file == name || $0.file == "audit" }
            // Of the newest segment's last line nothing depends; a line that lost its end may have been torn. Both are told.
            let isTold = report.notes.count > clean.notes.count && report.notes.contains { $0.hasPrefix(name) }
            // What was signed of a segment stands against the segment.
            let isOfSegment = file.contains("signatures/") && !report.isIntact
            #expect(isNamed || isTold || isOfSegment, comment)
        }
        #expect(kinds.isSuperset(of: [.chain, .log, .signature, .key]))
    }

    @Test("a journal that is gone or cut short hides nothing of what was signed")
    func withoutJournal() async throws {
        let world = try EvidenceWorld()
        try await world.recordMixed()
        let root = world.fixture.layout.root
        let pem = try #require(world.archive.signer.keys.current).pem
        let rows = try await world.archive.segments.all(node: "local").sorted { $0.from < $1.from }
        let row = rows[1]
        let (camera, name) = try #require(RecordingLayout.parse(relativeSegment: row.path))
        let journal = URL(filePath: world.fixture.layout.journal(camera, name))
        let content = try Data(contentsOf: journal)
        func findings(_ change: Data?) throws -> [EvidenceReport.Finding] {
            if let change { try change.write(to: journal) } else { try FileManager.default.removeItem(at: journal) }
            defer { try? content.write(to: journal) }
            return try EvidenceVerifier.verify(path: root, pem: pem).findings
        }
        // The file alone leads from the segment before it to what was signed.
        #expect(try findings(nil).isEmpty)
        let restore = try flip("\(root)/\(row.path)", byte: Int(row.bytes) - 3, bit: 2)
        let altered = try findings(nil)
        #expect(altered.contains { $0.file == row.path && $0.kind == .chain }, "\(altered)")
        #expect(altered.first?.from.map { $0 >= row.from - .seconds(1) && $0 < row.to } == true)
        try restore()
        // Without its last lines the journal says nothing of what may then be changed.
        let lines = content.split(separator: 10, omittingEmptySubsequences: false)
        #expect(lines.count > 6)
        let short = Data(lines.dropLast(4).joined(separator: [10])) + Data([10])
        let cut = try findings(short)
        #expect(cut.contains { $0.file == row.path && $0.kind == .chain && $0.from != nil }, "\(cut)")
        // A line taken out of its middle leaves bytes of which it says nothing.
        let holed = Data((lines[..<3] + lines[4...]).joined(separator: [10]))
        let hole = try findings(holed)
        #expect(hole.contains { $0.message.contains("says nothing of") && $0.from != nil && $0.to != nil }, "\(hole)")
    }

    @Test("recordings whose signatures are gone are not vouched for, but for those of the last two minutes")
    func unsigned() async throws {
        let world = try EvidenceWorld()
        try world.record(0, packets: 60, gap: .seconds(300))
        try world.record(0, packets: 60)
        try await world.archive.catchUp()
        try await world.archive.signer.sign()
        let root = world.fixture.layout.root
        let pem = try #require(world.archive.signer.keys.current).pem
        let clean = try EvidenceVerifier.verify(path: root, pem: pem)
        #expect(clean.isIntact && clean.unsigned.isEmpty, "\(clean)")
        let days = try FileManager.default.contentsOfDirectory(atPath: "\(root)/signatures").filter {
            $0 != "keys.jsonl"
        }
        for day in days { try FileManager.default.removeItem(atPath: "\(root)/signatures/\(day)") }
        let bare = try EvidenceVerifier.verify(path: root, pem: pem)
        let rows = try await world.archive.segments.all(node: "local").sorted { $0.from < $1.from }
        let old = rows.filter { $0.to < world.to - .seconds(120) }.map(\.path)
        #expect(!old.isEmpty && old.count < rows.count)
        #expect(bare.unsigned == old, "\(bare)")
    }

    @Test("recordings are checked against journal and signatures, file and second")
    func recordings() async throws {
        let world = try EvidenceWorld()
        try await world.recordMixed()
        let root = world.fixture.layout.root
        let pem = try #require(world.archive.signer.keys.current).pem
        let clean = try EvidenceVerifier.verify(path: world.fixture.folder.path, pem: pem)
        #expect(clean.isIntact, "\(clean.findings)")
        let rows = try await world.archive.segments.all(node: "local")
        #expect(clean.checked.count { $0.hasSuffix(".mp4") } == rows.count)
        var random = SeededRandom(seed: 5)
        for number in 0..<max(20, flips == 1000 ? flips : flips / 6) {
            let picked = rows.randomElement(using: &random)
            let row = try #require(picked)
            let path = "\(root)/\(row.path)"
            let byte = Int.random(in: 0..<Int(row.bytes), using: &random)
            let restore = try flip(path, byte: byte, bit: Int.random(in: 0..<8, using: &random))
            let report = try EvidenceVerifier.verify(path: number % 2 == 0 ? root : path, pem: pem)
            try restore()
            let comment: Comment = "try \(number), \(row.path) byte \(byte)"
            let finding = try #require(report.findings.first { $0.file == row.path }, comment)
            #expect(finding.from.map { $0 >= row.from - .seconds(1) && $0 < row.to } == true, comment)
        }
        // A journal that tells a consistent lie is caught by the signature.
        let row = try #require(rows.first)
        let (camera, name) = try #require(RecordingLayout.parse(relativeSegment: row.path))
        let journal = world.fixture.layout.journal(camera, name)
        var reader = JournalReader(path: journal)
        var entries = try reader.readAll()
        if case .fragment(let record)? = entries.dropFirst().first {
            let restore = try flip("\(root)/\(row.path)", byte: record.end - 1, bit: 0)
            let bytes = try RecordingFileReader.read("\(root)/\(row.path)", offset: 0, count: record.end)
            var lie = record
            lie.payloadHash = ContentHash(of: bytes[(record.offset + record.moofBytes + 8)...])
            entries[1] = .fragment(lie)
            let index = try #require(FragmentIndex(entries))
            if case .segmentClosed(var closed)? = entries.last {
                closed.head = index.head
                entries[entries.count - 1] = .segmentClosed(closed)
            }
            try Data(entries.flatMap { JournalLine.encode($0) }).write(to: URL(filePath: journal))
            let report = try EvidenceVerifier.verify(path: root, pem: pem)
            try restore()
            #expect(report.findings.contains { $0.file == row.path && $0.kind == .chain }, "\(report.findings)")
        } else {
            Issue.record("the journal has no fragment")
        }
    }
}
