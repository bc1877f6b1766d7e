#ifndef GRIDWATCH_ALLOCATION_COUNTER_H
#define GRIDWATCH_ALLOCATION_COUNTER_H

/// Begins to count the allocations of the calling thread.
void gw_count_allocations(void);
/// Ends it. Returns the number of calls of malloc, calloc, realloc and their aligned relatives on this thread since
/// `gw_count_allocations`; -1 where they can't be counted, as under a sanitizer, which brings a malloc of its own.
long gw_counted_allocations(void);

#endif
