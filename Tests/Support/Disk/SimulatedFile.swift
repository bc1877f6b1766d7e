import Domain

/// One file of a simulated disk: what reads see, what is on the disk, and the changes in between.
final class SimulatedFile: Sendable {
    enum Change: Sendable {
        case write(offset: Int, bytes: [UInt8])
        case cut(to: Int)
    }

    struct Content: Sendable {
        /// What reading gives.
        var cached: [UInt8] = []
        /// What a power cut leaves for certain.
        var durable: [UInt8] = []
        /// Changes since the last sync, in order.
        var pending: [Change] = []
        /// Changes were dropped by a failed sync, and the file's own sync hasn't told so yet (errseq of Linux).
        var lostChanges = false
    }

    let path: String
    // Only changed under the disk's lock; the reference lives in its tables and in open files.
    nonisolated(unsafe) var content = Content()

    init(_ path: String) {
        self.path = path
    }

    func append(_ bytes: [UInt8]) {
        content.pending.append(.write(offset: content.cached.count, bytes: bytes))
        content.cached += bytes
    }

    func cut(to size: Int) {
        content.pending.append(.cut(to: size))
        content.cached = Self.resized(content.cached, size)
    }

    /// A sync that works: what is pending reaches the disk. What an earlier failed one dropped stays a hole.
    func settle() {
        for change in content.pending { Self.apply(change, to: &content.durable) }
        content.durable = Self.resized(content.durable, content.cached.count)
        content.pending = []
    }

    /// A sync that fails: the changes are gone, though they read back.
    func loseChanges() {
        guard !content.pending.isEmpty else { return }
        content.pending = []
        content.lostChanges = true
    }

    /// Power goes and comes back: some of what was pending has reached the disk, the last of it perhaps in part, and
    /// now and then not in its order.
    func cutPower(_ random: inout SeededRandom) {
        var left = content.durable
        let kept = Int.random(in: 0...content.pending.count, using: &random)
        for (index, change) in content.pending.prefix(kept).enumerated() {
            if case .write(let offset, let bytes) = change {
                // A page in the middle that wasn't written before those behind it.
                if Int.random(in: 0..<12, using: &random) == 0 { continue }
                let isLast = index == kept - 1
                let count = isLast ? Int.random(in: 0...bytes.count, using: &random) : bytes.count
                Self.apply(.write(offset: offset, bytes: Array(bytes.prefix(count))), to: &left)
            } else {
                Self.apply(change, to: &left)
            }
        }
        content = Content(cached: left, durable: left)
    }

    private static func apply(_ change: Change, to bytes: inout [UInt8]) {
        switch change {
        case .write(let offset, let written):
            if bytes.count < offset + written.count { bytes = resized(bytes, offset + written.count) }
            bytes.replaceSubrange(offset..<offset + written.count, with: written)
        case .cut(let size): bytes = resized(bytes, size)
        }
    }

    private static func resized(_ bytes: [UInt8], _ size: Int) -> [UInt8] {
        bytes.count >= size ? Array(bytes.prefix(size)) : bytes + [UInt8](repeating: 0, count: size - bytes.count)
    }
}
