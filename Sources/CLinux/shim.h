#ifndef GRIDWATCH_CLINUX_H
#define GRIDWATCH_CLINUX_H

// What Swift's Glibc module lacks. Declarations are written out where glibc hides them behind _GNU_SOURCE, which a
// module map cannot set for the headers that Glibc has already imported.

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <stddef.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
extern int syncfs(int fd);
extern int pipe2(int pipefd[2], int flags);
extern int fallocate(int fd, int mode, off_t offset, off_t len);
extern int mallopt(int parameter, int value);

/// M_ARENA_MAX (malloc.h, which Glibc leaves out): how many heaps the threads of this process share at most.
static inline int gw_set_heap_limit(int heaps) { return mallopt(-8, heaps); }

/// F_SETPIPE_SZ (fcntl.h, _GNU_SOURCE): sets a pipe's capacity in bytes; fcntl is variadic.
static inline int gw_set_pipe_size(int fd, int bytes) { return fcntl(fd, 1031, bytes); }
/// O_NONBLOCK on or off; fcntl is variadic.
static inline int gw_set_nonblocking(int fd, int on) {
    int flags = fcntl(fd, F_GETFL);
    return flags < 0 ? flags : fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
}
/// PR_SET_PDEATHSIG: the signal this process gets when its parent ends; prctl is variadic.
static inline int gw_set_parent_death_signal(int signal) { return prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0); }
/// PR_SET_NO_NEW_PRIVS: programs started from here on gain nothing by set-user-id bits; prctl is variadic.
static inline int gw_set_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }
/// Closes all descriptors from `first` on (close_range(2), _GNU_SOURCE).
static inline int gw_close_from(unsigned first) { return (int)syscall(SYS_close_range, first, ~0u, 0); }
/// From now on every system call but those that computing and open descriptors take fails with EPERM
/// (seccomp(2)): no files, sockets, processes or threads. The filter is made of macros; needs gw_set_no_new_privileges() before.
static inline int gw_forbid_system_calls(void) {
#if defined(__x86_64__)
    const unsigned architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
    const unsigned architecture = AUDIT_ARCH_AARCH64;
#else
    return 0;
#endif
    static const int allowed[] = {
        SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_close, SYS_fstat, SYS_lseek, SYS_ppoll,
        SYS_brk, SYS_mmap, SYS_munmap, SYS_mremap, SYS_mprotect, SYS_madvise,
        SYS_futex, SYS_exit, SYS_exit_group, SYS_set_robust_list, SYS_rseq,
        SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_sigaltstack, SYS_tgkill, SYS_gettid, SYS_getpid,
        SYS_sched_yield, SYS_sched_getaffinity, SYS_clock_gettime, SYS_clock_nanosleep, SYS_nanosleep, SYS_getrandom,
        SYS_restart_syscall, SYS_getrusage, SYS_sysinfo,
#ifdef SYS_poll
        SYS_poll,
#endif
#ifdef SYS_arch_prctl
        SYS_arch_prctl,
#endif
    };
    enum { count = sizeof allowed / sizeof *allowed };
    struct sock_filter filter[count + 6];
    unsigned at = 0;
    filter[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
    filter[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, architecture, 1, 0);
    filter[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    filter[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (unsigned next = 0; next < count; next++)
        filter[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)allowed[next],
                                                    (unsigned char)(count - next), 0);
    filter[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    filter[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {(unsigned short)at, filter};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}
/// SCHED_BATCH (sched.h, _GNU_SOURCE) for the calling process.
static inline int gw_set_batch_scheduling(void) {
    struct sched_param parameter = {0};
    return sched_setscheduler(0, 3, &parameter);
}
/// struct mmsghdr (recvmmsg(2), _GNU_SOURCE): a datagram to be received, and how many bytes it had.
struct gw_datagram { struct msghdr header; unsigned length; };
/// Takes the datagrams that are there, at most `count`, without waiting (recvmmsg(2), _GNU_SOURCE).
static inline int gw_receive_datagrams(int fd, struct gw_datagram *datagrams, unsigned count) {
    return (int)syscall(SYS_recvmmsg, fd, datagrams, count, MSG_DONTWAIT, 0);
}
/// open() is variadic.
static inline int gw_open(const char *path, int flags, mode_t mode) { return open(path, flags | O_CLOEXEC, mode); }

// The last words of a process that crashes: one line behind the end of a file, with the name that the crashing thread
// was given. Only what a signal handler may call. Use all of it from one source file: its variables are that file's own.
static int gw_crash_file = -1;

/// Local, because the Swift compiler emits no thread-local variable of a header.
static inline char *gw_crash_name(void) {
    static __thread char name[128];
    return name;
}
/// Names the calling thread for `gw_crash_handler`; at most 127 bytes of it are kept.
static inline void gw_set_crash_name(const char *name) {
    char *kept = gw_crash_name();
    unsigned at = 0;
    while (at < 127 && name[at]) { kept[at] = name[at]; at++; }
    kept[at] = 0;
}
static inline void gw_crash_handler(int number) {
    char line[160] = "\ncrash ";
    unsigned length = 7;
    for (const char *name = gw_crash_name(); *name && length < 150; name++) line[length++] = *name;
    line[length++] = '\n';
    if (write(gw_crash_file, line, length) < 0) {}
    raise(number);
}
/// From now on a fault or an abort writes such a line to `file` (open for appending), then ends the process as usual.
static inline void gw_note_crashes(int file) {
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP};
    struct sigaction action = {0};
    gw_crash_file = file;
    action.sa_handler = gw_crash_handler;
    action.sa_flags = SA_RESETHAND | SA_NODEFER;
    for (unsigned at = 0; at < sizeof numbers / sizeof *numbers; at++) sigaction(numbers[at], &action, 0);
}

#endif
