import Alarms
import Archive
import Cases
import Domain
import Foundation
import Store
import Telemetry

/// What a case's dossier tells of it. Who has reported stands in it only where who asks for it may know.
enum DossierMaterial {
    private static let mostAlarms = 200
    private static let mostCurves = 20

    static func of(_ id: String, _ request: APIRequest) async throws -> CaseMaterial {
        let services = request.services
        let actor = try request.user.actor
        let value = try await services.cases.get(id, for: actor)
        let evidence = try await services.cases.evidence(of: id, for: actor)
        let showsPersons = actor.role.map(CaseService.rolesThatSeePersons.contains) ?? false
        var alarms: [Alarm] = []
        for alarmId in evidence.alarmIds.prefix(mostAlarms) {
            // One that retention has taken is no reason for none.
            if let alarm = try? await services.alarms.get(alarmId) { alarms.append(alarm) }
        }
        var facts = try JSONValue(encoding: services.cases.view(value, for: nil))
        if case .object(var members) = facts, !showsPersons {
            members["reporter"] = .null
            facts = .object(members)
        }
        return CaseMaterial(
            caseId: value.id,
            number: value.number,
            facts: String(decoding: facts.encoded, as: UTF8.self),
            log: try await services.cases.sealedLog(id, for: actor).map {
                showsPersons ? CaseMaterial.LogLine(seq: $0.seq, entry: $0.entry, hash: $0.hash) : withheld($0)
            },
            attachments: evidence.pictures,
            curves: try await curves(of: alarms, services),
            reports: evidence.reports.map { line($0, showsPersons: showsPersons, services.cases.base) },
            alarms: alarms.map {
                CaseMaterial.AlarmLine(
                    id: $0.id,
                    source: $0.source,
                    kind: $0.kind,
                    openedAt: $0.openedAt,
                    clearedAt: $0.clearedAt,
                    verdict: $0.verdict?.rawValue
                )
            },
            holdsPersons: showsPersons
        )
    }

    private static func line(_ report: Report, showsPersons: Bool, _ base: BaseData) -> CaseMaterial.ReportLine {
        let channel = base.channels[report.channel]
        return CaseMaterial.ReportLine(
            ticket: report.ticket,
            channel: channel.name,
            channelEn: channel.nameEn,
            happenedAt: report.happenedAt,
            receivedAt: report.receivedAt,
            address: report.address,
            description: report.description,
            reporter: showsPersons ? report.reporter : nil,
            contact: showsPersons ? report.contact : nil,
            photos: report.photos,
            voices: showsPersons ? report.voices : []
        )
    }

    /// A line of the log without the name of who has reported, where it holds one that is no user's own.
    private static func withheld(_ line: (seq: Int, entry: String, hash: String)) -> CaseMaterial.LogLine {
        guard case .object(var members)? = JSONValue(parsing: Array(line.entry.utf8)),
            case .object(var data)? = members["data"], let reporter = data["reporter"]?.text,
            reporter != members["by"]?.text
        else { return CaseMaterial.LogLine(seq: line.seq, entry: line.entry, hash: line.hash) }
        data["reporter"] = nil
        members["data"] = .object(data)
        return CaseMaterial.LogLine(
            seq: line.seq,
            entry: String(decoding: JSONValue.object(members).encoded, as: UTF8.self),
            hash: line.hash,
            isWithheld: true
        )
    }

    /// The curves of the sensors whose alarms belong to it, from half an hour before it happened to half an hour after.
    private static func curves(of alarms: [Alarm], _ services: ConsoleServices) async throws -> [CaseMaterial.Curve] {
        var curves: [CaseMaterial.Curve] = []
        for alarm in alarms where curves.count < mostCurves {
            guard let sensor = services.telemetry.sensor(alarm.source),
                !curves.contains(where: { $0.sensorId == sensor.id })
            else { continue }
            let page = try await services.telemetry.readings(
                sensorId: sensor.id,
                from: alarm.openedAt - .seconds(1800),
                to: (alarm.clearedAt ?? alarm.lastAt) + .seconds(1800),
                page: PageRequest(limit: 1000)
            )
            let points = try page.items.compactMap { reading -> CaseMaterial.Curve.Point? in
                let json = try JSONValue(encoding: reading)
                guard let at = json["occurredAt"]?.text.flatMap({ WallTime(rfc3339: $0) }),
                    let number = json["value"]?.double
                else { return nil }
                return CaseMaterial.Curve.Point(at: at, value: number)
            }
            curves.append(CaseMaterial.Curve(sensorId: sensor.id, name: sensor.name ?? sensor.id, points: points))
        }
        return curves
    }
}
