package import Domain

/// The classes that cases may have, by code.
package struct Catalogue: Sendable {
    /// In the order of the file.
    package let classes: [CaseClass]
    private let byCode: [String: Int]

    /// - Parameter classes: with codes that differ.
    init(classes: [CaseClass]) {
        self.classes = classes
        byCode = Dictionary(classes.indices.map { (classes[$0].code, $0) }) { first, _ in first }
    }

    package subscript(_ code: String) -> CaseClass? {
        byCode[code].map { classes[$0] }
    }
}
