import Capture
import Console
import Demo
import Domain
import Foundation
import Logging
import Store
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// A centre whose cameras, sensors and people are made up; everything else is the product.
struct DemoCentre: Sendable {
    let folder: DataFolder
    let logger: Logger

    /// One user for each role; every password is `gridwatch-demo`.
    static let people: [(name: String, role: Role, displayName: String, unit: String?)] = [
        ("monitor", .monitor, "监控员 小周", nil), ("acceptor", .acceptor, "受理员 小吴", nil),
        ("dispatcher", .dispatcher, "派遣员 小郑", nil), ("unit", .unit, "城管执法中队", "enforcement"),
        ("drainage", .unit, "排水处", "drainage"), ("collector", .collector, "监督员 小王", nil),
        ("leader", .leader, "陈主任", nil), ("viewer", .viewer, "访客", nil), ("admin", .admin, "系统管理员", nil),
    ]
    static let password = "gridwatch-demo"

    /// `gridwatch-demo` in the user's cache folder.
    static var defaultFolder: String {
        let environment = ProcessInfo.processInfo.environment
        let cache = environment["XDG_CACHE_HOME"] ?? (environment["HOME"].map { $0 + "/.cache" } ?? "/tmp")
        return cache + "/gridwatch-demo"
    }

    /// Ends what an earlier demo has left behind and removes what it recorded; the drawn scenes stay.
    static func empty(_ folder: DataFolder) {
        // A demo that was killed leaves its capture processes for a minute; one of an earlier version its broker for ever.
        for process in ProcessList.all() where process.arguments.contains(where: { $0.hasPrefix(folder.url.path) }) {
            if process.id != getpid() { kill(process.id, SIGKILL) }
        }
        let keep: Set<String> = ["scenes", "serve.lock"]
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.url.path)) ?? []
        for name in names where !keep.contains(name) {
            try? FileManager.default.removeItem(at: folder.url.appending(path: name))
        }
    }

    /// Runs until a signal asks it to end; ends everything it started.
    func run(address: Centre.Address?) async throws {
        try await StopSignals.run { try await serve(address: address) }
    }

    private func serve(address: Centre.Address?) async throws {
        let scenes = SceneRenderer(folder: folder.url.appending(path: "scenes"))
        try await Self.draw(Scene.all, with: scenes)
        let broker = try await DemoBroker(folder: folder.url.appending(path: "broker"))
        defer { broker.stop() }
        setenv(DemoSite.userVariable, broker.user, 1)
        setenv(DemoSite.passwordVariable, broker.password, 1)
        let city = SimulatedCity(start: SystemClock().now())
        let file = folder.url.appending(path: "site.yaml")
        let site = DemoSite(scenes: scenes, city: city, brokerPort: broker.port)
        try Data(site.yaml.utf8).write(to: file, options: .atomic)
        let centre = try await Centre(
            loaded: LoadedSite(path: file.path, data: folder.url),
            folder: folder,
            address: address ?? Self.preferredAddress(),
            captureMode: .managed,
            logger: logger,
            onListening: { port in Self.announce(host: address?.host ?? "127.0.0.1", port: port, folder: folder) }
        )
        for person in Self.people {
            do {
                try await centre.users.add(
                    name: person.name,
                    role: person.role,
                    password: Self.password,
                    displayName: person.displayName,
                    unit: person.unit
                )
            } catch let error as UserService.UserError where error.code == .taken {
                continue  // A data folder that has been used before.
            }
        }
        let publisher = DemoPublisher(broker: broker, logger: logger)
        publisher.start(city)
        defer { publisher.stop() }
        try await centre.run()
    }

    /// Draws on threads of their own, as many at once as there are cores.
    private static func draw(_ scenes: [Scene], with renderer: SceneRenderer) async throws {
        let cancelled = CancelFlag()
        try await withTaskCancellationHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for scene in scenes {
                    group.addTask {
                        try await withCheckedThrowingContinuation {
                            (continuation: CheckedContinuation<Void, any Error>) in
                            let thread = Thread {
                                continuation.resume(
                                    with: Result { try renderer.render(scene, isCancelled: { cancelled.isSet }) }
                                )
                            }
                            thread.stackSize = 4 << 20
                            thread.start()
                        }
                    }
                }
                try await group.waitForAll()
            }
        } onCancel: {
            cancelled.set()
        }
    }

    private static func preferredAddress() -> Centre.Address {
        let isFree = PortProbe.isFree(8080)
        return Centre.Address(host: "127.0.0.1", port: isFree ? 8080 : 0)
    }

    private static func announce(host: String, port: Int, folder: DataFolder) {
        Terminal.say(
            """

            gridwatch demo is running:  http://\(host):\(port)

              user         role         password
            """
        )
        for person in people {
            let name = person.name.padding(toLength: 12, withPad: " ", startingAt: 0)
            let role = person.role.rawValue.padding(toLength: 12, withPad: " ", startingAt: 0)
            Terminal.say("  \(name) \(role) \(password)")
        }
        Terminal.say(
            """

            A camera's first case comes after about half a minute, a sensor's after about three quarters of one.
            Data and logs: \(folder.url.path)    Ctrl-C ends everything.
            """
        )
    }
}

/// Tells threads that draw that nobody waits for them any more.
private final class CancelFlag: Sendable {
    private let flag = Atomic<Bool>(false)

    var isSet: Bool { flag.load(ordering: .relaxed) }

    func set() { flag.store(true, ordering: .relaxed) }
}
