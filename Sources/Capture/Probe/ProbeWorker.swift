import CLinux
import Domain
import Foundation
import Media

#if canImport(Glibc)
    import Glibc
#endif

/// The body of a probing process: one request as JSON on standard input, one outcome as JSON on standard output.
package enum ProbeWorker {
    /// Address space at most.
    private static let memoryBytes: rlim_t = 2 << 30
    /// Processor time at most, in seconds: ten times what an honest stream takes.
    private static let processorSeconds: rlim_t = 20
    private static let descriptors: rlim_t = 64

    /// Limits itself, reads, probes, writes.
    ///
    /// - Returns: the exit code.
    package static func run() -> Int32 {
        guard gw_set_no_new_privileges() == 0, limit(RLIMIT_CORE, 0), limit(RLIMIT_FSIZE, 0),
            limit(RLIMIT_AS, memoryBytes), limit(RLIMIT_CPU, processorSeconds), limit(RLIMIT_NOFILE, descriptors)
        else { return 70 }
        let input = FileHandle.standardInput.readDataToEndOfFile()
        guard let request = try? JSONDecoder().decode(ProbeRequest.self, from: input) else { return 64 }
        NameLookups.bound()
        guard let answer = try? JSONEncoder().encode(SourceProbe.run(request, open: CameraSource.open)) else {
            return 70
        }
        do {
            try FileHandle.standardOutput.write(contentsOf: answer)
        } catch {
            return 74
        }
        return 0
    }

    private static func limit(_ what: __rlimit_resource, _ value: rlim_t) -> Bool {
        var limits = rlimit(rlim_cur: value, rlim_max: value)
        return setrlimit(__rlimit_resource_t(what.rawValue), &limits) == 0
    }
}
