import Foundation
import GRDB

/// The `content` column of a reading: a number for `["value": x]`, else JSON with its names sorted, so that equal
/// values are equal bytes.
enum ReadingContent {
    static func encode(_ values: [String: Double]) -> DatabaseValue {
        if values.count == 1, let value = values["value"] { return value.databaseValue }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Values are finite: what is not was rejected at the door. Nothing else can fail in encoding them.
        let json = (try? encoder.encode(values)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
        return json.databaseValue
    }

    static func decode(_ content: DatabaseValue) -> [String: Double] {
        if let value = Double.fromDatabaseValue(content) { return ["value": value] }
        guard
            let json = String.fromDatabaseValue(content),
            let values = try? JSONDecoder().decode([String: Double].self, from: Data(json.utf8))
        else { return [:] }
        return values
    }
}
