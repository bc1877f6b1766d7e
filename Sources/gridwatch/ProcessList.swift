import Foundation

/// The processes of this machine, as `/proc` tells.
enum ProcessList {
    struct Entry: Sendable {
        var id: Int32
        /// The program's path and its arguments; empty for a process that has ended.
        var arguments: [String]
    }

    static func all() -> [Entry] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }.map { Entry(id: $0, arguments: arguments(of: $0)) }
    }

    static func arguments(of id: Int32) -> [String] {
        let bytes = FileManager.default.contents(atPath: "/proc/\(id)/cmdline") ?? Data()
        return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }
}
