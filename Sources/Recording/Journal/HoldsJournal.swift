/// `recordings/holds.journal`: every hold and every release, synced before they are acknowledged.
package final class HoldsJournal: Sendable {
    package init(layout: RecordingLayout, files: any RecordingFiles = SystemFiles()) {}

    /// Writes a hold, or a new state of it (a release), and syncs; blocks. Only then may it be acknowledged.
    package func append(_ hold: HoldRecord) throws(FileFailure) {}

    /// The latest state of every hold, oldest first; damaged lines are left out.
    package func load() throws(FileFailure) -> [HoldRecord] { [] }
}
