package import Domain
import Foundation
import Logging
import Media
import Recording
import Store

extension ExportMaker {
    /// Lines of the audit log about the cameras in the ranges and about this export, newest last.
    func auditLines() async throws -> [Manifest.AuditLine] {
        let repository = AuditRepository(archive.database)
        var found: [Int: StoredAuditEntry] = [:]
        for id in Set(job.items.map(\.cameraId) + [job.id]) {
            for line in try await repository.list(AuditFilter(subject: id), before: nil, limit: 200) {
                found[line.seq] = line
            }
        }
        let latest = try await repository.list(AuditFilter(), before: nil, limit: 2000)
        for line in latest where found[line.seq] == nil {
            guard let entry = AuditChain.entry(line), let camera = entry.data["cameraId"] else { continue }
            let from = entry.data["from"].flatMap { WallTime(rfc3339: $0) }
            let to = entry.data["to"].flatMap { WallTime(rfc3339: $0) }
            let touches = job.items.contains { item in
                item.cameraId == camera && (from.map { $0 < item.to } ?? true) && (to.map { $0 > item.from } ?? true)
            }
            if touches { found[line.seq] = line }
        }
        var lines: [Manifest.AuditLine] = []
        for line in found.values.sorted(by: { $0.seq < $1.seq }) {
            let previous =
                line.seq == 1
                ? AuditChain.origin : try await repository.lines(from: line.seq - 1, limit: 1).first?.hash ?? "-"
            lines.append(Manifest.AuditLine(entry: line.entry, previous: previous, hash: line.hash))
        }
        return lines
    }

    // MARK: - Pictures and case

    /// Pictures from the beginning, middle and end of each item and from what is marked in it; at most 40 for each.
    mutating func addSnapshots(to bundle: ExportBundle, _ manifest: inout Manifest) async throws {
        for item in job.items {
            guard let first = item.delivered.first, let last = item.delivered.last else { continue }
            let middle = first.from + .microseconds((last.to - first.from).microseconds / 2)
            var moments = [
                ExportMark(at: first.from, occasion: "start"), ExportMark(at: middle, occasion: "middle"),
                ExportMark(at: last.to - .milliseconds(1), occasion: "end"),
            ]
            for bookmark in try await archive.bookmarks(cameraId: item.cameraId, from: item.from, to: item.to)
            where bookmark.from >= first.from && bookmark.from < last.to {
                moments.append(ExportMark(at: bookmark.from, occasion: "bookmark", title: bookmark.title))
            }
            moments += await archive.hooks.marks(item.cameraId, item.from, item.to).filter {
                $0.at >= first.from && $0.at < last.to
            }
            for moment in moments.prefix(40) {
                if guardian.isCancelled { throw CancellationError() }
                let jpeg: [UInt8]
                do {
                    jpeg = try await archive.picture(cameraId: item.cameraId, at: moment.at, maximumWidth: 1920)
                } catch let error as ArchiveError where [.noPicture, .renderFailed, .busy].contains(error.code) {
                    archive.logger.warning(
                        "export.noPicture",
                        metadata: ["camera.id": "\(item.cameraId)", "error": "\(error)"]
                    )
                    continue
                }
                let stamp = moment.at.rfc3339.filter { $0 != "-" && $0 != ":" }.prefix(15)
                let name = bundle.free("snapshots/\(item.cameraId)-\(stamp)Z-\(moment.occasion).jpg")
                try await keep(jpeg, as: name, bundle)
                manifest.snapshots.append(
                    Manifest.Snapshot(
                        file: name,
                        cameraId: item.cameraId,
                        at: moment.at.microseconds,
                        occasion: moment.occasion,
                        title: moment.title
                    )
                )
            }
        }
    }

    /// The case's facts, log, pictures and curves.
    mutating func addCase(to bundle: ExportBundle, _ manifest: inout Manifest) async throws {
        guard let material = job.request.caseMaterial else { return }
        manifest.caseFile = Manifest.CaseFile(
            caseId: material.caseId,
            number: material.number,
            log: material.log
        )
        try await keep(Array(material.facts.utf8), as: "case/case.json", bundle)
        var tickets: [String: String] = [:]
        for report in material.reports ?? [] {
            for id in report.photos + report.voices where tickets[id] == nil { tickets[id] = report.ticket }
        }
        let pictures = material.attachments.map { (id: $0, isVoice: false) }
        let voices = (material.reports ?? []).flatMap(\.voices).map { (id: $0, isVoice: true) }
        for (id, isVoice) in pictures + voices {
            do {
                let (attachment, bytes) = try await archive.attachment(id: id)
                let suffix = AttachmentType(rawValue: attachment.mediaType)?.fileSuffix ?? "bin"
                let name = bundle.free(isVoice ? "voices/\(id).\(suffix)" : "snapshots/case-\(id).\(suffix)")
                try await keep(bytes, as: name, bundle)
                manifest.snapshots.append(
                    Manifest.Snapshot(
                        file: name,
                        cameraId: nil,
                        at: attachment.createdAt.microseconds,
                        occasion: isVoice ? "voice" : tickets[id] == nil ? "case" : "report",
                        title: tickets[id]
                    )
                )
            } catch let error as ArchiveError where error.code == .notFound {
                archive.logger.warning("export.noAttachment", metadata: ["attachment": "\(id)"])
            }
        }
        for curve in material.curves {
            var text = "time,value\r\n"
            for point in curve.points { text += "\(point.at.rfc3339),\(point.value)\r\n" }
            try await keep(Array(text.utf8), as: bundle.free("sensors/\(curve.sensorId).csv"), bundle)
        }
    }

    private func keep(_ bytes: [UInt8], as name: String, _ bundle: ExportBundle) async throws {
        let watch = guardian
        try await archive.exports.threads.run { try bundle.add(bytes, as: name, watch) }
    }
}

/// A moment in a range of which a dossier shows a picture.
package struct ExportMark: Sendable, Hashable {
    package var at: WallTime
    /// `start`, `middle`, `end`, `bookmark`, `alarm`.
    package var occasion: String
    package var title: String?

    package init(at: WallTime, occasion: String, title: String? = nil) {
        self.at = at
        self.occasion = occasion
        self.title = title
    }
}
