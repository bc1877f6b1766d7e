import Testing

@testable import Capture

@Suite("Choice of the packets that are analysed") struct AnalysisSamplerTests {
    /// Chooses from `seconds` of a stream with `rate` frames a second and a key frame every `gop` frames.
    private func choices(rate: Int, gop: Int, seconds: Int, keysOnly: Bool = false) -> [(
        ticks: Int64, key: Bool, choice: AnalysisSampler.Choice
    )] {
        var sampler = AnalysisSampler()
        return (0..<rate * seconds).map { index in
            let ticks = Int64(index) * 90_000 / Int64(rate)
            let key = index % gop == 0
            return (ticks, key, sampler.choose(ptsTicks: ticks, isKey: key, keysOnly: keysOnly))
        }
    }

    @Test("with key frames every two seconds these alone are sent")
    func keyFramesOnly() {
        for item in choices(rate: 25, gop: 50, seconds: 20) {
            #expect(item.choice == (item.key ? .send(wanted: true) : .skip))
        }
    }

    @Test("a stream of key frames only is thinned out")
    func intraOnly() {
        let sent = choices(rate: 25, gop: 1, seconds: 10).filter { $0.choice != .skip }
        #expect(sent.count == 25)
    }

    @Test("long groups are sent whole from the second key frame on, and judged every two seconds")
    func longGroups() {
        let all = choices(rate: 10, gop: 100, seconds: 60)
        let first = all.prefix(100).filter { $0.choice != .skip }
        #expect(first.count == 1)
        let rest = all.dropFirst(100)
        #expect(rest.allSatisfy { $0.choice != .skip })
        let wanted = rest.filter { $0.choice == .send(wanted: true) }.map(\.ticks)
        for (one, next) in zip(wanted, wanted.dropFirst()) {
            #expect(next - one <= 2 * 90_000 + 9000)
        }
    }

    @Test("for the activity map alone long groups are not sent: their key frames are enough")
    func longGroupsWithoutRules() {
        for item in choices(rate: 10, gop: 100, seconds: 60, keysOnly: true) {
            #expect(item.choice == (item.key ? .send(wanted: true) : .skip))
        }
    }

    @Test("a new run whose times begin anew is sampled at once")
    func newRun() {
        var sampler = AnalysisSampler()
        #expect(sampler.choose(ptsTicks: 90_000_000, isKey: true) == .send(wanted: true))
        #expect(sampler.choose(ptsTicks: 0, isKey: true) == .send(wanted: true))
    }
}
