/// How the payloads of a kind of sensor are read, as data: where times and values stand, what words mean, what can be
/// true at all.
///
/// Every profile takes the default shapes (`{"ts", "value"}`, named values beside `ts`, `{"ts", "values"}`); one with
/// `fields` takes exactly those.
package struct PayloadProfile: Sendable, Hashable, Codable {
    /// One value and where it stands in the payload.
    package struct Field: Sendable, Hashable, Codable {
        /// How the reading names it; `value` for the plain one.
        package var name: String
        /// Its place; within a batch, from the batch's item, or from the root where it begins with `$`.
        package var path: JSONPath
        /// What the number is multiplied by, and then what is added, to come to the profile's unit.
        package var scale: Double
        package var offset: Double
        /// A reading without it is rejected.
        package var isRequired: Bool

        package init(
            name: String,
            path: JSONPath,
            scale: Double = 1,
            offset: Double = 0,
            isRequired: Bool = false
        ) {
            self.name = name
            self.path = path
            self.scale = scale
            self.offset = offset
            self.isRequired = isRequired
        }

        private enum CodingKeys: String, CodingKey {
            case name, path, scale, offset
            case isRequired = "required"
        }

        /// Everything but the name and the path may be absent.
        package init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            name = try container.decode(String.self, forKey: .name)
            path = try container.decode(JSONPath.self, forKey: .path)
            scale = try container.decodeIfPresent(Double.self, forKey: .scale) ?? 1
            offset = try container.decodeIfPresent(Double.self, forKey: .offset) ?? 0
            isRequired = try container.decodeIfPresent(Bool.self, forKey: .isRequired) ?? false
        }
    }

    /// What a value of this profile can be; anything else is rejected.
    package struct Limits: Sendable, Hashable, Codable {
        package var low: Double
        package var high: Double

        package init(_ low: Double, _ high: Double) {
            self.low = low
            self.high = high
        }
    }

    package var name: String
    /// Words (lower case) that stand for numbers, for texts in any field.
    package var words: [String: Double] = [:]
    /// Fields that mean the plain `value` when a payload has no `value` of its own.
    package var valueNames: [String] = []
    package var fields: [Field]?
    /// Where the time stands; nil for `ts`.
    package var time: JSONPath?
    /// A list of readings with times of their own; nil where a payload is one reading.
    package var batch: JSONPath?
    /// Where the sensor's id stands, when the topic doesn't name it.
    package var sensor: JSONPath?
    /// The whole payload is one number or word.
    package var isPlain = false
    /// By field.
    package var units: [String: String] = [:]
    package var limits: [String: Limits] = [:]

    package init(
        name: String,
        words: [String: Double] = [:],
        valueNames: [String] = [],
        fields: [Field]? = nil,
        time: JSONPath? = nil,
        batch: JSONPath? = nil,
        sensor: JSONPath? = nil,
        isPlain: Bool = false,
        units: [String: String] = [:],
        limits: [String: Limits] = [:]
    ) {
        self.name = name
        self.words = words
        self.valueNames = valueNames
        self.fields = fields
        self.time = time
        self.batch = batch
        self.sensor = sensor
        self.isPlain = isPlain
        self.units = units
        self.limits = limits
    }

    private enum CodingKeys: String, CodingKey {
        case name, words, valueNames, fields, time, batch, sensor, isPlain, units, limits
    }

    /// Everything but the name may be absent.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        words = try container.decodeIfPresent([String: Double].self, forKey: .words) ?? [:]
        valueNames = try container.decodeIfPresent([String].self, forKey: .valueNames) ?? []
        fields = try container.decodeIfPresent([Field].self, forKey: .fields)
        time = try container.decodeIfPresent(JSONPath.self, forKey: .time)
        batch = try container.decodeIfPresent(JSONPath.self, forKey: .batch)
        sensor = try container.decodeIfPresent(JSONPath.self, forKey: .sensor)
        isPlain = try container.decodeIfPresent(Bool.self, forKey: .isPlain) ?? false
        units = try container.decodeIfPresent([String: String].self, forKey: .units) ?? [:]
        limits = try container.decodeIfPresent([String: Limits].self, forKey: .limits) ?? [:]
    }

    /// The built-in profile of that name, else one that takes the default shapes only.
    package static func named(_ name: String) -> PayloadProfile {
        builtIn[name] ?? PayloadProfile(name: name)
    }

    /// The built-in profiles by name.
    package static let builtIn = Dictionary(uniqueKeysWithValues: ready.map { ($0.name, $0) })
}
