import Synchronization

/// Hands elements of several producers to one consumer, one at a time: `send` returns when its element was taken.
///
/// The queue holds one element per producer: a slow consumer holds the producers up (policy: block), and what they read
/// from has bounds of its own.
final class HandOff<Element: Sendable>: Sendable {
    private struct State {
        var waiting: [(element: Element, taken: CheckedContinuation<Bool, Never>)] = []
        var consumer: CheckedContinuation<Element?, Never>?
        var isFinished = false
    }

    private let state = Mutex(State())

    /// False when nobody takes elements any more: the producer ends.
    func send(_ element: Element) async -> Bool {
        await withCheckedContinuation { taken in
            let (consumer, answer) = state.withLock { state -> (CheckedContinuation<Element?, Never>?, Bool?) in
                if state.isFinished { return (nil, false) }
                if let consumer = state.consumer {
                    state.consumer = nil
                    return (consumer, true)
                }
                state.waiting.append((element, taken))
                return (nil, nil)
            }
            consumer?.resume(returning: element)
            if let answer { taken.resume(returning: answer) }
        }
    }

    /// The next element; nil once finished. One consumer at a time.
    func next() async -> Element? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { consumer in
                let (element, taken) = state.withLock { state -> (Element??, CheckedContinuation<Bool, Never>?) in
                    if state.isFinished { return (.some(nil), nil) }
                    if state.waiting.isEmpty {
                        state.consumer = consumer
                        return (nil, nil)
                    }
                    let first = state.waiting.removeFirst()
                    return (.some(first.element), first.taken)
                }
                if let element { consumer.resume(returning: element) }
                taken?.resume(returning: true)
            }
        } onCancel: {
            finish()
        }
    }

    /// Ends both sides.
    func finish() {
        let (consumer, producers) = state.withLock { state in
            state.isFinished = true
            defer {
                state.consumer = nil
                state.waiting = []
            }
            return (state.consumer, state.waiting.map(\.taken))
        }
        consumer?.resume(returning: nil)
        for producer in producers { producer.resume(returning: false) }
    }
}
