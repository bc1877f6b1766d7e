import Cases
import Domain
import Store

/// Base data as the API shows it.
enum BaseView {
    static func set(_ set: BaseSet, _ book: BaseDataBook) -> JSONValue {
        let base = book.current
        let origin = base.origins[set] ?? .builtIn
        let (kind, file): (String, String?) =
            switch origin {
            case .builtIn: ("builtIn", nil)
            case .declared(let file): ("declared", file)
            case .edition: ("edition", nil)
            }
        let known = book.editions.first { $0.set == set.rawValue && $0.number == origin.edition }
        return [
            "set": .string(set.rawValue), "origin": .string(kind), "file": JSONValue(file),
            "edition": JSONValue(origin.edition), "validFrom": JSONValue(known?.validFrom),
            "editable": .bool(kind != "declared" && book.isEditable),
            "count": JSONValue(set == .grid ? base.grid.codes.count : base.table(of: set).rows.count),
            "columns": .array(set.columns.map(column)),
        ]
    }

    private static func column(_ column: BaseSet.Column) -> JSONValue {
        let (kind, choices): (String, [String]) =
            switch column.kind {
            case .text: ("text", [])
            case .choice(let words): ("choice", words)
            case .number: ("number", [])
            case .date: ("date", [])
            case .flag: ("flag", [])
            }
        return [
            "name": .string(column.name), "kind": .string(kind), "choices": .array(choices.map { .string($0) }),
            "required": .bool(column.isRequired), "key": .bool(column.isKey),
        ]
    }

    static func edition(_ edition: BaseEdition) -> JSONValue {
        [
            "set": .string(edition.set), "number": JSONValue(edition.number), "validFrom": JSONValue(edition.validFrom),
            "recordedAt": JSONValue(edition.recordedAt), "by": .string(edition.by), "note": JSONValue(edition.note),
            "effect": JSONValue(parsing: Array(edition.summary.utf8)) ?? .null, "hash": .string(edition.hash),
        ]
    }

    static func finding(_ finding: BaseDataError.Finding) -> JSONValue {
        [
            "file": .string(finding.file), "line": JSONValue(finding.line), "column": JSONValue(finding.column),
            "value": JSONValue(finding.value), "problem": .string(finding.problem), "remedy": .string(finding.remedy),
        ]
    }

    static func report(_ report: BaseDataService.Report) -> JSONValue {
        var rows: [String: JSONValue] = [:]
        for (set, counts) in report.rows {
            rows[set.rawValue] = [
                "added": JSONValue(counts.added), "changed": JSONValue(counts.changed),
                "removed": JSONValue(counts.removed),
            ]
        }
        return [
            "findings": .array(report.findings.map(finding)), "rows": .object(rows),
            "effect": report.effect.map(effect) ?? .null, "faults": .array(report.faults.map(fault)),
            "editions": .array(report.editions.map(edition)),
        ]
    }

    private static func effect(_ effect: BaseDataEffect) -> JSONValue {
        [
            "addedClasses": JSONValue(effect.addedClasses.count),
            "removedClasses": JSONValue(effect.removedClasses.count),
            "classesDueOtherwise": JSONValue(effect.classesDueOtherwise),
            "classesAlarmedOtherwise": JSONValue(effect.classesAlarmedOtherwise),
            "deadlines": .array(
                effect.deadlines.map {
                    [
                        "class": .string($0.code), "level": JSONValue($0.level), "before": JSONValue($0.before),
                        "after": JSONValue($0.after),
                    ]
                }
            ),
            "reassigned": JSONValue(effect.reassigned), "unclearBefore": JSONValue(effect.unclearBefore),
            "unclearAfter": JSONValue(effect.unclearAfter), "addedCells": JSONValue(effect.addedCells),
            "removedCells": JSONValue(effect.removedCells),
            "units": .array(
                effect.units.map {
                    ["unit": .string($0.id), "gained": JSONValue($0.gained), "lost": JSONValue($0.lost)]
                }
            ),
        ]
    }

    static func fault(_ fault: GridAudit.Fault) -> JSONValue {
        [
            "kind": .string(fault.kind.rawValue), "cells": .array(fault.cells.map { .string($0) }),
            "areaM2": JSONValue(fault.area), "at": JSONValue(fault.at),
            "outline": .array(fault.outline.map { JSONValue($0) }), "detail": JSONValue(fault.detail),
        ]
    }

    static func area(_ area: Area) -> JSONValue {
        [
            "id": .string(area.id), "kind": .string(area.kind.rawValue), "name": .string(area.name),
            "nameEn": .string(area.nameEn), "parent": JSONValue(area.parent),
        ]
    }

    static func answer(_ answer: Responsibility.Answer, _ responsibility: Responsibility) -> JSONValue {
        switch answer {
        case .unit(let id, let rule):
            [
                "unit": .string(id), "unitName": JSONValue(responsibility[id]?.name), "unclear": nil,
                "basis": JSONValue(rule.flatMap { responsibility.rules[$0].basis }),
                "byCatalogue": .bool(rule == nil),
            ]
        case .unclear(let reason):
            ["unit": nil, "unitName": nil, "unclear": .string(reason.rawValue), "basis": nil, "byCatalogue": false]
        }
    }

    static func part(_ part: Part) -> JSONValue {
        [
            "code": .string(part.code), "class": .string(part.classCode), "name": JSONValue(part.name),
            "owner": JSONValue(part.owner), "maintainer": JSONValue(part.maintainer),
            "state": .string(part.state.rawValue), "position": JSONValue(part.position), "cell": JSONValue(part.cell),
            "since": JSONValue(part.since), "note": JSONValue(part.note),
        ]
    }
}
