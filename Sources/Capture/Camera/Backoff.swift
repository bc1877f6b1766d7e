import Domain

/// How long a source waits before its next attempt: doubling from one second to a minute, with jitter so that cameras
/// that fell together don't return together.
struct Backoff: Sendable {
    /// What an attempt or a connection ended with, as far as waiting depends on it.
    enum Failure: Sendable {
        case ordinary
        /// Tried slowly: cameras lock an account after a handful of wrong passwords.
        case unauthorised
    }

    /// A connection that lasted so long is forgotten as a failure.
    static let stableAfter = Duration.seconds(30)
    static let longest = Duration.seconds(60)
    static let longestUnauthorised = Duration.seconds(300)

    /// Files are there or not: the first retry is immediate, the longest wait short.
    private let isFile: Bool
    private var failures = 0

    init(isFile: Bool = false) {
        self.isFile = isFile
    }

    /// The wait after an attempt that failed or a connection that ended.
    ///
    /// - Parameters:
    ///   - connectedFor: how long packets had come; nil when the attempt failed.
    mutating func wait(
        after failure: Failure,
        connectedFor: Duration?,
        using random: inout some RandomNumberGenerator
    ) -> Duration {
        if let connectedFor, connectedFor >= Self.stableAfter { failures = 0 }
        let exponent = min(failures, 10)
        failures += 1
        let jitter = Double.random(in: 0.75...1.25, using: &random)
        if isFile {
            return exponent == 0 ? .zero : min(.seconds(10), .seconds(0.25 * Double(1 << exponent) * jitter))
        }
        switch failure {
        case .ordinary:
            return min(Self.longest, .seconds(Double(1 << exponent) * jitter))
        case .unauthorised:
            return min(Self.longestUnauthorised, .seconds(60 * Double(1 << min(exponent, 3)) * jitter))
        }
    }
}
