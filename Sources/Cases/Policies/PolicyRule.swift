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

    /// Whether it holds at a local time, in seconds since 1970-01-01 00:00 of the site's own clock.
    func holds(localSecond: Int64, calendar: WorkCalendar) -> Bool {
        let minute = (localSecond - floorMod(localSecond, 60)) / 60
        let ofDay = floorMod(minute, 1440)
        let today = (minute - ofDay) / 1440
        guard let hours else { return isOn(today, calendar) }
        if hours.from < hours.to {
            return (hours.from..<hours.to).contains(Int(ofDay)) && isOn(today, calendar)
        }
        return (ofDay >= hours.from && isOn(today, calendar)) || (ofDay < hours.to && isOn(today - 1, calendar))
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

private func floorMod(_ value: Int64, _ divisor: Int64) -> Int64 {
    let rest = value % divisor
    return rest < 0 ? rest + divisor : rest
}
