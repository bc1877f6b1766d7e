import Domain
import Foundation
import Media
import Synchronization
import TestSupport

@testable import Capture

/// Reads one source on a thread of its own, as a camera's thread does.
final class Reception: Sendable {
    struct State {
        var packets: [Packet] = []
        var infos: [StreamInfo] = []
        var losses = ReceptionLosses()
        var kind = ""
        var error: MediaError?
        var hasEnded = false

        var pictures: [Packet] { packets.filter { $0.track == .video } }
    }

    private let state = Mutex(State())
    private let cancellation = Cancellation()

    /// - Parameter maximum: pictures after which it ends by itself.
    init(
        _ url: String,
        transport: SourceTransport = .auto,
        takesAudio: Bool = false,
        maximum: Int = .max,
        readTimeout: Duration = .seconds(10)
    ) {
        let options = DemuxerOptions(
            readTimeout: readTimeout,
            takesAudio: takesAudio,
            source: SourceOptions(transport: transport)
        )
        let thread = Thread { [self] in
            do throws(MediaError) {
                let source = try Self.open(url, options, cancellation)
                state.withLock { state in
                    state.kind = "\(type(of: source))"
                    state.infos = [source.info]
                }
                var pictures = 0
                while pictures < maximum {
                    let result = try source.next()
                    state.withLock { state in
                        state.losses = source.losses
                        switch result {
                        case .packet(let packet):
                            if packet.track == .video { pictures += 1 }
                            state.packets.append(packet)
                        case .parametersChanged(let info): state.infos.append(info)
                        case .end: break
                        }
                    }
                }
            } catch {
                state.withLock { $0.error = error }
            }
            state.withLock { $0.hasEnded = true }
        }
        thread.start()
    }

    /// GStreamer's server answers 503 while a stream that was just described is being taken down (AVERROR_HTTP_SERVER_ERROR).
    private static let serverError: Int32 = -1_482_175_992

    /// Opens it; tried again where a busy machine's server took too long.
    private static func open(
        _ url: String,
        _ options: DemuxerOptions,
        _ cancellation: Cancellation
    ) throws(MediaError) -> any PacketSource {
        for _ in 1..<patience {
            do throws(MediaError) {
                return try CameraSource.open(url, options, cancellation)
            } catch {
                guard error.code == .timeout || error.avCode == serverError else { throw error }
                guard !cancellation.isCancelled else { throw error }
                Thread.sleep(forTimeInterval: 0.3)
            }
        }
        return try CameraSource.open(url, options, cancellation)
    }

    var now: State { state.withLock { $0 } }

    func cancel() { cancellation.cancel() }

    /// Waits until it has ended by itself.
    func ended(within limit: Duration = .seconds(20)) async -> State {
        _ = await eventually(within: limit) { self.state.withLock { $0.hasEnded } }
        cancel()
        return now
    }
}

/// Compares what was received with the clip, and with what another way received.
enum ReceivedPictures {
    /// Whether pictures are an unbroken walk through a clip.
    static func walk(_ pictures: [Packet], clip: URL, codec: String = "h264") throws -> FrameWalk.Verdict {
        let bytes = pictures.flatMap { annexB($0.bytes) }
        let frames = FrameWalk.frames(annexB: bytes, isHEVC: codec == "hevc")
        return FrameWalk.check(recorded: frames, clip: try FrameWalk.frames(of: clip, codec: codec))
    }

    /// NAL units behind start codes instead of lengths.
    static func annexB(_ bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        var at = 0
        while at + 4 <= bytes.count {
            let size = bytes[at..<at + 4].reduce(0) { $0 << 8 | Int($1) }
            out += [0, 0, 0, 1] + bytes[(at + 4)..<min(bytes.count, at + 4 + size)]
            at += 4 + size
        }
        return out
    }

    /// What differs between two receptions of one stream, laid upon each other at the first picture that both have; nil
    /// where nothing does.
    static func difference(_ one: [Packet], _ other: [Packet], times: Bool = true) -> String? {
        guard one.count > 30, other.count > 30 else { return "\(one.count) and \(other.count) pictures" }
        for start in one.indices {
            // Small pictures of a still scene repeat: two in a row have to agree.
            guard let place = other.indices.first(where: { agree(one, start, other, $0) }) else { continue }
            let length = min(one.count - start, other.count - place)
            guard length > 25 else { return "only \(length) pictures in common" }
            for index in 0..<length {
                let (a, b) = (one[start + index], other[place + index])
                if a.bytes != b.bytes {
                    return "picture \(index): \(a.bytes.count) and \(b.bytes.count) bytes"
                }
                if a.isKey != b.isKey { return "picture \(index): key \(a.isKey) and \(b.isKey)" }
                let (x, y) = (a.ptsTicks - one[start].ptsTicks, b.ptsTicks - other[place].ptsTicks)
                if times, x != y { return "picture \(index): shown after \(x) and \(y) ticks" }
            }
            return nil
        }
        return "nothing in common"
    }

    private static func agree(_ one: [Packet], _ start: Int, _ other: [Packet], _ place: Int) -> Bool {
        guard start + 3 < one.count, place + 3 < other.count else { return false }
        return (0..<3).allSatisfy { one[start + $0].bytes == other[place + $0].bytes }
    }
}
