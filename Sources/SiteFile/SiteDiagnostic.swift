/// One thing that is wrong (or doubtful) in a site file: where it stands, what it is, what to write instead.
package struct SiteDiagnostic: Sendable, Hashable, CustomStringConvertible {
    package enum Severity: String, Sendable {
        case error, warning
    }

    package var severity: Severity
    /// From 1; 0 when the file can't be read at all.
    package var line: Int
    package var column: Int
    /// The path of the field, like `cameras[2].record.keepDays`.
    package var field: String
    /// What stands there, shortened, with passwords taken out.
    package var value: String?
    package var problem: String
    package var remedy: String

    package init(
        severity: Severity,
        line: Int,
        column: Int,
        field: String,
        value: String?,
        problem: String,
        remedy: String
    ) {
        self.severity = severity
        self.line = line
        self.column = column
        self.field = field
        self.value = value
        self.problem = problem
        self.remedy = remedy
    }

    /// `12:7: error: cameras[2].record.keepDays: "abc" is not a whole number; write days, like 30`.
    package var description: String {
        let shown = value.map { "\"\($0)\" " } ?? ""
        let place = field.isEmpty ? "" : "\(field): "
        return "\(line):\(column): \(severity.rawValue): \(place)\(shown)\(problem); \(remedy)"
    }
}

/// The site file can't be used: every mistake found in it.
package struct SiteFileError: Error, Sendable, CustomStringConvertible {
    package var file: String
    package var diagnostics: [SiteDiagnostic]

    package init(file: String, diagnostics: [SiteDiagnostic]) {
        self.file = file
        self.diagnostics = diagnostics
    }

    package var description: String {
        diagnostics.map { "\(file):\($0)" }.joined(separator: "\n")
    }
}
