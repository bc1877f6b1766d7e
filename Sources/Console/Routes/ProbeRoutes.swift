import Archive
import Domain
import HTTPTypes
import Hummingbird
import Store

/// Trying a stream before it is declared.
enum ProbeRoutes {
    static let routes: [APIRoute] = [
        APIRoute(
            .post,
            "/api/v1/cameras/probe",
            "Read a stream for some seconds and say what it is, with advice; takes up to 40 seconds",
            access: .only(.admin),
            body: .json("NewProbe"),
            content: .json("Probe"),
            problems: [429: "tooManyProbes", 502: "probeFailed"],
            handle: probe
        )
    ]

    /// Only what a camera can be: no file of this host, whose names and contents are nobody's business here.
    private static let schemes = SourceURL.Scheme.allCases.filter { !$0.isLocal }

    private static func probe(_ request: APIRequest) async throws -> Response {
        var object = try await request.object()
        let text = try object.string("url", maximum: 2000)
        var options = SourceOptions()
        if let transport = try object.optionalString("transport") {
            guard let known = SourceTransport(rawValue: transport) else {
                let names = SourceTransport.allCases.map(\.rawValue).joined(separator: ", ")
                throw Problem.invalid(field: "transport", "transport is one of \(names)")
            }
            options.transport = known
        }
        let hasSub = try object.optionalBool("hasSub") ?? false
        try object.finish()
        let source: SourceURL
        do throws(SourceURL.Mistake) {
            source = try SourceURL(text)
        } catch {
            throw Problem.invalid(field: "url", "the address \(error.problem): \(error.remedy)")
        }
        guard schemes.contains(source.scheme) else {
            let names = schemes.map { "\($0.rawValue)://" }.joined(separator: ", ")
            throw Problem.invalid(field: "url", "only \(names) can be probed from here")
        }
        await request.audit(.probe, .camera, "-", data: ["source": source.redacted])
        let asked = ProbeRequest(url: text, options: options, hasSub: hasSub)
        switch await request.services.probe(asked) {
        case .report(let report):
            return Answer.json(report.view)
        case .failure(let failure):
            throw Problem(
                status: .badGateway,
                code: "probeFailed",
                detail: failure.detail,
                params: ["reason": .string(failure.reason.rawValue)]
            )
        case nil:
            throw Problem.tooMany("tooManyProbes", retryAfter: .seconds(15))
        }
    }
}

extension ProbeReport {
    /// As the API gives it: what is not known is null.
    var view: JSONValue {
        [
            "source": .string(source), "codec": .string(codec), "profile": JSONValue(profile),
            "codecString": JSONValue(codecString), "width": JSONValue(width), "height": JSONValue(height),
            "recordable": .bool(isRecordable), "frameRate": Self.number(frameRate),
            "declaredFrameRate": Self.number(declaredFrameRate), "keyFrameSeconds": Self.number(keyFrameSeconds),
            "keyFrameSecondsLeast": Self.number(keyFrameSecondsLeast),
            "keyFrameSecondsMost": Self.number(keyFrameSecondsMost), "keyFrameFrames": Self.number(keyFrameFrames),
            "constant": isConstant.map { .bool($0) } ?? .null, "bitRate": JSONValue(bitRate),
            "audio": audio.map {
                [
                    "codec": .string($0.codec), "sampleRate": JSONValue($0.sampleRate),
                    "channels": JSONValue($0.channels),
                ]
            } ?? .null,
            "leftOut": .array(leftOut.map { .string($0) }), "connectSeconds": .number(connectSeconds),
            "firstKeyFrameSeconds": Self.number(firstKeyFrameSeconds), "measuredSeconds": .number(measuredSeconds),
            "frames": JSONValue(frames), "longestPauseSeconds": .number(longestPauseSeconds),
            "clockDriftMilliseconds": Self.number(clockDriftMilliseconds), "reordered": .bool(hasReordering),
            "advice": .array(
                advice.map { advice in
                    [
                        "code": .string(advice.code.rawValue), "severity": .string(advice.severity.rawValue),
                        "params": .object(advice.params.mapValues { .string($0) }),
                    ]
                }
            ),
        ]
    }

    private static func number(_ value: Double?) -> JSONValue { value.map { .number($0) } ?? .null }
}
