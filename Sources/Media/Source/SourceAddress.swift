import Dispatch
package import Domain
import Foundation
import Synchronization

/// Where a source lies, as opening it needs it.
package struct SourceAddress: Sendable {
    package let source: SourceURL
    /// As libavformat takes it, credentials and all: never for logs.
    let url: String
    /// For people: without user, password and query.
    package var redacted: String { source.redacted }

    /// Also takes plain paths.
    package init(_ text: String) throws(MediaError) {
        do throws(SourceURL.Mistake) {
            source = try SourceURL(
                text.contains("://") || text.hasPrefix("file:") ? text : "file:" + Self.absolute(text)
            )
        } catch {
            throw MediaError(error == .scheme ? .unsupported : .notAStream, "the address \(error.problem)")
        }
        url = source.scheme == .file ? "file:" + (source.path.removingPercentEncoding ?? source.path) : text
    }

    private static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }

    var isFile: Bool { source.scheme == .file }

    /// The RTP of RTSP carries presentation times alone; containers carry both.
    var hasDecodingTimes: Bool { source.scheme != .rtsp && source.scheme != .rtsps }

    /// Looks the host's name up on a thread of its own, because getaddrinfo can't be interrupted; waits until there is
    /// an answer, the deadline has passed or the source is cancelled. A lookup that is given up ends by itself.
    ///
    /// - Returns: addresses to hand to libavformat, in the order in which they should be tried. Where the server has to
    ///   be told its name (RTMP, HTTP, certificates) that is the address as it was: the second lookup that libavformat
    ///   makes then is bounded by `NameLookups.bound` alone.
    package func resolve(_ cancellation: Cancellation) throws(MediaError) -> [String] {
        let host = source.host
        guard !isFile, source.scheme != .udp, !Self.isNumeric(host) else { return [url] }
        let answer = ResolverAnswer()
        let thread = Thread { answer.set(Self.lookUp(host)) }
        thread.stackSize = 256 << 10
        thread.start()
        while !answer.wait(milliseconds: 20) {
            if cancellation.isCancelled { throw MediaError(.cancelled, "opening \(redacted) was cancelled") }
            if cancellation.isOverdue {
                throw MediaError(.timeout, "no answer to the look-up of host \(host) in time; check the name server")
            }
        }
        guard let numbers = answer.numbers, !numbers.isEmpty else {
            throw MediaError(.unknownHost, "host \(host) has no address; check its name and the name server")
        }
        guard source.scheme == .rtsp else { return [url] }
        return numbers.prefix(Self.triedNumbers).map { source.replacingHost(with: $0) }
    }

    /// A name with many numbers is a service's; more than these are not worth the time of one attempt.
    private static let triedNumbers = 3

    private static func isNumeric(_ host: String) -> Bool {
        var four = in_addr()
        var six = in6_addr()
        return inet_pton(AF_INET, host, &four) == 1 || inet_pton(AF_INET6, host, &six) == 1
    }

    /// The host's addresses as numbers; nil when it has none.
    private static func lookUp(_ host: String) -> [String]? {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &found) == 0 else { return nil }
        defer { if let found { freeaddrinfo(found) } }
        var numbers: [String] = []
        var next = found
        while let entry = next {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let code = getnameinfo(
                entry.pointee.ai_addr,
                entry.pointee.ai_addrlen,
                &text,
                socklen_t(text.count),
                nil,
                0,
                NI_NUMERICHOST
            )
            let number = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if code == 0, !numbers.contains(number) { numbers.append(number) }
            next = entry.pointee.ai_next
        }
        return numbers
    }
}

/// The answer of one lookup, shared by the thread that asks and the one that waits.
private final class ResolverAnswer: Sendable {
    private let result = Mutex<[String]?>(nil)
    private let done = DispatchSemaphore(value: 0)

    var numbers: [String]? { result.withLock { $0 } }

    func set(_ numbers: [String]?) {
        result.withLock { $0 = numbers }
        done.signal()
    }

    func wait(milliseconds: Int) -> Bool { done.wait(timeout: .now() + .milliseconds(milliseconds)) == .success }
}
