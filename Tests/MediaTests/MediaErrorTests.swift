import Domain
import Media
import Testing

@Suite("media errors")
struct MediaErrorTests {
    @Test(
        "each code has the reason that pages show",
        arguments: [
            (MediaError.Code.unauthorised, StateReason.unauthorised), (.unknownHost, .unknownHost),
            (.refused, .refused), (.notFound, .notAStream), (.timeout, .timeout), (.closed, .closed),
            (.unsupported, .unsupportedCodec),
        ]
    )
    func reasons(code: MediaError.Code, reason: StateReason) {
        #expect(MediaError(code, "").reason == reason)
    }
}
