import Domain
import Logging

/// Where a playback's frames come from: pulled one by one.
protocol PlaybackSource: Actor {
    /// The next frame; nil after `end`.
    func next() async throws -> LiveFrame?
}

/// What a playback sends besides, or instead of, what was recorded.
package struct PlaybackOptions: Sendable {
    /// Turn the video into H.264 of this width (pixels; a larger one of a few sizes); nil: as recorded.
    package var transcodeWidth: Int?
    /// Send the sound too.
    package var audio = false
    /// Send key frames alone.
    package var keysOnly = false
    /// From the end to the beginning; key frames alone.
    package var reverse = false

    package init(transcodeWidth: Int? = nil, audio: Bool = false, keysOnly: Bool = false, reverse: Bool = false) {
        self.transcodeWidth = transcodeWidth
        self.audio = audio
        self.keysOnly = keysOnly
        self.reverse = reverse
    }
}

/// A playback with its sound taken apart and its video turned into H.264, as it is read: nothing is done ahead. The
/// processes end with it.
actor PlaybackPipeline {
    private let source: any PlaybackSource
    private let sound: SoundTrack?
    private let session: TranscodeSession?
    private let cameraId: String
    private let logger: Logger
    private var state = TranscodeSession.State()
    /// What one frame of the source became.
    private var ready: [LiveFrame] = []
    private var failed = false

    init(
        source: any PlaybackSource,
        sound: SoundTrack?,
        session: TranscodeSession?,
        cameraId: String,
        logger: Logger
    ) {
        self.source = source
        self.sound = sound
        self.session = session
        self.cameraId = cameraId
        self.logger = logger
    }

    /// The next frame; nil after `end` or `failed`.
    func next() async throws -> LiveFrame? {
        while ready.isEmpty {
            guard !failed, let frame = try await source.next() else { return nil }
            let heard = await sound?.frames(of: frame) ?? []
            guard let session else {
                ready = [frame] + heard
                continue
            }
            do {
                var state = state
                ready = try await session.convert(frame, &state) + heard
                self.state = state
            } catch let error as ArchiveError where error.code == .renderFailed {
                try Task.checkCancellation()
                logger.warning("transcode.failed", metadata: ["camera.id": "\(cameraId)", "error": "\(error)"])
                failed = true
                ready = [LiveFrame(message: .failed(cameraId: cameraId, code: LiveMessage.transcodeFailed))]
            }
        }
        return ready.removeFirst()
    }
}
