// Takes the place of malloc and its relatives in the test program, and counts per thread. For tests only.
#include "allocation_counter.h"

#include <errno.h>
#include <stddef.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define GRIDWATCH_CANNOT_COUNT 1
#endif
#endif

#if defined(__GLIBC__) && !defined(GRIDWATCH_CANNOT_COUNT)

// glibc's own entries, made for such replacements.
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static _Thread_local long count = -1;

static void note(void) {
    if (count >= 0) count++;
}

void *malloc(size_t size) {
    note();
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    note();
    return __libc_calloc(number, size);
}

void *realloc(void *old, size_t size) {
    note();
    return __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size) {
    note();
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    note();
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
    note();
    *result = __libc_memalign(alignment, size);
    return *result ? 0 : ENOMEM;
}

void gw_count_allocations(void) { count = 0; }

long gw_counted_allocations(void) {
    long counted = count;
    count = -1;
    return counted;
}

#else

void gw_count_allocations(void) {}

long gw_counted_allocations(void) { return -1; }

#endif
