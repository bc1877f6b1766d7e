import Crypto
import Domain
import Foundation
import Recording
import Store
import TestSupport
import Testing

@testable import Archive

@Suite("signatures", .enabled(if: EvidenceWorld.isPossible, "no shared clips here"))
struct SigningTests {
    @Test("every segment's end is signed once, and what is signed is the chain in its journal")
    func heads() async throws {
        let world = try EvidenceWorld()
        try await world.recordMixed()
        let signer = world.archive.signer
        #expect(signer.signedUntil(cameraId: "c").map { abs(($0 - world.to).seconds) < 0.2 } == true)
        let rows = try await world.archive.segments.all(node: "local")
        let before = try await signer.signatures(cameraId: "c", from: world.from, to: world.to)
        for row in rows {
            let name = try #require(RecordingLayout.parse(relativeSegment: row.path)?.name)
            let heads = try await signer.heads(cameraId: "c", segment: name)
            #expect(heads.count == 1)
            #expect(heads.first?.head == row.head)
            #expect(heads.first?.fragments == row.fragments)
            let key = try #require(signer.keys.current)
            for head in heads { #expect(key.signed(head.statement, head.signature)) }
        }
        // Nothing new: nothing is signed again, also not by the next start.
        try await signer.sign()
        let next = HeadSigner(
            dataDirectory: world.fixture.folder,
            layout: world.fixture.layout,
            database: world.fixture.database,
            audit: world.archive.audit,
            node: "local",
            clock: world.fixture.clock
        )
        try await next.sign()
        #expect(try await next.signatures(cameraId: "c", from: world.from, to: world.to) == before)
        #expect(next.signedUntil(cameraId: "c") == signer.signedUntil(cameraId: "c"))
        // What was signed of the audit log (the making of the key at least) is known to the next start too.
        let anchor = try #require(signer.auditAnchor)
        #expect(next.auditAnchor.map { $0 == anchor } == true)
        try world.record(1, packets: 30)
        try await world.archive.catchUp()
        try await next.sign()
        #expect(try await next.signatures(cameraId: "c", from: world.from, to: world.to).count == before.count + 1)
    }

    @Test("openssl agrees with key, signature and statement")
    func openssl() async throws {
        let world = try EvidenceWorld()
        try await world.recordMixed()
        let signer = world.archive.signer
        let head = try #require(try await signer.signatures(cameraId: "c", from: world.from, to: world.to).first)
        let folder = world.fixture.folder
        let files = ["key.pem", "statement", "signature"].map { folder.appending(path: $0) }
        try Data(try #require(signer.keys.current).pem.utf8).write(to: files[0])
        try Data(head.statement.utf8).write(to: files[1])
        try #require(Data(base64Encoded: head.signature)).write(to: files[2])
        let command = [
            "openssl", "pkeyutl", "-verify", "-pubin", "-inkey", files[0].path, "-rawin", "-in", files[1].path,
            "-sigfile", files[2].path,
        ]
        #expect(try ArchiveFixture.run(command).status == 0)
        try Data(head.statement.replacing("camera c", with: "camera d").utf8).write(to: files[1])
        #expect(try ArchiveFixture.run(command).status != 0)
    }

    @Test("keys are private, survive a start, and vouch for each other over rotations")
    func rotation() async throws {
        let world = try EvidenceWorld()
        let signer = world.archive.signer
        try await signer.prepare()
        let first = try #require(signer.keys.current)
        let second = try await signer.rotate()
        let third = try await signer.rotate()
        let folder = world.fixture.folder.appending(path: "keys").path
        func mode(_ path: String) throws -> String {
            try ArchiveFixture.run(["stat", "-c", "%a", path]).text.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        #expect(try mode(folder) == "700")
        #expect(try mode("\(folder)/site.pem") == "600")
        let again = KeyRing(dataDirectory: world.fixture.folder)
        #expect(try again.load() == false)
        #expect(again.history == [first, second, third])
        #expect(again.current == third)
        for root in [first, second, third] {
            let trusted = again.history.trusted(from: try #require(root.bytes))
            #expect(Set(trusted.keys) == [first.keyId, second.keyId, third.keyId])
        }
        // A stranger who names our key as the one before is not vouched for.
        var forged = third
        let stranger = Curve25519.Signing.PrivateKey()
        forged.publicKey = stranger.publicKey.rawRepresentation.base64EncodedString()
        forged.keyId = PublicKey.id(of: stranger.publicKey.rawRepresentation)
        forged.signature = try stranger.signature(for: Data(forged.statement.utf8)).base64EncodedString()
        let trusted = [first, second, forged].trusted(from: try #require(first.bytes))
        #expect(trusted[forged.keyId] == nil)
        #expect(PublicKey.bytes(pem: first.pem) == first.bytes)
        // The folder is lost: a new key, and the old ones still in the history beside the signatures.
        try FileManager.default.removeItem(atPath: folder)
        let fresh = KeyRing(dataDirectory: world.fixture.folder)
        #expect(try fresh.load())
        #expect(Array(fresh.history.dropLast()) == [first, second, third])
        #expect(fresh.current?.previous == nil)
    }

    @Test("signatures outlive the database, and go with the last segment that they cover")
    func lasting() async throws {
        let world = try EvidenceWorld()
        try await world.recordMixed()
        let signer = world.archive.signer
        let signed = try await signer.signatures(cameraId: "c", from: world.from, to: world.to)
        world.fixture.clock.advance(by: .seconds(2 * 86_400))
        try await signer.prune()
        #expect(try await signer.signatures(cameraId: "c", from: world.from, to: world.to) == signed)
        try world.fixture.database.close()
        for name in ["gridwatch.db", "gridwatch.db-wal", "gridwatch.db-shm"] {
            try? FileManager.default.removeItem(at: world.fixture.folder.appending(path: name))
        }
        _ = try await Fsck.repair(dataDirectory: world.fixture.folder)
        let database = try Store.Database(directory: world.fixture.folder)
        let next = HeadSigner(
            dataDirectory: world.fixture.folder,
            layout: world.fixture.layout,
            database: database,
            audit: AuditLog(dataDirectory: world.fixture.folder, database: database, clock: world.fixture.clock),
            node: "local",
            clock: world.fixture.clock
        )
        #expect(try await next.signatures(cameraId: "c", from: world.from, to: world.to) == signed)
        let segments = SegmentRepository(database)
        try await segments.delete(node: "local", paths: try await segments.all(node: "local").map(\.path))
        try await next.prune()
        #expect(try await next.signatures(cameraId: "c", from: world.from, to: world.to).isEmpty)
    }
}
