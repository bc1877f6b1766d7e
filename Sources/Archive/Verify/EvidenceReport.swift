package import Domain

/// What `gridwatch verify` has found.
package struct EvidenceReport: Sendable, Equatable {
    /// Something that is not as it was recorded or exported.
    package struct Finding: Sendable, Hashable, CustomStringConvertible {
        /// What kind of trouble it is.
        package enum Kind: String, Sendable, Hashable, CaseIterable {
            /// The recorded bytes of a stretch of time are other bytes.
            case media
            /// The times and sizes at the front of a clip are others.
            case header
            /// A file that is no clip has other content.
            case content
            /// Two files have each other's content.
            case swapped
            case missing
            /// A file that nobody listed.
            case unlisted
            /// Bytes were added to or cut off a file.
            case length
            /// The manifest is not the one that was signed.
            case manifest
            /// The signing key is not the given one, nor one that it vouches for.
            case key
            /// A signature doesn't fit what it stands for.
            case signature
            /// Hashes don't lead from one to the next.
            case chain
            /// A line of a log was changed, removed or put in.
            case log
            /// The archive around the files is not as written.
            case container
        }

        package var kind: Kind
        package var file: String
        /// The recorded time that it concerns, where there is one.
        package var from: WallTime?
        package var to: WallTime?
        package var message: String

        package var description: String {
            var text = file
            if let from { text += " at \(from.rfc3339)" + (to.map { " to \($0.rfc3339)" } ?? "") }
            return "\(text): \(message)"
        }
    }

    /// What was checked, like `clips/gate-20261123T100000Z-20s.mp4`.
    package var checked: [String] = []
    package var findings: [Finding] = []
    /// What a reader should know although nothing is wrong.
    package var notes: [String] = []
    /// Recordings that agree with their hashes while no signature covers them, although time enough has passed: whoever
    /// could change them could change the hashes too.
    package var unsigned: [String] = []
    /// The key that all rests on, its id.
    package var keyId: String?

    /// Nothing is wrong; what `unsigned` names may still be anything.
    package var isIntact: Bool { findings.isEmpty }

    /// All that is wrong is who signed: the bytes may well be those of another site.
    package var isOfAnotherKey: Bool { !findings.isEmpty && findings.allSatisfy { $0.kind == .key } }

    mutating func find(
        _ kind: Finding.Kind,
        _ file: String,
        _ message: String,
        from: WallTime? = nil,
        to: WallTime? = nil
    ) {
        findings.append(Finding(kind: kind, file: file, from: from, to: to, message: message))
    }
}
