package import Domain
import Logging
import Store

/// Readings over long times: kept in few bytes, shown as a curve.
extension TelemetryService {
    /// A point of a curve as the API gives it.
    package struct CurvePoint: Sendable, Equatable, Encodable {
        /// The start of the stretch that it stands for.
        package var at: WallTime
        package var low: Double
        package var high: Double
        package var mean: Double
        package var count: Int
    }

    /// A sensor's curves by field, each of about `points` points however long the range is.
    package func curve(sensorId: String, from: WallTime, to: WallTime, points: Int) async throws
        -> [String: [CurvePoint]]
    {
        let curves = try await CurveRepository(series).curve(sensorId: sensorId, from: from, to: to, points: points)
        return curves.mapValues { parts in
            parts.map { CurvePoint(at: $0.at, low: $0.low, high: $0.high, mean: $0.mean, count: $0.count) }
        }
    }

    /// A sensor's readings of `from...to` as CSV (RFC 4180, UTF-8), oldest first; at most 200,000 rows.
    package func table(sensorId: String, from: WallTime, to: WallTime) async throws -> [UInt8] {
        var readings: [Reading] = []
        var cursor: String?
        repeat {
            let page = try await ReadingRepository(series).readings(
                sensorId: sensorId,
                from: from,
                to: to,
                page: PageRequest(limit: 1000, cursor: cursor)
            )
            readings += page.items
            cursor = page.next
        } while cursor != nil && readings.count < 200_000
        let names = Set(readings.flatMap(\.values.keys)).sorted()
        let head = ["occurredAt", "receivedAt", "timeIsArrival"] + names.map(Self.quoted)
        var text = head.joined(separator: ",") + "\r\n"
        for reading in readings {
            let values = names.map { name in reading.values[name].map { "\($0)" } ?? "" }
            let row = [reading.occurredAt.rfc3339, reading.receivedAt.rfc3339, "\(reading.timeIsArrival)"] + values
            text += row.joined(separator: ",") + "\r\n"
        }
        return Array(text.utf8)
    }

    /// A name that a device chose; one that a spreadsheet would take for a formula is disarmed.
    private static func quoted(_ name: String) -> String {
        let safe = "=+-@".contains(name.first ?? "a") ? "'" + name : name
        return "\"" + safe.replacing("\"", with: "\"\"") + "\""
    }

    /// Brings days that have ended into blocks, until the task is cancelled: 50 at a time, so that no batch of messages
    /// waits behind it for long.
    func compact() async {
        let compactor = SeriesCompactor(series)
        while !Task.isCancelled {
            var isBehind = false
            do {
                isBehind = try await compactor.compact(now: receptionTime, limit: 50) == 50
                if !isBehind {
                    try await compactor.forget(SeriesCompactor.Retention(), now: receptionTime)
                    try await FieldTrackRepository(series).forget(now: receptionTime)
                }
            } catch {
                logger.error("readings can't be compacted", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: isBehind ? .milliseconds(200) : .seconds(600))
        }
    }
}
