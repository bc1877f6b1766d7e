package import Domain
import Foundation
package import Store

/// Changes base data: every change is checked against everything else, its effect counted, and then it is an edition of
/// its own or nothing.
package struct BaseDataService: Sendable {
    package let book: BaseDataBook
    private let clock: any HostClock

    package init(book: BaseDataBook, clock: any HostClock) {
        self.book = book
        self.clock = clock
    }

    /// How an import treats what is there.
    package enum Mode: String, Sendable, CaseIterable {
        /// The file is the whole set.
        case replace
        /// The file's rows take the place of those with the same keys; others stay.
        case merge
    }

    /// What a change would do, or has done.
    package struct Report: Sendable {
        /// What is wrong with it; empty when it can be taken.
        package var findings: [BaseDataError.Finding]
        /// Rows added, changed and removed, by set.
        package var rows: [BaseSet: (added: Int, changed: Int, removed: Int)]
        /// Nil where there are findings.
        package var effect: BaseDataEffect?
        /// What is wrong with the grid as a whole; only where the grid or its areas change.
        package var faults: [GridAudit.Fault]
        /// The editions that it has become; empty for a trial.
        package var editions: [BaseEdition]
    }

    /// Who changes something, and how.
    package struct Order: Sendable {
        package var by: String
        package var note: String?
        /// From when on it holds; nil for at once.
        package var validFrom: WallTime?
        /// Whether nothing is kept.
        package var isTrial: Bool

        package init(by: String, note: String? = nil, validFrom: WallTime? = nil, isTrial: Bool) {
            self.by = by
            self.note = note
            self.validFrom = validFrom
            self.isTrial = isTrial
        }
    }

    /// Takes a file for a set (or, for classes, a whole catalogue with the limits in it).
    ///
    /// - Throws: `StoreError`.
    package func importFile(
        _ set: BaseSet,
        _ bytes: [UInt8],
        mode: Mode,
        datum: GeoDatum = .wgs84,
        order: Order
    ) async throws -> Report {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            return refused(set, "is not UTF-8 text", "save it as UTF-8 (in Excel: CSV UTF-8)")
        }
        let texts: [BaseSet: String]
        do throws(BaseDataError) { texts = try self.texts(of: set, text, mode, datum) } catch {
            return Report(findings: error.findings, rows: [:], effect: nil, faults: [], editions: [])
        }
        return try await change(texts, order, source: set.isGeoJSON ? nil : (set, text))
    }

    /// A row that belongs to a unit outside of what somebody may change.
    package struct ForeignRow: Error, Sendable, Hashable, CustomStringConvertible {
        /// The texts of its columns.
        package var row: [String]
        /// The unit that it names.
        package var unit: String
        /// The unit whose rows, and those below it, may be changed.
        package var right: String

        package var description: String {
            "the row \(row.filter { !$0.isEmpty }.joined(separator: ", ").prefix(200)) belongs to "
                + "\(unit.isEmpty ? "no unit" : unit), which is neither \(right) nor a unit below it"
        }
    }

    /// Puts and deletes single rows.
    ///
    /// - Parameter right: the unit whose own rows, and those of the units below it, may be changed: what a row says
    ///   before and what it says after has to lie there. Nil for all rows.
    /// - Throws: `ForeignRow`; `StoreError`.
    package func edit(
        _ set: BaseSet,
        put: [[String]],
        remove: Set<[String]>,
        order: Order,
        within right: String? = nil
    ) async throws -> Report {
        var table = book.current.table(of: set)
        let put = put.flatMap { Self.canonical($0, set) }
        let remove = Set(remove.flatMap { Self.canonical($0, set) })
        if let right { try check(right, put, remove, in: table) }
        table.remove(keys: remove)
        table.put(put)
        return try await change([set: table.csv], order)
    }

    /// A row, or the key of one, spelled as the table spells it: a rule of several classes or areas is several rows.
    private static func canonical(_ row: [String], _ set: BaseSet) -> [[String]] {
        guard set == .responsibility, row.count > 1 else { return [row] }
        let classes = RowReader.words(row[0])
        let places = RowReader.words(row[1])
        // Without a class it is a mistake, which is told when the table is read.
        guard !classes.isEmpty else { return [row] }
        return classes.flatMap { code in
            (places.isEmpty ? ["*"] : places).map { place in
                [CodePattern(code).description, ResponsibilityRule.Place(place).text] + row.dropFirst(2)
            }
        }
    }

    private func check(_ right: String, _ put: [[String]], _ remove: Set<[String]>, in table: BaseTable) throws {
        let tree = book.current.responsibility.tree
        let touched = remove.union(put.map(table.key))
        for row in table.rows.filter({ touched.contains(table.key(of: $0)) }) + put
        where !Self.isWithin(right, row, table.set, tree) {
            let place = table.set.columns.firstIndex { $0.name == "unit" }
            throw ForeignRow(row: row, unit: place.map { row[$0] } ?? "", right: right)
        }
    }

    /// Whether a row names a unit, and that unit is `right` or lies below it.
    package static func isWithin(_ right: String, _ row: [String], _ set: BaseSet, _ tree: UnitTree) -> Bool {
        guard let place = set.columns.firstIndex(where: { $0.name == "unit" }) else { return false }
        return tree.isWithin(row[place], right)
    }

    /// Makes what held at an instant hold again, as a new edition.
    package func rollBack(_ set: BaseSet, to time: WallTime, order: Order) async throws -> Report {
        let then: BaseData
        do throws(BaseDataError) { then = try book.base(at: time) } catch {
            return Report(findings: error.findings, rows: [:], effect: nil, faults: [], editions: [])
        }
        guard let text = then.text(of: set) else {
            return refused(set, "held nothing then that could be kept", "choose a later time")
        }
        return try await change([set: text], order)
    }

    /// The set's changes as texts, an import's rows merged with what is there.
    private func texts(
        of set: BaseSet,
        _ text: String,
        _ mode: Mode,
        _ datum: GeoDatum
    ) throws(BaseDataError) -> [BaseSet: String] {
        let current = book.current
        switch set {
        case .grid:
            let read = try CellIndex(geoJSON: Data(text.utf8), datum: datum)
            guard mode == .merge, case .loaded(let known) = current.grid else {
                return [.grid: String(decoding: read.geoJSON(), as: UTF8.self)]
            }
            let changed = Dictionary(read.cells.map { ($0.code, $0) }) { first, _ in first }
            let codes = Set(known.cells.map(\.code))
            let cells = known.cells.map { changed[$0.code] ?? $0 } + read.cells.filter { !codes.contains($0.code) }
            return [.grid: String(decoding: CellIndex(cells: cells).geoJSON(), as: UTF8.self)]
        case .classes where Self.isWholeCatalogue(text):
            let catalogue = try Catalogue(csv: text, file: set.fileName)
            let classes = ClassTable.table(of: catalogue.classes)
            let limits = LimitTable.table(of: catalogue.classes)
            guard mode == .merge else { return [.classes: classes.csv, .limits: limits.csv] }
            var allClasses = current.table(of: .classes)
            allClasses.put(classes.rows)
            var allLimits = current.table(of: .limits)
            // A class that comes anew brings all its levels.
            let codes = Set(catalogue.classes.map(\.code))
            let old = allLimits.rows.filter { codes.contains($0[0]) }.map { allLimits.key(of: $0) }
            allLimits.remove(keys: Set(old))
            allLimits.put(limits.rows)
            return [.classes: allClasses.csv, .limits: allLimits.csv]
        case .places where datum != .wgs84:
            let places = try Place.read(text, datum: datum)
            return [.places: merged(BaseTable(.places, rows: places.map(\.row)), mode, current)]
        default:
            return [set: merged(try BaseTable(set, csv: text), mode, current)]
        }
    }

    private func merged(_ table: BaseTable, _ mode: Mode, _ current: BaseData) -> String {
        guard mode == .merge else { return table.csv }
        var all = current.table(of: table.set)
        all.put(table.rows)
        return all.csv
    }

    private static func isWholeCatalogue(_ text: String) -> Bool {
        let header = text.prefix { !$0.isNewline }.split(separator: ",").map { $0.filter { $0.isLetter } }
        return header.contains("limit") && header.contains("level")
    }

    private func refused(_ set: BaseSet, _ problem: String, _ remedy: String) -> Report {
        let finding = BaseDataError.Finding(file: set.fileName, problem: problem, remedy: remedy)
        return Report(findings: [finding], rows: [:], effect: nil, faults: [], editions: [])
    }

    /// A finding at the line of the file that was imported: the text it was found in may have other lines.
    private static func placed(
        _ finding: BaseDataError.Finding,
        _ texts: [BaseSet: String],
        _ source: (set: BaseSet, text: String)?
    ) -> BaseDataError.Finding {
        guard let source, finding.file == source.set.fileName else { return finding }
        guard let line = finding.line, let text = texts[source.set] else { return finding.placed(in: source.text) }
        var scanner = CSVScanner(Array(text.utf8))
        var placed = finding
        placed.line = nil
        while let record = scanner.next() {
            guard record.line == line else { continue }
            placed.line = BaseTable.line(of: record.fields, in: source.text, source.set)
            break
        }
        return placed
    }

    /// - Parameter source: the file that the texts come from.
    private func change(
        _ texts: [BaseSet: String],
        _ order: Order,
        source: (set: BaseSet, text: String)? = nil
    ) async throws -> Report {
        let now = clock.now()
        let time = max(order.validFrom ?? now, now)
        let before: BaseData
        let after: BaseData
        do throws(BaseDataError) {
            for set in texts.keys {
                if case .declared(let file) = book.declared.origins[set] {
                    return refused(set, "the site file names \(file) for this", "change it there")
                }
            }
            before = try book.base(at: time)
            after = try BaseDataBook.base(before, with: texts, at: time)
        } catch {
            let findings = error.findings.map { Self.placed($0, texts, source) }
            return Report(findings: findings, rows: [:], effect: nil, faults: [], editions: [])
        }
        // What didn't fit before is no fault of this change.
        let known = Set(before.contradictions())
        let findings = after.contradictions().filter { !known.contains($0) }.map {
            Self.placed($0, texts, source)
        }
        var report = Report(findings: findings, rows: [:], effect: nil, faults: [], editions: [])
        for set in texts.keys where !set.isGeoJSON {
            report.rows[set] = after.table(of: set).changes(since: before.table(of: set))
        }
        if texts[.grid] != nil || texts[.areas] != nil, case .loaded(let index) = after.grid {
            report.faults = GridAudit(cells: index.cells, areas: after.areas).faults
        }
        guard findings.isEmpty else { return report }
        let effect = BaseDataEffect(from: before, to: after, at: time)
        report.effect = effect
        guard !order.isTrial else { return report }
        report.editions = try await book.add(
            BaseSet.allCases.compactMap { set in texts[set].map { (set, $0, effect.json) } },
            validFrom: time,
            by: order.by,
            note: order.note
        )
        return report
    }
}
