import Archive
import Domain
import HTTPTypes
import Hummingbird
import Logging

/// Moving pictures: the wall's one stream, one camera's, and the past.
enum LiveRoutes {
    static let routes: [APIRoute] = [
        APIRoute(
            .get,
            "/api/v1/live",
            "The stream of a wall: framed fMP4 of many cameras, states, pictures, pings",
            access: .signedIn,
            parameters: [
                .init(name: "cameras", summary: "ids, separated by commas: video"),
                .init(name: "pictures", summary: "ids, separated by commas: key frames as JPEG"),
                .init(name: "transcode", summary: "ids, separated by commas: video turned into H.264"),
                .init(name: "audio", summary: "ids, separated by commas: sound, as messages of its own"),
                width,
            ],
            content: .binary("application/octet-stream"),
            handle: wall
        ),
        APIRoute(
            .get,
            "/api/v1/cameras/{id}/live.mp4",
            "Endless fMP4 from the next key frame; ends when the stream's parameters change",
            access: .signedIn,
            content: .binary("video/mp4"),
            problems: [404: "notFound"],
            handle: live
        ),
        APIRoute(
            .get,
            "/api/v1/cameras/{id}/playback",
            "Framed fMP4 of a recorded range, as fast as it is read",
            access: .signedIn,
            parameters: APIRoute.Parameter.range() + [
                .init(
                    name: "codec",
                    summary: "h264: the video is turned into it, at the size of `width`",
                    schema: ["type": "string", "enum": ["h264"]]
                ),
                width,
                .init(name: "audio", summary: "1: the sound too, as messages of its own", schema: flag),
                .init(
                    name: "mode",
                    summary: "keys: key frames alone, each lasting until the next",
                    schema: ["type": "string", "enum": ["all", "keys"]]
                ),
                .init(
                    name: "direction",
                    summary: "reverse: key frames alone, the newest first",
                    schema: ["type": "string", "enum": ["forward", "reverse"]]
                ),
            ],
            content: .binary("application/octet-stream"),
            problems: [404: "notFound", 429: "tooManyTranscodes"],
            handle: playback
        ),
        APIRoute(
            .get,
            "/api/v1/cameras/{id}/thumbnails",
            "Small pictures of a range's key frames, evenly spread, framed as /live; ends with `end`",
            access: .signedIn,
            parameters: APIRoute.Parameter.range() + [
                .init(
                    name: "count",
                    summary: "how many at most",
                    schema: ["type": "integer", "minimum": 1, "maximum": 1000]
                ),
                .init(
                    name: "width",
                    summary: "pixels at most",
                    schema: ["type": "integer", "minimum": 16, "maximum": 1920]
                ),
            ],
            content: .binary("application/octet-stream"),
            problems: [404: "notFound"],
            handle: thumbnails
        ),
    ]

    private static let flag: JSONValue = ["type": "string", "enum": ["0", "1", "false", "true"]]

    private static let width = APIRoute.Parameter(
        name: "width",
        summary: "of the tile in pixels; H.264 is made no smaller than that unless the camera is",
        schema: ["type": "integer", "minimum": 16, "maximum": 3840]
    )

    private enum Codec: String, CaseIterable { case h264 }
    private enum Mode: String, CaseIterable { case all, keys }
    private enum Direction: String, CaseIterable { case forward, reverse }

    /// What a wall shows at once at most.
    private static let maximumCameras = 64

    private static func wall(_ request: APIRequest) async throws -> Response {
        let cameras = try ids("cameras", request)
        let pictures = try ids("pictures", request)
        let transcode = try ids("transcode", request)
        let audio = try ids("audio", request)
        let width = try request.queryInt("width", in: 16...3840)
        let all = Set(cameras).union(pictures).union(transcode).union(audio)
        guard !all.isEmpty else {
            throw Problem.invalid(field: "cameras", "cameras, pictures, transcode or audio is needed")
        }
        guard all.count <= maximumCameras else {
            throw Problem.invalid(field: "cameras", "at most \(maximumCameras) cameras at once")
        }
        let archive = request.services.archive
        let metrics = request.runtime.metrics
        var producers: [EndlessResponse.Producer] = [
            { sink in await states(of: all, request, into: sink) }, { sink in await ping(request, into: sink) },
            // Beside the pictures: a wall of 64 cameras is 64 lines.
            { _ in for id in all.sorted() { await request.auditView(.viewLive, cameraId: id) } },
        ]
        producers += cameras.map { id in
            { sink in await forward(archive.liveFragments(cameraId: id), metrics, into: sink) }
        }
        producers += pictures.map { id in
            { sink in await forward(archive.livePictures(cameraId: id), metrics, into: sink) }
        }
        producers += transcode.map { id in
            { sink in
                do {
                    await forward(try archive.liveTranscoded(cameraId: id, width: width), metrics, into: sink)
                } catch {
                    // One tile without a render process must not cost the others.
                    _ = await sink.send(LiveFraming.buffer(refusal(of: id, error)))
                }
            }
        }
        producers += audio.map { id in
            { sink in await forward(archive.liveSound(cameraId: id), metrics, into: sink) }
        }
        return try EndlessResponse.make(
            for: request,
            headers: [.contentType: "application/octet-stream"],
            producers: producers
        )
    }

    private static func refusal(of id: String, _ error: any Error) -> LiveMessage {
        if let error = error as? ArchiveError, error.code == .tooManyTranscodes {
            return .refused(cameraId: id, code: LiveMessage.tooManyTranscodes, limit: error.limit ?? 0)
        }
        return .failed(cameraId: id, code: LiveMessage.transcodeFailed)
    }

    private static func ids(_ name: String, _ request: APIRequest) throws(Problem) -> [String] {
        let known = Set(request.services.site.cameras.map(\.id))
        var found: [String] = []
        for id in (request.query(name) ?? "").split(separator: ",").map(String.init) where !found.contains(id) {
            guard known.contains(id) else { throw .invalid(field: name, "there is no camera \(id.prefix(63))") }
            found.append(id)
        }
        return found
    }

    private static func forward(
        _ frames: AsyncStream<LiveFrame>,
        _ metrics: MetricsRegistry,
        into sink: EndlessResponse.Sink
    ) async {
        for await frame in frames {
            if case .dropped(_, let count) = frame.message { metrics.dropped(fragments: count) }
            guard await sink.send(LiveFraming.buffer(frame.message, payload: frame.payload)) else { return }
        }
    }

    /// Every camera's state at the start, then each change.
    private static func states(of cameras: Set<String>, _ request: APIRequest, into sink: EndlessResponse.Sink) async {
        var sent: [String: CameraStatus] = [:]
        repeat {
            let statuses = request.services.cameraStatus()
            for id in cameras.sorted() {
                let fallback = CameraStatus(
                    cameraId: id,
                    state: .connecting,
                    reason: .starting,
                    since: sent[id]?.since ?? request.now
                )
                let status = statuses[id] ?? fallback
                guard sent[id] != status else { continue }
                sent[id] = status
                guard await sink.send(LiveFraming.buffer(.state(status))) else { return }
            }
        } while (try? await Task.sleep(for: .milliseconds(500))) != nil
    }

    private static func ping(_ request: APIRequest, into sink: EndlessResponse.Sink) async {
        repeat {
            guard await request.isStillSignedIn else { return sink.finish() }
            guard await sink.send(LiveFraming.buffer(.ping(at: request.now))) else { return }
        } while (try? await Task.sleep(for: request.runtime.settings.livePing)) != nil
    }

    private static func live(_ request: APIRequest) async throws -> Response {
        let camera = try request.camera()
        let frames = request.services.archive.liveFragments(cameraId: camera.id)
        await request.auditView(.viewLive, cameraId: camera.id)
        return try EndlessResponse.make(
            for: request,
            headers: [.contentType: "video/mp4"],
            producers: [
                { sink in
                    var run: String?
                    for await frame in frames {
                        switch frame.message {
                        case .initialisation(_, let next, _, _, _, _):
                            // A second `moov` in one file: no player takes that.
                            if run != nil, run != next { return sink.finish() }
                            run = next
                        case .fragment: break
                        default: continue
                        }
                        guard await sink.send(ByteBuffer(bytes: frame.payload)) else { return }
                    }
                    sink.finish()
                },
                { sink in
                    while (try? await Task.sleep(for: request.runtime.settings.livePing)) != nil {
                        guard await request.isStillSignedIn else { return sink.finish() }
                    }
                },
            ]
        )
    }

    private static func playback(_ request: APIRequest) async throws -> Response {
        let camera = try request.camera()
        let range = try request.range()
        let isReverse = try request.queryChoice("direction", as: Direction.self) == .reverse
        let transcodes = try request.queryChoice("codec", as: Codec.self) == .h264
        let width = try request.queryInt("width", in: 16...3840)
        let frames = try request.services.archive.playback(
            cameraId: camera.id,
            from: range.lowerBound,
            to: range.upperBound,
            options: PlaybackOptions(
                transcodeWidth: transcodes ? width ?? 1280 : nil,
                audio: try request.queryFlag("audio") ?? false,
                keysOnly: try request.queryChoice("mode", as: Mode.self) == .keys,
                reverse: isReverse
            )
        )
        return try framed(frames, of: camera, request)
    }

    private static func thumbnails(_ request: APIRequest) async throws -> Response {
        let camera = try request.camera()
        let range = try request.range()
        let frames = request.services.archive.thumbnails(
            cameraId: camera.id,
            from: range.lowerBound,
            to: range.upperBound,
            count: try request.queryInt("count", in: 1...1000) ?? 60,
            width: try request.queryInt("width", in: 16...1920) ?? 160
        )
        await request.auditView(.viewPlayback, cameraId: camera.id)
        return try framed(frames, of: camera, request)
    }

    /// A stream that ends when its frames do.
    private static func framed(
        _ frames: AsyncThrowingStream<LiveFrame, any Error>,
        of camera: Camera,
        _ request: APIRequest
    ) throws -> Response {
        return try EndlessResponse.make(
            for: request,
            headers: [.contentType: "application/octet-stream"],
            endsWithProducers: true,
            producers: [
                { sink in
                    do {
                        for try await frame in frames {
                            guard await sink.send(LiveFraming.buffer(frame.message, payload: frame.payload)) else {
                                return
                            }
                        }
                    } catch is CancellationError {
                        // The reader has gone.
                    } catch {
                        // Without `end` and cut off: the reader sees that this was not all.
                        request.context.logger.error(
                            "reading failed",
                            metadata: ["camera.id": "\(camera.id)", "error": "\(error)"]
                        )
                        request.context.closeConnection()
                    }
                }
            ]
        )
    }
}
