/* What a program in C for WebAssembly is: JavaScript writes a document and a token into its memory. */
#include <tesseral_verify.h>

#define EXPORT(name) __attribute__((export_name(name)))

static _Alignas(TESSERAL_VERIFIER_ALIGN) uint8_t memory[TESSERAL_VERIFIER_SIZE(TINY, 4)];
static uint8_t scratch[TESSERAL_SCRATCH_SIZE(TESSERAL_DEFAULT_MAX_TOKEN_LEN)];
static uint8_t input[TESSERAL_MAX_DOCUMENT_LEN];

EXPORT("input") uint8_t *where_input_is(void)
{
    return input;
}

EXPORT("judge") uint32_t judge(size_t document_len, size_t token_len, double now)
{
    const tesseral_verifier *verifier;
    tesseral_auth auth = TESSERAL_AUTH_INIT;
    tesseral_options options = TESSERAL_OPTIONS_INIT;
    options.profile = TESSERAL_PROFILE_TINY;
    uint32_t status = tesseral_verifier_init(memory, sizeof memory, input, document_len, &options, &verifier);
    if (status == TESSERAL_OK)
        status = tesseral_verify_token(verifier, NULL, input + document_len, token_len, (int64_t)now, scratch,
                                       sizeof scratch, &auth);
    return status;
}
