import Domain
internal import Yams

/// Groups of sensors, and hours of the week.
extension SiteFile {
    static func readGroups(_ reader: FieldReader, sensors: [Sensor], _ profiles: [String: PayloadProfile])
        -> [SensorGroup]
    {
        reader.list("groups").compactMap { readGroup($0, sensors: sensors, profiles) }
    }

    private static func readGroup(_ reader: FieldReader, sensors: [Sensor], _ known: [String: PayloadProfile])
        -> SensorGroup?
    {
        defer { reader.finish() }
        let id = reader.slug("id")
        let name = reader.text("name")
        let members = readMembers(reader, sensors)
        let profiles = Set(sensors.filter { members.contains($0.id) }.map(\.profile)).sorted()
        let rules = reader.list("rules").compactMap {
            readRule($0, words: words(of: profiles, known), in: .group(members: Set(members)))
        }
        var storm: SensorGroup.Storm?
        if let section = reader.mapping("storm") {
            storm = SensorGroup.Storm(
                atLeast: section.integer("atLeast", in: 2...100_000) ?? 10,
                withinSeconds: section.seconds("within", in: 1...86_400) ?? 60
            )
            section.finish()
        }
        guard let id else { return nil }
        return SensorGroup(id: id, name: name, sensors: members, rules: rules, storm: storm)
    }

    /// Ids, or beginnings of ids that end in `*`: `lamp-01*` stands for all of them in the order of the file.
    private static func readMembers(_ reader: FieldReader, _ sensors: [Sensor]) -> [String] {
        guard let names = reader.texts("sensors") else {
            if reader.node("sensors") == nil {
                reader.fail("sensors", nil, "is missing", "list the members, like `sensors: [lamp-0001, lamp-0002]`")
            }
            return []
        }
        let known = Set(sensors.map(\.id))
        var members: [String] = []
        for name in names {
            let found =
                name.hasSuffix("*")
                ? sensors.map(\.id).filter { $0.hasPrefix(name.dropLast()) } : known.contains(name) ? [name] : []
            if found.isEmpty {
                reader.fail("sensors", name, "is no sensor of this file", "write ids of `sensors`, or `beginning*`")
            }
            for id in found where !members.contains(id) { members.append(id) }
        }
        return members
    }

    static let dayNames = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

    /// `{ days: [mon, fri], hours: ["18:00-06:00"] }`; without `days` every day, without `hours` the whole day.
    static func readSchedule(_ reader: FieldReader, _ key: String) -> WeeklySchedule? {
        guard let section = reader.mapping(key) else { return nil }
        defer { section.finish() }
        var days: Set<Int> = []
        for name in section.texts("days") ?? dayNames {
            if let day = dayNames.firstIndex(of: name) {
                days.insert(day)
            } else {
                section.fail("days", name, "is not a day", "write some of: \(dayNames.joined(separator: ", "))")
            }
        }
        var windows: [WeeklySchedule.Window] = []
        for text in section.texts("hours") ?? ["00:00-24:00"] {
            let ends = text.split(separator: "-").map(minute)
            if ends.count == 2, let from = ends[0], let to = ends[1], from < 1440 {
                windows.append(WeeklySchedule.Window(days: days, fromMinute: from, toMinute: to))
            } else {
                section.fail("hours", text, "is not a range of hours", "write it in quotes, like \"18:00-06:00\"")
            }
        }
        return WeeklySchedule(windows: windows)
    }

    private static func minute(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].count <= 2, parts[1].count == 2, let hour = Int(parts[0]),
            let minute = Int(parts[1]), (0...24).contains(hour), (0...59).contains(minute), hour < 24 || minute == 0
        else { return nil }
        return hour * 60 + minute
    }
}
