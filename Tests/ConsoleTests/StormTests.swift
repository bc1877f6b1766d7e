import Alarms
import Cases
import Domain
import Foundation
import Logging
import Store
import Telemetry
import Testing

/// Telemetry, alarms and cases together, as the service wires them.
@Suite("A storm from the readings to the cases")
struct StormTests {
    private struct NoEvidence: AlarmEvidence {
        func keep(picture: [UInt8], by: String) async throws -> String { "none" }

        func hold(
            cameraId: String,
            from: WallTime,
            to: WallTime,
            reason: String,
            by: String,
            caseId: String
        ) async throws -> String { "none" }
    }

    private static let areas = 4
    private static let gateway = Gateway(id: "gw", token: "0123456789abcdef0123")

    private static var site: Site {
        let rule = SensorRule(kind: .above, value: 150, clearBelow: 120, classCode: "E-05-06")
        let sensors = (0..<2000).map { number in
            // Four squares of a hundredth of a degree.
            let area = number % areas
            let place = GeoPoint(
                lat: 32.405 + Double(area) * 0.02,
                lon: 119.901 + Double(number / areas % 80) * 0.0001
            )
            return Sensor(id: "level-\(number)", profile: "waterLevel", position: place, rules: [rule])
        }
        return Site(name: "test", gateways: [gateway], sensors: sensors)
    }

    @Test("2,000 levels above their threshold within a minute: every reading stored, one case for each area")
    func cases() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "gridwatch-storm-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let database = try Store.Database(directory: folder)
        let base = BaseData(timeZone: TimeZone(secondsFromGMT: 8 * 3600) ?? .gmt)
        let feed = ChangeFeed()
        let cases = CaseService(repository: CaseRepository(database), base: base, feed: feed)
        let alarms = AlarmService(
            repository: AlarmRepository(database),
            cases: cases,
            evidence: NoEvidence(),
            feed: feed,
            isUntouched: { try await cases.log($0, for: .system).allSatisfy { $0.entry.role == nil } }
        )
        let series = try SeriesDatabase(directory: folder)
        let telemetry = TelemetryService(
            site: Self.site,
            series: series,
            alarms: alarms,
            feed: feed,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let running = Task { try await telemetry.run() }
        defer { running.cancel() }
        let start = SystemClock().now() - .seconds(60)
        for part in stride(from: 0, to: 2000, by: 500) {
            let items = (part..<part + 500).map { index in
                let at = (start + .milliseconds(Int64(index) * 30)).rfc3339
                return #"{"source":"level-\#(index)","ts":"\#(at)","value":180}"#
            }
            let body = Array(#"{"items":[\#(items.joined(separator: ","))]}"#.utf8)
            try await Self.eventually { (try? await telemetry.post(body, from: Self.gateway))?.accepted == 500 }
        }
        try await Self.eventually { try await alarms.openCount() == 2000 + Self.areas }
        let opened = try await cases.list(CaseFilter(), page: PageRequest(), for: .system).items
        #expect(opened.count == Self.areas)
        let storms = try await alarms.list(AlarmFilter(kind: "storm"), page: PageRequest()).items
        #expect(Set(storms.compactMap(\.caseId)) == Set(opened.map(\.id)))
        #expect(Set(storms.map(\.source)).count == Self.areas)
        var loose = 0
        var cursor: String?
        repeat {
            let page = try await alarms.list(
                AlarmFilter(kind: "above"),
                page: PageRequest(limit: 1000, cursor: cursor)
            )
            loose += page.items.count { $0.parent == nil || $0.caseAfter != nil }
            cursor = page.next
        } while cursor != nil
        #expect(loose == 0)
        // Each parent's own are found by it.
        var children = 0
        for storm in storms { children += try await alarms.count(AlarmFilter(parent: storm.source)) }
        #expect(children == 2000)
        let first = try #require(storms.first)
        let some = try await alarms.list(AlarmFilter(parent: first.source), page: PageRequest(limit: 50)).items
        #expect(some.count == 50 && some.allSatisfy { $0.parent == first.source && $0.kind == "above" })
        #expect(try await ReadingRepository(series).last().count == 2000)
    }

    private static func eventually(_ condition: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(180)
        while ContinuousClock.now < deadline {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("the condition did not come about within three minutes")
    }
}
