package import Domain

/// What is asked to be exported.
package struct ExportRequest: Sendable, Hashable, Codable {
    package enum Format: String, Sendable, Hashable, Codable, CaseIterable {
        /// The clips with their manifest: one file when there is one clip, else a ZIP.
        case clip
        /// A ZIP with clips, snapshots, a page and the manifest.
        case dossier
    }

    /// A range of one camera.
    package struct Item: Sendable, Hashable, Codable {
        package var cameraId: String
        package var from: WallTime
        package var to: WallTime

        package init(cameraId: String, from: WallTime, to: WallTime) {
            self.cameraId = cameraId
            self.from = from
            self.to = to
        }
    }

    package var title: String
    package var format: Format
    package var items: [Item]
    package var note: String?
    /// Whether clips keep the sound.
    package var audio: Bool
    /// The case whose dossier it is.
    package var caseMaterial: CaseMaterial?

    package init(
        title: String,
        format: Format,
        items: [Item],
        note: String? = nil,
        audio: Bool = true,
        caseMaterial: CaseMaterial? = nil
    ) {
        self.title = title
        self.format = format
        self.items = items
        self.note = note
        self.audio = audio
        self.caseMaterial = caseMaterial
    }
}

/// What a case's dossier holds beside recordings, as it was when the dossier was asked for.
package struct CaseMaterial: Sendable, Hashable, Codable {
    /// A line of the case's log; its hash is SHA-256 over the hash before it (first: the case's id), a line feed and
    /// `entry`.
    package struct LogLine: Sendable, Hashable, Codable {
        package var seq: Int
        package var entry: String
        package var hash: String
        /// True where the name of who has reported was taken out of `entry`: its hash is the whole entry's then.
        package var isWithheld: Bool?

        package init(seq: Int, entry: String, hash: String, isWithheld: Bool? = nil) {
            self.seq = seq
            self.entry = entry
            self.hash = hash
            self.isWithheld = isWithheld
        }
    }

    /// What somebody has reported.
    package struct ReportLine: Sendable, Hashable, Codable {
        package var ticket: String
        package var channel: String
        package var channelEn: String
        package var happenedAt: WallTime
        package var receivedAt: WallTime
        package var address: String?
        package var description: String?
        /// Absent where who asked for the dossier may not know.
        package var reporter: String?
        package var contact: String?
        /// Ids of attachments.
        package var photos: [String]
        package var voices: [String]

        package init(
            ticket: String,
            channel: String,
            channelEn: String,
            happenedAt: WallTime,
            receivedAt: WallTime,
            address: String?,
            description: String?,
            reporter: String?,
            contact: String?,
            photos: [String],
            voices: [String]
        ) {
            self.ticket = ticket
            self.channel = channel
            self.channelEn = channelEn
            self.happenedAt = happenedAt
            self.receivedAt = receivedAt
            self.address = address
            self.description = description
            self.reporter = reporter
            self.contact = contact
            self.photos = photos
            self.voices = voices
        }
    }

    /// An alarm that belongs to the case.
    package struct AlarmLine: Sendable, Hashable, Codable {
        package var id: String
        package var source: String
        package var kind: String
        package var openedAt: WallTime
        package var clearedAt: WallTime?
        package var verdict: String?

        package init(
            id: String,
            source: String,
            kind: String,
            openedAt: WallTime,
            clearedAt: WallTime?,
            verdict: String?
        ) {
            self.id = id
            self.source = source
            self.kind = kind
            self.openedAt = openedAt
            self.clearedAt = clearedAt
            self.verdict = verdict
        }
    }

    /// A sensor's readings around the case.
    package struct Curve: Sendable, Hashable, Codable {
        package struct Point: Sendable, Hashable, Codable {
            package var at: WallTime
            package var value: Double

            package init(at: WallTime, value: Double) {
                self.at = at
                self.value = value
            }
        }

        package var sensorId: String
        package var name: String
        package var points: [Point]

        package init(sensorId: String, name: String, points: [Point]) {
            self.sensorId = sensorId
            self.name = name
            self.points = points
        }
    }

    package var caseId: String
    package var number: String
    /// The case as the API gives it, JSON.
    package var facts: String
    package var log: [LogLine]
    /// Ids of pictures, also those of its reports and of the cases that were joined to it.
    package var attachments: [String]
    package var curves: [Curve]
    /// Absent in exports from before dossiers told of them.
    package var reports: [ReportLine]?
    package var alarms: [AlarmLine]?
    /// Whether it tells who has reported: then it is for the eyes of those only who may know.
    package var holdsPersons: Bool?

    package init(
        caseId: String,
        number: String,
        facts: String,
        log: [LogLine],
        attachments: [String],
        curves: [Curve],
        reports: [ReportLine]? = nil,
        alarms: [AlarmLine]? = nil,
        holdsPersons: Bool? = nil
    ) {
        self.caseId = caseId
        self.number = number
        self.facts = facts
        self.log = log
        self.attachments = attachments
        self.curves = curves
        self.reports = reports
        self.alarms = alarms
        self.holdsPersons = holdsPersons
    }
}
