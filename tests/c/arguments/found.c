/* Members that are found in a verified payload, and the kid. */
#include "arguments.h"

static uint8_t scratch[SCRATCH];

static void found(const tesseral_verifier *verifier, const char *text, int64_t now)
{
    static uint8_t room[TESSERAL_DEFAULT_MAX_TOKEN_LEN];
    tesseral_auth auth = TESSERAL_AUTH_INIT, nobody = TESSERAL_AUTH_INIT, key = TESSERAL_AUTH_INIT;
    tesseral_str value = TESSERAL_STR_NONE, kid = TESSERAL_STR_NONE;
    tesseral_str path[2] = {{octets("user"), 4}, {octets("id"), 2}}, absent = {octets("x"), 1}, actions = {octets("actions"), 7};
    tesseral_str wrong = {octets("user"), TOO_LONG};

    EXPECT(TESSERAL_OK, tesseral_verify_token(verifier, NULL, octets(text), strlen(text), now, scratch, sizeof scratch, &auth));
    key.credentials_type = TESSERAL_CREDENTIALS_API_KEY;
#define FIND tesseral_auth_find_claim
    EXPECT(TESSERAL_OK, FIND(&auth, path, 2, NULL, 0, &value));
    ASSERT(value.len == auth.claims.user_id.len && memcmp(value.ptr, auth.claims.user_id.ptr, value.len) == 0);
    EXPECT(TESSERAL_OK, FIND(&auth, &actions, 1, room, sizeof room, &value));
    ASSERT(value.len == auth.actions_json.len && value.ptr == auth.actions_json.ptr);
    REFUSED(INVALID, value, FIND(NULL, path, 2, room, sizeof room, &value));
    REFUSED(INVALID, value, FIND(askew(&auth), path, 2, room, sizeof room, &value));
    REFUSED(INVALID, value, FIND(&nobody, path, 2, room, sizeof room, &value));
    REFUSED(TESSERAL_ERR_NOT_AN_ACCESS_TOKEN, value, FIND(&key, path, 2, room, sizeof room, &value));
    REFUSED(INVALID, value, FIND(&auth, NULL, 2, room, sizeof room, &value));
    REFUSED(INVALID, value, FIND(&auth, askew(path), 2, room, sizeof room, &value));
    REFUSED(INVALID, value, FIND(&auth, path, 0, room, sizeof room, &value));
    REFUSED(INVALID, value, FIND(&auth, path, TOO_LONG, room, sizeof room, &value));
    REFUSED(INVALID, value, FIND(&auth, &wrong, 1, room, sizeof room, &value));
    REFUSED(INVALID, value, FIND(&auth, path, 2, NULL, 1, &value));
    REFUSED(INVALID, value, FIND(&auth, path, 2, room, TOO_LONG, &value));
    REFUSED(INVALID, value, FIND(&auth, path, 2, (uint8_t *)&auth, 8, &value));
    REFUSED(INVALID, value, FIND(&auth, path, 2, (uint8_t *)path, 8, &value));
    REFUSED(INVALID, value, FIND(&auth, path, 2, (uint8_t *)(uintptr_t)auth.payload.ptr, 8, &value));
    REFUSED(INVALID, value, FIND(&auth, path, 2, (uint8_t *)&value, sizeof value, &value));
    EXPECT(INVALID, FIND(&auth, path, 2, room, sizeof room, NULL));
    EXPECT(INVALID, FIND(&auth, path, 2, room, sizeof room, askew(&value)));
    EXPECT(INVALID, FIND(&auth, path, 2, room, sizeof room, path));
    EXPECT(TESSERAL_OK, FIND(&auth, &absent, 1, room, sizeof room, &value));
    ASSERT(value.ptr == NULL && value.len == 0);

    EXPECT(TESSERAL_OK, tesseral_auth_kid(&auth, room, TESSERAL_MAX_KID_LEN, &kid));
    EXPECT(TESSERAL_OK, tesseral_verifier_kid(verifier, 0, &value));
    ASSERT(kid.ptr == room && kid.len == value.len && memcmp(kid.ptr, value.ptr, kid.len) == 0);
    REFUSED(SMALL, kid, tesseral_auth_kid(&auth, room, TESSERAL_MAX_KID_LEN - 1, &kid));
    REFUSED(INVALID, kid, tesseral_auth_kid(&auth, NULL, TESSERAL_MAX_KID_LEN, &kid));
    REFUSED(INVALID, kid, tesseral_auth_kid(&auth, room, TOO_LONG, &kid));
    REFUSED(INVALID, kid, tesseral_auth_kid(NULL, room, sizeof room, &kid));
    REFUSED(INVALID, kid, tesseral_auth_kid(&nobody, room, sizeof room, &kid));
    REFUSED(TESSERAL_ERR_NOT_AN_ACCESS_TOKEN, kid, tesseral_auth_kid(&key, room, sizeof room, &kid));
    REFUSED(INVALID, kid, tesseral_auth_kid(&auth, (uint8_t *)(uintptr_t)text, strlen(text), &kid));
    EXPECT(INVALID, tesseral_auth_kid(&auth, room, sizeof room, NULL));
    EXPECT(INVALID, tesseral_auth_kid(&auth, room, sizeof room, (void *)room));
}

static void check_arguments(const struct given *given)
{
    found(given->verifier, given->token, given->now);
}
