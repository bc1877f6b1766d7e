import Domain
import Foundation
import Media
import Synchronization

/// What happens on a source's thread, told in order; nothing of it may block for long.
protocol SourceObserver: AnyObject {
    /// The thread begins.
    func started()
    func attempting()
    /// - Throws: `MediaError` when the stream is of no use here: the connection is closed again.
    func connected(_ info: StreamInfo) throws(MediaError)
    func packet(_ packet: Packet)
    /// More of the stream was lost on its way.
    func lost(packets: Int)
    func parametersChanged(_ info: StreamInfo) throws(MediaError)
    /// The source has crashed its process again and again and isn't opened before `until`.
    func leftAlone(until: WallTime)
    /// The attempt failed or the connection ended.
    func ended(reason: StateReason, detail: String?)
    /// The thread ends.
    func finished()
}

/// Connects to one source and reads it, again and again until stopped: the body of that source's thread.
final class SourceLoop: Sendable {
    /// Within it an attempt succeeds or fails, so that a camera's state is known in ten seconds.
    static let connectTimeout = Duration.seconds(8)
    /// Silence after which a connection is dropped and made again.
    static let silenceLimit = Duration.seconds(9)

    /// Packets without a key frame for so long are worth nothing: a new connection makes cameras send one.
    static let keyFrameLimit = Duration.seconds(120)

    /// Why a source is left alone on purpose.
    struct Suspension: Sendable, Equatable {
        var reason: StateReason
        var detail: String
    }

    private struct State {
        var url: String
        var options: SourceOptions
        /// The platform that it is borrowed from.
        var platform: String?
        var stopReason: StateReason?
        /// Nothing is received for this reason until it is taken back.
        var suspension: Suspension?
        /// Its server has come back while the next attempt was waited for.
        var isServerBack = false
        /// Grows when the connection has to be made again at once.
        var generation = 0
        var cancellation: Cancellation?
        var hasFinished = false
        var connections = 0
    }

    private let name: String
    private let gate: ConnectionGate
    private let permits: PlatformPermits
    private let knock: ServerKnock
    private let marker: CrashMarker
    /// Sound comes along, as packets of the track `audio`.
    private let takesAudio: Bool
    private let open: SourceOpener
    private let clock: any HostClock
    private let state: Mutex<State>
    /// Signalled on every change that ends a wait.
    private let condition = NSCondition()

    init(
        name: String,
        url: String,
        options: SourceOptions = SourceOptions(),
        platform: String? = nil,
        suspension: Suspension? = nil,
        gate: ConnectionGate,
        permits: PlatformPermits,
        knock: ServerKnock,
        marker: CrashMarker,
        takesAudio: Bool = false,
        open: @escaping SourceOpener = CameraSource.open,
        clock: any HostClock
    ) {
        self.open = open
        self.takesAudio = takesAudio
        self.name = name
        self.gate = gate
        self.permits = permits
        self.knock = knock
        self.marker = marker
        self.clock = clock
        state = Mutex(State(url: url, options: options, platform: platform, suspension: suspension))
    }

    /// Starts the thread; `observer` is used on it alone.
    func start(_ observer: sending any SourceObserver) {
        let box = ObserverBox(observer)
        let thread = Thread { [self] in run(box.observer) }
        thread.name = name
        thread.stackSize = 1 << 20
        thread.start()
    }

    /// Ends the loop; the run that is open ends with `reason`. Returns at once.
    func stop(reason: StateReason) {
        state.withLock { state in
            if state.stopReason == nil { state.stopReason = reason }
            state.cancellation?.cancel()
        }
        signal()
    }

    /// Drops the connection and connects to `url` at once.
    func reconnect(to url: String, options: SourceOptions, platform: String?) {
        state.withLock { state in
            state.url = url
            state.options = options
            state.platform = platform
            state.generation += 1
            state.cancellation?.cancel()
        }
        signal()
    }

    /// Drops the connection and receives nothing until told otherwise; nil takes up the source again at once.
    func suspend(_ suspension: Suspension?) {
        state.withLock { state in
            guard state.suspension != suspension else { return }
            state.suspension = suspension
            state.generation += 1
            state.cancellation?.cancel()
        }
        signal()
    }

    var hasFinished: Bool { state.withLock { $0.hasFinished } }

    /// Attempts that led to a stream.
    var connections: Int { state.withLock { $0.connections } }

    private var stopReason: StateReason? { state.withLock { $0.stopReason } }

    private func signal() {
        condition.lock()
        condition.broadcast()
        condition.unlock()
    }

    /// Waits, unless the loop is stopped or told to reconnect.
    private func wait(_ duration: Duration, generation: Int, untilServer: Bool = false) {
        let end = clock.monotonic() + duration
        condition.lock()
        defer { condition.unlock() }
        while state.withLock({
            $0.stopReason == nil && $0.generation == generation && !(untilServer && $0.isServerBack)
        }) {
            let left = (end - clock.monotonic()).seconds
            guard left > 0 else { return }
            _ = condition.wait(until: Date(timeIntervalSinceNow: min(left, 60)))
        }
    }

    /// Waits for the next attempt, less long where the server was away and answers again.
    ///
    /// - Returns: whether it came back.
    private func waitForServer(
        _ pause: Duration,
        _ failure: Failure,
        url: String,
        platform: String?,
        generation: Int
    ) -> Bool {
        let isRare = permits.platform(platform)?.connectionsPerSecond.map { $0 < 2 } ?? false
        guard [.refused, .timeout, .closed, .noPackets].contains(failure.reason), !isRare,
            let server = ServerKnock.Server(url)
        else {
            wait(pause, generation: generation)
            return false
        }
        state.withLock { $0.isServerBack = false }
        let waiting = knock.wait(for: server) { [weak self] in
            self?.state.withLock { $0.isServerBack = true }
            self?.signal()
        }
        defer { waiting.end() }
        wait(pause, generation: generation, untilServer: true)
        return state.withLock { $0.isServerBack }
    }

    private func run(_ observer: any SourceObserver) {
        marker.nameThread(name)
        observer.started()
        var random = SystemRandomNumberGenerator()
        var backoff = Backoff(isFile: isFile)
        var generation = state.withLock { $0.generation }
        var lastURL = state.withLock { $0.url }
        var options = state.withLock { $0.options }
        var transport = TransportChoice(options.transport)
        while stopReason == nil {
            if let suspension = state.withLock({ $0.suspension }) {
                observer.ended(reason: suspension.reason, detail: suspension.detail)
                // Not the generation of before: what changes while it is handled here counts.
                generation = state.withLock { $0.suspension == suspension ? $0.generation : generation }
                while stopReason == nil, state.withLock({ $0.suspension }) == suspension {
                    wait(.seconds(60), generation: generation)
                    generation = state.withLock { $0.generation }
                }
                backoff = Backoff(isFile: isFile)
                continue
            }
            let url = state.withLock { $0.url }
            if url != lastURL {
                lastURL = url
                marker.release(name)
            }
            let present = state.withLock { $0.options }
            if present != options {
                options = present
                transport = TransportChoice(options.transport)
            }
            if let until = marker.quarantined[name], until > clock.now() {
                observer.leftAlone(until: until)
                wait(until - clock.now(), generation: generation)
                generation = state.withLock { $0.generation }
                continue
            }
            let platform = state.withLock { $0.platform }
            let answer = platform.map { permits.acquire($0) } ?? .granted(nil)
            guard case .granted(let permit) = answer else {
                observer.ended(reason: .limit, detail: limitText(answer, platform))
                wait(.seconds(Double.random(in: 3...6, using: &random)), generation: generation)
                generation = state.withLock { $0.generation }
                continue
            }
            defer { permit?.giveBack() }
            let slot = platform.map { permits.reserve($0, now: clock.monotonic()) } ?? .zero
            wait(max(slot, gate.reserve(now: clock.monotonic())), generation: generation)
            let current = state.withLock { $0.generation }
            if current != generation {
                generation = current
                backoff = Backoff(isFile: isFile)
                continue
            }
            while stopReason == nil, !marker.begin(name) { wait(.milliseconds(50), generation: generation) }
            guard stopReason == nil else { break }
            observer.attempting()
            var tried = options
            tried.transport = transport.next(now: clock.monotonic())
            let (failure, connectedFor, hadPackets) = connectAndRead(observer, tried, generation: generation)
            // Not kept while waiting for the next attempt.
            permit?.giveBack()
            marker.end(name)
            transport.ended(
                tried.transport,
                packets: hadPackets,
                reason: failure.reason,
                now: clock.monotonic()
            )
            // Stopped or redirected: no failure of the source.
            if let stopReason {
                observer.ended(reason: stopReason, detail: nil)
                break
            }
            if state.withLock({ $0.generation }) != generation {
                if state.withLock({ $0.suspension == nil }) {
                    observer.ended(reason: .restart, detail: "the source was changed")
                }
                continue
            }
            observer.ended(reason: failure.reason, detail: failure.message)
            let pause = backoff.wait(
                after: failure.code == .unauthorised ? .unauthorised : .ordinary,
                connectedFor: connectedFor,
                using: &random
            )
            if waitForServer(pause, failure, url: url, platform: platform, generation: generation) {
                backoff = Backoff(isFile: isFile)
            }
        }
        marker.end(name)
        observer.finished()
        state.withLock { $0.hasFinished = true }
    }

    private func limitText(_ answer: PlatformPermits.Answer, _ platform: String?) -> String {
        guard case .full(let limit) = answer else { return "" }
        return "all \(limit) connections that platform \(platform ?? "-") allows are in use"
    }

    private var isFile: Bool {
        let url = state.withLock { $0.url }
        return (try? SourceURL(url))?.scheme.isLocal ?? url.hasPrefix("/")
    }

    /// One connection from its attempt to its end.
    ///
    /// - Returns: why it ended, how long it had delivered (nil when it never did), and whether any packet came.
    private func connectAndRead(
        _ observer: any SourceObserver,
        _ source: SourceOptions,
        generation: Int
    ) -> (failure: Failure, connectedFor: Duration?, hadPackets: Bool) {
        let cancellation = Cancellation(clock: clock)
        let url: String? = state.withLock { state in
            guard state.stopReason == nil, state.generation == generation else { return nil }
            state.cancellation = cancellation
            return state.url
        }
        defer { state.withLock { $0.cancellation = nil } }
        guard let url else { return (Failure(code: .cancelled, reason: .restart, message: "stopped"), nil, false) }
        var since: Duration?
        var hadPackets = false
        do throws(MediaError) {
            let options = DemuxerOptions(
                connectTimeout: Self.connectTimeout,
                readTimeout: source.transport == .udp ? TransportChoice.firstPacket : Self.silenceLimit,
                takesAudio: takesAudio,
                source: source
            )
            let stream = try open(url, options, cancellation)
            try observer.connected(stream.info)
            since = clock.monotonic()
            state.withLock { $0.connections += 1 }
            var marked = CrashMarker.packets
            var keyFrameAt = clock.monotonic()
            var knownLosses = 0
            while true {
                let before = clock.monotonic()
                let result = try stream.next()
                // An interrupted libavformat may first give back the access unit that it was putting together: no sign
                // of life. It is let go, with the connection.
                guard clock.monotonic() - before < Self.silenceLimit else { throw MediaError(.timeout, "no packet") }
                switch result {
                case .packet(let packet):
                    if !hadPackets {
                        hadPackets = true
                        stream.setReadTimeout(Self.silenceLimit)
                    }
                    if packet.track == .video {
                        let now = clock.monotonic()
                        if packet.isKey { keyFrameAt = now }
                        guard now - keyFrameAt < Self.keyFrameLimit else {
                            throw MediaError(
                                .invalidData,
                                "packets come, but no key frame for \(Int(Self.keyFrameLimit.seconds)) s"
                            )
                        }
                    }
                    observer.packet(packet)
                    let lost = stream.losses.packets
                    if lost != knownLosses {
                        observer.lost(packets: lost - knownLosses)
                        knownLosses = lost
                    }
                    if marked > 0 {
                        marked -= 1
                        if marked == 0 { marker.end(name) }
                    }
                case .parametersChanged(let info): try observer.parametersChanged(info)
                case .end: throw MediaError(.closed, "the source ended")
                }
            }
        } catch {
            let now = clock.monotonic()
            // Silence on an open connection is another thing than no answer at all.
            let silent = since != nil && error.code == .timeout
            let failure = Failure(
                code: error.code,
                reason: silent ? .noPackets : error.reason,
                message: silent ? "no packet for \(Int(Self.silenceLimit.seconds)) s" : error.message
            )
            return (failure, since.map { now - $0 }, hadPackets)
        }
    }

    private struct Failure {
        var code: MediaError.Code
        var reason: StateReason
        var message: String
    }
}

/// Carries an observer to its thread.
///
/// Safety: `start` has sent the observer away, so the thread is the only one that has it.
private final class ObserverBox: @unchecked Sendable {
    let observer: any SourceObserver

    init(_ observer: any SourceObserver) {
        self.observer = observer
    }
}
