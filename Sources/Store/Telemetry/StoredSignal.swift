import Domain
import Foundation

/// A sensor's or vehicle's signal as JSON in `pending_signal`. Pictures and boxes don't occur there.
struct StoredSignal: Codable {
    var source: String
    var sourceKind: AlarmSignal.SourceKind
    var kind: String
    var part: String?
    var raised: Bool
    var severity: AlarmSignal.Severity
    var at: WallTime
    var classCode: String?
    var position: GeoPoint?
    var address: String?
    var value: Double?
    var threshold: Double?
    var parent: String?
    var area: String?
    var waitSeconds: Double?
    var children: [String]?

    init(_ signal: AlarmSignal) {
        source = signal.source
        sourceKind = signal.sourceKind
        kind = signal.kind
        part = signal.part
        raised = signal.phase == .raised
        severity = signal.severity
        at = signal.at
        classCode = signal.classCode
        position = signal.position
        address = signal.address
        value = signal.value
        threshold = signal.threshold
        parent = signal.parent
        area = signal.area
        waitSeconds = signal.waitSeconds
        children = signal.children
    }

    static func decode(_ json: Data) -> AlarmSignal? {
        guard let stored = try? JSONDecoder().decode(StoredSignal.self, from: json) else { return nil }
        var signal = AlarmSignal(
            source: stored.source,
            sourceKind: stored.sourceKind,
            kind: stored.kind,
            part: stored.part,
            phase: stored.raised ? .raised : .cleared,
            severity: stored.severity,
            at: stored.at,
            classCode: stored.classCode,
            position: stored.position,
            address: stored.address,
            value: stored.value,
            threshold: stored.threshold,
            parent: stored.parent
        )
        signal.area = stored.area
        signal.waitSeconds = stored.waitSeconds
        signal.children = stored.children
        return signal
    }
}
