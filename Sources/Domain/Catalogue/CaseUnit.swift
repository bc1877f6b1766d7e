/// A unit that handles cases (处置单位), or a part of one: a node of the city's tree of organisations.
package struct CaseUnit: Sendable, Hashable, Codable {
    /// What a node of the tree is.
    package enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        /// 指挥中心 or 监督中心, of the city or a district.
        case centre
        /// 专业部门.
        case department
        case street, community
        /// 作业公司, 养护单位.
        case contractor
        case team, person
    }

    /// A slug.
    package var id: String
    package var name: String
    package var nameEn: String
    package var kind: Kind
    /// The unit above; nil for a root.
    package var parent: String?

    package init(id: String, name: String, nameEn: String, kind: Kind = .department, parent: String? = nil) {
        self.id = id
        self.name = name
        self.nameEn = nameEn
        self.kind = kind
        self.parent = parent
    }
}
