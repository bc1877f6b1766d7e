import CFFmpeg
import Domain
import Glibc

/// Reads the video packets of a stream or a file through libavformat, and its sound where that is wanted. One thread at a
/// time uses it; its calls block.
///
/// Files play at the rate of their own times and start again at their end, with times that only grow.
package final class Demuxer: PacketSource {
    package var info: StreamInfo { assembly.info }

    private let address: SourceAddress
    /// The same source at each of its host's addresses.
    private let urls: [String]
    private var options: DemuxerOptions
    private let cancellation: Cancellation
    private let clock = SystemClock()
    private var input: LibavInput
    private var assembly: StreamAssembly
    private var pace: FilePace?
    /// Arrival says nothing about this source's times.
    private let isBursty: Bool
    /// Where in the file it was opened again for another codec.
    private var reopenedAt: Int64 = 0
    /// Three packets of MPEG-TS: its tables.
    private static let tableBytes: Int64 = 3 * 188
    /// Time spent waiting since the last picture: sound alone is no sign of life.
    private var waited: Duration = .zero

    /// Connects and reads as far as the stream's parameters.
    ///
    /// - Throws: what keeps the source from being read; `cancelled` after `Cancellation.cancel()`.
    package init(opening url: String, options: DemuxerOptions, cancellation: Cancellation) throws(MediaError) {
        LibavLog.silence()
        address = try SourceAddress(url)
        self.cancellation = cancellation
        cancellation.setDeadline(monotonic: clock.monotonic() + options.connectTimeout)
        defer { cancellation.setDeadline(monotonic: nil) }
        urls = try address.resolve(cancellation)
        (input, self.options) = try Self.open(address, urls, options, cancellation)
        let isFile = input.isFile
        assembly = StreamAssembly(
            codec: input.codec,
            width: input.width,
            height: input.height,
            extradata: input.extradata,
            frameRate: input.frameRate,
            hasDecodingTimes: address.hasDecodingTimes,
            isFile: isFile,
            sound: input.audio,
            ignoredStreams: input.ignoredStreams
        )
        // A playlist brings whole segments at once: handed on as they were made, and not as they came.
        isBursty = input.isPlaylist
        if isFile && options.paceFile || isBursty { pace = FilePace() }
        while assembly.needsMore {
            guard let packet = try read() else {
                guard assembly.needsParameters else { break }
                throw MediaError(.notAStream, "\(address.redacted): ended before its parameter sets came")
            }
            guard assembly.hold(packet) else {
                throw MediaError(.notAStream, "\(address.redacted): no parameter sets in the first packets")
            }
        }
        assembly.opened()
    }

    /// Opens the source at the first of its addresses that answers.
    private static func open(
        _ address: SourceAddress,
        _ urls: [String],
        _ options: DemuxerOptions,
        _ cancellation: Cancellation
    ) throws(MediaError) -> (LibavInput, DemuxerOptions) {
        for url in urls.dropLast() {
            do throws(MediaError) {
                return try open(address, url: url, options, cancellation)
            } catch {
                // Another address of the same host may be reachable; whatever else is wrong is wrong there as well.
                guard [.refused, .timeout].contains(error.code), !cancellation.shouldStop else { throw error }
            }
        }
        return try open(address, url: urls.last ?? address.url, options, cancellation)
    }

    /// Opens the source; where that fails with sound, without.
    private static func open(
        _ address: SourceAddress,
        url: String,
        _ options: DemuxerOptions,
        _ cancellation: Cancellation
    ) throws(MediaError) -> (LibavInput, DemuxerOptions) {
        do throws(MediaError) {
            return (try LibavInput(address: address, url: url, options: options, cancellation: cancellation), options)
        } catch {
            // A camera that refuses the set-up of its own audio track ends libavformat's whole opening.
            guard options.takesAudio, !address.hasDecodingTimes,
                ![.unauthorised, .unknownHost, .refused, .timeout, .cancelled, .outOfMemory].contains(error.code)
            else { throw error }
            var silent = options
            silent.takesAudio = false
            return (try LibavInput(address: address, url: url, options: silent, cancellation: cancellation), silent)
        }
    }

    package func next() throws(MediaError) -> ReadResult {
        let result: ReadResult
        if let pending = assembly.pending() {
            result = pending
        } else {
            let began = clock.monotonic()
            cancellation.setDeadline(monotonic: began + options.readTimeout - waited)
            defer { cancellation.setDeadline(monotonic: nil) }
            guard let packet = try read() else { return .end }
            if packet.track == .video { waited = .zero } else if !input.isFile { waited += clock.monotonic() - began }
            result = assembly.result(packet)
            if case .parametersChanged = result { return result }
        }
        if case .packet(let packet) = result, packet.track == .video, pace != nil {
            // A file that is played is never late: no deadline here.
            cancellation.setDeadline(monotonic: nil)
            guard pace?.wait(for: packet.dtsTicks, clock: clock, cancellation: cancellation) == true else {
                throw MediaError(.cancelled, "reading \(address.redacted) was cancelled")
            }
        }
        return result
    }

    package func setReadTimeout(_ timeout: Duration) { options.readTimeout = timeout }

    package var arrivalCounts: Bool { !input.isFile && !isBursty }

    /// libavformat doesn't tell.
    package var losses: ReceptionLosses { ReceptionLosses() }

    /// One access unit or frame of sound, converted and timed; nil at the end.
    private func read() throws(MediaError) -> Packet? {
        while true {
            if let packet = assembly.next() { return packet }
            if cancellation.isCancelled {
                throw MediaError(.cancelled, "reading \(address.redacted) was cancelled")
            }
            if !input.isFile, cancellation.isOverdue {
                throw MediaError(.timeout, "reading \(address.redacted): no picture in time")
            }
            switch try input.read(opening: assembly.isOpening) {
            case .packet(let raw):
                if raw.isAudio {
                    assembly.adopt(input.audio)
                    assembly.setIgnoredStreams(input.ignoredStreams)
                    assembly.takeSound(raw.bytes, at: raw.pts ?? raw.dts)
                } else if let packet = try take(raw) {
                    return packet
                }
            case .end:
                if let packet = assembly.last() { return packet }
                guard input.isFile, options.loopFile, assembly.lastDts != nil else { return nil }
                // Opened again instead of seeking back: not every container finds its first packet that way.
                input = try LibavInput(
                    address: address,
                    url: address.url,
                    options: options,
                    cancellation: cancellation
                )
                reopenedAt = 0
                assembly.restart()
            }
        }
    }

    private func take(_ raw: borrowing LibavInput.RawPacket) throws(MediaError) -> Packet? {
        assembly.follow(codec: input.codec, extradata: input.extradata)
        assembly.setIgnoredStreams(input.ignoredStreams)
        let facts = StreamAssembly.UnitFacts(
            pts: raw.pts,
            dts: raw.dts,
            duration: raw.duration,
            isKey: raw.isKey,
            cameraTime: raw.cameraTime.map { WallTime(microseconds: $0) },
            arrival: input.isFile || isBursty ? nil : MediaTime.ticks(microseconds: clock.monotonic().microseconds)
        )
        switch assembly.takePicture(raw.bytes, facts) {
        case .packet(let packet): return packet
        case .nothing: return nil
        case .otherCodec:
            try reopen(at: raw.position)
            return nil
        }
    }

    /// The stream goes on with another codec. libavformat doesn't look whether an MPEG-TS stream does so: a file is read on
    /// from there anew, everything else is given up, and opened again.
    private func reopen(at position: Int64?) throws(MediaError) {
        let message = "reading \(address.redacted): the stream goes on with another codec than it says"
        // Its tables lie in the packets before. Where they still name the old codec there is no way on.
        guard input.isFile, let position, position > reopenedAt else { throw MediaError(.invalidData, message) }
        reopenedAt = position
        let other = try LibavInput(
            address: address,
            url: address.url,
            options: options,
            cancellation: cancellation,
            from: max(0, position - Self.tableBytes)
        )
        guard other.codec != input.codec else { throw MediaError(.invalidData, message) }
        input = other
        assembly.restart()
    }
}
