/// How long to wait before the next attempt: doubles from 0.5 s to 30 s, each time with ± 50 % of chance in it, so that
/// clients that lost the same broker don't come back in step.
struct Backoff {
    static let first = Duration.milliseconds(500)
    static let longest = Duration.seconds(30)

    private var next = first

    mutating func delay(using random: inout some RandomNumberGenerator) -> Duration {
        let delay = next * Double.random(in: 0.5...1.5, using: &random)
        next = min(next * 2, Self.longest)
        return delay
    }

    mutating func reset() {
        next = Self.first
    }
}
