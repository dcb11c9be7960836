/*
 * The freestanding library in a program that gives it nothing but memory functions:
 *
 *     freestanding SNAPSHOT TOKEN NOW
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tesseral_verify.h"

static _Alignas(TESSERAL_VERIFIER_ALIGN) uint8_t memory[TESSERAL_VERIFIER_SIZE(TINY, 2)];
static uint8_t document[TESSERAL_MAX_DOCUMENT_LEN];
static uint8_t scratch[TESSERAL_SCRATCH_SIZE(TESSERAL_DEFAULT_MAX_TOKEN_LEN)];

int main(int argc, char **argv)
{
    FILE *file = argc == 4 ? fopen(argv[1], "rb") : NULL;
    const tesseral_verifier *verifier;
    tesseral_options options = TESSERAL_OPTIONS_INIT;
    tesseral_auth auth = TESSERAL_AUTH_INIT;
    tesseral_str organization;
    uint32_t status;
    if (file == NULL)
        return 2;
    options.profile = TESSERAL_PROFILE_TINY;
    status = tesseral_verifier_init(memory, sizeof memory, document, fread(document, 1, sizeof document, file), &options,
                                    &verifier);
    if (status == TESSERAL_OK)
        status = tesseral_verify_token(verifier, NULL, (const uint8_t *)argv[2], strlen(argv[2]), strtoll(argv[3], NULL, 10), scratch,
                                       sizeof scratch, &auth);
    if (status == TESSERAL_OK)
        status = tesseral_auth_organization_id(&auth, &organization);
    if (status == TESSERAL_OK)
        printf("%.*s\n", (int)organization.len, (const char *)organization.ptr);
    else
        printf("%s\n", tesseral_status_slug(status));
    fclose(file);
    return status != TESSERAL_OK;
}
