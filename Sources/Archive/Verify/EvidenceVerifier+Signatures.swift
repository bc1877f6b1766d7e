import Domain
import Foundation
import Recording
import Store

/// What was signed, and the audit log, as they lie beside recordings.
extension EvidenceVerifier {
    /// Reads what was signed of all cameras and checks what no segment will: lines that can't be read, those of the audit
    /// log and of cameras that are not there any more.
    ///
    /// - Returns: the heads by camera and segment, in the order in which they were signed, and the audit log's last one.
    mutating func readSignatures(
        _ layout: RecordingLayout,
        _ keys: [String: PublicKey],
        cameras: Set<String>
    ) -> (heads: [String: [String: [SignedHead]]], audit: SignedAuditHead?) {
        let files = SignatureFiles(layout: layout)
        var heads: [String: [String: [SignedHead]]] = [:]
        var audit: SignedAuditHead?
        for day in (try? files.days()) ?? [] {
            let name = "signatures/\(day).jsonl"
            let lines: [ArraySlice<UInt8>]
            do {
                lines = try files.lines(day: day)
            } catch {
                report.find(.signature, name, "it can't be read: \(error)")
                continue
            }
            for (index, line) in lines.enumerated() where !line.isEmpty {
                if let head = SignedHead(line: line) {
                    heads[head.cameraId, default: [:]][head.segment, default: []].append(head)
                    if !cameras.contains(head.cameraId) { checkAlone(head, name, keys) }
                } else if let found = SignedAuditHead(line: line) {
                    checkAlone(found, name, keys)
                    audit = found
                } else if Self.isTorn(line) {
                    report.notes.append("\(name): line \(index + 1) was torn by a power cut; it stands for nothing")
                } else {
                    report.find(.signature, name, "line \(index + 1) was changed: it can't be read any more")
                }
            }
        }
        return (heads, audit)
    }

    /// A signed head of something that is not there: retention deletes segments, and says nothing about them here.
    mutating func checkAlone(_ head: SignedHead, _ file: String, _ keys: [String: PublicKey]) {
        guard !keys.isEmpty, keys[head.keyId]?.signed(head.statement, head.signature) != true else { return }
        let what = "\(head.cameraId) \(head.segment) of \(head.at.rfc3339)"
        report.find(.signature, file, "the signature of \(what) doesn't fit", to: head.until)
    }

    private mutating func checkAlone(_ head: SignedAuditHead, _ file: String, _ keys: [String: PublicKey]) {
        guard !keys.isEmpty, keys[head.key]?.signed(head.statement, head.signature) != true else { return }
        let at = WallTime(microseconds: head.at)
        report.find(.signature, file, "the signature of the audit log of \(at.rfc3339) doesn't fit", to: at)
    }

    /// Whether a line is the beginning of one whose end was never written: it has no whole signature.
    private static func isTorn(_ line: ArraySlice<UInt8>) -> Bool {
        let text = String(decoding: line, as: UTF8.self)
        guard text.hasPrefix("{\"camera\":\"") || text.hasPrefix("{\"at\":") || text.utf8.count < 8 else {
            return false
        }
        return text.firstMatch(of: #/"signature":"[A-Za-z0-9+\/=]{88}"/#) == nil && text.last != "}"
    }

    /// The audit log's files: each line against the one before, the end against what was signed of it.
    mutating func checkAudit(_ folder: String, _ signed: SignedAuditHead?) {
        let file = AuditFile(folder: folder)
        guard let months = try? file.months(), !months.isEmpty else {
            if let signed { report.find(.missing, "audit", "its \(signed.audit) signed lines are missing") }
            return
        }
        var previous = AuditChain.origin
        var count = 0
        for month in months {
            let name = "audit/\(month)"
            report.checked.append(name)
            guard let lines = try? file.lines(of: month) else {
                report.find(.log, name, "it can't be read")
                return
            }
            for line in lines {
                count += 1
                guard let line, line.seq == count, AuditChain.hash(line.entry, after: previous) == line.hash else {
                    let message = "line \(count) of the audit log was changed, or lines before it are missing"
                    report.find(.log, name, message, from: line?.at)
                    return
                }
                if let signed, signed.audit == count, signed.head != line.hash {
                    report.find(.log, name, "line \(count) of the audit log is not what was signed", from: line.at)
                    return
                }
                previous = line.hash
            }
        }
        if let signed, signed.audit > count {
            report.find(.log, "audit", "\(signed.audit - count) lines at the end of the audit log are missing")
        }
    }
}
