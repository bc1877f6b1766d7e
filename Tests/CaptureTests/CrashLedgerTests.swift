import Domain
import Foundation
import Testing

@testable import Capture

@Suite("Crashes and who is to blame") struct CrashLedgerTests {
    private static let start = WallTime(microseconds: 1_795_000_000_000_000)

    private struct Life: Sendable, CustomTestStringConvertible {
        /// Seconds after the beginning, what was marked, and what the process left.
        var ends: [(second: Int, marked: Set<String>, words: CrashLedger.LastWords?)]
        var quarantined: Set<String>
        var testDescription: String
    }

    private static let lives: [Life] = [
        Life(
            ends: [(0, ["a", "b"], .source("a")), (9, ["a"], .source("a"))],
            quarantined: [],
            testDescription: "two crashes are not enough"
        ),
        Life(
            ends: [(0, ["a", "b"], .source("a")), (9, ["a", "b"], .source("a")), (18, ["a", "b"], .source("a"))],
            quarantined: ["a"],
            testDescription: "three on its own thread, whoever else was marked"
        ),
        Life(
            ends: [(0, [], .source("a")), (9, [], .source("a")), (18, [], .source("a"))],
            quarantined: ["a"],
            testDescription: "three after its first packets"
        ),
        Life(
            ends: [(0, ["a", "b"], .unknown), (9, ["a", "c"], .unknown), (18, ["a"], .unknown)],
            quarantined: ["a"],
            testDescription: "three on other threads while it was marked"
        ),
        Life(
            ends: [(0, ["a"], nil), (9, ["a"], nil), (18, ["a"], nil), (27, ["a"], nil)],
            quarantined: [],
            testDescription: "killed, or without power: nobody's fault"
        ),
        Life(
            ends: [(0, ["a"], .unknown), (500, ["a"], .unknown), (1000, ["a"], .unknown)],
            quarantined: [],
            testDescription: "three within more than ten minutes"
        ),
        Life(
            ends: [(0, ["a"], .unknown), (300, ["a"], .unknown), (599, ["a"], .unknown)],
            quarantined: ["a"],
            testDescription: "three within ten minutes"
        ),
        Life(
            ends: [(0, ["a"], .unknown), (9, [], .unknown), (18, [], .unknown), (27, [], .unknown)],
            quarantined: [],
            testDescription: "crashes while nothing was marked"
        ),
    ]

    @Test("where no camera is isolated, three crashes in ten minutes put a source aside", arguments: lives)
    private func blames(life: Life) {
        var ledger = CrashLedger()
        for end in life.ends {
            ledger.marked = end.marked
            ledger.started(at: Self.start + .seconds(end.second), after: end.words, isolates: false)
            #expect(ledger.marked.isEmpty)
        }
        #expect(Set(ledger.quarantined.keys) == life.quarantined)
    }

    @Test("a source that was put aside comes back after an hour, with a clean sheet")
    func comesBack() {
        var ledger = CrashLedger()
        for second in [0, 10, 20] {
            ledger.started(at: Self.start + .seconds(second), after: .source("a"), isolates: false)
        }
        #expect(ledger.quarantined == ["a": Self.start + .seconds(3620)])
        #expect(!ledger.isSuspect("a"))
        ledger.started(at: Self.start + .seconds(3619), after: nil, isolates: false)
        #expect(ledger.quarantined.count == 1)
        ledger.started(at: Self.start + .seconds(3621), after: .source("a"), isolates: false)
        #expect(ledger.quarantined.isEmpty && ledger.isSuspect("a"))
    }

    @Test("a clock that was months ahead puts nothing aside for months")
    func clockSetBack() {
        var ledger = CrashLedger()
        for second in [0, 10, 20] {
            ledger.started(at: Self.start + .seconds(8_000_000 + second), after: .source("a"), isolates: false)
        }
        ledger.started(at: Self.start, after: nil, isolates: false)
        #expect(ledger.quarantined == ["a": Self.start + .seconds(3600)])
    }

    @Test("the second crash within ten minutes isolates the camera for a day, whichever of its streams it was")
    func isolates() {
        var ledger = CrashLedger()
        ledger.started(at: Self.start, after: .source("a/sub"))
        #expect(ledger.isolated.isEmpty && ledger.isSuspect("a/sub"))
        ledger.started(at: Self.start + .seconds(700), after: .source("a/sub"))
        #expect(ledger.isolated.isEmpty, "the first one is too long ago")
        ledger.started(at: Self.start + .seconds(800), after: .source("a/sub"))
        #expect(ledger.isolated == ["a": Self.start + .seconds(800 + 86_400)])
        #expect(ledger.quarantined.isEmpty && !ledger.isSuspect("a/sub"))
        ledger.isolationCrashed("a", at: Self.start + .seconds(900))
        ledger.isolationCrashed("b", at: Self.start + .seconds(900))
        #expect(ledger.isolated == ["a": Self.start + .seconds(900 + 86_400)])
        ledger.started(at: Self.start + .seconds(901 + 86_400), after: nil)
        #expect(ledger.isolated.isEmpty, "a day without a crash")
    }

    @Test("another URL ends the isolation, and no more cameras are isolated than a machine can take")
    func isolationEnds() {
        var ledger = CrashLedger()
        for number in 0...CrashLedger.maximumIsolated {
            for second in 0..<2 {
                let at = Self.start + .seconds(number * 10 + second)
                ledger.started(at: at, after: .source("c\(number)"))
            }
        }
        #expect(ledger.isolated.count == CrashLedger.maximumIsolated)
        #expect(ledger.isolated["c\(CrashLedger.maximumIsolated)"] == nil)
        ledger.started(at: Self.start + .seconds(100), after: .source("c\(CrashLedger.maximumIsolated)"))
        #expect(Array(ledger.quarantined.keys) == ["c\(CrashLedger.maximumIsolated)"], "put aside instead")
        ledger.release("c0")
        #expect(ledger.isolated["c0"] == nil)
    }

    @Test("what a version without isolation has left is read")
    func olderFile() throws {
        let text = #"{"marked":["a"],"crashes":[{"at":5,"sources":["a"]}],"quarantined":{}}"#
        let encoded = try JSONEncoder().encode(Self.start)
        let older = text.replacing("5", with: String(decoding: encoded, as: UTF8.self))
        let ledger = try JSONDecoder().decode(CrashLedger.self, from: Data(older.utf8))
        #expect(ledger.isSuspect("a") && ledger.isolated.isEmpty)
    }

    @Test("suspects are opened one after the other, others at once; the file outlives a torn end")
    func marker() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "gw-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "0.suspect")
        let first = CrashMarker(file: file, now: Self.start)
        #expect(["a", "b", "c"].allSatisfy(first.begin))
        first.end("c")
        // As the signal handler of a crash elsewhere leaves it, and a little more.
        let handle = try FileHandle(forWritingTo: file)
        try handle.seekToEnd()
        try handle.write(contentsOf: Data("\ncrash \n\u{1}torn".utf8))
        let second = CrashMarker(file: file, now: Self.start + .seconds(5))
        #expect(second.begin("a"))
        #expect(!second.begin("b"), "a suspect is being opened")
        #expect(second.begin("c"))
        second.end("a")
        #expect(second.begin("b"))
        second.finish()
        let third = CrashMarker(file: file, now: Self.start + .seconds(9))
        #expect(third.quarantined.isEmpty)
        #expect(try String(contentsOf: file, encoding: .utf8).filter { $0 == "\n" }.count == 1)
    }

    @Test(
        "a file that is damaged is as good as none",
        arguments: ["", "\n", "{", "crash a\n", "\u{0}\u{0}\u{0}", "{\"marked\":1}\ncrash a\n"]
    )
    func damaged(text: String) throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "gw-\(UUID().uuidString)")
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let marker = CrashMarker(file: file, now: Self.start)
        #expect(marker.begin("x") && marker.quarantined.isEmpty)
    }
}
