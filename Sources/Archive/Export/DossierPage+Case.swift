import Domain
import Foundation

/// What of a case stands in tables: its limits, the units that take part, its reports and alarms.
extension DossierPage {
    private func rows(_ heads: [(String, String)], _ lines: [[String]]) -> String {
        "<table><tr>" + heads.map { "<th>\(both($0.0, $0.1))</th>" }.joined() + "</tr>"
            + lines.map { "<tr>" + $0.map { "<td>\($0)</td>" }.joined() + "</tr>" }.joined() + "</table>"
    }

    /// A time as the API gives it.
    private func time(_ value: Any?) -> String {
        (value as? String).flatMap { WallTime(rfc3339: $0) }.map { time($0.microseconds) } ?? "–"
    }

    func limits(_ facts: [String: Any]) -> String {
        let timers = facts["timers"] as? [[String: Any]] ?? []
        guard !timers.isEmpty else { return "" }
        return "<h2>\(both("时限", "Limits"))</h2>"
            + rows(
                [
                    ("阶段", "Phase"), ("时限", "Limit"), ("开始", "From"), ("到期", "Due"), ("完成", "Met"),
                    ("暂停次数", "Pauses"),
                ],
                timers.map { timer in
                    let phase = TimedPhase.Phase(rawValue: timer["phase"] as? String ?? "").map(DossierWords.phase)
                    return [
                        phase.map { both($0.chinese, $0.english) } ?? "–", limit(timer["limit"]),
                        time(timer["startedAt"]), time(timer["dueAt"]), time(timer["metAt"]),
                        "\((timer["pauses"] as? [Any])?.count ?? 0)",
                    ]
                }
            )
    }

    private func limit(_ value: Any?) -> String {
        guard let members = value as? [String: Any], let number = members["value"] else { return "–" }
        let unit = TimeLimit.Unit(rawValue: members["unit"] as? String ?? "").map(DossierWords.unit)
        return "\(number) " + (unit.map { both($0.chinese, $0.english) } ?? "")
    }

    func coUnits(_ facts: [String: Any]) -> String {
        let units = facts["coUnits"] as? [[String: Any]] ?? []
        guard !units.isEmpty else { return "" }
        return "<h2>\(both("联动单位", "Units that take part"))</h2>"
            + rows(
                [("单位", "Unit"), ("状态", "State"), ("到期", "Due")],
                units.map { unit in
                    let state = CaseState(rawValue: unit["state"] as? String ?? "").map(DossierWords.state)
                    let last = (unit["timers"] as? [[String: Any]])?.last
                    return [
                        Self.escaped(unit["unit"] as? String ?? "–"), state.map { both($0.chinese, $0.english) } ?? "–",
                        time(last?["dueAt"]),
                    ]
                }
            )
    }

    func reportSection(_ material: CaseMaterial) -> String {
        let reports = material.reports ?? []
        guard !reports.isEmpty else { return "" }
        var heads = [
            ("回执号", "Ticket"), ("渠道", "Channel"), ("发生时间", "Happened"), ("受理时间", "Received"),
            ("内容", "Words"), ("附件", "Attachments"),
        ]
        if material.holdsPersons == true { heads.append(("上报人", "Reporter")) }
        let lines = reports.map { report in
            var cells = [
                Self.escaped(report.ticket), both(report.channel, report.channelEn),
                time(report.happenedAt.microseconds), time(report.receivedAt.microseconds),
                [report.address, report.description].compactMap(\.self).map(Self.escaped).joined(separator: "<br>"),
                media(of: report.ticket),
            ]
            if material.holdsPersons == true {
                cells.append(
                    [report.reporter, report.contact].compactMap(\.self).map(Self.escaped).joined(separator: "<br>")
                )
            }
            return cells
        }
        return "<h2>\(both("上报", "Reports"))</h2>" + rows(heads, lines)
    }

    /// The files of a report; voice notes play where the browser can.
    private func media(of ticket: String) -> String {
        manifest.snapshots.filter { $0.title == ticket && ["report", "voice"].contains($0.occasion) }.map { file in
            let name = Self.escaped(file.file)
            let player =
                file.occasion == "voice" ? "<audio controls preload=\"none\" src=\"\(name)\"></audio><br>" : ""
            return player + "<a href=\"\(name)\">\(name)</a>"
        }.joined(separator: "<br>")
    }

    func alarmSection(_ material: CaseMaterial) -> String {
        let alarms = material.alarms ?? []
        guard !alarms.isEmpty else { return "" }
        return "<h2>\(both("告警", "Alarms"))</h2>"
            + rows(
                [("来源", "Source"), ("类型", "Kind"), ("开始", "Opened"), ("结束", "Cleared"), ("编号", "Id")],
                alarms.map { alarm in
                    [
                        Self.escaped(alarm.source), Self.escaped(alarm.kind), time(alarm.openedAt.microseconds),
                        alarm.clearedAt.map { time($0.microseconds) } ?? "–", "<code>\(Self.escaped(alarm.id))</code>",
                    ]
                }
            )
    }
}
