import Demo
import Domain
import Foundation
import Logging
import Synchronization
import Telemetry

/// Publishes what the simulated city says, once a second, on a thread of its own (libmosquitto's calls block).
final class DemoPublisher: Sendable {
    private let settings: MQTTSettings
    private let logger: Logger
    private let stopped = Atomic<Bool>(false)

    init(broker: DemoBroker, logger: Logger) {
        settings = MQTTSettings(
            host: "127.0.0.1",
            port: broker.port,
            user: broker.user,
            password: broker.password,
            clientId: "gridwatch-demo-city",
            cleanSession: true
        )
        self.logger = logger
    }

    func start(_ city: SimulatedCity) {
        let thread = Thread { [self] in run(city) }
        thread.name = "demo-city"
        thread.start()
    }

    func stop() {
        stopped.store(true, ordering: .relaxed)
    }

    private func run(_ city: SimulatedCity) {
        var city = city
        let clock = SystemClock()
        while !stopped.load(ordering: .relaxed) {
            do {
                let publisher = try MQTTPublisher(settings)
                try publisher.connect()
                var due = clock.monotonic()
                while !stopped.load(ordering: .relaxed) {
                    for message in city.step(now: clock.now()) {
                        try publisher.publish(topic: message.topic, payload: Array(message.payload.utf8), qos: 1)
                    }
                    due += .seconds(1)
                    while clock.monotonic() < due, !stopped.load(ordering: .relaxed) {
                        _ = try publisher.flush(timeout: .milliseconds(100))
                        Thread.sleep(forTimeInterval: 0.05)
                    }
                }
                publisher.close()
            } catch {
                logger.warning("the simulated city lost its broker", metadata: ["error": "\(error)"])
                Thread.sleep(forTimeInterval: 1)
            }
        }
    }
}
