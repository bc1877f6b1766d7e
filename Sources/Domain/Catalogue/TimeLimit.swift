/// How long something may take. Whole numbers of one unit.
package struct TimeLimit: Sendable, Hashable, Codable {
    package enum Unit: String, Sendable, Hashable, Codable, CaseIterable {
        /// 分钟: minutes of the clock.
        case minute
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
