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

    /// Where the making of a dossier waits until a test lets it go on: its clips are written by then.
    private final class Gate: Sendable {
        private let state = Mutex((arrived: 0, isOpen: false))
        var arrived: Int { state.withLock { $0.arrived } }

        func open() { state.withLock { $0.isOpen = true } }

        func pass() async {
            state.withLock { $0.arrived += 1 }
            while !state.withLock({ $0.isOpen }) { try? await Task.sleep(for: .milliseconds(5)) }
        }
    }

    /// Without what only told of progress.
    private static func changes(_ states: [ExportState]) -> [ExportState] {
        states.reduce(into: []) { if $0.last != $1 { $0.append($1) } }
    }

    @Test("an export that is cancelled under way leaves no file, has nothing to download and stays cancelled")
    func cancel() async throws {
        let told = Mutex<[ExportState]>([])
        let gate = Gate()
        let world = try EvidenceWorld(
            hooks: ArchiveHooks(
                onExport: { job in told.withLock { $0.append(job.state) } },
                marks: { _, _, _ in
                    await gate.pass()
                    return []
                }
            )
        )
        try world.record(0, packets: 60)
        try await world.archive.catchUp()
        let exports = world.archive.exports
        let job = try await exports.submit(world.request(.dossier, world.from, world.to), by: "m")
        let running = Task { await exports.run(in: world.archive) }
        defer { running.cancel() }
        #expect(await eventually(within: .seconds(30)) { gate.arrived > 0 })
        let folder = exports.folder(job.id)
        #expect(try !FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty, "half of it is there")
        #expect(try await exports.cancel(id: job.id).state == .running)
        gate.open()
        while try await exports.job(id: job.id).state == .running { try await Task.sleep(for: .milliseconds(5)) }
        let cancelled = try await exports.job(id: job.id)
        #expect(cancelled.state == .cancelled && cancelled.error == nil && cancelled.finishedAt != nil)
        #expect(cancelled.files.isEmpty && cancelled.file == nil)
        #expect(!FileManager.default.fileExists(atPath: folder.path))
        let missing = await #expect(throws: ArchiveError.self) { _ = try await exports.open(cancelled) }
        #expect(missing?.code == .notFound)
        #expect(Self.changes(told.withLock { $0 }) == [.queued, .running, .cancelled])
        // Cancelling again changes nothing.
        #expect(try await exports.cancel(id: job.id) == cancelled)
        try await exports.delete(id: job.id)
        #expect(told.withLock { $0.last } == .deleted)
        await #expect(throws: ArchiveError.self) { try await exports.job(id: job.id) }
    }

    @Test("an export that is deleted under way is ended first and does not come back")
    func deleteRunning() async throws {
        let told = Mutex<[ExportState]>([])
        let gate = Gate()
        let world = try EvidenceWorld(
            hooks: ArchiveHooks(
                onExport: { job in told.withLock { $0.append(job.state) } },
                marks: { _, _, _ in
                    await gate.pass()
                    return []
                }
            )
        )
        try world.record(0, packets: 60)
        try await world.archive.catchUp()
        let exports = world.archive.exports
        let job = try await exports.submit(world.request(.dossier, world.from, world.to), by: "m")
        let running = Task { await exports.run(in: world.archive) }
        defer { running.cancel() }
        #expect(await eventually(within: .seconds(30)) { gate.arrived > 0 })
        async let deleted: Void = exports.delete(id: job.id)
        gate.open()
        try await deleted
        #expect(Self.changes(told.withLock { $0 }) == [.queued, .running, .cancelled, .deleted])
        #expect(!FileManager.default.fileExists(atPath: exports.folder(job.id).path))
        // The next one is made by the same hands; of the deleted one nothing has come back then.
        let next = try await exports.submit(world.request(.clip, world.from, world.to), by: "m")
        while try await exports.job(id: next.id).state != .done { try await Task.sleep(for: .milliseconds(20)) }
        #expect(try await exports.list(page: PageRequest()).items.map(\.id) == [next.id])
        #expect(!FileManager.default.fileExists(atPath: exports.folder(job.id).path))
    }

    @Test("whenever an export is cancelled, it is either done and whole or cancelled and gone")
    func cancelAnyTime() async throws {
        let world = try EvidenceWorld()
        try await world.recordMixed()
        let exports = world.archive.exports
        let running = Task { await exports.run(in: world.archive) }
        defer { running.cancel() }
        var random = SeededRandom(seed: 7)
        var ends: Set<ExportState> = []
        for _ in 0..<16 {
            let job = try await exports.submit(world.request(.clip, world.from, world.to), by: "m")
            let wait = Int.random(in: 0...400, using: &random)
            try await Task.sleep(for: .milliseconds(wait))
            _ = try await exports.cancel(id: job.id)
            var now = try await exports.job(id: job.id)
            while [.queued, .running].contains(now.state) {
                try await Task.sleep(for: .milliseconds(5))
                now = try await exports.job(id: job.id)
            }
            ends.insert(now.state)
            let exists = FileManager.default.fileExists(atPath: exports.folder(job.id).path)
            switch now.state {
            case .done: #expect(RecordingFileReader.size(world.path(now)) == now.file?.bytes)
            case .cancelled: #expect(!exists && now.file == nil)
            default: Issue.record("\(now.state): \(now.errorDetail ?? "")")
            }
        }
        #expect(ends.contains(.cancelled))
    }

    @Test("a source is shown without user, password and query")
    func sources() {
        #expect(ExportMaker.withoutCredentials("rtsp://u:p@10.0.0.1:554/a/b?token=x") == "rtsp://10.0.0.1:554/a/b")
        #expect(ExportMaker.withoutCredentials("rtsp://u:p@ss@host/a") == "rtsp://host/a")
        #expect(ExportMaker.withoutCredentials("rtsp://host") == "rtsp://host")
        #expect(ExportMaker.withoutCredentials("/home/x/secret.mp4") == "file")
    }
}
