import Archive
import Foundation
import Store
import Testing

@Suite("attachments")
struct AttachmentTests {
    private static let jpeg: [UInt8] = [0xFF, 0xD8, 0xFF, 0xE0] + (0..<5000).map { UInt8(truncatingIfNeeded: $0) }

    @Test("what is kept is read back byte for byte, from a file that only its owner reads")
    func keeps() async throws {
        let fixture = try ArchiveFixture()
        let kept = try await fixture.archive.storeAttachment(Self.jpeg, mediaType: "image/jpeg", by: "monitor")
        let read = try await fixture.archive.attachment(id: kept.id)
        #expect(read.bytes == Self.jpeg)
        #expect(read.attachment == kept)
        let file = fixture.folder.appending(path: "attachments/\(kept.id)")
        let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        try Data([1, 2]).write(to: file)
        let error = await #expect(throws: ArchiveError.self) { try await fixture.archive.attachment(id: kept.id) }
        #expect(error?.code == .io)
    }

    @Test(
        "what is no picture of the type it claims is refused",
        arguments: [("image/png", jpeg), ("image/jpeg", []), ("text/html", jpeg), ("image/jpeg", Array("<html>".utf8))]
    )
    func refuses(type: String, bytes: [UInt8]) async throws {
        let fixture = try ArchiveFixture()
        let error = await #expect(throws: ArchiveError.self) {
            try await fixture.archive.storeAttachment(bytes, mediaType: type, by: "monitor")
        }
        #expect(error?.code == .invalidAttachment)
        #expect(!FileManager.default.fileExists(atPath: fixture.folder.appending(path: "attachments").path))
    }

    @Test("an id that nobody was given is not found, also one that looks like a path")
    func unknown() async throws {
        let fixture = try ArchiveFixture()
        for id in ["x", "../gridwatch.db", ""] {
            let error = await #expect(throws: ArchiveError.self) { try await fixture.archive.attachment(id: id) }
            #expect(error?.code == .notFound)
        }
    }
}
