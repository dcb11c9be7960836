/* The program on the first page of the header; tests/header.rs puts it there, so it has no comment inside. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <tesseral_verify.h>

static uint8_t document[TESSERAL_MAX_DOCUMENT_LEN];
static _Alignas(TESSERAL_VERIFIER_ALIGN) uint8_t memory[TESSERAL_VERIFIER_SIZE(SERVER, 4)];
static uint8_t scratch[TESSERAL_SCRATCH_SIZE(TESSERAL_DEFAULT_MAX_TOKEN_LEN)];

int main(int argc, char **argv)
{
    FILE *file = argc == 3 ? fopen(argv[1], "rb") : NULL;
    const size_t len = file == NULL ? 0 : fread(document, 1, sizeof document, file);
    const tesseral_verifier *verifier;
    uint32_t status = tesseral_verifier_init(memory, sizeof memory, document, len, NULL, &verifier);
    if (status != TESSERAL_OK) {
        printf("no keys: %s\n", tesseral_status_text(status));
        return 2;
    }

    const tesseral_str authorization = {(const uint8_t *)argv[2], strlen(argv[2])};
    tesseral_headers headers = TESSERAL_HEADERS_INIT;
    headers.authorization = &authorization;
    headers.authorization_count = 1;

    tesseral_auth auth = TESSERAL_AUTH_INIT;
    status = tesseral_authenticate(verifier, NULL, &headers, time(NULL), scratch, sizeof scratch, &auth, NULL);
    if (status != TESSERAL_OK) {
        printf("%u: %s\n", (unsigned)tesseral_status_http(status), tesseral_status_slug(status));
        return 1;
    }

    const tesseral_access_token_claims *claims;
    if (tesseral_auth_access_token_claims(&auth, &claims) == TESSERAL_OK)
        printf("user %.*s\n", (int)claims->user_id.len, (const char *)claims->user_id.ptr);
    return tesseral_auth_permits(&auth, (const uint8_t *)"a.b.c", 5) ? 0 : 3;
}
