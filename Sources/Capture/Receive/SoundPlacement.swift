import Media

/// Where a track's sound lies on the clock of its pictures. Pure.
///
/// Both have clocks of their own. Sender reports tie them together (RFC 3550 §6.4.1); until then, and where reports make
/// no sense, what RTP-Info says of both beginnings (RFC 2326 §12.33), or else arrival.
struct SoundPlacement {
    /// A unit of either track. Timestamps in ticks of its own clock.
    struct Unit {
        var timestamp: Int64
        /// The camera's clock, in microseconds since 1970; nil where it doesn't tell.
        var wall: Int64?
        /// Monotonic, in nanoseconds.
        var arrivedAt: Int64
    }

    /// Further apart than this, in microseconds, the two tracks' reports don't belong together.
    private static let limit: Int64 = 2_000_000

    private let rate: Int64
    /// What is added to sound's time in 90 kHz ticks where there are no reports.
    private var offset: Int64?

    /// - Parameters:
    ///   - rate: ticks a second of the sound's clock.
    ///   - firsts: both beginnings as RTP-Info has them.
    init(rate: Int, firsts: (picture: UInt32, sound: UInt32)?) {
        self.rate = Int64(max(1, rate))
        offset = firsts.map { Int64($0.picture) - Self.scaled(Int64($0.sound), self.rate) }
    }

    /// The sound's time in the pictures' 90 kHz ticks; nil before the first picture.
    mutating func place(_ sound: Unit, picture: Unit?) -> Int64? {
        guard let picture else { return nil }
        let arrived = MediaTime.ticks(microseconds: (sound.arrivedAt - picture.arrivedAt) / 1000)
        let expected = picture.timestamp + arrived
        if let one = sound.wall, let other = picture.wall {
            let distance = one - other
            if (distance - (sound.arrivedAt - picture.arrivedAt) / 1000).magnitude < UInt64(Self.limit) {
                return picture.timestamp + MediaTime.ticks(microseconds: distance)
            }
        }
        let own = Self.scaled(sound.timestamp, rate)
        if let offset, (own + offset - expected).magnitude < UInt64(MediaTime.ticks(microseconds: Self.limit)) {
            return own + offset
        }
        offset = expected - own
        return expected
    }

    /// Ticks of `rate` in 90 kHz, without overflow for any timestamp that 32 bits unwrap to.
    private static func scaled(_ ticks: Int64, _ rate: Int64) -> Int64 {
        let (whole, rest) = ticks.quotientAndRemainder(dividingBy: rate)
        return whole &* MediaTime.ticksPerSecond &+ rest * MediaTime.ticksPerSecond / rate
    }
}
