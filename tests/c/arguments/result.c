/* What a result says. */
#include "arguments.h"

static uint8_t scratch[SCRATCH];

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

static void check_arguments(const struct given *given)
{
    answers(given->verifier, given->token, given->now);
}
