extension AnalysisSampler {
    /// Why packets are sent, the weakest first.
    package enum Cause: Int, Sendable, Hashable, CaseIterable, Comparable {
        /// To learn whether the packet sizes predict anything here.
        case audit
        /// Sizes predict too little here: the beginning of any group, as far as the budget reaches.
        case unpredicted
        /// Something was seen to move.
        case active
        /// The key frames are too far apart for the rules.
        case longGroup
        /// The packet sizes rose.
        case sizes
        /// Somebody looks at the camera.
        case viewer
        /// No cause: the key frame itself.
        case keyFrame

        package static func < (left: Cause, right: Cause) -> Bool { left.rawValue < right.rawValue }

        /// What must be left of the budget, in eighths.
        var reserve: Int64 {
            switch self {
            case .unpredicted: 2
            case .active: 6
            case .audit, .longGroup, .sizes, .viewer, .keyFrame: 0
            }
        }

        /// What comes out of no budget: audits, which are few and must not be starved by the very sizes that they judge,
        /// and long groups, without which nothing is seen in time.
        var isFree: Bool { self == .audit || self == .longGroup }

        /// As it is counted and shown.
        package var name: String {
            switch self {
            case .audit: "audit"
            case .unpredicted: "unpredicted"
            case .active: "active"
            case .longGroup: "longGroup"
            case .sizes: "sizes"
            case .viewer: "viewer"
            case .keyFrame: "keyFrame"
            }
        }
    }
}
