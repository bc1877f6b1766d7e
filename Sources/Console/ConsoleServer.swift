import Domain
import HTTPTypes
import Hummingbird
package import Logging
import NIOCore

/// The HTTP service: API, streams and pages on one port.
package struct ConsoleServer: Sendable {
    /// Where it listens and how patient it is.
    package struct Settings: Sendable {
        package var host: String
        /// 0 picks a free port.
        package var port: Int
        /// A connection without a whole request for so long is closed.
        package var idleSeconds: Int
        /// Between two signs of life on a live stream and on the event stream.
        package var livePing: Duration
        package var eventPing: Duration
        /// How long requests may go on after the end was asked for.
        package var grace: Duration

        package init(
            host: String = "127.0.0.1",
            port: Int = 8080,
            idleSeconds: Int = 75,
            livePing: Duration = .seconds(10),
            eventPing: Duration = .seconds(15),
            grace: Duration = .seconds(2)
        ) {
            self.host = host
            self.port = port
            self.idleSeconds = idleSeconds
            self.livePing = livePing
            self.eventPing = eventPing
            self.grace = grace
        }
    }

    private let services: ConsoleServices
    private let settings: Settings
    private let logger: Logger
    private let onListening: @Sendable (_ port: Int) async -> Void

    /// - Parameter onListening: called once with the port that is listened on.
    package init(
        services: ConsoleServices,
        settings: Settings = Settings(),
        logger: Logger,
        onListening: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) {
        self.services = services
        self.settings = settings
        self.logger = logger
        self.onListening = onListening
    }

    /// Serves until the task is cancelled, and then ends within `grace` and a second: streams end at once, other
    /// requests may finish.
    ///
    /// - Throws: when the address can't be listened on.
    package func run() async throws {
        let application = application()
        let streams = services.users.streams
        let grace = settings.grace
        let metrics = application.metrics
        // Not a child task: on cancellation what is under way gets its grace first.
        let serving = Task { try await application.application.run() }
        let result = await withTaskCancellationHandler {
            await serving.result
        } onCancel: {
            streams.drain()
            Task {
                await metrics.waitUntilQuiet(atMost: grace)
                serving.cancel()
            }
        }
        if case .failure(let error) = result, !(error is CancellationError), !Task.isCancelled { throw error }
    }

    /// The application with its router; tests run it without a socket.
    func application() -> (application: Application<RouterResponder<ConsoleContext>>, metrics: MetricsRegistry) {
        let runtime = ConsoleRuntime(services: services, settings: settings)
        let metrics = runtime.metrics
        let router = Router(context: ConsoleContext.self, options: [.autoGenerateHeadEndpoints])
        let paths = PathMatcher(RouteTable.routes)
        router.add(
            middleware: ProblemMiddleware(
                metrics: metrics,
                logger: logger,
                mapOrigin: services.site.map?.origin,
                allowedMethods: paths.methods(at:)
            )
        )
        let gate = RequestGate(services: services, runtime: runtime)
        for route in RouteTable.routes {
            router.on(RouterPath(route.path), method: route.method) { request, context in
                try await gate.respond(route, request, context)
            }
        }
        let assets = AssetLibrary.shared
        router.get("/") { request, _ in try assets.respond(to: request) }
        router.get("**") { request, _ in try assets.respond(to: request) }
        let onListening = onListening
        var serverLogger = logger
        serverLogger.handler = EndingLogHandler(logger.handler)
        let application = Application(
            responder: router.buildResponder(),
            server: .http1(configuration: .init(idleTimeout: .seconds(Int64(settings.idleSeconds)))),
            configuration: .init(address: .hostname(settings.host, port: settings.port), serverName: "gridwatch"),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? 0) },
            logger: serverLogger
        )
        return (application, metrics)
    }
}

/// Which methods a path knows, for 405 instead of 404.
struct PathMatcher: Sendable {
    private let entries: [(pattern: [Substring], method: String)]

    init(_ routes: [APIRoute]) {
        entries = routes.map { ($0.path.split(separator: "/"), $0.method.rawValue) }
    }

    func methods(at path: String) -> [String] {
        let parts = path.split(separator: "/")
        let matching = entries.filter { entry in
            entry.pattern.count == parts.count
                && zip(entry.pattern, parts).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
        }
        return Set(matching.map(\.method)).sorted()
    }
}
