/*
 * The smallest firmware: it opens a snapshot that was baked into an image, and builds no table. Then it judges a token, the token
 * with another signature, and the token after it has expired. It answers in numbers, because the names of statuses take flash.
 * Exit status 0 when all three are judged as they must be.
 */
#include "machine.h"
#include "tesseral_verify.h"

enum { MAX_TOKEN_LEN = 2048, MAX_KEYS = 1 };

extern const uint8_t tesseral_image[], tesseral_image_digest[TESSERAL_IMAGE_DIGEST_LEN];
extern const size_t tesseral_image_len;
extern const uint8_t good_token[], good_token_end[];

static _Alignas(TESSERAL_VERIFIER_ALIGN) uint8_t memory[TESSERAL_OPENED_VERIFIER_SIZE(MAX_KEYS)];
static uint8_t scratch[TESSERAL_SCRATCH_SIZE(MAX_TOKEN_LEN)];

static uint8_t token[MAX_TOKEN_LEN];

static uint32_t judge(const tesseral_verifier *verifier, size_t token_len, int64_t now)
{
    tesseral_auth auth = TESSERAL_AUTH_INIT;
    const uint32_t status =
        tesseral_verify_token(verifier, NULL, token, token_len, now, scratch, sizeof scratch, &auth);
    machine_say_number(status);
    machine_say("\n");
    return status;
}

int main(void)
{
    const tesseral_verifier *verifier;
    uint32_t status =
        tesseral_verifier_open(memory, sizeof memory, tesseral_image, tesseral_image_len, tesseral_image_digest, &verifier);
    if (status != TESSERAL_OK) {
        machine_say_number(status);
        machine_say("\n");
        return 2;
    }

    size_t token_len = 0;
    for (const uint8_t *octet = good_token; octet < good_token_end && *octet != '\n'; octet++)
        token[token_len++] = *octet;
    uint8_t *const in_signature = token + token_len - 10;
    status = judge(verifier, token_len, MINTED_AT);
    const uint32_t expired = judge(verifier, token_len, MINTED_AT + 3600);
    *in_signature = *in_signature == 'A' ? 'B' : 'A';
    const uint32_t tampered = judge(verifier, token_len, MINTED_AT);
    return status != TESSERAL_OK || expired != TESSERAL_ERR_TOKEN_EXPIRED || tampered != TESSERAL_ERR_SIGNATURE_INVALID;
}
