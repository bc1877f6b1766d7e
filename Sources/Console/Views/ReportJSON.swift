import Cases
import Domain

/// Reports as the API shows them.
enum ReportJSON {
    static func report(_ view: ReportView) -> JSONValue {
        let report = view.report
        // Who sees the case sees its pictures; a voice is a person's.
        let seesPictures = view.showsPerson || view.caseId != nil
        return [
            "ticket": .string(report.ticket), "caseId": JSONValue(view.caseId),
            "caseNumber": JSONValue(view.caseNumber), "channel": .string(report.channel),
            "channelName": .string(view.channel.name), "channelNameEn": .string(view.channel.nameEn),
            "group": .string(view.channel.group.rawValue), "class": .string(report.classCode),
            "className": .string(view.className), "classNameEn": .string(view.classNameEn),
            "position": JSONValue(report.position), "address": JSONValue(report.address),
            "description": JSONValue(seesPictures ? report.description : nil),
            "happenedAt": JSONValue(report.happenedAt), "receivedAt": JSONValue(report.receivedAt),
            "toldAt": JSONValue(report.toldAt),
            "selfFound": .bool(report.isSelfFound), "stage": .string(view.stage.rawValue),
            "steps": .array(view.steps.map { ["stage": .string($0.stage.rawValue), "at": JSONValue($0.at)] }),
            "reporter": JSONValue(view.showsPerson ? report.reporter : nil),
            "contact": JSONValue(view.showsPerson ? report.contact : nil),
            "by": JSONValue(view.showsPerson ? report.by : nil), "code": JSONValue(view.code),
            "photos": urls(seesPictures ? report.photos : []), "voices": urls(view.showsPerson ? report.voices : []),
            "callBackDue": .bool(view.callBackDue), "callBacks": .array(view.callBacks.map(callBack)),
        ]
    }

    private static func urls(_ ids: [String]) -> JSONValue {
        .array(ids.map { .string("/api/v1/attachments/\($0)") })
    }

    private static func callBack(_ found: CallBack) -> JSONValue {
        [
            "result": .string(found.result.rawValue), "note": JSONValue(found.note), "by": .string(found.by),
            "at": JSONValue(found.at), "reopened": .bool(found.reopened),
        ]
    }
}
