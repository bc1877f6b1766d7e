import Archive
import Domain
import Store

extension StorageReport {
    /// As the API gives it.
    func view(_ settings: RecordingSettings, showsPaths: Bool) -> JSONValue {
        [
            "volumes": .array(volumes.map { $0.view(showsPath: showsPaths) }),
            "bytesPerDay": .integer(Int64(bytesPerDay)), "fullInDays": JSONValue(fullInDays.map(Self.tenths)),
            "fullAt": JSONValue(fullInDays.map { at + .seconds(Int64($0 * 86_400)) }),
            "heldBytes": .integer(heldBytes), "recordedBytes": .integer(recordedBytes),
            "cameras": .array(cameras.map(\.view)), "policies": .array(Self.policies(settings)),
            "serverTime": JSONValue(at),
        ]
    }

    static func tenths(_ days: Double) -> Double { (days * 10).rounded() / 10 }

    private static func policies(_ settings: RecordingSettings) -> [JSONValue] {
        var found: [JSONValue] = settings.priorities.sorted { $0.key < $1.key }.map { priority, policy in
            [
                "priority": JSONValue(priority), "keepDays": JSONValue(policy.keepDays),
                "keepBytes": policy.keepBytes.map { .integer($0) } ?? .null,
            ]
        }
        if let bytes = settings.keepBytes {
            found.append(["priority": .null, "keepDays": .null, "keepBytes": .integer(bytes)])
        }
        return found
    }
}

extension StorageReport.Volume {
    fileprivate func view(showsPath: Bool) -> JSONValue {
        [
            "id": .string(id), "path": showsPath ? .string(path) : .null, "totalBytes": .integer(totalBytes),
            "freeBytes": .integer(freeBytes), "floorBytes": .integer(floorBytes), "state": .string(state.rawValue),
            "reason": JSONValue(reason), "recordedBytes": .integer(recordedBytes),
            "bytesPerDay": .integer(Int64(bytesPerDay)),
        ]
    }
}

extension StorageReport.Camera {
    fileprivate var view: JSONValue {
        [
            "cameraId": .string(cameraId), "bytes": .integer(bytes), "heldBytes": .integer(heldBytes),
            "bytesPerDay": .integer(Int64(bytesPerDay)), "recordedFrom": JSONValue(recordedFrom),
            "keepDays": JSONValue(policy.keepDays), "keepBytes": policy.keepBytes.map { .integer($0) } ?? .null,
            "priority": JSONValue(policy.priority), "expectedDays": JSONValue(expectedDays.map(StorageReport.tenths)),
            "shortfall": .bool(shortfall), "declared": .bool(isDeclared),
        ]
    }
}

extension Accounting {
    /// As the API gives it.
    var view: JSONValue {
        [
            "cameraId": .string(cameraId), "recordedSeconds": .number(recorded.seconds),
            "gapSeconds": .number(missing.seconds), "windowSeconds": .number(window.seconds),
            "byReason": .object(
                Dictionary(uniqueKeysWithValues: byReason.map { ($0.key.rawValue, .number($0.value.seconds)) })
            ), "gaps": JSONValue(gaps), "share": .number(share),
            "knownSeconds": .number(known.seconds), "knownShare": .number(knownShare),
        ]
    }
}

extension CameraGap {
    /// As the API gives it.
    var view: JSONValue {
        [
            "cameraId": .string(cameraId), "from": JSONValue(gap.from), "to": isOpen ? .null : JSONValue(gap.to),
            "reason": .string(gap.reason.rawValue),
            "laterReasons": .array(gap.laterReasons.map { .string($0.rawValue) }), "detail": JSONValue(gap.detail),
            "seconds": .number((gap.to - gap.from).seconds),
        ]
    }
}

extension HoldDetail {
    /// A hold with what of it is on disk.
    var view: JSONValue {
        guard case .object(var members) = hold.view else { return hold.view }
        members["recorded"] = .string(recorded.rawValue)
        members["missing"] = .array(
            missing.map {
                ["from": JSONValue($0.from), "to": JSONValue($0.to), "reason": .string($0.reason.rawValue)]
            }
        )
        members["missingCount"] = JSONValue(missingCount)
        members["bytes"] = .integer(bytes)
        return .object(members)
    }
}
