import CMosquitto
package import Domain
import Glibc

/// Why a broker can't be talked to.
package struct MQTTError: Error, Sendable, Equatable, CustomStringConvertible {
    package var reason: StateReason
    /// Which broker, what happened, what to do; no credentials.
    package var message: String
    /// libmosquitto's `MOSQ_ERR_…`, or the broker's reason code.
    package var code: Int32?

    package init(reason: StateReason, message: String, code: Int32? = nil) {
        self.reason = reason
        self.message = message
        self.code = code
    }

    package var description: String { message }

    /// A result of a libmosquitto call.
    ///
    /// - Parameters:
    ///   - systemError: `errno` right after the call, for `MOSQ_ERR_ERRNO`.
    ///   - logged: what libmosquitto had logged before, which names the TLS error.
    static func library(_ code: Int32, _ broker: String, systemError: Int32, logged: String?) -> MQTTError {
        if code == Int32(MOSQ_ERR_ERRNO.rawValue) {
            return MQTTError(
                reason: systemError == ECONNREFUSED ? .refused : systemError == ETIMEDOUT ? .timeout : .closed,
                message: "\(broker): \(String(cString: strerror(systemError)))",
                code: code
            )
        }
        let (reason, remedy): (StateReason, String?) =
            switch code {
            case Int32(MOSQ_ERR_EAI.rawValue): (.unknownHost, "check the host's name")
            case Int32(MOSQ_ERR_CONN_LOST.rawValue), Int32(MOSQ_ERR_NO_CONN.rawValue): (.closed, nil)
            case Int32(MOSQ_ERR_CONN_REFUSED.rawValue): (.refused, nil)
            case Int32(MOSQ_ERR_KEEPALIVE.rawValue): (.timeout, nil)
            case Int32(MOSQ_ERR_AUTH.rawValue), Int32(MOSQ_ERR_ACL_DENIED.rawValue): (.unauthorised, nil)
            case Int32(MOSQ_ERR_TLS.rawValue): (.sourceError, "check caFile, the certificate's names and its dates")
            case Int32(MOSQ_ERR_PROTOCOL.rawValue): (.notAStream, "is this an MQTT broker, with TLS as configured?")
            default: (.sourceError, nil)
            }
        let text =
            logged.map { "\(String(cString: mosquitto_strerror(code))) (\($0))" }
            ?? String(cString: mosquitto_strerror(code))
        return MQTTError(
            reason: reason,
            message: "\(broker): \(text)\(remedy.map { "; \($0)" } ?? "")",
            code: code
        )
    }

    /// The broker's answer to CONNECT: a return code of 3.1.1 (1…5) or a reason code of 5 (128…).
    static func refused(_ code: Int32, _ broker: String, version: Int) -> MQTTError {
        let text = String(cString: version == 5 ? mosquitto_reason_string(code) : mosquitto_connack_string(code))
        let unauthorised: Set<Int32> = version == 5 ? [134, 135, 138, 140] : [4, 5]
        guard unauthorised.contains(code) else {
            return MQTTError(reason: .refused, message: "\(broker) refuses the connection: \(text)", code: code)
        }
        return MQTTError(
            reason: .unauthorised,
            message: "\(broker) refuses us: \(text); check user and password",
            code: code
        )
    }
}
