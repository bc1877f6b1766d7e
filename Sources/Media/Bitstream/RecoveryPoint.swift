/// Finds the supplemental message with which H.264 marks a place where decoding may start without an IDR picture: open
/// groups of pictures and streams that refresh bit by bit have no other.
enum RecoveryPoint {
    /// Whether a NAL unit of type 6 holds a recovery point (ITU-T H.264 §7.3.2.3.1, payload type 6).
    static func isThere(_ nal: UnsafeBufferPointer<UInt8>) -> Bool {
        var at = 1
        // Bytes that prevent start codes can't stand in types and sizes below 255, only in what is skipped: there they make
        // the walk end early at worst.
        while at + 2 < nal.count {
            guard let type = number(nal, &at), let size = number(nal, &at), at + size <= nal.count else { return false }
            if type == 6 { return true }
            at += size
        }
        return false
    }

    /// A value whose every 255 says that more follows.
    private static func number(_ nal: UnsafeBufferPointer<UInt8>, _ at: inout Int) -> Int? {
        var value = 0
        while at < nal.count {
            let byte = Int(nal[at])
            at += 1
            value += byte
            if byte < 255 { return value }
        }
        return nil
    }
}
