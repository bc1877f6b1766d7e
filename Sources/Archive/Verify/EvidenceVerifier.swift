import Crypto
import Domain
import Foundation
import Media
import Recording

/// Says offline, with nothing of the site but its public key, whether bytes are the ones that were recorded.
package struct EvidenceVerifier {
    /// 32 bytes; nil: the key that comes with the evidence, which shows only that its parts agree.
    let key: Data?
    var report = EvidenceReport()
    /// Recordings of the camera at hand whose end, from then on, no signature covers.
    var uncovered: [(path: String, from: WallTime)] = []

    /// What an operating system leaves in folders.
    private static let litter: Set<String> = [".DS_Store", "Thumbs.db", "desktop.ini"]
    private static let maximumManifest = 512 << 20
    /// A public key in PEM has about 110.
    private static let maximumKey = 64 << 10

    /// Checks a ZIP, an unpacked folder, a clip or manifest with its companion beside it, a folder of recordings, or one
    /// segment of it. Blocks.
    ///
    /// - Parameter keyFile: the site's public key, in PEM.
    /// - Throws: `ArchiveError` when there is nothing that can be checked.
    package static func verify(path: String, keyFile: String) throws -> EvidenceReport {
        let pem = try RecordingFileReader.small(keyFile, maximum: maximumKey)
        guard PublicKey.bytes(pem: String(decoding: pem, as: UTF8.self)) != nil else {
            throw ArchiveError(
                .notFound,
                "\(keyFile) holds no Ed25519 public key in PEM; a site gives it as GET /api/v1/evidence/key.pem"
            )
        }
        return try verify(path: path, pem: String(decoding: pem, as: UTF8.self))
    }

    /// - Parameter pem: the site's public key.
    /// - Throws: `ArchiveError` when there is nothing that can be checked.
    package static func verify(path: String, pem: String? = nil) throws -> EvidenceReport {
        var key: Data?
        if let pem {
            guard let bytes = PublicKey.bytes(pem: pem) else {
                throw ArchiveError(.notFound, "the key file holds no Ed25519 public key in PEM")
            }
            key = bytes
        }
        var verifier = EvidenceVerifier(key: key)
        try verifier.check(path)
        return verifier.report
    }

    private init(key: Data?) { self.key = key }

    private mutating func check(_ path: String) throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw ArchiveError(.notFound, "there is nothing at \(path)")
        }
        let url = URL(filePath: path).standardizedFileURL
        guard isFolder.boolValue || RecordingFileReader.isPlain(url.path) else {
            throw ArchiveError(.notFound, "\(path) is neither a file nor a folder")
        }
        let parent = url.deletingLastPathComponent().path
        if isFolder.boolValue {
            if RecordingFileReader.size("\(url.path)/manifest.json") != nil {
                return try checkExport(.folder(url.path), only: nil)
            }
            return try checkRecordings(url.path)
        }
        if url.lastPathComponent == "manifest.json" { return try checkExport(.folder(parent), only: nil) }
        if url.pathExtension.lowercased() == "mp4" {
            // What a clip brings itself counts, whatever lies beside it.
            if let proof = try ProofBox.find(url.path) {
                return try checkExport(
                    .folder(parent),
                    only: url.lastPathComponent,
                    manifest: proof.sealed,
                    in: url.lastPathComponent
                )
            }
            if RecordingFileReader.size("\(parent)/manifest.json") != nil {
                return try checkExport(.folder(parent), only: url.lastPathComponent)
            }
            // A clip of an unpacked archive.
            let above = url.deletingLastPathComponent().deletingLastPathComponent().path
            if RecordingFileReader.size("\(above)/manifest.json") != nil {
                return try checkExport(.folder(above), only: "clips/\(url.lastPathComponent)")
            }
            return try checkSegmentFile(url.path)
        }
        let zip: ZipReader
        do {
            zip = try ZipReader(path: url.path)
        } catch let error as ArchiveError where error.code == .invalidArchive {
            report.find(
                .container,
                url.lastPathComponent,
                "\(error.message): it was cut off on its way, changed, or never was an export; fetch it again"
            )
            return
        }
        for oddity in zip.oddities {
            report.find(.container, oddity.name ?? url.lastPathComponent, "the archive was changed: \(oddity.what)")
        }
        try checkExport(.archive(zip), only: nil)
    }

    // MARK: - Exports

    private mutating func checkExport(_ source: EvidenceSource, only: String?) throws {
        guard let size = source.size("manifest.json"), size <= Self.maximumManifest else {
            if let size = source.size("manifest.json") {
                report.find(.manifest, "manifest.json", "it has \(size) bytes: no export has such a manifest")
                return
            }
            if case .archive = source {
                report.find(.missing, "manifest.json", "there is no manifest: nothing can be checked without it")
                return
            }
            throw ArchiveError(.notFound, "there is no manifest.json")
        }
        let bytes = try source.read("manifest.json", offset: 0, count: size)
        report.checked.append("manifest.json")
        try checkExport(source, only: only, manifest: bytes, in: "manifest.json")
    }

    /// - Parameter file: where the manifest stands: in `manifest.json`, or inside the clip that is checked.
    private mutating func checkExport(
        _ source: EvidenceSource,
        only: String?,
        manifest bytes: [UInt8],
        in file: String
    ) throws {
        guard let (body, signature) = ManifestEnvelope.open(bytes) else {
            report.find(.manifest, file, "the manifest was changed: it is not of the form that was written")
            return
        }
        guard var manifest = ManifestEnvelope.manifest(body) else {
            report.find(.manifest, file, "the manifest was changed: it can't be read any more")
            return
        }
        // Whoever downloads a clip may name it as they like.
        if let only, file == only, manifest.clips.count == 1 { manifest.clips[0].file = only }
        let keys = trustedKeys(manifest.keys, file)
        if let signer = keys[signature.keyId] {
            if !signer.signed(ManifestEnvelope.statement(body), signature.value) {
                report.find(.manifest, file, "the manifest was changed: its signature doesn't fit")
            }
        } else {
            report.find(
                .key,
                file,
                "it is signed with the key \(signature.keyId), which "
                    + (key == nil ? "is not among its keys" : "the given key doesn't vouch for")
            )
        }
        for clip in manifest.clips where only == nil || clip.file == only {
            try checkClip(clip, manifest, source, keys, sealed: bytes)
        }
        if let only {
            if !manifest.clips.contains(where: { $0.file == only }) {
                report.find(.unlisted, only, "the manifest doesn't know this file")
            }
            return
        }
        try checkFiles(manifest, source)
        checkLogs(manifest)
    }

    /// The keys that count: those that the given key vouches for, or, without one, all that the evidence brings.
    mutating func trustedKeys(_ keys: [PublicKey], _ file: String) -> [String: PublicKey] {
        for key in keys where !key.isSound {
            report.find(.key, file, "the public key \(key.keyId) doesn't fit its own signature")
        }
        if let key {
            report.keyId = PublicKey.id(of: key)
            return keys.trusted(from: key)
        }
        report.keyId = keys.last?.keyId
        report.notes.append(
            "no --key was given: checked with the key that lies beside the evidence; compare its id with the site's"
        )
        return Dictionary(keys.filter(\.isSound).map { ($0.keyId, $0) }) { first, _ in first }
    }

    private mutating func checkFiles(_ manifest: Manifest, _ source: EvidenceSource) throws {
        let clips = Set(manifest.clips.map(\.file))
        var listed: Set<String> = ["manifest.json"]
        for file in manifest.files {
            listed.insert(file.name)
            guard let size = source.size(file.name) else {
                if !clips.contains(file.name) { report.find(.missing, file.name, "the file is missing") }
                continue
            }
            // Clips have been checked piece by piece.
            if clips.contains(file.name) { continue }
            report.checked.append(file.name)
            let hash = try Self.hash(file.name, size, source)
            guard hash != file.sha256 else { continue }
            if let other = manifest.files.first(where: { $0.sha256 == hash }) {
                report.find(.swapped, file.name, "it holds the content of \(other.name)")
            } else if size != file.bytes {
                report.find(.length, file.name, "it has \(size) bytes instead of \(file.bytes)")
            } else {
                report.find(.content, file.name, "its content was changed")
            }
        }
        for name in try source.names() where !listed.contains(name) {
            if Self.litter.contains(String(name.split(separator: "/").last ?? "")) {
                report.notes.append("\(name) doesn't belong to the evidence")
            } else {
                report.find(.unlisted, name, "the file was not part of the export")
            }
        }
    }

    private mutating func checkLogs(_ manifest: Manifest) {
        for line in manifest.audit where AuditChain.hash(line.entry, after: line.previous) != line.hash {
            report.find(.log, "manifest.json", "a line of the audit log was changed: \(line.entry.prefix(80))")
        }
        guard let file = manifest.caseFile else { return }
        var previous = file.caseId
        for (index, line) in file.log.enumerated() {
            // Of an entry without its reporter only the hash can be followed; the site's signature covers the rest.
            let isWhole = line.isWithheld == true || AuditChain.hash(line.entry, after: previous) == line.hash
            guard line.seq == index + 1, isWhole else {
                report.find(.log, "manifest.json", "the case's log was changed at line \(index + 1)")
                return
            }
            previous = line.hash
        }
    }

    static func hash(_ name: String, _ size: Int, _ source: EvidenceSource) throws -> String {
        var hash = SHA256()
        var offset = 0
        while offset < size {
            let bytes = try source.read(name, offset: offset, count: min(1 << 20, size - offset))
            guard !bytes.isEmpty else { break }
            hash.update(data: bytes)
            offset += bytes.count
        }
        return hash.finalize().map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}
