/*
 * Preloaded into nginx: clocks that differ between processes. All but the wall clock are ahead by 0 to 3 times the
 * environment variable SKEW, in milliseconds; which, depends on the process ID.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static long skew;

__attribute__((constructor)) static void find_skew(void)
{
    skew = atol(getenv("SKEW"));
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    static int (*real)(clockid_t, struct timespec *);
    if (real == NULL)
        real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(clock, now);
    if (result == 0 && clock != CLOCK_REALTIME) {
        const long ahead = getpid() % 4 * skew * 1000000 + now->tv_nsec;
        now->tv_sec += ahead / 1000000000;
        now->tv_nsec = ahead % 1000000000;
    }
    return result;
}
