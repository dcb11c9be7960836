/*
 * Runs token-shaped vectors through the C interface:
 *
 *     vectors PROFILE FILE
 *
 * A line of FILE is one case, fields separated by tabs: file, id, mode, document, issuer, project ID, now, credential,
 * expected slug. Document, issuer, project ID and credential are in hexadecimal. Mode is token or bearer. Every case runs
 * in a verifier in our memory and in one of the library's own. Exit status 1 on any disagreement.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tesseral_verify.h"

enum { FIELDS = 9, MAX_FILES = 16 };

struct octets {
    uint8_t *ptr;
    size_t len;
};

struct count {
    char name[128];
    unsigned ran, disagree;
};

static struct count counts[MAX_FILES];
static uint8_t scratch[TESSERAL_SCRATCH_SIZE(TESSERAL_DEFAULT_MAX_TOKEN_LEN)];

static void die(const char *what)
{
    fprintf(stderr, "vectors: %s: %s\n", what, strerror(errno));
    exit(2);
}

/* A block of exactly so many octets, so that memory checkers see a read past its end. */
static struct octets unhex(const char *hex)
{
    struct octets octets = {NULL, strlen(hex) / 2};
    octets.ptr = malloc(octets.len == 0 ? 1 : octets.len);
    if (octets.ptr == NULL)
        die("memory");
    for (size_t i = 0; i < octets.len; i++) {
        unsigned value;
        if (sscanf(hex + 2 * i, "%2x", &value) != 1)
            die("hexadecimal");
        octets.ptr[i] = (uint8_t)value;
    }
    return octets;
}

static struct count *count_of(const char *name)
{
    for (struct count *count = counts; count < counts + MAX_FILES; count++) {
        if (count->name[0] == '\0')
            snprintf(count->name, sizeof count->name, "%s", name);
        if (strcmp(count->name, name) == 0)
            return count;
    }
    die("more files than MAX_FILES");
    return NULL;
}

/* The same verdict in a batch, before and after a token of no use. */
static void check_batch(const tesseral_verifier *verifier, struct octets token, int64_t now, uint32_t status)
{
    static uint8_t room[3 * sizeof scratch];
    tesseral_str tokens[3] = {{token.ptr, token.len}, {NULL, 0}, {token.ptr, token.len}};
    tesseral_auth auths[3] = {TESSERAL_AUTH_INIT, TESSERAL_AUTH_INIT, TESSERAL_AUTH_INIT};
    uint32_t statuses[3] = {1, 1, 1};
    if (tesseral_verify_batch(verifier, tokens, 3, now, room, sizeof room, auths, statuses) != TESSERAL_OK ||
        statuses[0] != status || statuses[1] != TESSERAL_ERR_TOKEN_MALFORMED || statuses[2] != status ||
        (auths[0].credentials_type != 0) != (status == TESSERAL_OK) || auths[1].credentials_type != 0 ||
        (auths[2].credentials_type != 0) != (status == TESSERAL_OK)) {
        fprintf(stderr, "vectors: a batch disagrees\n");
        exit(1);
    }
}

/* The verdict on one credential. A refusal must leave *auth alone. */
static uint32_t judge(const tesseral_verifier *verifier, const char *mode, struct octets credential, int64_t now)
{
    tesseral_auth auth, untouched;
    uint32_t status;
    memset(&auth, 0xa5, sizeof auth);
    auth.struct_size = sizeof auth;
    memcpy(&untouched, &auth, sizeof auth);
    if (strcmp(mode, "token") == 0) {
        status = tesseral_verify_token(verifier, credential.ptr, credential.len, now, scratch, sizeof scratch, &auth);
        check_batch(verifier, credential, now, status);
    } else {
        uint8_t *value = malloc(credential.len + 7);
        tesseral_headers headers = TESSERAL_HEADERS_INIT;
        tesseral_str authorization;
        if (value == NULL)
            die("memory");
        memcpy(value, "Bearer ", 7);
        memcpy(value + 7, credential.ptr, credential.len);
        authorization.ptr = value;
        authorization.len = credential.len + 7;
        headers.authorization = &authorization;
        headers.authorization_count = 1;
        status = tesseral_authenticate(verifier, &headers, now, scratch, sizeof scratch, &auth);
        free(value);
    }
    if (status != TESSERAL_OK && memcmp(&auth, &untouched, sizeof auth) != 0) {
        fprintf(stderr, "vectors: a refusal wrote into auth\n");
        exit(1);
    }
    if (status == TESSERAL_OK && auth.credentials_type != TESSERAL_CREDENTIALS_ACCESS_TOKEN) {
        fprintf(stderr, "vectors: accepted without saying what\n");
        exit(1);
    }
    return status;
}

static void compare(struct count *count, char **field, const char *where, uint32_t status)
{
    if (strcmp(tesseral_status_slug(status), field[8]) != 0) {
        printf("%s: %s (%s, %s): expected %s, got %s\n", field[0], field[1], field[2], where, field[8],
               tesseral_status_slug(status));
        count->disagree++;
    }
}

static void run(uint32_t profile, char **field)
{
    struct count *count = count_of(field[0]);
    struct octets document = unhex(field[3]), issuer = unhex(field[4]), project_id = unhex(field[5]);
    struct octets credential = unhex(field[7]);
    const int64_t now = strtoll(field[6], NULL, 10);
    const tesseral_verifier *verifier = NULL;
    tesseral_options options = TESSERAL_OPTIONS_INIT;
    size_t size = tesseral_verifier_size(profile, TESSERAL_MAX_KEYS);
    uint8_t *memory = aligned_alloc(TESSERAL_VERIFIER_ALIGN, size);
    uint32_t status;
    if (memory == NULL)
        die("memory");
    options.profile = profile;
    options.issuer.ptr = issuer.ptr;
    options.issuer.len = issuer.len;
    options.project_id.ptr = project_id.ptr;
    options.project_id.len = project_id.len;

    status = tesseral_verifier_init(memory, size, document.ptr, document.len, &options, &verifier, NULL);
    if (status == TESSERAL_OK) {
        /* The document is not needed any more. */
        memset(document.ptr, 0, document.len);
        status = judge(verifier, field[2], credential, now);
    } else if (verifier != NULL) {
        fprintf(stderr, "vectors: a refusal wrote into verifier\n");
        exit(1);
    }
    compare(count, field, "init", status);
    free(memory);
    free(document.ptr);

    document = unhex(field[3]);
    verifier = NULL;
    status = tesseral_verifier_new(document.ptr, document.len, &options, &verifier, NULL);
    free(document.ptr);
    if (status == TESSERAL_OK)
        status = judge(verifier, field[2], credential, now);
    compare(count, field, "new", status);
    tesseral_verifier_free(verifier);

    count->ran++;
    free(issuer.ptr);
    free(project_id.ptr);
    free(credential.ptr);
}

int main(int argc, char **argv)
{
    FILE *file = argc == 3 ? fopen(argv[2], "r") : NULL;
    char *line = NULL;
    size_t capacity = 0;
    ssize_t len;
    unsigned disagree = 0;
    if (file == NULL)
        die("usage: vectors PROFILE FILE");
    while ((len = getline(&line, &capacity, file)) > 0) {
        char *field[FIELDS], *rest = line;
        line[len - 1] = '\0';
        for (int i = 0; i < FIELDS; i++) {
            field[i] = rest;
            rest = strchr(rest, '\t');
            if (rest == NULL && i != FIELDS - 1)
                die("fields");
            if (rest != NULL)
                *rest++ = '\0';
        }
        run((uint32_t)strtoul(argv[1], NULL, 10), field);
    }
    free(line);
    fclose(file);
    for (struct count *count = counts; count < counts + MAX_FILES && count->name[0] != '\0'; count++) {
        printf("vectors %s (C): %u ran, %u disagree\n", count->name, count->ran, count->disagree);
        disagree += count->disagree;
    }
    return counts[0].ran == 0 || disagree != 0;
}
