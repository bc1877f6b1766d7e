import Domain
import Foundation
import Logging
import Recording
import Store

extension Archive {
    /// A manifest names its site.
    var siteFacts: Manifest.SiteFacts {
        Manifest.SiteFacts(name: settings.site?.name ?? "-", timeZone: settings.site?.timeZone ?? "UTC")
    }

    /// Writes a signed manifest behind a finished clip (see `ProofBox`). The same clip made again gets the same bytes as
    /// long as the key is the same, so that a download can be taken up again.
    ///
    /// - Returns: how many bytes that are, and the manifest's hash; nil when the site can't sign: the clip is good without.
    func attachProof(
        to file: (url: URL, bytes: Int, payloadStart: Int),
        _ content: ClipContent,
        _ name: String,
        _ cameraId: String,
        _ from: WallTime,
        _ to: WallTime,
        _ timeline: Timeline
    ) async -> (bytes: Int, hash: String)? {
        do {
            // Signatures are made once a minute; what was recorded a moment ago shall be covered too.
            if to + .seconds(120) > clock.now() { try await signer.sign() }
            let header = try await clipThreads.run {
                try RecordingFileReader.read(file.url.path, offset: 0, count: file.payloadStart)
            }
            let clip = try await ClipProof(signer: signer, threads: clipThreads).proof(
                of: content,
                file: name,
                cameraId: cameraId,
                payloadStart: file.payloadStart,
                headerHash: ContentHash(of: header).description
            )
            let item = Manifest.Item(
                camera: settings.site?.cameras.first { $0.id == cameraId },
                cameraId: cameraId,
                requested: Manifest.Range(from: from.microseconds, to: to.microseconds),
                delivered: clip.stretches.map { Manifest.Range(from: $0.from, to: $0.to) },
                gaps: timeline.gaps.map {
                    Manifest.Gap(
                        from: $0.from.microseconds,
                        to: $0.to.microseconds,
                        reason: $0.reason.rawValue,
                        detail: $0.detail
                    )
                },
                clips: [name]
            )
            let manifest = Manifest(
                software: settings.software,
                site: siteFacts,
                exportId: "clip",
                title: name,
                note: nil,
                createdBy: "-",
                createdAt: content.to.microseconds,
                items: [item],
                clips: [clip],
                snapshots: [],
                files: [],
                caseFile: nil,
                audit: [],
                keys: signer.keys.history
            )
            guard let sealed = try ManifestEnvelope.seal(manifest, with: signer.keys),
                let box = ProofBox.bytes(of: sealed)
            else { return nil }
            try await clipThreads.run {
                let handle = try FileHandle(forWritingTo: file.url)
                defer { try? handle.close() }
                try handle.seekToEnd()
                do {
                    try handle.write(contentsOf: box)
                } catch {
                    try? handle.truncate(atOffset: UInt64(file.bytes))
                    throw error
                }
            }
            return (box.count, ContentHash(of: sealed).description)
        } catch {
            logger.warning("clip.noProof", metadata: ["camera.id": "\(cameraId)", "error": "\(error)"])
            return nil
        }
    }
}
