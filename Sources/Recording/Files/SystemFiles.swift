import CLinux
import Glibc

/// The file system of the machine.
package struct SystemFiles: RecordingFiles {
    package init() {}

    package func createDirectory(_ path: String) throws(FileFailure) {
        if mkdir(path, 0o750) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw FileFailure(operation: "create folder", path: path, code: errno)
        }
        try createDirectory(String(path[..<slash]))
        if mkdir(path, 0o750) != 0, errno != EEXIST {
            throw FileFailure(operation: "create folder", path: path, code: errno)
        }
    }

    package func create(_ path: String) throws(FileFailure) -> any RecordingFile {
        try SystemFile(path, flags: O_WRONLY | O_CREAT | O_EXCL | O_APPEND)
    }

    package func open(_ path: String) throws(FileFailure) -> any RecordingFile {
        try SystemFile(path, flags: O_WRONLY | O_CREAT | O_APPEND)
    }

    package func read(_ path: String, offset: Int, count: Int) throws(FileFailure) -> [UInt8] {
        let descriptor = gw_open(path, O_RDONLY, 0)
        guard descriptor >= 0 else { throw FileFailure(operation: "open", path: path, code: errno) }
        defer { _ = close(descriptor) }
        var failure: Int32?
        let bytes = [UInt8](unsafeUninitializedCapacity: max(0, count)) { buffer, initialized in
            while initialized < buffer.count {
                guard let base = buffer.baseAddress else { break }
                let got = pread(descriptor, base + initialized, buffer.count - initialized, off_t(offset + initialized))
                if got < 0, errno == EINTR { continue }
                if got < 0 { failure = errno }
                if got <= 0 { break }
                initialized += got
            }
        }
        if let failure { throw FileFailure(operation: "read", path: path, code: failure) }
        return bytes
    }

    package func size(_ path: String) throws(FileFailure) -> Int? {
        var status = stat()
        if stat(path, &status) == 0 { return Int(status.st_size) }
        if errno == ENOENT || errno == ENOTDIR { return nil }
        throw FileFailure(operation: "look at", path: path, code: errno)
    }

    package func list(_ path: String) throws(FileFailure) -> [String] {
        guard let folder = opendir(path) else {
            if errno == ENOENT || errno == ENOTDIR { return [] }
            throw FileFailure(operation: "list", path: path, code: errno)
        }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    package func modified(_ path: String) -> Int64? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
    }

    package func remove(_ path: String) throws(FileFailure) {
        if unlink(path) != 0 { throw FileFailure(operation: "delete", path: path, code: errno) }
    }

    package func syncVolume(_ path: String) throws(FileFailure) {
        // syncfs reports write-back errors since this descriptor was opened at the earliest (Linux 5.8 and later), so
        // errors between two beats would be lost with a descriptor per beat; `VolumeDescriptors` keeps them.
        let descriptor = try VolumeDescriptors.shared.descriptor(path)
        if syncfs(descriptor) != 0 { throw FileFailure(operation: "sync", path: path, code: errno) }
    }

    package func freeBytes(_ path: String) throws(FileFailure) -> Int {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { throw FileFailure(operation: "look at", path: path, code: errno) }
        return Int(status.f_bavail) * Int(status.f_frsize)
    }

    package func totalBytes(_ path: String) throws(FileFailure) -> Int {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { throw FileFailure(operation: "look at", path: path, code: errno) }
        return Int(status.f_blocks) * Int(status.f_frsize)
    }

    package func device(_ path: String) -> UInt64? {
        var status = stat()
        return stat(path, &status) == 0 ? UInt64(status.st_dev) : nil
    }

    package func link(_ path: String, to target: String) throws(FileFailure) {
        if symlink(target, path) != 0 { throw FileFailure(operation: "link", path: path, code: errno) }
    }

    package func linkTarget(_ path: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = buffer.withUnsafeMutableBytes { bytes in
            bytes.baseAddress.map { readlink(path, $0.assumingMemoryBound(to: CChar.self), bytes.count) } ?? -1
        }
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }
}
