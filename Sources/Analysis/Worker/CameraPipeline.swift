package import Domain
import FrameKernels
import Media

/// One camera in the worker: packets → pictures → small luma planes → judgement.
///
/// A class because it holds decoders; one thread uses it. For whoever asks it keeps the last key frame, or the last
/// picture between two.
package final class CameraPipeline {
    /// The longer side of the planes that are judged, in pixels.
    static let longestSide = 320

    private enum Latest {
        /// Decoded again when it is asked for: a packet takes a twentieth of its picture.
        case key(SampledPacket)
        case picture(PictureSource.Picture)
    }

    private let choice: DecoderChoice
    private var camera: AnalysedCamera
    private var source: PictureSource?
    private var latest: Latest?
    private var scaler: AreaDownscale?
    private var plane: [UInt8] = []
    private var judge: SceneJudge?
    private var newRun = true
    private var activity = ActivityCollector()
    private var lastLook = ContinuousClock.now

    /// - Parameter choice: of the decoders, shared by the cameras of a worker.
    package init(camera: AnalysedCamera, choice: DecoderChoice = DecoderChoice()) {
        self.camera = camera
        self.choice = choice
    }

    /// Takes new zones and rules; what had begun by the old ones ends.
    func configure(_ camera: AnalysedCamera) -> [(WorkerReply, [UInt8])] {
        guard camera != self.camera else { return [] }
        let ends = finish()
        self.camera = camera
        return ends
    }

    /// Ends everything that has begun.
    func finish() -> [(WorkerReply, [UInt8])] {
        let ends = judge?.finish() ?? []
        judge = nil
        return ends.map { (.observation($0), []) } + reply(activity.flush())
    }

    /// Gives the window out that no later picture would end, because none has come for a while.
    func flushActivity(now: ContinuousClock.Instant) -> [(WorkerReply, [UInt8])] {
        now - lastLook >= ActivityCollector.length ? reply(activity.flush()) : []
    }

    private func reply(_ window: ActivityWindow?) -> [(WorkerReply, [UInt8])] {
        guard let window else { return [] }
        return [(.activity(cameraId: camera.id, window: window), [])]
    }

    /// A new run: other decoders, the same knowledge of the scene.
    package func beginRun(codec: String, extradata: [UInt8], width: Int, height: Int) {
        // A stream that no decoder opens for gives no pictures; its packets are counted as failed.
        let wish = DecoderWish(
            codec: VideoCodec(rawValue: codec) ?? .other,
            extradata: extradata,
            width: width,
            height: height,
            keyFramesOnly: false
        )
        source = try? PictureSource(wish, choice: choice)
        // Its decoder is gone.
        if case .key = latest { latest = nil }
        newRun = true
    }

    /// Decodes and judges a packet.
    package func take(_ packet: SampledPacket, _ statistics: inout WorkerStatistics) -> [(WorkerReply, [UInt8])] {
        guard source != nil else {
            statistics.failed += 1
            return []
        }
        var pictures: [PictureSource.Picture] = []
        do throws(MediaError) {
            pictures = try source?.take(packet) ?? []
        } catch {
            statistics.failed += 1
        }
        var replies: [(WorkerReply, [UInt8])] = []
        var looks: [PictureLook] = []
        for picture in pictures {
            statistics.decoded += 1
            latest = packet.isKey && picture.frame.ptsTicks == packet.ticks ? .key(packet) : .picture(picture)
            var jpeg: [UInt8]?
            for observation in look(at: picture) {
                var payload: [UInt8] = []
                if observation.phase == .begin {
                    payload = jpeg ?? (try? picture.frame.jpeg(maximumWidth: nil, quality: 80)) ?? []
                    jpeg = payload
                }
                replies.append((.observation(observation), payload))
            }
            if let isMoving = judge?.isMoving {
                looks.append(PictureLook(mediaTicks: picture.frame.ptsTicks, isMoving: isMoving))
            }
            if let moved = judge?.moved {
                lastLook = ContinuousClock.now
                replies += reply(activity.add(moved, at: picture.at))
            }
        }
        if !looks.isEmpty { replies.append((.looked(cameraId: camera.id, looks: looks), [])) }
        return replies
    }

    /// The latest picture as JPEG with its time, if there is one.
    func picture() -> (jpeg: [UInt8], at: WallTime)? {
        let picture: (frame: DecodedFrame?, at: WallTime)
        switch latest {
        case .key(let packet): picture = (source?.again(packet), packet.at)
        case .picture(let kept): picture = (kept.frame, kept.at)
        case nil: return nil
        }
        guard let jpeg = try? picture.frame?.jpeg(maximumWidth: nil, quality: 80) else { return nil }
        return (jpeg, picture.at)
    }

    private func look(at picture: PictureSource.Picture) -> [Observation] {
        guard !camera.zones.isEmpty || camera.activity == true else { return [] }
        let frame = picture.frame
        let size = PlaneSize(width: frame.width, height: frame.height)
        var ends: [Observation] = []
        if scaler?.source != size {
            guard let new = AreaDownscale(from: size, to: size.fitting(longest: Self.longestSide)) else { return [] }
            scaler = new
            if judge?.size != new.target {
                ends = judge?.finish() ?? []
                judge = nil
                plane = [UInt8](repeating: 0, count: new.target.pixels)
            }
        }
        guard let target = scaler?.target else { return ends }
        if judge == nil { judge = SceneJudge(camera: camera, size: target) }
        if newRun {
            judge?.beginRun()
            newRun = false
        }
        let isShrunk = frame.withLuma { luma, stride in
            var small = plane.mutableSpan
            return scaler?.shrink(luma, stride: stride, into: &small) ?? false
        }
        guard isShrunk else { return ends }
        let shrunk = plane
        let found = judge?.judge(shrunk.span, ticks: frame.ptsTicks, at: picture.at) ?? []
        return ends.isEmpty ? found : ends + found
    }
}
