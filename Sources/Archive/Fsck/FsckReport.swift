import Domain
package import Recording

extension Fsck {
    /// What was found. Paths are below `recordings/`.
    package struct Report: Sendable, Equatable {
        /// Segment files found.
        package var files = 0
        package var fragments = 0
        package var bytes: Int64 = 0
        package var cameras = 0
        /// Volumes looked at, and those that could not be: what lies there is neither missed nor proved.
        package var volumes = 0
        package var unreachableVolumes: [String] = []
        /// Rows found.
        package var rows = 0
        package var rowsWithoutFile: [String] = []
        package var filesWithoutRow: [String] = []
        /// Whose row differs from the file in run, time or length.
        package var differing: [String] = []
        /// Files that are no segment.
        package var unreadable: [String] = []
        /// Journals and activity grids whose segment is gone.
        package var orphans: [String] = []
        /// What is wrong within segments and between them.
        package var findings: [AuditFinding] = []
        package var holds = 0
        package var holdsMissingInTable = 0
        package var holdsMissingInJournal = 0
        /// Holds of which table and `holds.journal` say different things.
        package var holdsDiffering = 0
        /// Sums of bytes that the index keeps beside its rows and that are not theirs.
        package var wrongSums = 0
        /// Rows written by `repair`.
        package var rebuilt = 0
        /// Segments that `repair` closed, and orphans that it removed.
        package var closed = 0
        package var removedOrphans = 0

        /// What failures have done and the recordings themselves admit.
        package var admitted: [AuditFinding] { findings.filter(\.kind.isAdmitted) }
        package var faults: [AuditFinding] { findings.filter { !$0.kind.isAdmitted } }

        /// Nothing is wrong (or nothing was left so).
        package var isClean: Bool {
            rowsWithoutFile.isEmpty && filesWithoutRow.isEmpty && differing.isEmpty && orphans.isEmpty
                && faults.isEmpty && unreadable.isEmpty && holdsMissingInTable == 0 && holdsMissingInJournal == 0
                && holdsDiffering == 0 && wrongSums == 0
        }
    }
}

extension Fsck.Report: CustomStringConvertible {
    package var description: String {
        var lines = [
            "\(volumes) volumes, \(cameras) cameras, \(files) segment files (\(bytes) bytes, \(fragments) fragments), "
                + "\(rows) rows in the index, \(holds) holds"
        ]
        if !unreachableVolumes.isEmpty {
            lines.append("not reachable and not looked at: \(unreachableVolumes.joined(separator: ", "))")
        }
        for (what, paths) in [
            ("rows without a file", rowsWithoutFile), ("files without a row", filesWithoutRow),
            ("rows that differ from their file", differing), ("files that can't be read", unreadable),
            ("journals and grids without their segment", orphans),
        ] where !paths.isEmpty {
            lines.append("\(paths.count) \(what): \(paths.prefix(5).joined(separator: ", "))")
        }
        for (kind, found) in Dictionary(grouping: findings, by: \.kind).sorted(by: { $0.key.rawValue < $1.key.rawValue }
        ) {
            let places = found.prefix(5).map { finding in
                finding.path + (finding.offset.map { " at byte \($0)" } ?? "")
                    + (finding.at.map { " (\($0.rfc3339))" } ?? "")
            }
            let note = kind.isAdmitted ? " (left by a failure, and noted as such)" : ""
            lines.append("\(found.count) × \(kind.rawValue)\(note): \(places.joined(separator: ", "))")
        }
        if holdsMissingInTable > 0 { lines.append("\(holdsMissingInTable) holds only in holds.journal") }
        if holdsMissingInJournal > 0 { lines.append("\(holdsMissingInJournal) holds only in the database") }
        if holdsDiffering > 0 { lines.append("\(holdsDiffering) holds that differ from holds.journal") }
        if wrongSums > 0 { lines.append("\(wrongSums) sums of bytes that are not those of their rows") }
        if closed > 0 { lines.append("\(closed) unfinished segments closed") }
        if removedOrphans > 0 { lines.append("\(removedOrphans) journals and grids without a segment removed") }
        if rebuilt > 0 { lines.append("\(rebuilt) rows rebuilt from the files") }
        lines.append(isClean ? "all is well" : "not everything is as it should be")
        return lines.joined(separator: "\n")
    }
}
