import Domain
import Testing

@Suite("Ids")
struct IdentityTests {
    @Test("a UUIDv7 has its form, its version and its time, and ids of later milliseconds sort later")
    func uuid() {
        var random = SeededRandom(seed: 2)
        var previous = ""
        for step in 0..<2000 {
            let time = WallTime(microseconds: 1_795_428_000_000_000 + Int64(step) * 1000)
            let id = UUIDv7.make(at: time, using: &random)
            let parts = id.split(separator: "-", omittingEmptySubsequences: false)
            #expect(parts.map(\.count) == [8, 4, 4, 4, 12])
            #expect(id.utf8.allSatisfy { "0123456789abcdef-".utf8.contains($0) })
            #expect(parts[2].first == "7")
            #expect(parts[3].first.map { "89ab".contains($0) } == true)
            #expect(Int64(parts[0] + parts[1], radix: 16) == time.microseconds / 1000)
            #expect(previous < id)
            previous = id
        }
    }

    @Test("ten thousand ids of the same instant differ")
    func unique() {
        let time = WallTime(microseconds: 1_795_428_000_000_000)
        #expect(Set((0..<10_000).map { _ in UUIDv7.make(at: time) }).count == 10_000)
    }

    @Test(
        "a slug is 1–63 plain characters that begin with a letter or digit",
        arguments: [
            ("a", true), ("lamp-0007", true), ("A.b_c-9", true), ("9", true),
            (String(repeating: "x", count: 63), true), (String(repeating: "x", count: 64), false), ("", false),
            ("-a", false), (".a", false), ("_a", false), ("a..b", false), ("a/b", false), ("a b", false),
            ("路灯", false), ("a\n", false), ("a\0", false), ("..", false), ("a+", false), ("#", false),
        ]
    )
    func slug(text: String, isValid: Bool) {
        #expect(Slug.isValid(text) == isValid)
    }
}
