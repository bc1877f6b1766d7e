package import Domain

/// Which of a source's streams a packet belongs to.
package enum PacketTrack: Sendable, Hashable {
    case video
    case audio
}

/// One access unit of a video stream, or one frame of sound. All times are in 90 kHz ticks.
package struct Packet: Sendable, Equatable {
    package var track: PacketTrack
    /// H.264 and H.265: NAL units, each behind its length in 4 bytes (big endian). Other codecs and
    /// sound: as demuxed (AAC without ADTS headers).
    package var bytes: [UInt8]
    package var ptsTicks: Int64
    /// Strictly grows from packet to packet of one track; for sound the same as `ptsTicks`.
    package var dtsTicks: Int64
    /// Time to the next packet as far as it is known beforehand; at least 1.
    package var durationTicks: Int64
    /// Decoding can start here; true for sound.
    package var isKey: Bool
    /// What the camera's own clock showed when the picture was taken, where the camera tells (RTCP sender reports).
    package var cameraTime: WallTime?
    /// A part of it, or of a picture that it needs, was lost on its way: it can't be decoded without error.
    package var isDamaged: Bool

    package init(
        track: PacketTrack = .video,
        bytes: [UInt8],
        ptsTicks: Int64,
        dtsTicks: Int64,
        durationTicks: Int64,
        isKey: Bool,
        cameraTime: WallTime? = nil,
        isDamaged: Bool = false
    ) {
        self.cameraTime = cameraTime
        self.isDamaged = isDamaged
        self.track = track
        self.bytes = bytes
        self.ptsTicks = ptsTicks
        self.dtsTicks = dtsTicks
        self.durationTicks = durationTicks
        self.isKey = isKey
    }
}

/// The unit of media time.
package enum MediaTime {
    /// Ticks per second.
    package static let ticksPerSecond: Int64 = 90_000

    /// `ticks` in microseconds, rounded down.
    package static func microseconds(_ ticks: Int64) -> Int64 {
        let (whole, rest) = (ticks / ticksPerSecond, ticks % ticksPerSecond)
        return whole &* 1_000_000 &+ rest * 100 / 9
    }

    /// `ticks` in units of which there are `rate` a second, rounded to the nearest.
    static func rescaled(_ ticks: Int64, to rate: Int) -> Int64 {
        let (whole, rest) = (ticks / ticksPerSecond, ticks % ticksPerSecond)
        return whole &* Int64(rate) &+ (rest * Int64(rate) + (ticks < 0 ? -45_000 : 45_000)) / ticksPerSecond
    }

    /// `microseconds` in ticks, rounded towards zero.
    package static func ticks(microseconds: Int64) -> Int64 {
        let (whole, rest) = (microseconds / 1_000_000, microseconds % 1_000_000)
        return whole &* ticksPerSecond &+ rest * 9 / 100
    }
}

/// What one call of `PacketSource.next()` brought.
package enum ReadResult: Sendable, Equatable {
    case packet(Packet)
    /// From the next packet on the stream has other parameters or other sound, or its clock jumped.
    case parametersChanged(StreamInfo)
    /// The source ended; a looped file never does.
    case end
}
