/// The alarm bits of a JT/T 808 position (JT/T 808-2019 table 24), in their order: kinds of alarms.
package enum TerminalAlarm: String, CaseIterable, Sendable {
    case sos, overspeed, fatigue, danger, gnssFault, antennaOpen, antennaShort, undervoltage, powerOff, displayFault
    case speechFault, cameraFault, cardFault, overspeedWarning, fatigueWarning, violation, tyre, blindZone, dayDriving
    case overtimeParking, area, route, sectionTime, routeDeviation, speedSensor, fuel, theft, illegalIgnition
    case illegalMove, collision, rollover, illegalDoor

    /// Its bit alone.
    package var mask: UInt32 { 1 << UInt32(Self.allCases.firstIndex(of: self) ?? 0) }

    package var severity: AlarmSignal.Severity {
        switch self {
        case .sos, .collision, .rollover, .theft, .illegalDoor: .critical
        case .overspeedWarning, .fatigueWarning, .displayFault, .speechFault, .cardFault, .area, .route: .info
        default: .warning
        }
    }

    /// The kinds that a word of bits names.
    package static func kinds(_ bits: UInt32) -> [TerminalAlarm] { allCases.filter { bits & $0.mask != 0 } }
}
