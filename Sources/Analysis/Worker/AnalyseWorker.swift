import Domain
import Foundation

/// The `analyse` role: packets in, observations and pictures out, no files and no network.
///
/// One thread does everything in the order in which requests arrive, so a `pong` says that all packets before its
/// `ping` have been judged. Nothing is queued here: the pipe is the queue, and its writer never waits for it.
package enum AnalyseWorker {
    /// Version of the requests and replies, told in `ready`.
    package static let protocolVersion = 1
    /// Cameras beyond this many are ignored; a shard has far fewer.
    static let mostCameras = 256

    /// Reads `WorkerRequest` frames until the end of input and writes `WorkerReply` frames. Blocks.
    ///
    /// - Returns: The exit code: 0 at the end of input or when nobody reads the replies any more.
    package static func run(input: Int32, output: Int32) -> Int32 {
        var pipe = FramePipe(input: input, output: output, limits: WireFrameParser.Limits())
        guard pipe.write(WorkerReply.ready(version: protocolVersion)) else { return 0 }
        let decoder = JSONDecoder()
        var cameras: [String: CameraPipeline] = [:]
        var statistics = WorkerStatistics()
        let choice = DecoderChoice()
        while let frame = pipe.next() {
            guard let request = try? decoder.decode(WorkerRequest.self, from: Data(frame.header)) else {
                statistics.failed += 1
                continue
            }
            var replies: [(WorkerReply, [UInt8])] = []
            switch request {
            case .configure(let configured):
                replies = configure(configured, &cameras, choice)
            case .stream(let id, _, let codec, let width, let height):
                cameras[id]?.beginRun(codec: codec, extradata: frame.payload, width: width, height: height)
            case .packet(let id, let ticks, let at, let key, let wanted):
                statistics.packets += 1
                if let camera = cameras[id] {
                    let packet = SampledPacket(bytes: frame.payload, ticks: ticks, at: at, isKey: key, isWanted: wanted)
                    replies = camera.take(packet, &statistics)
                }
            case .picture(let id, let requestId):
                let picture = cameras[id]?.picture()
                replies = [(.picture(cameraId: id, requestId: requestId, at: picture?.at), picture?.jpeg ?? [])]
            case .ping(let number):
                let now = ContinuousClock.now
                for camera in cameras.values { replies += camera.flushActivity(now: now) }
                replies += [(.pong(number: number), []), (.statistics(statistics), [])]
            }
            for (reply, payload) in replies {
                if case .observation = reply { statistics.observations += 1 }
                guard pipe.write(reply, payload: payload) else { return 0 }
            }
        }
        return 0
    }

    /// Takes a new configuration: cameras whose zones stay the same keep what they know.
    private static func configure(
        _ configured: [AnalysedCamera],
        _ cameras: inout [String: CameraPipeline],
        _ choice: DecoderChoice
    ) -> [(WorkerReply, [UInt8])] {
        var replies: [(WorkerReply, [UInt8])] = []
        let kept = configured.prefix(mostCameras)
        for (id, camera) in cameras where !kept.contains(where: { $0.id == id }) {
            replies += camera.finish()
            cameras[id] = nil
        }
        for camera in kept {
            if let known = cameras[camera.id] {
                replies += known.configure(camera)
            } else {
                cameras[camera.id] = CameraPipeline(camera: camera, choice: choice)
            }
        }
        return replies
    }
}
