import Archive
import Domain
import Hummingbird
import Store

/// Where and when something moved in a camera's picture, and the switch of its recording.
enum ActivityRoutes {
    static let routes: [APIRoute] = [
        APIRoute(
            .get,
            "/api/v1/cameras/{id}/activity",
            "When something moved in a part of the picture, to about ten seconds",
            access: .signedIn,
            parameters: APIRoute.Parameter.range() + [
                .init(
                    name: "region",
                    summary: "x,y,width,height in fractions of the picture; all of it when absent",
                    schema: ["type": "string"]
                )
            ],
            content: .json("Activity"),
            problems: [404: "notFound"],
            handle: spans
        ),
        APIRoute(
            .get,
            "/api/v1/cameras/{id}/activity/map",
            "How often something moved in each cell of the picture",
            access: .signedIn,
            parameters: APIRoute.Parameter.range(),
            content: .json("ActivityMap"),
            problems: [404: "notFound"],
            handle: map
        ),
        APIRoute(
            .post,
            "/api/v1/cameras/{id}/recording",
            "Switch the recording of a camera off or on; while it is off nothing is received and there is no live picture",
            access: .only(.admin),
            body: .json("RecordingSwitch"),
            content: .json("Camera"),
            problems: [404: "notFound", 409: "pausedBySite"],
            handle: setRecording
        ),
    ]

    private static func spans(_ request: APIRequest) async throws -> Response {
        let camera = try request.camera()
        let range = try request.range(maximum: Archive.maximumWindow)
        let region = try request.query("region").map(box)
        let spans = try await request.services.archive.activity(
            cameraId: camera.id,
            from: range.lowerBound,
            to: range.upperBound,
            region: region
        )
        return Answer.json([
            "spans": .array(
                spans.map { span in
                    [
                        "from": JSONValue(span.from), "to": JSONValue(span.to),
                        "share": .number((span.share * 1000).rounded(.up) / 1000),
                    ]
                }
            ),
            "grid": ["columns": .integer(Int64(ActivityGrid.columns)), "rows": .integer(Int64(ActivityGrid.rows))],
        ])
    }

    private static func map(_ request: APIRequest) async throws -> Response {
        let camera = try request.camera()
        let range = try request.range(maximum: Archive.maximumWindow)
        let map = try await request.services.archive.activityMap(
            cameraId: camera.id,
            from: range.lowerBound,
            to: range.upperBound
        )
        return Answer.json([
            "columns": .integer(Int64(ActivityGrid.columns)), "rows": .integer(Int64(ActivityGrid.rows)),
            "counts": .array(map.counts.map { .integer(Int64($0)) }), "windows": .integer(Int64(map.windows)),
        ])
    }

    /// Reads `x,y,width,height`.
    private static func box(_ text: String) throws(Problem) -> PictureBox {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
        guard parts.count == 4, let x = parts[0], let y = parts[1], let width = parts[2], let height = parts[3],
            [x, y, width, height].allSatisfy({ (0...1).contains($0) }), width > 0, height > 0, x < 1, y < 1,
            x + width <= 1.000_001, y + height <= 1.000_001
        else {
            throw .invalid(
                field: "region",
                "region is x,y,width,height in fractions of the picture, like 0.5,0.5,0.25,0.25"
            )
        }
        return PictureBox(x: x, y: y, width: width, height: height)
    }

    private static func setRecording(_ request: APIRequest) async throws -> Response {
        let camera = try request.camera()
        var object = try await request.object()
        guard let paused = try object.optionalBool("paused") else {
            throw Problem.invalid(field: "paused", "paused is needed: true or false")
        }
        let reason = try object.optionalString("reason", maximum: 500) ?? ""
        try object.finish()
        if paused, reason.allSatisfy(\.isWhitespace) {
            throw Problem.invalid(field: "reason", "reason is needed: the gap in the recording has to be explained")
        }
        if !paused, camera.record.paused {
            throw Problem.conflict("pausedBySite", "the site file pauses this camera: change `record.paused` there")
        }
        let user = try request.user
        let pause =
            paused
            ? RecordingPause(cameraId: camera.id, by: user.name, since: request.now, reason: reason) : nil
        try await request.services.setRecordingPause(camera.id, pause)
        await request.audit(paused ? .pauseRecording : .resumeRecording, .camera, camera.id, data: ["reason": reason])
        let status = request.services.cameraStatus()[camera.id]
        let view = CameraView.json(camera, status, pause: pause)
        request.services.feed.publish(Change(topic: .camera, json: view.encoded))
        return try await CameraRoutes.one(camera, request.services)
    }
}
