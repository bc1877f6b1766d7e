import Domain
import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// Capture's end of the link: speaks to several serves, waits for none.
///
/// What a slow client has not taken is bounded to `limitBytes`: beyond it states are held back and sent anew, all of
/// them, when it reads again, statistics are left out, and observations wait in the ring. It is not cut off: a serve
/// that is slow has not gone.
final class LinkServer {
    private static let limitBytes = 512 << 10
    private static let clientLimit = 8

    private final class Client {
        var connection: FrameConnection
        var isGreeted = false
        /// It has missed states.
        var isBehind = false

        init(input: Int32, output: Int32) {
            connection = FrameConnection(
                owningInput: input,
                owningOutput: output,
                limits: .init(header: 8 << 20, payload: 1 << 10)
            )
        }

        var hasRoom: Bool { connection.pendingBytes < LinkServer.limitBytes }
    }

    private let folder: URL
    private let shard: Int
    private let listener: Int32
    private let startedAt: WallTime
    private var clients: [Client] = []
    private var ring = ObservationRing()

    /// - Throws: `CaptureError` (`link`).
    init(folder: URL, shard: Int, startedAt: WallTime) throws(CaptureError) {
        listener = try UnixSocket.listen(folder: folder, name: "\(shard).sock")
        self.folder = folder
        self.shard = shard
        self.startedAt = startedAt
        _ = fcntl(listener, F_SETFL, O_NONBLOCK)
    }

    /// The link of an isolated camera's process: its shard, at the other end of two pipes, is the only client and needs no
    /// greeting. `serveCount` is 0 once it has gone.
    init(toShard shard: Int, folder: URL, input: Int32, output: Int32, startedAt: WallTime) {
        listener = -1
        self.folder = folder
        self.shard = shard
        self.startedAt = startedAt
        let client = Client(input: input, output: output)
        client.isGreeted = true
        clients = [client]
    }

    deinit {
        guard listener >= 0 else { return }
        close(listener)
        unlink(folder.appending(path: "\(shard).sock").path)
    }

    /// Clients that have greeted.
    var serveCount: Int { clients.count(where: \.isGreeted) }

    var droppedObservations: Int { ring.dropped }

    var descriptors: [pollfd] {
        var entries = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
        for client in clients {
            let wanted = Int16(POLLIN) | (client.connection.pendingBytes > 0 ? Int16(POLLOUT) : 0)
            entries.append(pollfd(fd: client.connection.input, events: wanted, revents: 0))
        }
        return entries
    }

    /// Takes new clients and reads what the others ask for.
    ///
    /// - Parameter statuses: of all cameras, for a client that has just greeted or fallen behind.
    func serve(statuses: () -> [CameraStatus]) -> [CaptureCommand] {
        acceptClients()
        var commands: [CaptureCommand] = []
        var gone: [ObjectIdentifier] = []
        for client in clients {
            var isGone = false
            switch client.connection.read() {
            case .closed: isGone = true
            case .frames(let frames):
                for frame in frames {
                    guard let command = CaptureProtocol.decode(CaptureCommand.self, from: frame) else { continue }
                    if case .hello(let version, _) = command {
                        guard CaptureProtocol.accepts(version) else {
                            isGone = true
                            break
                        }
                        client.isGreeted = true
                        client.isBehind = true
                    } else if client.isGreeted {
                        commands.append(command)
                    }
                }
            }
            if !isGone { isGone = !client.connection.flush() }
            if isGone { gone.append(ObjectIdentifier(client)) }
            if !isGone, client.isGreeted, client.isBehind, client.hasRoom {
                client.isBehind = false
                for status in statuses() {
                    client.connection.enqueue(CaptureProtocol.frame(CaptureEvent.state(status)))
                }
            }
        }
        clients.removeAll { gone.contains(ObjectIdentifier($0)) }
        emptyRing()
        flush()
        return commands
    }

    func send(_ status: CameraStatus) {
        let frame = CaptureProtocol.frame(CaptureEvent.state(status))
        for client in clients where client.isGreeted {
            if client.hasRoom, !client.isBehind { client.connection.enqueue(frame) } else { client.isBehind = true }
        }
    }

    func send(_ statistics: CaptureStatistics) {
        guard serveCount > 0 else { return }
        let frame = CaptureProtocol.frame(CaptureEvent.statistics(statistics))
        for client in clients where client.isGreeted && client.hasRoom { client.connection.enqueue(frame) }
    }

    func send(_ observation: Observation, picture: [UInt8]) {
        ring.append(CaptureProtocol.frame(CaptureEvent.observation(observation), payload: picture))
        emptyRing()
    }

    func sendPicture(cameraId: String, requestId: String, at: WallTime?, jpeg: [UInt8]) {
        let event = CaptureEvent.picture(cameraId: cameraId, requestId: requestId, at: at)
        let frame = CaptureProtocol.frame(event, payload: jpeg)
        for client in clients where client.isGreeted && client.hasRoom { client.connection.enqueue(frame) }
    }

    /// Writes what the clients take now; a client that has gone is noticed by the next read.
    func flush() {
        for client in clients { _ = client.connection.flush() }
    }

    private func acceptClients() {
        while true {
            let descriptor = accept(listener, nil, nil)
            guard descriptor >= 0 else { return }
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            guard clients.count < Self.clientLimit else {
                close(descriptor)
                continue
            }
            let client = Client(input: descriptor, output: descriptor)
            let hello = CaptureEvent.hello(
                protocolVersion: CaptureProtocol.version,
                shard: shard,
                pid: getpid(),
                startedAt: startedAt
            )
            client.connection.enqueue(CaptureProtocol.frame(hello))
            clients.append(client)
        }
    }

    /// Observations go to whoever is there, as long as all that are there have room.
    private func emptyRing() {
        let present = clients.filter(\.isGreeted)
        guard !present.isEmpty else { return }
        while present.allSatisfy(\.hasRoom), let frame = ring.next() {
            for client in present { client.connection.enqueue(frame) }
        }
    }
}
