/* Lists of revoked sessions and users. */
#include "arguments.h"

static uint8_t scratch[SCRATCH];

static void revocations(const tesseral_verifier *verifier, const char *text, int64_t now)
{
    static const uint8_t seed[16] = "sixteen octets.";
    static _Alignas(TESSERAL_REVOKED_ALIGN) uint8_t revoked_memory[TESSERAL_REVOKED_SIZE(4)];
    uint8_t *room = revoked_memory;
    const tesseral_revoked *revoked = NULL;
    tesseral_auth auth = TESSERAL_AUTH_INIT, nobody = TESSERAL_AUTH_INIT, key = TESSERAL_AUTH_INIT;
    tesseral_str project = TESSERAL_STR_NONE;
    size_t line = 77, len, exact;
    char text_of_list[256], other_project[256];
    const uint8_t *list = (const uint8_t *)text_of_list;

    EXPECT(TESSERAL_OK, tesseral_verify_token(verifier, NULL, octets(text), strlen(text), now, scratch, sizeof scratch, &auth));
    EXPECT(TESSERAL_OK, tesseral_verifier_project_id(verifier, &project));
    len = (size_t)snprintf(text_of_list, sizeof text_of_list, "tesseral-revoked 1\n%.*s %.*s\n", (int)project.len,
                           (const char *)project.ptr, (int)auth.claims.session_id.len, (const char *)auth.claims.session_id.ptr);
    exact = tesseral_revoked_size(list, len);
    ASSERT(exact == TESSERAL_REVOKED_SIZE(2) && exact <= sizeof revoked_memory);
    ASSERT(tesseral_revoked_size(NULL, 0) == TESSERAL_REVOKED_SIZE(0));
    ASSERT(tesseral_revoked_size(NULL, 1) == 0 && tesseral_revoked_size(list, TOO_LONG) == 0);

#define READ tesseral_revoked_init
    REFUSED(INVALID, revoked, READ(NULL, exact, list, len, seed, 16, &revoked, &line));
    REFUSED(INVALID, revoked, READ(room + 1, exact, list, len, seed, 16, &revoked, &line));
    REFUSED(INVALID, revoked, READ(room, TOO_LONG, list, len, seed, 16, &revoked, &line));
    REFUSED(SMALL, revoked, READ(room, 0, list, len, seed, 16, &revoked, &line));
    REFUSED(SMALL, revoked, READ(room, TESSERAL_REVOKED_SIZE(1) - 1, list, len, seed, 16, &revoked, &line));
    REFUSED(INVALID, revoked, READ(room, exact, NULL, len, seed, 16, &revoked, &line));
    REFUSED(INVALID, revoked, READ(room, exact, list, TOO_LONG, seed, 16, &revoked, &line));
    REFUSED(INVALID, revoked, READ(room, exact, list, len, NULL, 16, &revoked, &line));
    REFUSED(SMALL, revoked, READ(room, exact, list, len, seed, 15, &revoked, &line));
    EXPECT(INVALID, READ(room, exact, list, len, seed, 16, NULL, &line));
    EXPECT(INVALID, READ(room, exact, list, len, seed, 16, askew(&revoked), &line));
    REFUSED(INVALID, revoked, READ(room, exact, list, len, seed, 16, &revoked, askew(&line)));
    REFUSED(INVALID, revoked, READ(room, exact, room + 8, 8, seed, 16, &revoked, &line));
    REFUSED(INVALID, revoked, READ(room, exact, list, len, room, 16, &revoked, &line));
    EXPECT(INVALID, READ(room, exact, list, len, seed, 16, (void *)room, &line));
    REFUSED(INVALID, revoked, READ(room, exact, list, len, seed, 16, &revoked, (void *)room));
    EXPECT(INVALID, READ(room, exact, list, len, seed, 16, (void *)&line, &line));
    ASSERT(line == 77 && tesseral_revoked_entries(NULL) == 0 && tesseral_revoked_entries(askew(&line)) == 0);
    memset(room, 0xa5, sizeof revoked_memory);
    REFUSED(TESSERAL_ERR_REVOCATIONS_MALFORMED, revoked, READ(room, exact, list, len - 1, seed, 16, &revoked, &line));
    ASSERT(line == 2 && room[0] == 0xa5 && memcmp(room, room + 1, sizeof revoked_memory - 1) == 0);
    REFUSED(TESSERAL_ERR_REVOCATIONS_MALFORMED, revoked, READ(room, exact, NULL, 0, seed, 16, &revoked, NULL));

    EXPECT(TESSERAL_OK, READ(room, exact, list, 19, seed, 16, &revoked, NULL));
    ASSERT(tesseral_revoked_entries(revoked) == 0);
    EXPECT(TESSERAL_OK, tesseral_revoked_check(revoked, verifier, &auth));
    EXPECT(TESSERAL_OK, READ(room, exact, list, len, seed, 16, &revoked, NULL));
    ASSERT(tesseral_revoked_entries(revoked) == 1);
    EXPECT(TESSERAL_ERR_TOKEN_REVOKED, tesseral_revoked_check(revoked, verifier, &auth));
    EXPECT(TESSERAL_OK, tesseral_revoked_check(NULL, verifier, &auth));
    EXPECT(INVALID, tesseral_revoked_check(askew(&line), verifier, &auth));
    EXPECT(INVALID, tesseral_revoked_check(revoked, NULL, &auth));
    EXPECT(INVALID, tesseral_revoked_check(revoked, askew(&line), &auth));
    EXPECT(INVALID, tesseral_revoked_check(revoked, verifier, NULL));
    EXPECT(INVALID, tesseral_revoked_check(revoked, verifier, askew(&auth)));
    EXPECT(INVALID, tesseral_revoked_check(revoked, verifier, &nobody));
    nobody.struct_size = 8;
    EXPECT(INVALID, tesseral_revoked_check(revoked, verifier, &nobody));
    key.credentials_type = TESSERAL_CREDENTIALS_API_KEY;
    EXPECT(TESSERAL_OK, tesseral_revoked_check(revoked, verifier, &key));

    memcpy(other_project, text_of_list, len);
    other_project[19 + 8] = other_project[19 + 8] == '0' ? '1' : '0';
    EXPECT(TESSERAL_OK, READ(room, exact, octets(other_project), len, seed, 16, &revoked, NULL));
    EXPECT(TESSERAL_OK, tesseral_revoked_check(revoked, verifier, &auth));
    len = (size_t)snprintf(text_of_list, sizeof text_of_list, "tesseral-revoked 1\n%.*s %.*s\n", (int)project.len,
                           (const char *)project.ptr, (int)auth.claims.user_id.len, (const char *)auth.claims.user_id.ptr);
    EXPECT(TESSERAL_OK, READ(room, exact, list, len, seed, 16, &revoked, NULL));
    EXPECT(TESSERAL_ERR_TOKEN_REVOKED, tesseral_revoked_check(revoked, verifier, &auth));
}

static void check_arguments(const struct given *given)
{
    revocations(given->verifier, given->token, given->now);
}
