import CLinux
import Domain
import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Keeps all capture processes of this machine together within what platforms allow: so many connections at once, so many
/// new ones a second.
///
/// A permit is a lock on one of as many files as connections are allowed (`DIR/capture/platforms/ID/N`): the kernel gives
/// it back when its process ends, however that happens, and neither serve nor another shard has to be there. The next
/// slot for a new connection stands in `DIR/capture/platforms/ID/next`, in nanoseconds of the monotonic clock, which all
/// processes share.
final class PlatformPermits: Sendable {
    /// A connection that may be open.
    final class Permit: Sendable {
        /// nil once it was given back.
        private let descriptor: Mutex<Int32?>

        fileprivate init(_ descriptor: Int32) {
            self.descriptor = Mutex(descriptor)
        }

        deinit { giveBack() }

        func giveBack() {
            descriptor.withLock { descriptor in
                if let open = descriptor { close(open) }
                descriptor = nil
            }
        }
    }

    enum Answer {
        /// Nil where the platform has no limit.
        case granted(Permit?)
        case full(limit: Int)
    }

    /// A slot that lies further ahead was written before the host was started anew.
    private static let farthest = Duration.seconds(3600)

    private let folder: URL
    private let platforms = Mutex<[String: Platform]>([:])

    init(folder: URL) {
        self.folder = folder
    }

    func configure(_ found: [Platform]) {
        platforms.withLock { platforms in
            platforms = Dictionary(found.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        }
    }

    func platform(_ id: String?) -> Platform? {
        guard let id else { return nil }
        return platforms.withLock { $0[id] }
    }

    /// Takes a permit for one connection. Where the files can't be used it is granted: a full disk must not end recording.
    func acquire(_ id: String) -> Answer {
        guard let limit = platform(id)?.connections else { return .granted(nil) }
        guard let folder = made(id) else { return .granted(nil) }
        for number in 0..<limit {
            let descriptor = gw_open(folder + "/\(number)", O_RDWR | O_CREAT, 0o600)
            guard descriptor >= 0 else { return .granted(nil) }
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return .granted(Permit(descriptor)) }
            close(descriptor)
        }
        return .full(limit: limit)
    }

    /// Reserves the next slot for a new connection.
    ///
    /// - Returns: how long to wait for it.
    func reserve(_ id: String, now: Duration) -> Duration {
        guard let rate = platform(id)?.connectionsPerSecond, let folder = made(id) else { return .zero }
        let descriptor = gw_open(folder + "/next", O_RDWR | O_CREAT, 0o600)
        guard descriptor >= 0 else { return .zero }
        defer { close(descriptor) }
        // Held for two short calls; another process's can't be waited for long.
        guard flock(descriptor, LOCK_EX) == 0 else { return .zero }
        var text = [UInt8](repeating: 0, count: 32)
        let count = pread(descriptor, &text, text.count, 0)
        let known = Int64(
            String(decoding: text.prefix(max(0, count)), as: UTF8.self).trimmingCharacters(in: .whitespaces)
        )
        var next = known.map { Duration.nanoseconds($0) } ?? .zero
        if next - now > Self.farthest { next = now }
        let slot = max(now, next)
        let parts = (slot + .seconds(1 / rate)).components
        let written = String(parts.seconds * 1_000_000_000 + parts.attoseconds / 1_000_000_000)
        let line = Array(written.padding(toLength: 24, withPad: " ", startingAt: 0).utf8)
        _ = pwrite(descriptor, line, line.count, 0)
        return slot - now
    }

    private func made(_ id: String) -> String? {
        guard Slug.isValid(id) else { return nil }
        let path = folder.appending(path: id).path
        do {
            try FileManager.default.createDirectory(
                atPath: path,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            return nil
        }
        return path
    }
}

/// A platform's permitted hours, by the site's time zone.
struct PermittedHours: Sendable {
    private let zone: TimeZone

    /// - Parameter timeZone: an IANA name; UTC where it is not known.
    init(timeZone: String?) {
        zone = timeZone.flatMap { TimeZone(identifier: $0) } ?? .gmt
    }

    func allow(_ platform: Platform?, at now: WallTime) -> Bool {
        guard let platform, !platform.hours.isEmpty else { return true }
        let seconds = now.microseconds / 1_000_000
        let offset = zone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(seconds)))
        let minute = ((seconds + Int64(offset)) % 86_400 + 86_400) % 86_400 / 60
        return platform.isPermitted(minute: Int(minute))
    }
}
