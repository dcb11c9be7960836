/*
 * Inputs and scratch memory directly before and directly after a page that faults when it is touched: the library reads and
 * writes nothing outside of its arguments.
 *
 *     guarded SNAPSHOT TOKEN NOW
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fenced.h"
#include "tesseral_verify.h"

int main(int argc, char **argv)
{
    static uint8_t document[TESSERAL_MAX_DOCUMENT_LEN];
    FILE *file = argc == 4 ? fopen(argv[1], "rb") : NULL;
    unsigned verified = 0;
    size_t document_len;
    int64_t now;
    if (file == NULL)
        return 2;
    document_len = fread(document, 1, sizeof document, file);
    fclose(file);
    now = strtoll(argv[3], NULL, 10);

    for (int at_end = 0; at_end <= 1; at_end++) {
        size_t size = tesseral_verifier_size(TESSERAL_PROFILE_TINY, 1), token_len = strlen(argv[2]);
        uint8_t *memory = fenced(NULL, size, at_end && size % TESSERAL_VERIFIER_ALIGN == 0);
        uint8_t *scratch = fenced(NULL, TESSERAL_SCRATCH_SIZE(TESSERAL_DEFAULT_MAX_TOKEN_LEN), at_end);
        uint8_t *token = fenced(argv[2], token_len, at_end);
        const tesseral_verifier *verifier;
        tesseral_options options = TESSERAL_OPTIONS_INIT;
        tesseral_auth auth = TESSERAL_AUTH_INIT;
        char value[20000];
        int value_len = snprintf(value, sizeof value, "Bearer %s", argv[2]);
        tesseral_str authorization = {fenced(value, (size_t)value_len, at_end), (size_t)value_len};
        tesseral_headers headers = TESSERAL_HEADERS_INIT;
        uint32_t status;
        headers.authorization = (const tesseral_str *)(void *)fenced(&authorization, sizeof authorization, at_end);
        headers.authorization_count = 1;
        options.profile = TESSERAL_PROFILE_TINY;

        status = tesseral_verifier_init(memory, size, fenced(document, document_len, at_end), document_len, &options,
                                        &verifier);
        if (status == TESSERAL_OK)
            status = tesseral_verify_token(verifier, NULL, token, token_len, now, scratch, TESSERAL_SCRATCH_SIZE(TESSERAL_DEFAULT_MAX_TOKEN_LEN), &auth);
        if (status == TESSERAL_OK)
            status = tesseral_authenticate(verifier, NULL, &headers, now, scratch, TESSERAL_SCRATCH_SIZE(TESSERAL_DEFAULT_MAX_TOKEN_LEN), &auth, NULL);
        if (status != TESSERAL_OK) {
            printf("guarded (C): %s\n", tesseral_status_slug(status));
            return 1;
        }
        /* Each shorter prefix ends at the fence, too; all are refused. */
        for (size_t len = 0; len < token_len; len++) {
            const uint8_t *prefix = at_end ? token + token_len - len : token;
            if (at_end)
                memmove(token + token_len - len, argv[2], len);
            status = tesseral_verify_token(verifier, NULL, prefix, len, now, scratch, TESSERAL_SCRATCH_SIZE(TESSERAL_DEFAULT_MAX_TOKEN_LEN), &auth);
            if (status == TESSERAL_OK) {
                printf("guarded (C): %zu octets of a token were accepted\n", len);
                return 1;
            }
            verified++;
        }
    }
    printf("guarded (C): %u prefixes, no access outside\n", verified);
    return verified == 0;
}
