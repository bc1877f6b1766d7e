// What sampling sees of what full decoding sees, and at which cost, clip by clip: see Benchmarks/README.md.
import Analysis
import Capture
import Domain
import Foundation
import Media

#if canImport(Glibc)
    import Glibc
#endif

/// CPU time of this thread in seconds.
func threadSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// The packets of a file, played in a loop for at least `seconds`.
func packets(of path: String, seconds: Double) throws -> (StreamInfo, [Packet]) {
    var options = DemuxerOptions(loopFile: false)
    options.paceFile = false
    let demuxer = try Demuxer(opening: "file:\(path)", options: options, cancellation: Cancellation())
    let info = demuxer.info
    var once: [Packet] = []
    reading: while true {
        switch try demuxer.next() {
        case .packet(let packet): if packet.track == .video { once.append(packet) }
        case .parametersChanged: continue
        case .end: break reading
        }
    }
    guard let first = once.map(\.ptsTicks).min(), let last = once.map(\.ptsTicks).max(), once.count > 1 else {
        return (info, [])
    }
    let length = last - first + (last - first) / Int64(once.count - 1)
    let passes = max(1, Int64((seconds * 90_000 / Double(length)).rounded(.up)))
    return (
        info,
        (0..<passes).flatMap { pass in
            once.map { packet in
                var packet = packet
                packet.ptsTicks += pass * length - first
                return packet
            }
        }
    )
}

let camera = AnalysedCamera(
    id: "clip",
    zones: [
        Zone(
            id: "all",
            polygon: PicturePolygon([
                PicturePoint(x: 0, y: 0), PicturePoint(x: 1, y: 0), PicturePoint(x: 1, y: 1), PicturePoint(x: 0, y: 1),
            ]),
            rules: [ZoneRule(kind: .motion)]
        )
    ]
)

/// The pipeline of one clip, with its times.
struct Watching {
    let pipeline: CameraPipeline
    var statistics = WorkerStatistics()
    var seconds = 0.0
    var looks: [PictureLook] = []
    var packets = 0

    init(_ info: StreamInfo) {
        pipeline = CameraPipeline(camera: camera)
        pipeline.beginRun(codec: info.codec.rawValue, extradata: info.extradata, width: info.width, height: info.height)
    }

    mutating func take(_ packet: Packet, isWanted: Bool) -> [PictureLook] {
        packets += 1
        let at = WallTime(microseconds: 1_800_000_000_000_000 + MediaTime.microseconds(packet.ptsTicks))
        let start = threadSeconds()
        let replies = pipeline.take(
            SampledPacket(bytes: packet.bytes, ticks: packet.ptsTicks, at: at, isKey: packet.isKey, isWanted: isWanted),
            &statistics
        )
        seconds += threadSeconds() - start
        var found: [PictureLook] = []
        for case (.looked(_, let looks), _) in replies { found += looks }
        looks += found
        return found
    }
}

/// Stretches of at least a second in which pictures moved, in ticks; a pause of less than half a second ends none.
func intervals(_ looks: [PictureLook]) -> [ClosedRange<Int64>] {
    var found: [ClosedRange<Int64>] = []
    for look in looks.sorted(by: { $0.mediaTicks < $1.mediaTicks }) where look.isMoving {
        if let last = found.last, look.mediaTicks - last.upperBound <= 45_000 {
            found[found.count - 1] = last.lowerBound...max(last.upperBound, look.mediaTicks)
        } else {
            found.append(look.mediaTicks...look.mediaTicks)
        }
    }
    return found.filter { $0.upperBound - $0.lowerBound >= 90_000 }
}

print(
    "| clip | intervals | by key frames | by sampling | recall | cost of full decoding | of that key frames | groups | whole groups | ranking |"
)
print("|---|---:|---:|---:|---:|---:|---:|---:|---|---:|")
var (allFound, allKeys, allIntervals) = (0, 0, 0)
var (sampledSeconds, fullSeconds) = (0.0, 0.0)
for path in CommandLine.arguments.dropFirst() {
    let (info, clip) = try packets(of: path, seconds: 120)
    var full = Watching(info)
    var lastWanted = Int64.min / 2
    for packet in clip {
        let isWanted = packet.ptsTicks - lastWanted >= 18_000 || packet.isKey
        if isWanted { lastWanted = packet.ptsTicks }
        _ = full.take(packet, isWanted: isWanted)
    }
    var sampler = AnalysisSampler(needs: SamplingNeeds(camera.zones), seed: 42)
    let reader = SliceReader(info)
    var sampled = Watching(info)
    var keySeconds = 0.0
    var choosing = 0.0
    var keys: Set<Int64> = []
    for packet in clip {
        let start = threadSeconds()
        let facts = reader.facts(of: packet.bytes)
        if packet.isKey { keys.insert(packet.ptsTicks) }
        let kept = KeptPacket(
            mediaTicks: packet.ptsTicks,
            at: .epoch,
            isKey: packet.isKey,
            isDisposable: facts.isDisposable,
            quantiser: facts.quantiser,
            bytes: packet.bytes
        )
        let chosen = sampler.take(kept, pressure: 0)
        choosing += threadSeconds() - start
        for one in chosen {
            var packet = packet
            packet.bytes = one.packet.bytes
            packet.ptsTicks = one.packet.mediaTicks
            packet.isKey = one.packet.isKey
            let before = sampled.seconds
            defer { if packet.isKey { keySeconds += sampled.seconds - before } }
            for look in sampled.take(packet, isWanted: one.isWanted) {
                sampler.looked(ticks: look.mediaTicks, isMoving: look.isMoving)
            }
        }
    }
    let truth = intervals(full.looks)
    let seen = sampled.looks.filter(\.isMoving).map(\.mediaTicks)
    let found = truth.count { interval in seen.contains(where: interval.contains) }
    let byKeys = truth.count { interval in seen.contains { keys.contains($0) && interval.contains($0) } }
    let cost = (sampled.seconds + choosing) / max(1e-9, full.seconds)
    let facts = sampler.facts
    let whole = facts.whole.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    print(
        "| \((path as NSString).lastPathComponent) | \(truth.count) | \(byKeys) | \(found) |",
        truth.isEmpty ? "– |" : "\(found * 100 / truth.count) % |",
        "\(Int((cost * 100).rounded())) % | \(Int((keySeconds / max(1e-9, full.seconds) * 100).rounded())) % | \(facts.groups) | \(whole) |",
        facts.ranking.map { "\(Int(($0 * 100).rounded())) % |" } ?? "– |"
    )
    fflush(nil)
    allFound += found
    allKeys += byKeys
    allIntervals += truth.count
    sampledSeconds += sampled.seconds + choosing
    fullSeconds += full.seconds
}
print(
    "| all | \(allIntervals) | \(allKeys) | \(allFound) | \(allFound * 100 / max(1, allIntervals)) % |",
    "\(Int((sampledSeconds / max(1e-9, fullSeconds) * 100).rounded())) % | | | | |"
)
