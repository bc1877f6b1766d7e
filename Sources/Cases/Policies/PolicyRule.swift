package import Domain

/// One line of the alarm policies (报警处置策略): what alarms of some classes lead to, from some sources, in some hours.
package struct PolicyRule: Sendable, Hashable {
    /// Days as the site's calendar has them, holidays and shifted work days (调休) included.
    package enum Days: String, Sendable, Hashable, CaseIterable {
        case workDay, dayOff
    }

    /// Minutes since local midnight; where the end is not after the start it lies on the next day.
    package struct Hours: Sendable, Hashable {
        /// 0...1439.
        package var from: Int
        /// 0...1440; not included.
        package var to: Int

        package init(from: Int, to: Int) {
            self.from = from
            self.to = to
        }
    }

    package var classes: CodePattern
    package var sourceKind: AlarmSignal.SourceKind?
    /// An id or the beginning of ids; nil: every source.
    package var source: CodePattern?
    /// The days on which the hours begin; nil: every day.
    package var days: Days?
    /// Nil: the whole day.
    package var hours: Hours?
    package var policy: AlarmPolicy
    package var note: String?

    package init(
        classes: CodePattern,
        sourceKind: AlarmSignal.SourceKind? = nil,
        source: CodePattern? = nil,
        days: Days? = nil,
        hours: Hours? = nil,
        policy: AlarmPolicy,
        note: String? = nil
    ) {
        self.classes = classes
        self.sourceKind = sourceKind
        self.source = source
        self.days = days
        self.hours = hours
        self.policy = policy
        self.note = note
    }

    /// Whether it speaks of these sources and these classes, at whatever time.
    func concerns(_ origin: AlarmOrigin, classCode: String) -> Bool {
        classes.matches(classCode) && (sourceKind.map { $0 == origin.sourceKind } ?? true)
            && (source.map { $0.matches(origin.source) } ?? true)
    }

    /// Whether it holds in a minute (0...1439) of a local day, counted since 1970-01-01.
    func holds(day: Int64, minute: Int, calendar: WorkCalendar) -> Bool {
        guard let hours else { return isOn(day, calendar) }
        if hours.from < hours.to {
            return (hours.from..<hours.to).contains(minute) && isOn(day, calendar)
        }
        return (minute >= hours.from && isOn(day, calendar)) || (minute < hours.to && isOn(day - 1, calendar))
    }

    private func isOn(_ day: Int64, _ calendar: WorkCalendar) -> Bool {
        switch days {
        case nil: true
        case .workDay: calendar.isWorkDay(day)
        case .dayOff: !calendar.isWorkDay(day)
        }
    }

    /// More particular is larger: first by the source, then by its kind, then by the class, then by the hours.
    var rank: (Int, Int, Int, Int) {
        (
            source.map { $0.rank + 1 } ?? 0, sourceKind == nil ? 0 : 1, classes.rank,
            (days == nil ? 0 : 1) + (hours == nil ? 0 : 2)
        )
    }
}
