/*
 * Every pointer and length of every function: NULL, 0, too long, misaligned, too small, overlapping, of the wrong
 * struct_size. Each wrong one has its status, and no output is written.
 *
 *     arguments SNAPSHOT TOKEN API-KEY NOW
 *
 * TOKEN is an access token that is good at NOW, with the actions a.b.c and "x\ny"; API-KEY has the right shape.
 */
#include <stdlib.h>

#include "checks.h"

static _Alignas(TESSERAL_VERIFIER_ALIGN) uint8_t memory[TESSERAL_VERIFIER_SIZE(TINY, 4) + 64];
static _Alignas(TESSERAL_VERIFIER_ALIGN) uint8_t other[TESSERAL_VERIFIER_SIZE(TINY, 4) + 64];
static uint8_t scratch[TESSERAL_SCRATCH_SIZE(TESSERAL_DEFAULT_MAX_TOKEN_LEN)];
static uint8_t document[TESSERAL_MAX_DOCUMENT_LEN + 1];
static _Alignas(16) uint8_t cache_memory[1 << 14];

static const tesseral_verifier *initialise(size_t document_len)
{
    const tesseral_verifier *verifier = NULL;
    tesseral_options options = TESSERAL_OPTIONS_INIT;
    const size_t exact = tesseral_verifier_size(TESSERAL_PROFILE_TINY, 1);
    options.profile = TESSERAL_PROFILE_TINY;
    options.api_keys = 1;
    memset(memory, 0xa5, sizeof memory);
    memcpy(other, memory, sizeof other);

#define INIT tesseral_verifier_init
    REFUSED(INVALID, verifier, INIT(NULL, exact, document, document_len, &options, &verifier));
    REFUSED(INVALID, verifier, INIT(memory + 1, exact, document, document_len, &options, &verifier));
    REFUSED(INVALID, verifier, INIT(memory + 32, exact, document, document_len, &options, &verifier));
    REFUSED(INVALID, verifier, INIT(memory, TOO_LONG, document, document_len, &options, &verifier));
    REFUSED(SMALL, verifier, INIT(memory, 0, document, document_len, &options, &verifier));
    REFUSED(SMALL, verifier, INIT(memory, exact - 1, document, document_len, &options, &verifier));
    REFUSED(INVALID, verifier, INIT(memory, exact, NULL, document_len, &options, &verifier));
    REFUSED(INVALID, verifier, INIT(memory, exact, document, TOO_LONG, &options, &verifier));
    REFUSED(INVALID, verifier, INIT(memory, exact, document, document_len, &options, NULL));
    REFUSED(INVALID, verifier, INIT(memory, exact, document, document_len, &options, askew(&verifier)));
    REFUSED(INVALID, verifier, INIT(memory, exact, document, document_len, askew(&options), &verifier));
    REFUSED(INVALID, verifier, INIT(memory, exact, memory + 100, document_len, &options, &verifier));
    REFUSED(INVALID, verifier, INIT(memory, exact, document, document_len, (void *)memory, &verifier));
    REFUSED(INVALID, verifier, INIT(memory, exact, document, document_len, &options, (void *)(memory + 64)));
    REFUSED(INVALID, verifier, INIT(memory, exact, document, document_len, &options, (void *)document));
    REFUSED(TESSERAL_ERR_CONFIG_TOO_LARGE, verifier,
            INIT(memory, exact, document, TESSERAL_MAX_DOCUMENT_LEN + 1, &options, &verifier));
    REFUSED(TESSERAL_ERR_CONFIG_MALFORMED, verifier, INIT(memory, exact, NULL, 0, &options, &verifier));
    REFUSED(TESSERAL_ERR_CONFIG_MALFORMED, verifier, INIT(memory, exact, document, document_len - 3, &options, &verifier));
    REFUSED(TESSERAL_ERR_CONFIG_MALFORMED, verifier, INIT(memory, exact, octets("{\"keys\":1}"), 10, &options, &verifier));
    REFUSED(TESSERAL_ERR_CONFIG_NO_USABLE_KEY, verifier,
            INIT(memory, exact, octets("{\"projectId\":\"p\",\"keys\":[]}"), 27, &options, &verifier));
    REFUSED(TESSERAL_ERR_CONFIG_NO_USABLE_KEY, verifier, INIT(memory, exact, octets("{\"keys\":[]}"), 11, &options, &verifier));

#define WITH(member, value, expected) \
    do { \
        tesseral_options changed = options; \
        changed.member = (value); \
        REFUSED(expected, verifier, INIT(memory, exact, document, document_len, &changed, &verifier)); \
        REFUSED(expected, verifier, tesseral_verifier_new(document, document_len, &changed, &verifier)); \
    } while (0)
    WITH(struct_size, 0, INVALID);
    WITH(struct_size, sizeof options - 1, INVALID);
    WITH(profile, 3, INVALID);
    WITH(leeway_seconds, 301, INVALID);
    WITH(max_token_len, 65537, INVALID);
    WITH(api_keys, 2, INVALID);
    WITH(reserved, 1, INVALID);
    WITH(issuer.len, 1, INVALID);
    WITH(project_id.len, TOO_LONG, INVALID);
    options.issuer.ptr = octets("\xff");
    WITH(issuer.len, 1, INVALID);
    options.issuer.ptr = document;
    WITH(issuer.len, 257, INVALID);
    options.issuer.ptr = NULL;
    options.project_id.ptr = document;
    WITH(project_id.len, 65, INVALID);
    options.project_id.ptr = NULL;

    REFUSED(INVALID, verifier, tesseral_verifier_new(NULL, 1, &options, &verifier));
    REFUSED(INVALID, verifier, tesseral_verifier_new(document, TOO_LONG, &options, &verifier));
    REFUSED(INVALID, verifier, tesseral_verifier_new(document, document_len, &options, NULL));
    REFUSED(INVALID, verifier, tesseral_verifier_new(document, document_len, &options, (void *)document));
    /* A refusal writes nothing, also not into the memory. */
    ASSERT(memcmp(memory, other, sizeof other) == 0);

    /* One octet less is too little, and the last octet is the last that is written. */
    EXPECT(TESSERAL_OK, INIT(memory, exact, document, document_len, &options, &verifier));
    ASSERT(memory[exact] == 0xa5);
    ASSERT((const void *)verifier == memory);
    tesseral_verifier_free(NULL);
    tesseral_verifier_free(verifier);
    return verifier;
}

/* Looks at documents, good and bad; every wrong argument writes nothing. */
static void surveys(size_t document_len)
{
    static const char plain[] =
        "{\"keys\":[7,{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"k\",\"x\":\"axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY\",\"y\":\"T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU\"}]}";
    const tesseral_verifier *verifier = NULL;
    tesseral_survey survey = TESSERAL_SURVEY_INIT;
    tesseral_options options = TESSERAL_OPTIONS_INIT;

#define SURVEY tesseral_survey_document
    survey.keys_usable = 77;
    REFUSED(INVALID, survey, SURVEY(NULL, document_len, &options, &survey));
    REFUSED(INVALID, survey, SURVEY(document, TOO_LONG, &options, &survey));
    REFUSED(INVALID, survey, SURVEY(document, document_len, askew(&options), &survey));
    EXPECT(INVALID, SURVEY(document, document_len, &options, NULL));
    EXPECT(INVALID, SURVEY(document, document_len, &options, askew(&survey)));
    REFUSED(INVALID, survey, SURVEY((void *)&survey, sizeof survey, &options, &survey));
    options.leeway_seconds = 301;
    REFUSED(INVALID, survey, SURVEY(document, document_len, &options, &survey));
    options.leeway_seconds = 0;
    survey.struct_size--;
    REFUSED(INVALID, survey, SURVEY(document, document_len, &options, &survey));
    survey.struct_size++;

    EXPECT(TESSERAL_OK, SURVEY(document, document_len, NULL, &survey));
    ASSERT(survey.keys_usable == 1 && survey.keys_skipped == 0 && survey.skipped_count == 0);
    ASSERT(survey.project_id_len == 33 && memcmp(survey.project_id, "project_", 8) == 0);
    ASSERT(survey.issuer_len == 54 && memcmp(survey.issuer, "https://project-", 16) == 0);
    for (uint32_t profile = 0; profile < TESSERAL_PROFILES; profile++)
        ASSERT(survey.memory_len[profile] == tesseral_verifier_size(profile, 1));

    EXPECT(TESSERAL_ERR_CONFIG_MALFORMED, SURVEY(octets("{\"keys\":1}"), 10, NULL, &survey));
    ASSERT(survey.error_offset == 8 && survey.keys_usable == 0 && survey.memory_len[0] == 0 && survey.issuer_len == 0);
    EXPECT(TESSERAL_ERR_CONFIG_MALFORMED, SURVEY(NULL, 0, NULL, &survey));
    ASSERT(survey.error_offset == 0);
    EXPECT(TESSERAL_ERR_CONFIG_TOO_LARGE, SURVEY(document, TESSERAL_MAX_DOCUMENT_LEN + 1, NULL, &survey));
    EXPECT(TESSERAL_ERR_CONFIG_NO_USABLE_KEY, SURVEY(octets("{\"keys\":[7]}"), 12, NULL, &survey));
    ASSERT(survey.keys_skipped == 1 && survey.skipped_count == 1 && survey.skipped[0].index == 0);
    ASSERT(strcmp(tesseral_skip_reason_slug(survey.skipped[0].reason), "not_an_object") == 0);
    ASSERT(survey.project_id_len == 0 && survey.issuer_len == 0 && survey.memory_len[0] == 0);
    EXPECT(TESSERAL_ERR_CONFIG_NO_ISSUER, SURVEY(octets(plain), strlen(plain), NULL, &survey));
    ASSERT(survey.keys_usable == 1 && survey.keys_skipped == 1 && survey.issuer_len == 0 && survey.memory_len[0] == 0);
    REFUSED(TESSERAL_ERR_CONFIG_NO_ISSUER, verifier, tesseral_verifier_new(octets(plain), strlen(plain), NULL, &verifier));
    options.project_id.ptr = octets("p_q");
    options.project_id.len = 3;
    EXPECT(TESSERAL_ERR_CONFIG_NO_USABLE_KEY, SURVEY(octets("{\"keys\":[7]}"), 12, &options, &survey));
    ASSERT(survey.keys_usable == 0 && survey.skipped_count == 1 && survey.memory_len[0] == 0);
    ASSERT(survey.project_id_len == 3 && memcmp(survey.project_id, "p_q", 4) == 0);
    ASSERT(survey.issuer_len == 24 && memcmp(survey.issuer, "https://p-q.tesseral.app", 25) == 0);
}

static void queries(const tesseral_verifier *verifier)
{
    tesseral_str text = {NULL, 99};
    uint32_t status = 99;

    ASSERT(tesseral_verifier_size(TESSERAL_PROFILE_SERVER, 0) == 0);
    ASSERT(tesseral_verifier_size(TESSERAL_PROFILE_SERVER, TESSERAL_MAX_KEYS + 1) == 0);
    ASSERT(tesseral_verifier_size(3, 1) == 0);
    ASSERT(tesseral_verifier_size(TESSERAL_PROFILE_SERVER, 64) <= TESSERAL_VERIFIER_SIZE(SERVER, 64));

    REFUSED(INVALID, text, tesseral_verifier_project_id(NULL, &text));
    REFUSED(INVALID, text, tesseral_verifier_project_id(askew((void *)verifier), &text));
    EXPECT(INVALID, tesseral_verifier_project_id(verifier, NULL));
    EXPECT(INVALID, tesseral_verifier_project_id(verifier, askew(&text)));
    EXPECT(INVALID, tesseral_verifier_project_id(verifier, (void *)(memory + 64)));
    REFUSED(INVALID, text, tesseral_verifier_issuer(NULL, &text));
    EXPECT(INVALID, tesseral_verifier_issuer(verifier, NULL));
    REFUSED(INVALID, text, tesseral_verifier_kid(NULL, 0, &text));
    REFUSED(INVALID, text, tesseral_verifier_kid(verifier, 1, &text));
    REFUSED(INVALID, text, tesseral_verifier_kid(verifier, SIZE_MAX, &text));
    EXPECT(INVALID, tesseral_verifier_kid(verifier, 0, NULL));
    ASSERT(tesseral_verifier_keys_used(NULL) == 0 && tesseral_verifier_keys_used(verifier) == 1);
    ASSERT(tesseral_verifier_scratch_size(NULL) == 0);
    ASSERT(tesseral_verifier_scratch_size(verifier) == sizeof scratch);
    EXPECT(TESSERAL_OK, tesseral_verifier_kid(verifier, 0, &text));
    ASSERT(text.len == 45 && memcmp(text.ptr, "session_signing_key_", 20) == 0);
    EXPECT(TESSERAL_OK, tesseral_verifier_project_id(verifier, &text));
    ASSERT(text.len == 33 && memcmp(text.ptr, "project_", 8) == 0);
    EXPECT(TESSERAL_OK, tesseral_verifier_issuer(verifier, &text));
    ASSERT(text.len == 54 && memcmp(text.ptr, "https://project-", 16) == 0);

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

static void tokens(const tesseral_verifier *verifier, const char *text, int64_t now)
{
    const uint8_t *token = octets(text);
    const size_t len = strlen(text), need = sizeof scratch;
    struct {
        tesseral_auth auth;
        uint8_t guard[64];
    } larger;
    tesseral_auth auth = TESSERAL_AUTH_INIT;
    static _Alignas(8) uint8_t shared[TESSERAL_SCRATCH_SIZE(TESSERAL_DEFAULT_MAX_TOKEN_LEN) + 8192];

#define VERIFY(verifier, token, len, scratch, scratch_len, auth) \
    tesseral_verify_token(verifier, NULL, token, len, now, scratch, scratch_len, auth)
    REFUSED(INVALID, auth, VERIFY(NULL, token, len, scratch, need, &auth));
    REFUSED(INVALID, auth, VERIFY(askew((void *)verifier), token, len, scratch, need, &auth));
    REFUSED(INVALID, auth, VERIFY(verifier, NULL, len, scratch, need, &auth));
    REFUSED(INVALID, auth, VERIFY(verifier, token, TOO_LONG, scratch, need, &auth));
    REFUSED(INVALID, auth, VERIFY(verifier, token, SIZE_MAX, scratch, need, &auth));
    REFUSED(INVALID, auth, VERIFY(verifier, token, len, NULL, need, &auth));
    REFUSED(INVALID, auth, VERIFY(verifier, token, len, scratch, TOO_LONG, &auth));
    REFUSED(SMALL, auth, VERIFY(verifier, token, len, scratch, need - 1, &auth));
    REFUSED(SMALL, auth, VERIFY(verifier, token, len, scratch, 0, &auth));
    /* The scratch memory is measured before the token is looked at. */
    REFUSED(SMALL, auth, VERIFY(verifier, NULL, 0, scratch, need - 1, &auth));
    EXPECT(INVALID, VERIFY(verifier, token, len, scratch, need, NULL));
    EXPECT(INVALID, VERIFY(verifier, token, len, scratch, need, askew(&auth)));
    memcpy(shared, token, len);
    REFUSED(INVALID, shared[0], VERIFY(verifier, shared, len, shared + len - 1, need, &auth));
    REFUSED(INVALID, shared[0], VERIFY(verifier, shared + 16, len, shared, need, &auth));
    EXPECT(TESSERAL_OK, VERIFY(verifier, shared, len, shared + len, need, &auth));
    EXPECT(INVALID, VERIFY(verifier, token, len, (uint8_t *)(uintptr_t)verifier, need, &auth));
    EXPECT(INVALID, VERIFY(verifier, token, len, memory + 1000, need, &auth));
    EXPECT(INVALID, VERIFY(verifier, (uint8_t *)&auth, len, scratch, need, &auth));
    EXPECT(INVALID, VERIFY(verifier, token, len, (uint8_t *)&auth, need, &auth));
    auth.struct_size = sizeof auth - 1;
    REFUSED(INVALID, auth, VERIFY(verifier, token, len, scratch, need, &auth));
    auth.struct_size = 0;
    REFUSED(INVALID, auth, VERIFY(verifier, token, len, scratch, need, &auth));
    auth.struct_size = sizeof auth;
    REFUSED(TESSERAL_ERR_TOKEN_MALFORMED, auth, VERIFY(verifier, NULL, 0, scratch, need, &auth));
    REFUSED(TESSERAL_ERR_TOKEN_MALFORMED, auth, VERIFY(verifier, token, len - 1, scratch, need, &auth));

    /* A caller with a newer header: what the library does not know stays as it is. */
    memset(&larger, 0x5a, sizeof larger);
    larger.auth.struct_size = sizeof larger;
    EXPECT(TESSERAL_OK, VERIFY(verifier, token, len, scratch, need, &larger.auth));
    ASSERT(larger.auth.struct_size == sizeof larger && larger.guard[0] == 0x5a && larger.guard[63] == 0x5a);
}

static void batches(const tesseral_verifier *verifier, const char *text, int64_t now)
{
    enum { COUNT = 3 };
    const size_t len = strlen(text), need = COUNT * sizeof scratch;
    static uint8_t room[COUNT * sizeof scratch];
    tesseral_str tokens[COUNT] = {{octets(text), len}, {octets(text), len - 1}, {octets(text), len}};
    struct {
        tesseral_auth auths[COUNT];
        uint32_t statuses[COUNT + 1];
    } out, before;
    struct {
        tesseral_auth auth;
        uint8_t guard[64];
    } larger[COUNT];
    memset(&out, 0x5a, sizeof out);
    for (size_t i = 0; i < COUNT; i++)
        out.auths[i].struct_size = sizeof out.auths[i];
    before = out;

#define BATCH(verifier, tokens, count, scratch, scratch_len, auths, statuses) \
    tesseral_verify_batch(verifier, NULL, tokens, count, now, scratch, scratch_len, auths, statuses)
    REFUSED(INVALID, out, BATCH(NULL, tokens, COUNT, room, need, out.auths, out.statuses));
    REFUSED(INVALID, out, BATCH(askew((void *)verifier), tokens, COUNT, room, need, out.auths, out.statuses));
    REFUSED(INVALID, out, BATCH(verifier, NULL, COUNT, room, need, out.auths, out.statuses));
    REFUSED(INVALID, out, BATCH(verifier, askew(tokens), COUNT, room, need, out.auths, out.statuses));
    REFUSED(INVALID, out, BATCH(verifier, tokens, SIZE_MAX, room, need, out.auths, out.statuses));
    REFUSED(INVALID, out, BATCH(verifier, tokens, SIZE_MAX / sizeof tokens[0], room, need, out.auths, out.statuses));
    REFUSED(INVALID, out, BATCH(verifier, tokens, COUNT, NULL, need, out.auths, out.statuses));
    REFUSED(INVALID, out, BATCH(verifier, tokens, COUNT, room, TOO_LONG, out.auths, out.statuses));
    REFUSED(SMALL, out, BATCH(verifier, tokens, COUNT, room, need - 1, out.auths, out.statuses));
    REFUSED(SMALL, out, BATCH(verifier, tokens, COUNT, room, 0, out.auths, out.statuses));
    REFUSED(INVALID, out, BATCH(verifier, tokens, COUNT, room, need, NULL, out.statuses));
    REFUSED(INVALID, out, BATCH(verifier, tokens, COUNT, room, need, askew(out.auths), out.statuses));
    REFUSED(INVALID, out, BATCH(verifier, tokens, COUNT, room, need, out.auths, NULL));
    REFUSED(INVALID, out, BATCH(verifier, tokens, COUNT, room, need, out.auths, askew(out.statuses)));
    /* Overlaps: with each other, with the tokens' array, with a token, with the verifier. */
    REFUSED(INVALID, out, BATCH(verifier, tokens, COUNT, room, need, out.auths, (uint32_t *)(void *)&out.auths[COUNT - 1].payload));
    REFUSED(INVALID, out, BATCH(verifier, tokens, COUNT, (uint8_t *)&out, need, out.auths, out.statuses));
    REFUSED(INVALID, out, BATCH(verifier, tokens, COUNT, room, need, out.auths, (uint32_t *)(void *)(room + need - 4)));
    REFUSED(INVALID, tokens, BATCH(verifier, tokens, COUNT, room, need, out.auths, (uint32_t *)(void *)tokens));
    REFUSED(INVALID, tokens, BATCH(verifier, tokens, COUNT, (uint8_t *)tokens, need, out.auths, out.statuses));
    EXPECT(INVALID, BATCH(verifier, tokens, COUNT, memory + 1000, need, out.auths, out.statuses));
    tokens[COUNT - 1].ptr = room + need - 1;
    REFUSED(INVALID, out, BATCH(verifier, tokens, COUNT, room, need, out.auths, out.statuses));
    tokens[COUNT - 1].ptr = (uint8_t *)&out.auths[1];
    REFUSED(INVALID, out, BATCH(verifier, tokens, COUNT, room, need, out.auths, out.statuses));
    tokens[COUNT - 1].ptr = NULL;
    REFUSED(INVALID, out, BATCH(verifier, tokens, COUNT, room, need, out.auths, out.statuses));
    tokens[COUNT - 1].ptr = octets(text);
    tokens[COUNT - 1].len = TOO_LONG;
    REFUSED(INVALID, out, BATCH(verifier, tokens, COUNT, room, need, out.auths, out.statuses));
    tokens[COUNT - 1].len = len;
    /* Each struct has to have the size of the first. */
    for (size_t i = 0; i < COUNT; i++) {
        static const uint32_t wrong[] = {0, sizeof out.auths[0] - 1, sizeof out.auths[0] + 4, sizeof out.auths[0] + 8, UINT32_MAX};
        for (size_t j = 0; j < sizeof wrong / sizeof wrong[0]; j++) {
            out.auths[i].struct_size = wrong[j];
            REFUSED(INVALID, out, BATCH(verifier, tokens, COUNT, room, need, out.auths, out.statuses));
        }
        out.auths[i].struct_size = sizeof out.auths[i];
    }

    EXPECT(TESSERAL_OK, BATCH(verifier, NULL, 0, room, 0, NULL, NULL));
    EXPECT(INVALID, BATCH(NULL, NULL, 0, room, 0, NULL, NULL));
    EXPECT(TESSERAL_OK, BATCH(verifier, tokens, COUNT, room, need, out.auths, out.statuses));
    ASSERT(out.statuses[0] == TESSERAL_OK && out.statuses[1] == TESSERAL_ERR_TOKEN_MALFORMED && out.statuses[2] == TESSERAL_OK);
    ASSERT(out.statuses[COUNT] == before.statuses[COUNT]);
    ASSERT(memcmp(&out.auths[1], &before.auths[1], sizeof out.auths[1]) == 0);
    for (size_t i = 0; i < COUNT; i += 2) {
        ASSERT(out.auths[i].credentials_type == TESSERAL_CREDENTIALS_ACCESS_TOKEN);
        ASSERT(out.auths[i].credentials.ptr == octets(text) && out.auths[i].credentials.len == len);
        ASSERT(tesseral_auth_permits(&out.auths[i], octets("a.b.c"), 5));
    }
    ASSERT(out.auths[0].payload.ptr != out.auths[2].payload.ptr);

    /* A caller with a newer header: the structs lie as far apart as it says. */
    memset(larger, 0x5a, sizeof larger);
    for (size_t i = 0; i < COUNT; i++)
        larger[i].auth.struct_size = sizeof larger[i];
    EXPECT(TESSERAL_OK, BATCH(verifier, tokens, COUNT, room, need, &larger[0].auth, out.statuses));
    for (size_t i = 0; i < COUNT; i++) {
        ASSERT(larger[i].auth.struct_size == sizeof larger[i] && larger[i].guard[0] == 0x5a && larger[i].guard[63] == 0x5a);
        ASSERT((larger[i].auth.credentials.ptr == octets(text)) == (i != 1));
    }
}

static void requests(const tesseral_verifier *verifier, const char *text, const char *key, int64_t now)
{
    static uint8_t value[TESSERAL_DEFAULT_MAX_TOKEN_LEN];
    const size_t need = sizeof scratch;
    tesseral_auth auth = TESSERAL_AUTH_INIT;
    tesseral_headers headers = TESSERAL_HEADERS_INIT;
    tesseral_kid_hashes kids = TESSERAL_KID_HASHES_INIT;
    tesseral_str values[2];
    size_t len = (size_t)snprintf((char *)value, sizeof value, "Bearer %s", text);
    values[0].ptr = value;
    values[0].len = len;
    values[1] = values[0];
    headers.authorization = values;
    headers.authorization_count = 1;

#define AUTHENTICATE(verifier, headers, scratch, scratch_len, auth) \
    tesseral_authenticate(verifier, NULL, headers, now, scratch, scratch_len, auth, NULL)
    REFUSED(INVALID, auth, AUTHENTICATE(NULL, &headers, scratch, need, &auth));
    REFUSED(INVALID, auth, AUTHENTICATE(verifier, NULL, scratch, need, &auth));
    REFUSED(INVALID, auth, AUTHENTICATE(verifier, askew(&headers), scratch, need, &auth));
    REFUSED(INVALID, auth, AUTHENTICATE(verifier, &headers, NULL, need, &auth));
    REFUSED(INVALID, auth, AUTHENTICATE(verifier, &headers, scratch, TOO_LONG, &auth));
    REFUSED(SMALL, auth, AUTHENTICATE(verifier, &headers, scratch, need - 1, &auth));
    EXPECT(INVALID, AUTHENTICATE(verifier, &headers, scratch, need, NULL));
    EXPECT(INVALID, AUTHENTICATE(verifier, &headers, scratch, need, (void *)&headers));
    EXPECT(INVALID, AUTHENTICATE(verifier, &headers, (uint8_t *)&headers, need, &auth));
    EXPECT(INVALID, AUTHENTICATE(verifier, &headers, (uint8_t *)values, need, &auth));
    EXPECT(INVALID, AUTHENTICATE(verifier, &headers, value, need, &auth));
    EXPECT(INVALID, AUTHENTICATE(verifier, &headers, scratch, need, (void *)scratch));
    EXPECT(INVALID, AUTHENTICATE(verifier, &headers, scratch, need, (void *)value));

#define WITH_HEADERS(member, given, expected) \
    do { \
        tesseral_headers changed = headers; \
        changed.member = (given); \
        REFUSED(expected, auth, AUTHENTICATE(verifier, &changed, scratch, need, &auth)); \
    } while (0)
    WITH_HEADERS(struct_size, sizeof headers - 1, INVALID);
    WITH_HEADERS(refuse_api_keys, 2, INVALID);
    WITH_HEADERS(credential, values[0], INVALID); /* beside a header */
    WITH_HEADERS(credential.ptr, value, INVALID);
    WITH_HEADERS(credential.len, 1, INVALID);
    WITH_HEADERS(authorization, NULL, INVALID);
    WITH_HEADERS(authorization, askew(values), INVALID);
    WITH_HEADERS(authorization_count, SIZE_MAX, INVALID);
    WITH_HEADERS(authorization_count, SIZE_MAX / sizeof(tesseral_str), INVALID);
    WITH_HEADERS(authorization_count, 0, TESSERAL_ERR_CREDENTIALS_MISSING);
    WITH_HEADERS(authorization_count, 2, TESSERAL_ERR_CREDENTIALS_UNRECOGNIZED);
    WITH_HEADERS(cookie_count, 1, INVALID);
    values[0].len = TOO_LONG;
    REFUSED(INVALID, auth, AUTHENTICATE(verifier, &headers, scratch, need, &auth));
    values[0].len = len;
    values[0].ptr = NULL;
    REFUSED(INVALID, auth, AUTHENTICATE(verifier, &headers, scratch, need, &auth));
    values[0].len = 0;
    REFUSED(TESSERAL_ERR_CREDENTIALS_MISSING, auth, AUTHENTICATE(verifier, &headers, scratch, need, &auth));
    values[0] = values[1];
    EXPECT(TESSERAL_OK, AUTHENTICATE(verifier, &headers, scratch, need, &auth));
    ASSERT(auth.credentials.ptr == value + 7);

#define UNKNOWN(verifier, headers, scratch, scratch_len, kids) \
    tesseral_unknown_kids(verifier, headers, now, scratch, scratch_len, kids)
    REFUSED(INVALID, kids, UNKNOWN(NULL, &headers, scratch, need, &kids));
    REFUSED(INVALID, kids, UNKNOWN(askew((void *)(uintptr_t)verifier), &headers, scratch, need, &kids));
    REFUSED(INVALID, kids, UNKNOWN(verifier, NULL, scratch, need, &kids));
    REFUSED(INVALID, kids, UNKNOWN(verifier, askew(&headers), scratch, need, &kids));
    REFUSED(INVALID, kids, UNKNOWN(verifier, &headers, NULL, need, &kids));
    REFUSED(INVALID, kids, UNKNOWN(verifier, &headers, scratch, TOO_LONG, &kids));
    REFUSED(SMALL, kids, UNKNOWN(verifier, &headers, scratch, need - 1, &kids));
    REFUSED(SMALL, kids, UNKNOWN(verifier, &headers, scratch, 0, &kids));
    EXPECT(INVALID, UNKNOWN(verifier, &headers, scratch, need, NULL));
    EXPECT(INVALID, UNKNOWN(verifier, &headers, scratch, need, askew(&kids)));
    EXPECT(INVALID, UNKNOWN(verifier, &headers, scratch, need, (void *)&headers));
    EXPECT(INVALID, UNKNOWN(verifier, &headers, scratch, need, (void *)scratch));
    EXPECT(INVALID, UNKNOWN(verifier, &headers, scratch, need, (void *)values));
    EXPECT(INVALID, UNKNOWN(verifier, &headers, value, need, &kids));
    EXPECT(INVALID, UNKNOWN(verifier, &headers, memory + 64, need, &kids));
    kids.struct_size = sizeof kids - 1;
    REFUSED(INVALID, kids, UNKNOWN(verifier, &headers, scratch, need, &kids));
    kids.struct_size = sizeof kids;
    headers.refuse_api_keys = 2;
    REFUSED(INVALID, kids, UNKNOWN(verifier, &headers, scratch, need, &kids));
    headers.refuse_api_keys = 0;
    /* A good token, and none. */
    for (headers.authorization_count = 0; headers.authorization_count < 2; headers.authorization_count++) {
        kids.count = 9;
        memset(kids.hashes, 0xa5, sizeof kids.hashes);
        EXPECT(TESSERAL_OK, UNKNOWN(verifier, &headers, scratch, need, &kids));
        ASSERT(kids.struct_size == sizeof kids && kids.count == 0 && kids.hashes[0] == 0 && kids.hashes[63] == 0);
    }
    headers.authorization_count = 1;

    /* The one status that is not 0 and fills *auth: type and credential, nothing else. */
    values[0].len = (size_t)snprintf((char *)value, sizeof value, "Bearer %s", key);
    memset(&auth, 0xa5, sizeof auth);
    auth.struct_size = sizeof auth;
    EXPECT(TESSERAL_ERR_API_KEY_LOOKUP_NEEDED, AUTHENTICATE(verifier, &headers, scratch, need, &auth));
    ASSERT(auth.credentials_type == TESSERAL_CREDENTIALS_API_KEY && auth.credentials.ptr == value + 7);
    ASSERT(auth.credentials.len == strlen(key) && auth.organization_id.ptr == NULL && auth.payload.len == 0);
    headers.refuse_api_keys = 1;
    REFUSED(TESSERAL_ERR_CREDENTIALS_UNRECOGNIZED, auth, AUTHENTICATE(verifier, &headers, scratch, need, &auth));

    /* A credential that stands in no header. */
    headers.authorization_count = 0;
    headers.credential.ptr = value + 7;
    headers.credential.len = strlen(key);
    REFUSED(TESSERAL_ERR_CREDENTIALS_UNRECOGNIZED, auth, AUTHENTICATE(verifier, &headers, scratch, need, &auth));
    headers.refuse_api_keys = 0;
    EXPECT(TESSERAL_ERR_API_KEY_LOOKUP_NEEDED, AUTHENTICATE(verifier, &headers, scratch, need, &auth));
    ASSERT(auth.credentials.ptr == value + 7 && auth.credentials.len == strlen(key));
    EXPECT(INVALID, AUTHENTICATE(verifier, &headers, value, need, &auth));
    headers.credential.len = 0;
    REFUSED(TESSERAL_ERR_CREDENTIALS_MISSING, auth, AUTHENTICATE(verifier, &headers, scratch, need, &auth));
    headers.credential.len = (size_t)snprintf((char *)value, sizeof value, "  %s \t ", text);
    headers.credential.ptr = value;
    EXPECT(TESSERAL_OK, AUTHENTICATE(verifier, &headers, scratch, need, &auth));
    ASSERT(auth.credentials.ptr == value + 2 && auth.credentials.len == strlen(text));
    headers.credential.len = (size_t)snprintf((char *)value, sizeof value, "%s,", text);
    REFUSED(TESSERAL_ERR_CREDENTIALS_UNRECOGNIZED, auth, AUTHENTICATE(verifier, &headers, scratch, need, &auth));
    headers.credential.ptr = NULL;
    headers.credential.len = 0;
    headers.authorization_count = 1;
    values[0].len = (size_t)snprintf((char *)value, sizeof value, "Bearer %s", key);
    values[0].len--;
    value[8] = 'Z';
    EXPECT(TESSERAL_ERR_CREDENTIALS_UNRECOGNIZED, AUTHENTICATE(verifier, &headers, scratch, need, &auth));
}

static void answers(const tesseral_verifier *verifier, const char *text, int64_t now)
{
    tesseral_auth auth = TESSERAL_AUTH_INIT, empty = TESSERAL_AUTH_INIT, key = TESSERAL_AUTH_INIT;
    tesseral_str out = {NULL, 99};
    const tesseral_access_token_claims *claims = NULL;
    tesseral_action_cursor cursor = TESSERAL_ACTION_CURSOR_INIT;
    uint32_t (*const strings[])(const tesseral_auth *, tesseral_str *) = {
        tesseral_auth_credentials, tesseral_auth_organization_id, tesseral_auth_api_key_id, tesseral_auth_payload};
    EXPECT(TESSERAL_OK, VERIFY(verifier, octets(text), strlen(text), scratch, sizeof scratch, &auth));
    key.credentials_type = TESSERAL_CREDENTIALS_API_KEY;

    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        REFUSED(INVALID, out, strings[i](NULL, &out));
        REFUSED(INVALID, out, strings[i](askew(&auth), &out));
        REFUSED(INVALID, out, strings[i](&empty, &out));
        EXPECT(INVALID, strings[i](&auth, NULL));
        EXPECT(INVALID, strings[i](&auth, askew(&out)));
        EXPECT(INVALID, strings[i](&auth, &auth.claims.iss));
        if (i >= 3)
            REFUSED(TESSERAL_ERR_NOT_AN_ACCESS_TOKEN, out, strings[i](&key, &out));
        EXPECT(TESSERAL_OK, strings[i](&auth, &out));
        ASSERT((out.ptr == NULL) == (out.len == 0));
    }
    ASSERT(tesseral_auth_credentials_type(NULL) == 0 && tesseral_auth_credentials_type(&empty) == 0);
    ASSERT(tesseral_auth_credentials_type(&auth) == TESSERAL_CREDENTIALS_ACCESS_TOKEN);

    REFUSED(INVALID, claims, tesseral_auth_access_token_claims(NULL, &claims));
    REFUSED(INVALID, claims, tesseral_auth_access_token_claims(&empty, &claims));
    REFUSED(TESSERAL_ERR_NOT_AN_ACCESS_TOKEN, claims, tesseral_auth_access_token_claims(&key, &claims));
    EXPECT(INVALID, tesseral_auth_access_token_claims(&auth, NULL));
    EXPECT(INVALID, tesseral_auth_access_token_claims(&auth, askew(&claims)));
    EXPECT(INVALID, tesseral_auth_access_token_claims(&auth, (void *)&auth.claims.exp));
    EXPECT(TESSERAL_OK, tesseral_auth_access_token_claims(&auth, &claims));
    ASSERT(claims == &auth.claims && claims->exp == now + 300 && claims->nbf == now && claims->iat == now);
    ASSERT(claims->sub.len == 30 && claims->organization_id.ptr == auth.organization_id.ptr);

    ASSERT(!tesseral_auth_permits(NULL, octets("a.b.c"), 5));
    ASSERT(!tesseral_auth_permits(&empty, octets("a.b.c"), 5));
    ASSERT(!tesseral_auth_permits(&auth, NULL, 5));
    ASSERT(!tesseral_auth_permits(&auth, octets("a.b.c"), TOO_LONG));
    ASSERT(tesseral_auth_permits(&auth, octets("a.b.c"), 5));
    ASSERT(tesseral_auth_permits(&auth, octets("x\ny"), 3));
    ASSERT(!tesseral_auth_permits(&auth, octets("a.b.c"), 4));
    ASSERT(!tesseral_auth_permits(&auth, NULL, 0));
    ASSERT(!tesseral_auth_permits(&auth, octets("\xff"), 1));

    ASSERT(!tesseral_auth_next_action(NULL, &cursor, &out) && !tesseral_auth_next_action(&empty, &cursor, &out));
    ASSERT(!tesseral_auth_next_action(&auth, NULL, &out) && !tesseral_auth_next_action(&auth, &cursor, NULL));
    ASSERT(!tesseral_auth_next_action(&auth, (void *)&out, &out));
    ASSERT(cursor.json_used == 0 && cursor.decoded_used == 0);
    ASSERT(tesseral_auth_next_action(&auth, &cursor, &out) && out.len == 5 && memcmp(out.ptr, "a.b.c", 5) == 0);
    ASSERT(tesseral_auth_next_action(&auth, &cursor, &out) && out.len == 3 && memcmp(out.ptr, "x\ny", 3) == 0);
    ASSERT(!tesseral_auth_next_action(&auth, &cursor, &out) && out.len == 3);
    cursor.json_used = cursor.decoded_used = SIZE_MAX;
    ASSERT(!tesseral_auth_next_action(&auth, &cursor, &out));
}

static void copies(const tesseral_verifier *verifier, const char *text, int64_t now)
{
    static uint8_t token[4096], room[8192];
    const size_t len = strlen(text);
    struct {
        tesseral_auth auth;
        uint8_t guard[64];
    } larger;
    tesseral_auth auth = TESSERAL_AUTH_INIT, empty = TESSERAL_AUTH_INIT, moved = TESSERAL_AUTH_INIT, pair[2];
    size_t need;
    memcpy(token, text, len);
    EXPECT(TESSERAL_OK, VERIFY(verifier, token, len, scratch, sizeof scratch, &auth));
    need = tesseral_auth_size(&auth);
    ASSERT(need > len + auth.payload.len && need <= sizeof room);
    ASSERT(tesseral_auth_size(NULL) == 0 && tesseral_auth_size(&empty) == 0 && tesseral_auth_size(askew(&auth)) == 0);

    memset(room, 0xa5, sizeof room);
    REFUSED(INVALID, moved, tesseral_auth_copy(NULL, room, need, &moved));
    REFUSED(INVALID, moved, tesseral_auth_copy(&empty, room, need, &moved));
    REFUSED(INVALID, moved, tesseral_auth_copy(askew(&auth), room, need, &moved));
    REFUSED(INVALID, moved, tesseral_auth_copy(&auth, NULL, need, &moved));
    REFUSED(INVALID, moved, tesseral_auth_copy(&auth, room, TOO_LONG, &moved));
    REFUSED(INVALID, auth, tesseral_auth_copy(&auth, room, need, NULL));
    REFUSED(INVALID, auth, tesseral_auth_copy(&auth, room, need, askew(&moved)));
    REFUSED(SMALL, moved, tesseral_auth_copy(&auth, room, need - 1, &moved));
    REFUSED(SMALL, auth, tesseral_auth_copy(&auth, room, need - 1, &auth));
    moved.struct_size--;
    REFUSED(INVALID, moved, tesseral_auth_copy(&auth, room, need, &moved));
    moved.struct_size++;
    /* Overlaps: memory with either struct and with the strings, and the struct that is written with all of them. */
    REFUSED(INVALID, auth, tesseral_auth_copy(&auth, (uint8_t *)&auth, need, &moved));
    REFUSED(INVALID, auth, tesseral_auth_copy(&auth, (uint8_t *)&auth, need, &auth));
    REFUSED(INVALID, moved, tesseral_auth_copy(&auth, (uint8_t *)&moved, need, &moved));
    REFUSED(INVALID, token[0], tesseral_auth_copy(&auth, token, sizeof token, &moved));
    REFUSED(INVALID, token[0], tesseral_auth_copy(&auth, token + len - 1, sizeof token - len, &auth));
    REFUSED(INVALID, moved, tesseral_auth_copy(&auth, scratch, sizeof scratch, &moved));
    pair[0] = pair[1] = auth;
    pair[0].struct_size = sizeof pair;
    REFUSED(INVALID, pair, tesseral_auth_copy(&pair[0], room, need, &pair[1]));
    REFUSED(INVALID, pair, tesseral_auth_copy(&pair[1], room, need, &pair[0]));
    pair[0] = auth;
    pair[0].claims.impersonator_email.ptr = (const uint8_t *)&moved.claims.impersonator_email;
    pair[0].claims.impersonator_email.len = 1;
    REFUSED(INVALID, moved, tesseral_auth_copy(&pair[0], room, need + 1, &moved));
    for (size_t i = 0; i < sizeof room; i++)
        ASSERT(room[i] == 0xa5);

    /* A caller with a newer header: what the library does not know stays as it is. */
    memset(&larger, 0x5a, sizeof larger);
    larger.auth.struct_size = sizeof larger;
    EXPECT(TESSERAL_OK, tesseral_auth_copy(&auth, room, need, &larger.auth));
    ASSERT(larger.auth.struct_size == sizeof larger && larger.guard[0] == 0x5a && larger.guard[63] == 0x5a);
    ASSERT(room[need] == 0xa5 && larger.auth.payload.ptr == room && larger.auth.payload.len == auth.payload.len);
    ASSERT(larger.auth.claims.iss.ptr - larger.auth.payload.ptr == auth.claims.iss.ptr - auth.payload.ptr);
    /* A string that is no string. */
    larger.auth.api_key_id.len = 1;
    REFUSED(INVALID, moved, tesseral_auth_copy(&larger.auth, scratch, sizeof scratch, &moved));
    ASSERT(tesseral_auth_size(&larger.auth) == 0);
}

static void api_keys(const char *text)
{
    static const char success[] = "{\"apiKeyId\":\"api_key_1\",\"organizationId\":\"org_\\u0031\",\"actions\":[\"a.b.c\"]}";
    const uint8_t *key = octets(text);
    const size_t len = strlen(text), body_len = sizeof success - 1;
    uint8_t body[TESSERAL_API_KEY_REQUEST_LEN], fingerprint[TESSERAL_API_KEY_FINGERPRINT_LEN + 1], small[128];
    size_t written = 99;
    tesseral_auth auth = TESSERAL_AUTH_INIT;
    memset(body, 0xa5, sizeof body);
    memset(fingerprint, 0xa5, sizeof fingerprint);

    REFUSED(INVALID, body, tesseral_api_key_request(NULL, len, body, sizeof body, &written));
    REFUSED(INVALID, body, tesseral_api_key_request(key, TOO_LONG, body, sizeof body, &written));
    EXPECT(INVALID, tesseral_api_key_request(key, len, NULL, sizeof body, &written));
    REFUSED(INVALID, body, tesseral_api_key_request(key, len, body, TOO_LONG, &written));
    REFUSED(INVALID, body, tesseral_api_key_request(key, len, body, sizeof body, NULL));
    EXPECT(INVALID, tesseral_api_key_request(key, len, (uint8_t *)&written, sizeof written, &written));
    EXPECT(INVALID, tesseral_api_key_request(body, len, body, sizeof body, &written));
    REFUSED(SMALL, body, tesseral_api_key_request(key, len, body, len + 17, &written));
    REFUSED(TESSERAL_ERR_API_KEY_INVALID, body, tesseral_api_key_request(key, len - 60, body, sizeof body, &written));
    REFUSED(TESSERAL_ERR_API_KEY_INVALID, body, tesseral_api_key_request(NULL, 0, body, sizeof body, &written));
    ASSERT(written == 99);
    EXPECT(TESSERAL_OK, tesseral_api_key_request(key, len, body, len + 18, &written));
    ASSERT(written == len + 18 && memcmp(body, "{\"secretToken\":\"", 16) == 0);

    REFUSED(INVALID, fingerprint, tesseral_api_key_fingerprint(NULL, len, fingerprint, 32));
    EXPECT(INVALID, tesseral_api_key_fingerprint(key, len, NULL, 32));
    REFUSED(SMALL, fingerprint, tesseral_api_key_fingerprint(key, len, fingerprint, 31));
    REFUSED(TESSERAL_ERR_API_KEY_INVALID, fingerprint, tesseral_api_key_fingerprint(key, 3, fingerprint, 32));
    EXPECT(TESSERAL_OK, tesseral_api_key_fingerprint(key, len, fingerprint, 33));
    ASSERT(fingerprint[32] == 0xa5);

#define RESPONSE(status, body, body_len, scratch, scratch_len, auth) \
    tesseral_api_key_response(key, len, status, octets(body), body_len, scratch, scratch_len, auth)
    REFUSED(INVALID, auth, tesseral_api_key_response(NULL, len, 200, octets(success), body_len, small, sizeof small, &auth));
    REFUSED(INVALID, auth, RESPONSE(200, NULL, body_len, small, sizeof small, &auth));
    REFUSED(INVALID, auth, RESPONSE(200, success, TOO_LONG, small, sizeof small, &auth));
    REFUSED(INVALID, auth, RESPONSE(200, success, body_len, NULL, sizeof small, &auth));
    REFUSED(INVALID, auth, RESPONSE(200, success, body_len, small, TOO_LONG, &auth));
    REFUSED(SMALL, auth, RESPONSE(200, success, body_len, small, body_len - 1, &auth));
    REFUSED(SMALL, auth, RESPONSE(200, success, body_len, NULL, 0, &auth));
    EXPECT(INVALID, RESPONSE(200, success, body_len, small, sizeof small, NULL));
    EXPECT(INVALID, RESPONSE(200, success, body_len, (uint8_t *)&auth, sizeof auth, &auth));
    EXPECT(INVALID, RESPONSE(200, (const char *)small, 100, small, sizeof small, &auth));
    REFUSED(TESSERAL_ERR_API_KEY_LOOKUP_FAILED, auth, RESPONSE(0, NULL, 0, NULL, 0, &auth));
    REFUSED(TESSERAL_ERR_API_KEY_LOOKUP_FAILED, auth, RESPONSE(200, success, body_len - 1, small, sizeof small, &auth));
    REFUSED(TESSERAL_ERR_API_KEY_LOOKUP_FAILED, auth, RESPONSE(UINT32_MAX, success, body_len, small, sizeof small, &auth));
    REFUSED(TESSERAL_ERR_API_KEY_INVALID, auth,
            RESPONSE(400, "{\"message\":\"unauthenticated_api_key\"}", 37, small, sizeof small, &auth));
    REFUSED(TESSERAL_ERR_API_KEYS_NOT_PERMITTED, auth,
            RESPONSE(403, "{\"message\":\"permission_denied\"}", 31, small, sizeof small, &auth));
    static char answer[TESSERAL_MAX_API_KEY_ANSWER_LEN + 1];
    static uint8_t large[sizeof answer];
    memset(answer, ' ', sizeof answer);
    memcpy(answer, success, body_len);
    EXPECT(TESSERAL_OK, RESPONSE(200, answer, sizeof answer - 1, large, sizeof large, &auth));
    REFUSED(TESSERAL_ERR_API_KEY_LOOKUP_FAILED, auth, RESPONSE(200, answer, sizeof answer, large, sizeof large, &auth));
    EXPECT(TESSERAL_OK, RESPONSE(200, success, body_len, small, body_len, &auth));
    ASSERT(auth.credentials_type == TESSERAL_CREDENTIALS_API_KEY && auth.credentials.ptr == key);
    ASSERT(auth.organization_id.len == 5 && memcmp(auth.organization_id.ptr, "org_1", 5) == 0);
    ASSERT(tesseral_auth_permits(&auth, octets("a.b.c"), 5));
}

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
    EXPECT(TESSERAL_OK, tesseral_cache_init(other, tesseral_cache_size(1, 100), 100, seed, 16, &small));
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

int main(int argc, char **argv)
{
    FILE *file = argc == 5 ? fopen(argv[1], "rb") : NULL;
    const tesseral_verifier *verifier;
    size_t document_len;
    int64_t now;
    if (file == NULL)
        return 2;
    document_len = fread(document, 1, sizeof document - 1, file);
    fclose(file);
    now = strtoll(argv[4], NULL, 10);
    verifier = initialise(document_len);
    surveys(document_len);
    queries(verifier);
    statuses();
    tokens(verifier, argv[2], now);
    batches(verifier, argv[2], now);
    requests(verifier, argv[2], argv[3], now);
    answers(verifier, argv[2], now);
    copies(verifier, argv[2], now);
    api_keys(argv[3]);
    caches(verifier, argv[2], now);
    holds(verifier, argv[2], now);
    printf("arguments (C): %u checks, %u failures\n", checks, failures);
    return checks == 0 || failures != 0;
}
