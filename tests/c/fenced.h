/* Memory between pages that fault when they are touched. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* len bytes between two such pages, directly before the second or directly after the first. */
static uint8_t *fenced(const void *content, size_t len, int at_end)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (len + page - 1) / page * page;
    uint8_t *pages = mmap(NULL, room + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint8_t *place;
    if (pages == MAP_FAILED || mprotect(pages + page, room, PROT_READ | PROT_WRITE) != 0) {
        perror("fenced");
        exit(2);
    }
    place = pages + page + (at_end ? room - len : 0);
    if (content != NULL)
        memcpy(place, content, len);
    return place;
}
