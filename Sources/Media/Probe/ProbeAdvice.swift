import Domain

/// What should be known before a stream is recorded.
enum ProbeAdvice {
    /// Key frames this far apart are judged late: analysis begins at one.
    static let longGroup = 4.0
    /// The recording follows a clock by at most 500 ppm (5 ms in ten seconds); below three times that it is noise here.
    static let notedDrift = 15.0

    static func advice(on report: ProbeReport, hasSub: Bool, isFile: Bool) -> [ProbeReport.Advice] {
        var found: [ProbeReport.Advice] = []
        if !report.isRecordable {
            found.append(.init(.codecNotRecorded, .warning, ["codec": report.codec]))
        } else if report.codec == "mjpeg" || report.codec == "mpeg4" {
            found.append(.init(.oldCodec, .info, ["codec": report.codec]))
        }
        for stream in report.leftOut where stream.hasPrefix("audio/") {
            found.append(.init(.streamLeftOut, .info, ["stream": stream]))
        }
        found += groups(report)
        if let seconds = report.firstKeyFrameSeconds, seconds > 3, !isFile {
            found.append(.init(.slowStart, .info, ["seconds": one(seconds)]))
        }
        if let measured = report.frameRate {
            if let declared = report.declaredFrameRate, abs(declared - measured) > max(1, declared * 0.1) {
                found.append(.init(.frameRateDiffers, .info, ["declared": one(declared), "measured": one(measured)]))
            }
            if measured < 1 { found.append(.init(.lowFrameRate, .warning, ["measured": one(measured)])) }
        }
        if let drift = report.clockDriftMilliseconds, abs(drift) >= notedDrift {
            found.append(.init(.clockDrift, .warning, ["milliseconds": "\(Int(drift.rounded()))"]))
        }
        if report.longestPauseSeconds > max(1, 4 / max(0.1, report.frameRate ?? 25)), !isFile {
            found.append(.init(.uneven, .warning, ["seconds": one(report.longestPauseSeconds)]))
        }
        if report.bitRate > 8_000_000 {
            found.append(.init(.highBitRate, .info, ["megabits": one(Double(report.bitRate) / 1e6)]))
        }
        if report.hasReordering, !isFile { found.append(.init(.reordered, .info)) }
        if max(report.width, report.height) > 1280, !hasSub, !isFile { found.append(.init(.useSub, .info)) }
        return found.isEmpty ? [.init(.good, .info)] : found
    }

    private static func groups(_ report: ProbeReport) -> [ProbeReport.Advice] {
        guard let mean = report.keyFrameSeconds else {
            // Every picture of some codecs is a key frame: one picture is one as well.
            return report.frames > 1
                ? [.init(.oneKeyFrame, .warning, ["seconds": one(report.measuredSeconds)])] : []
        }
        var found: [ProbeReport.Advice] = []
        if let most = report.keyFrameSecondsMost, most > longGroup {
            found.append(.init(.longGOP, .warning, ["seconds": one(most)]))
        } else if mean < 0.45, report.codec != "mjpeg" {
            found.append(.init(.shortGOP, .info, ["seconds": one(mean)]))
        }
        if report.isConstant == false, let least = report.keyFrameSecondsLeast, let most = report.keyFrameSecondsMost {
            found.append(.init(.variableGOP, .info, ["from": one(least), "to": one(most)]))
        }
        return found
    }

    /// With one digit behind the point.
    private static func one(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
    }
}
