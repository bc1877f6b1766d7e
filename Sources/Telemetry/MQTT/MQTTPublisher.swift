import Domain
import Glibc

/// Publishes to a broker, for simulated sensors and tests. One thread uses it; every call may block.
package final class MQTTPublisher {
    private let settings: MQTTSettings
    private let wake: WakePipe
    private var handle: MQTTHandle?
    private var sent = 0

    package init(_ settings: MQTTSettings) throws(MQTTError) {
        var settings = settings
        settings.cleanSession = true
        self.settings = settings
        wake = try WakePipe()
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    /// Connects (again) and waits for the broker's word.
    ///
    /// - Throws: `MQTTError` when it doesn't come within 10 s or is a no.
    package func connect() throws(MQTTError) {
        let handle = try MQTTHandle(settings)
        if let failure = TCPProbe.failure(
            host: settings.host,
            port: settings.port,
            timeout: .seconds(5),
            wake: wake.readEnd
        ) {
            throw MQTTError(reason: failure, message: "\(settings): can't connect")
        }
        try handle.connect()
        let clock = SystemClock()
        let deadline = clock.monotonic() + .seconds(10)
        while handle.connack == nil {
            guard clock.monotonic() < deadline else {
                throw MQTTError(reason: .timeout, message: "\(settings): no answer within 10 s")
            }
            try turn(handle, milliseconds: 100)
        }
        if let answer = handle.connack, answer != 0 {
            throw MQTTError.refused(answer, "\(settings)", version: settings.protocolVersion)
        }
        self.handle = handle
        sent = 0
    }

    /// Publishes; with QoS 1 it is delivered once `flush` returns true.
    ///
    /// - Throws: `MQTTError`: not connected (any more); `connect` again.
    package func publish(topic: String, payload: [UInt8], qos: Int = 1, retain: Bool = false) throws(MQTTError) {
        let handle = try connected()
        try handle.publish(topic: topic, payload: payload, qos: qos, retain: retain)
        sent += 1
        try turn(handle, milliseconds: 0)
        // Bounded: what the broker hasn't acknowledged is at most this much.
        while sent - handle.published > 1000 { try turn(handle, milliseconds: 100) }
    }

    /// Sends what is queued and keeps the connection alive; to be called at least every 10 s while nothing is published.
    ///
    /// - Returns: whether everything published has been sent (QoS 0) or acknowledged (QoS 1).
    package func flush(timeout: Duration) throws(MQTTError) -> Bool {
        let handle = try connected()
        let clock = SystemClock()
        let deadline = clock.monotonic() + timeout
        repeat {
            try turn(handle, milliseconds: sent == handle.published && !handle.wantsToWrite ? 0 : 20)
            if sent == handle.published, !handle.wantsToWrite { return true }
        } while clock.monotonic() < deadline
        return false
    }

    /// Sends what is left, for at most 5 s, and says goodbye.
    package func close() {
        _ = try? flush(timeout: .seconds(5))
        guard let handle else { return }
        handle.disconnect()
        try? handle.write()
        self.handle = nil
    }

    private func connected() throws(MQTTError) -> MQTTHandle {
        guard let handle, handle.socket != nil else {
            throw MQTTError(reason: .closed, message: "\(settings): not connected")
        }
        return handle
    }

    private func turn(_ handle: MQTTHandle, milliseconds: Int32) throws(MQTTError) {
        guard let socket = handle.socket else {
            throw MQTTError(reason: .closed, message: "\(settings): the connection is gone")
        }
        let events = handle.wantsToWrite ? POLLIN | POLLOUT : POLLIN
        var descriptor = pollfd(fd: socket, events: Int16(events), revents: 0)
        _ = poll(&descriptor, 1, milliseconds)
        if descriptor.revents & Int16(POLLIN | POLLHUP | POLLERR) != 0 { try handle.read() }
        if handle.wantsToWrite { try handle.write() }
        try handle.keepAlive()
        _ = handle.takeInbox()
    }
}
