package import Domain

/// Which unit answers for a class in a cell: always exactly one.
///
/// Units claim classes and cells by code or by prefix with `*`. The claim that decides is the one with the longest
/// class pattern, and among those the one with the longest cell pattern; two claims with the same patterns are a
/// mistake of the file, so nothing is left to chance. Then comes the class's own unit in the catalogue, then the
/// claim of every class (`*`) without cells, then the first unit of the list.
package struct Responsibility: Sendable {
    struct Claim: Sendable {
        var classPattern: Pattern
        var cellPattern: Pattern
        var unit: String
    }

    /// A code, or the beginning of one.
    struct Pattern: Sendable, Hashable {
        var text: String
        var isPrefix: Bool

        static let all = Pattern(text: "", isPrefix: true)

        /// Reads `E-05-06`, `E-05*` or `*`.
        init(_ text: some StringProtocol) {
            isPrefix = text.hasSuffix("*")
            self.text = isPrefix ? String(text.dropLast()) : String(text)
        }

        init(text: String, isPrefix: Bool) {
            self.text = text
            self.isPrefix = isPrefix
        }

        func matches(_ code: String) -> Bool {
            isPrefix ? code.hasPrefix(text) : code == text
        }

        /// Longer is more particular; the whole code beats a prefix of the same length.
        var rank: Int { text.utf8.count * 2 + (isPrefix ? 0 : 1) }
    }

    /// In the order of the file, never empty.
    package let units: [CaseUnit]
    private let byId: [String: Int]
    /// The most particular first.
    private let claims: [Claim]
    private let everything: String?

    init(units: [CaseUnit], claims: [Claim]) {
        self.units = units
        byId = Dictionary(units.indices.map { (units[$0].id, $0) }) { first, _ in first }
        func isEverything(_ claim: Claim) -> Bool { claim.classPattern == .all && claim.cellPattern == .all }
        everything = claims.first(where: isEverything)?.unit
        self.claims = claims.filter { !isEverything($0) }.sorted {
            ($0.classPattern.rank, $0.cellPattern.rank) > ($1.classPattern.rank, $1.cellPattern.rank)
        }
    }

    package subscript(_ id: String) -> CaseUnit? { byId[id].map { units[$0] } }

    /// The id of the unit responsible; nil only where there is no unit at all.
    package func unit(for entry: CaseClass, cell: String?) -> String? {
        let claim = claims.first { claim in
            guard claim.classPattern.matches(entry.code) else { return false }
            return cell.map(claim.cellPattern.matches) ?? (claim.cellPattern == .all)
        }
        if let claim { return claim.unit }
        if let own = entry.unit, byId[own] != nil { return own }
        return everything ?? units.first?.id
    }
}

extension Responsibility {
    /// The units of a centre that loads none; which of them is responsible stands in the built-in catalogue.
    package static let builtIn = Responsibility(
        units: [
            CaseUnit(id: "enforcement", name: "城管执法中队", nameEn: "Urban Enforcement Squadron"),
            CaseUnit(id: "municipal", name: "市政养护处", nameEn: "Municipal Works"),
            CaseUnit(id: "sanitation", name: "环卫所", nameEn: "Sanitation Office"),
            CaseUnit(id: "parks", name: "园林处", nameEn: "Parks Office"),
            CaseUnit(id: "water", name: "供水公司", nameEn: "Water Company"),
            CaseUnit(id: "drainage", name: "排水处", nameEn: "Drainage Office"),
            CaseUnit(id: "lighting", name: "路灯管理处", nameEn: "Street Lighting Office"),
            CaseUnit(id: "gas", name: "燃气公司", nameEn: "Gas Company"),
        ],
        claims: []
    )
}
