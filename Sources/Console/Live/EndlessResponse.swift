import HTTPTypes
import Hummingbird

/// A response that goes on until its reader leaves, its session ends or the service stops.
///
/// Memory is bounded: each producer waits until its element is written, and writing waits for the connection. A reader
/// that takes nothing for 30 s loses the connection.
enum EndlessResponse {
    typealias Sink = HandOff<ByteBuffer>
    /// Sends to the sink until that refuses or there is nothing more.
    typealias Producer = @Sendable (Sink) async -> Void

    /// How long one write may take.
    private static let writeDeadline = Duration.seconds(30)

    /// Writes a part of a body; the connection ends when that takes too long.
    @concurrent static func write(
        _ buffer: ByteBuffer,
        to writer: inout any ResponseBodyWriter,
        _ context: ConsoleContext
    ) async throws {
        let watchdog = Task {
            try await Task.sleep(for: writeDeadline)
            context.closeConnection()
        }
        defer { watchdog.cancel() }
        try await writer.write(buffer)
    }

    /// - Parameters:
    ///   - first: what is sent before anything of the producers.
    ///   - endsWithProducers: whether the response is complete once every producer has ended.
    static func make(
        for request: APIRequest,
        headers: HTTPFields,
        first: [ByteBuffer] = [],
        endsWithProducers: Bool = false,
        producers: [Producer]
    ) throws -> Response {
        guard let session = request.session else { throw Problem.unauthenticated }
        let streams = request.services.users.streams
        let context = request.context
        let isHead = request.request.method == .head
        var headers = headers
        headers[.cacheControl] = "no-store"
        let body = ResponseBody { writer in
            let sink = Sink()
            let entry = streams.enter(session) {
                sink.finish()
                // The writer may be waiting for a reader that takes nothing.
                Task {
                    try? await Task.sleep(for: .seconds(1))
                    context.closeConnection()
                }
            }
            guard let entry else {
                try await writer.finish(nil)
                return
            }
            defer { streams.leave(entry) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                defer {
                    sink.finish()
                    group.cancelAll()
                }
                for buffer in first { try await writer.write(buffer) }
                group.addTask {
                    await withTaskGroup { inner in
                        for producer in producers { inner.addTask { await producer(sink) } }
                    }
                    if endsWithProducers { sink.finish() }
                }
                while let buffer = await sink.next() {
                    try await write(buffer, to: &writer, context)
                }
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: headers, body: isHead ? ResponseBody() : body)
    }
}
