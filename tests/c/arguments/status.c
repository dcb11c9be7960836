/* Statuses, reasons and versions; prints each status. */
#include "arguments.h"

static void slugs(void)
{
    uint32_t status = 99;

    REFUSED(INVALID, status, tesseral_status_from_slug(NULL, 1, &status));
    REFUSED(INVALID, status, tesseral_status_from_slug(octets("nothing"), 7, &status));
    EXPECT(INVALID, tesseral_status_from_slug(octets("ok"), 2, NULL));
    EXPECT(TESSERAL_OK, tesseral_status_from_slug(octets("ok"), 2, &status));
    ASSERT(status == 0);
    ASSERT(strcmp(tesseral_status_slug(UINT32_MAX), "unknown") == 0 && tesseral_status_http(UINT32_MAX) == 500);
    ASSERT(strcmp(tesseral_skip_reason_slug(12), "kid_conflict") == 0);
    ASSERT(strcmp(tesseral_skip_reason_slug(0), "unknown") == 0);
    ASSERT(strcmp(tesseral_version(), TESSERAL_VERSION) == 0 && tesseral_abi_version() == TESSERAL_ABI_VERSION);
}

static void statuses(void)
{
    unsigned known = 0;
    for (uint32_t status = 1; status < 10000; status++) {
        const char *slug = tesseral_status_slug(status);
        uint32_t back = 0;
        if (strcmp(slug, "unknown") == 0)
            continue;
        known++;
        EXPECT(TESSERAL_OK, tesseral_status_from_slug(octets(slug), strlen(slug), &back));
        ASSERT(back == status);
        ASSERT(strchr(tesseral_status_text(status), '%') == NULL);
        printf("status %u %s %u %s\n", (unsigned)status, slug, (unsigned)tesseral_status_http(status), tesseral_status_text(status));
    }
    ASSERT(known == TESSERAL_STATUS_COUNT - 1 && tesseral_status_count() == TESSERAL_STATUS_COUNT);
    ASSERT(tesseral_status_at(0) == TESSERAL_OK);
    for (size_t place = 1; place < TESSERAL_STATUS_COUNT; place++)
        ASSERT(tesseral_status_at(place) > tesseral_status_at(place - 1) &&
               strcmp(tesseral_status_slug(tesseral_status_at(place)), "unknown") != 0);
    ASSERT(tesseral_status_at(TESSERAL_STATUS_COUNT) == TESSERAL_ERR_INTERNAL_ERROR);
    ASSERT(tesseral_status_at(SIZE_MAX) == TESSERAL_ERR_INTERNAL_ERROR);
}

static void check_arguments(const struct given *given)
{
    (void)given;
    slugs();
    statuses();
}
