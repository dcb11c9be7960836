/*
 * Preloaded into nginx: kill(pid, 0) says that every other process is dead. So workers remove one another from the list of
 * living workers, as if the list had had no room for them.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <unistd.h>

int kill(pid_t pid, int number)
{
    static int (*real)(pid_t, int);
    if (number == 0 && pid != getpid()) {
        errno = ESRCH;
        return -1;
    }
    if (real == NULL)
        real = (int (*)(pid_t, int))dlsym(RTLD_NEXT, "kill");
    return real(pid, number);
}
