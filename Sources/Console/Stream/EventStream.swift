import Domain
import Hummingbird
import Store

/// The server-sent events of one listener (WHATWG HTML §9.2).
enum EventStream {
    /// Whether a user may see a change.
    ///
    /// - Parameter isWithin: whether the first unit is the second one, or lies below it.
    static func shows(
        _ change: Change,
        to user: User,
        isWithin: (String, String) -> Bool = { $0 == $1 }
    ) -> Bool {
        if change.topic == .export, ![.monitor, .leader, .admin].contains(user.role) { return false }
        if change.topic == .order, user.role == .collector { return false }
        return switch user.role {
        case .viewer: [.camera, .alarm, .health, .base].contains(change.topic)
        case .unit where change.topic == .case || change.topic == .order:
            if let unit = change.unit, let own = user.unit { unit == own || isWithin(unit, own) } else { false }
        default: true
        }
    }

    /// One event. JSON texts hold no line breaks, so one `data` line is enough.
    static func event(_ name: String, id: UInt64?, data: [UInt8]) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: data.count + 64)
        buffer.writeString("event: \(name)\n")
        if let id { buffer.writeString("id: \(id)\n") }
        buffer.writeString("data: ")
        buffer.writeBytes(data)
        buffer.writeString("\n\n")
        return buffer
    }

    static let ping = ByteBuffer(string: ": ping\n\n")

    /// Sends the changes that `user` may see; a hole in the numbers becomes `reset`.
    static func forward(
        _ changes: AsyncStream<(number: UInt64, change: Change)>,
        after last: UInt64,
        to user: User,
        isWithin: @Sendable (String, String) -> Bool = { $0 == $1 },
        into sink: EndlessResponse.Sink
    ) async {
        var last = last
        for await (number, change) in changes {
            // What was published between listening and the greeting is in the lists the page loads after it.
            guard number > last else { continue }
            if number != last + 1 {
                guard await sink.send(event("reset", id: number - 1, data: Array("{}".utf8))) else { return }
            }
            last = number
            guard shows(change, to: user, isWithin: isWithin) else { continue }
            guard await sink.send(event(change.topic.rawValue, id: number, data: change.json)) else { return }
        }
    }
}
