package import Domain

/// One packet that analysis may get, with its times. Its bytes share storage with the packet that is recorded.
package struct KeptPacket: Sendable, Equatable {
    /// Presentation time on the run, in 1/90,000 s.
    package var mediaTicks: Int64
    package var at: WallTime
    package var isKey: Bool
    /// No other picture is decoded with its help.
    package var isDisposable: Bool
    /// The quantiser of its first slice (H.264: 0–51), where the stream tells.
    package var quantiser: Int?
    package var bytes: [UInt8]

    package init(
        mediaTicks: Int64,
        at: WallTime,
        isKey: Bool,
        isDisposable: Bool = false,
        quantiser: Int? = nil,
        bytes: [UInt8]
    ) {
        self.mediaTicks = mediaTicks
        self.at = at
        self.isKey = isKey
        self.isDisposable = isDisposable
        self.quantiser = quantiser
        self.bytes = bytes
    }
}
