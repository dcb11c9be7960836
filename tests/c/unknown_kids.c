/*
 * Requests with tokens of a new key: the refusal, the fetch and the second verdict:
 *
 *     unknown_kids BEFORE AFTER COOKIE-NAME TOKEN NEW-TOKEN NEW-KID NOW
 *
 * BEFORE and AFTER are the snapshots without and with the key of NEW-TOKEN; TOKEN is good with both. Both tokens are expired
 * 301 seconds after NOW.
 */
#include <stdlib.h>

#include "checks.h"

#define EXPIRED (now + 301)

static _Alignas(TESSERAL_VERIFIER_ALIGN) uint8_t memory[2][TESSERAL_VERIFIER_SIZE(TINY, 4)];
static _Alignas(TESSERAL_RULEBOOK_ALIGN) uint8_t state[TESSERAL_REFRESH_SIZE];
static uint8_t scratch[TESSERAL_SCRATCH_SIZE(TESSERAL_DEFAULT_MAX_TOKEN_LEN)];
static const tesseral_verifier *before, *after;
static int64_t now;

static const tesseral_verifier *load(const char *path, uint8_t *place)
{
    static uint8_t document[TESSERAL_MAX_DOCUMENT_LEN];
    const tesseral_verifier *verifier = NULL;
    tesseral_options options = TESSERAL_OPTIONS_INIT;
    FILE *file = fopen(path, "rb");
    const size_t len = file == NULL ? 0 : fread(document, 1, sizeof document, file);
    options.profile = TESSERAL_PROFILE_TINY;
    EXPECT(TESSERAL_OK, tesseral_verifier_init(place, sizeof memory[0], document, len, &options, &verifier));
    if (file != NULL)
        fclose(file);
    return verifier;
}

/* Headers with one Authorization or Cookie value. */
static tesseral_headers headers_of(int bearer, const char *value)
{
    static tesseral_str text;
    tesseral_headers headers = TESSERAL_HEADERS_INIT;
    text.ptr = octets(value);
    text.len = strlen(value);
    if (bearer) {
        headers.authorization = &text;
        headers.authorization_count = 1;
    } else {
        headers.cookie = &text;
        headers.cookie_count = 1;
    }
    return headers;
}

/* Judges a request; the kids are those of a refused one. */
static uint32_t judge(const tesseral_verifier *verifier, const tesseral_headers *headers, int64_t when, tesseral_kid_hashes *kids)
{
    tesseral_auth auth = TESSERAL_AUTH_INIT;
    const uint32_t status = tesseral_authenticate(verifier, NULL, headers, when, scratch, sizeof scratch, &auth, NULL);
    EXPECT(TESSERAL_OK, tesseral_unknown_kids(verifier, headers, when, scratch, sizeof scratch, kids));
    return status;
}

int main(int argc, char **argv)
{
    static char bearer[8192], cookies[32768];
    tesseral_kid_hashes kids = TESSERAL_KID_HASHES_INIT;
    tesseral_headers headers;
    tesseral_refresh_rules rules = TESSERAL_REFRESH_RULES_INIT;
    tesseral_poll poll = TESSERAL_POLL_INIT;
    tesseral_request request = TESSERAL_REQUEST_INIT;
    tesseral_moment moment = {5000, 1750000000000};
    uint8_t hash[TESSERAL_KID_HASH_LEN];
    const char *name, *token, *new_token;
    uint32_t taken = 0;
    uint64_t freed = 0;

    if (argc != 8)
        return 2;
    before = load(argv[1], memory[0]);
    after = load(argv[2], memory[1]);
    name = argv[3];
    token = argv[4];
    new_token = argv[5];
    EXPECT(TESSERAL_OK, tesseral_kid_hash(octets(argv[6]), strlen(argv[6]), hash, sizeof hash));
    now = strtoll(argv[7], NULL, 10);
#define HAS_NEW(kids) ((kids).count == 1 && memcmp((kids).hashes, hash, sizeof hash) == 0)

    /* A Bearer token. */
    snprintf(bearer, sizeof bearer, "Bearer %s", new_token);
    headers = headers_of(1, bearer);
    EXPECT(TESSERAL_ERR_KEY_UNKNOWN, judge(before, &headers, now, &kids));
    ASSERT(HAS_NEW(kids) && kids.hashes[16] == 0 && kids.struct_size == sizeof kids);
    EXPECT(TESSERAL_OK, judge(after, &headers, now, &kids));
    ASSERT(kids.count == 0);
    REFUSED(INVALID, kids, tesseral_unknown_kids(before, askew(&headers), now, scratch, sizeof scratch, &kids));
    REFUSED(SMALL, kids, tesseral_unknown_kids(before, &headers, now, scratch, 100, &kids));
    snprintf(bearer, sizeof bearer, "Bearer %s", token);
    EXPECT(TESSERAL_OK, judge(before, &headers, now, &kids));
    ASSERT(kids.count == 0);
    headers = headers_of(1, bearer);
    EXPECT(TESSERAL_ERR_TOKEN_EXPIRED, judge(before, &headers, EXPIRED, &kids));
    ASSERT(kids.count == 0);

    /* The status is that of an expired cookie; behind it comes a token of a new key. */
    snprintf(cookies, sizeof cookies, "a=b; %s=%s; %s=%s", name, token, name, new_token);
    headers = headers_of(0, cookies);
    EXPECT(TESSERAL_ERR_TOKEN_EXPIRED, judge(before, &headers, EXPIRED, &kids));
    ASSERT(HAS_NEW(kids));
    /* With a good cookie beside it, no other key is needed. */
    EXPECT(TESSERAL_OK, judge(before, &headers, now, &kids));
    ASSERT(kids.count == 0);
    snprintf(cookies, sizeof cookies, "%s=%s; %s=%s", name, new_token, name, token);
    headers = headers_of(0, cookies);
    EXPECT(TESSERAL_OK, judge(before, &headers, now, &kids));
    ASSERT(kids.count == 0);
    /* Two tokens of one key give one kid. */
    snprintf(cookies, sizeof cookies, "%s=%s; %s=%s", name, new_token, name, new_token);
    headers = headers_of(0, cookies);
    EXPECT(TESSERAL_ERR_KEY_UNKNOWN, judge(before, &headers, now, &kids));
    ASSERT(HAS_NEW(kids));

    /* The whole way: refused, one flight for its kid, accepted. */
    EXPECT(TESSERAL_OK, tesseral_refresh_init(state, sizeof state, hash, sizeof hash, &moment));
    EXPECT(TESSERAL_OK, tesseral_refresh_poll(state, sizeof state, &moment, &rules, &poll));
    EXPECT(TESSERAL_OK, tesseral_refresh_landed(state, sizeof state, &poll.flight, TESSERAL_CHANGE_KEYS, 1, 1, &moment, &taken, &freed));
    EXPECT(TESSERAL_OK, tesseral_refresh_poll(state, sizeof state, &moment, &rules, &poll));
    ASSERT(poll.act == TESSERAL_POLL_AT && !tesseral_refresh_is_fetching(state, sizeof state, &moment, &rules));
#define REQUEST() \
    tesseral_refresh_request(state, sizeof state, TESSERAL_NEED_KIDS, kids.hashes, kids.count * TESSERAL_KID_HASH_LEN, \
                             &moment, &rules, &request)
    EXPECT(TESSERAL_OK, REQUEST());
    ASSERT(request.act == TESSERAL_REQUEST_WAIT && request.wake == 1);
    ASSERT(tesseral_refresh_is_fetching(state, sizeof state, &moment, &rules));
    EXPECT(TESSERAL_OK, tesseral_refresh_poll(state, sizeof state, &moment, &rules, &poll));
    ASSERT(poll.act == TESSERAL_POLL_FETCH);
    EXPECT(TESSERAL_OK, tesseral_refresh_landed(state, sizeof state, &poll.flight, TESSERAL_CHANGE_SAME, 1, 1, &moment, &taken, &freed));
    EXPECT(TESSERAL_OK, tesseral_refresh_waited(state, sizeof state, &request.wait));
    /* That document has no such key: the state knows the kid by the same hash, and does not wait for it again. */
    EXPECT(TESSERAL_OK, REQUEST());
    ASSERT(request.act == TESSERAL_REQUEST_PROCEED && request.wake == 0);
    EXPECT(TESSERAL_OK, judge(after, &headers, now, &kids));
    ASSERT(kids.count == 0);

    printf("unknown kids (C): %u checks, %u failures\n", checks, failures);
    return checks == 0 || failures != 0;
}
