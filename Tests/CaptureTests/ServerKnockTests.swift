import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Capture

#if canImport(Glibc)
    import Glibc
#endif

@Suite("Knocking at servers that were gone")
struct ServerKnockTests {
    /// A listener on a port of loopback; nil when it is taken.
    private func listen(_ port: Int) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard bound == 0, Glibc.listen(descriptor, 16) == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    @Test("Whoever waits for a server is woken when it answers again, and not before")
    func returns() async throws {
        let knock = ServerKnock()
        let port = TestPeer.freePort()
        let server = try #require(ServerKnock.Server("rtsp://u:p@127.0.0.1:\(port)/a"))
        let woken = Mutex(0)
        let waits = (0..<3).map { _ in knock.wait(for: server) { woken.withLock { $0 += 1 } } }
        // Long enough for two knocks: nobody answers.
        try await Task.sleep(for: .milliseconds(2300))
        #expect(woken.withLock { $0 } == 0)
        let descriptor = try #require(listen(port))
        defer { close(descriptor) }
        #expect(await eventually(within: .seconds(5)) { woken.withLock { $0 } == 3 })
        for wait in waits { wait.end() }
    }

    @Test("A server that answers all along wakes nobody")
    func steady() async throws {
        let knock = ServerKnock()
        let port = TestPeer.freePort()
        let descriptor = try #require(listen(port))
        defer { close(descriptor) }
        let server = try #require(ServerKnock.Server("rtsp://127.0.0.1:\(port)/a"))
        let woken = Mutex(0)
        let wait = knock.wait(for: server) { woken.withLock { $0 += 1 } }
        try await Task.sleep(for: .milliseconds(2500))
        wait.end()
        #expect(woken.withLock { $0 } == 0)
    }

    @Test(
        "Files, UDP and nonsense have no server to knock at",
        arguments: ["file:/a.mp4", "udp://239.1.1.1:5000", "x"]
    )
    func none(_ url: String) {
        #expect(ServerKnock.Server(url) == nil)
    }
}
