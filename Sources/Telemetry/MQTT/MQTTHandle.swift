import CLinux
import CMosquitto
import Domain
import Glibc

/// One connection through libmosquitto's external-loop calls. One thread uses it.
///
/// `mosquitto_threaded_set(true)` makes libmosquitto queue what it wants to send, PUBACKs too, until `write` is called.
/// A final class because libmosquitto holds a pointer back to it.
final class MQTTHandle {
    let settings: MQTTSettings
    private let handle: OpaquePointer
    /// What has arrived and was not taken yet; the owner stops reading at its limit.
    private(set) var inbox: [MQTTMessage] = []
    private(set) var inboxBytes = 0
    /// The broker's answer to CONNECT: 0, or why not.
    private(set) var connack: Int32?
    /// The broker's answers to SUBSCRIBE, one per filter: a granted QoS, or 128 and more.
    private(set) var suback: [Int32]?
    /// QoS 1 messages of ours that the broker has acknowledged.
    private(set) var published = 0
    private var lastError: String?

    /// - Throws: `MQTTError`: the TLS files can't be read.
    init(_ settings: MQTTSettings) throws(MQTTError) {
        guard MQTTLibrary.isReady else {
            throw MQTTError(reason: .sourceError, message: "libmosquitto can't be initialised")
        }
        guard let handle = mosquitto_new(settings.clientId, settings.cleanSession, nil) else {
            throw MQTTError(reason: .sourceError, message: "\(settings): \(String(cString: strerror(errno)))")
        }
        self.settings = settings
        self.handle = handle
        mosquitto_user_data_set(handle, Unmanaged.passUnretained(self).toOpaque())
        mosquitto_threaded_set(handle, true)
        mosquitto_int_option(handle, MOSQ_OPT_PROTOCOL_VERSION, Int32(settings.protocolVersion))
        // Of 5 only; with 3.1.1 the broker decides how many are on their way (mosquitto: 20).
        mosquitto_int_option(handle, MOSQ_OPT_RECEIVE_MAXIMUM, 500)
        // PUBACKs are four bytes each: Nagle's algorithm would hold them back.
        mosquitto_int_option(handle, MOSQ_OPT_TCP_NODELAY, 1)
        setCallbacks()
        if let user = settings.user {
            try check(mosquitto_username_pw_set(handle, user, settings.password))
        }
        if let tls = settings.tls { try set(tls) }
        if let topic = settings.statusTopic {
            let offline = Array("offline".utf8)
            try check(mosquitto_will_set(handle, topic, Int32(offline.count), offline, 1, true))
        }
    }

    deinit {
        mosquitto_destroy(handle)
    }

    /// The socket, or nil when there is none (any more).
    var socket: Int32? {
        let socket = mosquitto_socket(handle)
        return socket >= 0 ? socket : nil
    }

    var wantsToWrite: Bool { mosquitto_want_write(handle) }

    /// Connects the socket and queues CONNECT. Blocks; see `TCPProbe` for the deadline.
    func connect() throws(MQTTError) {
        var properties: OpaquePointer?
        defer { mosquitto_property_free_all(&properties) }
        if settings.protocolVersion == 5, !settings.cleanSession {
            // A week: long enough for a repair, and a session nobody comes back to doesn't fill the broker for ever.
            try check(
                mosquitto_property_add_int32(&properties, Int32(MQTT_PROP_SESSION_EXPIRY_INTERVAL.rawValue), 604_800)
            )
        }
        try check(
            mosquitto_connect_bind_v5(
                handle,
                settings.host,
                Int32(settings.port),
                Int32(settings.keepAliveSeconds),
                nil,
                properties
            )
        )
    }

    /// Queues SUBSCRIBE for all filters with QoS 1.
    func subscribe() throws(MQTTError) {
        var filters = settings.filters.map { strdup($0) }
        defer { for filter in filters { free(filter) } }
        // 5 only: what the broker retains comes with a new subscription, not at each reconnect.
        let options = settings.protocolVersion == 5 ? Int32(MQTT_SUB_OPT_SEND_RETAIN_NEW.rawValue) : 0
        let code = filters.withUnsafeMutableBufferPointer { pointers in
            mosquitto_subscribe_multiple(handle, nil, Int32(pointers.count), pointers.baseAddress, 1, options, nil)
        }
        try check(code)
    }

    /// Queues PUBLISH.
    func publish(topic: String, payload: [UInt8], qos: Int, retain: Bool) throws(MQTTError) {
        try check(mosquitto_publish(handle, nil, topic, Int32(payload.count), payload, Int32(qos), retain))
    }

    /// Queues DISCONNECT.
    func disconnect() {
        mosquitto_disconnect(handle)
    }

    /// Reads about one packet, if one is there; messages land in `inbox`.
    func read() throws(MQTTError) {
        try check(mosquitto_loop_read(handle, 1))
    }

    /// Sends what is queued, as far as the socket takes it.
    func write() throws(MQTTError) {
        try check(mosquitto_loop_write(handle, 1))
    }

    /// Sends PINGREQ when due, and notices that the broker no longer answers. To be called about once a second.
    func keepAlive() throws(MQTTError) {
        try check(mosquitto_loop_misc(handle))
    }

    /// Empties the inbox.
    func takeInbox() -> [MQTTMessage] {
        defer {
            inbox.removeAll(keepingCapacity: true)
            inboxBytes = 0
        }
        return inbox
    }

    private func check(_ code: Int32) throws(MQTTError) {
        let systemError = errno
        guard code != Int32(MOSQ_ERR_SUCCESS.rawValue) else { return }
        // The answer to CONNECT says more than the closed connection that follows it.
        if let connack, connack != 0 {
            throw MQTTError.refused(connack, "\(settings)", version: settings.protocolVersion)
        }
        throw MQTTError.library(code, "\(settings)", systemError: systemError, logged: lastError)
    }

    private func set(_ tls: Broker.TLS) throws(MQTTError) {
        for file in [tls.caFile, tls.certificateFile, tls.keyFile].compactMap(\.self) where access(file, R_OK) != 0 {
            throw MQTTError(
                reason: .sourceError,
                message: "\(settings): can't read \(file): \(String(cString: strerror(errno)))"
            )
        }
        if tls.caFile == nil { mosquitto_int_option(handle, MOSQ_OPT_TLS_USE_OS_CERTS, 1) }
        try check(mosquitto_tls_set(handle, tls.caFile, nil, tls.certificateFile, tls.keyFile, nil))
        if !tls.verify {
            // 0 is SSL_VERIFY_NONE (openssl/ssl.h).
            try check(mosquitto_tls_opts_set(handle, 0, nil, nil))
            try check(mosquitto_tls_insecure_set(handle, true))
        }
    }

    // MARK: Callbacks, called by libmosquitto within our own calls on our own thread

    private func setCallbacks() {
        mosquitto_connect_v5_callback_set(handle) { _, context, code, _, _ in
            MQTTHandle.from(context)?.connack = code
        }
        mosquitto_subscribe_v5_callback_set(handle) { _, context, _, count, granted, _ in
            guard let granted else { return }
            MQTTHandle.from(context)?.suback = Array(UnsafeBufferPointer(start: granted, count: Int(count)))
        }
        mosquitto_publish_v5_callback_set(handle) { _, context, _, _, _ in
            MQTTHandle.from(context)?.published += 1
        }
        mosquitto_message_v5_callback_set(handle) { _, context, message, _ in
            guard let message else { return }
            MQTTHandle.from(context)?.receive(message.pointee)
        }
        mosquitto_log_callback_set(handle) { _, context, level, text in
            guard let text, level & Int32(MOSQ_LOG_ERR) != 0 else { return }
            MQTTHandle.from(context)?.lastError = String(String(cString: text).prefix(200))
        }
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> MQTTHandle? {
        context.map { Unmanaged<MQTTHandle>.fromOpaque($0).takeUnretainedValue() }
    }

    private func receive(_ message: mosquitto_message) {
        guard let topic = message.topic else { return }
        let size = Int(message.payloadlen)
        let kept = size > MQTTMessage.wholeBytes ? MQTTMessage.cutBytes : size
        inbox.append(
            MQTTMessage(
                topic: String(cString: topic),
                payload: Array(UnsafeRawBufferPointer(start: message.payload, count: kept)),
                sizeBytes: size,
                qos: Int(message.qos),
                retained: message.retain
            )
        )
        inboxBytes += kept
    }
}

/// The library's one-time initialisation, which is not thread-safe.
enum MQTTLibrary {
    static let isReady = mosquitto_lib_init() == Int32(MOSQ_ERR_SUCCESS.rawValue)
}
