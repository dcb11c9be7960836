/*
 * Results of every kind are copied, and what they pointed into is overwritten:
 *
 *     copied SNAPSHOT NOW API-KEY TOKEN ...
 *
 * Each result is made twice, in different memory: the copy of the one is compared with the other, octet for octet.
 */
#include <stdlib.h>
#include <string.h>

#include "fenced.h"
#include "tesseral_verify.h"

enum { SCRATCH = TESSERAL_SCRATCH_SIZE(TESSERAL_DEFAULT_MAX_TOKEN_LEN), ROOM = 1 << 16 };

/* The memory that a result points into. */
struct source {
    _Alignas(16) uint8_t cache[ROOM];
    uint8_t credential[ROOM];
    uint8_t body[ROOM];
    uint8_t scratch[SCRATCH];
    tesseral_auth auth;
    tesseral_hold hold;
};

static struct source sources[2];
static const tesseral_verifier *verifier;
static int64_t now;
static unsigned copied, held, appended;

static void fail(const char *what, const char *credential)
{
    printf("copied: %s: %s\n", what, credential);
    exit(1);
}

static void load(const char *name)
{
    static _Alignas(TESSERAL_VERIFIER_ALIGN) uint8_t room[TESSERAL_VERIFIER_SIZE(TINY, 4)];
    static uint8_t document[TESSERAL_MAX_DOCUMENT_LEN];
    FILE *file = fopen(name, "rb");
    tesseral_options options = TESSERAL_OPTIONS_INIT;
    options.profile = TESSERAL_PROFILE_TINY;
    options.api_keys = 1;
    if (file == NULL || tesseral_verifier_init(room, sizeof room, document, fread(document, 1, sizeof document, file),
                                               &options, &verifier) != TESSERAL_OK)
        fail("no verifier", name);
    fclose(file);
}

/* Judges a request with this credential; with a cache, a good token stays in it. */
static void judge(struct source *source, const char *credential, int with_cache, uint32_t expected)
{
    static const uint8_t seed[16] = "sixteen octets.";
    tesseral_str value = {source->credential, 0};
    tesseral_headers headers = TESSERAL_HEADERS_INIT;
    tesseral_cache *cache = NULL;
    value.len = (size_t)snprintf((char *)source->credential, ROOM, "Bearer %s", credential);
    headers.authorization = &value;
    headers.authorization_count = 1;
    source->auth = (tesseral_auth)TESSERAL_AUTH_INIT;
    source->hold = (tesseral_hold)TESSERAL_HOLD_INIT;
    if (with_cache && tesseral_cache_init(source->cache, ROOM, 3000, seed, 16, &cache) != TESSERAL_OK)
        fail("no cache", credential);
    if (tesseral_authenticate(verifier, cache, &headers, now, source->scratch, SCRATCH, &source->auth, &source->hold) !=
        expected)
        fail("another verdict", credential);
    held += source->hold.serial != 0;
}

/* The service's answer about an API key. */
static void look_up(struct source *source, const char *key, const char *body)
{
    const size_t key_len = strlen(key), body_len = strlen(body);
    memcpy(source->credential, key, key_len);
    memcpy(source->body, body, body_len);
    source->auth = (tesseral_auth)TESSERAL_AUTH_INIT;
    if (tesseral_api_key_response(source->credential, key_len, 200, source->body, body_len, source->scratch, SCRATCH,
                                  &source->auth) != TESSERAL_OK)
        fail("another answer", body);
}

static int same(tesseral_str a, tesseral_str b)
{
    return a.len == b.len && (a.ptr == NULL) == (b.ptr == NULL) && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static int same_auth(const tesseral_auth *a, const tesseral_auth *b)
{
    tesseral_action_cursor at_a = TESSERAL_ACTION_CURSOR_INIT, at_b = TESSERAL_ACTION_CURSOR_INIT;
    tesseral_str action_a = TESSERAL_STR_NONE, action_b = TESSERAL_STR_NONE;
    int more;
#define SAME(name) same(a->name, b->name)
    if (a->credentials_type != b->credentials_type || !SAME(credentials) || !SAME(organization_id) || !SAME(api_key_id) ||
        !SAME(actions_json) || !SAME(actions_decoded) || !SAME(payload) || !SAME(claims.iss) || !SAME(claims.sub) ||
        !SAME(claims.aud) || !SAME(claims.session_id) || !SAME(claims.user_id) || !SAME(claims.user_email) ||
        !SAME(claims.user_display_name) || !SAME(claims.user_profile_picture_url) || !SAME(claims.organization_id) ||
        !SAME(claims.organization_display_name) || !SAME(claims.impersonator_email) || a->claims.exp != b->claims.exp ||
        a->claims.nbf != b->claims.nbf || a->claims.iat != b->claims.iat)
        return 0;
    do {
        more = tesseral_auth_next_action(a, &at_a, &action_a);
        if (more != tesseral_auth_next_action(b, &at_b, &action_b) || !same(action_a, action_b) ||
            (more && !tesseral_auth_permits(a, action_b.ptr, action_b.len)))
            return 0;
    } while (more);
    return 1;
}

/* Copies the first source's result to either end of a page; the second source has an equal result to compare with. */
static void check(const char *name)
{
    struct source *source = &sources[0];
    const size_t size = tesseral_auth_size(&source->auth);
    const tesseral_auth before = source->auth;
    uint8_t *memory[3], *less = fenced(NULL, size, 0);
    tesseral_auth copies[3] = {TESSERAL_AUTH_INIT, TESSERAL_AUTH_INIT, TESSERAL_AUTH_INIT}, untouched = copies[0];
    if (size < source->auth.payload.len + source->auth.credentials.len)
        fail("too small a size", name);
    memset(less, 0x5a, size);
    if (tesseral_auth_copy(&source->auth, less, size - 1, &copies[0]) != TESSERAL_ERR_BUFFER_TOO_SMALL ||
        memcmp(&copies[0], &untouched, sizeof untouched) != 0)
        fail("one octet less", name);
    for (size_t i = 0; i < size; i++)
        if (less[i] != 0x5a)
            fail("written on failure", name);
    for (int i = 0; i < 3; i++)
        memory[i] = fenced(NULL, size, i != 0);
    /* To another struct, from the copy to a third, and in place. */
    if (tesseral_auth_copy(&source->auth, memory[0], size, &copies[0]) != TESSERAL_OK ||
        tesseral_auth_copy(&copies[0], memory[1], size, &copies[1]) != TESSERAL_OK ||
        memcmp(&source->auth, &before, sizeof before) != 0 ||
        tesseral_auth_copy(&source->auth, memory[2], size, &source->auth) != TESSERAL_OK)
        fail("not copied", name);
    copies[2] = source->auth;
    memset(source, 0xaa, sizeof *source);
    for (int i = 0; i < 3; i++) {
        if (!same_auth(&copies[i], &sources[1].auth) || tesseral_auth_size(&copies[i]) != size)
            fail("another result", name);
        copied++;
    }
    appended += size > sources[1].auth.payload.len + sources[1].auth.credentials.len;
}

int main(int argc, char **argv)
{
    static const char *const bodies[] = {
        "{\"apiKeyId\":\"api_key_1\",\"organizationId\":\"org_1\",\"actions\":[\"a.b.c\",\"\",\"x\"]}",
        "{\"apiKeyId\":\"api_key_\\u0031\",\"organizationId\":\"\\u006frg_1\",\"actions\":[\"a\\nb\",\"c\",\"\\u0064\"]}",
        "{\"apiKeyId\":\"api_key_1\",\"organizationId\":\"org_1\"}",
    };
    if (argc < 5)
        return 2;
    load(argv[1]);
    now = strtoll(argv[2], NULL, 10);
    for (int i = 4; i < argc; i++) {
        for (int with_cache = 0; with_cache <= 1; with_cache++) {
            judge(&sources[0], argv[i], with_cache, TESSERAL_OK);
            judge(&sources[1], argv[i], 0, TESSERAL_OK);
            check(argv[i]);
        }
    }
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        look_up(&sources[0], argv[3], bodies[i]);
        look_up(&sources[1], argv[3], bodies[i]);
        check(bodies[i]);
    }
    judge(&sources[0], argv[3], 0, TESSERAL_ERR_API_KEY_LOOKUP_NEEDED);
    judge(&sources[1], argv[3], 0, TESSERAL_ERR_API_KEY_LOOKUP_NEEDED);
    check(argv[3]);
    printf("copied (C): %u copies, %u results with strings outside of the payload, %u held tokens\n", copied, appended, held);
    return held != (unsigned)argc - 4 || appended < 4;
}
