/// A camera as the site declares it.
package struct Camera: Sendable, Hashable, Codable {
    /// A slug; also the name of its folder under `recordings/`.
    package var id: String
    /// The name people read.
    package var name: String
    /// The group it is listed under in the console; nil for the first one.
    package var group: String?
    /// The main stream's URL, recorded; may hold a user and password.
    package var source: String
    /// The sub stream's URL, analysed instead of the main one.
    package var sub: String?
    /// How both are opened.
    package var input: SourceOptions
    /// The id of the platform that it is borrowed from; nil where its source's host tells, or there is none.
    package var platform: String?
    package var position: GeoPoint?
    /// Address text for the cases it opens.
    package var address: String?
    package var record: RecordPolicy
    package var zones: [Zone]

    package init(
        id: String,
        name: String,
        group: String? = nil,
        source: String,
        sub: String? = nil,
        input: SourceOptions = SourceOptions(),
        platform: String? = nil,
        position: GeoPoint? = nil,
        address: String? = nil,
        record: RecordPolicy = RecordPolicy(),
        zones: [Zone] = []
    ) {
        self.id = id
        self.name = name
        self.group = group
        self.source = source
        self.sub = sub
        self.input = input
        self.platform = platform
        self.position = position
        self.address = address
        self.record = record
        self.zones = zones
    }
}

/// A part of the picture with rules of its own.
package struct Zone: Sendable, Hashable, Codable {
    /// A slug, unique within its camera.
    package var id: String
    package var name: String?
    package var polygon: PicturePolygon
    package var rules: [ZoneRule]

    package init(id: String, name: String? = nil, polygon: PicturePolygon, rules: [ZoneRule]) {
        self.id = id
        self.name = name
        self.polygon = polygon
        self.rules = rules
    }
}

/// What is judged in a zone.
package struct ZoneRule: Sendable, Hashable, Codable {
    package enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        /// Something moves in the zone.
        case motion
        /// Something new stands in the zone for `afterSeconds`, whatever it is.
        case stationary
    }

    package var kind: Kind
    /// Seconds the condition must last. For `motion` 0 means at once.
    package var afterSeconds: Double
    /// The smallest object that counts, as a share of the picture's area; nil for the built-in default.
    package var minimumArea: Double?
    /// The class of the case it leads to; nil means that alarms are only recorded.
    package var classCode: String?

    package init(kind: Kind, afterSeconds: Double = 0, minimumArea: Double? = nil, classCode: String? = nil) {
        self.kind = kind
        self.afterSeconds = afterSeconds
        self.minimumArea = minimumArea
        self.classCode = classCode
    }
}
