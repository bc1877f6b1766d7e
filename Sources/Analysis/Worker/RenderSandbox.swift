import CLinux

#if canImport(Glibc)
    import Glibc
#endif

/// What a render process gives up before it looks at the first byte from outside: a decoder that a crafted stream has
/// taken over finds no file, no network and no other program.
package enum RenderSandbox {
    /// Address space at most: 8K pictures with all their references fit.
    private static let memoryBytes: rlim_t = 4 << 30

    /// Closes what was inherited besides standard input, output and error, and lowers the limits for good.
    ///
    /// - Returns: false when the system refuses something of it.
    package static func enter() -> Bool {
        // Serve has closed them too; a kernel older than 5.9 lacks the call.
        _ = gw_close_from(3)
        guard chdir("/") == 0, gw_set_no_new_privileges() == 0 else { return false }
        return limit(RLIMIT_CORE, 0)
            && limit(RLIMIT_FSIZE, 0)
            && limit(RLIMIT_AS, memoryBytes)
            // No descriptor beyond the three: nothing can be opened, connected to or started with pipes.
            && limit(RLIMIT_NOFILE, 3)
            && gw_forbid_system_calls() == 0
    }

    private static func limit(_ what: __rlimit_resource, _ value: rlim_t) -> Bool {
        var limits = rlimit(rlim_cur: value, rlim_max: value)
        return setrlimit(__rlimit_resource_t(what.rawValue), &limits) == 0
    }
}
