import CFFmpeg
import Domain
import Glibc

/// Reads the video packets of an RTSP stream (over TCP) or a file. One thread at a time uses it; its calls block.
///
/// Files play at the rate of their own times and start again at their end, with times that only grow.
package final class Demuxer {
    package private(set) var info: StreamInfo

    private let address: SourceAddress
    private let options: DemuxerOptions
    private let cancellation: Cancellation
    private let clock = SystemClock()
    private var input: LibavInput
    private var converter: AccessUnitConverter?
    private var repair: TimestampRepair
    /// Converted before the parameters were complete: at most `maximumPending` packets, then opening fails.
    private var pending: [ReadResult] = []
    private var pendingStart = 0
    private var pace: FilePace?
    private var loopShift: Int64 = 0
    private var firstDts: Int64?
    private var lastDts: Int64 = 0

    private static let maximumPending = 600

    /// Connects and reads as far as the stream's parameters.
    ///
    /// - Throws: what keeps the source from being read; `cancelled` after `Cancellation.cancel()`.
    package init(opening url: String, options: DemuxerOptions, cancellation: Cancellation) throws(MediaError) {
        LibavLog.silence()
        address = try SourceAddress(url)
        self.options = options
        self.cancellation = cancellation
        cancellation.setDeadline(monotonic: clock.monotonic() + options.connectTimeout)
        defer { cancellation.setDeadline(monotonic: nil) }
        try address.resolve(cancellation)
        input = try LibavInput(address: address, options: options, cancellation: cancellation)
        let isFile = input.isFile
        let codec = input.codec
        if codec.isRecordable {
            converter = AccessUnitConverter(codec: codec, extradata: input.extradata)
        }
        info = StreamInfo(
            codec: codec,
            width: input.width,
            height: input.height,
            extradata: converter == nil ? input.extradata : [],
            codecString: codec == .mpeg4 ? "mp4v.20.9" : codec == .mjpeg ? "mp4v.6C" : "",
            averageFrameRate: input.frameRate,
            ignoredStreams: input.ignoredStreams
        )
        repair = TimestampRepair(hasDecodingTimes: isFile, reorderDepth: 0, frameRate: input.frameRate)
        if isFile, options.paceFile { pace = FilePace() }
        adoptParameters()
        while converter != nil, info.extradata.isEmpty {
            guard pending.count < Self.maximumPending else {
                throw MediaError(.notAStream, "\(address.redacted): no parameter sets in the first packets")
            }
            guard let packet = try read(opening: true) else {
                throw MediaError(.notAStream, "\(address.redacted): ended before its parameter sets came")
            }
            pending.append(.packet(packet))
        }
    }

    /// Waits for the next packet.
    ///
    /// - Throws: `timeout` when none comes in time, `closed`, `cancelled`, `invalidData` and others when reading fails;
    ///   the demuxer is of no use after that.
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
            cancellation.setDeadline(monotonic: clock.monotonic() + options.readTimeout)
            defer { cancellation.setDeadline(monotonic: nil) }
            guard let packet = try read(opening: false) else { return .end }
            if parametersChanged || jumped {
                parametersChanged = false
                jumped = false
                pending.append(.packet(packet))
                return .parametersChanged(info)
            }
            result = .packet(packet)
        }
        if case .packet(let packet) = result, pace != nil {
            // A file that is played is never late: no deadline here.
            cancellation.setDeadline(monotonic: nil)
            guard pace?.wait(for: packet.dtsTicks, clock: clock, cancellation: cancellation) == true else {
                throw MediaError(.cancelled, "reading \(address.redacted) was cancelled")
            }
        }
        return result
    }

    private var parametersChanged = false
    private var jumped = false

    /// Builds `info` from the parameter sets; true when that changed it.
    @discardableResult
    private func adoptParameters() -> Bool {
        guard let sets = converter?.sets, let record = sets.configurationRecord, let sequence = sets.sequence else {
            return false
        }
        var changed = info
        changed.extradata = record
        changed.codecString = sets.codecString
        changed.width = sequence.width
        changed.height = sequence.height
        repair.setReorderDepth(sequence.reorderDepth ?? 0)
        guard changed != info else { return false }
        info = changed
        return true
    }

    /// One access unit, converted and timed; nil at the end.
    private func read(opening: Bool) throws(MediaError) -> Packet? {
        while true {
            if cancellation.isCancelled {
                throw MediaError(.cancelled, "reading \(address.redacted) was cancelled")
            }
            switch try input.read(opening: opening) {
            case .packet(let raw):
                if let packet = take(raw, opening: opening) { return packet }
            case .end:
                guard input.isFile, options.loopFile, let firstDts else { return nil }
                // Opened again instead of seeking back: not every container finds its first packet that way.
                loopShift += lastDts - firstDts + repair.typicalDuration
                self.firstDts = nil
                input = try LibavInput(address: address, options: options, cancellation: cancellation)
            }
        }
    }

    private func take(_ raw: borrowing LibavInput.RawPacket, opening: Bool) -> Packet? {
        var bytes: [UInt8]
        var isKey = raw.isKey
        if converter != nil {
            guard let unit = converter?.convert(raw.bytes) else { return nil }
            if unit.setsChanged, adoptParameters(), !opening { parametersChanged = true }
            guard unit.hasPicture else { return nil }
            bytes = unit.bytes
            isKey = isKey || unit.hasRandomAccessPicture
        } else {
            bytes = Array(raw.bytes)
        }
        guard !bytes.isEmpty else { return nil }
        // Within one pass of a file the times of the source are kept as they are: `loopShift` moves whole passes.
        if input.isFile, let dts = raw.dts ?? raw.pts {
            if firstDts == nil { firstDts = dts }
            lastDts = max(lastDts, dts)
            if dts == firstDts { lastDts = dts }
        }
        let times = repair.next(pts: raw.pts.map { $0 + loopShift }, dts: raw.dts.map { $0 + loopShift })
        if times.jumped, !opening { jumped = true }
        return Packet(
            bytes: bytes,
            ptsTicks: times.pts,
            dtsTicks: times.dts,
            durationTicks: max(1, raw.duration > 0 ? raw.duration : repair.typicalDuration),
            isKey: isKey
        )
    }
}
