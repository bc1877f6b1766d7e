import Domain
import HTTPTypes
import Testing

@testable import Console

@Suite("Trying a stream from the console")
struct ProbeRouteTests {
    @Test(
        "answers what it is, or a problem with its reason, and never the password",
        arguments: [
            (#"{"url": "rtsp://u:geheim@cam/a?key=geheim"}"#, 200, "longGOP"),
            (#"{"url": "rtsp://u:geheim@away/a"}"#, 502, "timeout"),
            (#"{"url": "rtsp://u:geheim@busy/a"}"#, 429, "tooManyProbes"),
            (#"{"url": "file:/etc/passwd"}"#, 422, "invalidField"),
            (#"{"url": "/etc/passwd"}"#, 422, "invalidField"),
            (#"{"url": "gopher://u:geheim@cam/a"}"#, 422, "invalidField"),
            (#"{"url": "http://cam/a\r\nX-Evil: 1"}"#, 422, "invalidField"),
            (#"{"url": "rtsp://cam/a", "transport": "pigeon"}"#, 422, "invalidField"),
            (#"{"url": "rtsp://cam/a", "extra": 1}"#, 422, "invalidField"),
            (#"{}"#, 422, "invalidField"),
        ]
    )
    func answers(_ body: String, _ status: Int, _ part: String) async throws {
        let world = try await ConsoleWorld()
        let answer = try await world.ask(.post, "/api/v1/cameras/probe", as: "admin", body)
        #expect(answer.status == status, "\(answer.text)")
        #expect(answer.text.contains(part))
        #expect(!answer.text.contains("geheim"))
    }
}
