package import Domain
import Synchronization

/// A camera's picture and when it was taken.
package struct CurrentPicture: Sendable, Equatable {
    package var jpeg: [UInt8]
    package var at: WallTime

    package init(jpeg: [UInt8], at: WallTime) {
        self.jpeg = jpeg
        self.at = at
    }
}

/// Asks capture for a camera's current picture once a second at most, however many want it. Bounded by the number of
/// cameras: one picture each.
package final class PictureDesk: Sendable {
    package typealias Source = @Sendable (_ cameraId: String) async -> CurrentPicture?

    private struct Entry {
        var askedAt: Duration
        var answer: Task<CurrentPicture?, Never>
    }

    private let source: Source
    private let clock: any HostClock
    private let entries = Mutex<[String: Entry]>([:])

    package init(clock: any HostClock, source: @escaping Source) {
        self.source = source
        self.clock = clock
    }

    /// The picture, at most a second older than capture's latest. `cameraId` must be one of the site.
    package func picture(_ cameraId: String) async -> CurrentPicture? {
        let now = clock.monotonic()
        let source = source
        let answer = entries.withLock { entries in
            if let entry = entries[cameraId], now - entry.askedAt < .milliseconds(900) { return entry.answer }
            let answer = Task { await source(cameraId) }
            entries[cameraId] = Entry(askedAt: now, answer: answer)
            return answer
        }
        return await answer.value
    }
}
