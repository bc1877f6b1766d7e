import Foundation
import Testing

@testable import Recording

@Suite("access to recorded files")
struct FileModeTests {
    private static func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test("others than the owner and the group can't read recordings")
    func modes() throws {
        let folder = RecordingFolder()
        let day = folder.layout.dayFolder("cam", day: "2026-11-23")
        let files = SystemFiles()
        try files.createDirectory(day)
        try files.create(day + "/a.mp4").append([1])
        try files.open(day + "/day.journal").append([1])
        // The process's mask may take more away.
        for name in [folder.layout.cameraFolder("cam"), day] { #expect(try Self.mode(name).map { $0 & ~0o750 } == 0) }
        for name in ["a.mp4", "day.journal"] { #expect(try Self.mode("\(day)/\(name)").map { $0 & ~0o640 } == 0) }
    }
}
