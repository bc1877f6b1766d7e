import Archive
import Cases
import Domain
import Foundation
import HTTPTypes
import Store
import TestSupport
import Testing

@testable import Console

private let clipName = "parking_lot_daylight_15fps.mp4"

@Suite("exports and evidence over HTTP", .enabled(if: SharedData.video(clipName) != nil, "no shared clips here"))
struct ExportRouteTests {
    private func finished(
        _ id: String,
        in world: ConsoleWorld,
        as who: String = "monitor"
    ) async throws -> JSONValue {
        let running = Task { await world.archive.exports.run(in: world.archive) }
        defer { running.cancel() }
        while true {
            let reply = try await world.ask(.get, "/api/v1/exports/\(id)", as: who)
            guard reply.status == 200, ["queued", "running"].contains(reply.json["state"]?.text) else {
                return reply.json
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    @Test("a dossier is asked for, made, resumed, verified, logged and deleted")
    func dossier() async throws {
        let world = try await ConsoleWorld()
        let (from, to) = try await world.record(clipName)
        let body =
            #"{"title": "夜市", "format": "dossier", "note": "n", "audio": true, "items": [{"cameraId": "gate", "from": "\#(from.rfc3339)", "to": "\#(to.rfc3339)"}]}"#
        let asked = try await world.ask(.post, "/api/v1/exports", as: "monitor", body)
        #expect(asked.status == 202)
        let id = try #require(asked.json["id"]?.text)
        let done = try await finished(id, in: world)
        #expect(done["state"] == "done", "\(done)")
        #expect(done["by"] == "monitor")
        let url = try #require(done["url"]?.text)
        let whole = try await world.ask(.get, url, as: "leader")
        #expect(whole.status == 200)
        #expect(whole.headers[.contentType] == "application/zip")
        #expect(done["bytes"]?.double == Double(whole.bytes.count))
        // A broken download goes on where it stopped.
        let tag = try #require(whole.headers[.eTag])
        let rest = try await world.ask(
            .get,
            url,
            as: "leader",
            headers: [.range: "bytes=1000-", .ifRange: tag]
        )
        #expect(rest.status == 206)
        #expect(rest.bytes == Array(whole.bytes.dropFirst(1000)))
        for file in done["files"]?.elements ?? [] {
            let part = try await world.ask(.get, try #require(file["url"]?.text), as: "monitor")
            #expect(part.status == 200, "\(file)")
            #expect(file["bytes"]?.double == Double(part.bytes.count))
        }
        let zip = world.folder.appending(path: "download.zip")
        try Data(whole.bytes).write(to: zip)
        let key = try await world.ask(.get, "/api/v1/evidence/key.pem", as: "viewer")
        let report = try EvidenceVerifier.verify(path: zip.path, pem: key.text)
        #expect(report.isIntact, "\(report.findings)")
        #expect(try await world.ask(.get, "/api/v1/evidence/key", as: "viewer").json["keyId"]?.text == report.keyId)
        // Nothing of the source's password is anywhere in it.
        #expect(!String(decoding: whole.bytes, as: Unicode.ASCII.self).contains("s3cret"))

        let signed = try await world.ask(
            .get,
            "/api/v1/cameras/gate/signatures?from=\(from.rfc3339)&to=\(to.rfc3339)",
            as: "leader"
        )
        #expect(signed.json["items"]?.elements?.isEmpty == false)

        let log = try await world.ask(.get, "/api/v1/audit?subject=export:\(id)", as: "admin")
        let actions = log.json["items"]?.elements?.compactMap { $0["action"]?.text } ?? []
        #expect(actions.filter { $0 == "download" }.count == 1 + (done["files"]?.elements?.count ?? 0))
        #expect(actions.last == "export")
        let byCamera = try await world.ask(.get, "/api/v1/audit?subject=gate&action=export", as: "admin")
        #expect(byCamera.json["items"]?.elements?.first?["data"]?["from"]?.text == from.rfc3339)
        let finding = try await world.ask(.get, "/api/v1/audit/verify", as: "leader")
        #expect(finding.json["ok"] == true)

        #expect(try await world.ask(.delete, "/api/v1/exports/\(id)", as: "admin").status == 204)
        #expect(try await world.ask(.get, url, as: "monitor").status == 404)
    }

    @Test("a cancelled export has nothing to download, and only its owner or an admin cancels it")
    func cancelled() async throws {
        let world = try await ConsoleWorld()
        let (from, to) = try await world.record(clipName)
        let body =
            #"{"title": "t", "format": "clip", "items": [{"cameraId": "gate", "from": "\#(from.rfc3339)", "to": "\#(to.rfc3339)"}]}"#
        let id = try #require(try await world.ask(.post, "/api/v1/exports", as: "monitor", body).json["id"]?.text)
        let path = "/api/v1/exports/\(id)"
        for role in ["leader", "viewer"] {
            #expect(try await world.ask(.post, "\(path)/cancel", as: role).status == 403, "\(role)")
        }
        #expect(try await world.ask(.get, "\(path)/file", as: "monitor").status == 404, "not done yet")
        let reply = try await world.ask(.post, "\(path)/cancel", as: "admin")
        #expect(reply.status == 200 && reply.json["state"] == "cancelled")
        #expect(reply.json["url"] == .null && reply.json["files"]?.elements?.isEmpty == true)
        let left = try await finished(id, in: world)
        #expect(left["state"] == "cancelled", "the queue leaves it alone")
        for name in ["file", "files/manifest.json"] {
            #expect(try await world.ask(.get, "\(path)/\(name)", as: "monitor").status == 404)
        }
        let log = try await world.ask(.get, "/api/v1/audit?subject=export:\(id)&action=cancelExport", as: "admin")
        #expect(log.json["items"]?.elements?.first?["by"] == "admin")
        #expect(try await world.ask(.delete, path, as: "monitor").status == 204)
        #expect(try await world.ask(.get, path, as: "monitor").status == 404)
    }

    @Test("a case's dossier holds its facts, its log and its clip")
    func caseDossier() async throws {
        let world = try await ConsoleWorld()
        let (from, to) = try await world.record(clipName)
        let value = try await world.reportCase()
        try await world.cases.attach(
            caseId: value.id,
            clip: CaseClip(cameraId: "gate", from: from + .seconds(2), to: min(to, from + .seconds(8)), holdId: nil)
        )
        let asked = try await world.ask(.post, "/api/v1/cases/\(value.id)/dossier", as: "leader")
        #expect(asked.status == 202, "\(asked.text)")
        #expect(asked.json["caseId"]?.text == value.id)
        let done = try await finished(try #require(asked.json["id"]?.text), in: world, as: "leader")
        #expect(done["state"] == "done", "\(done)")
        let names = done["files"]?.elements?.compactMap { $0["name"]?.text } ?? []
        #expect(names.contains("case/case.json"))
        #expect(names.contains { $0.hasPrefix("clips/gate-") })
        let zip = world.folder.appending(path: "case.zip")
        let url = try #require(done["url"]?.text)
        try Data(try await world.ask(.get, url, as: "leader").bytes).write(to: zip)
        let report = try EvidenceVerifier.verify(path: zip.path)
        #expect(report.isIntact, "\(report.findings)")
        // The page's times are all the site's own, as its head says, and opening isn't called filing.
        let page = try await world.ask(.get, url.replacing("/file", with: "/files/index.html"), as: "leader").text
        #expect(page.contains("登记时间"))
        #expect(!page.contains("立案时间"), "it was reported and not filed yet")
        let opened = value.openedAt.rfc3339
        #expect(!page.contains(opened), "as UTC")
        #expect(page.components(separatedBy: " +08:00</td>").count > 3)
    }

    @Test("who looks is noted once, who fails to sign in each time")
    func views() async throws {
        let world = try await ConsoleWorld()
        for _ in 0..<3 { _ = try await world.ask(.get, "/api/v1/cameras/gate/snapshot.jpg", as: "viewer") }
        for _ in 0..<2 {
            _ = try await world.ask(.post, "/api/v1/session", as: nil, #"{"name": "viewer", "password": "wrong one"}"#)
        }
        let items = try await world.ask(.get, "/api/v1/audit", as: "admin").json["items"]?.elements ?? []
        #expect(items.compactMap { $0["action"]?.text } == ["signInFailed", "signInFailed", "viewSnapshot"])
        #expect(items.last?["by"] == "viewer")
        #expect(items.last?["subject"]?["id"] == "gate")
        let bad = try await world.ask(.get, "/api/v1/audit?cursor=x", as: "admin")
        #expect(bad.status == 422)
    }

    @Test("a key is changed by admins, and the old one is named")
    func rotation() async throws {
        let world = try await ConsoleWorld()
        let first = try await world.ask(.get, "/api/v1/evidence/key").json
        let second = try await world.ask(.post, "/api/v1/evidence/key/rotate").json
        #expect(second["keyId"] != first["keyId"])
        #expect(second["previous"]?.elements?.first?["keyId"] == first["keyId"])
        let log = try await world.ask(.get, "/api/v1/audit?action=keyRotated").json["items"]?.elements
        #expect(log?.first?["subject"]?["id"] == second["keyId"])
    }

    @Test("only those who may see exports hear of them")
    func feed() async throws {
        let change = Change(topic: .export, json: [])
        for role in Role.allCases {
            let user = User(name: "u", displayName: "u", role: role, unit: nil, language: nil, createdAt: .epoch)
            #expect(EventStream.shows(change, to: user) == [.monitor, .leader, .admin].contains(role))
        }
    }
}
