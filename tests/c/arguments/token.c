/* Verifying one token. */
#include "arguments.h"

static uint8_t scratch[SCRATCH];

static void tokens(const tesseral_verifier *verifier, const char *text, int64_t now)
{
    const uint8_t *token = octets(text);
    const size_t len = strlen(text), need = sizeof scratch;
    struct {
        tesseral_auth auth;
        uint8_t guard[64];
    } larger;
    tesseral_auth auth = TESSERAL_AUTH_INIT;
    static _Alignas(8) uint8_t shared[SCRATCH + 8192];

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

static void check_arguments(const struct given *given)
{
    tokens(given->verifier, given->token, given->now);
}
