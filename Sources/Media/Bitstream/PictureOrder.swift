/// Gives pictures of a container without presentation times (AVI) the ones that their order counts imply: the n-th
/// picture to be shown takes the n-th place of the container's time line. H.264 with order counts of type 0; others are
/// left as they are (type 2 says that nothing is reordered).
struct PictureOrder {
    struct Timed {
        var packet: Packet
        /// The container's time.
        var slot: Int64
        /// Order of showing, growing over the whole stream.
        var order: Int64
        var shown: Int64?
    }

    /// Pictures that wait, in decoding order: at most `depth + 1` whose place isn't known.
    private var waiting: [Timed] = []
    /// Places that no picture has been given, in order.
    private var slots: [Int64] = []
    private var previousMost: Int64 = 0
    private var previousLeast: Int64 = 0
    private var epoch: Int64 = 0

    /// The order count of an access unit's first picture (ITU-T H.264 §7.3.3, §8.2.1); nil where it can't be read.
    ///
    /// - Parameter unit: NAL units behind 4-byte lengths.
    mutating func order(of unit: [UInt8], sequence: SequenceParameters) -> Int64? {
        guard let numbers = sequence.order else { return nil }
        var at = 0
        while at + 5 < unit.count {
            let size = unit[at..<at + 4].reduce(0) { $0 << 8 | Int($1) }
            let header = unit[at + 4]
            let end = min(unit.count, at + 4 + size)
            if header & 31 == 1 || header & 31 == 5 {
                var reader = BitReader(payload: unit[min(at + 5, end)..<min(end, at + 37)])
                _ = reader.unsigned()
                _ = reader.unsigned()
                _ = reader.unsigned()
                if numbers.hasPlanes { reader.skip(2) }
                reader.skip(numbers.frameNumberBits)
                if !numbers.isFramesOnly, reader.flag() { _ = reader.flag() }
                let isFresh = header & 31 == 5
                if isFresh { _ = reader.unsigned() }
                let least = Int64(reader.bits(numbers.orderBits))
                guard !reader.overrun else { return nil }
                return count(least, range: 1 << numbers.orderBits, isFresh: isFresh, isReference: header & 0x60 != 0)
            }
            at = end
        }
        return nil
    }

    private mutating func count(_ least: Int64, range: Int64, isFresh: Bool, isReference: Bool) -> Int64 {
        if isFresh {
            epoch += 1 << 32
            (previousMost, previousLeast) = (0, 0)
        }
        var most = previousMost
        if least < previousLeast, previousLeast - least >= range / 2 {
            most += range
        } else if least > previousLeast, least - previousLeast > range / 2 {
            most -= range
        }
        if isReference { (previousMost, previousLeast) = (most, least) }
        return epoch + most + least
    }

    /// Takes the next picture in decoding order.
    ///
    /// - Parameter depth: how many pictures may precede it in decoding and follow it when shown.
    mutating func append(_ packet: Packet, slot: Int64, order: Int64, depth: Int) {
        waiting.append(Timed(packet: packet, slot: slot, order: order))
        slots.append(slot)
        while waiting.count(where: { $0.shown == nil }) > depth { show() }
    }

    private mutating func show() {
        let first = waiting.indices.filter { waiting[$0].shown == nil }.min { waiting[$0].order < waiting[$1].order }
        guard let first, !slots.isEmpty else { return }
        waiting[first].shown = slots.removeFirst()
    }

    /// The next picture in decoding order whose time is known; the rest is shown when the stream ends.
    mutating func next(atEnd: Bool) -> Timed? {
        if atEnd, waiting.first?.shown == nil {
            while waiting.contains(where: { $0.shown == nil }) { show() }
        }
        guard waiting.first?.shown != nil else { return nil }
        return waiting.removeFirst()
    }
}
