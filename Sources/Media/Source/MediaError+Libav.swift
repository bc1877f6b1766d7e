import CFFmpeg

/// The one table from libav* error codes to ours.
extension MediaError {
    /// - Parameters:
    ///   - avCode: what the call returned, below 0.
    ///   - action: what was tried, with the redacted name of the source.
    ///   - opening: whether parameters were not known yet: nonsense then means that it is no stream at all.
    init(avCode: Int32, action: String, opening: Bool, cancellation: Cancellation) {
        let (code, hint) = Self.meaning(avCode, opening: opening, cancellation: cancellation)
        self.init(code, "\(action): \(hint)", avCode: avCode)
    }

    private static func meaning(_ avCode: Int32, opening: Bool, cancellation: Cancellation) -> (Code, String) {
        if cancellation.isCancelled { return (.cancelled, "cancelled") }
        if cancellation.isOverdue { return (.timeout, "no answer in time") }
        switch avCode {
        case gw_averror_http_unauthorized(), gw_averror_http_forbidden():
            return (.unauthorised, "the camera refuses the user or password")
        case gw_averror_http_not_found(), gw_averror(ENOENT):
            return (.notFound, "there is no such stream or file")
        case gw_averror(ECONNREFUSED):
            return (.refused, "nobody listens at this address and port")
        case gw_averror(ETIMEDOUT), gw_averror(EHOSTUNREACH), gw_averror(ENETUNREACH), gw_averror(EAGAIN):
            return (.timeout, "no answer in time")
        case gw_averror_eof(), gw_averror(ECONNRESET), gw_averror(EPIPE):
            return (.closed, "the other side closed the connection")
        case gw_averror(ENOMEM):
            return (.outOfMemory, "out of memory")
        case gw_averror_exit():
            return (.timeout, "no answer in time")
        case gw_averror_invaliddata(), gw_averror(EIO), gw_averror(EINVAL), gw_averror(EPROTO):
            return opening ? (.notAStream, "no video stream is there") : (.invalidData, "unreadable data")
        default:
            return (opening && avCode < -1_000_000 ? .notAStream : .other, text(avCode))
        }
    }

    /// libavutil's words for a code (`av_strerror`).
    static func text(_ avCode: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: Int(AV_ERROR_MAX_STRING_SIZE))
        av_strerror(avCode, &buffer, buffer.count)
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
