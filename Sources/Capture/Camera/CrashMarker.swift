import CLinux
import Domain
import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Keeps `DIR/capture/N.suspect`: a line with which sources are being opened, and behind it the last words of a process
/// that crashed, so that the next one knows whom to suspect. Written when a source is opened and again after its first packets, never for a packet; not synced,
/// because a crash of the process leaves what was written, and a power cut is no source's fault.
final class CrashMarker: Sendable {
    /// A source keeps its mark for so many packets.
    static let packets = 50
    /// Larger files are none of ours.
    private static let maximumBytes = 64 << 10

    private let descriptor: Int32
    private let appender: Int32
    private let ledger: Mutex<CrashLedger>

    /// Reads what the last process left. A file that can't be read or written is as good as none: nothing that records
    /// depends on it.
    ///
    /// - Parameter isolates: whether cameras may be given a process of their own.
    init(file: URL, now: WallTime, isolates: Bool = true) {
        var known = CrashLedger()
        var lastWords: CrashLedger.LastWords?
        descriptor = gw_open(file.path, O_RDWR | O_CREAT, 0o600)
        if descriptor >= 0 {
            var bytes = [UInt8](repeating: 0, count: Self.maximumBytes)
            let count = pread(descriptor, &bytes, bytes.count, 0)
            let lines = bytes[..<max(0, count)].split(separator: 10)
            known = (try? JSONDecoder().decode(CrashLedger.self, from: Data(lines.first ?? []))) ?? CrashLedger()
            lastWords = lines.dropFirst().compactMap { Self.lastWords($0) }.last
        }
        appender = gw_open(file.path, O_WRONLY | O_APPEND, 0)
        known.started(at: now, after: lastWords, isolates: isolates)
        Self.write(known, descriptor)
        ledger = Mutex(known)
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        if appender >= 0 { close(appender) }
    }

    /// `crash NAME`, as the signal handler writes it; nil for another line.
    static func lastWords(_ line: some Sequence<UInt8>) -> CrashLedger.LastWords? {
        let text = String(decoding: Array(line), as: UTF8.self)
        guard text.hasPrefix("crash ") else { return nil }
        return text.count > 6 ? .source(String(text.dropFirst(6))) : .unknown
    }

    /// From now on a crash of this process leaves its last words. For a process that is this capture's alone.
    ///
    /// Never inlined, as `nameThread`: the C functions' variables are those of this file's object alone.
    @inline(never)
    func noteCrashes() {
        if appender >= 0 { gw_note_crashes(appender) }
    }

    /// The calling thread reads `source` from now on.
    @inline(never)
    func nameThread(_ source: String) { gw_set_crash_name(source) }

    /// Sources that are left alone, and until when.
    var quarantined: [String: WallTime] { ledger.withLock { $0.quarantined } }

    /// Cameras that a process of their own records, and until when.
    var isolated: [String: WallTime] { ledger.withLock { $0.isolated } }

    /// The process of an isolated camera has crashed.
    func isolationCrashed(_ camera: String, at now: WallTime) {
        ledger.withLock { ledger in
            ledger.isolationCrashed(camera, at: now)
            Self.write(ledger, descriptor)
        }
    }

    /// Marks a source that is about to be opened.
    ///
    /// - Returns: false while it has to wait, because another suspect is being opened.
    func begin(_ source: String) -> Bool {
        ledger.withLock { ledger in
            if ledger.isSuspect(source), ledger.marked.contains(where: ledger.isSuspect) { return false }
            ledger.marked.insert(source)
            Self.write(ledger, descriptor)
            return true
        }
    }

    /// The source is read well, or was given up.
    func end(_ source: String) {
        ledger.withLock { ledger in
            guard ledger.marked.remove(source) != nil else { return }
            Self.write(ledger, descriptor)
        }
    }

    /// Another source stands behind this name now.
    func release(_ source: String) {
        ledger.withLock { ledger in
            ledger.release(source)
            Self.write(ledger, descriptor)
        }
    }

    /// The process ends as it should: what still hangs has not crashed it.
    func finish() {
        ledger.withLock { ledger in
            ledger.marked = []
            Self.write(ledger, descriptor)
        }
    }

    /// In place: a file that is there can be rewritten on a full disk, too.
    private static func write(_ ledger: CrashLedger, _ descriptor: Int32) {
        guard descriptor >= 0, let json = try? JSONEncoder().encode(ledger) else { return }
        let line = Array(json) + [10]
        guard pwrite(descriptor, line, line.count, 0) == line.count else { return }
        ftruncate(descriptor, off_t(line.count))
    }
}
