/* Authenticating a request, and the kids that it lacks. */
#include "arguments.h"

static uint8_t scratch[SCRATCH];

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
    /* No header at first, then a good token: no kid is unknown. */
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

static void check_arguments(const struct given *given)
{
    requests(given->verifier, given->token, given->api_key, given->now);
}
