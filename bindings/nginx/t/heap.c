/*
 * Preloaded into nginx: each time that the master waits for a signal, it writes how many bytes of its heap are in use to
 * the file HEAP_FILE, a number of eight bytes in the machine's order. Resident memory says less: the allocator keeps freed
 * memory, and how much of it depends on fragmentation.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

static volatile uint64_t *octets;

__attribute__((constructor)) static void find_file(void)
{
    const char *file = getenv("HEAP_FILE");
    int fd = file == NULL ? -1 : open(file, O_RDWR | O_CLOEXEC);
    void *memory = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED)
        abort();
    octets = memory;
}

int sigsuspend(const sigset_t *mask)
{
    static int (*real)(const sigset_t *);
    if (real == NULL)
        real = (int (*)(const sigset_t *))dlsym(RTLD_NEXT, "sigsuspend");
    struct mallinfo2 heap = mallinfo2();
    *octets = heap.uordblks + heap.hblkhd;
    return real(mask);
}
