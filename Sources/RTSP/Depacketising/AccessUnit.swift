/// One picture, or one frame of sound, as it was put together from packets.
package struct AccessUnit: Sendable, Hashable {
    /// Video: NAL units, each behind its length as 4 bytes in network order, parameter sets included. Sound: one frame's
    /// raw bytes (AAC without ADTS; G.711 samples).
    package var bytes: [UInt8]
    /// In ticks of the track's clock, unwrapped: it goes on where 32 bits end. Counts from the first packet's value.
    package var timestamp: Int64
    /// Sound: its duration in ticks. Video: 0.
    package var durationTicks: Int
    /// Video: it holds an IDR or IRAP picture. Sound: true.
    package var isKey: Bool
    /// Some of it is missing, or may be: an undamaged unit is, byte for byte, what was sent.
    package var isDamaged: Bool
    /// Packets lost since the unit before, among them those missing in this one. Where the unit is a key frame and
    /// not damaged, the damage has ended with it.
    package var packetsLost: Int
    /// Monotonic, in nanoseconds: when its last packet came.
    package var arrivedAt: Int64
    /// The sender has started over before it: its timestamps do not follow from those before.
    package var isRestart: Bool
}
