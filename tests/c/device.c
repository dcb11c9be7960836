/*
 * Runs the functions of docs/devices.md, which tests/freestanding.rs compiles beside this:
 *
 *     device SNAPSHOT TOKEN NOW ACTION
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tesseral_verify.h"

uint32_t device_load(const uint8_t *snapshot, size_t len);
uint32_t device_may(const uint8_t *token, size_t len, int64_t now, const uint8_t *action, size_t action_len);

static uint8_t document[TESSERAL_MAX_DOCUMENT_LEN];

int main(int argc, char **argv)
{
    FILE *file = argc == 5 ? fopen(argv[1], "rb") : NULL;
    if (file == NULL)
        return 2;
    const uint8_t *token = (const uint8_t *)argv[2], *action = (const uint8_t *)argv[4];
    const size_t token_len = strlen(argv[2]), action_len = strlen(argv[4]);
    const int64_t now = strtoll(argv[3], NULL, 10);
    const size_t len = fread(document, 1, sizeof document, file);
    fclose(file);
    printf("%s", tesseral_status_slug(device_may(token, token_len, now, action, action_len)));
    printf(" %s", tesseral_status_slug(device_load(document, len)));
    printf(" %s", tesseral_status_slug(device_load(document, len / 2)));
    printf(" %s\n", tesseral_status_slug(device_may(token, token_len, now, action, action_len)));
    return 0;
}
