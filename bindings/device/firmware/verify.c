/*
 * A firmware that verifies tokens: it loads the snapshot from its image once, then judges a good, a tampered and an expired token.
 * What is refused is named by its slug. Exit status 0 when all three are judged as they must be.
 */
#include "machine.h"
#include "tesseral_verify.h"

enum { MAX_TOKEN_LEN = 2048, MAX_KEYS = 2 };

extern const uint8_t snapshot[], snapshot_end[], good_token[], good_token_end[], tampered_token[], tampered_token_end[],
    expired_token[], expired_token_end[];

static _Alignas(TESSERAL_VERIFIER_ALIGN) uint8_t memory[TESSERAL_VERIFIER_SIZE(TINY, MAX_KEYS)];
static uint8_t scratch[TESSERAL_SCRATCH_SIZE(MAX_TOKEN_LEN)];

/* Seconds since 1970: a product asks its real-time clock, or the time that its last connection brought. */
static int64_t now(void)
{
    return MINTED_AT;
}

static uint32_t judge(const tesseral_verifier *verifier, const char *what, const uint8_t *token, const uint8_t *end)
{
    tesseral_auth auth = TESSERAL_AUTH_INIT;
    while (end > token && end[-1] == '\n')
        end--;
    const uint32_t status =
        tesseral_verify_token(verifier, NULL, token, (size_t)(end - token), now(), scratch, sizeof scratch, &auth);
    machine_say(what);
    machine_say(": ");
    machine_say(tesseral_status_slug(status));
    machine_say("\n");
    return status;
}

int main(void)
{
    const tesseral_verifier *verifier;
    tesseral_options options = TESSERAL_OPTIONS_INIT;
    options.profile = TESSERAL_PROFILE_TINY;
    options.max_token_len = MAX_TOKEN_LEN;
    uint32_t status =
        tesseral_verifier_init(memory, sizeof memory, snapshot, (size_t)(snapshot_end - snapshot), &options, &verifier);
    if (status != TESSERAL_OK) {
        machine_say("no verifier: ");
        machine_say(tesseral_status_slug(status));
        machine_say("\n");
        return 2;
    }
    status = judge(verifier, "good", good_token, good_token_end);
    const uint32_t tampered = judge(verifier, "tampered", tampered_token, tampered_token_end);
    const uint32_t expired = judge(verifier, "expired", expired_token, expired_token_end);
    return status != TESSERAL_OK || tampered != TESSERAL_ERR_SIGNATURE_INVALID || expired != TESSERAL_ERR_TOKEN_EXPIRED;
}
