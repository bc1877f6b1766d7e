import Domain
import Foundation

/// The alarm bits of one vehicle's terminal: pure. A bit raises its alarm when it comes and clears it when a newer
/// position no longer has it; a call for help is raised by any position, however late or wrong that is.
struct TerminalAlarms: Equatable, Codable {
    /// The bits whose alarms are open.
    private(set) var open: UInt32 = 0
    private var newestAt: WallTime?

    private enum CodingKeys: String, CodingKey {
        case open, newestAt
    }

    /// What a position's bits change: the kinds that begin, and those that end.
    mutating func take(_ bits: UInt32, at time: WallTime) -> (raised: [TerminalAlarm], cleared: [TerminalAlarm]) {
        let isNewer = newestAt.map { time > $0 } ?? true
        let passing = TerminalAlarm.allCases.filter { AlarmSignal.neverFiltered.contains($0.rawValue) }
            .reduce(UInt32(0)) { $0 | $1.mask }
        let raised = (isNewer ? bits : bits & passing) & ~open
        let cleared = isNewer ? open & ~bits : 0
        if isNewer { newestAt = time }
        open = (open | raised) & ~cleared
        return (TerminalAlarm.kinds(raised), TerminalAlarm.kinds(cleared))
    }
}
