import CLinux
import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// `DIR/capture/N.boot`: the boot id of the host when this shard recorded last. Another one at the next start means that
/// a recording without an end lost the host's power and was not broken off by a crash of capture alone.
struct BootRecord: Sendable {
    /// The host's boot id at present; nil where the system tells none.
    static var present: String? {
        (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8))?
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private let file: URL
    private let present: String?
    /// Whether the host was started anew since the last recording; false where that can't be known.
    let hasChanged: Bool

    /// - Parameter name: the shard's number, with `-CAMERA` for that of an isolated camera.
    init(folder: URL, name: String, present: String?) {
        file = folder.appending(path: "\(name).boot")
        self.present = present
        let known = try? String(contentsOf: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        hasChanged = present != nil && known?.isEmpty == false && known != present
    }

    /// Notes the present boot, synced: it has to outlive the next power cut. Called when the recorders have seen what the
    /// last one left. A disk that doesn't take it costs no more than a less exact reason.
    func note() {
        guard let present else { return }
        let temporary = file.path + ".new"
        let descriptor = gw_open(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        guard descriptor >= 0 else { return }
        let text = Array("\(present)\n".utf8)
        let isWritten = write(descriptor, text, text.count) == text.count && fsync(descriptor) == 0
        close(descriptor)
        if isWritten { rename(temporary, file.path) }
    }
}
