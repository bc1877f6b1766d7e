/// The packets of a camera's present group of pictures that analysis has not got yet, from its key frame on.
///
/// Bounded to `limitBytes` and `limitPackets`. Policy: a group that grows beyond them is given up, because without its
/// beginning nothing of it can be decoded; only its key frame stays, and the next group is kept again. What was handed
/// over is not kept. Pure.
struct GroupBuffer: Sendable {
    /// 4 MiB: eight seconds of 4 Mbit/s. A recorded packet's bytes are shared, not copied.
    static let limitBytes = 4 << 20
    /// 40 s at 25 frames a second.
    static let limitPackets = 1024

    private(set) var packets: [KeptPacket] = []
    private(set) var bytes = 0
    /// Whether everything from the key frame on is kept or was handed over: only then it can be decoded.
    private(set) var isWhole = false

    init() {}

    /// A new group begins.
    mutating func begin(_ key: KeptPacket) {
        packets.removeAll(keepingCapacity: true)
        packets.append(key)
        bytes = key.bytes.count
        isWhole = true
    }

    /// Keeps the next packet of the group; of a group that was given up, none.
    mutating func append(_ packet: KeptPacket) {
        guard isWhole else { return }
        guard bytes + packet.bytes.count <= Self.limitBytes, packets.count < Self.limitPackets else {
            giveUp()
            return
        }
        packets.append(packet)
        bytes += packet.bytes.count
    }

    /// Hands over what is kept, in decoding order; the group goes on behind it.
    mutating func take() -> [KeptPacket] {
        defer {
            packets.removeAll(keepingCapacity: true)
            bytes = 0
        }
        return packets
    }

    /// The rest of the group is not wanted, or can't be had.
    mutating func giveUp() {
        packets.removeAll(keepingCapacity: true)
        bytes = 0
        isWhole = false
    }
}
