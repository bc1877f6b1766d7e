/// Base data that can't be taken: every mistake, none of the data.
package struct BaseDataError: Error, Sendable, CustomStringConvertible {
    /// One mistake in a file.
    package struct Finding: Sendable, Hashable, CustomStringConvertible {
        /// `catalogue.csv`, or the path given.
        package var file: String
        /// From 1; nil where the format has no lines that mean anything.
        package var line: Int?
        /// The column's or property's name, or `feature 3 (code 3212…)`.
        package var column: String?
        /// What stands there, cut to 60 characters.
        package var value: String?
        /// What is wrong.
        package var problem: String
        /// What to do.
        package var remedy: String

        package init(
            file: String,
            line: Int? = nil,
            column: String? = nil,
            value: String? = nil,
            problem: String,
            remedy: String
        ) {
            self.file = file
            self.line = line
            self.column = column
            self.value = value.map { String($0.prefix(60)) }
            self.problem = problem
            self.remedy = remedy
        }

        package var description: String {
            var text = file
            if let line { text += ":\(line)" }
            if let column { text += ": \(column)" }
            if let value { text += " \"\(value)\"" }
            return text + ": \(problem); \(remedy)"
        }
    }

    /// In the order of the file, at most 200; never empty.
    package var findings: [Finding]

    package init(findings: [Finding]) {
        self.findings = Array(findings.prefix(200))
    }

    package var description: String { findings.map(\.description).joined(separator: "\n") }
}
