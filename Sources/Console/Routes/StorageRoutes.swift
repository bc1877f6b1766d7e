import Archive
import Domain
import HTTPTypes
import Hummingbird
import Store

/// What the volumes hold and for how long it lasts.
enum StorageRoutes {
    static let routes: [APIRoute] = [
        APIRoute(
            .get,
            "/api/v1/storage",
            "The recording volumes, when they are full, and what each camera takes and will keep",
            access: .only(.admin, .leader, .monitor),
            content: .json("Storage"),
            handle: { request in
                let report = try await request.services.storage()
                // Where things lie on the host is nobody's business who can't change it.
                let showsPaths = try request.user.role == .admin
                return Answer.json(report.view(request.services.site.recording, showsPaths: showsPaths))
            }
        )
    ]
}
