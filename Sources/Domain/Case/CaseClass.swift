/// How long something may take. Whole numbers of one unit.
package struct TimeLimit: Sendable, Hashable, Codable {
    package enum Unit: String, Sendable, Hashable, Codable, CaseIterable {
        /// 紧急工作时: hours of the clock; nights, weekends and holidays count.
        case urgentHour
        /// 工作时: hours within the working hours of work days.
        case workHour
        /// 工作日: as many working hours as one work day has.
        case workDay
        /// 自然日, 紧急工作日: the same time of day so many days later.
        case calendarDay
    }

    /// 1 or more.
    package var value: Int
    package var unit: Unit

    package init(value: Int, unit: Unit) {
        self.value = value
        self.unit = unit
    }
}

/// An entry of the catalogue of parts (部件) and matters (事件).
package struct CaseClass: Sendable, Hashable, Codable {
    package enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        case event, part
    }

    /// A condition of the class with the limit of its own.
    package struct Level: Sendable, Hashable, Codable {
        /// 1 is the one that counts while nobody has said which.
        package var level: Int
        /// The condition in words.
        package var name: String
        package var limit: TimeLimit

        package init(level: Int, name: String, limit: TimeLimit) {
            self.level = level
            self.name = name
            self.limit = limit
        }
    }

    /// `09009`, `E-05-06`, `P-01-01`: always text.
    package var code: String
    package var kind: Kind
    package var name: String
    package var nameEn: String
    /// In order of `level`, never empty.
    package var levels: [Level]
    /// The unit responsible where no rule of a unit says otherwise.
    package var unit: String?
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
        levels: [Level],
        unit: String? = nil,
        duplicateRadius: Double = CaseClass.defaultDuplicateRadius,
        duplicateSeconds: Double = CaseClass.defaultDuplicateSeconds,
        policy: AlarmPolicy? = nil
    ) {
        self.code = code
        self.kind = kind
        self.name = name
        self.nameEn = nameEn
        self.levels = levels
        self.unit = unit
        self.duplicateRadius = duplicateRadius
        self.duplicateSeconds = duplicateSeconds
        self.policy = policy
    }
}

/// A unit that handles cases (处置单位).
package struct CaseUnit: Sendable, Hashable, Codable {
    /// A slug.
    package var id: String
    package var name: String
    package var nameEn: String

    package init(id: String, name: String, nameEn: String) {
        self.id = id
        self.name = name
        self.nameEn = nameEn
    }
}
