/* Verifying several tokens in one call. */
#include "arguments.h"

static void batches(const tesseral_verifier *verifier, const char *text, int64_t now)
{
    enum { COUNT = 3 };
    const size_t len = strlen(text), need = COUNT * SCRATCH;
    static uint8_t room[COUNT * SCRATCH];
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

static void check_arguments(const struct given *given)
{
    batches(given->verifier, given->token, given->now);
}
