/// An MQTT topic filter (MQTT 5 §4.7) whose first `+` names the sensor.
struct TopicFilter: Sendable, Hashable {
    let text: String
    private let levels: [Substring]
    private let nameLevel: Int?

    init(_ text: String) {
        self.text = text
        // `$share/GROUP/filter`: what matches is the filter.
        var levels = text.split(separator: "/", omittingEmptySubsequences: false)
        if levels.count > 2, levels[0] == "$share" { levels.removeFirst(2) }
        self.levels = levels
        nameLevel = levels.firstIndex(of: "+")
    }

    /// The name at the first `+` when the filter matches `topic`: `.some("")` where the filter has no `+`, nil when it
    /// doesn't match.
    func match(_ topic: [Substring]) -> Substring? {
        if levels.first == "+" || levels.first == "#", topic.first?.hasPrefix("$") == true { return nil }
        for (index, level) in levels.enumerated() {
            if level == "#" { return name(in: topic) }
            guard index < topic.count, level == "+" || level == topic[index] else { return nil }
        }
        return levels.count == topic.count ? name(in: topic) : nil
    }

    private func name(in topic: [Substring]) -> Substring {
        guard let nameLevel, nameLevel < topic.count else { return "" }
        return topic[nameLevel]
    }
}
