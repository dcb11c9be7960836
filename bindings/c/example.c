/*
 * Who sent this request? Verifies the value of an Authorization header against a snapshot file.
 *
 *     cc example.c $(pkg-config --cflags --libs tesseral_verify) -o example
 *     echo "Bearer $(cat token)" | ./example config.json
 *
 * Exit status: 0 accepted, 1 refused, 2 no usable snapshot.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <tesseral_verify.h>

static uint8_t document[TESSERAL_MAX_DOCUMENT_LEN];
static _Alignas(TESSERAL_VERIFIER_ALIGN) uint8_t memory[TESSERAL_VERIFIER_SIZE(SERVER, 4)];
static uint8_t scratch[TESSERAL_SCRATCH_SIZE(TESSERAL_DEFAULT_MAX_TOKEN_LEN)];
static char authorization[TESSERAL_DEFAULT_MAX_TOKEN_LEN + 64];

static int refuse(const char *what, uint32_t status, int exit_status)
{
    printf("%s refused (%u %s): %s\n", what, (unsigned)status, tesseral_status_slug(status), tesseral_status_text(status));
    return exit_status;
}

int main(int argc, char **argv)
{
    /* Once, and again whenever the snapshot was fetched anew. */
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    size_t document_len = file == NULL ? 0 : fread(document, 1, sizeof document, file);
    const tesseral_verifier *verifier;
    uint32_t status = tesseral_verifier_init(memory, sizeof memory, document, document_len, NULL, &verifier);
    if (status != TESSERAL_OK)
        return refuse("snapshot", status, 2);

    /* For each request. */
    if (fgets(authorization, sizeof authorization, stdin) == NULL)
        authorization[0] = '\0';
    tesseral_str value = {(const uint8_t *)authorization, strcspn(authorization, "\r\n")};
    tesseral_headers headers = TESSERAL_HEADERS_INIT;
    headers.authorization = &value;
    headers.authorization_count = 1;
    tesseral_auth auth = TESSERAL_AUTH_INIT;
    status = tesseral_authenticate(verifier, NULL, &headers, time(NULL), scratch, sizeof scratch, &auth, NULL);
    if (status != TESSERAL_OK)
        return refuse("request", status, 1);

    const tesseral_access_token_claims *claims;
    tesseral_auth_access_token_claims(&auth, &claims);
    printf("organization %.*s\nuser         %.*s\n", (int)claims->organization_id.len,
           (const char *)claims->organization_id.ptr, (int)claims->user_id.len, (const char *)claims->user_id.ptr);
    tesseral_str action;
    tesseral_action_cursor cursor = TESSERAL_ACTION_CURSOR_INIT;
    while (tesseral_auth_next_action(&auth, &cursor, &action))
        printf("may          %.*s\n", (int)action.len, (const char *)action.ptr);
    return 0;
}
