import CLinux
import Crypto
import Domain
import Foundation
import Media
import Recording
import Store
import Synchronization

/// Makes the files of one export in `DIR/exports/<id>/`.
///
/// Clips go into the archive one by one, so that beside it there is never more than one of them; media is copied fragment
/// by fragment. Everything that blocks runs on the archive's threads.
struct ExportMaker {
    let archive: Archive
    let folder: URL
    let guardian: ExportGuard
    var job: ExportJob

    /// A longer range becomes several clips: what a clip needs in memory grows with its frames.
    private static let longestClip = Duration.seconds(2 * 3600)
    /// Room for what is no media: pictures, page, manifest.
    private static let sparePerItem = 32 << 20

    init(archive: Archive, job: ExportJob, guardian: ExportGuard) {
        self.archive = archive
        self.job = job
        self.guardian = guardian
        folder = archive.exports.folder(job.id)
    }

    /// Makes everything anew.
    ///
    /// - Returns: the job as it is when done.
    /// - Throws: `ArchiveError`, `StoreError`, `CancellationError`.
    mutating func make() async throws -> ExportJob {
        let folder = folder
        try await BlockingWork.shared.run {
            try? FileManager.default.removeItem(at: folder)
            try FileManager.default.createDirectory(
                at: folder,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        }
        // What is exported should be signed, also when it was recorded a second ago.
        try await archive.signer.sign()
        let planned = try await plan()
        let bundle = ExportBundle(
            folder: folder,
            // Of one range there is probably one clip, and that is given as it is.
            archiveName: job.request.format == .clip && job.items.count == 1 ? nil : Self.archiveName(job),
            time: job.createdAt
        )
        var manifest = try await manifest()
        for (index, found) in planned.enumerated() {
            try await addClips(of: found, to: bundle, item: index, &manifest)
        }
        guard !manifest.clips.isEmpty || job.request.caseMaterial != nil else {
            throw ArchiveError(.nothingRecorded, "nothing of these ranges is recorded")
        }
        if job.request.format == .dossier {
            try await addSnapshots(to: bundle, &manifest)
            try await addCase(to: bundle, &manifest)
        }
        manifest.audit = try await auditLines()
        try await finish(bundle, manifest)
        return job
    }

    // MARK: - Planning

    /// What is on disk of one item.
    private struct Found {
        var cameraId: String
        var segments: [Segment]
        var timeline: Timeline
        var from: WallTime
        var to: WallTime
    }

    private mutating func plan() async throws -> [Found] {
        var planned: [Found] = []
        var bytes = 0
        for (index, item) in job.items.enumerated() {
            let (segments, timeline) = try await archive.material(item.cameraId, item.from, item.to)
            job.items[index].gaps = timeline.gaps.map {
                ExportJob.Gap(from: $0.from, to: $0.to, reason: $0.reason, detail: $0.detail)
            }
            for segment in segments {
                let length = max(1, (segment.to - segment.from).seconds)
                let part = (min(segment.to, item.to) - max(segment.from, item.from)).seconds + 10
                bytes += Int(Double(segment.bytes) * min(1, part / length))
            }
            planned.append(
                Found(
                    cameraId: item.cameraId,
                    segments: segments,
                    timeline: timeline,
                    from: item.from,
                    to: item.to
                )
            )
        }
        try guardian.begin(expecting: bytes, spare: Self.sparePerItem * job.items.count)
        return planned
    }

    // MARK: - Clips

    private mutating func addClips(
        of found: Found,
        to bundle: ExportBundle,
        item: Int,
        _ manifest: inout Manifest
    ) async throws {
        let (layout, guardian, wantsAudio) = (archive.layout, archive.exports.threads, job.request.audio)
        let watch = self.guardian
        let folder = folder
        var start = found.from
        var number = 0
        while start < found.to {
            let from = start
            let to = min(found.to, from + Self.longestClip)
            start = to
            let rows = found.segments.filter { $0.from < to && $0.to > from }
            let groups = try await guardian.run { try Self.groups(rows, layout, audio: wantsAudio) }
            for group in groups {
                let content = try await guardian.run { () -> ClipContent? in
                    let plan = ClipPlan(segments: group, gaps: [], from: from, to: to)
                    guard !plan.pieces.isEmpty else { return nil }
                    do {
                        return try ClipMaker(folder: folder, isCancelled: { watch.isCancelled }).content(of: plan)
                    } catch let error as ArchiveError where error.code == .nothingRecorded {
                        return nil
                    }
                }
                guard let content else { continue }
                number += 1
                let name = bundle.free(
                    "clips/"
                        + ClipFile.name(
                            cameraId: found.cameraId,
                            from: content.from,
                            durationTicks: content.durationTicks
                        )
                )
                let made = try await guardian.run {
                    let maker = ClipMaker(
                        folder: folder,
                        isCancelled: { watch.isCancelled },
                        willWrite: { try watch.willWrite($0) }
                    )
                    let file = try maker.write(content)
                    let header = try RecordingFileReader.read(file.url.path, offset: 0, count: file.payloadStart)
                    try bundle.take(file.url, as: name, watch)
                    return (start: file.payloadStart, hash: ContentHash(of: header).description)
                }
                manifest.clips.append(
                    try await ClipProof(signer: archive.signer, threads: archive.exports.threads).proof(
                        of: content,
                        file: name,
                        cameraId: found.cameraId,
                        payloadStart: made.start,
                        headerHash: made.hash
                    )
                )
                job.items[item].clips.append(name)
                job.items[item].delivered += content.stretches.map { ExportJob.Span(from: $0.from, to: $0.to) }
            }
        }
        manifest.items.append(manifestItem(job.items[item]))
    }

    /// Segments that follow each other with the same parameters: each group makes one file.
    private static func groups(
        _ rows: [Segment],
        _ layout: RecordingLayout,
        audio: Bool
    ) throws -> [[(StoredSegment, StreamInfo)]] {
        var groups: [[(StoredSegment, StreamInfo)]] = []
        for (segment, info) in try Archive.stored(rows, layout) {
            var info = info
            if !audio { info.audio = nil }
            if let last = groups.last?.last?.1, last.isSameFormat(as: info), last.audio == info.audio {
                groups[groups.count - 1].append((segment, info))
            } else {
                groups.append([(segment, info)])
            }
        }
        return groups
    }

    private func manifestItem(_ item: ExportJob.Item) -> Manifest.Item {
        Manifest.Item(
            camera: archive.settings.site?.cameras.first { $0.id == item.cameraId },
            cameraId: item.cameraId,
            requested: Manifest.Range(from: item.from.microseconds, to: item.to.microseconds),
            delivered: item.delivered.map { Manifest.Range(from: $0.from.microseconds, to: $0.to.microseconds) },
            gaps: item.gaps.map {
                Manifest.Gap(
                    from: $0.from.microseconds,
                    to: $0.to.microseconds,
                    reason: $0.reason.rawValue,
                    detail: $0.detail
                )
            },
            clips: item.clips
        )
    }

    /// `rtsp://host:554/path`: neither user nor password, nor a query, which may hold either.
    static func withoutCredentials(_ source: String) -> String {
        let plain = source.prefix { $0 != "?" && $0 != "#" }
        guard let scheme = plain.range(of: "://") else { return "file" }
        let rest = plain[scheme.upperBound...]
        let authority = rest.prefix { $0 != "/" }
        let host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? authority
        return String(plain[..<scheme.upperBound]) + String(host) + String(rest.dropFirst(authority.count))
    }

    // MARK: - The rest

    private func manifest() async throws -> Manifest {
        Manifest(
            software: archive.settings.software,
            site: archive.siteFacts,
            exportId: job.id,
            title: job.request.title,
            note: job.request.note,
            createdBy: job.by,
            createdAt: job.createdAt.microseconds,
            items: [],
            clips: [],
            snapshots: [],
            files: [],
            caseFile: nil,
            audit: [],
            keys: archive.signer.keys.history
        )
    }

    private mutating func finish(_ bundle: ExportBundle, _ manifest: Manifest) async throws {
        let (keys, isDossier, watch) = (archive.signer.keys, job.request.format == .dossier, guardian)
        let name = Self.archiveName(job)
        // Several clips of one range: the streams' parameters changed in it.
        let isSingle = !isDossier && manifest.clips.count == 1
        let (prepared, job) = (manifest, job)
        (self.job.file, self.job.files) = try await archive.exports.threads.run {
            var draft = prepared
            if isSingle {
                bundle.flatten()
                // Without an archive there are no folders.
                for index in draft.clips.indices {
                    draft.clips[index].file = ExportBundle.looseName(draft.clips[index].file)
                }
                for index in draft.items.indices {
                    draft.items[index].clips = draft.items[index].clips.map(ExportBundle.looseName)
                }
            } else {
                try bundle.pack(name, watch)
            }
            draft.files = bundle.files.map { Manifest.File(name: $0.name, bytes: $0.bytes, sha256: $0.sha256) }
            if isDossier {
                try bundle.add(Array(DossierPage(manifest: draft, job: job).html.utf8), as: "index.html", watch)
            }
            if let pem = keys.current?.pem { try bundle.add(Array(pem.utf8), as: "site-key.pem", watch) }
            draft.files = bundle.files.map { Manifest.File(name: $0.name, bytes: $0.bytes, sha256: $0.sha256) }
            guard let sealed = try ManifestEnvelope.seal(draft, with: keys) else {
                throw ArchiveError(.io, "the site has no key to sign with")
            }
            // The one file that is downloaded can be checked without the others.
            if isSingle, let clip = draft.clips.first, let proof = ProofBox.bytes(of: sealed) {
                try bundle.append(proof, to: clip.file)
            }
            try bundle.add(sealed, as: "manifest.json", watch)
            return try bundle.finish()
        }
        guard isSingle else { return }
        for index in self.job.items.indices {
            self.job.items[index].clips = self.job.items[index].clips.map(ExportBundle.looseName)
        }
    }

    static func archiveName(_ job: ExportJob) -> String {
        let stamp = job.createdAt.rfc3339.filter { $0 != "-" && $0 != ":" }.prefix(15)
        let kind = job.request.format == .dossier ? "dossier" : "clips"
        let of: String =
            job.request.caseMaterial?.number
            ?? (Set(job.items.map(\.cameraId)).count == 1 ? job.items[0].cameraId : "site")
        return "\(kind)-\(of)-\(stamp)Z.zip"
    }
}
