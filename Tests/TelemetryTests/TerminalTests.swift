import Domain
import Glibc
import Store
import Testing

@testable import Telemetry

/// A terminal on a plain blocking socket.
private final class Terminal {
    private let socket: Int32
    private var splitter = JT808Splitter()
    private var serial: UInt16 = 0

    init(port: Int, udp: Bool) throws {
        socket = Glibc.socket(AF_INET, Int32((udp ? SOCK_DGRAM : SOCK_STREAM).rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(result == 0)
        var timeout = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(socket) }

    /// Sends a message and waits for the answer to it: id and result.
    func ask(_ id: UInt16, _ body: [UInt8] = []) throws -> JT808Frame {
        serial += 1
        let packet = JT808Frame(id: id, phone: "013912345678", serial: serial, body: body).encoded
        try #require(send(socket, packet, packet.count, 0) == packet.count)
        var buffer = [UInt8](repeating: 0, count: 2048)
        while true {
            let count = recv(socket, &buffer, buffer.count, 0)
            try #require(count > 0, "no answer")
            let bytes = Array(buffer[..<count])
            for case .success(let frame) in splitter.take(bytes.span) { return frame }
        }
    }
}

@Suite("Terminals")
struct TerminalTests {
    private static func body(_ lat: Double, at time: String, bits: UInt32 = 0) -> [UInt8] {
        func big(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }
        var body = big(bits) + big(3) + big(UInt32((lat * 1e6).rounded())) + big(119_930_000) + [0, 10, 0, 200, 0, 90]
        body += stride(from: 0, to: 12, by: 2).map { at in
            let digits = Array(time.utf8)
            return (digits[at] - 48) << 4 | (digits[at + 1] - 48)
        }
        return body
    }

    private static let site = Site(
        name: "test",
        vehicles: [Vehicle(id: "su-m12345", kind: .sanitation)],
        terminals: TerminalSettings(
            host: "127.0.0.1",
            port: 0,
            terminals: [.init(phone: "13912345678", vehicle: "su-m12345")],
            classes: ["sos": "E-01-01"]
        )
    )

    @Test("positions are on the disk before they are answered, and their bits are alarms", arguments: [false, true])
    func reports(udp: Bool) async throws {
        let fixture = try TelemetryFixture(Self.site)
        try await fixture.running {
            try await expectEventually { fixture.service.terminals()?.listening == true }
            let terminal = try Terminal(port: try #require(fixture.service.terminals()?.port), udp: udp)
            let registered = try terminal.ask(0x0100, [UInt8](repeating: 0, count: 40))
            #expect(registered.id == 0x8100 && registered.body[2] == 0)
            let welcome = try terminal.ask(0x0102, Array(registered.body.dropFirst(3)))
            #expect(welcome.body.last == 0)
            // 2026-11-20 10:00:00 and later, Beijing time.
            let first = try terminal.ask(0x0200, Self.body(32.49, at: "261120100000"))
            #expect(first.body.last == 0)
            let help = try terminal.ask(0x0200, Self.body(32.491, at: "261120100030", bits: 0b11))
            #expect(help.body.last == 0)
            // A batch that was kept back, one of it doubled, one with a call for help before the last.
            var batch: [UInt8] = [0, 3, 1]
            for item in [
                Self.body(32.49, at: "261120100000"), Self.body(32.4905, at: "261120100010"),
                Self.body(32.4907, at: "261120100020"),
            ] {
                batch += [0, UInt8(item.count)] + item
            }
            let backlog = try terminal.ask(0x0704, batch)
            #expect(backlog.body.last == 0)
            let calm = try terminal.ask(0x0200, Self.body(32.492, at: "261120100100"))
            #expect(calm.body.last == 0)
            let from = try #require(WallTime(rfc3339: "2026-11-20T00:00:00Z"))
            let track = try await fixture.service.track(
                vehicleId: "su-m12345",
                from: from,
                to: from + .seconds(86_400),
                page: .init(limit: 100)
            )
            #expect(track.items.map(\.lat) == [32.49, 32.4905, 32.4907, 32.491, 32.492])
            #expect(track.items.first?.ignition == true && track.items.first?.speedKmh == 20)
            try await expectEventually { fixture.sink.signals.count == 4 }
            let words = fixture.sink.signals.map { "\($0.phase == .raised ? "+" : "-")\($0.kind)" }
            #expect(words.sorted() == ["+overspeed", "+sos", "-overspeed", "-sos"])
            #expect(fixture.sink.signals.first { $0.kind == "sos" }?.classCode == "E-01-01")
            if !udp {
                let stranger = JT808Session(terminals: [:])
                #expect(stranger.refused == 0)
                #expect(fixture.service.terminals()?.connections == 1)
            }
        }
    }

    @Test("a call for help counts also without a fix, with a wrong clock, and from a backlog")
    func help() {
        let now = WallTime(microseconds: 1_795_428_000_000_000)
        var bare = Self.body(32.49, at: "000000000000", bits: 1)
        bare[7] = 0
        let report = JT808Location(bare.span).flatMap { VehicleReport($0, vehicle: "v", receivedAt: now) }
        #expect(report?.position.timeIsArrival == true && report?.position.quality == .noFix)
        var alarms = TerminalAlarms()
        _ = alarms.take(0, at: now)
        #expect(alarms.take(0b11, at: now - .seconds(600)).raised == [.sos])
        #expect(alarms.take(0b10, at: now - .seconds(500)).cleared.isEmpty)
        #expect(alarms.take(0, at: now + .seconds(1)).cleared == [.sos])
    }
}
