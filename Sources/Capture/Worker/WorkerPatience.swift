/// How long the worker has left a question unanswered, in time that it *had*. Pure.
///
/// On a loaded machine a process of low priority may get no processor for many seconds: it is starved, not hung, and a
/// new one would fare no better. So while it is runnable only the processor time that it uses counts, and while it
/// sleeps or is stopped the wall clock's. A look that comes late, because capture itself was starved, counts as two
/// seconds at most.
struct WorkerPatience: Sendable {
    enum Verdict: Sendable, Equatable {
        case waits
        /// It computed, or slept, and did not answer: what it was fed with may be why.
        case hung
        /// It was stopped, or never got far enough to be judged: nothing that it was fed with is to blame.
        case stuck
    }

    static let longestLook = Duration.seconds(2)
    /// No answer and nothing read for so long: hung.
    static let hungAfter = Duration.seconds(5)
    /// As long for the greeting, before which a program has to be loaded.
    static let greetAfter = Duration.seconds(10)
    /// No answer for so long although it reads: hung as well.
    static let lostAfter = Duration.seconds(30)
    /// Not even a starved one is waited for longer, when it reads nothing.
    static let starvedAfter = Duration.seconds(60)

    private let isGreeting: Bool
    private var lookedAt: Duration
    private var used: Duration?
    /// Since it read something: by the wall clock, and its own.
    private var quiet = (wall: Duration.zero, own: Duration.zero)
    /// Its own time since the question.
    private var own = Duration.zero

    /// A question is put at `now`.
    init(now: Duration, isGreeting: Bool = false) {
        self.isGreeting = isGreeting
        lookedAt = now
    }

    mutating func look(now: Duration, hasRead: Bool, _ vitals: WorkerVitals?) -> Verdict {
        let step = min(max(.zero, now - lookedAt), Self.longestLook)
        lookedAt = now
        var had = step
        if let vitals {
            let before = used ?? vitals.used
            used = vitals.used
            if vitals.state == .runnable { had = min(step, max(.zero, vitals.used - before)) }
        }
        own += had
        quiet = hasRead ? (.zero, .zero) : (quiet.wall + step, quiet.own + had)
        let wanted = isGreeting ? Self.greetAfter : Self.hungAfter
        // A process that computes all the time is not given all of the time: a fifth of it is left to others.
        if quiet.wall >= wanted, quiet.own >= wanted * 4 / 5 { return vitals?.state == .stopped ? .stuck : .hung }
        if own >= Self.lostAfter { return .hung }
        return quiet.wall >= Self.starvedAfter ? .stuck : .waits
    }
}
