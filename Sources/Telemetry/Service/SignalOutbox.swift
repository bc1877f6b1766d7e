import Domain
import Logging
import Store
import Synchronization

/// Brings signals to the alarms, in each source's order, until the alarms have stored them.
///
/// A signal is stored with the readings that caused it, so neither `kill -9` nor an alarm database without room loses it;
/// it may come twice, and the alarms keep one open alarm per source and kind. Bounded by the ingest, which accepts
/// nothing more while 10,000 wait.
final class SignalOutbox: Sendable {
    private let alarms: any AlarmSink
    private let series: SeriesDatabase
    private let logger: Logger
    private let pending = Mutex<[PendingSignal]>([])
    private let wakeups: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    init(alarms: any AlarmSink, series: SeriesDatabase, logger: Logger) {
        self.alarms = alarms
        self.series = series
        self.logger = logger
        (wakeups, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    var count: Int { pending.withLock { $0.count } }

    func add(_ signals: [PendingSignal]) {
        guard !signals.isEmpty else { return }
        pending.withLock { $0 += signals }
        wake.yield()
    }

    /// Delivers until the task is cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            // Signals that failed are tried again once a second.
            group.addTask { [wake] in
                while !Task.isCancelled {
                    try? await Task.sleep(for: .seconds(1))
                    wake.yield()
                }
                wake.finish()
            }
            for await _ in wakeups {
                await deliver()
                if Task.isCancelled { break }
            }
            group.cancelAll()
        }
    }

    /// One round: what fails holds back the later signals of its source, not those of others.
    func deliver() async {
        let round = pending.withLock { $0 }
        var failing: Set<String> = []
        var delivered: [Int64] = []
        for item in round where !failing.contains(item.signal.source) {
            do {
                try await alarms.receive(item.signal)
                delivered.append(item.id)
            } catch {
                failing.insert(item.signal.source)
                logger.error(
                    "an alarm could not be stored and will be tried again",
                    metadata: ["sensor": "\(item.signal.source)", "error": "\(error)"]
                )
            }
        }
        guard !delivered.isEmpty else { return }
        let done = Set(delivered)
        pending.withLock { $0.removeAll { done.contains($0.id) } }
        do {
            try await series.delivered(delivered)
        } catch {
            // They will come a second time after a restart, which the alarms take for the same condition.
            logger.warning("delivered signals could not be removed", metadata: ["error": "\(error)"])
        }
    }
}
