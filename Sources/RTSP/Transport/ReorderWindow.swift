/// Packets that came before one that is still missing. Their memory is used again and again.
struct ReorderWindow: Sendable {
    private struct Slot: Sendable {
        var bytes: [UInt8] = []
        var arrivedAt: Int64 = 0
        var isUsed = false
    }

    private var slots: [Slot]
    private let mask: Int
    private(set) var count = 0

    /// - Parameter packets: how far ahead of the missing one they may be; rounded up to a power of two.
    init(packets: Int) {
        var size = 1
        while size < min(max(packets, 1), 16_384) { size *= 2 }
        slots = Array(repeating: Slot(), count: size)
        mask = size - 1
    }

    var size: Int { slots.count }

    func holds(_ sequence: UInt16) -> Bool { slots[Int(sequence) & mask].isUsed }

    /// Copies a packet. The caller has made sure that it is less than `size` ahead, and not held already.
    mutating func insert(_ bytes: Span<UInt8>, _ sequence: UInt16, at now: Int64) {
        let index = Int(sequence) & mask
        slots[index].bytes.removeAll(keepingCapacity: true)
        slots[index].bytes.append(bytes)
        slots[index].arrivedAt = now
        slots[index].isUsed = true
        count += 1
    }

    /// The bytes are lent: give them back to be used again.
    mutating func take(_ sequence: UInt16) -> (bytes: [UInt8], arrivedAt: Int64)? {
        let index = Int(sequence) & mask
        guard slots[index].isUsed else { return nil }
        slots[index].isUsed = false
        count -= 1
        var bytes: [UInt8] = []
        swap(&bytes, &slots[index].bytes)
        return (bytes, slots[index].arrivedAt)
    }

    mutating func giveBack(_ bytes: consuming [UInt8], _ sequence: UInt16) {
        slots[Int(sequence) & mask].bytes = bytes
    }

    /// How far behind `next` the first held packet is, and when it came; nil where none is held.
    func first(from next: UInt16) -> (distance: Int, arrivedAt: Int64)? {
        guard count > 0 else { return nil }
        for distance in 0..<slots.count {
            let slot = Int(next &+ UInt16(truncatingIfNeeded: distance)) & mask
            if slots[slot].isUsed { return (distance, slots[slot].arrivedAt) }
        }
        return nil
    }
}
