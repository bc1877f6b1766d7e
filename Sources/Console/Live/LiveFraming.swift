import Domain
import Hummingbird
import NIOCore
import Foundation

/// Puts live messages on the wire: two lengths, the JSON header, the payload.
enum LiveFraming {
    static func buffer(_ message: LiveMessage, payload: [UInt8] = []) -> ByteBuffer {
        // A live message holds nothing that can't be encoded; an empty header would be skipped by readers.
        let header = (try? JSONEncoder().encode(message)) ?? Data("{}".utf8)
        var buffer = ByteBufferAllocator().buffer(capacity: 8 + header.count + payload.count)
        buffer.writeInteger(UInt32(header.count))
        buffer.writeInteger(UInt32(payload.count))
        buffer.writeBytes(header)
        buffer.writeBytes(payload)
        return buffer
    }
}
