import Domain
internal import Yams

/// Collects what is wrong while a file is read, so that one run names every mistake.
final class DiagnosticCollector {
    private(set) var diagnostics: [SiteDiagnostic] = []
    private(set) var references: [SiteReference] = []

    func refer(_ kind: SiteReference.Kind, to value: String, at mark: Mark?, field: String) {
        references.append(
            SiteReference(kind: kind, value: value, field: field, line: mark?.line ?? 1, column: mark?.column ?? 1)
        )
    }

    func add(
        _ severity: SiteDiagnostic.Severity,
        at mark: Mark?,
        field: String,
        value: String?,
        problem: String,
        remedy: String
    ) {
        diagnostics.append(
            SiteDiagnostic(
                severity: severity,
                line: mark?.line ?? 1,
                column: mark?.column ?? 1,
                field: field,
                value: value.map { String($0.prefix(60)) },
                problem: problem,
                remedy: remedy
            )
        )
    }
}

/// A mapping of the file that remembers which of its keys were read: what is left over is a mistake.
final class FieldReader {
    let path: String
    let mark: Mark?
    private let mapping: Node.Mapping
    private var read: Set<String> = []
    private let collector: DiagnosticCollector
    /// What `${NAME}` stands for; nil where texts mean what they say.
    private let environment: [String: String]?

    init?(_ node: Node, path: String, collector: DiagnosticCollector, environment: [String: String]?) {
        guard case .mapping(let mapping) = node else {
            collector.add(
                .error,
                at: node.mark,
                field: path,
                value: node.scalar?.string,
                problem: "is not a mapping",
                remedy: "write `key: value` lines below it"
            )
            return nil
        }
        self.path = path
        self.mapping = mapping
        self.collector = collector
        self.environment = environment
        mark = mapping.mark
        var seen: Set<String> = []
        for (key, _) in mapping where !seen.insert(key.string ?? "").inserted {
            collector.add(
                .error,
                at: key.mark,
                field: join(key.string ?? "?"),
                value: nil,
                problem: "stands here twice",
                remedy: "keep one of the two"
            )
        }
    }

    /// Reports the keys that nobody asked for.
    func finish() {
        for (key, _) in mapping {
            let name = key.string ?? "?"
            guard !read.contains(name) else { continue }
            let known = read.sorted().joined(separator: ", ")
            collector.add(
                .error,
                at: key.mark,
                field: join(name),
                value: nil,
                problem: "is not a known key",
                remedy: "known here: \(known)"
            )
        }
    }

    func join(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    func node(_ key: String) -> Node? {
        read.insert(key)
        guard let node = mapping[key] else { return nil }
        if case .scalar(let scalar) = node, scalar.style == .plain, ["", "~", "null"].contains(scalar.string) {
            return nil
        }
        return node
    }

    /// A problem with one of this mapping's fields.
    func fail(_ key: String, _ value: String?, _ problem: String, _ remedy: String) {
        collector.add(
            .error,
            at: mapping[key]?.mark ?? mark,
            field: join(key),
            value: value,
            problem: problem,
            remedy: remedy
        )
    }

    /// A problem at another place than one of this mapping's keys.
    func fail(at mark: Mark?, field: String, value: String, _ problem: String, _ remedy: String) {
        collector.add(.error, at: mark, field: field, value: value, problem: problem, remedy: remedy)
    }

    /// Leaves the value of a key to those who can judge it.
    func refer(_ kind: SiteReference.Kind, to value: String, _ key: String) {
        collector.refer(kind, to: value, at: mapping[key]?.mark ?? mark, field: join(key))
    }

    /// Leaves something at another place than one of this mapping's keys to those who can judge it.
    func refer(_ kind: SiteReference.Kind, to value: String, at mark: Mark?, field: String) {
        collector.refer(kind, to: value, at: mark, field: field)
    }

    func warn(_ key: String, _ value: String?, _ problem: String, _ remedy: String) {
        collector.add(
            .warning,
            at: mapping[key]?.mark ?? mark,
            field: join(key),
            value: value,
            problem: problem,
            remedy: remedy
        )
    }

    func mapping(_ key: String) -> FieldReader? {
        guard let node = node(key) else { return nil }
        return FieldReader(node, path: join(key), collector: collector, environment: environment)
    }

    /// The mappings of a list; nil elements have been reported.
    func list(_ key: String) -> [FieldReader] {
        nodes(key).enumerated().compactMap {
            FieldReader($1, path: "\(join(key))[\($0)]", collector: collector, environment: environment)
        }
    }

    func nodes(_ key: String) -> [Node] {
        guard let node = node(key) else { return [] }
        guard case .sequence(let sequence) = node else {
            fail(key, node.scalar?.string, "is not a list", "write one `- …` entry a line below it")
            return []
        }
        return Array(sequence)
    }

    /// The pairs of a mapping whose keys are free.
    func pairs(_ key: String) -> [(key: Node, value: Node)] {
        guard let node = node(key) else { return [] }
        guard case .mapping(let mapping) = node else {
            fail(key, node.scalar?.string, "is not a mapping", "write `key: value` lines below it")
            return []
        }
        return mapping.map { ($0.key, $0.value) }
    }

    /// The pairs of a mapping whose keys are free and whose values are mappings; those that aren't have been reported.
    func mappings(_ key: String) -> [(key: Node, reader: FieldReader)] {
        pairs(key).compactMap { name, value in
            let path = "\(join(key)).\(name.string ?? "?")"
            let reader = FieldReader(value, path: path, collector: collector, environment: environment)
            return reader.map { (name, $0) }
        }
    }

    /// A text with `${NAME}` replaced from the environment; nil when absent or wrong (then reported).
    func text(_ key: String, required: Bool = false, secret: Bool = false) -> String? {
        guard let node = node(key) else {
            if required { fail(key, nil, "is missing", "add `\(key): …`") }
            return nil
        }
        guard case .scalar(let scalar) = node else {
            fail(key, nil, "is not a text", "write one value after the colon")
            return nil
        }
        guard let text = expand(scalar.string, key: key, secret: secret) else { return nil }
        guard !(required || key == "name") || text.contains(where: { !$0.isWhitespace }) else {
            let remedy = required ? "write a value after the colon" : "write a name, or take the line out"
            fail(key, text, "is empty", remedy)
            return nil
        }
        return text
    }

    /// The name of a payload profile.
    func profile(_ key: String) -> String? {
        guard let name = text(key, required: true) else { return nil }
        refer(.profile, to: name, key)
        return name
    }

    /// The path of a file with base data.
    func baseData(_ key: String) -> String? {
        guard let path = text(key) else { return nil }
        refer(.baseData, to: path, key)
        return path
    }

    /// One text, or a list of texts; nil when absent.
    func texts(_ key: String) -> [String]? {
        guard let node = node(key) else { return nil }
        if case .scalar = node { return text(key).map { [$0] } }
        guard case .sequence(let sequence) = node else {
            fail(key, nil, "is neither a text nor a list of texts", "write `\(key): [a, b]`")
            return nil
        }
        return sequence.compactMap { item in
            guard case .scalar(let scalar) = item else {
                fail(key, nil, "holds something that is not a text", "write `\(key): [a, b]`")
                return nil
            }
            return expand(scalar.string, key: key, secret: false)
        }
    }

    /// Whether a scalar was written without quotes.
    func isPlain(_ key: String) -> Bool {
        if case .scalar(let scalar)? = mapping[key] { return scalar.style == .plain || scalar.style == .any }
        return false
    }

    func number(_ key: String, in range: ClosedRange<Double>, required: Bool = false) -> Double? {
        guard let text = text(key, required: required) else { return nil }
        guard let value = Double(text), value.isFinite else {
            fail(
                key,
                text,
                "is not a number",
                "write a number from \(brief(range.lowerBound)) to \(brief(range.upperBound))"
            )
            return nil
        }
        guard range.contains(value) else {
            fail(
                key,
                text,
                "is out of range",
                "write a number from \(brief(range.lowerBound)) to \(brief(range.upperBound))"
            )
            return nil
        }
        return value
    }

    func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
        guard let text = text(key) else { return nil }
        guard let value = Int(text), range.contains(value) else {
            fail(
                key,
                text,
                "is not a whole number in range",
                "write a whole number from \(range.lowerBound) to \(range.upperBound)"
            )
            return nil
        }
        return value
    }

    func flag(_ key: String) -> Bool? {
        guard let text = text(key) else { return nil }
        switch text {
        case "true": return true
        case "false": return false
        default:
            fail(key, text, "is neither true nor false", "write true or false")
            return nil
        }
    }

    /// A duration like `500ms`, `60s`, `5m`, `2h` or `1d`, in seconds.
    func seconds(_ key: String, in range: ClosedRange<Double>) -> Double? {
        guard let text = text(key) else { return nil }
        guard let value = Self.seconds(of: text) else {
            fail(key, text, "is not a duration", "write a number with a unit, like 500ms, 60s, 5m, 2h or 1d")
            return nil
        }
        guard range.contains(value) else {
            fail(key, text, "is out of range", "write from \(brief(range.lowerBound))s to \(brief(range.upperBound))s")
            return nil
        }
        return value
    }

    /// A size like `500MB`, `20GB` or `2TB` (powers of 1,000) or `MiB`, `GiB`, `TiB`, in bytes.
    func bytes(_ key: String) -> Int64? {
        guard let text = text(key) else { return nil }
        let units: [(String, Double)] = [
            ("TiB", 1_099_511_627_776), ("GiB", 1_073_741_824), ("MiB", 1_048_576), ("TB", 1e12), ("GB", 1e9),
            ("MB", 1e6),
        ]
        for (unit, factor) in units where text.hasSuffix(unit) {
            let digits = text.dropLast(unit.count).trimmingSpaces()
            if let value = Double(digits), value >= 0, value * factor < 9e18 { return Int64(value * factor) }
        }
        fail(key, text, "is not a size", "write a number with a unit, like 500MB, 20GB or 2TB")
        return nil
    }

    /// One of a fixed set of words.
    func choice<Value: RawRepresentable & CaseIterable>(_ key: String, required: Bool = false) -> Value?
    where Value.RawValue == String {
        guard let text = text(key, required: required) else { return nil }
        guard let value = Value(rawValue: text) else {
            fail(key, text, "is not known", "write one of: \(Value.allCases.map(\.rawValue).joined(separator: ", "))")
            return nil
        }
        return value
    }

    /// An id that people choose.
    func slug(_ key: String) -> String? {
        guard let text = text(key, required: true) else { return nil }
        guard Slug.isValid(text) else {
            fail(
                key,
                text,
                "can't be an id",
                "use 1 to \(Slug.maximumLength) letters (a-z), digits, '-', '_' or '.', starting with a letter or digit"
            )
            return nil
        }
        return text
    }

    /// A class code, which YAML would turn into a number if it weren't quoted.
    func classCode(_ key: String) -> String? {
        guard let code = text(key) else { return nil }
        if isPlain(key), code.allSatisfy(\.isNumber) {
            warn(key, code, "is not quoted: YAML readers take it for a number", "write \"\(code)\"")
        }
        guard !code.isEmpty, code.utf8.count <= 20 else {
            fail(key, code, "can't be a class code", "write a code of the catalogue in quotes, like \"09009\"")
            return nil
        }
        refer(.classCode, to: code, key)
        return code
    }

    func position(_ key: String) -> GeoPoint? {
        guard let reader = mapping(key) else { return nil }
        defer { reader.finish() }
        // Both are read before either is judged: each mistake is named, and neither key is taken for an unknown one.
        let lat = reader.number("lat", in: -90...90, required: true)
        let lon = reader.number("lon", in: -180...180, required: true)
        guard let lat, let lon else { return nil }
        return GeoPoint(lat: lat, lon: lon)
    }

    private func expand(_ text: String, key: String, secret: Bool) -> String? {
        guard let environment else { return text }
        var result = ""
        var rest = text[...]
        while let start = rest.range(of: "${") {
            result += rest[..<start.lowerBound]
            guard let end = rest[start.upperBound...].firstIndex(of: "}") else {
                fail(key, secret ? nil : text, "has a `${` without `}`", "write ${NAME}")
                return nil
            }
            let name = String(rest[start.upperBound..<end])
            guard let value = environment[name] else {
                if name.hasPrefix("secret:") {
                    let secret = String(name.dropFirst(7))
                    fail(
                        key,
                        "${\(name)}",
                        "is not in the secret store",
                        "keep it there: gridwatch secret set \(SecretStore.isName(secret) ? secret : "NAME") --data DIR"
                    )
                    return nil
                }
                fail(key, "${\(name)}", "is not set in the environment", "set \(name) before starting gridwatch")
                return nil
            }
            result += value
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }

    private func brief(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
    }

    static func seconds(of text: String) -> Double? {
        let units: [(String, Double)] = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)]
        for (unit, factor) in units where text.hasSuffix(unit) {
            guard let value = Double(text.dropLast(unit.count)), value.isFinite, value >= 0 else { return nil }
            return value * factor
        }
        return nil
    }
}

extension StringProtocol {
    /// The first occurrence of a literal text.
    fileprivate func range(of literal: String) -> Range<Index>? {
        var at = startIndex
        while at < endIndex {
            if self[at...].hasPrefix(literal) { return at..<index(at, offsetBy: literal.count) }
            at = index(after: at)
        }
        return nil
    }

    fileprivate func trimmingSpaces() -> String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
