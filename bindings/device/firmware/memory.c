/*
 * The memory functions that the library calls, for a firmware without a C library. Each is as small as it can be: a product that
 * copies more has faster ones.
 */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t len)
{
    uint8_t *target = to;
    const uint8_t *source = from;
    while (len-- != 0)
        *target++ = *source++;
    return to;
}

void *memmove(void *to, const void *from, size_t len)
{
    uint8_t *target = to;
    const uint8_t *source = from;
    if ((uintptr_t)to <= (uintptr_t)from)
        return memcpy(to, from, len);
    while (len-- != 0)
        target[len] = source[len];
    return to;
}

void *memset(void *to, int octet, size_t len)
{
    uint8_t *target = to;
    while (len-- != 0)
        *target++ = (uint8_t)octet;
    return to;
}

int memcmp(const void *left, const void *right, size_t len)
{
    const uint8_t *a = left, *b = right;
    for (; len != 0; len--, a++, b++)
        if (*a != *b)
            return *a < *b ? -1 : 1;
    return 0;
}

int bcmp(const void *left, const void *right, size_t len)
{
    return memcmp(left, right, len);
}

#if defined(__arm__)
/* Run-time ABI for the Arm Architecture, section 4.3.4: the same with other names, and with the arguments of memset exchanged. */
#define ALIGNED(name, arguments, call)       \
    void __aeabi_##name arguments { call; }  \
    void __aeabi_##name##4 arguments { call; } \
    void __aeabi_##name##8 arguments { call; }

ALIGNED(memcpy, (void *to, const void *from, size_t len), memcpy(to, from, len))
ALIGNED(memmove, (void *to, const void *from, size_t len), memmove(to, from, len))
ALIGNED(memset, (void *to, size_t len, int octet), memset(to, octet, len))
ALIGNED(memclr, (void *to, size_t len), memset(to, 0, len))
#endif
