package import Domain
package import Store
import Synchronization

/// The register of parts: imports, changes, and the nearest part of a class from an index in memory.
package final class PartService: Sendable {
    package let repository: PartRepository
    private let book: BaseDataBook
    private let clock: any HostClock
    /// By class; nil until it is first asked for, and after each change.
    private let indexes = Mutex<[String: ClassIndex]?>(nil)

    private struct ClassIndex: Sendable {
        var codes: [String]
        var near: NearIndex
    }

    package init(repository: PartRepository, book: BaseDataBook, clock: any HostClock) {
        self.repository = repository
        self.book = book
        self.clock = clock
    }

    /// What an import would do, or has done.
    package struct Report: Sendable {
        package var content: PartFile.Content
        package var counts: (added: Int, changed: Int, same: Int)
        /// By class code.
        package var byClass: [String: Int]
    }

    /// Takes a file of parts: all of it, or with any mistake nothing.
    package func importFile(_ bytes: [UInt8], datum: GeoDatum, isTrial: Bool, by who: String) async throws -> Report {
        var content = PartFile.read(bytes, datum: datum, base: book.current)
        let byClass = Dictionary(grouping: content.parts, by: \.classCode).mapValues(\.count)
        guard content.mistakes == 0 else {
            content.parts = []
            return Report(content: content, counts: (0, 0, 0), byClass: byClass)
        }
        let counts = try await repository.put(content.parts, by: who, at: clock.now(), isTrial: isTrial)
        if !isTrial { indexes.withLock { $0 = nil } }
        content.parts = []
        return Report(content: content, counts: counts, byClass: byClass)
    }

    /// Changes one part; its cell follows from its position.
    ///
    /// - Throws: `BaseDataError` when it isn't what a part may be.
    package func put(_ part: Part, by who: String) async throws {
        let base = book.current
        var findings: [BaseDataError.Finding] = []
        func wrong(_ column: String, _ value: String, _ problem: String, _ remedy: String) {
            findings.append(.init(file: "parts", column: column, value: value, problem: problem, remedy: remedy))
        }
        if Part.classCode(of: part.code) == nil {
            wrong("code", part.code, "is no code of 16 or 17 digits", "correct it")
        }
        if base.catalogue[part.classCode]?.kind != .part {
            wrong("class", part.classCode, "is no class of parts", "choose one")
        }
        if !part.position.isValid { wrong("position", "", "is not on the globe", "correct it") }
        if let since = part.since, LocalDay.parse(since) == nil {
            wrong("since", since, "is no day", "write 2026-11-23")
        }
        guard findings.isEmpty else { throw BaseDataError(findings: findings) }
        var part = part
        part.cell = base.grid.cell(at: part.position)
        _ = try await repository.put([part], by: who, at: clock.now(), isTrial: false)
        indexes.withLock { $0 = nil }
    }

    /// The nearest parts of a class (nil: of any), the nearest first.
    package func nearest(
        to point: GeoPoint,
        classCode: String?,
        most: Int,
        within metres: Double
    ) async throws -> [(code: String, metres: Double)] {
        let all = try await index()
        let asked = classCode.map { code in all[code].map { [$0] } ?? [] } ?? Array(all.values)
        return Array(
            asked.flatMap { index in
                index.near.nearest(to: point, most: most, within: metres).map { (index.codes[$0.index], $0.metres) }
            }.sorted { $0.1 < $1.1 }.prefix(most)
        ).map { (code: $0.0, metres: $0.1) }
    }

    private func index() async throws -> [String: ClassIndex] {
        if let known = indexes.withLock({ $0 }) { return known }
        let built = Dictionary(grouping: try await repository.positions()) { $0.classCode }.mapValues { parts in
            ClassIndex(codes: parts.map(\.code), near: NearIndex(parts.map(\.point)))
        }
        indexes.withLock { $0 = built }
        return built
    }
}
