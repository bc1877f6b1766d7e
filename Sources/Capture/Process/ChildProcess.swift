import CLinux

#if canImport(Glibc)
    import Glibc
#endif

/// Starts programs with `posix_spawn`: three descriptors (all others here are close-on-exec) and default signals.
package enum ChildProcess {
    /// Starts `arguments[0]`.
    ///
    /// - Parameters:
    ///   - arguments: the program's path, then its arguments.
    ///   - input: becomes descriptor 0; nil for `/dev/null`.
    ///   - output: becomes descriptor 1.
    ///   - errors: becomes descriptor 2.
    ///   - newSession: detached from this process's session and terminal, as a capture that outlives serve has to be;
    ///     otherwise the child only gets a process group of its own.
    ///   - environment: `NAME=value` texts; nil for all that this process has.
    /// - Returns: the process id; the caller waits for it (`waitpid`).
    /// - Throws: `CaptureError` (`spawn`).
    package static func spawn(
        _ arguments: [String],
        input: Int32?,
        output: Int32,
        errors: Int32,
        newSession: Bool,
        environment: [String]? = nil
    ) throws(CaptureError) -> Int32 {
        guard let program = arguments.first else { throw CaptureError(.spawn, "no program named") }
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, errors, 2)
        // What others have opened without close-on-exec must not live on in a process that outlives this one.
        posix_spawn_file_actions_addclosefrom_np(&actions, 3)
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        var flags = Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF)
        // POSIX_SPAWN_SETSID (spawn.h, glibc 2.26) is hidden behind _GNU_SOURCE.
        flags |= newSession ? 0x80 : Int32(POSIX_SPAWN_SETPGROUP)
        posix_spawnattr_setflags(&attributes, Int16(flags))
        var pointers = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var process: pid_t = 0
        let result: Int32
        if let environment {
            var variables = environment.map { strdup($0) } + [nil]
            defer { for variable in variables { free(variable) } }
            result = posix_spawn(&process, program, &actions, &attributes, &pointers, &variables)
        } else {
            result = posix_spawn(&process, program, &actions, &attributes, &pointers, environ)
        }
        guard result == 0 else { throw .system(.spawn, "can't start \(program)", number: result) }
        return process
    }
}
