import CFFmpeg

/// libav* writes its log to standard error, with addresses and passwords in it: it is silenced once per process. What
/// matters reaches the log as a `MediaError`.
enum LibavLog {
    static func silence() { _ = silenced }

    private static let silenced: Void = av_log_set_level(AV_LOG_QUIET)
}
