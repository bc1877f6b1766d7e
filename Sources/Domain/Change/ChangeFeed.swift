import Synchronization

/// Something that pages show has changed: what it is and its new JSON.
package struct Change: Sendable {
    package enum Topic: String, Sendable, CaseIterable {
        case alarm, `case`, camera, sensor, vehicle, bookmark, export, health, base, order, duty
    }

    package var topic: Topic
    /// The changed object as the API gives it, UTF-8 JSON.
    package var json: [UInt8]
    /// A unit whose users may see it; nil when it is for everybody who may see the topic.
    package var unit: String?

    package init(topic: Topic, json: [UInt8], unit: String? = nil) {
        self.topic = topic
        self.json = json
        self.unit = unit
    }
}

/// Hands changes to every listener. A listener that falls 256 changes behind loses the oldest (and sees a hole in the
/// numbers, so that it can load everything anew).
package final class ChangeFeed: Sendable {
    private struct State {
        var next: UInt64 = 1
        var listeners: [UInt64: AsyncStream<(number: UInt64, change: Change)>.Continuation] = [:]
        var nextListener: UInt64 = 1
    }

    private let state = Mutex(State())
    /// Held while listeners are woken, so that they get the changes in order. Waking takes a lock of the listener's task,
    /// and a task that is cancelled holds that lock while it takes `state`: so nobody is woken under `state`.
    private let handingOver = Mutex(())

    package init() {}

    /// The number of the newest change; 0 before the first.
    package var lastNumber: UInt64 { state.withLock { $0.next - 1 } }

    /// Publishes to whoever listens now.
    package func publish(_ change: Change) {
        handingOver.withLock { _ in
            let (number, listeners) = state.withLock { state in
                defer { state.next += 1 }
                return (state.next, Array(state.listeners.values))
            }
            for listener in listeners { listener.yield((number, change)) }
        }
    }

    /// Changes from now on, numbered without holes as long as the listener keeps up.
    package func listen() -> AsyncStream<(number: UInt64, change: Change)> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: (number: UInt64, change: Change).self,
            bufferingPolicy: .bufferingNewest(256)
        )
        let id = state.withLock { state in
            let id = state.nextListener
            state.nextListener += 1
            state.listeners[id] = continuation
            return id
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.listeners.removeValue(forKey: id) }
        }
        return stream
    }
}
