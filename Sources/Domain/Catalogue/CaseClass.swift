/// An entry of the catalogue of parts (部件) and matters (事件).
package struct CaseClass: Sendable, Hashable, Codable {
    package enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        case event, part
    }

    /// A condition of the class with the limits of its own.
    package struct Level: Sendable, Hashable, Codable {
        /// Where a limit comes from.
        package enum Basis: String, Sendable, Hashable, Codable, CaseIterable {
            /// Decided by the city, or published by one.
            case published
            /// Taken over from the class of another system that means the same.
            case mapped
            /// Nobody has decided: the general limit of four work hours.
            case general
            /// Set by analogy.
            case assumed
        }

        /// 1 is the one that counts while nobody has said which.
        package var level: Int
        /// The condition in words.
        package var name: String
        /// Until the matter is dealt with: the limit of the phase `finish`.
        package var limit: TimeLimit
        /// What `limit` begins with.
        package var start: TimedPhase.Start
        package var basis: Basis
        /// The limits of the phases before: to arrive, to make safe.
        package var earlier: [TimedPhase]

        package init(
            level: Int,
            name: String,
            limit: TimeLimit,
            start: TimedPhase.Start = .filed,
            basis: Basis = .published,
            earlier: [TimedPhase] = []
        ) {
            self.level = level
            self.name = name
            self.limit = limit
            self.start = start
            self.basis = basis
            self.earlier = earlier
        }

        /// All timed phases, in the order in which they are passed.
        package var phases: [TimedPhase] {
            (earlier + [TimedPhase(phase: .finish, limit: limit, start: start)]).sorted { $0.phase < $1.phase }
        }
    }

    /// `09009`, `E-05-06`, `P-01-01`: always text, and of one class only in all systems together.
    package var code: String
    package var kind: Kind
    package var name: String
    package var nameEn: String
    /// The code system it belongs to, by its id.
    package var system: String
    /// The major class (大类).
    package var major: String
    package var majorEn: String
    /// In order of `level`, never empty.
    package var levels: [Level]
    /// The unit responsible where no rule says otherwise.
    package var unit: String?
    /// What finds it: `video`, `sensor`, `people`, `health`.
    package var detection: [String]
    /// Management points (管理要点) that a check goes through.
    package var checkList: [String]
    /// Whether only a professional can judge it.
    package var isProfessional: Bool
    /// The template of its flow; nil for the usual one.
    package var flow: String?
    /// Metres within which a second alarm of the class belongs to the same case.
    package var duplicateRadius: Double
    /// Seconds since a case's last alarm within which a second one belongs to it.
    package var duplicateSeconds: Double
    /// What its alarms lead to; nil for the default.
    package var policy: AlarmPolicy?

    package static let defaultDuplicateRadius = 20.0
    package static let defaultDuplicateSeconds = 1800.0

    package init(
        code: String,
        kind: Kind,
        name: String,
        nameEn: String,
        system: String = "",
        major: String = "",
        majorEn: String = "",
        levels: [Level],
        unit: String? = nil,
        detection: [String] = [],
        checkList: [String] = [],
        isProfessional: Bool = false,
        flow: String? = nil,
        duplicateRadius: Double = CaseClass.defaultDuplicateRadius,
        duplicateSeconds: Double = CaseClass.defaultDuplicateSeconds,
        policy: AlarmPolicy? = nil
    ) {
        self.code = code
        self.kind = kind
        self.name = name
        self.nameEn = nameEn
        self.system = system
        self.major = major
        self.majorEn = majorEn
        self.levels = levels
        self.unit = unit
        self.detection = detection
        self.checkList = checkList
        self.isProfessional = isProfessional
        self.flow = flow
        self.duplicateRadius = duplicateRadius
        self.duplicateSeconds = duplicateSeconds
        self.policy = policy
    }
}
