import Archive
import Cases
import Domain
import Hummingbird

/// What the site declares.
enum SiteRoutes {
    static let routes: [APIRoute] = [
        APIRoute(
            .get,
            "/api/v1/site",
            "Name, time zone, catalogue and units",
            access: .signedIn,
            content: .json("Site"),
            handle: { Answer.json(site($0.services)) }
        ),
        APIRoute(
            .get,
            "/api/v1/config",
            "What the site file declares, without credentials",
            access: .only(.admin),
            content: .json("Config"),
            handle: { Answer.json(config($0.services.site)) }
        ),
    ]

    private static func site(_ services: ConsoleServices) -> JSONValue {
        [
            "name": .string(services.site.name), "timeZone": .string(services.site.timeZone),
            "language": .string(services.site.language), "version": .string(services.version),
            "classes": .array(services.cases.catalogue.classes.map(entry)),
            "units": .array(
                services.cases.units.map {
                    [
                        "id": .string($0.id), "name": .string($0.name), "nameEn": .string($0.nameEn),
                        "kind": .string($0.kind.rawValue), "parent": JSONValue($0.parent),
                    ]
                }
            ),
            "map": services.site.map.map(baseMap) ?? .null,
            "areas": .array(services.cases.base.areas.areas.map(BaseView.area)),
            "features": [
                "h265Pictures": true,
                "transcodeLimit": .integer(Int64(services.archive.transcodeLimit)),
            ],
        ]
    }

    private static func baseMap(_ map: BaseMap) -> JSONValue {
        ["tiles": .string(map.tiles), "datum": .string(map.datum.rawValue), "maxZoom": JSONValue(map.maxZoom)]
    }

    private static func entry(_ entry: CaseClass) -> JSONValue {
        [
            "code": .string(entry.code), "name": .string(entry.name), "nameEn": .string(entry.nameEn),
            "kind": .string(entry.kind.rawValue), "system": .string(entry.system), "major": .string(entry.major),
            "checkList": .array(entry.checkList.map { .string($0) }),
            "levels": .array(
                entry.levels.map { level in
                    [
                        "level": JSONValue(level.level), "name": .string(level.name),
                        "limit": ["value": JSONValue(level.limit.value), "unit": .string(level.limit.unit.rawValue)],
                    ]
                }
            ),
        ]
    }

    private static func config(_ site: Site) -> JSONValue {
        [
            "cameras": .array(site.cameras.map(camera)),
            "platforms": .array(site.platforms.map(platform)),
            "sensors": .array(
                site.sensors.map { sensor in
                    [
                        "id": .string(sensor.id), "name": JSONValue(sensor.name), "profile": .string(sensor.profile),
                        "position": JSONValue(sensor.position), "rules": JSONValue(sensor.rules.count),
                    ]
                }
            ),
            "groups": .array(
                site.groups.map { group in
                    [
                        "id": .string(group.id), "name": JSONValue(group.name),
                        "sensors": JSONValue(group.sensors.count), "rules": JSONValue(group.rules.count),
                    ]
                }
            ),
            "profiles": .array(site.profiles.map { ["id": .string($0.name)] }),
            "gateways": .array(site.gateways.map { ["id": .string($0.id)] }),
            "jt808": .array(
                (site.terminals?.terminals ?? []).map {
                    ["phone": .string($0.phone), "vehicle": .string($0.vehicle)]
                }
            ),
            "vehicles": .array(
                site.vehicles.map { vehicle in
                    [
                        "id": .string(vehicle.id), "name": JSONValue(vehicle.name),
                        "kind": .string(vehicle.kind.rawValue), "topic": JSONValue(vehicle.topic),
                    ]
                }
            ),
            "brokers": .array(site.brokers.map(broker)),
            "recording": recording(site.recording),
            "cases": [
                "catalogue": JSONValue(site.cases.catalogue), "limits": JSONValue(site.cases.limits),
                "scores": JSONValue(site.cases.scores), "flows": JSONValue(site.cases.flows),
                "mapping": JSONValue(site.cases.mapping),
                "calendar": JSONValue(site.cases.calendar), "grid": JSONValue(site.cases.grid),
                "areas": JSONValue(site.cases.areas), "units": JSONValue(site.cases.units),
                "responsibility": JSONValue(site.cases.responsibility), "places": JSONValue(site.cases.places),
                "channels": JSONValue(site.cases.channels), "policies": JSONValue(site.cases.policies),
                "policy": .object(site.cases.policy.mapValues { .string($0.rawValue) }),
            ],
        ]
    }

    private static func platform(_ platform: Platform) -> JSONValue {
        [
            "id": .string(platform.id), "name": JSONValue(platform.name),
            "hosts": .array(platform.hosts.map { .string($0) }),
            "connections": platform.connections.map { JSONValue($0) } ?? .null,
            "connectionsPerSecond": platform.connectionsPerSecond.map { .number($0) } ?? .null,
            "hours": .array(platform.hours.map { .string($0.text) }),
        ]
    }

    /// Only the scheme of the source: its address may hold a user and password.
    private static func camera(_ camera: Camera) -> JSONValue {
        [
            "id": .string(camera.id), "name": .string(camera.name), "group": JSONValue(camera.group),
            "scheme": .string(String(camera.source.prefix { $0 != ":" })), "hasSub": .bool(camera.sub != nil),
            "transport": .string(camera.input.transport.rawValue), "platform": JSONValue(camera.platform),
            "position": JSONValue(camera.position), "address": JSONValue(camera.address),
            "keepDays": JSONValue(camera.record.keepDays), "priority": JSONValue(camera.record.priority),
            "keepBytes": camera.record.keepBytes.map { .integer($0) } ?? .null,
            "paused": .bool(camera.record.paused), "activity": .bool(camera.record.activity),
            "audio": .bool(camera.record.audio), "gapAlarmSeconds": .number(camera.record.gapAlarmSeconds),
            "volume": JSONValue(camera.record.volume), "zones": JSONValue(camera.zones.count),
        ]
    }

    private static func recording(_ settings: RecordingSettings) -> JSONValue {
        [
            "freeSpaceFloorBytes": .integer(settings.freeSpaceFloorBytes),
            "segmentSeconds": .number(settings.segmentSeconds), "syncSeconds": .number(settings.syncSeconds),
            "shards": JSONValue(settings.shards), "keepBytes": settings.keepBytes.map { .integer($0) } ?? .null,
            "volumes": .array(
                settings.volumes.map { volume in
                    [
                        "id": .string(volume.id), "path": .string(volume.path),
                        "freeSpaceFloorBytes": .integer(settings.floorBytes(ofVolume: volume.id)),
                    ]
                }
            ),
            "policies": .array(
                settings.priorities.sorted { $0.key < $1.key }.map { priority, policy in
                    [
                        "priority": JSONValue(priority), "keepDays": policy.keepDays.map { JSONValue($0) } ?? .null,
                        "keepBytes": policy.keepBytes.map { .integer($0) } ?? .null,
                    ]
                }
            ),
        ]
    }

    private static func broker(_ broker: Broker) -> JSONValue {
        [
            "host": .string(broker.host), "port": JSONValue(broker.port), "tls": .bool(broker.tls != nil),
            "subscriptions": .array(
                broker.subscriptions.map { ["topic": .string($0.topic), "profile": .string($0.profile)] }
            ),
        ]
    }
}
