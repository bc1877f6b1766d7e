import Archive
import Domain
import Hummingbird
import Store

/// The site's signing key and what it has signed.
enum SignatureRoutes {
    static let routes: [APIRoute] = [
        APIRoute(
            .get,
            "/api/v1/evidence/key",
            "The public key that recordings and exports are signed with, and those before it",
            access: .signedIn,
            content: .json("SigningKey"),
            handle: { request in Answer.json(view(try await keys(request))) }
        ),
        APIRoute(
            .get,
            "/api/v1/evidence/key.pem",
            "The public key for `gridwatch verify --key` and openssl",
            access: .signedIn,
            content: .binary("application/x-pem-file"),
            handle: { request in
                guard let key = try await keys(request).last else { throw Problem.notFound("there is no key yet") }
                return Answer.bytes(
                    Array(key.pem.utf8),
                    type: "application/x-pem-file",
                    headers: [.contentDisposition: "attachment; filename=\"gridwatch-\(key.keyId.prefix(8)).pem\""]
                )
            }
        ),
        APIRoute(
            .post,
            "/api/v1/evidence/key/rotate",
            "Sign with a new key from now on; the old one signs it and is destroyed",
            access: .only(.admin),
            content: .json("SigningKey"),
            handle: { request in
                let key = try await request.services.archive.signer.rotate()
                await request.audit(.keyRotated, .key, key.keyId, data: ["previous": key.previous ?? "-"])
                return Answer.json(view(try await keys(request)))
            }
        ),
        APIRoute(
            .get,
            "/api/v1/cameras/{id}/signatures",
            "The signed chain heads that cover a range",
            access: .signedIn,
            parameters: APIRoute.Parameter.range(),
            content: .json("Signatures"),
            problems: [404: "notFound"],
            handle: signatures
        ),
    ]

    private static func keys(_ request: APIRequest) async throws -> [PublicKey] {
        let signer = request.services.archive.signer
        try await signer.prepare()
        return signer.keys.history
    }

    private static func view(_ keys: [PublicKey]) -> JSONValue {
        func one(_ key: PublicKey) -> [String: JSONValue] {
            [
                "keyId": .string(key.keyId), "publicKey": .string(key.publicKey),
                "createdAt": .string(key.createdAt),
            ]
        }
        guard let last = keys.last else { return ["keyId": nil, "publicKey": nil, "createdAt": nil, "previous": []] }
        var members = one(last)
        members["previous"] = .array(keys.dropLast().reversed().map { .object(one($0)) })
        return .object(members)
    }

    private static func signatures(_ request: APIRequest) async throws -> Response {
        let camera = try request.camera()
        let range = try request.range()
        let signer = request.services.archive.signer
        let heads = try await signer.signatures(
            cameraId: camera.id,
            from: range.lowerBound,
            to: range.upperBound
        )
        return Answer.json([
            "signedUntil": JSONValue(signer.signedUntil(cameraId: camera.id)),
            "items": .array(
                heads.map { head in
                    [
                        "segment": .string(head.segment), "fragments": JSONValue(head.fragments),
                        "head": .string(head.head), "until": JSONValue(head.until), "at": JSONValue(head.at),
                        "keyId": .string(head.keyId), "signature": .string(head.signature),
                    ]
                }
            ),
        ])
    }
}
