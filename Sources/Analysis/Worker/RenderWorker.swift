import Domain
import Foundation
import Media

/// The `render` role: one job on standard input, one picture on standard output; no files and no network.
package enum RenderWorker {
    /// What a job may hold at most: some seconds of recording around the wanted picture.
    static let limits = WireFrameParser.Limits(header: 64 << 10, payload: 128 << 20)

    /// Reads one `RenderRequest`, writes one `RenderReply` and ends. Blocks.
    ///
    /// - Returns: The exit code: 0 when a picture was written, 1 when the job failed or there was none.
    package static func run(input: Int32, output: Int32) -> Int32 {
        var pipe = FramePipe(input: input, output: output, limits: limits)
        guard let frame = pipe.next() else { return 1 }
        do {
            let request = try JSONDecoder().decode(RenderRequest.self, from: Data(frame.header))
            switch request {
            case .picture(let seconds, let width):
                let picture = try PictureAt(frame.payload, mediaSeconds: seconds)
                let jpeg = try picture.frame.jpeg(maximumWidth: width > 0 ? width : nil, quality: 80)
                let size = fitted(picture.frame, width)
                return pipe.write(RenderReply.picture(width: size.0, height: size.1), payload: jpeg) ? 0 : 1
            }
        } catch let error as MediaError {
            _ = pipe.write(RenderReply.failed(message: error.message))
        } catch {
            _ = pipe.write(RenderReply.failed(message: "the render request can't be read"))
        }
        return 1
    }

    private static func fitted(_ frame: DecodedFrame, _ width: Int) -> (Int, Int) {
        guard width > 0, frame.width > width else { return (frame.width, frame.height) }
        return (width, max(1, frame.height * width / frame.width))
    }
}
