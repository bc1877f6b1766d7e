import Domain
import Foundation
import HTTPTypes
import NIOCore
import Store
import Synchronization
import TestSupport
import Testing

@testable import Console

/// A console that listens on a free port for as long as a test runs.
func withConsole<R>(
    _ world: ConsoleWorld,
    settings: ConsoleServer.Settings = ConsoleWorld.settings,
    _ body: (_ port: Int, _ stop: @Sendable () async throws -> Void) async throws -> R
) async throws -> R {
    let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
    let server = ConsoleServer(services: world.services, settings: settings, logger: ConsoleWorld.logger) {
        continuation.yield($0)
    }
    let running = Task { try await server.run() }
    var iterator = ports.makeAsyncIterator()
    let port = try #require(await iterator.next())
    let stop: @Sendable () async throws -> Void = {
        running.cancel()
        try await running.value
    }
    do {
        let result = try await body(port, stop)
        try await stop()
        return result
    } catch {
        try? await stop()
        throw error
    }
}

/// A plain TCP client that reads with a deadline.
final class RawClient: Sendable {
    private let descriptor: Int32

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let connected = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw CancellationError() }
        var timeout = timeval(tv_sec: 8, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    func get(_ path: String, token: String?, headers: String = "") {
        let authorization = token.map { "Authorization: Bearer \($0)\r\n" } ?? ""
        send("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\(authorization)\(headers)\r\n")
    }

    func send(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// Reads until what has come satisfies `done`, the peer closes or 8 s pass; on a thread of its own.
    func read(until done: @escaping @Sendable ([UInt8]) -> Bool) async -> (bytes: [UInt8], closed: Bool) {
        await withCheckedContinuation { continuation in
            Thread { [self] in
                var all: [UInt8] = []
                var buffer = [UInt8](repeating: 0, count: 65_536)
                while true {
                    let count = recv(descriptor, &buffer, buffer.count, 0)
                    guard count > 0 else { return continuation.resume(returning: (all, count == 0)) }
                    all += buffer.prefix(count)
                    if done(all) { return continuation.resume(returning: (all, false)) }
                }
            }.start()
        }
    }

    func readText(until part: String) async -> (text: String, closed: Bool) {
        let (bytes, closed) = await read { String(decoding: $0, as: UTF8.self).contains(part) }
        return (String(decoding: bytes, as: UTF8.self), closed)
    }
}

@Suite("streams")
struct StreamTests {
    @Test("the event stream greets, sends what its user may see, pings, and ends with the session")
    func events() async throws {
        let world = try await ConsoleWorld()
        try await withConsole(world) { port, _ in
            let client = try RawClient(port: port)
            client.get("/api/v1/stream", token: world.tokens["viewer"])
            let hello = await client.readText(until: "event: hello")
            #expect(hello.text.contains("HTTP/1.1 200"))
            #expect(hello.text.contains("text/event-stream"))
            world.feed.publish(Change(topic: .case, json: Array(#"{"id":"secret"}"#.utf8), unit: "x"))
            world.feed.publish(Change(topic: .alarm, json: Array(#"{"id":"a1"}"#.utf8)))
            let alarm = await client.readText(until: "a1")
            #expect(alarm.text.contains("event: alarm"))
            #expect(alarm.text.contains("id: 2\n"))
            #expect(!alarm.text.contains("secret"), "a viewer sees no cases")
            #expect(!alarm.text.contains("reset"))
            #expect(await client.readText(until: ": ping").text.contains(": ping"))
            let token = try #require(world.tokens["viewer"])
            let session = try #require(try await world.users.session(token: token))
            try await world.users.signOut(session)
            let rest = await client.readText(until: "never")
            #expect(rest.closed || rest.text.contains("0\r\n\r\n"))
        }
        #expect(world.users.streams.count == 0)
    }

    @Test("a listener that comes back after it missed something is told to reset")
    func reset() async throws {
        let world = try await ConsoleWorld()
        for _ in 0..<3 { world.feed.publish(Change(topic: .alarm, json: Array("{}".utf8))) }
        try await withConsole(world) { port, _ in
            let late = try RawClient(port: port)
            late.get("/api/v1/stream", token: world.tokens["monitor"], headers: "Last-Event-ID: 2\r\n")
            let text = await late.readText(until: ": ping").text
            #expect(text.contains("event: reset\nid: 3\n"))
            let current = try RawClient(port: port)
            current.get("/api/v1/stream", token: world.tokens["monitor"], headers: "Last-Event-ID: 3\r\n")
            #expect(await !current.readText(until: ": ping").text.contains("event: reset"))
        }
    }

    @Test("a hole in the numbers becomes a reset, and a unit sees its own cases only")
    func forwarding() async throws {
        let world = try await ConsoleWorld()
        let user = User(name: "u", displayName: "u", role: .unit, unit: "own", createdAt: .epoch)
        let (changes, continuation) = AsyncStream.makeStream(of: (number: UInt64, change: Change).self)
        let own = Change(topic: .case, json: Array("\"own\"".utf8), unit: "own")
        let other = Change(topic: .case, json: Array("\"other\"".utf8), unit: "other")
        let unassigned = Change(topic: .case, json: Array("\"unassigned\"".utf8))
        for (number, change) in [(4, own), (5, own), (6, other), (7, unassigned), (9, own)] {
            continuation.yield((UInt64(number), change))
        }
        continuation.finish()
        let sink = EndlessResponse.Sink()
        let forwarding = Task {
            await EventStream.forward(changes, after: 4, to: user, into: sink)
            sink.finish()
        }
        var texts: [String] = []
        while let buffer = await sink.next() { texts.append(String(buffer: buffer)) }
        await forwarding.value
        #expect(
            texts == [
                "event: case\nid: 5\ndata: \"own\"\n\n", "event: reset\nid: 8\ndata: {}\n\n",
                "event: case\nid: 9\ndata: \"own\"\n\n",
            ]
        )
        _ = world
    }

    @Test("the wall's stream begins with every camera's state and follows changes")
    func states() async throws {
        let world = try await ConsoleWorld()
        try await withConsole(world) { port, _ in
            let client = try RawClient(port: port)
            client.get("/api/v1/live?cameras=gate,yard", token: world.tokens["viewer"])
            let start = await client.readText(until: #""camera":"yard""#)
            #expect(start.text.contains(#""camera":"gate""#))
            #expect(start.text.contains("connecting"))
            world.set(CameraStatus(cameraId: "gate", state: .unauthorised, reason: .unauthorised, since: .epoch))
            #expect(await client.readText(until: "unauthorised").text.contains(#""type":"state""#))
        }
    }

    @Test("the service ends within 3 s while streams are open, and says goodbye properly")
    func stops() async throws {
        let world = try await ConsoleWorld()
        try await withConsole(world) { port, stop in
            let clients = try (0..<6).map { _ in try RawClient(port: port) }
            for (index, client) in clients.enumerated() {
                client.get(
                    index % 2 == 0 ? "/api/v1/stream" : "/api/v1/live?cameras=gate",
                    token: world.tokens["monitor"]
                )
                _ = await client.readText(until: "HTTP/1.1 200")
            }
            let began = ContinuousClock.now
            try await stop()
            #expect(ContinuousClock.now - began < .seconds(3) * patience)
            for client in clients { #expect(await client.readText(until: "never").closed) }
        }
    }

    @Test("a client that never finishes its request is cut off")
    func slowloris() async throws {
        let world = try await ConsoleWorld()
        var settings = ConsoleWorld.settings
        settings.idleSeconds = 1
        try await withConsole(world, settings: settings) { port, _ in
            let client = try RawClient(port: port)
            client.send("GET /healthz HTTP/1.1\r\nHost: local")
            #expect(await client.readText(until: "never").closed)
        }
    }

    @Test("a session can't open streams without end")
    func bounded() async throws {
        let world = try await ConsoleWorld()
        let token = try #require(world.tokens["monitor"])
        let session = try #require(try await world.users.session(token: token))
        let registry = StreamRegistry()
        let entries = (0..<30).compactMap { _ in registry.enter(session) {} }
        #expect(entries.count == 24)
        for entry in entries { registry.leave(entry) }
        #expect(registry.count == 0)
        registry.drain()
        #expect(registry.enter(session) {} == nil)
    }

    @Test("what is handed over is taken once and in order, and a producer waits for its turn")
    func handOff() async {
        let handOff = HandOff<Int>()
        let producer = Task {
            var sent = 0
            for number in 0..<100 where await handOff.send(number) { sent += 1 }
            return sent
        }
        var taken: [Int] = []
        for _ in 0..<60 { if let number = await handOff.next() { taken.append(number) } }
        handOff.finish()
        #expect(taken == Array(0..<60))
        #expect(await producer.value == 60)
        #expect(await handOff.next() == nil)
    }
}
