/* Caches, and tokens that are held in one. */
#include "arguments.h"

static uint8_t scratch[SCRATCH];
static _Alignas(16) uint8_t cache_memory[1 << 14], small_memory[1 << 13];

static void caches(const tesseral_verifier *verifier, const char *text, int64_t now)
{
    static const uint8_t seed[16] = "sixteen octets.";
    const size_t exact = tesseral_cache_size(1, 1000);
    tesseral_cache *cache = NULL;
    tesseral_auth auth = TESSERAL_AUTH_INIT;
    tesseral_headers headers = TESSERAL_HEADERS_INIT;

    ASSERT(exact != 0 && exact < sizeof cache_memory && TESSERAL_CACHE_ALIGN <= 16);
    ASSERT(tesseral_cache_size(0, 1000) == 0 && tesseral_cache_size(1, 0) == 0 && tesseral_cache_size(1, 65537) == 0);
    ASSERT(tesseral_cache_size(SIZE_MAX, 1000) == 0);
    REFUSED(INVALID, cache, tesseral_cache_init(NULL, exact, 1000, seed, 16, &cache));
    REFUSED(INVALID, cache, tesseral_cache_init(cache_memory + 1, exact, 1000, seed, 16, &cache));
    REFUSED(INVALID, cache, tesseral_cache_init(cache_memory, TOO_LONG, 1000, seed, 16, &cache));
    REFUSED(SMALL, cache, tesseral_cache_init(cache_memory, exact - 1, 1000, seed, 16, &cache));
    REFUSED(INVALID, cache, tesseral_cache_init(cache_memory, exact, 0, seed, 16, &cache));
    REFUSED(INVALID, cache, tesseral_cache_init(cache_memory, exact, 65537, seed, 16, &cache));
    REFUSED(INVALID, cache, tesseral_cache_init(cache_memory, exact, 1000, NULL, 16, &cache));
    REFUSED(SMALL, cache, tesseral_cache_init(cache_memory, exact, 1000, seed, 15, &cache));
    REFUSED(INVALID, cache, tesseral_cache_init(cache_memory, exact, 1000, cache_memory, 16, &cache));
    EXPECT(INVALID, tesseral_cache_init(cache_memory, exact, 1000, seed, 16, NULL));
    EXPECT(INVALID, tesseral_cache_init(cache_memory, exact, 1000, seed, 16, (void *)cache_memory));
    EXPECT(TESSERAL_OK, tesseral_cache_init(cache_memory, exact, 1000, seed, 16, &cache));

#define CACHED(cache, scratch, auth) \
    tesseral_verify_token(verifier, cache, octets(text), strlen(text), now, scratch, sizeof scratch, auth)
    REFUSED(INVALID, auth, CACHED(askew(cache), scratch, &auth));
    EXPECT(INVALID, CACHED(cache, cache_memory + 64, &auth));
    EXPECT(INVALID, CACHED(cache, scratch, (void *)(cache_memory + 64)));
    EXPECT(INVALID, CACHED((tesseral_cache *)(uintptr_t)verifier, scratch, &auth));
    EXPECT(INVALID, tesseral_authenticate(verifier, cache, (void *)(cache_memory + 64), now, scratch, sizeof scratch, &auth, NULL));
    EXPECT(TESSERAL_ERR_CREDENTIALS_MISSING,
           tesseral_authenticate(verifier, cache, &headers, now, scratch, sizeof scratch, &auth, NULL));
    EXPECT(TESSERAL_OK, CACHED(NULL, scratch, &auth));
    ASSERT(tesseral_cache_hits(cache) == 0 && tesseral_cache_misses(cache) == 0 && tesseral_cache_hits(NULL) == 0);
    EXPECT(TESSERAL_OK, CACHED(cache, scratch, &auth));
    EXPECT(TESSERAL_OK, CACHED(cache, scratch, &auth));
    ASSERT(tesseral_cache_hits(cache) == 1 && tesseral_cache_misses(cache) == 1);
    EXPECT(TESSERAL_ERR_TOKEN_EXPIRED, tesseral_verify_token(verifier, cache, octets(text), strlen(text), now + 301,
                                                                    scratch, sizeof scratch, &auth));
    ASSERT(tesseral_cache_hits(cache) == 2);
}

static void holds(const tesseral_verifier *verifier, const char *text, int64_t now)
{
    static const uint8_t seed[16] = "sixteen octets.";
    static uint8_t too_long[7 + TESSERAL_DEFAULT_MAX_TOKEN_LEN + 1];
    char value[2048];
    tesseral_str authorization = {(const uint8_t *)value, 0};
    tesseral_cache *cache = NULL, *small = NULL;
    tesseral_auth auth = TESSERAL_AUTH_INIT;
    tesseral_hold hold = TESSERAL_HOLD_INIT, second = TESSERAL_HOLD_INIT, old;
    tesseral_headers headers = TESSERAL_HEADERS_INIT;

    authorization.len = (size_t)snprintf(value, sizeof value, "Bearer %s", text);
    headers.authorization = &authorization;
    headers.authorization_count = 1;
    EXPECT(TESSERAL_OK, tesseral_cache_init(cache_memory, tesseral_cache_size(1, 1000), 1000, seed, 16, &cache));
    EXPECT(TESSERAL_OK, tesseral_cache_init(small_memory, tesseral_cache_size(1, 100), 100, seed, 16, &small));
    ASSERT(tesseral_cache_slots(cache) == 8 && tesseral_cache_slots(NULL) == 0);

#define HELD(cache, now, scratch, auth, hold) \
    tesseral_authenticate(verifier, cache, &headers, now, scratch, sizeof scratch, auth, hold)
    REFUSED(INVALID, auth, HELD(cache, now, scratch, &auth, askew(&hold)));
    REFUSED(INVALID, auth, HELD(cache, now, scratch, &auth, (void *)&auth));
    REFUSED(INVALID, auth, HELD(cache, now, scratch, &auth, (void *)&headers));
    REFUSED(INVALID, auth, HELD(cache, now, scratch, &auth, (void *)(cache_memory + 64)));
    EXPECT(INVALID, tesseral_authenticate(verifier, cache, &headers, now, scratch, sizeof scratch, &auth,
                                               (void *)(scratch + (-(uintptr_t)scratch & 7))));
    REFUSED(INVALID, hold, HELD(askew(cache), now, scratch, &auth, &hold));
    REFUSED(INVALID, hold, HELD(cache, now, scratch, NULL, &hold));
    hold.struct_size = sizeof hold - 1;
    REFUSED(INVALID, hold, HELD(cache, now, scratch, &auth, &hold));
    hold.struct_size = sizeof hold;
    hold.serial = 1;
    REFUSED(INVALID, hold, HELD(cache, now, scratch, &auth, &hold));
    REFUSED(INVALID, hold, tesseral_cache_release(cache, &hold));
    hold.serial = 0;

    REFUSED(TESSERAL_ERR_TOKEN_EXPIRED, hold, HELD(cache, now + 301, scratch, &auth, &hold));
    EXPECT(TESSERAL_OK, HELD(NULL, now, scratch, &auth, &hold));
    ASSERT(hold.serial == 0);
    EXPECT(TESSERAL_OK, HELD(small, now, scratch, &auth, &hold));
    ASSERT(hold.serial == 0 && auth.claims.user_id.ptr >= scratch && auth.claims.user_id.ptr < scratch + sizeof scratch);
    EXPECT(TESSERAL_OK, tesseral_cache_release(small, &hold));
    ASSERT(tesseral_cache_hits(cache) == 0 && tesseral_cache_misses(cache) == 1);

    EXPECT(TESSERAL_OK, HELD(cache, now, scratch, &auth, &hold));
    ASSERT(hold.serial == 1 && hold.slot < 8 && auth.credentials.ptr == authorization.ptr + 7);
    ASSERT(auth.claims.user_id.ptr >= cache_memory && auth.claims.user_id.ptr < cache_memory + sizeof cache_memory);
    ASSERT(tesseral_auth_permits(&auth, octets("x\ny"), 3));
    EXPECT(TESSERAL_OK, HELD(cache, now, scratch, &auth, &second));
    ASSERT(second.serial == 1 && second.slot == hold.slot);
    ASSERT(tesseral_cache_hits(cache) == 1 && tesseral_cache_misses(cache) == 2);
    old = second;
    REFUSED(INVALID, second, HELD(cache, now, scratch, &auth, &second));
    second.serial = 0;
    REFUSED(TESSERAL_ERR_TOKEN_EXPIRED, second, HELD(cache, now + 301, scratch, &auth, &second));
    ASSERT(tesseral_cache_hits(cache) == 2);

    memset(too_long, 'a', sizeof too_long);
    memcpy(too_long, "Bearer a.", 9);
    authorization.ptr = too_long;
    authorization.len = sizeof too_long;
    REFUSED(TESSERAL_ERR_TOKEN_TOO_LARGE, second, HELD(cache, now, scratch, &auth, &second));
    ASSERT(tesseral_cache_hits(cache) == 2 && tesseral_cache_misses(cache) == 2);

    REFUSED(INVALID, hold, tesseral_cache_release(NULL, &hold));
    REFUSED(INVALID, hold, tesseral_cache_release(small, &hold));
    EXPECT(INVALID, tesseral_cache_release(cache, NULL));
    EXPECT(INVALID, tesseral_cache_release(cache, askew(&hold)));
    EXPECT(INVALID, tesseral_cache_release(cache, (void *)(cache_memory + 64)));
    EXPECT(TESSERAL_OK, tesseral_cache_release(cache, &hold));
    ASSERT(hold.serial == 0 && hold.struct_size == sizeof hold);
    EXPECT(TESSERAL_OK, tesseral_cache_release(cache, &hold));
    EXPECT(TESSERAL_OK, tesseral_cache_release(cache, &old));
    hold = (tesseral_hold){sizeof hold, 0, 0, 1};
    REFUSED(INVALID, hold, tesseral_cache_release(cache, &hold));
    hold.slot = SIZE_MAX;
    REFUSED(INVALID, hold, tesseral_cache_release(cache, &hold));
}

static void check_arguments(const struct given *given)
{
    caches(given->verifier, given->token, given->now);
    holds(given->verifier, given->token, given->now);
}
