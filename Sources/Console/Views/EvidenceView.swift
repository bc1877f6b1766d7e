import Archive
import Domain
import Store

extension Bookmark {
    /// As the API gives it.
    var view: JSONValue {
        [
            "id": .string(id), "cameraId": .string(cameraId), "from": JSONValue(from), "to": JSONValue(to),
            "title": .string(title), "by": .string(by), "createdAt": JSONValue(createdAt),
            "holdId": JSONValue(holdId), "recorded": .string(recorded.rawValue),
        ]
    }
}

extension Hold {
    /// As the API gives it.
    var view: JSONValue {
        [
            "id": .string(id), "cameraId": .string(cameraId), "from": JSONValue(from), "to": JSONValue(to),
            "reason": .string(reason), "by": .string(by), "createdAt": JSONValue(createdAt),
            "caseId": JSONValue(caseId), "releasedAt": JSONValue(releasedAt), "releasedBy": JSONValue(releasedBy),
            "releaseReason": JSONValue(releaseReason), "recorded": .string(recorded.rawValue),
            "until": JSONValue(until), "owner": .string(by), "state": .string(state.rawValue),
        ]
    }
}

extension Timeline {
    /// The runs and gaps as the API gives them.
    var members: [String: JSONValue] {
        [
            "runs": .array(runs.map { ["from": JSONValue($0.from), "to": JSONValue($0.to)] }),
            "gaps": .array(
                gaps.map { gap in
                    [
                        "from": JSONValue(gap.from), "to": JSONValue(gap.to), "reason": .string(gap.reason.rawValue),
                        "laterReasons": .array(gap.laterReasons.map { .string($0.rawValue) }),
                        "detail": JSONValue(gap.detail),
                    ]
                }
            ),
        ]
    }
}
