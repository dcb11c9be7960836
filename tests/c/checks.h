/* How the checks of arguments count and report. */
#include <stdio.h>
#include <string.h>

#include "tesseral_verify.h"

#define TOO_LONG ((size_t)PTRDIFF_MAX + 1)
#define INVALID TESSERAL_ERR_INVALID_ARGUMENT
#define SMALL TESSERAL_ERR_BUFFER_TOO_SMALL

static unsigned checks, failures;

static void check_status(int line, const char *what, uint32_t expected, uint32_t status)
{
    checks++;
    if (status != expected) {
        printf("line %d: %s: expected %s, got %s\n", line, what, tesseral_status_slug(expected), tesseral_status_slug(status));
        failures++;
    }
}

#define EXPECT(expected, call) check_status(__LINE__, #call, (expected), (call))
#define ASSERT(condition) check_status(__LINE__, #condition, 0, (condition) ? 0 : TESSERAL_ERR_INTERNAL_ERROR)

/* Refused, and *object is as it was. */
#define REFUSED(expected, object, call) \
    do { \
        memcpy(copy, &(object), sizeof(object)); \
        EXPECT(expected, call); \
        ASSERT(memcmp(copy, &(object), sizeof(object)) == 0); \
    } while (0)

static uint8_t copy[4096];

static inline const uint8_t *octets(const char *text)
{
    return (const uint8_t *)text;
}

/* A pointer that is off by one. */
static inline void *askew(void *pointer)
{
    return (char *)pointer + 1;
}
