import CLinux
import Domain
package import Foundation

#if canImport(Glibc)
    import Glibc
#endif

extension CaptureConfiguration {
    /// Where shard `shard` of the data folder finds its configuration: `DIR/capture/N.json`.
    package static func file(in dataDirectory: URL, shard: Int) -> URL {
        dataDirectory.appending(path: "capture").appending(path: "\(shard).json")
    }

    /// Writes the configuration with mode 0600 so that a reader, or a power cut, finds the old or the new one whole.
    ///
    /// - Throws: `CaptureError` (`configuration`) when the folder can't be made or the file can't be written.
    package func write(to file: URL) throws(CaptureError) {
        let folder = file.deletingLastPathComponent()
        let bytes: Data
        do {
            try FileManager.default.createDirectory(
                at: folder,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
            bytes = try encoder.encode(self)
        } catch {
            throw CaptureError(.configuration, "can't write \(file.path): \(error.localizedDescription)", cause: error)
        }
        let temporary = folder.appending(path: ".\(file.lastPathComponent).new")
        unlink(temporary.path)
        let descriptor = gw_open(temporary.path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        guard descriptor >= 0 else { throw CaptureError.system(.configuration, "can't create \(temporary.path)") }
        defer { close(descriptor) }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { pointer in
                Glibc.write(descriptor, pointer.baseAddress?.advanced(by: written), bytes.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw CaptureError.system(.configuration, "can't write \(temporary.path)") }
            written += count
        }
        guard fsync(descriptor) == 0, rename(temporary.path, file.path) == 0 else {
            throw CaptureError.system(.configuration, "can't put \(file.path) in place")
        }
        let folderDescriptor = gw_open(folder.path, O_RDONLY | O_DIRECTORY, 0)
        if folderDescriptor >= 0 {
            fsync(folderDescriptor)
            close(folderDescriptor)
        }
    }

    /// Reads a configuration.
    ///
    /// - Throws: `CaptureError` (`configuration`) when the file is missing, is not one of this version, or names a
    ///   camera twice or one whose id can't be a folder.
    package static func load(from file: URL) throws(CaptureError) -> CaptureConfiguration {
        let bytes: Data
        do {
            bytes = try Data(contentsOf: file)
        } catch {
            throw CaptureError(
                .configuration,
                "can't read \(file.path): serve writes it; start `gridwatch serve` with this data folder once",
                cause: error
            )
        }
        let configuration: CaptureConfiguration
        do {
            configuration = try JSONDecoder().decode(CaptureConfiguration.self, from: bytes)
        } catch {
            // The decoder's own text may quote a URL with a password: only the place is told.
            throw CaptureError(.configuration, "\(file.path) is no capture configuration\(place(of: error))")
        }
        guard configuration.version == currentVersion else {
            throw CaptureError(
                .configuration,
                "\(file.path) has version \(configuration.version), this build reads \(currentVersion)"
            )
        }
        var seen: Set<String> = []
        for camera in configuration.cameras {
            guard Slug.isValid(camera.id) else {
                throw CaptureError(
                    .configuration,
                    "\(file.path): the camera id \(camera.id.debugDescription) is no slug"
                )
            }
            guard seen.insert(camera.id).inserted else {
                throw CaptureError(.configuration, "\(file.path): camera \(camera.id) stands there twice")
            }
        }
        return configuration
    }

    private static func place(of error: any Error) -> String {
        let context: DecodingError.Context? =
            switch error as? DecodingError {
            case .keyNotFound(_, let context), .typeMismatch(_, let context), .valueNotFound(_, let context),
                .dataCorrupted(let context):
                context
            default: nil
            }
        let path = context?.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue } ?? []
        return path.isEmpty ? "" : " (at \(path.joined(separator: ".")))"
    }
}
