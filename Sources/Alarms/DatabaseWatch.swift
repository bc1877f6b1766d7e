package import Domain
import Logging
package import Store
import Synchronization

/// Raises the critical alarm `database` of the service while a database can't be written, and clears it when it can be
/// again. Recording goes on meanwhile: it needs none, and the index takes in later what it missed.
package final class DatabaseWatch: Sendable {
    private let databases: [Database]
    private let sink: any AlarmSink
    private let clock: any HostClock
    private let log = Logger(label: "database")
    private let present = Mutex<StoreError?>(nil)

    private static let kind = "database"
    private static let period = Duration.seconds(1)

    /// - Parameter sink: one that keeps signals while no database takes them, as `WaitingAlarms` does.
    package init(_ databases: [Database], sink: any AlarmSink, clock: any HostClock) {
        self.databases = databases
        self.sink = sink
        self.clock = clock
    }

    /// Why one of them can't be written; nil while all can.
    package var failure: StoreError? { present.withLock { $0 } }

    /// Looks once a second until the task is cancelled.
    package func run() async {
        // One that an earlier process left open is over, or is raised again at once.
        await send(.cleared)
        while !Task.isCancelled {
            await look()
            try? await Task.sleep(for: Self.period)
        }
    }

    /// Tells it when a database has begun to fail, or works again.
    ///
    /// - Parameter settling: so long nothing may have failed before a failure counts as over.
    package func look(settling: Duration = .seconds(5)) async {
        var found: StoreError?
        for database in databases {
            let outage = await database.outage(settling: settling)
            found = found ?? outage
        }
        let before = present.withLock { present in
            defer { present = found }
            return present
        }
        switch (before, found) {
        case (nil, let error?):
            log.critical("a database can't be written; recording goes on", metadata: ["error": "\(error)"])
            await send(.raised)
        case (.some, nil):
            log.notice("all databases can be written again")
            await send(.cleared)
        default: break
        }
    }

    private func send(_ phase: AlarmSignal.Phase) async {
        let signal = AlarmSignal(
            source: "system",
            sourceKind: .system,
            kind: Self.kind,
            phase: phase,
            severity: .critical,
            at: clock.now()
        )
        do {
            try await sink.receive(signal)
        } catch {
            log.error("alarm not stored", metadata: ["kind": "\(Self.kind)", "error": "\(error)"])
        }
    }
}
