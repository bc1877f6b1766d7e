/// Everything a site file declares, checked.
package struct Site: Sendable, Equatable {
    package var name: String
    /// An IANA zone name; texts and pages show this zone.
    package var timeZone: String
    /// `zh-CN` or `en`: the console's language until a user picks another.
    package var language: String
    package var cameras: [Camera]
    /// Whose streams are borrowed.
    package var platforms: [Platform]
    package var brokers: [Broker]
    /// Payload profiles of the site's own.
    package var profiles: [PayloadProfile]
    /// Who may post readings over HTTP.
    package var gateways: [Gateway]
    package var sensors: [Sensor]
    package var groups: [SensorGroup]
    package var areas: [GeoArea]
    package var routes: [GeoRoute]
    /// What is to be swept and collected.
    package var plans: [CoveragePlan]
    package var vehicles: [Vehicle]
    /// Nil where no JT/T 808 terminal reports.
    package var terminals: TerminalSettings?
    /// How much one device may send.
    package var deviceRate: DeviceRate
    package var cases: CaseSettings
    package var recording: RecordingSettings
    /// Under everything that the pages draw; nil for a graticule alone.
    package var map: BaseMap?

    package init(
        name: String,
        timeZone: String = "Asia/Shanghai",
        language: String = "zh-CN",
        cameras: [Camera] = [],
        platforms: [Platform] = [],
        brokers: [Broker] = [],
        profiles: [PayloadProfile] = [],
        gateways: [Gateway] = [],
        sensors: [Sensor] = [],
        groups: [SensorGroup] = [],
        areas: [GeoArea] = [],
        routes: [GeoRoute] = [],
        plans: [CoveragePlan] = [],
        vehicles: [Vehicle] = [],
        terminals: TerminalSettings? = nil,
        deviceRate: DeviceRate = DeviceRate(),
        cases: CaseSettings = CaseSettings(),
        recording: RecordingSettings = RecordingSettings(),
        map: BaseMap? = nil
    ) {
        self.name = name
        self.timeZone = timeZone
        self.language = language
        self.cameras = cameras
        self.platforms = platforms
        self.brokers = brokers
        self.profiles = profiles
        self.gateways = gateways
        self.sensors = sensors
        self.groups = groups
        self.areas = areas
        self.routes = routes
        self.plans = plans
        self.vehicles = vehicles
        self.terminals = terminals
        self.deviceRate = deviceRate
        self.cases = cases
        self.recording = recording
        self.map = map
    }
}

/// An MQTT broker and what is listened to there.
package struct Broker: Sendable, Equatable {
    /// One topic filter and the payload profile of what arrives on it.
    package struct Subscription: Sendable, Equatable {
        /// A filter with `+` and `#`; the level of the first `+` names the sensor.
        package var topic: String
        package var profile: String

        package init(topic: String, profile: String) {
            self.topic = topic
            self.profile = profile
        }
    }

    /// Files and checks for `mqtts://`.
    package struct TLS: Sendable, Equatable {
        package var caFile: String?
        package var certificateFile: String?
        package var keyFile: String?
        /// False accepts any certificate; for tests only.
        package var verify: Bool

        package init(
            caFile: String? = nil,
            certificateFile: String? = nil,
            keyFile: String? = nil,
            verify: Bool = true
        ) {
            self.caFile = caFile
            self.certificateFile = certificateFile
            self.keyFile = keyFile
            self.verify = verify
        }
    }

    package var host: String
    package var port: Int
    /// Nil for plain TCP.
    package var tls: TLS?
    package var user: String?
    package var password: String?
    /// The persistent session's name; derived from the site where the file names none.
    package var clientId: String?
    /// 4 for MQTT 3.1.1, 5 for MQTT 5.
    package var protocolVersion: Int
    package var subscriptions: [Subscription]
    /// The topic that says whether we are there: `online`, and `offline` by our last will; retained. Nil for none.
    package var statusTopic: String?

    package init(
        host: String,
        port: Int,
        tls: TLS? = nil,
        user: String? = nil,
        password: String? = nil,
        clientId: String? = nil,
        protocolVersion: Int = 4,
        subscriptions: [Subscription] = [],
        statusTopic: String? = nil
    ) {
        self.host = host
        self.port = port
        self.tls = tls
        self.user = user
        self.password = password
        self.clientId = clientId
        self.protocolVersion = protocolVersion
        self.subscriptions = subscriptions
        self.statusTopic = statusTopic
    }
}

/// Base data for cases; a nil path means the built-in set.
package struct CaseSettings: Sendable, Equatable {
    /// Classes and limits in one.
    package var catalogue: String?
    /// Limits alone, over those of the catalogue.
    package var limits: String?
    package var scores: String?
    package var flows: String?
    package var mapping: String?
    package var calendar: String?
    package var grid: String?
    package var areas: String?
    package var units: String?
    package var responsibility: String?
    package var places: String?
    package var channels: String?
    /// What alarms lead to, by class, source and hours; over `policy`.
    package var policies: String?
    /// By class code.
    package var policy: [String: AlarmPolicy]

    package init(
        catalogue: String? = nil,
        limits: String? = nil,
        scores: String? = nil,
        flows: String? = nil,
        mapping: String? = nil,
        calendar: String? = nil,
        grid: String? = nil,
        areas: String? = nil,
        units: String? = nil,
        responsibility: String? = nil,
        places: String? = nil,
        channels: String? = nil,
        policies: String? = nil,
        policy: [String: AlarmPolicy] = [:]
    ) {
        self.catalogue = catalogue
        self.limits = limits
        self.scores = scores
        self.flows = flows
        self.mapping = mapping
        self.calendar = calendar
        self.grid = grid
        self.areas = areas
        self.units = units
        self.responsibility = responsibility
        self.places = places
        self.channels = channels
        self.policies = policies
        self.policy = policy
    }
}
