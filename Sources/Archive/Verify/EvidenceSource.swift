import Foundation
import Recording

/// The files of an export, in a folder or inside a ZIP. Every call blocks.
enum EvidenceSource {
    case folder(String)
    case archive(ZipReader)

    /// Names of all files, with `/` between folders.
    func names() throws -> [String] {
        switch self {
        case .archive(let zip): return zip.entries.map(\.name)
        case .folder(let root):
            let files = SystemFiles()
            var found: [String] = []
            var folders = [""]
            while let folder = folders.popLast() {
                for name in try files.list(root + "/" + folder) {
                    let path = folder + name
                    var isFolder: ObjCBool = false
                    guard FileManager.default.fileExists(atPath: "\(root)/\(path)", isDirectory: &isFolder) else {
                        continue
                    }
                    if isFolder.boolValue { folders.append(path + "/") } else { found.append(path) }
                }
            }
            return found.sorted()
        }
    }

    /// The length in bytes; nil where there is no such file.
    func size(_ name: String) -> Int? {
        switch self {
        case .archive(let zip): zip.entries.first { $0.name == name }?.bytes
        case .folder(let root): Self.isInside(name) ? RecordingFileReader.size("\(root)/\(name)") : nil
        }
    }

    /// Up to `count` bytes; fewer at the end of the file.
    func read(_ name: String, offset: Int, count: Int) throws -> [UInt8] {
        switch self {
        case .archive(let zip):
            guard let entry = zip.entries.first(where: { $0.name == name }) else { return [] }
            let wanted = max(0, min(count, entry.bytes - offset))
            return try RecordingFileReader.read(zip.path, offset: entry.offset + offset, count: wanted)
        case .folder(let root):
            guard Self.isInside(name) else { return [] }
            return try RecordingFileReader.read("\(root)/\(name)", offset: offset, count: count)
        }
    }

    /// A manifest must not lead out of its folder.
    private static func isInside(_ name: String) -> Bool {
        !name.hasPrefix("/") && !name.split(separator: "/").contains("..")
    }
}
