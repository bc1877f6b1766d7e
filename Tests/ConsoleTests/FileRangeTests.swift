import Archive
import Domain
import Foundation
import HTTPTypes
import TestSupport
import Testing

@testable import Console

private let clipName = "indoor_persons_one_by_one.mp4"

@Suite("ranges of files")
struct FileRangeTests {
    @Test(
        "a Range header is taken as RFC 9110 says",
        arguments: [
            ("bytes=0-9", ByteRange.part(0..<10)), ("bytes=90-", .part(90..<100)), ("bytes=-10", .part(90..<100)),
            ("bytes=-1000", .part(0..<100)), ("bytes=50-1000", .part(50..<100)), ("bytes=99-99", .part(99..<100)),
            ("Bytes=0-0", .part(0..<1)), ("bytes= 5-6", .part(5..<7)),
            ("bytes=0-99999999999999999999999", .part(0..<100)),
            ("bytes=100-", .unsatisfiable), ("bytes=100-200", .unsatisfiable), ("bytes=-0", .unsatisfiable),
            ("bytes=99999999999999999999999-", .unsatisfiable),
            ("bytes=9-5", .whole), ("bytes=-", .whole), ("bytes=a-b", .whole), ("bytes=0-1,5-6", .whole),
            ("lines=0-9", .whole), ("bytes", .whole), ("bytes=+1-2", .whole), ("", .whole),
        ]
    )
    func parse(text: String, expected: ByteRange) {
        #expect(ByteRange.parse(text, size: 100) == expected)
    }

    @Test("nothing of an empty file can be asked for")
    func empty() {
        #expect(ByteRange.parse("bytes=0-", size: 0) == .unsatisfiable)
        #expect(ByteRange.parse("bytes=-5", size: 0) == .unsatisfiable)
    }

    @Test(
        "a clip is downloaded in parts, made once, and a broken download goes on where it stopped",
        .enabled(if: SharedData.video(clipName) != nil, "no shared clips here")
    )
    func clip() async throws {
        let world = try await ConsoleWorld()
        let (from, to) = try await world.record(clipName)
        let path = "/api/v1/cameras/gate/clip.mp4?from=\(from.rfc3339)&to=\(to.rfc3339)"
        let whole = try await world.ask(.get, path)
        let size = whole.bytes.count
        let tag = try #require(whole.headers[.eTag])
        #expect(whole.status == 200 && whole.headers[.acceptRanges] == "bytes" && size > 10_000)

        let head = try await world.ask(.head, path)
        #expect(head.status == 200 && head.bytes.isEmpty)
        #expect(head.headers[.contentLength] == String(size) && head.headers[.eTag] == tag)

        var joined: [UInt8] = []
        for start in stride(from: 0, to: size, by: size / 3 + 1) {
            let end = min(size, start + size / 3 + 1)
            let part = try await world.ask(
                .get,
                path,
                headers: [.range: "bytes=\(start)-\(end - 1)", .ifRange: tag]
            )
            #expect(part.status == 206 && part.headers[.contentRange] == "bytes \(start)-\(end - 1)/\(size)")
            #expect(part.headers[.contentLength] == String(end - start))
            joined += part.bytes
        }
        #expect(joined == whole.bytes)
        let names = try FileManager.default.contentsOfDirectory(
            atPath: world.folder.appending(path: "exports/tmp").path
        )
        #expect(names.count == 1, "one file for all requests")

        let other = try await world.ask(.get, path, headers: [.range: "bytes=5-9", .ifRange: "\"other\""])
        #expect(other.status == 200 && other.bytes == whole.bytes)
        let beyond = try await world.ask(.get, path, headers: [.range: "bytes=\(size)-"])
        #expect(beyond.status == 416 && beyond.headers[.contentRange] == "bytes */\(size)")
        #expect(beyond.code == "rangeNotSatisfiable")
        let known = try await world.ask(.get, path, headers: [.ifNoneMatch: tag])
        #expect(known.status == 304 && known.bytes.isEmpty)

        // Made anew after its time on the shelf, it is the same file with the same tag.
        world.clock.advance(by: .seconds(1200))
        let again = try await world.ask(.get, path)
        #expect(again.headers[.eTag] == tag && again.bytes == whole.bytes)
    }

    @Test(
        "a client that goes away lets the file go",
        .enabled(if: SharedData.video(clipName) != nil, "no shared clips here")
    )
    func aborted() async throws {
        let world = try await ConsoleWorld()
        let (from, to) = try await world.record(clipName)
        let path = "/api/v1/cameras/gate/clip.mp4?from=\(from.rfc3339)&to=\(to.rfc3339)"
        _ = try await world.ask(.head, path)
        let folder = world.folder.appending(path: "exports/tmp")
        let name = try #require(try FileManager.default.contentsOfDirectory(atPath: folder.path).first)
        // Far more than sockets hold: the answer can't be through before the client goes.
        let file = try FileHandle(forWritingTo: folder.appending(path: name))
        try file.truncate(atOffset: 200 << 20)
        try file.close()
        @Sendable func open() -> Int {
            let links = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
            return links.count { link in
                let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(link)")
                return target?.hasSuffix(name) == true
            }
        }
        try await withConsole(world) { port, _ in
            do {
                let client = try RawClient(port: port)
                client.get(path, token: world.tokens["monitor"])
                let (bytes, _) = await client.read { $0.count > 100_000 }
                #expect(bytes.count > 100_000 && open() == 1)
            }
            #expect(await eventually(within: .seconds(10)) { open() == 0 })
        }
    }
}
