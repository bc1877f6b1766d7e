/// Turns "so much moves in the zone" of single frames into a beginning and an end.
///
/// Beginning and end differ: it begins once motion has lasted, and ends after a pause that is longer than the time
/// between frames, so that frames that are seconds apart don't make it flap.
struct MotionJudge {
    enum Verdict: Equatable {
        case none, begin, end
    }

    /// Seconds that motion must last before it counts.
    let after: Double
    private(set) var isMoving = false
    private var movingSince: Double?
    private var lastMotion = 0.0
    private var interval = 1.0
    private var lastTime: Double?

    init(after: Double) {
        self.after = after
    }

    /// Seconds without motion after which it has ended.
    var pause: Double { max(4, 2.5 * interval) }

    /// Takes a frame.
    ///
    /// - Parameters:
    ///   - moves: Whether enough moves in the zone.
    ///   - time: Seconds on a clock that never goes back.
    mutating func judge(moves: Bool, time: Double) -> Verdict {
        if let lastTime { interval += (min(max(time - lastTime, 0), 15) - interval) / 4 }
        lastTime = time
        if moves {
            // What stopped for longer than a pause begins anew.
            if movingSince == nil || time - lastMotion > pause { movingSince = time }
            lastMotion = time
            if !isMoving, let movingSince, time - movingSince >= after {
                isMoving = true
                return .begin
            }
        } else if time - lastMotion >= pause {
            movingSince = nil
            if isMoving {
                isMoving = false
                return .end
            }
        }
        return .none
    }

    /// Ends it at once: the picture is no longer judged.
    mutating func stop() -> Verdict {
        movingSince = nil
        guard isMoving else { return .none }
        isMoving = false
        return .end
    }

    /// The time at which the present motion began.
    var since: Double { movingSince ?? lastMotion }
}
