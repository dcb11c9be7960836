/*
 * Preloaded into nginx: makes one allocation fail. The file FAIL_FILE says how many succeed before it: a number of eight
 * bytes in the machine's order. Below 0, none fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static int64_t *left;

__attribute__((constructor)) static void find_file(void)
{
    const char *file = getenv("FAIL_FILE");
    int fd = file == NULL ? -1 : open(file, O_RDWR | O_CLOEXEC);
    void *memory = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED)
        abort();
    *(int64_t *)memory = -1;
    left = memory;
}

static int fails(void)
{
    return left != NULL && *left >= 0 && (*left)-- == 0;
}

void *malloc(size_t size)
{
    if (fails()) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_malloc(size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    *memory = fails() ? NULL : __libc_memalign(alignment, size);
    return *memory == NULL ? ENOMEM : 0;
}
