import CFFmpeg
import Domain
import Glibc

/// Reads the video packets of an RTSP stream (over TCP) or a file, and its sound where that is wanted. One thread at a
/// time uses it; its calls block.
///
/// Files play at the rate of their own times and start again at their end, with times that only grow. Sound never holds
/// pictures back: a source that promises some and sends none, or sends what can't be recorded, is read all the same.
package final class Demuxer {
    package private(set) var info: StreamInfo

    private let address: SourceAddress
    /// The same source at each of its host's addresses.
    private let urls: [String]
    private var options: DemuxerOptions
    private let cancellation: Cancellation
    private let clock = SystemClock()
    private var input: LibavInput
    private var converter: AccessUnitConverter?
    private var repair: TimestampRepair
    private var sound: DemuxerSound
    /// Read before the parameters were complete, or behind a change: at most `maximumPending` pictures and their sound,
    /// then opening fails.
    private var pending: [ReadResult] = []
    private var pendingStart = 0
    /// For files without presentation times.
    private var order = PictureOrder()
    private var pace: FilePace?
    /// Arrival says nothing about this source's times.
    private let isBursty: Bool
    private var lastDts: Int64?
    /// Access units in a row that are none of the codec.
    private var foreignUnits = 0
    private static let maximumForeignUnits = 50
    /// Where in the file it was opened again for another codec.
    private var reopenedAt: Int64 = 0
    /// Three packets of MPEG-TS: its tables.
    private static let tableBytes: Int64 = 3 * 188
    /// Time spent waiting since the last picture: sound alone is no sign of life.
    private var waited: Duration = .zero

    private static let maximumPending = 600
    private static let picturesForSound = 30
    /// Pictures that are held back where the parameter sets don't say how many may be.
    private static let usualDepth = 4

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
        let codec = input.codec
        if codec.hasParameterSets {
            converter = AccessUnitConverter(codec: codec, extradata: input.extradata)
        }
        info = StreamInfo(
            codec: codec,
            width: input.width,
            height: input.height,
            extradata: converter == nil ? input.extradata : [],
            codecString: codec.fixedName,
            averageFrameRate: input.frameRate,
            ignoredStreams: input.ignoredStreams
        )
        repair = TimestampRepair(
            hasDecodingTimes: address.hasDecodingTimes,
            reorderDepth: 0,
            frameRate: input.frameRate
        )
        sound = DemuxerSound()
        sound.adopt(input)
        info.audio = sound.info
        // A playlist brings whole segments at once: handed on as they were made, and not as they came.
        isBursty = input.isPlaylist
        if isFile && options.paceFile || isBursty { pace = FilePace() }
        adoptParameters()
        var pictures = 0
        // A file is read ahead for its sound, too: nobody waits. What a live source has shows when it comes.
        while converter != nil || codec.isRecordable,
            needsParameters || isFile && sound.isUnknown && pictures < Self.picturesForSound
        {
            guard pictures < Self.maximumPending, pending.count < 8 * Self.maximumPending else {
                throw MediaError(.notAStream, "\(address.redacted): no parameter sets in the first packets")
            }
            guard let packet = try read(opening: true) else {
                guard needsParameters else { break }
                throw MediaError(.notAStream, "\(address.redacted): ended before its parameter sets came")
            }
            if packet.track == .video { pictures += 1 }
            pending.append(.packet(packet))
        }
        adoptSound()
        hasChanged = false
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

    /// Waits for the next packet.
    ///
    /// - Throws: `timeout` when no picture comes in time, `closed`, `cancelled`, `invalidData` and others when reading
    ///   fails; the demuxer is of no use after that.
    package func next() throws(MediaError) -> ReadResult {
        let result: ReadResult
        if pendingStart < pending.count {
            result = pending[pendingStart]
            pendingStart += 1
            if pendingStart == pending.count {
                pending = []
                pendingStart = 0
            }
        } else {
            let began = clock.monotonic()
            cancellation.setDeadline(monotonic: began + options.readTimeout - waited)
            defer { cancellation.setDeadline(monotonic: nil) }
            guard let packet = try read(opening: false) else { return .end }
            if packet.track == .video { waited = .zero } else if !input.isFile { waited += clock.monotonic() - began }
            if hasChanged {
                hasChanged = false
                pending.append(.packet(packet))
                return .parametersChanged(info)
            }
            result = .packet(packet)
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

    /// From the next packet on waits for `timeout` at most.
    package func setReadTimeout(_ timeout: Duration) { options.readTimeout = timeout }

    /// Whether packets are handed on as they come, so that their arrival says something about the stream's clock.
    package var arrivalCounts: Bool { !input.isFile && !isBursty }

    /// `info` changed, or the source's clock jumped: said before the next packet.
    private var hasChanged = false

    /// Builds `info` from the parameter sets; true when that changed it.
    @discardableResult
    private func adoptParameters() -> Bool {
        guard let sets = converter?.sets, let record = sets.configurationRecord, let sequence = sets.sequence else {
            return false
        }
        var changed = info
        changed.codec = sets.codec
        changed.extradata = record
        changed.codecString = sets.codecString
        changed.width = sequence.width
        changed.height = sequence.height
        repair.setReorderDepth(sequence.reorderDepth ?? 0)
        guard changed != info else { return false }
        info = changed
        return true
    }

    /// Takes over what the sound has become.
    private func adoptSound() {
        let ignored = input.ignoredStreams + sound.ignored
        if info.audio != sound.info || info.ignoredStreams != ignored {
            hasChanged = true
            info.audio = sound.info
            info.ignoredStreams = ignored
        }
    }

    /// One access unit or frame of sound, converted and timed; nil at the end.
    private func read(opening: Bool) throws(MediaError) -> Packet? {
        while true {
            if let packet = sound.next() { return packet }
            if let timed = order.next(atEnd: false) { return place(timed) }
            if cancellation.isCancelled {
                throw MediaError(.cancelled, "reading \(address.redacted) was cancelled")
            }
            if !input.isFile, cancellation.isOverdue {
                throw MediaError(.timeout, "reading \(address.redacted): no picture in time")
            }
            switch try input.read(opening: opening) {
            case .packet(let raw):
                if raw.isAudio {
                    if !sound.isAdopted(input) { sound.adopt(input) }
                    sound.take(raw, at: repair.placed(raw.pts ?? raw.dts), video: lastDts)
                    adoptSound()
                } else if let packet = try take(raw, opening: opening) {
                    return packet
                }
            case .end:
                if let timed = order.next(atEnd: true) { return place(timed) }
                guard input.isFile, options.loopFile, lastDts != nil else { return nil }
                // Opened again instead of seeking back: not every container finds its first packet that way.
                input = try LibavInput(
                    address: address,
                    url: address.url,
                    options: options,
                    cancellation: cancellation
                )
                reopenedAt = 0
                repair.restart()
            }
        }
    }

    private func take(_ raw: borrowing LibavInput.RawPacket, opening: Bool) throws(MediaError) -> Packet? {
        let arrival = input.isFile || isBursty ? nil : MediaTime.ticks(microseconds: clock.monotonic().microseconds)
        if input.codec != (converter?.codec ?? info.codec) { changeCodec() }
        var bytes: [UInt8]
        var isKey = raw.isKey
        if converter != nil {
            guard let unit = converter?.convert(raw.bytes) else { return nil }
            guard !unit.isForeign else {
                try follow(foreign: unit.foreignCodec, at: raw.position)
                return nil
            }
            foreignUnits = 0
            if unit.setsChanged, adoptParameters(), !opening { hasChanged = true }
            guard unit.hasPicture, opening || converter?.codec == info.codec else { return nil }
            bytes = unit.bytes
            isKey = isKey || unit.hasRandomAccessPicture
        } else {
            guard let plain = takePlain(raw, opening: opening) else { return nil }
            bytes = plain.bytes
            isKey = plain.isKey
        }
        guard !bytes.isEmpty else { return nil }
        var packet = Packet(
            bytes: bytes,
            ptsTicks: 0,
            dtsTicks: 0,
            durationTicks: max(1, raw.duration > 0 ? raw.duration : repair.typicalDuration),
            isKey: isKey,
            cameraTime: raw.cameraTime.map { WallTime(microseconds: $0) }
        )
        if input.isFile, raw.pts == nil, let slot = raw.dts, let sequence = converter?.sets.sequence,
            converter?.codec == .h264, sequence.reorderDepth != 0,
            let number = order.order(of: bytes, sequence: sequence)
        {
            order.append(packet, slot: slot, order: number, depth: sequence.reorderDepth ?? Self.usualDepth)
            return order.next(atEnd: false).map { place($0) }
        }
        let times = repair.next(pts: raw.pts, dts: raw.dts, arrival: arrival)
        if times.jumped, !opening { hasChanged = true }
        stamp(&packet, times)
        return packet
    }

    /// The stream's parameters are not known as far as recording needs them.
    private var needsParameters: Bool {
        switch info.codec {
        case .mjpeg: info.width == 0 || info.height == 0
        case .mpeg4: info.extradata.isEmpty || info.width == 0
        case .h264, .hevc, .other: info.extradata.isEmpty
        }
    }

    /// A picture of a codec without parameter sets; nil for one that is left out.
    private func takePlain(_ raw: borrowing LibavInput.RawPacket, opening: Bool) -> (bytes: [UInt8], isKey: Bool)? {
        switch info.codec {
        case .mjpeg:
            // Each picture says its own size.
            if let size = JPEGFrame.size(raw.bytes), size != (info.width, info.height) {
                (info.width, info.height) = size
                if !opening { hasChanged = true }
            }
            return (Array(raw.bytes), true)
        case .mpeg4:
            // Place holders of AVI hold no picture. DivX's packed B frames stay packed: decoders know them.
            guard let isKey = VisualObjects.isIntra(raw.bytes) else { return nil }
            if isKey, info.extradata.isEmpty, let header = VisualObjects.header(raw.bytes) { info.extradata = header }
            return (Array(raw.bytes), isKey)
        case .h264, .hevc, .other:
            return (Array(raw.bytes), raw.isKey)
        }
    }

    /// Times a picture whose presentation its order count says: decoding lies ahead of the container's times, so that no
    /// picture is shown before it is decoded.
    private func place(_ timed: PictureOrder.Timed) -> Packet {
        var packet = timed.packet
        let depth = converter?.sets.sequence?.reorderDepth ?? Self.usualDepth
        let ahead = Int64(depth) * repair.typicalDuration
        stamp(&packet, repair.next(pts: timed.shown, dts: timed.slot - ahead))
        return packet
    }

    private func stamp(_ packet: inout Packet, _ times: TimestampRepair.Times) {
        packet.ptsTicks = times.pts
        packet.dtsTicks = times.dts
        lastDts = times.dts
        if sound.missed(at: times.dts) { adoptSound() }
    }

    /// An access unit came that is none of the codec. libavformat doesn't look whether an MPEG-TS stream goes on with
    /// another one: a file is read on from there anew, everything else is given up, and opened again.
    private func follow(foreign codec: VideoCodec?, at position: Int64?) throws(MediaError) {
        foreignUnits += 1
        guard codec != nil || foreignUnits >= Self.maximumForeignUnits else { return }
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
        foreignUnits = 0
        repair.restart()
    }

    /// The stream goes on with another codec: known by its parameter sets, if it is one that has them.
    private func changeCodec() {
        if input.codec.hasParameterSets {
            converter = AccessUnitConverter(codec: input.codec, extradata: input.extradata)
            if adoptParameters() { hasChanged = true }
        } else {
            converter = nil
            info.codec = input.codec
            info.extradata = input.extradata
            info.codecString = input.codec.fixedName
            hasChanged = true
        }
    }
}
