import Crypto
package import Domain
package import Foundation
package import Store

/// The hash chain of a case's log.
///
/// An entry is stored as canonical JSON (keys sorted, slashes plain); its hash is SHA-256 over the hash before it in
/// hex, a line feed and these bytes. Before the first entry stands the case's id, so that no log can stand in for
/// another.
package enum CaseLog {
    /// The entry as it is stored after one with `previous`' hash; nil for the first.
    package static func seal(_ entry: CaseEntry, after previous: String?) throws -> StoredCaseEntry {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text = String(decoding: try encoder.encode(entry), as: UTF8.self)
        return StoredCaseEntry(
            seq: entry.seq,
            entry: text,
            hash: hash(text, after: previous ?? entry.caseId)
        )
    }

    static func hash(_ text: String, after previous: String) -> String {
        var hasher = SHA256()
        hasher.update(data: Data(previous.utf8))
        hasher.update(data: [10])
        hasher.update(data: Data(text.utf8))
        var hex: [UInt8] = []
        hex.reserveCapacity(64)
        for byte in hasher.finalize() {
            hex.append(digits[Int(byte >> 4)])
            hex.append(digits[Int(byte & 15)])
        }
        return String(decoding: hex, as: UTF8.self)
    }

    private static let digits = Array("0123456789abcdef".utf8)

    /// The entry that a stored line holds.
    ///
    /// - Parameter decoder: kept by who reads many.
    package static func decode(
        _ stored: StoredCaseEntry,
        with decoder: JSONDecoder = JSONDecoder()
    ) throws -> CaseEntry {
        try decoder.decode(CaseEntry.self, from: Data(stored.entry.utf8))
    }

    /// Checks the chain and that the log alone gives the stored case.
    package static func verify(_ stored: StoredCase, _ entries: [StoredCaseEntry]) -> CaseLogFinding {
        let decoder = JSONDecoder()
        var previous = stored.value.id
        var decoded: [CaseEntry] = []
        for (index, line) in entries.enumerated() {
            guard line.seq == index + 1, hash(line.entry, after: previous) == line.hash,
                let entry = try? decode(line, with: decoder), entry.seq == line.seq, entry.caseId == stored.value.id
            else { return .broken(seq: index + 1) }
            previous = line.hash
            decoded.append(entry)
        }
        guard entries.count == stored.seq, previous == stored.hash else { return .broken(seq: entries.count + 1) }
        return Case.replay(decoded) == stored.value ? .intact : .differs
    }
}

/// What checking a case's log has found.
package enum CaseLogFinding: Sendable, Hashable {
    /// Every hash is right and the log gives the stored case.
    case intact
    /// The entry of this number was changed, removed or put in.
    case broken(seq: Int)
    /// The log is whole but the stored case is not what it says.
    case differs
}
