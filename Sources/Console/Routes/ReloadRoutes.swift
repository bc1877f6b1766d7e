import Archive
import Domain
import HTTPTypes
import Hummingbird
import Store

/// Taking over what has changed in the site file.
enum ReloadRoutes {
    static let routes: [APIRoute] = [
        APIRoute(
            .post,
            "/api/v1/site/reload",
            "Read the site file again and take over its cameras and platforms; the others lose no frame",
            access: .only(.admin),
            content: .json("SiteChanges"),
            problems: [409: "noSiteFile", 422: "invalidSite"],
            handle: reload
        )
    ]

    private static func reload(_ request: APIRequest) async throws -> Response {
        guard let reload = request.services.reloadSite else {
            throw Problem.conflict("noSiteFile", "this site comes from no file")
        }
        let name = try request.user.name
        switch await reload(name) {
        case .applied(let changes):
            await request.audit(
                .reloadSite,
                .site,
                "site",
                data: [
                    "added": "\(changes.added.count)", "changed": "\(changes.changed.count)",
                    "removed": "\(changes.removed.count)",
                ]
            )
            return Answer.json([
                "added": list(changes.added), "changed": list(changes.changed), "removed": list(changes.removed),
                "platformsChanged": .bool(changes.platformsChanged), "needsRestart": list(changes.needsRestart),
            ])
        case .refused(let mistakes):
            throw Problem(
                status: .unprocessableContent,
                code: "invalidSite",
                detail: mistakes.first ?? "the site file can't be used",
                params: ["mistakes": list(mistakes), "detail": .string(mistakes.joined(separator: "\n"))]
            )
        }
    }

    private static func list(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
}
