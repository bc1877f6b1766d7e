import Domain
package import Foundation
import Recording
import Store

/// Compares recordings and index, and rebuilds the index from the files (`gridwatch fsck`).
package enum Fsck {
    package struct Report: Sendable, Equatable, CustomStringConvertible {
        /// Segment files found.
        package var files = 0
        /// Rows found.
        package var rows = 0
        /// Paths below `recordings/` with a row and no file.
        package var rowsWithoutFile: [String] = []
        /// Paths with a file and no row.
        package var filesWithoutRow: [String] = []
        /// Paths whose row differs from the file in run, time or length.
        package var differing: [String] = []
        /// Paths of files that are no segment.
        package var unreadable: [String] = []
        /// Holds that were missing in the table and in `holds.journal`.
        package var holdsMissingInTable = 0
        package var holdsMissingInJournal = 0
        /// Rows written by `repair`.
        package var rebuilt = 0

        /// Nothing is wrong (or nothing was left so).
        package var isClean: Bool {
            rowsWithoutFile.isEmpty && filesWithoutRow.isEmpty && differing.isEmpty && holdsMissingInTable == 0
                && holdsMissingInJournal == 0
        }

        package var description: String {
            var lines = ["\(files) segment files, \(rows) rows in the index"]
            for (what, paths) in [
                ("rows without a file", rowsWithoutFile), ("files without a row", filesWithoutRow),
                ("rows that differ from their file", differing), ("files that can't be read", unreadable),
            ] where !paths.isEmpty {
                lines.append("\(paths.count) \(what): \(paths.prefix(5).joined(separator: ", "))")
            }
            if holdsMissingInTable > 0 { lines.append("\(holdsMissingInTable) holds only in holds.journal") }
            if holdsMissingInJournal > 0 { lines.append("\(holdsMissingInJournal) holds only in the database") }
            if rebuilt > 0 { lines.append("\(rebuilt) rows rebuilt from the files") }
            return lines.joined(separator: "\n")
        }
    }

    /// Compares; changes nothing but creating an empty database where there is none. What is still written or not taken
    /// in as closed yet is passed over, so that it may run beside serve.
    package static func check(dataDirectory: URL, node: String = "local") async throws -> Report {
        let database = try Store.Database(directory: dataDirectory)
        defer { try? database.close() }
        return try await check(dataDirectory: dataDirectory, database: database, node: node)
    }

    /// Rebuilds segments, gaps and holds from the files. Don't run it while serve does.
    package static func repair(dataDirectory: URL, node: String = "local") async throws -> Report {
        let database = try Store.Database(directory: dataDirectory)
        defer { try? database.close() }
        let layout = RecordingLayout(dataDirectory: dataDirectory.path)
        var report = try await check(dataDirectory: dataDirectory, database: database, node: node)
        _ = try await HoldKeeper(layout: layout, database: database).reconcile()
        // The journals first: they also hold gaps and states. Then the files whose journal is missing.
        try await IndexRepository(database).clear(node: node)
        var follower = try await IndexFollower(database: database, layout: layout, node: node)
        // Recording's follower looks for what nothing announced only at every tenth look.
        var idle = 0
        while idle < 11 { idle = try await follower.step().more ? 0 : idle + 1 }
        let segments = SegmentRepository(database)
        var rows = Dictionary(uniqueKeysWithValues: try await segments.all(node: node).map { ($0.path, $0) })
        let found = try await files(layout, node: node)
        let wrong = found.rows.filter { rows[$0.path] != $0 }
        try await segments.upsert(wrong)
        for row in found.rows { rows[row.path] = nil }
        try await segments.delete(node: node, paths: Array(rows.keys))
        report.rebuilt = found.rows.count
        return report
    }

    private static func check(dataDirectory: URL, database: Store.Database, node: String) async throws -> Report {
        let layout = RecordingLayout(dataDirectory: dataDirectory.path)
        let found = try await files(layout, node: node)
        let rows = try await SegmentRepository(database).all(node: node)
        let byPath = Dictionary(uniqueKeysWithValues: rows.map { ($0.path, $0) })
        let paths = Set(found.rows.map(\.path))
        var report = Report()
        report.files = found.rows.count + found.unreadable.count
        report.rows = rows.count
        report.unreadable = found.unreadable
        // A segment that grows is always ahead of its row, and a new one may come between the two readings.
        report.rowsWithoutFile = rows.filter(\.closed).map(\.path).filter {
            !paths.contains($0) && !found.unreadable.contains($0)
        }
        report.filesWithoutRow = found.rows.filter(\.closed).map(\.path).filter { byPath[$0] == nil }
        report.differing = found.rows.filter { file in
            guard file.closed, let row = byPath[file.path], row.closed else { return false }
            return row.run != file.run || row.from != file.from || row.to != file.to || row.bytes != file.bytes
        }.map(\.path)
        let holds = Set(try await BlockingWork.shared.run { try HoldsJournal(layout: layout).load() }.map(\.id))
        report.holdsMissingInTable = holds.subtracting(try await HoldRepository(database).ids()).count
        report.holdsMissingInJournal = try await HoldRepository(database).active().filter { !holds.contains($0.id) }
            .count
        return report
    }

    /// What the files say, oldest first for each camera.
    private static func files(
        _ layout: RecordingLayout,
        node: String
    ) async throws -> (rows: [Segment], unreadable: [String]) {
        try await BlockingWork.shared.run {
            let catalogue = RecordingCatalogue(layout: layout)
            var rows: [Segment] = []
            var unreadable: [String] = []
            for camera in try catalogue.cameras() {
                for day in try catalogue.days(camera) {
                    for name in try catalogue.segments(camera, day: day) {
                        let path = layout.relativeSegment(camera, name)
                        // A journal whose file was deleted tells of nothing that is there.
                        guard RecordingFileReader.size(layout.segment(camera, name)) != nil else { continue }
                        let index =
                            try FragmentIndex.journal(cameraId: camera, name: name, layout: layout)
                            ?? FragmentIndex.rebuilt(cameraId: camera, name: name, layout: layout)
                        guard let index else {
                            unreadable.append(path)
                            continue
                        }
                        var row = IndexFollower.row(index, path: path, node: node)
                        // Rebuilt from the file alone there is no line that closes it; nobody writes it any more.
                        if index.closed == nil, RecordingFileReader.size(layout.journal(camera, name)) == nil {
                            row.closed = true
                        }
                        rows.append(row)
                    }
                }
            }
            return (rows, unreadable)
        }
    }
}
