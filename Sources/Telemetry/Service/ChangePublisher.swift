import Domain
import Foundation

/// Tells the pages what has changed: each source at most once a second, 200 a second in all, the longest waiting first.
///
/// The bound keeps a listener of the feed (256 changes deep) from losing its place in a storm of readings.
struct ChangePublisher {
    static let perRound = 50
    static let perSource = Duration.seconds(1)

    private struct Key: Hashable {
        var topic: Change.Topic
        var id: String
    }

    private var waiting: [Key] = []
    private var isWaiting: Set<Key> = []
    private var publishedAt: [Key: Duration] = [:]

    mutating func changed(_ ids: some Sequence<String>, topic: Change.Topic) {
        for id in ids {
            let key = Key(topic: topic, id: id)
            if isWaiting.insert(key).inserted { waiting.append(key) }
        }
    }

    /// Who is to be published now.
    mutating func due(now: Duration) -> [(topic: Change.Topic, id: String)] {
        var due: [(topic: Change.Topic, id: String)] = []
        var later: [Key] = []
        for key in waiting {
            if due.count < Self.perRound, publishedAt[key].map({ now - $0 >= Self.perSource }) ?? true {
                publishedAt[key] = now
                isWaiting.remove(key)
                due.append((key.topic, key.id))
            } else {
                later.append(key)
            }
        }
        waiting = later
        return due
    }

    static func change(_ topic: Change.Topic, _ object: some Encodable) -> Change? {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return (try? encoder.encode(object)).map { Change(topic: topic, json: Array($0)) }
    }
}
