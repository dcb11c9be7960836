/* The exchange about an API key. */
#include "arguments.h"

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
    REFUSED(INVALID, body, tesseral_api_key_request(key, len, body, sizeof body, askew(&written)));
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
    EXPECT(INVALID, RESPONSE(200, success, body_len, small, sizeof small, askew(&auth)));
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

static void check_arguments(const struct given *given)
{
    api_keys(given->api_key);
}
