import Alarms
import Archive
import Cases
import Domain
import Hummingbird
import Logging
import Store

/// A person's report of a case, with the evidence that the server adds to it.
struct CaseReport: Sendable {
    /// The channels that only the service itself uses: a person's report never passes for a device's.
    static let reservedChannels = ["sensor", "vehicle", "system"]

    private var request: CaseRequest
    private let camera: Camera?

    /// Reads a report's members.
    ///
    /// - Throws: `Problem` 422 for what is missing or wrong.
    init(_ object: inout RequestObject, _ api: APIRequest) throws {
        let user = try api.user
        let cameraId = try object.optionalString("cameraId")
        let at = try object.optionalTime("at")
        camera = try cameraId.map { id throws(Problem) in
            guard let camera = api.services.site.cameras.first(where: { $0.id == id }) else {
                throw .invalid(field: "cameraId", "there is no camera \(id.prefix(63))")
            }
            return camera
        }
        let told = ToldTime(at, now: api.now)
        request = CaseRequest(
            classCode: try object.string("class"),
            position: try object.optionalPoint("position") ?? camera?.position,
            address: try object.optionalString("address", maximum: 500) ?? camera?.address,
            channel: try Self.channel(&object) ?? user.role.rawValue,
            description: try object.optionalString("description", maximum: 2000),
            cameraId: cameraId,
            at: told.at,
            reporter: try object.optionalString("reporter", maximum: 100),
            clientId: try object.optionalString("clientId", maximum: 100),
            filed: false
        )
        if let photo = try object.optionalString("photo") { request.snapshot = photo }
        if let ahead = told.ahead { request.report = ReportDetails(reporter: request.reporter, toldAt: ahead) }
    }

    static func channel(_ object: inout RequestObject) throws -> String? {
        guard let channel = try object.optionalString("channel", maximum: 40) else { return nil }
        guard Slug.isValid(channel), !reservedChannels.contains(channel) else {
            throw Problem.invalid(
                field: "channel",
                "write letters, digits, '-', '_' or '.', like 12345 or web, and none of \(reservedChannels.joined(separator: ", "))"
            )
        }
        return channel
    }

    /// Opens the case, with the camera's picture and a locked clip from 10 s before to 20 s after.
    ///
    /// Evidence that can't be had does not keep the report from being taken: a line in the log says so.
    func submit(by actor: CaseActor, _ api: APIRequest) async throws -> (case: Case, created: Bool) {
        var request = request
        // Before anything is rendered or stored: a phone may send a report ten times.
        if let clientId = request.clientId,
            let known = try await api.services.cases.reported(clientId: clientId, by: actor)
        {
            return (known, false)
        }
        if let photo = request.snapshot { _ = try await AttachmentAccess.picture(photo, field: "photo", api) }
        if let camera, request.snapshot == nil { request.snapshot = await picture(camera, by: actor, api) }
        let services = api.services
        let (value, created) = try await services.cases.report(request, by: actor)
        guard created, let camera else { return (value, created) }
        do {
            let clip = try await services.archive.clip(
                cameraId: camera.id,
                around: request.at,
                caseId: value.id,
                by: actor.name
            )
            try await services.cases.attach(caseId: value.id, clip: clip)
            return (try await services.cases.get(value.id, for: actor), true)
        } catch {
            api.context.logger.error(
                "the clip of a reported case is not locked",
                metadata: ["case.id": "\(value.id)", "camera.id": "\(camera.id)", "error": "\(error)"]
            )
            return (value, true)
        }
    }

    private func picture(_ camera: Camera, by actor: CaseActor, _ api: APIRequest) async -> String? {
        do {
            let archive = api.services.archive
            let jpeg = try await archive.picture(cameraId: camera.id, at: request.at, maximumWidth: 1920)
            return try await archive.storeAttachment(jpeg, mediaType: "image/jpeg", by: actor.name).id
        } catch {
            api.context.logger.warning(
                "a reported case has no picture",
                metadata: ["camera.id": "\(camera.id)", "error": "\(error)"]
            )
            return nil
        }
    }
}
