import Domain
import Foundation

/// `index.html` of a dossier: opens from the unpacked folder without any server, in Chinese and English, plays the clips
/// and lists every file with its hash.
struct DossierPage {
    let manifest: Manifest
    let job: ExportJob

    /// One text in both languages; the page shows one of them.
    func both(_ chinese: String, _ english: String) -> String {
        "<span lang=\"zh-CN\">\(Self.escaped(chinese))</span><span lang=\"en\">\(Self.escaped(english))</span>"
    }

    static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }

    /// Wall time in the site's zone, to the millisecond, with its offset.
    func time(_ microseconds: Int64) -> String {
        let zone = TimeZone(identifier: manifest.site.timeZone) ?? .gmt
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = zone
        formatter.dateFormat = "yyyy-MM-dd HH:mm:ss.SSS ZZZZZ"
        return formatter.string(from: Date(timeIntervalSince1970: Double(microseconds) / 1e6))
    }

    private func seconds(_ from: Int64, _ to: Int64) -> String { String(format: "%.3f s", Double(to - from) / 1e6) }

    var html: String {
        """
        <!doctype html>
        <html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
        <title>\(Self.escaped(manifest.title))</title>
        <style>
        body{font:15px/1.5 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif;max-width:60rem;margin:2rem auto;
        padding:0 1rem;color:#1a1f26;background:#fff}
        h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem;border-bottom:1px solid #ccd}
        table{border-collapse:collapse;width:100%}td,th{padding:.25rem .5rem;text-align:left;vertical-align:top;
        border-bottom:1px solid #e3e6ea}video,img{max-width:100%;background:#000}code{font-size:.8rem;word-break:break-all}
        .gap{color:#a33}figure{display:inline-block;width:31%;margin:0 1% 1rem 0;vertical-align:top}
        figcaption{font-size:.85rem}svg{width:100%;height:12rem;background:#f6f7f9}
        html[lang="en"] [lang="zh-CN"],html[lang="zh-CN"] [lang="en"]{display:none}
        @media print{button{display:none}}
        </style></head><body>
        <button type="button" onclick="var d=document.documentElement;d.lang=d.lang=='en'?'zh-CN':'en'">中文 / English</button>
        <h1>\(Self.escaped(manifest.title))</h1>
        \(facts)
        \(caseSection)
        \(manifest.items.map(section).joined())
        \(pictures)
        \(curves)
        \(files)
        </body></html>

        """
    }

    private var facts: String {
        var rows: [(String, String)] = [
            (both("单位", "Site"), Self.escaped(manifest.site.name)),
            (both("时区", "Time zone"), Self.escaped(manifest.site.timeZone)),
            (both("导出时间", "Exported at"), time(manifest.createdAt)),
            (both("导出人", "Exported by"), Self.escaped(manifest.createdBy)),
            (both("导出编号", "Export"), "<code>\(Self.escaped(manifest.exportId))</code>"),
        ]
        if let note = manifest.note { rows.append((both("备注", "Note"), Self.escaped(note))) }
        if let key = manifest.keys.last {
            rows.append((both("签名公钥", "Signing key"), "<code>\(key.keyId)</code>"))
        }
        rows.append(
            (
                both("核验", "To verify"),
                "<code>gridwatch verify . --key site-key.pem</code><br>"
                    + both(
                        "公钥请另行向该单位取得：文件夹里的公钥只能证明文件彼此一致。",
                        "Get the public key from the site itself: the one in this folder only shows that the files agree."
                    )
            )
        )
        return table(rows)
    }

    private func table(_ rows: [(String, String)]) -> String {
        "<table>" + rows.map { "<tr><th>\($0.0)</th><td>\($0.1)</td></tr>" }.joined() + "</table>"
    }

    private func section(_ item: Manifest.Item) -> String {
        let rows: [(String, String)] = [
            (both("要求的时段", "Range asked for"), "\(time(item.requested.from)) – \(time(item.requested.to))"),
            (
                both("交付的时段", "Range delivered"),
                item.delivered.isEmpty
                    ? both("无录像", "nothing recorded")
                    : item.delivered.map { "\(time($0.from)) – \(time($0.to))" }.joined(separator: "<br>")
            ),
            (
                both("缺失", "Gaps"),
                item.gaps.isEmpty
                    ? both("无", "none")
                    : item.gaps.map { gap in
                        let reason = Self.reason(gap.reason)
                        return
                            "<span class=\"gap\">\(time(gap.from)) – \(time(gap.to)) (\(seconds(gap.from, gap.to))): "
                            + "\(both(reason.0, reason.1))</span>"
                    }.joined(separator: "<br>")
            ),
            (both("信号源", "Source"), "<code>\(Self.escaped(item.source))</code>"),
        ]
        let clips = manifest.clips.filter { item.clips.contains($0.file) }
        return "<h2>\(Self.escaped(item.cameraName)) <code>\(Self.escaped(item.cameraId))</code></h2>"
            + table(rows) + clips.map(clip).joined()
    }

    private func clip(_ clip: Manifest.Clip) -> String {
        let signed = clip.segments.allSatisfy { $0.signed != nil }
        let name = Self.escaped(clip.file)
        var remarks = ""
        if !clip.codec.hasPrefix("avc") {
            remarks += both(
                "H.265：若浏览器不能播放，请用播放器打开该文件。",
                "H.265: where the browser can't play it, open the file with a player."
            )
        }
        if clip.audio == "alaw" || clip.audio == "ulaw" {
            remarks += both(
                "声音为 G.711（原始编码），浏览器不播放，播放器可以。",
                "The sound is G.711 as recorded: players play it, browsers don't."
            )
        }
        let jumps = clip.stretches.dropFirst().map { stretch in
            "<br>" + both("跳至", "jumps to") + " \(time(stretch.from)) @ \(String(format: "%.3f s", stretch.seconds))"
        }.joined()
        let state =
            signed
            ? both("每个片段都已签名", "every fragment is covered by a signature")
            : both("末尾尚未签名", "the end is not signed yet")
        return """
            <figure style="width:100%"><video controls preload="metadata" src="\(name)"></video>
            <figcaption>\(time(clip.from)) – \(time(clip.to)), \(clip.frames) \(both("帧", "frames")), \(clip.width)×\(clip.height),
            \(Self.escaped(clip.codec))\(jumps)<br>\(state) \(remarks)<br><code>\(name)</code></figcaption></figure>
            """
    }

    private var pictures: String {
        let shown = manifest.snapshots.filter { $0.occasion != "voice" }
        guard !shown.isEmpty else { return "" }
        let figures = shown.map { snapshot in
            let occasion = Self.occasions[snapshot.occasion] ?? (snapshot.occasion, snapshot.occasion)
            let camera = snapshot.cameraId.map { " \(Self.escaped($0))" } ?? ""
            let at = snapshot.at.map { "<br>\(time($0))" } ?? ""
            let title = snapshot.title.map { "<br>\(Self.escaped($0))" } ?? ""
            let name = Self.escaped(snapshot.file)
            return "<figure><a href=\"\(name)\"><img loading=\"lazy\" alt=\"\" src=\"\(name)\"></a>"
                + "<figcaption>\(both(occasion.0, occasion.1))\(camera)\(at)\(title)</figcaption></figure>"
        }
        return "<h2>\(both("图片", "Pictures"))</h2>" + figures.joined()
    }

    private static let occasions: [String: (String, String)] = [
        "start": ("开始", "start"), "middle": ("中间", "middle"), "end": ("结束", "end"),
        "bookmark": ("书签", "bookmark"), "alarm": ("告警", "alarm"), "case": ("案件图片", "case picture"),
        "report": ("上报图片", "picture of a report"),
    ]

    private static func reason(_ code: String) -> (String, String) {
        reasons[code] ?? (code, code)
    }

    private static let reasons: [String: (String, String)] = [
        "starting": ("尚未接通", "not connected yet"), "unauthorised": ("用户名或密码被拒绝", "refused user or password"),
        "unknownHost": ("找不到主机", "unknown host"), "refused": ("连接被拒绝", "connection refused"),
        "notAStream": ("不是视频流", "not a stream"), "timeout": ("超时", "timeout"),
        "closed": ("摄像机断开", "closed by the camera"), "noPackets": ("没有数据", "no packets"),
        "unsupportedCodec": ("编码不支持", "codec not supported"), "discontinuity": ("时间戳跳变", "timestamps jumped"),
        "sourceError": ("信号源故障", "source failed"), "disk": ("磁盘故障或已满", "disk full or failing"),
        "restart": ("录像程序重启", "recorder restarted"), "crash": ("录像程序中断", "recorder ended abruptly"),
        "power": ("断电", "power was cut"), "paused": ("人工停录", "recording was paused"),
        "notRecorded": ("没有录像", "not recorded"), "deleted": ("已按策略删除", "deleted by retention"),
    ]

    // MARK: - Case

    private var caseSection: String {
        guard let material = job.request.caseMaterial else { return "" }
        let rows = material.log.map { line -> String in
            let members = (try? JSONSerialization.jsonObject(with: Data(line.entry.utf8))) as? [String: Any] ?? [:]
            func text(_ key: String) -> String { Self.escaped((members[key] as? String) ?? "") }
            let action = CaseEntry.Kind(name: members["action"] as? String ?? "").map(DossierWords.entry)
            let state = CaseState(rawValue: members["to"] as? String ?? "").map(DossierWords.state)
            let data = members["data"] as? [String: Any] ?? [:]
            // What was said, and who or what it is about.
            let said = [
                members["note"], data["reason"], data["unit"], data["checkUnit"], data["collector"], data["committee"],
                data["centre"], data["intoNumber"], data["mergedNumber"], data["ticket"], data["orderUntil"],
            ].compactMap { $0 as? String }.map(Self.escaped).joined(separator: "<br>")
            return
                "<tr><td>\(line.seq)\(line.isWithheld == true ? "*" : "")</td><td>\(moment(text("at")))</td><td>\(text("by"))</td>"
                + "<td>\(action.map { both($0.chinese, $0.english) } ?? text("action"))</td>"
                + "<td>\(state.map { both($0.chinese, $0.english) } ?? text("to"))</td><td>\(said)</td>"
                + "<td><code>\(line.hash.prefix(16))…</code></td></tr>"
        }
        var members = (try? JSONSerialization.jsonObject(with: Data(material.facts.utf8))) as? [String: Any] ?? [:]
        members["filedAt"] = filedAt(material.log)
        let shown = [
            ("number", "案件编号", "Number"), ("className", "类别", "Class"), ("state", "状态", "State"),
            ("address", "地址", "Address"), ("cell", "单元网格", "Cell"), ("unitName", "处置单位", "Unit"),
            ("openedAt", "登记时间", "Opened"), ("filedAt", "立案时间", "Filed"), ("dueAt", "办理时限", "Due"),
            ("closedAt", "结束时间", "Ended"), ("description", "描述", "Description"),
        ].compactMap { key, chinese, english -> (String, String)? in
            guard let value = members[key], !(value is NSNull) else { return nil }
            if key == "state", let state = CaseState(rawValue: "\(value)").map(DossierWords.state) {
                return (both(chinese, english), both(state.chinese, state.english))
            }
            let text = Self.escaped("\(value)")
            return (both(chinese, english), key.hasSuffix("At") ? moment(text) : text)
        }
        return "<h2>\(both("案件", "Case"))</h2>" + table(shown)
            + limits(members) + coUnits(members) + reportSection(material) + alarmSection(material)
            + "<h2>\(both("处置记录", "Log"))</h2><table>" + rows.joined() + "</table>"
            + (material.log.contains { $0.isWithheld == true }
                ? "<p>"
                    + both(
                        "带 * 的条目隐去了上报人姓名，其哈希值为完整条目的哈希值。",
                        "Of entries with * the reporter's name is withheld; their hash is the whole entry's."
                    ) + "</p>" : "")
    }

    /// A time of the log or the case as the page shows all others.
    private func moment(_ text: String) -> String {
        WallTime(rfc3339: text).map { time($0.microseconds) } ?? text
    }

    /// When it last became a case: opened as one, or filed by an acceptor.
    private func filedAt(_ log: [CaseMaterial.LogLine]) -> String? {
        log.compactMap { line -> String? in
            let members = (try? JSONSerialization.jsonObject(with: Data(line.entry.utf8))) as? [String: Any] ?? [:]
            guard let action = members["action"] as? String, ["open", "file"].contains(action) else { return nil }
            return members["at"] as? String
        }.last
    }

    private var curves: String {
        (job.request.caseMaterial?.curves ?? []).filter { $0.points.count > 1 }.map { curve in
            let values = curve.points.map(\.value)
            let (low, high) = (values.min() ?? 0, values.max() ?? 1)
            let (start, end) = (
                curve.points.map(\.at.microseconds).min() ?? 0, curve.points.map(\.at.microseconds).max() ?? 1
            )
            let line = curve.points.map { point in
                let x = Double(point.at.microseconds - start) / Double(max(1, end - start)) * 1000
                let y = 190 - (point.value - low) / max(1e-9, high - low) * 180
                return String(format: "%.1f,%.1f", x, y)
            }.joined(separator: " ")
            return """
                <h2>\(Self.escaped(curve.name)) <code>\(Self.escaped(curve.sensorId))</code></h2>
                <svg viewBox="0 0 1000 200" preserveAspectRatio="none"><polyline fill="none" stroke="#07c" stroke-width="2"
                vector-effect="non-scaling-stroke" points="\(line)"/></svg>
                <p>\(time(start)) – \(time(end)); \(low) … \(high)</p>
                """
        }.joined()
    }

    private var files: String {
        let listed = manifest.files.map {
            "<tr><td><a href=\"\(Self.escaped($0.name))\">\(Self.escaped($0.name))</a></td><td>\($0.bytes)</td>"
                + "<td><code>\($0.sha256)</code></td></tr>"
        }
        return "<h2>\(both("文件与 SHA-256", "Files and SHA-256"))</h2><table>" + listed.joined() + "</table>"
    }
}
