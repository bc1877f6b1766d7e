/// A step that a class gives a limit of its own.
package struct TimedPhase: Sendable, Hashable, Codable {
    package enum Phase: String, Sendable, Hashable, Codable, CaseIterable, Comparable {
        /// 到场: somebody is there.
        case arrive
        /// 控制: the danger is contained.
        case secure
        /// 处置: it is dealt with.
        case finish

        package static func < (left: Phase, right: Phase) -> Bool {
            (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
        }
    }

    /// What a limit begins with.
    package enum Start: String, Sendable, Hashable, Codable, CaseIterable {
        case filed, dispatched
        /// 公示: the owner was called on in public.
        case publicNotice
        /// The first day, from filing on, that lies in the calendar's planting season.
        case plantingSeason
    }

    package var phase: Phase
    package var limit: TimeLimit
    package var start: Start

    package init(phase: Phase, limit: TimeLimit, start: Start = .filed) {
        self.phase = phase
        self.limit = limit
        self.start = start
    }
}

/// One running limit of a case; several may run at once.
package struct CaseTimer: Sendable, Hashable, Codable {
    /// A stretch in which it didn't run; without `to` it still doesn't.
    package struct Pause: Sendable, Hashable, Codable {
        package var from: WallTime
        package var to: WallTime?
    }

    package var phase: TimedPhase.Phase
    package var start: TimedPhase.Start
    package var limit: TimeLimit
    /// Nil until what it starts with has happened.
    package var startedAt: WallTime?
    package var pauses: [Pause]
    /// Nil before the start, while paused, and where the calendar has too little working time.
    package var dueAt: WallTime?
    /// When the phase was over.
    package var metAt: WallTime?
    /// What it was extended by (延期).
    package var extendedBy: TimeLimit?

    package init(_ phase: TimedPhase) {
        self.phase = phase.phase
        start = phase.start
        limit = phase.limit
        pauses = []
    }

    package var isPaused: Bool { pauses.last.map { $0.to == nil } ?? false }

    /// Takes in that something happened that limits may start with; what has started already stays.
    package mutating func begin(with event: TimedPhase.Start, at time: WallTime, clock: DeadlineClock) {
        guard startedAt == nil, metAt == nil else { return }
        if start == event {
            startedAt = time
        } else if start == .plantingSeason, event == .filed, let season = clock.calendar.plantingSeason {
            let day = clock.localDay(time)
            let first = season.begin(notBefore: day)
            startedAt = first == day ? time : clock.begin(ofDay: first)
        }
        compute(clock)
    }

    /// Stops the limit; nothing happens to one that is paused or over.
    package mutating func pause(at time: WallTime) {
        guard !isPaused, metAt == nil else { return }
        pauses.append(Pause(from: max(time, pauses.last?.to ?? time), to: nil))
        dueAt = nil
    }

    /// Lets the limit run on with what was left of it.
    package mutating func resume(at time: WallTime, clock: DeadlineClock) {
        guard isPaused, let last = pauses.last else { return }
        pauses[pauses.count - 1].to = max(time, last.from)
        compute(clock)
    }

    /// Ends the phase.
    package mutating func meet(at time: WallTime) {
        if metAt == nil { metAt = time }
    }

    /// Takes back that the phase was over: it has to be done again. The time in which others looked at it doesn't count.
    package mutating func rework(at time: WallTime, clock: DeadlineClock) {
        guard let met = metAt else { return }
        metAt = nil
        pause(at: met)
        resume(at: time, clock: clock)
    }

    /// Gives it its original limit once more.
    package mutating func extend(clock: DeadlineClock) {
        guard extendedBy == nil, metAt == nil else { return }
        extendedBy = limit
        compute(clock)
    }

    /// The limit with its extension.
    package var whole: TimeLimit {
        TimeLimit(value: limit.value + (extendedBy?.value ?? 0), unit: limit.unit)
    }

    private mutating func compute(_ clock: DeadlineClock) {
        guard let startedAt, !isPaused else { return }
        let spans = pauses.compactMap { pause in pause.to.map { pause.from..<$0 } }
        dueAt = clock.deadline(from: startedAt, limit: whole, pauses: spans)
    }
}

extension [CaseTimer] {
    /// Takes in what a step does to limits.
    package mutating func take(_ effect: CaseRule.TimerEffect, at time: WallTime, clock: DeadlineClock) {
        for index in indices {
            switch effect {
            case .none: break
            case .restart:
                let phase = TimedPhase(phase: self[index].phase, limit: self[index].limit, start: self[index].start)
                self[index] = CaseTimer(phase)
                self[index].begin(with: .filed, at: time, clock: clock)
            case .dispatched: self[index].begin(with: .dispatched, at: time, clock: clock)
            case .notice: self[index].begin(with: .publicNotice, at: time, clock: clock)
            case .meet: self[index].meet(at: time)
            case .arrived: if self[index].phase == .arrive { self[index].meet(at: time) }
            case .secured: if self[index].phase != .finish { self[index].meet(at: time) }
            case .rework: if self[index].phase == .finish { self[index].rework(at: time, clock: clock) }
            case .pause: self[index].pause(at: time)
            case .resume: self[index].resume(at: time, clock: clock)
            case .resumeDispatched:
                self[index].resume(at: time, clock: clock)
                self[index].begin(with: .dispatched, at: time, clock: clock)
            case .extend: if index == count - 1 { self[index].extend(clock: clock) }
            }
        }
    }
}

extension CaseClass.Level {
    /// The limits of a case of this level, none begun.
    package var timers: [CaseTimer] { phases.map(CaseTimer.init) }
}
