package import Domain
package import Foundation
package import Store

/// What the archive is told at its start.
package struct ArchiveSettings: Sendable {
    /// This node's name in the rows it owns.
    package var node: String
    /// The gridwatch executable, started as `<executable> render` for pictures.
    package var renderExecutable: URL
    /// How often the index looks for new journal lines.
    package var indexInterval: Duration
    /// How often a live stream looks for new fragments.
    package var liveInterval: Duration
    /// How often fragments may be missing from the end of a growing segment before the time counts as a gap.
    package var liveSlack: Duration
    /// How many views may be turned into H.264 at once; each takes a process and, for 1080p at 25 pictures a second,
    /// about half a core.
    package var transcodeLimit: Int
    /// How long a render process may take for one fragment of video.
    package var transcodeDeadline: Duration
    /// How long an HLS player's process waits for its next request; longer than any entry of a playlist lasts.
    package var transcodeLinger: Duration
    /// Bytes of the data folder's volume that an export leaves free.
    package var exportFloorBytes: Int64
    /// How long a finished export is kept.
    package var exportLife: Duration
    /// The site, for the names and sources in manifests; its name and version stand there too.
    package var site: Site? { siteNow() }
    private let siteNow: @Sendable () -> Site?
    package var software: String

    package init(
        node: String = "local",
        renderExecutable: URL = URL(filePath: "/proc/self/exe"),
        indexInterval: Duration = .milliseconds(250),
        liveInterval: Duration = .milliseconds(60),
        liveSlack: Duration = .seconds(4),
        transcodeLimit: Int = max(2, ProcessInfo.processInfo.activeProcessorCount),
        transcodeDeadline: Duration = .seconds(15),
        transcodeLinger: Duration = .seconds(12),
        exportFloorBytes: Int64 = 0,
        exportLife: Duration = .seconds(7 * 86_400),
        site: @autoclosure @escaping @Sendable () -> Site? = nil,
        software: String = "gridwatch"
    ) {
        self.node = node
        self.renderExecutable = renderExecutable
        self.indexInterval = indexInterval
        self.liveInterval = liveInterval
        self.liveSlack = liveSlack
        self.transcodeLimit = transcodeLimit
        self.transcodeDeadline = transcodeDeadline
        self.transcodeLinger = transcodeLinger
        self.exportFloorBytes = exportFloorBytes
        self.exportLife = exportLife
        siteNow = site
        self.software = software
    }
}

/// What others want to hear of.
package struct ArchiveHooks: Sendable {
    /// A gap began (`to` nil), ended or was found. Called once for each change of a gap's row, in the journal's order.
    package var onGap: @Sendable (Gap) async -> Void

    /// An export was asked for, went on (at most once a second) or ended.
    package var onExport: @Sendable (ExportJob) async -> Void
    /// What happened on a camera in a range, of which a dossier shows pictures.
    package var marks: @Sendable (_ cameraId: String, _ from: WallTime, _ to: WallTime) async -> [ExportMark]

    package init(
        onGap: @escaping @Sendable (Gap) async -> Void = { _ in },
        onExport: @escaping @Sendable (ExportJob) async -> Void = { _ in },
        marks: @escaping @Sendable (_ cameraId: String, _ from: WallTime, _ to: WallTime) async -> [ExportMark] = {
            _,
            _,
            _ in []
        }
    ) {
        self.onGap = onGap
        self.onExport = onExport
        self.marks = marks
    }
}
