/// Finds the messages in a stream of bytes: pure, fed with whatever arrives.
///
/// Bounded: a message may have 4 KiB as it stands on the wire (1023 bytes of body, header, all escaped, twice over);
/// what is longer is thrown away up to the next mark, and counted.
struct JT808Splitter {
    static let maximumBytes = 4096

    private var buffer: [UInt8] = []
    private var isInside = false
    /// Messages that were too long, and bytes outside any message that were passed over.
    private(set) var skipped = 0

    /// Takes bytes; gives each message found, or why it is none.
    mutating func take(_ bytes: Span<UInt8>) -> [Result<JT808Frame, JT808Frame.Failure>] {
        var found: [Result<JT808Frame, JT808Frame.Failure>] = []
        for at in bytes.indices {
            let byte = bytes[at]
            guard byte == 0x7E else {
                if !isInside {
                    skipped += 1
                } else if buffer.count < Self.maximumBytes {
                    buffer.append(byte)
                } else {
                    skipped += 1
                    buffer.removeAll(keepingCapacity: true)
                    isInside = false
                }
                continue
            }
            // Two marks in a row: the second begins a message. A mark may also end one and begin the next.
            if isInside, !buffer.isEmpty {
                found.append(Self.frame(buffer))
                buffer.removeAll(keepingCapacity: true)
                isInside = false
            } else {
                isInside = true
            }
        }
        return found
    }

    private static func frame(_ escaped: [UInt8]) -> Result<JT808Frame, JT808Frame.Failure> {
        do throws(JT808Frame.Failure) {
            return .success(try JT808Frame(escaped: escaped.span))
        } catch {
            return .failure(error)
        }
    }
}
