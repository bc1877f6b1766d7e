#ifndef GRIDWATCH_CLINUX_H
#define GRIDWATCH_CLINUX_H

// What Swift's Glibc module lacks. Declarations are written out where glibc hides them behind _GNU_SOURCE, which a
// module map cannot set for the headers that Glibc has already imported.

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/types.h>
#include <unistd.h>

extern int syncfs(int fd);
extern int pipe2(int pipefd[2], int flags);
extern int fallocate(int fd, int mode, off_t offset, off_t len);

/// F_SETPIPE_SZ (fcntl.h, _GNU_SOURCE): sets a pipe's capacity in bytes; fcntl is variadic.
static inline int gw_set_pipe_size(int fd, int bytes) { return fcntl(fd, 1031, bytes); }
/// O_NONBLOCK on or off; fcntl is variadic.
static inline int gw_set_nonblocking(int fd, int on) {
    int flags = fcntl(fd, F_GETFL);
    return flags < 0 ? flags : fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
}
/// PR_SET_PDEATHSIG: the signal this process gets when its parent ends; prctl is variadic.
static inline int gw_set_parent_death_signal(int signal) { return prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0); }
/// SCHED_BATCH (sched.h, _GNU_SOURCE) for the calling process.
static inline int gw_set_batch_scheduling(void) {
    struct sched_param parameter = {0};
    return sched_setscheduler(0, 3, &parameter);
}
/// open() is variadic.
static inline int gw_open(const char *path, int flags, mode_t mode) { return open(path, flags | O_CLOEXEC, mode); }

#endif
