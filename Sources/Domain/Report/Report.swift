/// What one reporter has told on one channel: a record of its own with its own ticket, linked to one case and never
/// deleted. Several reports may be of one case.
package struct Report: Sendable, Hashable, Codable {
    package var id: String
    /// `R20261123-0001`: the local day it came in and a serial within it.
    package var ticket: String
    /// The case that it opened, or that it was linked to when it came in; later mergers don't change it.
    package var openedCaseId: String
    package var channel: String
    package var classCode: String
    package var position: GeoPoint?
    package var address: String?
    package var description: String?
    /// The reporter's name as it was given; personal data.
    package var reporter: String?
    /// A number or address to call back; personal data.
    package var contact: String?
    /// The user who entered it, or `system`.
    package var by: String
    package var role: Role?
    /// The unit of the user who entered it.
    package var unit: String?
    package var clientId: String?
    /// The owner's own find (权属单位自查), to be told from what supervision finds.
    package var isSelfFound: Bool
    /// The alarm that it comes of.
    package var alarmId: String?
    /// Attachments' ids, pictures first to last.
    package var photos: [String]
    /// Attachments' ids, voice notes.
    package var voices: [String]
    /// When it happened, by the reporter's own clock: kept also where the report arrives hours later.
    package var happenedAt: WallTime
    package var receivedAt: WallTime
    /// What the sender's clock said, where that lay in the future: `happenedAt` is then when it came in.
    package var toldAt: WallTime?

    package init(
        id: String,
        ticket: String,
        openedCaseId: String,
        channel: String,
        classCode: String,
        position: GeoPoint?,
        address: String?,
        description: String?,
        by actor: CaseActor,
        details: ReportDetails,
        clientId: String?,
        alarmId: String?,
        happenedAt: WallTime,
        receivedAt: WallTime
    ) {
        self.id = id
        self.ticket = ticket
        self.openedCaseId = openedCaseId
        self.channel = channel
        self.classCode = classCode
        self.position = position
        self.address = address
        self.description = description
        reporter = details.reporter
        contact = details.contact
        by = actor.name
        role = actor.role
        unit = actor.unit
        self.clientId = clientId
        isSelfFound = details.isSelfFound
        self.alarmId = alarmId
        photos = details.photos
        voices = details.voices
        toldAt = details.toldAt
        self.happenedAt = happenedAt
        self.receivedAt = receivedAt
    }
}

/// What a report has that a case hasn't.
package struct ReportDetails: Sendable, Hashable {
    package var reporter: String?
    package var contact: String?
    package var isSelfFound: Bool
    package var photos: [String]
    package var voices: [String]
    /// What the sender's clock said, where that lay in the future.
    package var toldAt: WallTime?

    package init(
        reporter: String? = nil,
        contact: String? = nil,
        isSelfFound: Bool = false,
        photos: [String] = [],
        voices: [String] = [],
        toldAt: WallTime? = nil
    ) {
        self.reporter = reporter
        self.contact = contact
        self.isSelfFound = isSelfFound
        self.photos = photos
        self.voices = voices
        self.toldAt = toldAt
    }
}
