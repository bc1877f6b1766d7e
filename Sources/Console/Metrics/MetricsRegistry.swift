import Domain
import Synchronization

/// What the console counts itself, for `/metrics`.
final class MetricsRegistry: Sendable {
    private struct State {
        var answers: [Int: Int] = [:]
        var inFlight = 0
        var eventListeners = 0
        var droppedFragments = 0
    }

    private let state = Mutex(State())

    func count(status: Int) {
        state.withLock { $0.answers[status, default: 0] += 1 }
    }

    /// Requests whose handlers are at work.
    func inFlight(by difference: Int) {
        state.withLock { $0.inFlight += difference }
    }

    /// Waits until no handler is at work and what they answered had a moment to be written.
    func waitUntilQuiet(atMost limit: Duration) async {
        let end = ContinuousClock.now + limit
        try? await Task.sleep(for: .milliseconds(300))
        while state.withLock({ $0.inFlight }) > 0, ContinuousClock.now < end {
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    func eventListeners(by difference: Int) {
        state.withLock { $0.eventListeners += difference }
    }

    /// Fragments that a reader of a live stream was too slow for.
    func dropped(fragments: Int) {
        state.withLock { $0.droppedFragments += fragments }
    }

    var answers: [Int: Int] { state.withLock { $0.answers } }
    var eventListeners: Int { state.withLock { $0.eventListeners } }
    var droppedFragments: Int { state.withLock { $0.droppedFragments } }
}

/// Prometheus' text format, version 0.0.4.
struct PrometheusText {
    private(set) var text = ""

    enum Kind: String { case counter, gauge }

    /// One metric with its values, each with its labels.
    mutating func add(
        _ name: String,
        _ kind: Kind,
        _ help: String,
        _ values: [(labels: [(String, String)], value: Double)]
    ) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
        for (labels, value) in values {
            let list = labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
            let number = value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
            text += name + (list.isEmpty ? "" : "{\(list)}") + " \(number)\n"
        }
    }

    mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: Int) {
        add(name, kind, help, [([], Double(value))])
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
