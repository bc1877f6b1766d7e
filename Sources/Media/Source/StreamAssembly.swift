package import Domain

/// Makes packets of the access units and the sound that one source brings: the same rules for every way in.
///
/// Takes the parameter sets out, places pictures and sound on one time line, and says when the stream becomes another one.
/// Sound never holds pictures back: a source that promises some and sends none, or sends what can't be recorded, is read
/// all the same. All times are in 90 kHz ticks.
package struct StreamAssembly {
    /// What a source says of an access unit, beside its bytes.
    package struct UnitFacts: Sendable {
        package var pts: Int64?
        package var dts: Int64?
        /// 0 where it isn't known.
        package var duration: Int64
        /// Decoding can start here, whatever its units say.
        package var isKey: Bool
        /// What the camera's clock showed at `pts`.
        package var cameraTime: WallTime?
        /// When it came, on a clock that never steps; nil where arrival says nothing about the source's times.
        package var arrival: Int64?
        package var damage: UnitDamage

        package init(
            pts: Int64?,
            dts: Int64? = nil,
            duration: Int64 = 0,
            isKey: Bool = false,
            cameraTime: WallTime? = nil,
            arrival: Int64? = nil,
            damage: UnitDamage = .none
        ) {
            self.pts = pts
            self.dts = dts
            self.duration = duration
            self.isKey = isKey
            self.cameraTime = cameraTime
            self.arrival = arrival
            self.damage = damage
        }
    }

    /// What of a stream was lost before a unit was complete.
    package enum UnitDamage: Sendable, Hashable {
        case none
        /// Something between it and the unit before it.
        case before
        /// A part of the unit itself.
        case within
    }

    /// What became of an access unit.
    package enum Taken: Sendable {
        case packet(Packet)
        /// It holds no picture, or waits for others that are shown before it: `next` gives it.
        case nothing
        /// The stream goes on with another codec than the source says.
        case otherCodec
    }

    package private(set) var info: StreamInfo
    /// What came of it is not known yet: nothing is said to be changed before `opened`.
    private(set) var isOpening = true
    package private(set) var damagedPictures = 0

    private var converter: AccessUnitConverter?
    private var repair: TimestampRepair
    private var sound = StreamSound()
    /// Of the source, beside what the sound adds.
    private var ignoredStreams: [String]
    private let isFile: Bool
    /// For files without presentation times.
    private var order = PictureOrder()
    private(set) var lastDts: Int64?
    /// `info` changed, or the source's clock jumped: said before the next packet.
    private var hasChanged = false
    /// Access units in a row that are none of the codec.
    private var foreignUnits = 0
    /// The pictures up to the next key frame can't be decoded without error.
    private var isGroupDamaged = false
    private var queue = PendingResults()

    private static let maximumForeignUnits = 50
    private static let picturesForSound = 30
    /// Pictures that are held back where the parameter sets don't say how many may be.
    private static let usualDepth = 4

    /// - Parameters:
    ///   - extradata: parameter sets as the source has them: start codes, `avcC` or `hvcC`; other codecs' own header.
    ///   - hasDecodingTimes: the source says when pictures are decoded, not only when they are shown.
    package init(
        codec: VideoCodec,
        width: Int = 0,
        height: Int = 0,
        extradata: [UInt8],
        frameRate: Double?,
        hasDecodingTimes: Bool,
        isFile: Bool,
        sound track: AudioTrack?,
        ignoredStreams: [String]
    ) {
        if codec.hasParameterSets { converter = AccessUnitConverter(codec: codec, extradata: extradata) }
        self.isFile = isFile
        self.ignoredStreams = ignoredStreams
        info = StreamInfo(
            codec: codec,
            width: width,
            height: height,
            extradata: converter == nil ? extradata : [],
            codecString: codec.fixedName,
            averageFrameRate: frameRate,
            ignoredStreams: ignoredStreams
        )
        repair = TimestampRepair(hasDecodingTimes: hasDecodingTimes, reorderDepth: 0, frameRate: frameRate)
        sound.adopt(track)
        info.audio = sound.info
        adoptParameters()
    }

    // MARK: - Opening

    /// The stream's parameters are not known as far as recording needs them.
    package var needsParameters: Bool {
        switch info.codec {
        case .mjpeg: info.width == 0 || info.height == 0
        case .mpeg4: info.extradata.isEmpty || info.width == 0
        case .h264, .hevc, .other: info.extradata.isEmpty
        }
    }

    /// More of it has to be read before it can be said to be open. A file is read ahead for its sound, too: nobody waits.
    /// What a live source has shows when it comes.
    package var needsMore: Bool {
        guard converter != nil || info.codec.isRecordable else { return false }
        return needsParameters || isFile && sound.isUnknown && queue.pictures < Self.picturesForSound
    }

    /// Keeps a packet that was read before the source was open.
    ///
    /// - Returns: false when there is no room: this is no stream.
    package mutating func hold(_ packet: Packet) -> Bool { queue.hold(packet) }

    /// The source is open: from now on changes are told.
    package mutating func opened() {
        adoptSound()
        hasChanged = false
        isOpening = false
    }

    // MARK: - Results

    /// What is ready to be handed on: what was held back comes first.
    package mutating func pending() -> ReadResult? { queue.next() }

    /// What to hand on for a packet: itself, or the change that came with it; then the packet is `pending`.
    package mutating func result(_ packet: Packet) -> ReadResult {
        guard hasChanged else { return .packet(packet) }
        hasChanged = false
        queue.append(.packet(packet))
        return .parametersChanged(info)
    }

    /// A packet of what was taken before; nil when more has to be read.
    package mutating func next() -> Packet? {
        if let packet = sound.next() { return packet }
        return order.next(atEnd: false).map { place($0) }
    }

    /// The source ended: the next of the pictures that waited for others.
    mutating func last() -> Packet? { order.next(atEnd: true).map { place($0) } }

    /// The source begins anew: its times go on behind the last one's.
    mutating func restart() {
        repair.restart()
        foreignUnits = 0
    }

    // MARK: - Pictures

    /// Takes an access unit whose NAL units each stand behind their length in 4 bytes; its bytes become the packet's.
    package mutating func takePicture(units: consuming [UInt8], _ facts: UnitFacts) -> Taken {
        guard let unit = converter?.convert(owned: units) else { return .nothing }
        var facts = facts
        if unit.hasRecoveryPoint { facts.isKey = true }
        return take(unit, facts)
    }

    /// Takes an access unit as a container holds it; the bytes are valid during the call only.
    mutating func takePicture(_ bytes: UnsafeBufferPointer<UInt8>, _ facts: UnitFacts) -> Taken {
        if let unit = converter?.convert(bytes) { return take(unit, facts) }
        guard let plain = plainPicture(bytes, isKey: facts.isKey) else { return .nothing }
        return finish(plain.bytes, isKey: plain.isKey, facts)
    }

    /// The source says that the stream goes on with `codec`; nothing when it is the present one.
    mutating func follow(codec: VideoCodec, extradata: [UInt8]) {
        guard codec != (converter?.codec ?? info.codec) else { return }
        if codec.hasParameterSets {
            // Known by its parameter sets.
            converter = AccessUnitConverter(codec: codec, extradata: extradata)
            if adoptParameters() { hasChanged = true }
        } else {
            converter = nil
            info.codec = codec
            info.extradata = extradata
            info.codecString = codec.fixedName
            hasChanged = true
        }
    }

    private mutating func take(_ unit: consuming AccessUnitConverter.Unit, _ facts: UnitFacts) -> Taken {
        guard !unit.isForeign else {
            foreignUnits += 1
            return unit.foreignCodec != nil || foreignUnits >= Self.maximumForeignUnits ? .otherCodec : .nothing
        }
        foreignUnits = 0
        if unit.setsChanged, adoptParameters(), !isOpening { hasChanged = true }
        guard unit.hasPicture, isOpening || converter?.codec == info.codec else { return .nothing }
        return finish(unit.bytes, isKey: facts.isKey || unit.hasRandomAccessPicture, facts)
    }

    private mutating func finish(_ bytes: consuming [UInt8], isKey: Bool, _ facts: UnitFacts) -> Taken {
        guard !bytes.isEmpty else { return .nothing }
        if isKey { isGroupDamaged = facts.damage == .within } else if facts.damage != .none { isGroupDamaged = true }
        if isGroupDamaged { damagedPictures += 1 }
        var packet = Packet(
            bytes: bytes,
            ptsTicks: 0,
            dtsTicks: 0,
            durationTicks: max(1, facts.duration > 0 ? facts.duration : repair.typicalDuration),
            isKey: isKey,
            cameraTime: facts.cameraTime,
            isDamaged: isGroupDamaged
        )
        if isFile, facts.pts == nil, let slot = facts.dts, let sequence = converter?.sets.sequence,
            converter?.codec == .h264, sequence.reorderDepth != 0,
            let number = order.order(of: packet.bytes, sequence: sequence)
        {
            order.append(packet, slot: slot, order: number, depth: sequence.reorderDepth ?? Self.usualDepth)
            return order.next(atEnd: false).map { .packet(place($0)) } ?? .nothing
        }
        let times = repair.next(pts: facts.pts, dts: facts.dts, arrival: facts.arrival)
        if times.jumped, !isOpening { hasChanged = true }
        stamp(&packet, times)
        return .packet(packet)
    }

    /// Builds `info` from the parameter sets; true when that changed it.
    @discardableResult
    private mutating func adoptParameters() -> Bool {
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

    /// A picture of a codec without parameter sets; nil for one that is left out.
    private mutating func plainPicture(
        _ raw: UnsafeBufferPointer<UInt8>,
        isKey: Bool
    ) -> (bytes: [UInt8], isKey: Bool)? {
        switch info.codec {
        case .mjpeg:
            // Each picture says its own size.
            if let size = JPEGFrame.size(raw), size != (info.width, info.height) {
                (info.width, info.height) = size
                if !isOpening { hasChanged = true }
            }
            return (Array(raw), true)
        case .mpeg4:
            // Place holders of AVI hold no picture. DivX's packed B frames stay packed: decoders know them.
            guard let isKey = VisualObjects.isIntra(raw) else { return nil }
            if isKey, info.extradata.isEmpty, let header = VisualObjects.header(raw) { info.extradata = header }
            return (Array(raw), isKey)
        case .h264, .hevc, .other:
            return (Array(raw), isKey)
        }
    }

    /// Times a picture whose presentation its order count says: decoding lies ahead of the container's times, so that no
    /// picture is shown before it is decoded.
    private mutating func place(_ timed: PictureOrder.Timed) -> Packet {
        var packet = timed.packet
        let depth = converter?.sets.sequence?.reorderDepth ?? Self.usualDepth
        let ahead = Int64(depth) * repair.typicalDuration
        stamp(&packet, repair.next(pts: timed.shown, dts: timed.slot - ahead))
        return packet
    }

    private mutating func stamp(_ packet: inout Packet, _ times: TimestampRepair.Times) {
        packet.ptsTicks = times.pts
        packet.dtsTicks = times.dts
        lastDts = times.dts
        if sound.missed(at: times.dts) { adoptSound() }
    }

    // MARK: - Sound

    /// The source has such a track; nothing where one is known already.
    mutating func adopt(_ track: AudioTrack?) {
        if !sound.isAdopted, track != nil { sound.adopt(track) }
    }

    /// Takes a packet of sound; `next` gives its frames. The bytes are valid during the call only.
    ///
    /// - Parameter time: as the source says it, on the clock of its pictures.
    package mutating func takeSound(_ bytes: UnsafeBufferPointer<UInt8>, at time: Int64?) {
        sound.take(bytes, at: repair.placed(time), video: lastDts)
        adoptSound()
    }

    /// Streams that are left out, beside what the sound says of itself.
    mutating func setIgnoredStreams(_ names: [String]) { ignoredStreams = names }

    /// Takes over what the sound has become.
    private mutating func adoptSound() {
        let ignored = ignoredStreams + sound.ignored
        if info.audio != sound.info || info.ignoredStreams != ignored {
            hasChanged = true
            info.audio = sound.info
            info.ignoredStreams = ignored
        }
    }
}

/// What was read before the parameters were complete, or behind a change: bounded, and read in order.
private struct PendingResults {
    private var results: [ReadResult] = []
    private var start = 0
    private(set) var pictures = 0

    private static let maximum = 600

    /// Keeps at most `maximum` pictures and their sound; false when there is no room.
    mutating func hold(_ packet: Packet) -> Bool {
        guard pictures < Self.maximum, results.count < 8 * Self.maximum else { return false }
        if packet.track == .video { pictures += 1 }
        results.append(.packet(packet))
        return true
    }

    mutating func append(_ result: ReadResult) { results.append(result) }

    mutating func next() -> ReadResult? {
        guard start < results.count else { return nil }
        defer {
            start += 1
            if start == results.count {
                results = []
                start = 0
            }
        }
        return results[start]
    }
}
