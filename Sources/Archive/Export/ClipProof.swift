import Domain
import Foundation
import Media
import Recording
import Store

/// Collects what proves a clip: the chain of each of its segments up to a signed head.
struct ClipProof {
    let signer: HeadSigner
    /// Where what blocks runs.
    let threads: BlockingWork

    /// What the manifest says of a clip: the chain of each of its segments up to a signed head.
    func proof(
        of content: ClipContent,
        file: String,
        cameraId: String,
        payloadStart: Int,
        headerHash: String
    ) async throws -> Manifest.Clip {
        var segments: [Manifest.Segment] = []
        for index in content.segments.indices {
            let heads: [SignedHead]
            if let name = RecordingLayout.parse(relativeSegment: content.segments[index].row.path)?.name {
                heads = try await signer.heads(cameraId: cameraId, segment: name)
            } else {
                heads = []
            }
            segments.append(
                try await threads.run { try Self.segment(content, index, heads) }
            )
        }
        return Manifest.Clip(
            file: file,
            cameraId: cameraId,
            codec: content.info.codecString,
            audio: content.info.audio == nil ? nil : content.segments.first?.opened.audio?.codec,
            width: content.info.width,
            height: content.info.height,
            from: content.from.microseconds,
            to: content.to.microseconds,
            frames: content.frameCount,
            payloadStart: payloadStart,
            headerHash: headerHash,
            startTicks: content.startTicks,
            durationTicks: content.durationTicks,
            stretches: content.stretches.map {
                Manifest.Stretch(from: $0.from.microseconds, to: $0.to.microseconds, seconds: $0.seconds)
            },
            segments: segments
        )
    }

    /// - Parameter heads: signed heads of the segment, in the order in which they were signed.
    private static func segment(
        _ content: ClipContent,
        _ index: Int,
        _ heads: [SignedHead]
    ) throws -> Manifest.Segment {
        let segment = content.segments[index]
        let held = content.fragments.filter { $0.segment == index }
        let needed = (held.map(\.index).max() ?? -1) + 1
        // The first signature that covers all of them and that this chain leads to.
        var chain = segment.opened.chainStart
        var signed: SignedHead?
        for (number, record) in segment.fragments.enumerated() {
            chain = ContentHash(chaining: chain, record.moofHash, record.payloadHash)
            guard number + 1 >= needed else { continue }
            signed = heads.first { $0.fragments == number + 1 && $0.head == chain.description }
            if signed != nil { break }
        }
        let end = signed?.fragments ?? needed
        var fragments: [Manifest.Fragment] = []
        for (number, record) in segment.fragments.prefix(end).enumerated() {
            var fragment = Manifest.Fragment(
                moof: nil,
                moofHash: record.moofHash.description,
                payloadHash: record.payloadHash.description,
                bytes: nil
            )
            if let part = held.first(where: { $0.index == number }) {
                let moof = try RecordingFileReader.read(
                    segment.path,
                    offset: record.offset,
                    count: record.moofBytes
                )
                fragment.moof = Data(moof).base64EncodedString()
                fragment.moofHash = nil
                fragment.bytes = part.header.payloadBytes
            }
            fragments.append(fragment)
        }
        let name = RecordingLayout.parse(relativeSegment: segment.row.path)?.name.text ?? segment.row.path
        return Manifest.Segment(
            name: name,
            run: segment.opened.runId,
            clockOffset: segment.opened.clockOffsetMicros,
            initialisation: Data(try segment.initialisation()).base64EncodedString(),
            previousHead: segment.opened.previousHead?.description,
            fragments: fragments,
            signed: signed.map {
                Manifest.Head(
                    fragments: $0.fragments,
                    head: $0.head,
                    until: $0.until.microseconds,
                    at: $0.at.microseconds,
                    keyId: $0.keyId,
                    signature: $0.signature
                )
            }
        )
    }
}

extension Manifest.Item {
    init(
        camera: Camera?,
        cameraId: String,
        requested: Manifest.Range,
        delivered: [Manifest.Range],
        gaps: [Manifest.Gap],
        clips: [String]
    ) {
        self.init(
            cameraId: cameraId,
            cameraName: camera?.name ?? cameraId,
            source: camera.map { ExportMaker.withoutCredentials($0.source) } ?? "-",
            requested: requested,
            delivered: delivered,
            gaps: gaps,
            clips: clips
        )
    }
}
