import Capture
import Domain
import Foundation
import Store
import Synchronization

/// Switches the recording of single cameras off and on for the console: kept in the database, told to capture by its
/// configuration file, so that it holds while either of them is away.
final class RecordingSwitch: Sendable {
    private let repository: RecordingPauseRepository
    private let dataFolder: URL
    private let configurations: Mutex<[CaptureConfiguration]>
    private let pauses: Mutex<[String: RecordingPause]>
    /// One change at a time: each writes a whole file.
    private let turn = AsyncTurn()

    /// Reads what was switched off before and writes the configuration of every shard.
    ///
    /// - Throws: `StoreError`, `CaptureError`.
    init(database: Database, dataFolder: URL, configurations: [CaptureConfiguration]) async throws {
        repository = RecordingPauseRepository(database)
        self.dataFolder = dataFolder
        self.configurations = Mutex(configurations)
        let known = try await repository.all()
        pauses = Mutex(Dictionary(known.map { ($0.cameraId, $0) }, uniquingKeysWith: { $1 }))
        for configuration in configurations { try write(configuration) }
    }

    /// By camera.
    var present: [String: RecordingPause] { pauses.withLock { $0 } }

    /// Switches a camera off (`pause`) or on (nil).
    ///
    /// - Returns: the shard that has to read its configuration again; nil for a camera that none records.
    /// - Throws: `StoreError`, `CaptureError`: then nothing is changed, or the next start of the service does the rest.
    func set(_ cameraId: String, _ pause: RecordingPause?) async throws -> Int? {
        await turn.enter()
        defer { turn.leave() }
        if let pause {
            try await repository.put(pause)
        } else {
            try await repository.remove(cameraId: cameraId)
        }
        pauses.withLock { $0[cameraId] = pause }
        let known = configurations.withLock { $0 }
        guard let shard = known.first(where: { $0.cameras.contains { $0.id == cameraId } }) else { return nil }
        try write(shard)
        return shard.shard
    }

    /// Writes what every shard records from now on.
    ///
    /// - Throws: `CaptureError`: then the files are those of before again, as far as they can be written.
    func configure(_ new: [CaptureConfiguration]) async throws {
        await turn.enter()
        defer { turn.leave() }
        let old = configurations.withLock { $0 }
        do {
            for configuration in new { try write(configuration) }
        } catch {
            for configuration in old { try? write(configuration) }
            throw error
        }
        configurations.withLock { $0 = new }
    }

    private func write(_ configuration: CaptureConfiguration) throws {
        var effective = configuration
        let pauses = present
        for index in effective.cameras.indices where pauses[effective.cameras[index].id] != nil {
            effective.cameras[index].record.paused = true
        }
        try effective.write(to: CaptureConfiguration.file(in: dataFolder, shard: configuration.shard))
    }
}

/// Lets one task in at a time, in the order in which they come.
private final class AsyncTurn: Sendable {
    private struct State {
        var isTaken = false
        /// Bounded by the requests that the console takes at once.
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func enter() async {
        await withCheckedContinuation { continuation in
            let mayEnter = state.withLock { state in
                guard state.isTaken else {
                    state.isTaken = true
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if mayEnter { continuation.resume() }
        }
    }

    func leave() {
        let next: CheckedContinuation<Void, Never>? = state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isTaken = false
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}
