package import Domain

/// A report as the API shows it to somebody; what is not for that person's eyes is nil.
package struct ReportView: Sendable, Equatable {
    package var report: Report
    /// Nil where the person may not open the case.
    package var caseId: String?
    package var caseNumber: String?
    package var className: String
    package var classNameEn: String
    package var channel: ReportChannel
    package var stage: ReportStage
    /// Empty in lists.
    package var steps: [ReportStep]
    /// Whether reporter, contact, photos, voice notes and the name of who entered it are shown.
    package var showsPerson: Bool
    /// Nil for whom it is not.
    package var code: String?
    package var callBackDue: Bool
    package var callBacks: [CallBack]
}

/// A case that may be the same problem as another one.
package struct DuplicateCandidate: Sendable, Equatable {
    package var value: Case
    package var metres: Double
    /// Between what the two were reported for, in seconds.
    package var secondsApart: Double
    /// Within the class's own radius and period.
    package var isLikely: Bool
    package var reports: Int
}

/// What proves a case.
package struct CaseEvidence: Sendable, Equatable {
    /// Ids of pictures: the case's own first, each once.
    package var pictures: [String]
    /// Ids of voice notes; only those that the person may hear.
    package var voices: [String]
    /// Every report of it, oldest first, with the persons in it.
    package var reports: [Report]
    /// Those of the cases that were joined to it too.
    package var alarmIds: [String]
}
