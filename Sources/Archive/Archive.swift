package import Domain
package import Foundation
package import Logging
package import Store

/// The reading side of the recording: index, timeline, live and playback streams, clips, pictures, bookmarks, holds and
/// attachments.
package final class Archive: Sendable {
    let dataDirectory: URL
    let database: Store.Database
    let clock: any HostClock
    let settings: ArchiveSettings
    let hooks: ArchiveHooks
    let logger: Logger

    package init(
        dataDirectory: URL,
        database: Store.Database,
        clock: any HostClock = SystemClock(),
        settings: ArchiveSettings = ArchiveSettings(),
        hooks: ArchiveHooks = ArchiveHooks(),
        logger: Logger = Logger(label: "gridwatch.archive")
    ) throws {
        self.dataDirectory = dataDirectory
        self.database = database
        self.clock = clock
        self.settings = settings
        self.hooks = hooks
        self.logger = logger
    }

    /// Follows the journals into the index until its task is cancelled.
    package func run() async {}

    // MARK: - Reading

    /// When the oldest frame of a camera that is still there was taken.
    package func recordedFrom(cameraId: String) async throws -> WallTime? {
        try await SegmentRepository(database).recordedFrom(cameraId: cameraId)
    }

    /// Runs and gaps that cover `from..<min(to, now)` without a hole.
    ///
    /// - Throws: `ArchiveError` (`invalidRange`), `StoreError`.
    package func timeline(cameraId: String, from: WallTime, to: WallTime) async throws -> Timeline { Timeline() }

    /// The camera's fragments as they are recorded, from the last key frame on disk on. Ends with the reader's task.
    package func liveFragments(cameraId: String) -> AsyncStream<LiveFrame> { AsyncStream { nil } }

    /// The camera's key frames as JPEGs, at most one a second. Ends with the reader's task.
    package func livePictures(cameraId: String) -> AsyncStream<LiveFrame> { AsyncStream { nil } }

    /// The recording of `from..<to` from the key frame at or before `from` on; read as fast as it is asked for.
    package func playback(
        cameraId: String,
        from: WallTime,
        to: WallTime
    ) -> AsyncThrowingStream<LiveFrame, any Error> { AsyncThrowingStream { nil } }

    /// The exact range as a plain MP4, not re-encoded.
    ///
    /// - Throws: `ArchiveError` (`nothingRecorded`, `invalidRange`, `diskFull`, `busy`).
    package func clip(cameraId: String, from: WallTime, to: WallTime) async throws -> ClipFile {
        throw ArchiveError(.nothingRecorded, "nothing of \(cameraId) is recorded in that range")
    }

    /// The picture recorded at or just before `time` (nil: the latest) as JPEG, no wider than `maximumWidth` pixels.
    ///
    /// - Throws: `ArchiveError` (`noPicture`, `renderFailed`, `busy`).
    package func picture(cameraId: String, at time: WallTime?, maximumWidth: Int) async throws -> [UInt8] {
        throw ArchiveError(.noPicture, "\(cameraId) has no picture")
    }
}
