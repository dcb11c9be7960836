/* Results that are copied to other memory. */
#include "arguments.h"

static uint8_t scratch[SCRATCH];

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
    /* Memory that overlaps one of the structs or a string, and a struct to write that overlaps the other one or a string. */
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
    /* An API key ID with a length and no text. */
    larger.auth.api_key_id.len = 1;
    REFUSED(INVALID, moved, tesseral_auth_copy(&larger.auth, scratch, sizeof scratch, &moved));
    ASSERT(tesseral_auth_size(&larger.auth) == 0);
}

static void check_arguments(const struct given *given)
{
    copies(given->verifier, given->token, given->now);
}
