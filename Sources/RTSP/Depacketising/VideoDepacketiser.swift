/// Puts pictures of H.264 (RFC 6184) or H.265 (RFC 7798) together from packets in order.
///
/// A picture ends where the timestamp changes, or with a marker once markers have proved to tell the truth. Nothing of
/// an undamaged unit is lost, doubled or reordered; one of which something is missing, or may be, is marked.
struct VideoDepacketiser: RTPSink, Sendable {
    /// A marked picture that nothing follows for so long, in nanoseconds, is taken as whole.
    private static let silence: Int64 = 1_000_000_000
    /// What comes without any picture is dropped beyond so many NAL units.
    private static let mostPrefixes = 64

    let isH265: Bool
    /// H.265: packets carry decoding order numbers.
    let hasDecodingOrder: Bool
    var units = UnitQueue()
    /// Payloads that were not understood.
    var unusable = 0

    private var buffer = UnitBuffer()
    private var trust = MarkerTrust()
    /// The type of the NAL unit that grows over several packets.
    private var fragmentType: UInt8?
    private var openKind = NALKind.other
    /// NAL units with start codes in them have been seen: look into slices too.
    private var hasStartCodes = false

    // The unit that grows.
    private var timestamp: Int64 = 0
    private var arrivedAt: Int64 = 0
    private var hasPicture = false
    private var isKey = false
    private var isDamaged = false
    private var isRestart = false
    private var lost = 0
    /// A marker came after the last slice.
    private var isMarked = false
    /// Where what may belong to the next unit begins, and how many NAL units are before it.
    private var boundary: (at: Int, nals: Int)?
    private var openingType: UInt8?
    private var openings = 0

    // What is known from units before.
    private var endedTimestamp: Int64?
    /// The type of what the last undamaged key picture's unit began with, if that was its only one or its first slice.
    private var keyOpening: UInt8?
    private var keySize = 0
    private var otherSize = 0

    init(isH265: Bool, hasDecodingOrder: Bool) {
        self.isH265 = isH265
        self.hasDecodingOrder = hasDecodingOrder
    }

    mutating func take(
        _ packet: RTPPacket,
        payload: Span<UInt8>,
        timestamp: Int64,
        lost: Int,
        isRestart: Bool,
        at now: Int64
    ) {
        if isRestart { restart() }
        if lost > 0 {
            gap(lost, before: timestamp, payload)
        } else if !buffer.isEmpty, timestamp != self.timestamp, !continuesFragment(payload) {
            if hasPicture {
                trust.pictureEnded(isMarked: isMarked)
                end()
            }
            self.timestamp = timestamp
        }
        if buffer.isEmpty {
            // Of a picture whose packets were of no use nothing is left to be marked.
            if lost == 0, timestamp != self.timestamp { isDamaged = false }
            self.timestamp = timestamp
        }
        arrivedAt = now

        if isH265 { takeH265(payload) } else { takeH264(payload) }

        if buffer.isFull { isDamaged = true }
        guard packet.isMarked, hasPicture, fragmentType == nil, boundary == nil else { return dropPrefixes() }
        isMarked = true
        if trust.endsPictures {
            endedTimestamp = self.timestamp
            end()
        }
    }

    /// Something of a unit has come that is not whole yet.
    var hasBegunUnit: Bool { !buffer.isEmpty || fragmentType != nil }

    /// Time passes.
    mutating func tick(at now: Int64) {
        guard isMarked, !trust.hasLied, now &- arrivedAt >= Self.silence else { return }
        endedTimestamp = timestamp
        end()
    }

    /// The stream has ended. What has no picture is dropped.
    mutating func finish() {
        endUnfinished()
        reset()
        lost = 0
    }

    /// Without a marker that can be believed nobody knows whether all of the last picture has come.
    private mutating func endUnfinished() {
        guard hasPicture else { return }
        if !isMarked || trust.hasLied { isDamaged = true }
        end()
    }

    // MARK: - Losses

    /// Packets are missing before this one: which units they were of can't always be told, and then both are damaged.
    private mutating func gap(_ count: Int, before timestamp: Int64, _ payload: Span<UInt8>) {
        closeNAL()
        lost += count
        let isSame = !buffer.isEmpty && timestamp == self.timestamp
        guard !isSame else {
            isDamaged = true
            return
        }
        // All units end with a marker, this one has none: then the one missing packet was its last.
        let wasTail = hasPicture && !isMarked && trust.endsPictures && trust.marksAll && count == 1
        if hasPicture {
            isDamaged = true
            end()
        }
        self.timestamp = timestamp
        isDamaged = !buffer.isEmpty || !(wasTail || opensUnit(payload))
    }

    /// The packet begins with what the last undamaged key picture's unit began with, so nothing is missing before it.
    private func opensUnit(_ payload: Span<UInt8>) -> Bool {
        guard let keyOpening, let first = firstNAL(payload), first.type == keyOpening else { return false }
        return first.isFirst || !isSlice(first.type)
    }

    private mutating func restart() {
        endUnfinished()
        reset()
        endedTimestamp = nil
        isRestart = true
    }

    // MARK: - NAL units

    /// A whole NAL unit, whose header is in front of it.
    mutating func add(_ nal: Span<UInt8>) {
        let size = isH265 ? 2 : 1
        guard nal.count >= size else { return }
        fragmentType = nil
        begin(isH265 ? nal[0] >> 1 & 63 : nal[0] & 31, isFirst: nal.count <= size || nal[size] & 0x80 != 0)
        buffer.append(nal)
        closeNAL()
    }

    /// As `add`, with what is between the header of two bytes and the rest left out.
    mutating func add(_ header: Span<UInt8>, _ rest: Span<UInt8>) {
        fragmentType = nil
        begin(header[0] >> 1 & 63, isFirst: rest.isEmpty || rest[0] & 0x80 != 0)
        buffer.append(header)
        buffer.append(rest)
        closeNAL()
    }

    /// A fragment of a NAL unit: RFC 6184 §5.8, RFC 7798 §4.4.3.
    mutating func add(
        fragment: Span<UInt8>,
        type: UInt8,
        header: (UInt8, UInt8?),
        isStart: Bool,
        isEnd: Bool
    ) {
        if isStart {
            // The one before has no end: nothing was lost, so its sender never marks ends.
            begin(type, isFirst: fragment.isEmpty || fragment[0] & 0x80 != 0)
            buffer.append(header.0)
            if let second = header.1 { buffer.append(second) }
            fragmentType = type
        } else if fragmentType != type {
            unusable += 1
            isDamaged = true
            return
        }
        buffer.append(fragment)
        if isEnd { closeNAL() }
    }

    /// Ends the NAL unit that grows, and looks for others in it.
    mutating func closeNAL() {
        fragmentType = nil
        guard let nal = buffer.close() else { return }
        if case .slice = openKind, !hasStartCodes { return }
        guard let pieces = buffer.splitAtStartCodes(nal) else { return }
        hasStartCodes = true
        for piece in pieces {
            let header = buffer.bytes[piece.lowerBound]
            if case .slice(let isKey) = kind(isH265 ? header >> 1 & 63 : header & 31) {
                hasPicture = true
                isMarked = false
                boundary = nil
                if isKey { self.isKey = true }
            }
        }
    }

    /// A payload that can't be read. The picture lacks something.
    mutating func spoil() {
        unusable += 1
        isDamaged = true
    }

    private func isSlice(_ type: UInt8) -> Bool { if case .slice = kind(type) { true } else { false } }

    private func kind(_ type: UInt8) -> NALKind { isH265 ? NALKind.h265(type) : NALKind.h264(type) }

    private mutating func begin(_ type: UInt8, isFirst: Bool) {
        closeNAL()
        let kind = kind(type)
        openKind = kind
        switch kind {
        case .slice(let isKey): beginSlice(isFirst: isFirst, isKey: isKey)
        case .opening, .prefix:
            if hasPicture, boundary == nil { boundary = (buffer.bytes.count, buffer.nals) }
        case .other: break
        }
        if buffer.isEmpty {
            buffer.reserve(room(otherSize))
            openingType = type
            openings = 0
        }
        if type == openingType { openings += 1 }
        buffer.begin()
    }

    /// What a picture as large as the last one of its kind may need, in bytes.
    private func room(_ size: Int) -> Int { size * 5 / 4 + 256 }

    private mutating func beginSlice(isFirst: Bool, isKey: Bool) {
        if hasPicture {
            if isMarked, isFirst {
                // Another picture with the same timestamp: the marker has told where the one before ended.
                end()
            } else {
                if isMarked { trust.lied() }
                boundary = nil
            }
        } else if !isFirst, endedTimestamp == timestamp {
            // The picture was ended by a marker that lied: here is its rest.
            trust.lied()
            isDamaged = true
        }
        // Delimiters and even parameter sets come before pictures of either kind: room for a key picture, many times
        // another's, is taken for one that is.
        if isKey, !hasPicture { buffer.reserve(buffer.bytes.count + room(keySize)) }
        isMarked = false
        hasPicture = true
        if isKey { self.isKey = true }
    }

    /// The packet goes on with the NAL unit that grows: then its timestamp does not matter.
    private func continuesFragment(_ payload: Span<UInt8>) -> Bool {
        guard let fragmentType, payload.count >= 3 else { return false }
        if isH265 { return payload[0] >> 1 & 63 == 49 && payload[2] & 0xBF == fragmentType }
        return payload[0] & 31 >= 28 && payload[0] & 31 <= 29 && payload[1] & 0x9F == fragmentType
    }

    // MARK: - Units

    private mutating func end() {
        closeNAL()
        let count = boundary?.at ?? buffer.bytes.count
        if isKey { keySize = count } else { otherSize = count }
        if isKey, !isDamaged { keyOpening = openingType.flatMap { openings == 1 || isSlice($0) ? $0 : nil } }
        let bytes = buffer.take(upTo: boundary?.at, nals: boundary?.nals)
        if bytes.isEmpty {
            resetUnit()
            return
        }
        units.append(
            AccessUnit(
                bytes: bytes,
                timestamp: timestamp,
                durationTicks: 0,
                isKey: isKey,
                isDamaged: isDamaged,
                packetsLost: lost,
                arrivedAt: arrivedAt,
                isRestart: isRestart
            )
        )
        lost = 0
        isRestart = false
        resetUnit()
    }

    private mutating func resetUnit() {
        hasPicture = false
        isKey = false
        isDamaged = false
        isMarked = false
        boundary = nil
        openingType = nil
        openings = 0
    }

    private mutating func reset() {
        closeNAL()
        _ = buffer.take(upTo: nil, nals: nil)
        resetUnit()
    }

    private mutating func dropPrefixes() {
        guard !hasPicture, buffer.nals > Self.mostPrefixes else { return }
        unusable += buffer.nals
        reset()
        isDamaged = true
    }
}
