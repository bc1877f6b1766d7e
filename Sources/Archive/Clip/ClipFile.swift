package import Domain
package import Foundation

/// A finished clip: a plain MP4 in `DIR/exports/tmp`. The file goes when the last reference to it goes.
package final class ClipFile: Sendable {
    package let url: URL
    package let bytes: Int
    /// A name to offer for it, `<camera>-20261123T100000Z-20s.mp4`.
    package let name: String
    package let cameraId: String
    /// The range that it shows.
    package let from: WallTime
    package let to: WallTime
    /// Parts of the range that it leaves out: nothing recorded there, or in another codec or size.
    package let omitted: [Omission]
    /// SHA-256 of the signed manifest at the end of the file, in hex; nil where it has none.
    package let proofHash: String?

    /// A part of the range asked for that is not in the clip.
    package struct Omission: Sendable, Equatable {
        package var from: WallTime
        package var to: WallTime
        /// A gap's reason, or `discontinuity` where the stream's parameters differ from the clip's.
        package var reason: StateReason

        package init(from: WallTime, to: WallTime, reason: StateReason) {
            self.from = from
            self.to = to
            self.reason = reason
        }
    }

    package init(
        url: URL,
        bytes: Int,
        name: String,
        cameraId: String,
        from: WallTime,
        to: WallTime,
        omitted: [Omission],
        proofHash: String? = nil
    ) {
        self.url = url
        self.bytes = bytes
        self.name = name
        self.cameraId = cameraId
        self.from = from
        self.to = to
        self.omitted = omitted
        self.proofHash = proofHash
    }

    /// The length of all that is left out, in seconds to the millisecond.
    package var omittedSeconds: Double {
        let total = omitted.reduce(Duration.zero) { $0 + ($1.to - $1.from) }
        return (total.seconds * 1000).rounded() / 1000
    }

    /// `<camera>-20261123T100000Z-20s.mp4`.
    static func name(cameraId: String, from: WallTime, durationTicks: Int64) -> String {
        let seconds = max(1, Int((Double(durationTicks) / 90_000).rounded()))
        let stamp = from.rfc3339.filter { $0 != "-" && $0 != ":" }.prefix(15)
        return "\(cameraId)-\(stamp)Z-\(seconds)s.mp4"
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }
}
