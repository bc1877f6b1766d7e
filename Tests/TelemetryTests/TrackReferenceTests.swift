import Domain
import Foundation
import TestSupport
import Testing

@testable import Telemetry

/// Recorded tracks, judged by the rules and by a slow reference that shares no code with them: great circles instead of
/// a plane, every pair looked at instead of a state carried along.
@Suite("Recorded tracks against a slow reference")
struct TrackReferenceTests {
    struct Fix: Sendable {
        var at: WallTime
        var point: GeoPoint
        var speed: Double?
    }

    // MARK: Files

    static let taxis: [String: [Fix]] = {
        guard let file = SharedData.file("data/gps/taxi_cn_demo.csv"),
            let text = try? String(contentsOf: file, encoding: .utf8)
        else { return [:] }
        var tracks: [String: [Fix]] = [:]
        for line in text.split(whereSeparator: \.isNewline).dropFirst() {
            let fields = line.split(separator: ",")
            guard fields.count >= 6, let lon = Double(fields[2]), let lat = Double(fields[3]),
                let at = WallTime(rfc3339: "2020-01-06T\(fields[1])+08:00")
            else { continue }
            let fix = Fix(at: at, point: GeoPoint(lat: lat, lon: lon), speed: Double(fields[5]))
            tracks[String(fields[0]), default: []].append(fix)
        }
        return tracks.mapValues(ordered)
    }()

    static let trucks: [String: [Fix]] = {
        guard let file = SharedData.file("data/gps/garbage_trucks_jersey_city_2015-12.psv"),
            let text = try? String(contentsOf: file, encoding: .utf8)
        else { return [:] }
        var tracks: [String: [Fix]] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            let fields = line.split(separator: "|", omittingEmptySubsequences: false)
            guard fields.count >= 5, let lat = Double(fields[0]), let lon = Double(fields[1]),
                let at = WallTime(rfc3339: "\(fields[4])Z")
            else { continue }
            tracks[String(fields[2]), default: []].append(Fix(at: at, point: GeoPoint(lat: lat, lon: lon)))
        }
        return tracks.mapValues(ordered)
    }()

    private static func ordered(_ fixes: [Fix]) -> [Fix] {
        var seen: Set<WallTime> = []
        return fixes.sorted { $0.at < $1.at }.filter { seen.insert($0.at).inserted }
    }

    // MARK: The reference

    /// Metres on a great circle.
    private static func metres(_ a: GeoPoint, _ b: GeoPoint) -> Double {
        let (p, q) = (a.lat * .pi / 180, b.lat * .pi / 180)
        let (dp, dl) = (q - p, (b.lon - a.lon) * .pi / 180)
        let h = sin(dp / 2) * sin(dp / 2) + cos(p) * cos(q) * sin(dl / 2) * sin(dl / 2)
        return 2 * 6_371_008.8 * asin(min(1, h.squareRoot()))
    }

    /// Entering and leaving a circle, by looking back for the last certain place.
    private static func crossings(_ fixes: [Fix], centre: GeoPoint, radius: Double) -> [String] {
        func certain(_ fix: Fix) -> Bool? {
            let distance = metres(fix.point, centre)
            return distance < radius ? true : distance >= radius + 15 ? false : nil
        }
        func isIn(_ index: Int) -> Bool {
            for earlier in stride(from: index, through: 0, by: -1) {
                if let answer = certain(fixes[earlier]) { return answer }
            }
            return false
        }
        return fixes.indices.compactMap { index in
            let (now, before) = (isIn(index), index > 0 && isIn(index - 1))
            return now == before ? nil : "\(now ? "+" : "-")\(fixes[index].at.rfc3339)"
        }
    }

    /// Whether each fix can be believed by the reference: no faster than 160 km/h from the one before that can.
    private static func isCalm(_ fixes: [Fix]) -> Bool {
        zip(fixes, fixes.dropFirst()).allSatisfy { before, after in
            let gone = metres(before.point, after.point)
            return gone <= 100 || gone / max(1, (after.at - before.at).seconds) * 3.6 <= 160
        }
    }

    /// Standing (slower than 3 km/h, within 50 m of where it stopped) for as long as `seconds`.
    private static func stops(_ fixes: [Fix], seconds: Double) -> [String] {
        var words: [String] = []
        var isOpen = false
        for index in fixes.indices {
            var first: Int?
            // The stretch of standing that this fix belongs to begins where it stopped last.
            var begin = index
            while begin > 0, (fixes[begin - 1].speed ?? 0) < 3 { begin -= 1 }
            if (fixes[index].speed ?? 0) < 3 {
                var anchor = begin
                for next in begin...index where metres(fixes[anchor].point, fixes[next].point) > 50 { anchor = next }
                first = anchor
            }
            let lasts = first.map { (fixes[index].at - fixes[$0].at).seconds >= seconds } ?? false
            if lasts, !isOpen, let first {
                isOpen = true
                words.append("+\((fixes[first].at + .seconds(seconds)).rfc3339)")
            } else if isOpen, first == nil {
                isOpen = false
                words.append("-\(fixes[index].at.rfc3339)")
            }
        }
        return words
    }

    // MARK: Tests

    private static func words(_ rule: VehicleRule, _ area: GeoArea?, _ fixes: [Fix]) -> [String] {
        let places = VehicleRuleState.Places(areas: area.map { [$0.id: $0] } ?? [:], routes: [:])
        var judge = VehicleJudge(vehicle: Vehicle(id: "v", kind: .muck, rules: [rule]), places: places)
        return fixes.flatMap { fix in
            judge.take(
                VehicleReport(
                    VehiclePosition(
                        vehicleId: "v",
                        occurredAt: fix.at,
                        receivedAt: fix.at,
                        point: fix.point,
                        speedKmh: fix.speed
                    )
                )
            ).1
        }.map { "\($0.phase == .raised ? "+" : "-")\($0.at.rfc3339)" }
    }

    @Test("geofences of taxis and garbage trucks", .enabled(if: !taxis.isEmpty, "the shared tracks are not here"))
    func geofences() {
        var compared = 0
        var crossings = 0
        for (name, fixes) in Self.taxis.merging(Self.trucks, uniquingKeysWith: { $1 }) where fixes.count > 5 {
            guard Self.isCalm(fixes) else { continue }
            // Circles around places that it came to.
            for index in stride(from: 0, to: fixes.count, by: max(1, fixes.count / 5)) {
                for radius in [80.0, 300, 1500] {
                    let centre = fixes[index].point
                    let area = GeoArea(id: "a", shape: .circle(centre: centre, metres: radius))
                    let found = Self.words(VehicleRule(kind: .inArea, areas: ["a"]), area, fixes)
                    let expected = Self.crossings(fixes, centre: centre, radius: radius)
                    #expect(found == expected, "\(name) \(index) \(radius)")
                    compared += 1
                    crossings += expected.count
                }
            }
        }
        print("geofences: \(compared) circles, \(crossings) crossings equal")
        #expect(compared > 50 && crossings > 200)
    }

    @Test("stops of taxis", .enabled(if: !taxis.isEmpty, "the shared tracks are not here"))
    func stops() {
        var compared = 0
        for (name, fixes) in Self.taxis where fixes.count > 5 && Self.isCalm(fixes) {
            for seconds in [120.0, 600] {
                let found = Self.words(VehicleRule(kind: .longStop, forSeconds: seconds), nil, fixes)
                let expected = Self.stops(fixes, seconds: seconds)
                #expect(found == expected, "\(name) \(seconds)")
                compared += expected.count
            }
        }
        print("stops: \(compared) changes equal")
        #expect(compared > 10)
    }

    @Test("streets that garbage trucks covered", .enabled(if: !trucks.isEmpty, "the shared tracks are not here"))
    func coverage() throws {
        var sections = 0
        for (name, fixes) in Self.trucks where fixes.count > 50 {
            let track = fixes.map {
                VehiclePosition(vehicleId: name, occurredAt: $0.at, receivedAt: $0.at, point: $0.point)
            }
            // Sections between places that it came to, driven or not.
            for at in stride(from: 0, to: fixes.count - 1, by: max(1, fixes.count / 20)) {
                let (a, b) = (fixes[at].point, fixes[at + 1].point)
                let length = Self.metres(a, b)
                guard length > 30, length < 2000 else { continue }
                let plan = CoveragePlan(
                    id: "p",
                    vehicles: [name],
                    sections: [.init(name: "s", line: [a, b])],
                    withinMetres: 30,
                    maximumKmh: 60
                )
                let found = try #require(Coverage(plan: plan, tracks: [name: track]).sections.first)
                // Every 5 m of the section against every step of 1 m (at most) of every way between two fixes.
                var hits = 0
                let steps = Int(length / 5)
                for step in 0...steps {
                    let along = Double(step) * 5 / length
                    let point = GeoPoint(lat: a.lat + (b.lat - a.lat) * along, lon: a.lon + (b.lon - a.lon) * along)
                    if Self.isCovered(point, fixes, within: 30, kmh: 60) { hits += 1 }
                }
                let share = Double(hits) / Double(steps + 1)
                #expect(
                    abs(found.share - share) < max(0.05, 1.5 / Double(steps + 1)),
                    "\(name) \(at): \(found.share) against \(share)"
                )
                sections += 1
            }
        }
        print("coverage: \(sections) sections equal")
        #expect(sections > 10)
    }

    private static func isCovered(_ point: GeoPoint, _ fixes: [Fix], within: Double, kmh: Double) -> Bool {
        for (before, after) in zip(fixes, fixes.dropFirst()) {
            let seconds = (after.at - before.at).seconds
            let length = metres(before.point, after.point)
            guard seconds > 0, seconds <= 120, length / seconds * 3.6 <= kmh else { continue }
            guard metres(point, before.point) <= within + length else { continue }
            let steps = max(1, Int(length / 2))
            for step in 0...steps {
                let along = Double(step) / Double(steps)
                let here = GeoPoint(
                    lat: before.point.lat + (after.point.lat - before.point.lat) * along,
                    lon: before.point.lon + (after.point.lon - before.point.lon) * along
                )
                if metres(point, here) <= within { return true }
            }
        }
        return false
    }
}
