package import Domain

/// Parts as CSV, read row by row: `code,class,name,owner,maintainer,state,lat,lon,cell,since,note`.
package enum PartFile {
    package static let columns = [
        "code", "class", "name", "owner", "maintainer", "state", "lat", "lon", "cell", "since", "note",
    ]

    /// What a file holds.
    package struct Content: Sendable {
        package var parts: [Part]
        /// Mistakes, at most 200; with any, nothing is to be taken.
        package var findings: [BaseDataError.Finding]
        /// All mistakes.
        package var mistakes: Int
        /// Parts outside every cell of the grid.
        package var outside: Int
        /// Parts whose file names another cell than the grid does.
        package var moved: Int
    }

    /// Reads all rows.
    ///
    /// - Parameters:
    ///   - datum: what the file's numbers are in.
    ///   - base: the classes and the grid.
    package static func read(
        _ bytes: [UInt8],
        file: String = "parts.csv",
        datum: GeoDatum = .wgs84,
        base: BaseData
    ) -> Content {
        var content = Content(parts: [], findings: [], mistakes: 0, outside: 0, moved: 0)
        var scanner = CSVScanner(bytes)
        guard let header = scanner.next() else {
            content.note(
                file,
                1,
                nil,
                nil,
                "the file is empty",
                "begin it with the line \(columns.joined(separator: ","))"
            )
            return content
        }
        let places = columns.map { header.fields.firstIndex(of: $0) }
        for name in header.fields where !columns.contains(name) {
            content.note(file, 1, name, nil, "unknown column", "use only \(columns.joined(separator: ","))")
        }
        for name in ["code", "lat", "lon"] where !header.fields.contains(name) {
            content.note(file, 1, name, nil, "column is missing", "add it")
        }
        if Set(header.fields).count < header.fields.count {
            content.note(file, 1, nil, nil, "a column stands twice", "keep one")
        }
        guard content.mistakes == 0 else { return content }
        var lines: [String: Int] = [:]
        while let record = scanner.next() {
            guard record.fields.count <= header.fields.count else {
                content.note(
                    file,
                    record.line,
                    nil,
                    nil,
                    "more fields than the header",
                    "put fields with commas in quotes"
                )
                continue
            }
            func field(_ index: Int) -> String? {
                guard let place = places[index], place < record.fields.count, !record.fields[place].isEmpty else {
                    return nil
                }
                return record.fields[place]
            }
            func wrong(_ column: String, _ value: String?, _ problem: String, _ remedy: String) {
                content.note(file, record.line, column, value, problem, remedy)
            }
            guard let code = field(0), let ownClass = Part.classCode(of: code) else {
                wrong("code", field(0), "is no code of 16 or 17 digits", "write county, class and serial")
                continue
            }
            if let line = lines.updateValue(record.line, forKey: code) {
                wrong("code", code, "stands on line \(line) already", "give each part a code of its own")
                continue
            }
            let classCode = field(1) ?? ownClass
            guard base.catalogue[classCode]?.kind == .part else {
                wrong("class", classCode, "is no class of parts", "use one of the catalogue")
                continue
            }
            guard let lat = field(6).flatMap(Double.init), let lon = field(7).flatMap(Double.init),
                GeoPoint(lat: lat, lon: lon).isValid
            else {
                wrong("lat", field(6), "with lon \(field(7) ?? "") is no position", "write degrees")
                continue
            }
            guard let state = field(5).map({ Part.State(rawValue: $0) }) ?? .intact else {
                let known = Part.State.allCases.map(\.rawValue).joined(separator: ", ")
                wrong("state", field(5), "is no state of a part", "use one of \(known)")
                continue
            }
            if let since = field(9), LocalDay.parse(since) == nil {
                wrong("since", since, "is no day", "write it like 2026-11-23")
                continue
            }
            let point = DatumPoint(lat: lat, lon: lon, datum: datum).point
            let cell = base.grid.cell(at: point)
            if cell == nil { content.outside += 1 }
            if let named = field(8), named != cell { content.moved += 1 }
            content.parts.append(
                Part(
                    code: code,
                    classCode: classCode,
                    name: field(2),
                    owner: field(3),
                    maintainer: field(4),
                    state: state,
                    position: point,
                    cell: cell,
                    since: field(9),
                    note: field(10)
                )
            )
        }
        if let line = scanner.unclosedSince {
            content.note(file, line, nil, nil, "a quote is never closed", "close it, or double it")
        }
        return content
    }

    /// Parts as CSV; reading it gives the same parts.
    package static func write(_ parts: some Sequence<Part>) -> String {
        CSVText.write(
            header: columns,
            rows: parts.map {
                [
                    $0.code, $0.classCode, $0.name ?? "", $0.owner ?? "", $0.maintainer ?? "", $0.state.rawValue,
                    String($0.position.lat), String($0.position.lon), $0.cell ?? "", $0.since ?? "", $0.note ?? "",
                ]
            }
        )
    }
}

extension PartFile.Content {
    fileprivate mutating func note(
        _ file: String,
        _ line: Int,
        _ column: String?,
        _ value: String?,
        _ problem: String,
        _ remedy: String
    ) {
        mistakes += 1
        guard findings.count < 200 else { return }
        findings.append(.init(file: file, line: line, column: column, value: value, problem: problem, remedy: remedy))
    }
}
