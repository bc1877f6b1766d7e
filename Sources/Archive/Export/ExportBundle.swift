import CLinux
import Crypto
import Domain
import Foundation
import Synchronization

/// The files of one export: loose in its folder, or members of its archive once there is one. Used by one thread at a
/// time; every call blocks.
final class ExportBundle: Sendable {
    private struct State {
        var zip: ZipWriter?
        var archiveName: String?
        var files: [ExportJob.File] = []
        var names: Set<String> = []
    }

    private let folder: URL
    private let time: WallTime
    private let state: Mutex<State>
    private static let piece = 1 << 20

    /// - Parameter archiveName: nil while it isn't known whether an archive is needed.
    init(folder: URL, archiveName: String?, time: WallTime) {
        self.folder = folder
        self.time = time
        state = Mutex(State(archiveName: archiveName))
    }

    var files: [ExportJob.File] { state.withLock { $0.files } }

    /// A name that no file has yet, made of `wanted`.
    func free(_ wanted: String) -> String {
        state.withLock { state in
            var name = wanted
            var number = 2
            while !state.names.insert(name).inserted {
                let stem = wanted.split(separator: ".").first ?? ""
                name = "\(stem)-\(number)\(wanted.dropFirst(stem.count))"
                number += 1
            }
            return name
        }
    }

    /// Takes a file over; where it was it is no more.
    func take(_ url: URL, as name: String, _ watch: ExportGuard) throws {
        defer { try? FileManager.default.removeItem(at: url) }
        try state.withLock { state in
            try Self.open(&state, folder, time)
            guard let zip = state.zip else {
                let file = try Self.keepLoose(url, as: name, in: folder)
                state.files.append(file)
                return
            }
            state.files.append(try Self.copy(url, as: name, into: zip, watch))
        }
    }

    func add(_ bytes: [UInt8], as name: String, _ watch: ExportGuard) throws {
        let file = folder.appending(path: "\(UUID().uuidString).part")
        try Data(bytes).write(to: file)
        try take(file, as: name, watch)
    }

    /// Puts what is loose into an archive; fine where there is one already.
    func pack(_ name: String, _ watch: ExportGuard) throws {
        try state.withLock { state in
            guard state.archiveName == nil else { return try Self.open(&state, folder, time) }
            let loose = state.files
            state.archiveName = name
            state.files = []
            try Self.open(&state, folder, time)
            guard let zip = state.zip else { return }
            for file in loose {
                let url = folder.appending(path: Self.looseName(file.name))
                state.files.append(try Self.copy(url, as: file.name, into: zip, watch))
                try FileManager.default.removeItem(at: url)
            }
        }
    }

    /// Writes `bytes` behind a loose file.
    func append(_ bytes: [UInt8], to name: String) throws {
        try state.withLock { state in
            guard let index = state.files.firstIndex(where: { $0.name == name }) else { return }
            let url = folder.appending(path: Self.looseName(name))
            let handle = try FileHandle(forWritingTo: url)
            defer { try? handle.close() }
            try handle.seekToEnd()
            try handle.write(contentsOf: bytes)
            let (count, hash) = try Self.hash(url.path) { _ in }
            state.files[index].bytes = count
            state.files[index].sha256 = hash
        }
    }

    /// Names loose files without folders: they will stay loose.
    func flatten() {
        state.withLock { state in
            for index in state.files.indices { state.files[index].name = Self.looseName(state.files[index].name) }
        }
    }

    /// Ends the archive.
    ///
    /// - Returns: what is downloaded as the export's file, and all files.
    func finish() throws -> (file: ExportJob.File?, files: [ExportJob.File]) {
        try state.withLock { state in
            guard let zip = state.zip, let name = state.archiveName else {
                return (state.files.first { $0.name.hasSuffix(".mp4") }, state.files)
            }
            try zip.finish()
            state.zip = nil
            let path = folder.appending(path: name).path
            let archive = try ZipReader(path: path)
            for index in state.files.indices {
                state.files[index].offset = archive.entries.first { $0.name == state.files[index].name }?.offset
            }
            let (bytes, hash) = try Self.hash(path) { _ in }
            return (ExportJob.File(name: name, bytes: bytes, sha256: hash, offset: nil), state.files)
        }
    }

    /// A loose file has no folders in its name.
    static func looseName(_ name: String) -> String { String(name.split(separator: "/").last ?? "") }

    private static func open(_ state: inout State, _ folder: URL, _ time: WallTime) throws {
        guard state.zip == nil, let name = state.archiveName else { return }
        state.zip = try ZipWriter(path: folder.appending(path: name).path, time: time)
    }

    private static func keepLoose(_ url: URL, as name: String, in folder: URL) throws -> ExportJob.File {
        let (bytes, hash) = try hash(url.path) { _ in }
        try FileManager.default.moveItem(at: url, to: folder.appending(path: looseName(name)))
        return ExportJob.File(name: name, bytes: bytes, sha256: hash, offset: nil)
    }

    private static func copy(
        _ url: URL,
        as name: String,
        into zip: ZipWriter,
        _ watch: ExportGuard
    ) throws -> ExportJob.File {
        var result: (bytes: Int, hash: String) = (0, "")
        try zip.add(name, bytes: RecordingFileReader.size(url.path) ?? 0) { write in
            result = try hash(url.path) { bytes in
                if watch.isCancelled { throw CancellationError() }
                try write(bytes)
            }
        }
        return ExportJob.File(name: name, bytes: result.bytes, sha256: result.hash, offset: nil)
    }

    /// Reads a file piece by piece.
    static func hash(_ path: String, _ body: ([UInt8]) throws -> Void) throws -> (bytes: Int, hash: String) {
        var hash = SHA256()
        var offset = 0
        while true {
            let bytes = try RecordingFileReader.read(path, offset: offset, count: piece)
            if bytes.isEmpty { break }
            hash.update(data: bytes)
            try body(bytes)
            offset += bytes.count
        }
        let digits = hash.finalize().map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }
        return (offset, digits.joined())
    }
}
