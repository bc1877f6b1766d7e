/// What an alarm's policy depends on: what it is about, who says so, and when.
package struct AlarmOrigin: Sendable, Hashable {
    package var classCode: String?
    package var source: String
    package var sourceKind: AlarmSignal.SourceKind
    /// When it happened, by the source's own time.
    package var at: WallTime

    package init(classCode: String?, source: String, sourceKind: AlarmSignal.SourceKind, at: WallTime) {
        self.classCode = classCode
        self.source = source
        self.sourceKind = sourceKind
        self.at = at
    }
}

extension AlarmSignal {
    package var origin: AlarmOrigin {
        AlarmOrigin(classCode: classCode, source: source, sourceKind: sourceKind, at: at)
    }
}
