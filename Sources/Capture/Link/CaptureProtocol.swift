import Domain
import Foundation

/// The link's version and how its messages become frames.
package enum CaptureProtocol {
    /// Sent in both greetings. A peer speaks its own version and the one before.
    package static let version = 1

    static func accepts(_ peer: Int) -> Bool { peer == version || peer == version - 1 }

    /// A message as the bytes of a frame. Messages are plain values: a failure to encode is an empty frame, which
    /// the peer skips.
    static func frame(_ message: some Encodable, payload: [UInt8] = []) -> [UInt8] {
        let header = (try? JSONEncoder().encode(message)).map(Array.init) ?? []
        return WireFrame(header: header, payload: payload).encoded
    }

    /// A frame's message; nil for one that this version doesn't know: it is skipped.
    static func decode<Message: Decodable>(_ type: Message.Type, from frame: WireFrame) -> Message? {
        try? JSONDecoder().decode(type, from: Data(frame.header))
    }
}
