import Domain
import Foundation
import Media

/// The `render` role: jobs on standard input, pictures and fragments on standard output; no files and no network.
package enum RenderWorker {
    /// What a job may hold at most: some seconds of recording around the wanted picture.
    static let limits = WireFrameParser.Limits(header: 64 << 10, payload: 128 << 20)

    /// Does `RenderRequest`s one after another until the input ends. Blocks.
    ///
    /// - Returns: The exit code: 0 when the last job was done, 1 when it failed or there was none.
    package static func run(input: Int32, output: Int32) -> Int32 {
        var pipe = FramePipe(input: input, output: output, limits: limits)
        var jobs = RenderJobs()
        var code: Int32 = 1
        while let frame = pipe.next() {
            let replies = jobs.answer(frame)
            for reply in replies {
                guard pipe.write(reply.reply, payload: reply.payload) else { return 1 }
            }
            if case .failed? = replies.last?.reply { code = 1 } else { code = 0 }
        }
        return code
    }
}

/// Does jobs; what one opened stays for the next.
struct RenderJobs {
    struct Reply {
        var reply: RenderReply
        var payload: [UInt8] = []
    }

    private enum Opened {
        case video(VideoTranscoder)
        case audio(AudioTranscoder)
    }

    private var keyPictures = KeyPictures()
    private var opened: Opened?

    mutating func answer(_ frame: WireFrame) -> [Reply] {
        do {
            let request = try JSONDecoder().decode(RenderRequest.self, from: Data(frame.header))
            return try perform(request, frame.payload)
        } catch let error as MediaError {
            return [Reply(reply: .failed(message: error.message))]
        } catch {
            return [Reply(reply: .failed(message: "the render request can't be read"))]
        }
    }

    private mutating func perform(_ request: RenderRequest, _ payload: [UInt8]) throws(MediaError) -> [Reply] {
        switch request {
        case .picture(let seconds, let width):
            return [try jpeg(PictureAt(payload, mediaSeconds: seconds).frame, width)]
        case .keyPicture(let width):
            return [try jpeg(keyPictures.picture(payload, isSmall: width > 0 && width <= 320), width)]
        case .openVideo(let width, let keysOnly):
            let video = try VideoTranscoder(initialisation: payload, maximumWidth: width, keysOnly: keysOnly)
            opened = .video(video)
            let reply = RenderReply.initialisation(
                codecString: video.info.codecString,
                width: video.info.width,
                height: video.info.height,
                sampleRate: 0,
                channels: 0
            )
            return [Reply(reply: reply, payload: video.initialisation)]
        case .openAudio:
            let audio = try AudioTranscoder(initialisation: payload)
            opened = .audio(audio)
            let reply = RenderReply.initialisation(
                codecString: audio.info.codecString,
                width: 0,
                height: 0,
                sampleRate: audio.info.sampleRate,
                channels: audio.info.channels
            )
            return [Reply(reply: reply, payload: audio.initialisation)]
        case .fragment, .flush:
            // The only reference: what was opened is changed in place.
            guard let present = opened.take() else {
                throw MediaError(.invalidData, "a fragment came before what it belongs to was opened")
            }
            switch present {
            case .video(var video):
                defer { opened = .video(video) }
                return answers(request == .flush ? try video.flush() : try video.take(payload))
            case .audio(var audio):
                defer { opened = .audio(audio) }
                guard request == .fragment, let output = try audio.take(payload) else { return [Reply(reply: .done)] }
                let reply = RenderReply.fragment(
                    baseDecodeTicks: output.baseDecodeTicks,
                    durationTicks: output.durationTicks,
                    key: true
                )
                return [Reply(reply: reply, payload: output.bytes), Reply(reply: .done)]
            }
        }
    }

    private func answers(_ outputs: [VideoTranscoder.Output]) -> [Reply] {
        outputs.map { output in
            Reply(
                reply: .fragment(
                    baseDecodeTicks: output.baseDecodeTicks,
                    durationTicks: output.durationTicks,
                    key: output.startsWithKey
                ),
                payload: output.bytes
            )
        } + [Reply(reply: .done)]
    }

    private func jpeg(_ frame: DecodedFrame, _ width: Int) throws(MediaError) -> Reply {
        let bytes = try frame.jpeg(maximumWidth: width > 0 ? width : nil, quality: 80)
        let scaled =
            width > 0 && frame.width > width
            ? (width, max(1, frame.height * width / frame.width)) : (frame.width, frame.height)
        return Reply(reply: .picture(width: scaled.0, height: scaled.1), payload: bytes)
    }
}
