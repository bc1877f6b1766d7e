/// Whether a camera's packet sizes predict what moves in its pictures: learned from groups that were decoded whole
/// without a cause (audits), and never from those that the sizes themselves chose. Pure.
///
/// Kept are the scores of the latest `capacity` pictures in which something moved, and of as many still ones.
struct WitnessTrust: Sendable {
    static let capacity = 48
    /// Without so many of each kind nothing is known; until then sizes count by `unlearnedThreshold`.
    static let fewest = 6
    /// A score that a still picture rarely reaches.
    static let unlearnedThreshold = 2.5
    /// The share of pairs (moving, still) in which the moving picture must have the larger score.
    static let trustworthy = 0.75
    /// So large a share of the moving pictures must reach the threshold, which a fiftieth of the still ones reaches.
    static let useful = 0.1

    private struct Scores: Sendable {
        var values: [Double] = []
        var next = 0

        mutating func add(_ value: Double) {
            if values.count < WitnessTrust.capacity {
                values.append(value)
            } else {
                values[next] = value
                next = (next + 1) % WitnessTrust.capacity
            }
        }
    }

    private var moving = Scores()
    private var still = Scores()
    /// How often a moving picture had a larger score than a still one, 0…1; nil while too little is known.
    private(set) var ranking: Double?
    /// From this score on something is taken to move.
    private(set) var threshold = WitnessTrust.unlearnedThreshold

    init() {}

    /// Sizes are relied on as long as nothing speaks against them.
    var isTrusted: Bool { ranking.map { $0 >= Self.trustworthy } ?? true }
    /// Whether a score at the threshold speaks for movement: also where many movements leave no trace in the sizes.
    private(set) var isUseful = true

    mutating func learn(score: Double, isMoving: Bool) {
        guard score.isFinite else { return }
        if isMoving { moving.add(score) } else { still.add(score) }
        guard moving.values.count >= Self.fewest, still.values.count >= Self.fewest else { return }
        var larger = 0.0
        for one in moving.values {
            for other in still.values { larger += one > other ? 1 : one == other ? 0.5 : 0 }
        }
        ranking = larger / Double(moving.values.count * still.values.count)
        // Above what still pictures reach, because whole groups for nothing are what an idle camera must not cost; where
        // movements stand clear of that, halfway to them.
        let usual = Self.quantile(still.values, 0.98)
        let movement = Self.quantile(moving.values, 0.1)
        threshold = movement > usual ? (usual + movement) / 2 : usual
        let reaching = moving.values.count { $0 >= threshold }
        isUseful = Double(reaching) >= Self.useful * Double(moving.values.count)
    }

    private static func quantile(_ values: [Double], _ share: Double) -> Double {
        let sorted = values.sorted()
        return sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))]
    }
}
