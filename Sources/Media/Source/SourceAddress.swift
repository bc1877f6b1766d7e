import Foundation
import Synchronization

/// Where a source lies, taken apart as far as opening it needs.
struct SourceAddress: Sendable {
    enum Kind: Sendable, Equatable {
        case rtsp(host: String)
        case file(path: String)
    }

    let kind: Kind
    /// As libavformat takes it, credentials and all: never for logs.
    let url: String
    /// For people: without user, password and query.
    let redacted: String

    init(_ text: String) throws(MediaError) {
        let lower = text.lowercased()
        if lower.hasPrefix("rtsp://") || lower.hasPrefix("rtsps://") {
            let rest = text[text.index(text.startIndex, offsetBy: lower.hasPrefix("rtsps") ? 8 : 7)...]
            let authorityEnd = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
            var authority = rest[..<authorityEnd]
            if let at = authority.lastIndex(of: "@") { authority = authority[authority.index(after: at)...] }
            let host: Substring
            if authority.hasPrefix("[") {
                host = authority.dropFirst().prefix { $0 != "]" }
            } else {
                host = authority.prefix { $0 != ":" }
            }
            guard !host.isEmpty else { throw MediaError(.notAStream, "the address has no host name") }
            kind = .rtsp(host: String(host))
            url = text
            let path = rest[authorityEnd...].prefix { $0 != "?" && $0 != "#" }
            redacted = (lower.hasPrefix("rtsps") ? "rtsps://" : "rtsp://") + authority + path
        } else if lower.hasPrefix("file:") {
            var path = String(text.dropFirst(5))
            if path.hasPrefix("//") { path = String(path.dropFirst(2)) }
            path = path.removingPercentEncoding ?? path
            kind = .file(path: path)
            url = "file:" + path
            redacted = path
        } else if !text.contains("://") {
            kind = .file(path: text)
            url = "file:" + text
            redacted = text
        } else {
            throw MediaError(.unsupported, "only rtsp:// and file: sources can be read")
        }
    }

    /// Looks the host's name up on a thread of its own, because getaddrinfo can't be interrupted; waits until there is
    /// an answer, the deadline has passed or the source is cancelled. A lookup that is given up ends by itself.
    func resolve(_ cancellation: Cancellation) throws(MediaError) {
        guard case .rtsp(let host) = kind, !Self.isNumeric(host) else { return }
        let answer = ResolverAnswer()
        let thread = Thread {
            answer.set(Self.lookUp(host))
        }
        thread.stackSize = 256 << 10
        thread.start()
        while !answer.wait(milliseconds: 20) {
            if cancellation.isCancelled { throw MediaError(.cancelled, "opening \(redacted) was cancelled") }
            if cancellation.isOverdue {
                throw MediaError(.timeout, "no answer to the look-up of host \(host) in time; check the name server")
            }
        }
        if let code = answer.code, code != 0 {
            throw MediaError(.unknownHost, "host \(host) has no address; check its name and the name server")
        }
    }

    private static func isNumeric(_ host: String) -> Bool {
        var four = in_addr()
        var six = in6_addr()
        return inet_pton(AF_INET, host, &four) == 1 || inet_pton(AF_INET6, host, &six) == 1
    }

    private static func lookUp(_ host: String) -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &found)
        if let found { freeaddrinfo(found) }
        return code
    }
}

/// The answer of one lookup, shared by the thread that asks and the one that waits.
private final class ResolverAnswer: Sendable {
    private let result = Mutex<Int32?>(nil)
    private let done = DispatchSemaphore(value: 0)

    var code: Int32? { result.withLock { $0 } }

    func set(_ code: Int32) {
        result.withLock { $0 = code }
        done.signal()
    }

    func wait(milliseconds: Int) -> Bool { done.wait(timeout: .now() + .milliseconds(milliseconds)) == .success }
}
