/// A response or request of RTSP 1.0 (RFC 2326 §4), with its body.
package struct RTSPMessage: Sendable, Hashable {
    package enum Start: Sendable, Hashable {
        case response(status: Int, reason: String)
        case request(method: String, url: String)
    }

    package struct Header: Sendable, Hashable {
        /// In lower case.
        package var name: String
        /// Without white space around it; folded lines are joined by one space.
        package var value: String
    }

    package var start: Start
    package var headers: [Header]
    package var body: [UInt8]

    package init(start: Start, headers: [Header] = [], body: [UInt8] = []) {
        self.start = start
        self.headers = headers
        self.body = body
    }

    /// The value of the first header of that name, which is given in lower case.
    package subscript(name: String) -> String? { headers.first { $0.name == name }?.value }

    /// The values of all headers of that name, which is given in lower case.
    package func values(_ name: String) -> [String] { headers.filter { $0.name == name }.map(\.value) }

    /// The number that binds a response to its request; nil where the peer left it out or wrote nonsense.
    package var sequence: Int? { self["cseq"].flatMap { Int($0) } }
}
