import Domain

/// The text form of journal entries: `CRC TAG FIELD…` and a line feed. CRC is CRC-32 (ISO 3309) of what follows the first
/// blank, in 8 hexadecimal digits; an absent field is `-`; free text is percent-escaped.
package enum JournalLine {
    /// Ends a line that a crash, a power cut or a failed sync tore, so that its check value is wrong in any case: one that
    /// lacks its line feed alone was taken for lost.
    static let endOfTorn: [UInt8] = [33, 10]

    package static func encode(_ entry: JournalEntry) -> [UInt8] {
        var fields: [String]
        switch entry {
        case .segmentOpened(let opened):
            fields = ["open", "1", opened.cameraId, opened.runId, "\(opened.number)"]
            fields += ["\(opened.startedAt.microseconds)", opened.codec, escape(opened.codecString)]
            fields += ["\(opened.width)", "\(opened.height)", "\(opened.initBytes)", "\(opened.initHash)"]
            fields += [opened.previousSegment ?? "-", opened.previousHead.map { "\($0)" } ?? "-"]
            if let audio = opened.audio {
                fields += [escape(audio.codec), escape(audio.codecString), "\(audio.sampleRate)", "\(audio.channels)"]
            } else {
                fields += ["-", "-", "0", "0"]
            }
            fields.append(escape(opened.ignoredTracks.joined(separator: ",")))
            fields.append(opened.clockOffsetMicros.map { "\($0)" } ?? "-")
        case .fragment(let record):
            fields = ["frag", "\(record.offset)", "\(record.sizeBytes)", "\(record.moofBytes)"]
            fields += ["\(record.baseDecodeTicks)", "\(record.durationTicks)", "\(record.wall.microseconds)"]
            fields += [record.startsWithKey ? "1" : "0", "\(record.sampleCount)"]
            fields += ["\(record.moofHash)", "\(record.payloadHash)"]
        case .segmentCut(let size):
            fields = ["cut", "\(size)"]
        case .segmentClosed(let closed):
            fields = ["close", closed.cause.rawValue, "\(closed.endedAt.microseconds)", "\(closed.fragmentCount)"]
            fields += ["\(closed.sizeBytes)", "\(closed.head)"]
        case .gap(let gap):
            let later = gap.laterReasons.map(\.rawValue).joined(separator: ",")
            fields = ["gap", "\(gap.from.microseconds)", gap.to.map { "\($0.microseconds)" } ?? "-"]
            fields += [gap.reason.rawValue, later.isEmpty ? "-" : later, escape(gap.detail)]
            if let noted = gap.notedAt { fields.append("\(noted.microseconds)") }
        case .state(let status):
            fields = ["state", status.cameraId, status.state.rawValue, status.reason.rawValue]
            fields += ["\(status.since.microseconds)", escape(status.codec)]
            fields += [status.width.map { "\($0)" } ?? "-", status.height.map { "\($0)" } ?? "-"]
            fields.append(escape(status.detail))
        case .cameraClock(let offset):
            fields = ["clock", "\(offset)"]
        case .segmentChanged(let name):
            fields = ["again", name.volume, name.text]
        }
        let body = Array(fields.joined(separator: " ").utf8)
        return Array(hex(Checksum.crc32(body)).utf8) + [32] + body + [10]
    }

    /// Reads one line without its line feed; nil when it is damaged or of a kind this version doesn't know.
    package static func decode(_ line: ArraySlice<UInt8>) -> JournalEntry? {
        guard line.count > 9, line[line.startIndex + 8] == 32 else { return nil }
        let body = line[(line.startIndex + 9)...]
        guard UInt32(String(decoding: line.prefix(8), as: UTF8.self), radix: 16) == Checksum.crc32(body) else {
            return nil
        }
        var fields = JournalFields(body)
        switch fields.text() {
        case "open": return opened(&fields).map { .segmentOpened($0) }
        case "frag": return fragment(&fields).map { .fragment($0) }
        case "cut": return fields.integer().map { .segmentCut(sizeBytes: Int($0)) }
        case "close": return closed(&fields).map { .segmentClosed($0) }
        case "gap": return gap(&fields).map { .gap($0) }
        case "state": return state(&fields).map { .state($0) }
        case "clock": return fields.integer().map { .cameraClock($0) }
        case "again": return changed(&fields).map { .segmentChanged($0) }
        default: return nil
        }
    }

    private static func opened(_ fields: inout JournalFields) -> SegmentOpened? {
        guard fields.text() == "1", let camera = fields.text(), let run = fields.text(),
            let number = fields.integer(), let started = fields.integer(), let codec = fields.text(),
            let codecString = fields.text(), let width = fields.integer(), let height = fields.integer(),
            let initBytes = fields.integer(), let initHash = fields.hash(), let previous = fields.text(),
            let head = fields.text()
        else { return nil }
        return SegmentOpened(
            cameraId: camera,
            runId: run,
            number: Int(number),
            startedAt: WallTime(microseconds: started),
            codec: codec,
            codecString: unescape(codecString) ?? "",
            width: Int(width),
            height: Int(height),
            initBytes: Int(initBytes),
            initHash: initHash,
            previousSegment: previous == "-" ? nil : previous,
            previousHead: ContentHash(head),
            audio: audio(&fields),
            ignoredTracks: unescape(fields.text() ?? "-").map { $0.split(separator: ",").map(String.init) } ?? [],
            clockOffsetMicros: fields.integer()
        )
    }

    /// Lines of earlier versions end before it.
    private static func audio(_ fields: inout JournalFields) -> AudioTrackFacts? {
        guard let codec = fields.text(), let codecString = fields.text(), let rate = fields.integer(),
            let channels = fields.integer(), codec != "-"
        else { return nil }
        return AudioTrackFacts(
            codec: unescape(codec) ?? "",
            codecString: unescape(codecString) ?? "",
            sampleRate: Int(rate),
            channels: Int(channels)
        )
    }

    private static func fragment(_ fields: inout JournalFields) -> FragmentRecord? {
        guard let offset = fields.integer(), let size = fields.integer(), let moof = fields.integer(),
            let base = fields.integer(), let duration = fields.integer(), let wall = fields.integer(),
            let key = fields.integer(), let samples = fields.integer(), let moofHash = fields.hash(),
            let payloadHash = fields.hash(), offset >= 0, size > 0, moof > 0, moof < size
        else { return nil }
        return FragmentRecord(
            offset: Int(offset),
            sizeBytes: Int(size),
            moofBytes: Int(moof),
            baseDecodeTicks: base,
            durationTicks: duration,
            wall: WallTime(microseconds: wall),
            startsWithKey: key == 1,
            sampleCount: Int(samples),
            moofHash: moofHash,
            payloadHash: payloadHash
        )
    }

    private static func closed(_ fields: inout JournalFields) -> SegmentClosed? {
        guard let cause = fields.text().flatMap(SegmentClosed.Cause.init), let ended = fields.integer(),
            let count = fields.integer(), let size = fields.integer(), let head = fields.hash()
        else { return nil }
        return SegmentClosed(
            cause: cause,
            endedAt: WallTime(microseconds: ended),
            fragmentCount: Int(count),
            sizeBytes: Int(size),
            head: head
        )
    }

    private static func gap(_ fields: inout JournalFields) -> GapRecord? {
        guard let from = fields.integer(), let to = fields.text(), to == "-" || Int64(to) != nil,
            let reason = fields.text().flatMap(StateReason.init), let later = fields.text(), let detail = fields.text()
        else { return nil }
        return GapRecord(
            from: WallTime(microseconds: from),
            to: Int64(to).map { WallTime(microseconds: $0) },
            reason: reason,
            laterReasons: later.split(separator: ",").compactMap { StateReason(rawValue: String($0)) },
            detail: unescape(detail),
            notedAt: fields.integer().map { WallTime(microseconds: $0) }
        )
    }

    private static func changed(_ fields: inout JournalFields) -> SegmentName? {
        guard let volume = fields.text(), RecordingLayout.isVolumeId(volume), let name = fields.text() else {
            return nil
        }
        return SegmentName(name, volume: volume)
    }

    private static func state(_ fields: inout JournalFields) -> CameraStatus? {
        guard let camera = fields.text(), let state = fields.text().flatMap(CameraState.init),
            let reason = fields.text().flatMap(StateReason.init), let since = fields.integer(),
            let codec = fields.text(), let width = fields.text(), let height = fields.text(),
            let detail = fields.text()
        else { return nil }
        return CameraStatus(
            cameraId: camera,
            state: state,
            reason: reason,
            detail: unescape(detail),
            since: WallTime(microseconds: since),
            codec: unescape(codec),
            width: Int(width),
            height: Int(height)
        )
    }

    // MARK: - Texts

    private static func hex(_ value: UInt32) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }

    private static func escape(_ text: String?) -> String {
        guard let text, !text.isEmpty else { return "-" }
        var escaped = ""
        for byte in text.utf8 {
            if byte <= 32 || byte == 37 || byte == 127 || escaped.isEmpty && byte == 45 {
                escaped += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            } else if byte < 128 {
                escaped.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                escaped += "%" + String(byte, radix: 16)
            }
        }
        return escaped
    }

    private static func unescape(_ text: String) -> String? {
        guard text != "-" else { return nil }
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == 37 else {
                bytes.append(byte)
                continue
            }
            guard let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Takes a line's fields one after the other.
private struct JournalFields {
    private var rest: ArraySlice<UInt8>

    init(_ body: ArraySlice<UInt8>) { rest = body }

    mutating func text() -> String? {
        guard !rest.isEmpty else { return nil }
        let end = rest.firstIndex(of: 32) ?? rest.endIndex
        defer { rest = end == rest.endIndex ? [] : rest[(end + 1)...] }
        return String(decoding: rest[rest.startIndex..<end], as: UTF8.self)
    }

    mutating func integer() -> Int64? { text().flatMap { Int64($0) } }

    mutating func hash() -> ContentHash? { text().flatMap { ContentHash($0) } }
}
