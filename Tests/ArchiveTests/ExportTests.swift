import Domain
import Foundation
import Recording
import Store
import Synchronization
import TestSupport
import Testing

@testable import Archive

@Suite("exports", .enabled(if: EvidenceWorld.isPossible, "no shared clips here"))
struct ExportTests {
    @Test("a dossier over gaps and a change holds what was asked for and says what was not there")
    func dossier() async throws {
        let changes = Mutex<[ExportState]>([])
        let world = try EvidenceWorld(
            hooks: ArchiveHooks(onExport: { job in changes.withLock { $0.append(job.state) } })
        )
        try await world.recordMixed()
        let job = try await world.export(
            world.request(.dossier, world.from - .seconds(5), world.to + .seconds(1))
        )
        #expect(job.state == .done, "\(job.errorDetail ?? "")")
        #expect(job.items.first?.clips.count == 2, "one for each kind of parameters")
        #expect(job.items.first?.delivered.count == 3)
        #expect(job.items.first?.gaps.count ?? 0 >= 3)
        let states = changes.withLock { $0 }
        #expect(states.first == .queued && states.last == .done)
        #expect(states.dropFirst().dropLast().allSatisfy { $0 == .running })
        let names = job.files.map(\.name)
        #expect(Set(names).isSuperset(of: ["manifest.json", "index.html", "site-key.pem"]))
        // What is listed is what unzip finds, and parts are served out of the archive.
        let listed = try ArchiveFixture.run(["python3", "-m", "zipfile", "-t", world.path(job)])
        #expect(listed.status == 0 && listed.text.contains("Done testing"))
        let page = try await world.archive.exports.open(job, name: "index.html")
        let html = String(decoding: try await page.bytes.read(offset: 0, count: page.bytes.bytes), as: UTF8.self)
        #expect(html.contains("测试 &lt;export&gt;"))
        for file in job.files where !["index.html", "manifest.json", "site-key.pem"].contains(file.name) {
            #expect(html.contains(file.sha256), "\(file.name)")
            #expect(html.contains("\"\(file.name)\""))
        }
        #expect(!html.contains("http://") && !html.contains("https://"))
        let part = try await page.bytes.read(offset: 10, count: 5)
        #expect(part == Array(html.utf8.dropFirst(10).prefix(5)))
        #expect(job.expiresAt.map { $0 > world.fixture.clock.now() } == true)
        // Past its time it goes.
        world.fixture.clock.advance(by: .seconds(8 * 86_400))
        let running = Task { await world.archive.exports.run(in: world.archive) }
        defer { running.cancel() }
        let gone = await eventually(within: .seconds(10)) { !FileManager.default.fileExists(atPath: world.path(job)) }
        #expect(gone)
        await #expect(throws: ArchiveError.self) { try await world.archive.exports.job(id: job.id) }
    }

    @Test("what can't be made fails with a code and leaves nothing behind")
    func failures() async throws {
        let world = try EvidenceWorld(settings: ArchiveSettings(exportFloorBytes: .max / 2))
        try world.record(0, packets: 40)
        try await world.archive.catchUp()
        let full = try await world.export(world.request(.clip, world.from, world.to))
        #expect(full.state == .failed)
        #expect(full.error == .belowFloor)
        let other = try EvidenceWorld()
        try other.record(0, packets: 40)
        try await other.archive.catchUp()
        let nothing = try await other.export(
            other.request(.clip, other.from - .seconds(500), other.from - .seconds(400))
        )
        #expect(nothing.error == .nothingRecorded)
        #expect(!FileManager.default.fileExists(atPath: other.archive.exports.folder(nothing.id).path))
        await #expect(throws: ArchiveError.self) {
            try await other.archive.exports.submit(other.request(.clip, other.to, other.from), by: "m")
        }
    }

    @Test("exports that wait are made by the next start, cancelled ones are not")
    func restart() async throws {
        let world = try EvidenceWorld()
        try world.record(0, packets: 40)
        try await world.archive.catchUp()
        let exports = world.archive.exports
        let first = try await exports.submit(world.request(.clip, world.from, world.to), by: "m")
        let second = try await exports.submit(world.request(.clip, world.from, world.to), by: "m")
        #expect(try await exports.cancel(id: second.id).state == .cancelled)
        // The process ended while the first was under way: half of it lies there.
        var interrupted = try await exports.job(id: first.id)
        interrupted.state = .running
        try await ExportRepository(world.fixture.database).upsert(try interrupted.stored(node: "local"))
        let folder = exports.folder(first.id)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data("half".utf8).write(to: folder.appending(path: "half.part"))
        let next = Archive(
            dataDirectory: world.fixture.folder,
            database: world.fixture.database,
            clock: world.fixture.clock
        )
        let running = Task { await next.exports.run(in: next) }
        defer { running.cancel() }
        while try await next.exports.job(id: first.id).state != .done {
            try await Task.sleep(for: .milliseconds(20))
        }
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        let done = try await next.exports.job(id: first.id)
        #expect(left == done.files.map(\.name).sorted())
        #expect(try await next.exports.job(id: second.id).state == .cancelled)
        try await next.exports.delete(id: first.id)
        #expect(!FileManager.default.fileExists(atPath: folder.path))
        #expect(try await next.exports.list(page: PageRequest()).items.map(\.id) == [second.id])
    }

    @Test("a source is shown without user, password and query")
    func sources() {
        #expect(ExportMaker.withoutCredentials("rtsp://u:p@10.0.0.1:554/a/b?token=x") == "rtsp://10.0.0.1:554/a/b")
        #expect(ExportMaker.withoutCredentials("rtsp://u:p@ss@host/a") == "rtsp://host/a")
        #expect(ExportMaker.withoutCredentials("rtsp://host") == "rtsp://host")
        #expect(ExportMaker.withoutCredentials("/home/x/secret.mp4") == "file")
    }
}
