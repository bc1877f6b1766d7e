import Domain
import Store

/// What replaying every log has found.
package struct CaseLogReport: Sendable, Equatable {
    /// A case whose log was changed, or whose row isn't what the log says.
    package struct Fault: Sendable, Equatable {
        package var caseId: String
        package var number: String
        package var finding: CaseLogFinding
    }

    /// At most so many faults are listed; all are counted.
    package static let most = 100

    package private(set) var cases = 0
    package private(set) var entries = 0
    package private(set) var faulty = 0
    package private(set) var faults: [Fault] = []

    mutating func add(_ other: CaseLogReport) {
        cases += other.cases
        entries += other.entries
        faulty += other.faulty
        faults.append(contentsOf: other.faults.prefix(max(0, Self.most - faults.count)))
    }

    mutating func take(_ stored: StoredCase, _ log: [StoredCaseEntry]) {
        cases += 1
        entries += log.count
        let finding = CaseLog.verify(stored, log)
        guard finding != .intact else { return }
        faulty += 1
        if faults.count < Self.most {
            faults.append(Fault(caseId: stored.value.id, number: stored.value.number, finding: finding))
        }
    }
}

extension CaseService {
    private static let batch = 400

    /// Replays the log of every case: whether the chain of hashes is whole, and whether the log alone gives the case.
    ///
    /// - Parameter workers: how many batches are replayed at a time; so many are held in memory and one more.
    package func verifyAll(workers: Int) async throws -> CaseLogReport {
        try await withThrowingTaskGroup(of: CaseLogReport.self) { group in
            var report = CaseLogReport()
            var running = 0
            var last = ""
            while true {
                let batch = try await repository.logs(after: last, limit: Self.batch)
                guard let end = batch.last?.stored.value.id else { break }
                last = end
                if running >= workers, let done = try await group.next() {
                    report.add(done)
                    running -= 1
                }
                group.addTask { await Self.verify(batch) }
                running += 1
            }
            for try await done in group { report.add(done) }
            return report
        }
    }

    @concurrent
    private static func verify(_ batch: [(stored: StoredCase, entries: [StoredCaseEntry])]) async -> CaseLogReport {
        var report = CaseLogReport()
        for (stored, entries) in batch { report.take(stored, entries) }
        return report
    }
}
