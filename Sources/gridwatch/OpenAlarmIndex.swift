import Alarms
import Domain
import Foundation
import Synchronization

/// The ids of the open alarms by source, kept up to date by the changes that everybody sees.
final class OpenAlarmIndex: Sendable {
    private let open = Mutex<[String: Set<String>]>([:])

    func ids(of source: String) -> [String] {
        open.withLock { $0[source].map { $0.sorted() } ?? [] }
    }

    private struct Seen: Decodable {
        var id: String
        var source: String
        var state: Alarm.State
    }

    /// Follows the alarms until the task is cancelled.
    func run(alarms: AlarmService, feed: ChangeFeed) async {
        // Listening first: what changes while the list is read is not missed.
        let changes = feed.listen()
        if let known = try? await alarms.openIds() {
            open.withLock { $0 = known.mapValues(Set.init) }
        }
        for await (_, change) in changes where change.topic == .alarm { note(change.json) }
    }

    private func note(_ json: [UInt8]) {
        guard let seen = try? JSONDecoder().decode(Seen.self, from: Data(json)) else { return }
        open.withLock { open in
            if seen.state == .cleared {
                open[seen.source]?.remove(seen.id)
                if open[seen.source]?.isEmpty == true { open[seen.source] = nil }
            } else {
                open[seen.source, default: []].insert(seen.id)
            }
        }
    }
}
