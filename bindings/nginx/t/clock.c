/*
 * A clock that tests set, preloaded into nginx: the first eight octets of the file CLOCK_FILE are the seconds since
 * 1970-01-01T00:00:00Z, which gettimeofday() tells from then on; 0 means the real time.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>

static const volatile int64_t *seconds;

__attribute__((constructor)) static void find_clock(void)
{
    const char *file = getenv("CLOCK_FILE");
    int fd = file == NULL ? -1 : open(file, O_RDONLY | O_CLOEXEC);
    void *memory = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED)
        abort();
    seconds = memory;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    static int (*real)(struct timeval *restrict, void *restrict);
    if (real == NULL)
        real = (int (*)(struct timeval *restrict, void *restrict))dlsym(RTLD_NEXT, "gettimeofday");
    int result = real(now, zone);
    if (result == 0 && *seconds != 0)
        now->tv_sec = (time_t)*seconds;
    return result;
}
