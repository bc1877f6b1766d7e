import Domain
package import Foundation
package import Recording
import Store

/// Proves that recordings and index are what they should be, and rebuilds the index from the files (`gridwatch fsck`).
///
/// Each row has its bytes, each file its row, hashes chain within a segment and into the next, times are ordered, no two
/// runs overlap, companions have their segment, and the table of holds is what `holds.journal` says.
package enum Fsck {
    /// A file that was written to so lately may still be written: capture may run beside a check and beside a repair.
    private static let written = Duration.seconds(120)

    /// Compares; changes nothing but creating an empty database where there is none. What is still written or not taken
    /// in as closed yet is passed over, so that it may run beside serve.
    ///
    /// - Parameter depth: whether every byte is read and hashed, or journals and sizes are compared.
    package static func check(
        dataDirectory: URL,
        node: String = "local",
        depth: SegmentAudit.Depth = .journals
    ) async throws -> Report {
        let database = try Store.Database(directory: dataDirectory)
        defer { try? database.close() }
        return try await check(RecordingLayout(dataDirectory: dataDirectory.path), database, node, depth).report
    }

    /// Rebuilds segments, gaps and holds from the files alone, closes what nobody closed, and checks again. Don't run it
    /// while serve does; capture may go on recording.
    package static func repair(
        dataDirectory: URL,
        node: String = "local",
        depth: SegmentAudit.Depth = .journals
    ) async throws -> Report {
        let database = try Store.Database(directory: dataDirectory)
        defer { try? database.close() }
        let layout = RecordingLayout(dataDirectory: dataDirectory.path)
        // The holds first: whatever happens next, they are known again.
        _ = try await HoldKeeper(layout: layout, database: database).reconcile()
        let closed = try await closeUnfinished(layout)
        let removed = try await removeOrphans(layout)
        try await rebuild(layout, database, node)
        var report = try await check(layout, database, node, depth).report
        report.closed = closed
        report.removedOrphans = removed
        report.rebuilt = report.rows
        return report
    }

    // MARK: - Check

    private static func check(
        _ layout: RecordingLayout,
        _ database: Store.Database,
        _ node: String,
        _ depth: SegmentAudit.Depth
    ) async throws -> (report: Report, rows: [Segment]) {
        // Rows before files: what comes meanwhile has a file and no row that is looked for.
        let rows = try await SegmentRepository(database).all(node: node)
        let found = try await files(layout, node: node, depth)
        var report = found.report
        report.rows = rows.count
        compare(rows, found.rows, &report)
        let closedSince = report.filesWithoutRow
        if !closedSince.isEmpty {
            // Closed between the two readings: asked again.
            let known = Set(try await SegmentRepository(database).all(node: node).map(\.path))
            report.filesWithoutRow = closedSince.filter { !known.contains($0) }
        }
        try await compareHolds(layout, database, &report)
        report.wrongSums = try await UsageRepository(database).wrongSums(node: node)
        return (report, found.rows)
    }

    private static func compare(_ rows: [Segment], _ files: [Segment], _ report: inout Report) {
        let byPath = Dictionary(rows.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
        let paths = Set(files.map(\.path)).union(report.unreadable)
        let away = report.unreachableVolumes.map { "@\($0)/" }
        // A segment that grows is always ahead of its row, and a new one may come between the two readings.
        report.rowsWithoutFile = rows.filter(\.closed).map(\.path).filter { path in
            !paths.contains(path) && !away.contains { path.hasPrefix($0) }
        }
        report.filesWithoutRow = files.filter(\.closed).map(\.path).filter { byPath[$0] == nil }
        report.differing = files.filter { file in
            guard file.closed, let row = byPath[file.path], row.closed else { return false }
            return row.run != file.run || row.from != file.from || row.to != file.to || row.bytes != file.bytes
        }.map(\.path)
    }

    private static func compareHolds(
        _ layout: RecordingLayout,
        _ database: Store.Database,
        _ report: inout Report
    ) async throws {
        let records = try await BlockingWork.shared.run { try HoldsJournal(layout: layout).load() }
        let repository = HoldRepository(database)
        report.holds = records.count
        var journalled: Set<String> = []
        for record in records {
            journalled.insert(record.id)
            guard let row = try await repository.find(record.id) else {
                report.holdsMissingInTable += 1
                continue
            }
            if HoldKeeper.record(row) != record { report.holdsDiffering += 1 }
        }
        report.holdsMissingInJournal = try await repository.ids().subtracting(journalled).count
    }

    /// What the files say, oldest first for each camera.
    private static func files(
        _ layout: RecordingLayout,
        node: String,
        _ depth: SegmentAudit.Depth
    ) async throws -> (rows: [Segment], report: Report) {
        try await BlockingWork.shared.run {
            let catalogue = RecordingCatalogue(layout: layout)
            let audit = RecordingAudit(layout: layout)
            var report = Report()
            var rows: [Segment] = []
            report.volumes = try catalogue.reachableVolumes().count
            report.unreachableVolumes = try catalogue.unreachableVolumes()
            for camera in try catalogue.cameras() {
                report.cameras += 1
                let findings = try audit.check(
                    cameraId: camera,
                    depth,
                    isWritten: { isWritten(camera, $0, layout) },
                    onSegment: { segment in
                        let path = layout.relativeSegment(camera, segment.name)
                        guard RecordingFileReader.size(layout.segment(camera, segment.name)) != nil else { return }
                        report.files += 1
                        guard let index = segment.index else {
                            if !isWritten(camera, segment.name, layout) { report.unreadable.append(path) }
                            return
                        }
                        report.fragments += index.fragments.count
                        var row = IndexFollower.row(index, path: path, node: node)
                        // Without a journal there is no line that closes it; nobody writes it any more.
                        if index.closed == nil, RecordingFileReader.size(layout.journal(camera, segment.name)) == nil {
                            row.closed = true
                        }
                        report.bytes += row.bytes
                        // One without a picture has no time of its own: nothing of it is in the index.
                        if !(row.closed && row.fragments == 0) { rows.append(row) }
                    }
                )
                // A journal without its segment is told with the orphans.
                report.findings += findings.filter { $0.kind != .missingFile && $0.kind != .unreadable }
                report.orphans += try orphans(camera, layout, catalogue)
            }
            return (rows, report)
        }
    }

    private static func isWritten(_ camera: String, _ name: SegmentName, _ layout: RecordingLayout) -> Bool {
        let files = SystemFiles()
        let times = [files.modified(layout.segment(camera, name)), files.modified(layout.journal(camera, name))]
        guard let changed = times.compactMap(\.self).max() else { return false }
        return SystemClock().now() - WallTime(microseconds: changed / 1000) < written
    }

    /// Companions whose segment is gone, as when a deletion was cut off.
    private static func orphans(
        _ camera: String,
        _ layout: RecordingLayout,
        _ catalogue: RecordingCatalogue
    ) throws -> [String] {
        var found: [String] = []
        for volume in try catalogue.reachableVolumes() {
            for day in try catalogue.days(camera, volume: volume) {
                let folder = layout.dayFolder(camera, day: day, volume: volume)
                let names = Set(try SystemFiles().list(folder))
                for file in names.sorted() {
                    guard let suffix = RecordingLayout.companionSuffixes.first(where: file.hasSuffix),
                        let name = SegmentName(String(file.dropLast(suffix.count)), volume: volume),
                        !names.contains(name.text + ".mp4"), !isWritten(camera, name, layout)
                    else { continue }
                    let path = layout.relativeSegment(camera, name)
                    found.append(path.dropLast(4) + suffix)
                }
            }
        }
        return found
    }

    // MARK: - Repair

    /// Closes every segment that nobody closed and nobody writes, as capture would at its start; a lost journal is
    /// written anew from the file.
    private static func closeUnfinished(_ layout: RecordingLayout) async throws -> Int {
        try await BlockingWork.shared.run {
            let catalogue = RecordingCatalogue(layout: layout)
            let recovery = SegmentRecovery(layout: layout)
            var count = 0
            for camera in try catalogue.cameras() {
                for day in try catalogue.days(camera) {
                    for name in try catalogue.segments(camera, day: day) {
                        guard RecordingFileReader.size(layout.segment(camera, name)) != nil else { continue }
                        let index = try FragmentIndex.journal(cameraId: camera, name: name, layout: layout)
                        if let index, index.closed != nil, index.isConsistent { continue }
                        guard index == nil || !isWritten(camera, name, layout) else { continue }
                        if try recovery.close(camera, name) != nil { count += 1 }
                    }
                }
            }
            return count
        }
    }

    private static func removeOrphans(_ layout: RecordingLayout) async throws -> Int {
        try await BlockingWork.shared.run {
            let catalogue = RecordingCatalogue(layout: layout)
            var count = 0
            for camera in try catalogue.cameras() {
                for path in try orphans(camera, layout, catalogue) {
                    try SystemFiles().remove("\(layout.root)/\(path)")
                    count += 1
                }
            }
            return count
        }
    }

    /// Fills the index anew. Rows on volumes that are away stay: nobody can tell them again.
    private static func rebuild(_ layout: RecordingLayout, _ database: Store.Database, _ node: String) async throws {
        let away = try await BlockingWork.shared.run { try RecordingCatalogue(layout: layout).unreachableVolumes() }
        // The journals first: they also hold gaps and states. Then what the files say.
        try await IndexRepository(database).clear(node: node, keepingVolumes: away)
        var follower = try await IndexFollower(database: database, layout: layout, node: node)
        // Recording's follower looks for what nothing announced only at every tenth look.
        var idle = 0
        while idle < 11 { idle = try await follower.step().more ? 0 : idle + 1 }
        let segments = SegmentRepository(database)
        var rows = Dictionary(
            try await segments.all(node: node).map { ($0.path, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        let found = try await files(layout, node: node, .journals)
        try await segments.upsert(found.rows.filter { rows[$0.path] != $0 })
        for row in found.rows { rows[row.path] = nil }
        let prefixes = away.map { "@\($0)/" }
        try await segments.delete(
            node: node,
            paths: rows.keys.filter { path in !prefixes.contains { path.hasPrefix($0) } }
        )
    }
}
