/*
 * What the programs of this folder share. Each gives every pointer and length of some functions: NULL, 0, too long,
 * misaligned, too small, overlapping, of the wrong struct_size. Each wrong one has its status, and no output is written.
 *
 *     PROGRAM SNAPSHOT TOKEN API-KEY NOW
 *
 * TOKEN is an access token that is good at NOW, with the actions a.b.c and "x\ny"; API-KEY has the right shape.
 */
#include <stdlib.h>

#include "../checks.h"

enum { SCRATCH = TESSERAL_SCRATCH_SIZE(TESSERAL_DEFAULT_MAX_TOKEN_LEN) };

/* Of a verifier of the snapshot, with API keys accepted, and what the program was given. */
static _Alignas(TESSERAL_VERIFIER_ALIGN) uint8_t memory[TESSERAL_VERIFIER_SIZE(TINY, 4) + 64];
static uint8_t document[TESSERAL_MAX_DOCUMENT_LEN + 1];
struct given {
    const tesseral_verifier *verifier;
    size_t document_len;
    const char *token;
    const char *api_key;
    int64_t now;
};

/* What the program checks. */
static void check_arguments(const struct given *given);

#define VERIFY(verifier, token, len, scratch, scratch_len, auth) \
    tesseral_verify_token(verifier, NULL, token, len, now, scratch, scratch_len, auth)

int main(int argc, char **argv)
{
    FILE *file = argc == 5 ? fopen(argv[1], "rb") : NULL;
    tesseral_options options = TESSERAL_OPTIONS_INIT;
    struct given given = {NULL, 0, NULL, NULL, 0};
    if (file == NULL)
        return 2;
    given.document_len = fread(document, 1, sizeof document - 1, file);
    fclose(file);
    given.token = argv[2];
    given.api_key = argv[3];
    given.now = strtoll(argv[4], NULL, 10);
    options.profile = TESSERAL_PROFILE_TINY;
    options.api_keys = 1;
    EXPECT(TESSERAL_OK, tesseral_verifier_init(memory, sizeof memory, document, given.document_len, &options, &given.verifier));
    if (failures == 0)
        check_arguments(&given);
    printf("%u checks, %u failures\n", checks, failures);
    return checks == 0 || failures != 0;
}
