/*
 * Opens the image of a file that `tesseral-verify bake` wrote, and says what its verifier says to a token:
 *
 *     image TOKEN NOW BEFORE
 *
 * It says so only if a cache that got the token at the time BEFORE changes nothing about it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tesseral_verify.h"

extern const uint8_t tesseral_image[];
extern const size_t tesseral_image_len;
extern const uint8_t tesseral_image_digest[32];

#define ASSERT(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "image.c:%d: %s\n", __LINE__, #condition); \
            exit(1); \
        } \
    } while (0)

enum { KEYS = 2 };

static _Alignas(TESSERAL_VERIFIER_ALIGN) uint8_t memory[TESSERAL_OPENED_VERIFIER_SIZE(KEYS) + 1];
static uint8_t scratch[TESSERAL_SCRATCH_SIZE(TESSERAL_DEFAULT_MAX_TOKEN_LEN)];

static uint32_t open_image(const uint8_t *image, size_t len, const uint8_t *digest)
{
    const tesseral_verifier *verifier = NULL;
    const uint32_t status = tesseral_verifier_open(memory, sizeof memory, image, len, digest, &verifier);
    ASSERT((status == TESSERAL_OK) == (verifier == (const void *)memory) && (status == TESSERAL_OK || verifier == NULL));
    return status;
}

/* A copy in memory of exactly this size, so that memory checkers notice a read past its end. */
static uint8_t *copy_of(size_t len)
{
    uint8_t *copy = aligned_alloc(TESSERAL_VERIFIER_ALIGN, (len + 63) / 64 * 64);
    ASSERT(copy != NULL);
    memcpy(copy, tesseral_image, len);
    return copy;
}

static void damaged(void)
{
    uint8_t *copy = copy_of(tesseral_image_len);
    for (size_t bit = 0; bit < 8 * tesseral_image_len; bit += tesseral_image_len / 64 + 1) {
        copy[bit / 8] ^= (uint8_t)(1U << bit % 8);
        ASSERT(open_image(copy, tesseral_image_len, NULL) == TESSERAL_ERR_IMAGE_MALFORMED);
        copy[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    ASSERT(open_image(copy, tesseral_image_len, tesseral_image_digest) == TESSERAL_OK);
    free(copy);
    for (size_t len = 0; len < tesseral_image_len; len = len < 130 ? len + 1 : len + tesseral_image_len / 64 + 1) {
        copy = copy_of(len);
        ASSERT(open_image(copy, len, NULL) == TESSERAL_ERR_IMAGE_MALFORMED);
        free(copy);
    }
    ASSERT(open_image(NULL, 0, NULL) == TESSERAL_ERR_IMAGE_MALFORMED);
}

static void arguments(void)
{
    const size_t len = tesseral_image_len, exact = tesseral_opened_verifier_size(1);
    const tesseral_verifier *verifier = NULL;
    uint8_t digest[TESSERAL_IMAGE_DIGEST_LEN];
    uint8_t *moved = aligned_alloc(TESSERAL_VERIFIER_ALIGN, len + TESSERAL_VERIFIER_ALIGN);
    ASSERT(moved != NULL && exact != 0 && exact <= TESSERAL_OPENED_VERIFIER_SIZE(1));
    /* An image that is not aligned, and memory that is not. */
    memcpy(moved + 8, tesseral_image, len);
    ASSERT(open_image(moved + 8, len, NULL) == TESSERAL_ERR_INVALID_ARGUMENT);
    ASSERT(tesseral_verifier_open(memory + 1, sizeof memory - 1, tesseral_image, len, NULL, &verifier) ==
           TESSERAL_ERR_INVALID_ARGUMENT);
    free(moved);
    ASSERT(tesseral_verifier_open(memory, exact - 1, tesseral_image, len, NULL, &verifier) == TESSERAL_ERR_BUFFER_TOO_SMALL);
    ASSERT(tesseral_verifier_open(memory, 0, tesseral_image, len, NULL, &verifier) == TESSERAL_ERR_BUFFER_TOO_SMALL);
    ASSERT(tesseral_verifier_open(NULL, exact, tesseral_image, len, NULL, &verifier) == TESSERAL_ERR_INVALID_ARGUMENT);
    ASSERT(tesseral_verifier_open(memory, exact, NULL, len, NULL, &verifier) == TESSERAL_ERR_INVALID_ARGUMENT);
    ASSERT(tesseral_verifier_open(memory, exact, tesseral_image, SIZE_MAX, NULL, &verifier) == TESSERAL_ERR_INVALID_ARGUMENT);
    ASSERT(tesseral_verifier_open(memory, exact, tesseral_image, len, NULL, NULL) == TESSERAL_ERR_INVALID_ARGUMENT);
    ASSERT(tesseral_verifier_open(memory, exact, memory, 64, NULL, &verifier) == TESSERAL_ERR_INVALID_ARGUMENT);
    ASSERT(tesseral_verifier_open(memory, exact, tesseral_image, len, memory, &verifier) == TESSERAL_ERR_INVALID_ARGUMENT);
    ASSERT(verifier == NULL);
    /* The digest that is expected. */
    memcpy(digest, tesseral_image_digest, sizeof digest);
    digest[31] ^= 1;
    ASSERT(open_image(tesseral_image, len, digest) == TESSERAL_ERR_IMAGE_MALFORMED);
    ASSERT(open_image(tesseral_image, len, NULL) == TESSERAL_OK);
    ASSERT(tesseral_verifier_open(memory, exact, tesseral_image, len, tesseral_image_digest, &verifier) == TESSERAL_OK);
    ASSERT(tesseral_verifier_keys_used(verifier) == 1);
    ASSERT(tesseral_opened_verifier_size(0) == 0 && tesseral_opened_verifier_size(TESSERAL_MAX_KEYS + 1) == 0);
}

/* The status of a request with a cache that saw the token before; the cache holds it, or does not. */
static uint32_t cached(const tesseral_verifier *verifier, const char *token, int64_t now, int64_t before, int hold_it)
{
    static _Alignas(TESSERAL_CACHE_ALIGN) uint8_t room[65536];
    static const uint8_t seed[16] = "sixteen octets.";
    tesseral_cache *cache = NULL;
    tesseral_hold hold = TESSERAL_HOLD_INIT;
    tesseral_auth auth = TESSERAL_AUTH_INIT;
    tesseral_headers headers = TESSERAL_HEADERS_INIT;
    headers.credential.ptr = (const uint8_t *)token;
    headers.credential.len = strlen(token);
    ASSERT(tesseral_cache_init(room, sizeof room, 2048, seed, sizeof seed, &cache) == TESSERAL_OK);
    (void)tesseral_authenticate(verifier, cache, &headers, before, scratch, sizeof scratch, &auth, NULL);
    const uint32_t status = tesseral_authenticate(verifier, cache, &headers, now, scratch, sizeof scratch, &auth,
                                                  hold_it ? &hold : NULL);
    ASSERT(hold_it == (hold.serial != 0) || status != TESSERAL_OK);
    return status;
}

int main(int argc, char **argv)
{
    const tesseral_verifier *verifier = NULL;
    tesseral_auth auth = TESSERAL_AUTH_INIT;
    if (argc != 4)
        return 2;
    damaged();
    arguments();
    ASSERT(tesseral_verifier_open(memory, sizeof memory, tesseral_image, tesseral_image_len, tesseral_image_digest,
                                  &verifier) == TESSERAL_OK);
    const int64_t now = strtoll(argv[2], NULL, 10), before = strtoll(argv[3], NULL, 10);
    const uint32_t status = tesseral_verify_token(verifier, NULL, (const uint8_t *)argv[1], strlen(argv[1]), now, scratch,
                                                  sizeof scratch, &auth);
    ASSERT(cached(verifier, argv[1], now, before, 0) == status && cached(verifier, argv[1], now, before, 1) == status);
    printf("%s\n", tesseral_status_slug(status));
    return 0;
}
