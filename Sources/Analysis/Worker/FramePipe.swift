import CLinux
import Domain
import Foundation

/// Reads and writes `WireFrame`s on blocking file descriptors that the caller owns.
struct FramePipe {
    private let input: Int32
    private let output: Int32
    private var parser: WireFrameParser
    /// One read's worth of bytes: a pipe's usual capacity is 64 KiB, capture asks for more.
    private var buffer = [UInt8](repeating: 0, count: 256 << 10)
    private let encoder = JSONEncoder()

    init(input: Int32, output: Int32, limits: WireFrameParser.Limits) {
        self.input = input
        self.output = output
        parser = WireFrameParser(limits: limits)
        // A reader that is gone is the end of the job, not a signal.
        signal(SIGPIPE, SIG_IGN)
    }

    /// The next whole frame; nil at the end of input, on a broken pipe, and when the peer announces a frame that is
    /// too large to be meant (nothing behind it could be understood).
    mutating func next() -> WireFrame? {
        while true {
            do {
                if let frame = try parser.next() { return frame }
            } catch {
                return nil
            }
            let count = buffer.withUnsafeMutableBytes { read(input, $0.baseAddress, $0.count) }
            if count > 0 {
                parser.append(buffer[..<count])
            } else if count == 0 || errno != EINTR {
                return nil
            }
        }
    }

    /// Writes a whole frame.
    ///
    /// - Returns: false when nobody reads any more.
    func write(_ header: some Encodable, payload: [UInt8] = []) -> Bool {
        guard let json = try? encoder.encode(header) else { return true }
        let bytes = WireFrame(header: Array(json), payload: payload).encoded
        return bytes.withUnsafeBytes { all in
            var sent = 0
            while sent < all.count {
                let count = Glibc.write(output, all.baseAddress?.advanced(by: sent), all.count - sent)
                if count > 0 {
                    sent += count
                } else if count < 0, errno != EINTR {
                    return false
                }
            }
            return true
        }
    }
}
