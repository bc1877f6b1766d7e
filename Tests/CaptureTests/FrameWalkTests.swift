import TestSupport
import Testing

@Suite("Frame walk") struct FrameWalkTests {
    private let clip: [UInt64] = [10, 11, 11, 12, 13]

    @Test("a walk may begin anywhere and go round")
    func unbroken() {
        #expect(FrameWalk.check(recorded: [11, 12, 13, 10, 11, 11, 12], clip: clip) == .unbroken(start: 2, count: 7))
    }

    @Test("a missing, a doubled and a foreign frame are found")
    func broken() {
        #expect(FrameWalk.check(recorded: [11, 13], clip: clip) == .broken(at: 1, of: 2))
        #expect(FrameWalk.check(recorded: [10, 11, 11, 11], clip: clip) == .broken(at: 3, of: 4))
        #expect(FrameWalk.check(recorded: [99, 10], clip: clip) == .unknown)
    }

    @Test("pictures are told apart by their first slice, other units don't count")
    func units() {
        let first: [UInt8] = [0, 0, 1, 0x65, 0x88, 1, 0, 0, 1, 0x65, 0x08, 2]
        let bytes: [UInt8] = [0, 0, 0, 1, 0x67, 7] + first + [0, 0, 0, 1, 0x41, 0x9A, 3, 0, 0, 1, 6, 5]
        #expect(FrameWalk.frames(annexB: bytes, isHEVC: false).count == 2)
        #expect(FrameWalk.frames(annexB: first, isHEVC: false) == [FrameWalk.frames(annexB: bytes, isHEVC: false)[0]])
    }
}
