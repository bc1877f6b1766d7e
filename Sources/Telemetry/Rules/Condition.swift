import Domain

/// What one condition remembers of earlier readings, and how it judges a new one: pure.
///
/// Memory is bounded: 256 readings for a rate, two numbers for sameness, one answer per part of a combination.
struct Condition: Equatable, Codable {
    enum Verdict: Equatable {
        case holds, clears
        /// Between the threshold and the clear threshold.
        case neither
    }

    struct Judged: Equatable {
        var verdict: Verdict
        /// Since when it holds, where that is earlier than the reading.
        var since: WallTime?
        /// The number that decides: the value, the change, how many.
        var value: Double?

        init(_ verdict: Verdict, since: WallTime? = nil, value: Double? = nil) {
            self.verdict = verdict
            self.since = since
            self.value = value
        }
    }

    /// One reading as a condition sees it.
    struct Sample {
        var sensor: String
        var at: WallTime
        var values: [String: Double]
    }

    private struct Point: Equatable {
        var at: WallTime
        var value: Double
    }

    private struct Band: Equatable {
        var since: WallTime
        var low: Double
        var high: Double
    }

    static let maximumPoints = 256

    /// Readings of the rate's span; found again from the stored readings, so never stored with the state.
    private var points: [Point] = []
    /// The range that the value hasn't left since a time; not stored either.
    private var band: Band?
    /// The last clear answers of a combination's parts.
    private(set) var latches: [Bool?]?
    private var parts: [Condition]?

    private enum CodingKeys: String, CodingKey {
        case latches, parts
    }

    var allLatches: [Bool?] { (latches ?? []) + (parts ?? []).flatMap(\.allLatches) }

    /// What was remembered of the time outside the rule's schedule doesn't count within it.
    mutating func forget() {
        band = nil
        points = []
        for index in (parts ?? []).indices { parts?[index].forget() }
    }

    /// Judges a reading; nil when it says nothing about this condition.
    mutating func judge(_ sample: Sample, _ rule: SensorRule) -> Judged? {
        if let sensor = rule.sensor, sensor != sample.sensor { return nil }
        switch rule.kind {
        case .all, .any, .not: return judgeParts(sample, rule)
        case .count, .noData: return nil
        default: break
        }
        guard let value = sample.values[rule.field ?? "value"] else { return nil }
        switch rule.kind {
        case .above: return Self.over(value, rule.value, clear: rule.clearBelow)
        case .below: return Self.under(value, rule.value, clear: rule.clearAbove)
        case .between, .outside: return Self.range(value, rule)
        case .state:
            let isOne = (rule.states ?? []).contains(value)
            return Judged(isOne != (rule.negated ?? false) ? .holds : .clears, value: value)
        case .rate: return judgeRate(value, sample.at, rule)
        default: return judgeSameness(value, sample.at, rule)
        }
    }

    /// Takes a reading into memory without judging it: one that had been judged before a restart.
    ///
    /// - Returns: the value that the condition looks at; nil when the reading says nothing about it.
    mutating func remember(_ sample: Sample, _ rule: SensorRule, unchangedSince: WallTime?) -> Double? {
        if let sensor = rule.sensor, sensor != sample.sensor { return nil }
        if let of = rule.of {
            var memories = parts ?? of.map { _ in Condition() }
            guard memories.count == of.count else { return nil }
            var any: Double?
            for (index, part) in of.enumerated() {
                any = memories[index].remember(sample, part, unchangedSince: nil) ?? any
            }
            if memories.contains(where: { $0 != Condition() }) { parts = memories }
            return any
        }
        guard let value = sample.values[rule.field ?? "value"] else { return nil }
        if rule.kind == .rate { _ = judgeRate(value, sample.at, rule) }
        if rule.kind == .stuck {
            _ = judgeSameness(value, sample.at, rule)
            if let unchangedSince, let since = band?.since { band?.since = min(unchangedSince, since) }
        }
        return value
    }

    // MARK: Single values

    private static func over(_ value: Double, _ threshold: Double, clear: Double?) -> Judged {
        if value > threshold { return Judged(.holds, value: value) }
        return Judged(value <= min(clear ?? threshold, threshold) ? .clears : .neither, value: value)
    }

    private static func under(_ value: Double, _ threshold: Double, clear: Double?) -> Judged {
        if value < threshold { return Judged(.holds, value: value) }
        return Judged(value >= max(clear ?? threshold, threshold) ? .clears : .neither, value: value)
    }

    private static func range(_ value: Double, _ rule: SensorRule) -> Judged {
        let (low, high) = (rule.value, rule.upper ?? rule.value)
        let margin = max(0, rule.clearMargin ?? 0)
        let isWithin = value >= low && value <= high
        guard rule.kind == .outside else {
            if isWithin { return Judged(.holds, value: value) }
            let isClear = margin == 0 || value <= low - margin || value >= high + margin
            return Judged(isClear ? .clears : .neither, value: value)
        }
        if !isWithin { return Judged(.holds, value: value) }
        return Judged(value >= low + margin && value <= high - margin ? .clears : .neither, value: value)
    }

    // MARK: Values over time

    /// The change against the lowest (falling: highest) value of the span.
    private mutating func judgeRate(_ value: Double, _ at: WallTime, _ rule: SensorRule) -> Judged {
        let from = at - .seconds(rule.perSeconds ?? 0)
        points.removeAll { $0.at < from }
        let isRise = rule.value >= 0
        // Only points that may still become the extreme are kept: the newest of equal ones stands for all.
        while let last = points.last, isRise ? last.value >= value : last.value <= value { points.removeLast() }
        points.append(Point(at: at, value: value))
        if points.count > Self.maximumPoints { points.remove(at: points.count / 2) }
        let change = value - (points.first?.value ?? value)
        return isRise
            ? Self.over(change, rule.value, clear: rule.clearBelow)
            : Self.under(change, rule.value, clear: rule.clearAbove)
    }

    private mutating func judgeSameness(_ value: Double, _ at: WallTime, _ rule: SensorRule) -> Judged {
        guard var same = band else {
            band = Band(since: at, low: value, high: value)
            return Judged(.holds, since: at, value: value)
        }
        same.low = min(same.low, value)
        same.high = max(same.high, value)
        guard same.high - same.low <= max(0, rule.value) else {
            band = Band(since: at, low: value, high: value)
            return Judged(.clears, value: value)
        }
        band = same
        return Judged(.holds, since: same.since, value: value)
    }

    // MARK: Combinations

    private mutating func judgeParts(_ sample: Sample, _ rule: SensorRule) -> Judged? {
        let of = rule.of ?? []
        var answers = latches ?? of.map { _ in nil }
        var memories = parts ?? of.map { _ in Condition() }
        guard !of.isEmpty, answers.count == of.count, memories.count == of.count else { return nil }
        var told = false
        var value: Double?
        for (index, part) in of.enumerated() {
            guard let judged = memories[index].judge(sample, part) else { continue }
            told = true
            value = value ?? judged.value
            switch judged.verdict {
            case .holds:
                // A part that asks for time of its own (sameness) holds once it has lasted.
                answers[index] = sample.at - (judged.since ?? sample.at) >= .seconds(part.forSeconds)
            case .clears: answers[index] = false
            case .neither: break
            }
        }
        latches = answers
        if memories.contains(where: { $0 != Condition() }) { parts = memories }
        guard told else { return nil }
        return Judged(Self.join(answers, rule.kind), value: value)
    }

    private static func join(_ answers: [Bool?], _ kind: SensorRule.Kind) -> Verdict {
        switch kind {
        case .all:
            if answers.contains(false) { return .clears }
            return answers.contains(nil) ? .neither : .holds
        case .any:
            if answers.contains(true) { return .holds }
            return answers.contains(nil) ? .neither : .clears
        default:
            guard let answer = answers.first ?? nil else { return .neither }
            return answer ? .clears : .holds
        }
    }
}
