/// What was found in a group that was decoded whole to see what is missed otherwise.
///
/// The worker's verdicts come later than the packets; the group before is settled when the one behind it ends. Bounded
/// to `capacity` pictures. Pure.
struct GroupAudit: Sendable {
    struct Result: Sendable, Equatable {
        /// Scores of the pictures between the key frames, and whether something moved in them.
        var pictures: [(score: Double, isMoving: Bool)] = []
        var hasMoved = false
        /// Something moved, and neither a key frame nor the sizes would have told.
        var isMissed = false

        static func == (left: Result, right: Result) -> Bool {
            left.hasMoved == right.hasMoved && left.isMissed == right.isMissed
                && left.pictures.elementsEqual(right.pictures) { $0 == $1 }
        }
    }

    static let capacity = 64

    private struct Picture: Sendable {
        var ticks: Int64
        var score: Double
        var isMoving: Bool?
    }

    private struct Group: Sendable {
        var key: Int64
        /// The key frame would have been decoded without the audit.
        var isKeyTold: Bool
        var nextKey: Int64?
        var pictures: [Picture] = []
        /// Something moved in a key frame, and in one that would have been decoded.
        var hasKeyMoved = false
        var isKeyMoving = false
    }

    private var present: Group?
    private var settling: Group?

    init() {}

    /// - Parameter isKeyTold: the key frame would have been decoded without the audit.
    mutating func begin(key: Int64, isKeyTold: Bool = true) { present = Group(key: key, isKeyTold: isKeyTold) }

    /// The group is not decoded to its end: nothing can be learned from it.
    mutating func abandon() { present = nil }

    mutating func scored(ticks: Int64, score: Double) {
        guard let count = present?.pictures.count, count < Self.capacity else { return }
        present?.pictures.append(Picture(ticks: ticks, score: score))
    }

    mutating func looked(ticks: Int64, isMoving: Bool) {
        Self.note(ticks, isMoving, in: &present)
        Self.note(ticks, isMoving, in: &settling)
    }

    private static func note(_ ticks: Int64, _ isMoving: Bool, in group: inout Group?) {
        guard let known = group else { return }
        if ticks == known.key || ticks == known.nextKey {
            if isMoving { group?.hasKeyMoved = true }
            if isMoving, ticks != known.key || known.isKeyTold { group?.isKeyMoving = true }
        } else if let index = known.pictures.lastIndex(where: { $0.ticks == ticks }) {
            group?.pictures[index].isMoving = isMoving
        }
    }

    /// The group has ended with the next key frame.
    ///
    /// - Parameter threshold: from which score on the sizes would have told; nil where they are not used.
    /// - Returns: what the audited group before this one has shown, if there was one.
    mutating func end(nextKey: Int64, threshold: Double?) -> Result? {
        defer {
            settling = present
            settling?.nextKey = nextKey
            present = nil
        }
        guard let group = settling else { return nil }
        var result = Result()
        var isTold = group.isKeyMoving
        result.hasMoved = group.hasKeyMoved && !group.isKeyTold
        for picture in group.pictures {
            guard let isMoving = picture.isMoving else { continue }
            result.pictures.append((picture.score, isMoving))
            if isMoving { result.hasMoved = true }
            if let threshold, picture.score >= threshold { isTold = true }
        }
        guard !result.pictures.isEmpty else { return nil }
        result.isMissed = result.hasMoved && !isTold
        return result
    }
}
