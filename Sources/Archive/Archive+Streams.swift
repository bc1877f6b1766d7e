package import Domain
import Foundation

/// Live and playback streams.
extension Archive {
    /// How many views may be turned into H.264 at once.
    package var transcodeLimit: Int { transcodeSlots.limit }

    /// The camera's fragments as they are recorded, from the last key frame on disk on. Ends with the reader's task or
    /// when the stream is let go.
    package func liveFragments(cameraId: String) -> AsyncStream<LiveFrame> {
        Self.stream(hub.reader(cameraId: cameraId))
    }

    /// As `liveFragments`, the video as H.264 no wider than a tile of `width` pixels.
    ///
    /// - Throws: `ArchiveError` (`tooManyTranscodes`, `renderFailed`).
    package func liveTranscoded(cameraId: String, width: Int?) throws -> AsyncStream<LiveFrame> {
        Self.stream(try liveTranscodes.reader(cameraId: cameraId, width: TranscodeSession.width(width)))
    }

    private static func stream(_ reader: LiveReader) -> AsyncStream<LiveFrame> {
        AsyncStream(unfolding: { await reader.next() }, onCancel: { reader.end() })
    }

    /// The camera's sound alone; without any that is recorded nothing ever comes.
    package func liveSound(cameraId: String) -> AsyncStream<LiveFrame> {
        let sound = makeSound()
        let reader = hub.reader(cameraId: cameraId)
        let waiting = FrameQueue()
        return AsyncStream {
            while true {
                if let frame = await waiting.next() { return frame }
                guard let frame = await reader.next() else { return nil }
                await waiting.put(await sound.frames(of: frame))
            }
        } onCancel: {
            reader.end()
        }
    }

    /// The camera's key frames as JPEGs, at most one a second. Ends with the reader's task.
    package func livePictures(cameraId: String) -> AsyncStream<LiveFrame> {
        pictureFeed.pictures(cameraId: cameraId)
    }

    /// The recording of `from..<to` from the key frame at or before `from` on; read as fast as it is asked for.
    ///
    /// The stream throws `ArchiveError` (`invalidRange`) at its first element when the range is no range.
    /// - Throws: `ArchiveError` (`tooManyTranscodes`, `renderFailed`) where the video is to be transcoded.
    package func playback(
        cameraId: String,
        from: WallTime,
        to: WallTime,
        options: PlaybackOptions = PlaybackOptions()
    ) throws -> AsyncThrowingStream<LiveFrame, any Error> {
        let load: PlaybackReader.Load = {
            try Self.check(from, to, atMost: Self.maximumWindow)
            return try await self.material(cameraId, from, to)
        }
        let keysOnly = options.keysOnly || options.reverse
        let source: any PlaybackSource =
            if keysOnly {
                KeyPlaybackReader(
                    cameraId: cameraId,
                    from: from,
                    to: to,
                    reverse: options.reverse,
                    layout: layout,
                    load: load
                )
            } else {
                PlaybackReader(cameraId: cameraId, from: from, to: to, layout: layout, load: load)
            }
        let session = try options.transcodeWidth.map { width in
            try TranscodeSession(
                executable: settings.renderExecutable.path,
                lease: transcodeSlots.take(),
                width: TranscodeSession.width(width),
                keysOnly: keysOnly,
                deadline: settings.transcodeDeadline
            )
        }
        let pipeline = PlaybackPipeline(
            source: source,
            sound: options.audio && !keysOnly ? makeSound() : nil,
            session: session,
            cameraId: cameraId,
            logger: logger
        )
        return AsyncThrowingStream { try await pipeline.next() }
    }

    private func makeSound() -> SoundTrack {
        SoundTrack(
            executable: settings.renderExecutable.path,
            slots: soundSlots,
            deadline: settings.transcodeDeadline,
            logger: logger
        )
    }
}

/// Frames that one frame of a source has become; bounded by that.
private actor FrameQueue {
    private var frames: [LiveFrame] = []

    func next() -> LiveFrame? { frames.isEmpty ? nil : frames.removeFirst() }

    func put(_ more: [LiveFrame]) { frames += more }
}
