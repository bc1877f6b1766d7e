import Domain
import Foundation

/// A probe's report for a terminal.
enum ProbeText {
    static func lines(of report: ProbeReport) -> [String] {
        var lines = [
            report.source,
            row("video", [report.codec, report.profile, report.width > 0 ? "\(report.width)x\(report.height)" : nil]),
            row(
                "rate",
                [
                    report.frameRate.map { "\(number($0, 2)) frames/s" },
                    report.declaredFrameRate.map { "(declared \(number($0, 2)))" },
                    "\(number(Double(report.bitRate) / 1e6, 2)) Mbit/s",
                ]
            ),
            row("key frames", [groups(report)]),
            row("audio", [audio(report)]),
            row(
                "start",
                [
                    "parameters after \(number(report.connectSeconds, 2)) s",
                    report.firstKeyFrameSeconds.map { "first key frame after \(number($0, 2)) s" },
                ]
            ),
            row(
                "measured",
                [
                    "\(report.frames) pictures in \(number(report.measuredSeconds, 1)) s",
                    report.longestPauseSeconds > 0 ? "longest pause \(number(report.longestPauseSeconds, 2)) s" : nil,
                ]
            ),
        ]
        if let drift = report.clockDriftMilliseconds {
            lines.append(row("clock", ["\(number(drift, 1)) ms in 10 s against this host's"]))
        }
        return lines + report.advice.map { "\($0.severity == .warning ? "warning" : "advice"): \(sentence($0))" }
    }

    private static func row(_ title: String, _ parts: [String?]) -> String {
        (title + ":").padding(toLength: 12, withPad: " ", startingAt: 0)
            + parts.compactMap { $0 }.joined(separator: ", ")
    }

    private static func groups(_ report: ProbeReport) -> String {
        guard let mean = report.keyFrameSeconds else { return "only one" }
        let every = "every \(number(mean, 2)) s (\(number(report.keyFrameFrames ?? 0, 1)) pictures)"
        switch report.isConstant {
        case true: return every + ", constant"
        case false:
            return every
                + ", from \(number(report.keyFrameSecondsLeast ?? 0, 2)) to \(number(report.keyFrameSecondsMost ?? 0, 2)) s"
        case nil: return every
        }
    }

    private static func audio(_ report: ProbeReport) -> String {
        let left = report.leftOut.isEmpty ? "" : " (left out: \(report.leftOut.joined(separator: ", ")))"
        guard let audio = report.audio else { return "none" + left }
        return "\(audio.codec), \(audio.sampleRate) Hz, \(audio.channels) channel\(audio.channels == 1 ? "" : "s")"
            + left
    }

    private static func number(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }

    private static func sentence(_ advice: ProbeReport.Advice) -> String {
        let value = { (name: String) in advice.params[name] ?? "?" }
        return switch advice.code {
        case .good: "nothing to say against it"
        case .longGOP:
            "GOP of \(value("seconds")) s: events may be seen late; use the sub stream, or set the camera to 2 s"
        case .shortGOP: "GOP of \(value("seconds")) s: costs bits for nothing; set the camera to 2 s"
        case .variableGOP: "the GOP varies from \(value("from")) to \(value("to")) s (smart codec?)"
        case .oneKeyFrame:
            "only one key frame in \(value("seconds")) s: recording and viewing start late; set the camera to 2 s"
        case .slowStart: "the first key frame took \(value("seconds")) s: so long nothing is recorded after a break"
        case .frameRateDiffers: "declared are \(value("declared")) frames/s, \(value("measured")) came"
        case .lowFrameRate: "only \(value("measured")) frames/s"
        case .clockDrift:
            "its clock is off by \(value("milliseconds")) ms in 10 s: let the camera follow a time server"
        case .uneven: "nothing came for \(value("seconds")) s at a time: look at the network"
        case .highBitRate: "\(value("megabits")) Mbit/s: think of the disk, or lower the camera's bit rate"
        case .codecNotRecorded: "\(value("codec")) can't be recorded; set the camera to H.264 or H.265"
        case .streamLeftOut: "\(value("stream")) can't be recorded and is left out"
        case .oldCodec: "\(value("codec")) takes several times the room of H.264"
        case .useSub: "large pictures and no sub stream: analysis is cheaper on one; declare it with sub:"
        case .reordered: "it has B frames: pictures come later than they need to"
        }
    }
}
