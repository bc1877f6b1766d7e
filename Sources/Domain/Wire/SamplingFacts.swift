/// What was chosen of one camera's stream for analysis, counted since its capture began.
package struct SamplingFacts: Sendable, Equatable, Codable {
    /// Groups of pictures received.
    package var groups: Int
    /// Key frames of a still camera that were not decoded; nil from a capture that decodes all.
    package var skippedKeys: Int?
    /// Packets handed to analysis.
    package var sent: Int
    /// Groups of which more than the key frame was decoded, by cause: `audit`, `unpredicted`, `active`, `longGroup`,
    /// `sizes`, `viewer`.
    package var whole: [String: Int]
    /// Groups that would have been decoded whole, but the worker was behind.
    package var refused: Int
    /// Packets dropped from the worker's queue because it was full.
    package var shed: Int
    /// Groups decoded whole to see what is missed otherwise; those in which something moved between the key frames; and
    /// those of them of which neither a key frame nor the packet sizes would have told.
    package var audits: Int
    package var movingAudits: Int
    package var missedAudits: Int
    /// How well packet sizes tell movement here: the share of pairs of a moving and a still picture in which the moving
    /// one scored higher; nil while too little is known.
    package var ranking: Double?

    package init(
        groups: Int = 0,
        sent: Int = 0,
        whole: [String: Int] = [:],
        refused: Int = 0,
        shed: Int = 0,
        audits: Int = 0,
        movingAudits: Int = 0,
        missedAudits: Int = 0,
        ranking: Double? = nil,
        skippedKeys: Int? = nil
    ) {
        self.skippedKeys = skippedKeys
        self.groups = groups
        self.sent = sent
        self.whole = whole
        self.refused = refused
        self.shed = shed
        self.audits = audits
        self.movingAudits = movingAudits
        self.missedAudits = missedAudits
        self.ranking = ranking
    }
}
