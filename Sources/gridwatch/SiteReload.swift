import Alarms
import Archive
import Capture
import Console
import Domain
import Foundation
import Logging
import SiteFile

#if canImport(Glibc)
    import Glibc
#endif

/// Takes over what has changed in the site file while the service runs: its cameras and platforms. On SIGHUP, when the
/// file is another one, and when somebody asks. One that can't be used leaves all as it is, and says why.
actor SiteReload {
    /// What the new site goes to.
    struct Parts: Sendable {
        var book: SiteBook
        var recording: RecordingSwitch
        var hub: CaptureHub
        var gapAlarms: GapAlarms
        var feed: ChangeFeed
        /// Raises or clears the alarm of a file that can't be used.
        var alarm: @Sendable (_ holds: Bool) async -> Void
    }

    private static let period = Duration.seconds(2)

    private let path: String
    /// The folder with the secrets that the file names.
    private let data: URL
    private let parts: Parts
    private let logger: Logger
    private var isRaised = false

    init(path: String, data: URL, parts: Parts, logger: Logger) {
        self.path = path
        self.data = data
        self.parts = parts
        self.logger = logger
    }

    /// Follows the file and `signals` until its task is cancelled.
    func run(signals: AsyncStream<Int32>) async {
        await withDiscardingTaskGroup { group in
            group.addTask {
                for await _ in signals { _ = await self.reload(by: "SIGHUP") }
            }
            group.addTask { await self.watch() }
        }
    }

    /// A file counts as another one when it has stood still for one look: editors write in pieces.
    private func watch() async {
        var known = Stamp(path)
        var seen = known
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.period)
            let now = Stamp(path)
            defer { seen = now }
            guard let now, now == seen, now != known else { continue }
            known = now
            _ = await reload(by: "file")
        }
    }

    /// Reads the file and takes it over.
    func reload(by who: String) async -> SiteReloadOutcome {
        let outcome = await apply()
        switch outcome {
        case .applied(let changes):
            logger.notice(
                "the site file was read again",
                metadata: [
                    "by": "\(who)", "added": "\(changes.added.count)", "changed": "\(changes.changed.count)",
                    "removed": "\(changes.removed.count)",
                    "needsRestart": "\(changes.needsRestart.joined(separator: ","))",
                ]
            )
        case .refused(let mistakes):
            logger.error(
                "the site file can't be used; what was declared before stays",
                metadata: ["by": "\(who)", "mistakes": "\(mistakes.joined(separator: "; "))"]
            )
        }
        let holds = if case .refused = outcome { true } else { false }
        if holds != isRaised {
            isRaised = holds
            await parts.alarm(holds)
        }
        return outcome
    }

    private func apply() async -> SiteReloadOutcome {
        let declared: Site
        do {
            declared = try LoadedSite(path: path, data: data).site
        } catch let error as SiteFileError {
            return .refused(error.diagnostics.map { "\($0)" })
        } catch {
            return .refused(["\(error)"])
        }
        let old = parts.book.current
        var compared = declared
        // External capture: as many shards as there are units, whatever the file is silent about.
        if declared.recording.shards == 0 { compared.recording.shards = old.recording.shards }
        let changes = SiteReloadOutcome.Changes(from: old, to: compared)
        var new = old
        new.cameras = declared.cameras
        new.platforms = declared.platforms
        guard new != old else { return .applied(changes) }
        let configurations = CaptureConfiguration.shards(
            of: new,
            cores: ProcessInfo.processInfo.activeProcessorCount
        )
        do {
            try await parts.recording.configure(configurations)
        } catch {
            return .refused(["capture's configuration can't be written: \(error)"])
        }
        parts.book.set(new)
        await parts.gapAlarms.configure(new)
        await parts.hub.configure(new, configurations)
        let pauses = parts.recording.present
        let statuses = parts.hub.statuses
        for id in changes.added + changes.changed {
            guard let status = statuses[id] else { continue }
            parts.feed.publish(CameraView.change(of: status, in: new, pause: pauses[id]))
        }
        for id in changes.removed { parts.feed.publish(CameraView.removal(of: id)) }
        return .applied(changes)
    }
}

/// What tells one state of a file from another.
private struct Stamp: Equatable {
    var inode: UInt64
    var size: Int64
    var seconds: Int
    var nanoseconds: Int

    /// nil while there is no file.
    init?(_ path: String) {
        var facts = stat()
        guard stat(path, &facts) == 0 else { return nil }
        inode = UInt64(facts.st_ino)
        size = Int64(facts.st_size)
        seconds = facts.st_mtim.tv_sec
        nanoseconds = facts.st_mtim.tv_nsec
    }
}
