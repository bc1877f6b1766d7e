import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import Synchronization

/// The pages' files: those of the bundle, read once at the start, and those of Debian's packages, read when first
/// asked for. Only names found in these folders are ever opened.
final class AssetLibrary: Sendable {
    /// One file ready to be sent.
    struct Asset: Sendable {
        var bytes: ByteBuffer
        var type: String
        /// A hash of the content, in quotes.
        var tag: String
        /// Compressed siblings by content coding (`br`, `gzip`).
        var encodings: [String: ByteBuffer] = [:]
    }

    static let shared = AssetLibrary(
        bundle: bundleFolder,
        folders: [
            "assets/leaflet": URL(filePath: "/usr/share/javascript/leaflet"),
            "assets/icons": URL(filePath: "/usr/share/bootstrap-icons/svg"),
        ]
    )

    private let bundled: [String: Asset]
    /// URL paths to files, listed at the start.
    private let listed: [String: URL]
    /// Files of `listed` that were asked for; bounded by their number.
    private let loaded = Mutex<[String: Asset]>([:])

    /// - Parameters:
    ///   - bundle: the folder served at `/assets/app`, with `index.html` for `/`.
    ///   - folders: further folders by their URL path.
    init(bundle: URL, folders: [String: URL]) {
        var bundled: [String: Asset] = [:]
        let files = Self.files(in: bundle)
        for (path, file) in files where !path.hasSuffix(".br") && !path.hasSuffix(".gz") {
            guard var asset = Self.load(file, path: path) else { continue }
            for (suffix, coding) in [(".br", "br"), (".gz", "gzip")] {
                guard let sibling = files[path + suffix], let data = try? Data(contentsOf: sibling) else { continue }
                asset.encodings[coding] = ByteBuffer(bytes: data)
            }
            bundled["assets/app/\(path)"] = asset
        }
        self.bundled = bundled
        var listed: [String: URL] = [:]
        for (prefix, folder) in folders {
            for (path, file) in Self.files(in: folder) { listed["\(prefix)/\(path)"] = file }
        }
        self.listed = listed
    }

    /// Answers a GET of anything that is not the API.
    func respond(to request: Request) throws -> Response {
        let path = request.uri.path.drop { $0 == "/" }
        guard let asset = asset(at: path.isEmpty ? "assets/app/index.html" : String(path)) else {
            throw HTTPError(.notFound)
        }
        var headers: HTTPFields = [.eTag: asset.tag, .cacheControl: "no-cache", .vary: "Accept-Encoding"]
        if let tags = request.headers[.ifNoneMatch], tags == "*" || tags.contains(asset.tag) {
            return Response(status: .notModified, headers: headers)
        }
        headers[.contentType] = asset.type
        // Phones work offline on every page, not only on those below the worker's own folder.
        if path == "assets/app/worker/field.js" { headers[.serviceWorkerAllowed] = "/" }
        let accepted = Self.codings(request.headers[.acceptEncoding])
        for coding in ["br", "gzip"] where accepted.contains(coding) {
            guard let bytes = asset.encodings[coding] else { continue }
            headers[.contentEncoding] = coding
            return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: bytes))
        }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: asset.bytes))
    }

    func asset(at path: String) -> Asset? {
        if let asset = bundled[path] { return asset }
        guard let file = listed[path] else { return nil }
        if let asset = loaded.withLock({ $0[path] }) { return asset }
        guard let asset = Self.load(file, path: path) else { return nil }
        loaded.withLock { $0[path] = asset }
        return asset
    }

    /// Beside the executable where it is installed, else where the build put it.
    private static var bundleFolder: URL {
        let installed = Bundle.main.bundleURL.appending(path: "gridwatch_Console.resources/Assets")
        if FileManager.default.fileExists(atPath: installed.path) { return installed }
        return Bundle.module.bundleURL.appending(path: "Assets")
    }

    /// Regular files below a folder (no dot files, at most 8 levels), by their path in it.
    private static func files(in folder: URL, below prefix: String = "", depth: Int = 0) -> [String: URL] {
        guard depth < 8,
            let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
        else { return [:] }
        var found: [String: URL] = [:]
        for name in names where !name.hasPrefix(".") {
            let url = folder.appending(path: name)
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else { continue }
            if isFolder.boolValue {
                found.merge(files(in: url, below: "\(prefix)\(name)/", depth: depth + 1)) { $1 }
            } else {
                found[prefix + name] = url
            }
        }
        return found
    }

    private static func load(_ file: URL, path: String) -> Asset? {
        guard let data = try? Data(contentsOf: file) else { return nil }
        let digest = SHA256.hash(data: data).prefix(12).map { String($0, radix: 16) }.joined()
        return Asset(bytes: ByteBuffer(bytes: data), type: type(of: path), tag: "\"\(digest)\"")
    }

    /// Codings that the client takes (RFC 9110 §12.5.3); one with `q=0` is refused.
    private static func codings(_ header: String?) -> Set<String> {
        Set(
            (header ?? "").split(separator: ",").compactMap { part in
                let pieces = part.split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
                guard let name = pieces.first, !pieces.contains("q=0") else { return nil }
                return name.lowercased()
            }
        )
    }

    private static func type(of path: String) -> String {
        switch path.split(separator: ".").last {
        case "html": "text/html; charset=utf-8"
        case "js", "mjs": "text/javascript; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "json", "map": "application/json"
        case "svg": "image/svg+xml"
        case "png": "image/png"
        case "jpg", "jpeg": "image/jpeg"
        case "ico": "image/x-icon"
        case "webmanifest": "application/manifest+json"
        case "woff2": "font/woff2"
        case "mp3": "audio/mpeg"
        case "wav": "audio/wav"
        case "txt": "text/plain; charset=utf-8"
        default: "application/octet-stream"
        }
    }
}
