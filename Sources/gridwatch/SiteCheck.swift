import Cases
import Domain
import Foundation
import SiteFile

/// What a site file names elsewhere, judged along with the file itself, so that one run tells every mistake of both.
struct SiteCheck {
    /// nil while there are mistakes in it.
    let base: BaseData?
    /// Of the file and of what it names, in the order of the file.
    private(set) var diagnostics: [SiteDiagnostic]

    /// - Parameter folder: where the site file lies.
    init(_ reading: SiteReading, folder: URL) {
        diagnostics = reading.diagnostics
        guard let site = reading.site else {
            base = nil
            return
        }
        // A zone that is none has been reported already.
        let zone = TimeZone(identifier: site.timeZone) == nil ? "Asia/Shanghai" : site.timeZone
        let catalogue: Catalogue?
        do throws(BaseDataError) {
            let whole = try BaseData(settings: site.cases, timeZone: zone, folder: folder)
            base = whole
            catalogue = whole.catalogue
            // Such a site starts: what names nothing counts for nothing.
            diagnostics += whole.contradictionsOfDeclared(in: folder).map {
                Self.diagnostic($0, .warning, reading.references)
            }
        } catch {
            base = nil
            diagnostics += error.findings.map { Self.diagnostic($0, .error, reading.references) }
            // A mistake in the grid or the units doesn't hide one in the classes.
            let classes = CaseSettings(catalogue: site.cases.catalogue)
            catalogue = (try? BaseData(settings: classes, timeZone: zone, folder: folder))?.catalogue
        }
        let profiles = Set(PayloadProfile.builtIn.keys).union(site.profiles.map(\.name))
        for reference in reading.references {
            if let found = Self.judge(reference, catalogue, profiles) { diagnostics.append(found) }
        }
        diagnostics.sort { ($0.line, $0.column) < ($1.line, $1.column) }
    }

    var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

    /// A mistake in a file of base data, at the line of the site file that names it.
    private static func diagnostic(
        _ finding: BaseDataError.Finding,
        _ severity: SiteDiagnostic.Severity,
        _ references: [SiteReference]
    ) -> SiteDiagnostic {
        var place = finding.line.map { "line \($0): " } ?? ""
        if let column = finding.column { place += "\(column): " }
        if let value = finding.value { place += "\"\(value)\" " }
        let problem = place + finding.problem
        let named = references.first { $0.kind == .baseData && $0.value == finding.file }
        return named?.diagnostic(severity, problem, remedy: finding.remedy)
            ?? SiteDiagnostic(
                severity: severity,
                line: 1,
                column: 1,
                field: "cases",
                value: finding.file,
                problem: problem,
                remedy: finding.remedy
            )
    }

    private static func judge(
        _ reference: SiteReference,
        _ catalogue: Catalogue?,
        _ profiles: Set<String>
    ) -> SiteDiagnostic? {
        switch reference.kind {
        case .classCode:
            guard let catalogue, catalogue[reference.value] == nil else { return nil }
            return reference.diagnostic(
                .warning,
                "is not a class of the catalogue: alarms of it are only recorded",
                remedy: "write a code of the catalogue, like \"09009\", or add it there"
            )
        case .profile:
            guard !profiles.contains(reference.value) else { return nil }
            return reference.diagnostic(
                .warning,
                "is not a known profile: only the default payloads are understood",
                remedy: "known are: \(profiles.sorted().joined(separator: ", "))"
            )
        case .file:
            let path = reference.value.removingPercentEncoding ?? reference.value
            guard !FileManager.default.isReadableFile(atPath: path) else { return nil }
            let isMissing = !FileManager.default.fileExists(atPath: path)
            return reference.diagnostic(
                .warning,
                isMissing ? "there is no such file" : "the file can't be read",
                remedy: isMissing ? "check the path" : "check its permissions"
            )
        case .baseData:
            return nil
        }
    }
}
