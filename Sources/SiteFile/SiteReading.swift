package import Domain

/// Something of a site file that only others can judge: where it stands and what it says.
package struct SiteReference: Sendable, Hashable {
    package enum Kind: Sendable {
        /// A class of the catalogue.
        case classCode
        /// A payload profile.
        case profile
        /// The path of a file with base data, relative to the site file.
        case baseData
        /// The whole path of a `file:` source.
        case file
    }

    package var kind: Kind
    package var value: String
    /// The path of the field, like `cameras[2].source`.
    package var field: String
    /// From 1.
    package var line: Int
    package var column: Int

    /// What is wrong with it, at its place.
    package func diagnostic(
        _ severity: SiteDiagnostic.Severity,
        _ problem: String,
        remedy: String
    ) -> SiteDiagnostic {
        SiteDiagnostic(
            severity: severity,
            line: line,
            column: column,
            field: field,
            value: String(value.prefix(60)),
            problem: problem,
            remedy: remedy
        )
    }
}

/// A site file as far as it can be read, with everything that was found wrong on the way.
package struct SiteReading: Sendable {
    /// Not to be used while there are errors; nil where not even the YAML can be read.
    package var site: Site?
    /// Mistakes and warnings, in the order of the file.
    package var diagnostics: [SiteDiagnostic]
    /// What is left to judge, good entries and bad ones alike.
    package var references: [SiteReference]
}
