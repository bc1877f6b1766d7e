/// Reads the records of a CSV text (RFC 4180) one after the other, so that a large file needs no second copy in memory.
struct CSVScanner {
    struct Record {
        /// The line it begins on, from 1.
        var line: Int
        var fields: [String]
    }

    private let bytes: [UInt8]
    private var at: Int
    private var line = 1
    /// The line of a quote that is never closed; known once the end is reached.
    private(set) var unclosedSince: Int?

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        at = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    /// The next record that isn't blank; nil at the end.
    mutating func next() -> Record? {
        while at < bytes.count {
            let record = record()
            if record.fields.contains(where: { !$0.isEmpty }) { return record }
        }
        return nil
    }

    private mutating func record() -> Record {
        let start = line
        var fields: [String] = []
        var field: [UInt8] = []
        var wasQuoted = false
        var quotedSince: Int?

        func endField() {
            let value = String(decoding: field, as: UTF8.self)
            fields.append(wasQuoted ? value : Self.trimmed(value))
            field.removeAll(keepingCapacity: true)
            wasQuoted = false
        }
        while at < bytes.count {
            let byte = bytes[at]
            at += 1
            if byte == 10 { line += 1 }
            if quotedSince != nil {
                if byte != 34 {
                    field.append(byte)
                } else if at < bytes.count, bytes[at] == 34 {
                    field.append(34)
                    at += 1
                } else {
                    quotedSince = nil
                }
                continue
            }
            switch byte {
            case 34 where field.allSatisfy({ $0 == 32 }):
                field = []
                quotedSince = line
                wasQuoted = true
            case 44: endField()
            case 13 where at < bytes.count && bytes[at] == 10: break
            case 10:
                endField()
                return Record(line: start, fields: fields)
            default: field.append(byte)
            }
        }
        if quotedSince != nil { unclosedSince = quotedSince }
        endField()
        return Record(line: start, fields: fields)
    }

    private static func trimmed(_ text: String) -> String {
        var slice = text[...]
        while slice.first?.isWhitespace == true { slice.removeFirst() }
        while slice.last?.isWhitespace == true { slice.removeLast() }
        return String(slice)
    }
}
