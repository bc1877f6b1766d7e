import Domain
package import Foundation

/// What doesn't fit together among the sets, each of which can be read.
extension BaseData {
    package func contradictions() -> [BaseDataError.Finding] {
        // One line may make several rules with the same mistake.
        var seen: Set<BaseDataError.Finding> = []
        return (catalogueFindings() + mappingFindings() + placeFindings() + ruleFindings() + policyFindings())
            .filter { seen.insert($0).inserted }
    }

    /// What doesn't fit in the sets that a site file names, by file and line.
    ///
    /// - Parameter folder: where the site file lies.
    package func contradictionsOfDeclared(in folder: URL) -> [BaseDataError.Finding] {
        var texts: [String: String] = [:]
        let sets = Dictionary(BaseSet.allCases.map { ($0.fileName, $0) }) { first, _ in first }
        return contradictions().compactMap { found in
            guard let set = sets[found.file], case .declared(let file)? = origins[set] else { return nil }
            if texts[file] == nil { texts[file] = (try? Self.text(file, in: folder)) ?? "" }
            var placed = set.isGeoJSON ? found : found.placed(in: texts[file] ?? "")
            placed.file = file
            return placed
        }
    }

    private func catalogueFindings() -> [BaseDataError.Finding] {
        var findings: [BaseDataError.Finding] = []
        let known = Set(listedClasses.map(\.code))
        let systems = Set(catalogue.systems.map(\.id))
        for entry in listedClasses where catalogue[entry.code] == nil {
            findings.append(
                finding(.limits, entry.code, "class \(entry.code) \(entry.name) has no limit", "add a line for its end")
            )
        }
        for entry in listedClasses where !entry.system.isEmpty && !systems.contains(entry.system) {
            findings.append(
                finding(.classes, entry.system, "class \(entry.code) is of an unknown system", "add it to the systems")
            )
        }
        for entry in listedClasses {
            guard let unit = entry.unit, responsibility[unit] == nil else { continue }
            findings.append(
                finding(
                    .classes,
                    unit,
                    "class \(entry.code) names a unit that doesn't exist",
                    "add the unit, or leave it empty"
                )
            )
        }
        for entry in listedClasses {
            guard let flow = entry.flow, flows[flow] == nil else { continue }
            findings.append(
                finding(
                    .classes,
                    flow,
                    "class \(entry.code) names a flow template that doesn't exist",
                    "add the template, or leave it empty"
                )
            )
        }
        for code in limitCodes.subtracting(known).sorted() {
            findings.append(
                finding(.limits, code, "limits of a class that doesn't exist", "add the class, or delete them")
            )
        }
        for (code, levels) in scores.sorted(by: { $0.key < $1.key }) {
            guard let entry = catalogue[code] else {
                findings.append(
                    finding(.scores, code, "scores a class that doesn't exist", "add the class, or delete it")
                )
                continue
            }
            for level in levels.keys.sorted() where !entry.levels.contains(where: { $0.level == level }) {
                findings.append(
                    finding(
                        .scores,
                        "\(code) \(level)",
                        "scores a level that the class hasn't",
                        "use one of its levels"
                    )
                )
            }
        }
        return findings
    }

    private func mappingFindings() -> [BaseDataError.Finding] {
        let known = Set(listedClasses.map(\.code))
        return mapping.pairs.flatMap { pair in
            [pair.from, pair.to].compactMap { $0 }.filter { !known.contains($0) }.map {
                finding(.mapping, $0, "maps a class that doesn't exist", "add the class, or delete the line")
            }
        }
    }

    private func placeFindings() -> [BaseDataError.Finding] {
        guard case .loaded(let index) = grid else { return [] }
        var findings: [BaseDataError.Finding] = []
        let codes = Set(index.cells.map(\.code))
        for area in areas.areas {
            for pattern in area.cells where !pattern.isPrefix && !codes.contains(pattern.text) {
                findings.append(
                    finding(
                        .areas,
                        pattern.text,
                        "area \(area.id) names a cell that the grid hasn't",
                        "correct the code"
                    )
                )
            }
        }
        return findings
    }

    private func ruleFindings() -> [BaseDataError.Finding] {
        var findings: [BaseDataError.Finding] = []
        for rule in rules {
            if responsibility[rule.unit] == nil {
                findings.append(
                    finding(
                        .responsibility,
                        rule.unit,
                        "names a unit that doesn't exist",
                        "add the unit, or correct it"
                    )
                )
            }
            if case .area(let id) = rule.place, areas[id] == nil {
                findings.append(
                    finding(.responsibility, id, "names an area that doesn't exist", "add the area, or correct it")
                )
            }
            let isCode = !rule.classes.isPrefix && !listedClasses.contains { $0.code == rule.classes.text }
            if isCode {
                findings.append(
                    finding(.responsibility, rule.classes.text, "names a class that doesn't exist", "correct the code")
                )
            }
        }
        return findings
    }

    private func policyFindings() -> [BaseDataError.Finding] {
        let known = listedClasses.map(\.code)
        return policyRules.rules.map(\.classes).filter { pattern in !known.contains(where: pattern.matches) }.map {
            finding(.policies, $0.description, "no class has such a code", "correct the code")
        }
    }

    private func finding(_ set: BaseSet, _ value: String, _ problem: String, _ remedy: String) -> BaseDataError.Finding
    {
        .init(file: set.fileName, value: value, problem: problem, remedy: remedy)
    }
}

extension BaseDataError.Finding {
    /// With the first line of a CSV text on which its value stands.
    func placed(in text: String) -> Self {
        guard line == nil, let value else { return self }
        var scanner = CSVScanner(Array(text.utf8))
        let header = scanner.next()?.fields ?? []
        while let record = scanner.next() {
            let isKey = record.fields.prefix(2).joined(separator: " ") == value
            let place = record.fields.firstIndex { $0 == value || RowReader.words($0).contains(value) }
            guard let place = place ?? (isKey ? 0 : nil) else { continue }
            var placed = self
            placed.line = record.line
            placed.column = place < header.count ? header[place] : column
            return placed
        }
        return self
    }
}
