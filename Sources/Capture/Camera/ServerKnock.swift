import CLinux
import Domain
import Foundation
import Media
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Finds out when a server that was gone is back, so that its cameras needn't wait for the end of their pauses: one short
/// TCP connection a second for each server, however many cameras wait for it.
///
/// Only a change counts. A server that answers all along and gives no stream is left to the cameras' own pauses; so a
/// knock never makes anybody try more often than before, but for once after each return.
final class ServerKnock: Sendable {
    /// A server as sources name it.
    struct Server: Sendable, Hashable {
        var host: String
        var port: Int

        /// Nil for sources that no TCP connection leads to.
        init?(_ url: String) {
            guard let source = try? SourceURL(url), !source.host.isEmpty else { return nil }
            let usual: Int? =
                switch source.scheme {
                case .rtsp: 554
                case .rtsps: 322
                case .rtmp: 1935
                case .rtmps, .https: 443
                case .http: 80
                case .udp, .file: nil
                }
            guard let usual else { return nil }
            host = source.host
            port = source.port ?? usual
        }
    }

    /// One source's wait for its server.
    final class Wait: Sendable {
        fileprivate let server: Server
        fileprivate let onReturn: @Sendable () -> Void
        private let knock: ServerKnock

        fileprivate init(_ server: Server, _ knock: ServerKnock, _ onReturn: @escaping @Sendable () -> Void) {
            self.server = server
            self.knock = knock
            self.onReturn = onReturn
        }

        /// No longer waits; to be called once.
        func end() { knock.remove(self) }
    }

    private struct State {
        /// Bounded by the number of sources: each waits for one server at most.
        var waits: [ObjectIdentifier: Wait] = [:]
        /// Servers that did not answer the last knock.
        var away: Set<Server> = []
        var isRunning = false
    }

    static let period = Duration.seconds(1)
    /// How long a server may take to answer a knock, in milliseconds.
    private static let patience: Int32 = 900

    private let state = Mutex(State())

    /// Calls `onReturn` once the server answers after it did not. The thread that knocks runs while somebody waits.
    func wait(for server: Server, onReturn: @escaping @Sendable () -> Void) -> Wait {
        let wait = Wait(server, self, onReturn)
        let starts = state.withLock { state in
            state.waits[ObjectIdentifier(wait)] = wait
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if starts {
            let thread = Thread { [self] in run() }
            thread.name = "knock"
            thread.stackSize = 256 << 10
            thread.start()
        }
        return wait
    }

    private func remove(_ wait: Wait) {
        state.withLock { _ = $0.waits.removeValue(forKey: ObjectIdentifier(wait)) }
    }

    private func run() {
        while true {
            let servers: [Server]? = state.withLock { state in
                guard !state.waits.isEmpty else {
                    state.away = []
                    state.isRunning = false
                    return nil
                }
                return Array(Set(state.waits.values.map(\.server)))
            }
            guard let servers else { return }
            let began = SystemClock().monotonic()
            note(answering: Self.answering(servers), of: servers)
            let left = Self.period - (SystemClock().monotonic() - began)
            if left > .zero { usleep(UInt32(clamping: left.microseconds)) }
        }
    }

    /// Takes note of who answered, and wakes those whose server is back.
    private func note(answering: Set<Server>, of servers: [Server]) {
        let woken = state.withLock { state -> [Wait] in
            let back = answering.intersection(state.away)
            for server in servers {
                if answering.contains(server) { state.away.remove(server) } else { state.away.insert(server) }
            }
            return state.waits.values.filter { back.contains($0.server) }
        }
        for wait in woken { wait.onReturn() }
    }

    /// Knocks at all of them at once.
    private static func answering(_ servers: [Server]) -> Set<Server> {
        var open: [(server: Server, descriptor: Int32)] = []
        var found: Set<Server> = []
        for server in servers.prefix(256) {
            guard let address = SocketAddress(server.host, port: server.port) else { continue }
            let descriptor = socket(address.family, Int32(SOCK_STREAM.rawValue) | 0o2004000, 0)  // CLOEXEC, NONBLOCK
            guard descriptor >= 0 else { continue }
            if address.connect(descriptor) == 0 {
                found.insert(server)
                close(descriptor)
            } else if errno == EINPROGRESS {
                open.append((server, descriptor))
            } else {
                close(descriptor)
            }
        }
        let end = SystemClock().monotonic() + .milliseconds(Int(patience))
        while !open.isEmpty {
            let left = (end - SystemClock().monotonic()).microseconds / 1000
            var files = open.map { pollfd(fd: $0.descriptor, events: Int16(POLLOUT), revents: 0) }
            guard left > 0, poll(&files, nfds_t(files.count), Int32(left)) > 0 else { break }
            for index in files.indices.reversed() where files[index].revents != 0 {
                var code: Int32 = 0
                var length = socklen_t(MemoryLayout<Int32>.size)
                getsockopt(open[index].descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
                if code == 0 { found.insert(open[index].server) }
                close(open[index].descriptor)
                open.remove(at: index)
            }
        }
        for (_, descriptor) in open { close(descriptor) }
        return found
    }
}
