package import Domain

/// Measures a stream by the pictures that it sends: rate, groups of pictures, bits, pauses, drift. Pure: arrivals are
/// handed in. Bounded: keeps one number per key frame (at most 4,096) and one per half second.
package struct StreamMeasurement: Sendable {
    /// A group of pictures from its key frame to the next.
    private struct Group {
        var frames: Int
        var ticks: Int64
    }

    /// The packet of the shortest delay in a half second: what the network added is least there.
    private struct Sample {
        var slot: Int64
        var arrival: Double
        var media: Double
        var delay: Double { arrival - media }
    }

    private static let maximumGroups = 4096
    /// The first packets come from the server's own store, all at once.
    private static let settling = Duration.seconds(1)

    private let startedAt: Duration
    private let isLive: Bool
    private var connectedAt: Duration?
    private var firstKey: (arrival: Duration, ticks: Int64)?
    private var lastKeyTicks: Int64?
    private var framesSinceKey = 0
    private var groups: [Group] = []
    private var firstTicks: Int64?
    private var lastTicks: Int64?
    private var lastPts: Int64?
    private var lastArrival: Duration?
    private var longestPause = Duration.zero
    private var frames = 0
    private var bytes = 0
    private var hasReordering = false
    private var samples: [Sample] = []

    /// - Parameters:
    ///   - startedAt: the monotonic instant at which opening began.
    ///   - isLive: arrival says something about the stream's clock.
    package init(startedAt: Duration, isLive: Bool) {
        self.startedAt = startedAt
        self.isLive = isLive
    }

    /// The stream's parameters are known.
    package mutating func connected(at now: Duration) { connectedAt = now }

    /// Notes a picture; what comes before the first key frame doesn't count.
    package mutating func take(_ packet: Packet, at now: Duration) {
        guard packet.track == .video else { return }
        if firstKey == nil {
            guard packet.isKey else { return }
            firstKey = (now, packet.dtsTicks)
        }
        if packet.isKey {
            if let last = lastKeyTicks, groups.count < Self.maximumGroups {
                groups.append(Group(frames: framesSinceKey, ticks: packet.dtsTicks - last))
            }
            lastKeyTicks = packet.dtsTicks
            framesSinceKey = 0
        }
        framesSinceKey += 1
        frames += 1
        bytes += packet.bytes.count
        if firstTicks == nil { firstTicks = packet.dtsTicks }
        lastTicks = packet.dtsTicks
        if let lastPts, packet.ptsTicks < lastPts { hasReordering = true }
        lastPts = packet.ptsTicks
        if isLive, let lastArrival { longestPause = max(longestPause, now - lastArrival) }
        lastArrival = now
        if isLive, let key = firstKey, now - key.arrival >= Self.settling { sample(packet, at: now) }
    }

    private mutating func sample(_ packet: Packet, at now: Duration) {
        let arrival = now.seconds
        let sample = Sample(
            slot: Int64(arrival * 2),
            arrival: arrival,
            media: Double(packet.dtsTicks) / Double(MediaTime.ticksPerSecond)
        )
        if let last = samples.last, last.slot == sample.slot {
            if sample.delay < last.delay { samples[samples.count - 1] = sample }
        } else if samples.count < 240 {
            samples.append(sample)
        }
    }

    /// Seconds of the stream's own time since its first key frame.
    package var mediaSeconds: Double {
        guard let firstTicks, let lastTicks else { return 0 }
        return Double(lastTicks - firstTicks) / Double(MediaTime.ticksPerSecond)
    }

    /// Key frames so far.
    package var keyFrames: Int { firstKey == nil ? 0 : groups.count + 1 }

    /// What was found, with advice.
    package func report(source: String, info: StreamInfo, hasSub: Bool, isFile: Bool) -> ProbeReport {
        var report = ProbeReport(
            source: source,
            codec: info.codec.rawValue,
            width: info.width,
            height: info.height,
            isRecordable: info.codec.isRecordable
        )
        report.profile = CodecProfile(codecString: info.codecString)?.name
        report.codecString = info.codecString.isEmpty ? nil : info.codecString
        report.declaredFrameRate = info.averageFrameRate
        report.audio = info.audio.map {
            .init(codec: $0.codec.rawValue, sampleRate: $0.sampleRate, channels: $0.channels)
        }
        report.leftOut = info.ignoredStreams
        report.connectSeconds = ((connectedAt ?? startedAt) - startedAt).seconds
        report.firstKeyFrameSeconds = firstKey.map { ($0.arrival - startedAt).seconds }
        report.frames = frames
        report.hasReordering = hasReordering
        report.longestPauseSeconds = longestPause.seconds
        report.measuredSeconds = mediaSeconds
        if frames > 1, mediaSeconds > 0 {
            report.frameRate = Double(frames - 1) / mediaSeconds
            // The last picture's bits belong to the time behind it.
            report.bitRate = Int(Double(bytes * 8) / (mediaSeconds * Double(frames) / Double(frames - 1)))
        }
        if !groups.isEmpty {
            let seconds = groups.map { Double($0.ticks) / Double(MediaTime.ticksPerSecond) }
            report.keyFrameSeconds = seconds.reduce(0, +) / Double(groups.count)
            report.keyFrameSecondsLeast = seconds.min()
            report.keyFrameSecondsMost = seconds.max()
            report.keyFrameFrames = Double(groups.reduce(0) { $0 + $1.frames }) / Double(groups.count)
        }
        if groups.count > 1, let least = groups.map(\.frames).min(), let most = groups.map(\.frames).max() {
            report.isConstant = most - least <= 1
        }
        report.clockDriftMilliseconds = isFile ? nil : drift
        report.advice = ProbeAdvice.advice(on: report, hasSub: hasSub, isFile: isFile)
        return report
    }

    /// Milliseconds that the stream's clock gains on ours in ten seconds: the slope through the shortest delays of the
    /// half seconds.
    private var drift: Double? {
        guard let first = samples.first, let last = samples.last, last.arrival - first.arrival >= 5 else { return nil }
        let count = Double(samples.count)
        let meanTime = samples.reduce(0) { $0 + ($1.arrival - first.arrival) } / count
        let meanDelay = samples.reduce(0) { $0 + ($1.delay - first.delay) } / count
        var (product, square) = (0.0, 0.0)
        for sample in samples {
            let time = sample.arrival - first.arrival - meanTime
            product += time * (sample.delay - first.delay - meanDelay)
            square += time * time
        }
        guard square > 0 else { return nil }
        return -product / square * 10_000
    }
}
