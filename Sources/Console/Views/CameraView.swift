package import Domain

/// A camera as the API and the change feed give it; never holds its source, which may hold a password.
package enum CameraView {
    /// The change to publish when a camera's state changes. `recordedFrom` and `mime` are left out: they
    /// don't change with it.
    package static func change(of status: CameraStatus, in site: Site, pause: RecordingPause? = nil) -> Change {
        let camera = site.cameras.first { $0.id == status.cameraId }
        let value = json(camera ?? Camera(id: status.cameraId, name: status.cameraId, source: ""), status, pause: pause)
        return Change(topic: .camera, json: value.encoded)
    }

    /// The change to publish when a camera is no longer declared.
    package static func removal(of cameraId: String) -> Change {
        let value: JSONValue = ["id": .string(cameraId), "removed": .bool(true)]
        return Change(topic: .camera, json: value.encoded)
    }

    /// - Parameters:
    ///   - status: nil when capture has not said anything of the camera yet.
    ///   - pause: who has switched its recording off, if somebody has.
    static func json(_ camera: Camera, _ status: CameraStatus?, pause: RecordingPause? = nil) -> JSONValue {
        let facts = camera.zones.map(zone)
        return [
            "id": .string(camera.id), "name": .string(camera.name), "group": JSONValue(camera.group),
            "state": .string((status?.state ?? .connecting).rawValue),
            "since": JSONValue(status?.since),
            "reason": .string((status?.reason ?? .starting).rawValue),
            "detail": JSONValue(status?.detail),
            "position": JSONValue(camera.position), "address": JSONValue(camera.address),
            "codec": JSONValue(status?.codec), "width": JSONValue(status?.width), "height": JSONValue(status?.height),
            "zones": .array(facts), "audio": JSONValue(status?.audio), "isolated": .bool(status?.isolated ?? false),
            "quarantinedUntil": JSONValue(status?.quarantinedUntil),
            "recording": [
                "paused": .bool(camera.record.paused || pause != nil), "by": JSONValue(pause?.by),
                "since": JSONValue(pause?.since), "reason": JSONValue(pause?.reason),
                "bySite": .bool(camera.record.paused),
            ],
        ]
    }

    private static func zone(_ zone: Zone) -> JSONValue {
        [
            "id": .string(zone.id), "name": JSONValue(zone.name),
            "polygon": .array(zone.polygon.corners.map { [.number($0.x), .number($0.y)] }),
            "rules": .array(
                zone.rules.map { rule in
                    [
                        "kind": .string(rule.kind.rawValue), "afterSeconds": .number(rule.afterSeconds),
                        "class": JSONValue(rule.classCode),
                    ]
                }
            ),
        ]
    }
}
