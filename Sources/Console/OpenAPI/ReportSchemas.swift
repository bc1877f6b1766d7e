import Domain

/// The schemas of reports, call-backs and duplicates.
enum ReportSchemas {
    private static let step = Schema.object(["stage": Schema.oneOf(ReportStage.self), "at": Schema.time])

    static let all: [String: JSONValue] = [
        "NewReport": Schema.request(
            [
                "class": Schema.text, "position": Schema.orNull(Schemas.point), "address": Schema.textOrNull,
                "channel": Schema.textOrNull, "description": Schema.textOrNull, "at": Schema.timeOrNull,
                "reporter": Schema.textOrNull, "contact": Schema.textOrNull, "clientId": Schema.textOrNull,
                "photos": Schema.list(Schema.text), "voices": Schema.list(Schema.text), "caseId": Schema.textOrNull,
            ],
            required: ["class"]
        ),
        "Report": Schema.object([
            "ticket": Schema.text, "caseId": Schema.textOrNull, "caseNumber": Schema.textOrNull,
            "channel": Schema.text, "channelName": Schema.text, "channelNameEn": Schema.text,
            "group": Schema.oneOf(ReportChannel.Group.self), "class": Schema.text, "className": Schema.text,
            "classNameEn": Schema.text, "position": Schema.orNull(Schemas.point), "address": Schema.textOrNull,
            "description": Schema.textOrNull, "happenedAt": Schema.time, "receivedAt": Schema.time,
            "toldAt": Schema.timeOrNull,
            "selfFound": Schema.flag, "stage": Schema.oneOf(ReportStage.self), "steps": Schema.list(step),
            "reporter": Schema.textOrNull, "contact": Schema.textOrNull, "by": Schema.textOrNull,
            "code": Schema.textOrNull, "photos": Schema.list(Schema.text), "voices": Schema.list(Schema.text),
            "callBackDue": Schema.flag, "callBacks": Schema.list(Schema.reference("CallBack")),
        ]),
        "CallBack": Schema.object([
            "result": Schema.oneOf(CallBack.Result.self), "note": Schema.textOrNull, "by": Schema.text,
            "at": Schema.time, "reopened": Schema.flag,
        ]),
        "NewCallBack": Schema.request(
            ["result": Schema.oneOf(CallBack.Result.self), "note": Schema.textOrNull],
            required: ["result"]
        ),
        "CallBackSums": Schema.object([
            "due": Schema.integer, "done": Schema.integer, "satisfied": Schema.integer,
            "unsatisfied": Schema.integer, "unreachable": Schema.integer, "reopened": Schema.integer,
            "satisfiedRate": Schema.numberOrNull, "reopenRate": Schema.numberOrNull,
        ]),
        "ReportSum": Schema.object([
            "key": Schema.textOrNull, "name": Schema.textOrNull, "nameEn": Schema.textOrNull,
            "group": Schema.textOrNull, "reports": Schema.integer, "cases": Schema.integer, "filed": Schema.integer,
            "selfFound": Schema.integer,
        ]),
        "Channel": Schema.object([
            "id": Schema.text, "name": Schema.text, "nameEn": Schema.text,
            "group": Schema.oneOf(ReportChannel.Group.self), "callBack": Schema.flag,
        ]),
        "Duplicate": Schema.object([
            "case": Schema.reference("Case"), "metres": Schema.number, "secondsApart": Schema.number,
            "likely": Schema.flag, "reports": Schema.integer,
        ]),
    ]
}
