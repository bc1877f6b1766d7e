package import Domain
import Logging
import Store
import Synchronization

/// Keeps signals that the database can't take (a full or failing disk) in memory until it takes them: for senders that
/// tell each change once. Signals of one source, kind and part stay in their order.
package final class WaitingAlarms: AlarmSink {
    private let sink: any AlarmSink
    private let retryEvery: Duration
    private let log = Logger(label: "alarms")
    /// Oldest first. Beyond `limit` further ones are refused with the database's error, which their sender logs.
    private let waiting = Mutex<[AlarmSignal]>([])
    private let limit: Int

    package init(_ sink: any AlarmSink, limit: Int = 2000, retryEvery: Duration = .seconds(2)) {
        self.sink = sink
        self.limit = limit
        self.retryEvery = retryEvery
    }

    /// Signals that the database has not taken yet.
    package var count: Int { waiting.withLock { $0.count } }

    /// Returns when the signal is stored, or kept.
    ///
    /// - Throws: what the sink throws, unless the database is out.
    package func receive(_ signal: AlarmSignal) async throws {
        let isBehind = waiting.withLock { waiting in
            guard waiting.count < limit, waiting.contains(where: { Self.belong($0, signal) }) else { return false }
            waiting.append(Self.kept(signal))
            return true
        }
        if isBehind { return }
        do {
            try await sink.receive(signal)
        } catch let error as StoreError where error.isOutage {
            let isKept = waiting.withLock { waiting in
                guard waiting.count < limit else { return false }
                waiting.append(Self.kept(signal))
                return true
            }
            guard isKept else { throw error }
            log.critical(
                "an alarm waits for the database",
                metadata: ["source": "\(signal.source)", "kind": "\(signal.kind)", "phase": "\(signal.phase)"]
            )
        }
    }

    /// Hands on what waits, now and again until the task is cancelled.
    package func run() async {
        while !Task.isCancelled {
            await flush()
            try? await Task.sleep(for: retryEvery)
        }
    }

    /// Hands on what waits, as far as the database takes it. One call at a time.
    package func flush() async {
        while let signal = waiting.withLock({ $0.first }) {
            do {
                try await sink.receive(signal)
            } catch let error as StoreError where error.isOutage {
                return
            } catch {
                log.error(
                    "alarm not stored",
                    metadata: ["source": "\(signal.source)", "kind": "\(signal.kind)", "error": "\(error)"]
                )
            }
            // Others have come behind it meanwhile; nobody else takes any away.
            waiting.withLock { _ = $0.removeFirst() }
        }
    }

    private static func belong(_ one: AlarmSignal, _ two: AlarmSignal) -> Bool {
        one.source == two.source && one.kind == two.kind && one.part == two.part
    }

    /// Without its picture, which would find no room either and fills memory.
    private static func kept(_ signal: AlarmSignal) -> AlarmSignal {
        var signal = signal
        signal.picture = nil
        return signal
    }
}
