package import Domain
import GRDB

/// Which cases of the list are asked for; nil means any.
package struct CaseFilter: Sendable, Equatable {
    package var state: CaseState?
    package var classCode: String?
    package var unit: String?
    /// Of any of these units.
    package var units: [String]?
    /// Of any of these units, or with one of them taking part or checking.
    package var parties: [String]?
    /// In any of these cells.
    package var cells: Cells?
    package var channel: String?
    package var holder: CaseHolder?
    package var open: Bool?
    /// Open ones by the end of their limit.
    package var due: Due?
    /// Only cases with a position in it.
    package var box: Box?
    /// Text in number, address or description.
    package var query: String?

    package init(
        state: CaseState? = nil,
        classCode: String? = nil,
        unit: String? = nil,
        units: [String]? = nil,
        cells: Cells? = nil,
        open: Bool? = nil,
        query: String? = nil
    ) {
        self.state = state
        self.classCode = classCode
        self.unit = unit
        self.units = units
        self.cells = cells
        self.open = open
        self.query = query
    }

    /// Cells by their codes, and by beginnings of codes.
    package struct Cells: Sendable, Equatable {
        package var whole: [String]
        package var beginnings: [String]

        package init(whole: [String], beginnings: [String]) {
            self.whole = whole
            self.beginnings = beginnings
        }
    }

    /// When limits end: from the first instant on, before the second; nil for any.
    package struct Due: Sendable, Equatable {
        package var from: WallTime?
        package var to: WallTime

        package init(from: WallTime?, to: WallTime) {
            self.from = from
            self.to = to
        }
    }

    /// A part of the map, in degrees.
    package struct Box: Sendable, Equatable {
        package var lat: ClosedRange<Double>
        package var lon: ClosedRange<Double>

        package init(lat: ClosedRange<Double>, lon: ClosedRange<Double>) {
            self.lat = lat
            self.lon = lon
        }
    }
}

extension CaseFilter {
    /// The filter, but for its text, as conditions of SQL and what their names stand for.
    ///
    /// - Parameter withUnits: whether `units` and `parties` are among them.
    func conditions(withUnits: Bool = true) -> (texts: [String], arguments: StatementArguments) {
        var texts = ["1"]
        var arguments: StatementArguments = [:]
        func require(_ condition: String, _ name: String, _ value: (any DatabaseValueConvertible)?) {
            guard let value else { return }
            texts.append(condition)
            arguments += [name: value]
        }
        require("state = :state", "state", state?.rawValue)
        require("class = :class", "class", classCode)
        require("unit = :unit", "unit", unit)
        require("unit IN (SELECT value FROM json_each(:units))", "units", withUnits ? units.map(Self.json) : nil)
        require(
            """
            (unit IN (SELECT value FROM json_each(:parties))
                OR caseFile.id IN (SELECT caseId FROM caseParty WHERE unit IN (SELECT value FROM json_each(:parties))))
            """,
            "parties",
            withUnits ? parties.map(Self.json) : nil
        )
        if let cells {
            var choices = ["cell IN (SELECT value FROM json_each(:cells))"]
            arguments += ["cells": Self.json(cells.whole)]
            for (index, beginning) in cells.beginnings.enumerated() {
                // ':' comes after '9'.
                choices.append("(cell >= :cell\(index) AND cell < :cell\(index) || ':')")
                arguments += ["cell\(index)": beginning]
            }
            texts.append("(" + choices.joined(separator: " OR ") + ")")
        }
        require("channel = :channel", "channel", channel)
        require("holder = :holder", "holder", holder?.text)
        // A literal, so that SQLite can use the index of the open ones.
        if let open { texts.append("isOpen = \(open ? 1 : 0)") }
        if let due {
            texts.append("isOpen = 1 AND dueAt < :dueTo")
            arguments += ["dueTo": due.to.microseconds]
            require("dueAt >= :dueFrom", "dueFrom", due.from?.microseconds)
        }
        if let box {
            texts.append("lat BETWEEN :south AND :north AND lon BETWEEN :west AND :east")
            arguments += [
                "south": box.lat.lowerBound, "north": box.lat.upperBound, "west": box.lon.lowerBound,
                "east": box.lon.upperBound,
            ]
        }
        return (texts, arguments)
    }

    /// Ids and codes hold nothing that JSON would have to escape.
    static func json(_ codes: [String]) -> String {
        "[" + codes.map { "\"" + $0.filter { $0 != "\"" && $0 != "\\" } + "\"" }.joined(separator: ",") + "]"
    }
}
