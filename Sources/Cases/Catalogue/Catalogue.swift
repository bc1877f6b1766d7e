package import Domain

/// The classes that cases may have, by code, of all code systems together.
package struct Catalogue: Sendable {
    package let systems: [CodeSystem]
    /// In the order of the file.
    package let classes: [CaseClass]
    private let byCode: [String: Int]

    /// - Parameter classes: with codes that differ.
    init(classes: [CaseClass], systems: [CodeSystem] = []) {
        self.classes = classes
        self.systems = systems
        byCode = Dictionary(classes.indices.map { (classes[$0].code, $0) }) { first, _ in first }
    }

    /// Classes with the levels that another table gives them; one without any is left out.
    init(classes: [CaseClass], limits: [String: [CaseClass.Level]], systems: [CodeSystem]) {
        let complete = classes.compactMap { entry -> CaseClass? in
            guard let levels = limits[entry.code], !levels.isEmpty else { return nil }
            var entry = entry
            entry.levels = levels
            return entry
        }
        self.init(classes: complete, systems: systems)
    }

    package subscript(_ code: String) -> CaseClass? {
        byCode[code].map { classes[$0] }
    }

    /// Where a class stands in `classes`.
    package func index(of code: String) -> Int? { byCode[code] }

    /// Whether a class's system is in force on a local day; one that no system is known of always is.
    package func isValid(_ entry: CaseClass, on day: Int64) -> Bool {
        systems.first { $0.id == entry.system }?.isValid(on: day) ?? true
    }

    /// What a centre has that loads no catalogue of its own.
    ///
    /// Codes, names and limits are facts that cities have published; the wording of the conditions is ours. A class of
    /// the newer system has the limits of its counterpart in the older one, else the general limit of four work hours,
    /// and says so (`basis`).
    package static let builtIn: Catalogue = {
        let systems = (try? CodeSystem.read(BuiltInData.text(.systems))) ?? []
        let classes = (try? ClassTable.read(BuiltInData.text(.classes))) ?? []
        let limits = (try? LimitTable.read(BuiltInData.text(.limits))) ?? [:]
        return Catalogue(classes: classes, limits: limits, systems: systems)
    }()
}
