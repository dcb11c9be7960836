/*
 * Runs token-shaped vectors through the C interface:
 *
 *     vectors PROFILE FILE
 *
 * A line of FILE is one case, fields separated by tabs: file, id, mode, document, issuer, project ID, now, credential,
 * expected slug, expected credential, file with an image of the document or nothing. Document, issuer, project ID and credentials
 * are in hexadecimal. Mode is token, bearer, request or request_with_api_keys; the last two have in place of a credential the values of a request, each as A
 * (Authorization) or C (Cookie), hexadecimal and a semicolon, and only they say which credential is expected. Every case
 * runs in a verifier in our memory, with the hosted library in one of the library's own and, with an image, in one that is opened
 * from it, and in a cache that holds what it has. Exit status 1 on any disagreement.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tesseral_verify.h"

#ifdef ASK_FOR_SHA2
#include <sys/auxv.h>

static unsigned asked;

unsigned long tesseral_aarch64_hwcap(void);

/* The freestanding archive for AArch64 Linux asks here what the processor has. */
unsigned long tesseral_aarch64_hwcap(void)
{
    asked++;
    return getauxval(AT_HWCAP);
}
#endif

enum { FIELDS = 11, MAX_FILES = 16, MAX_VALUES = 8 };

struct octets {
    uint8_t *ptr;
    size_t len;
};

struct count {
    char name[128];
    unsigned ran, disagree;
};

static struct count counts[MAX_FILES];
static unsigned accepted, held, opened;
static uint8_t scratch[TESSERAL_SCRATCH_SIZE(TESSERAL_DEFAULT_MAX_TOKEN_LEN)];

static void die(const char *what)
{
    fprintf(stderr, "vectors: %s: %s\n", what, strerror(errno));
    exit(2);
}

static unsigned digit(char hex)
{
    static const char digits[] = "0123456789abcdef";
    const char *const found = hex == '\0' ? NULL : strchr(digits, hex);
    if (found == NULL)
        die("hexadecimal");
    return (unsigned)(found - digits);
}

/* A block of exactly this size, so that memory checkers notice a read past its end. */
static struct octets unhex(const char *hex)
{
    struct octets octets = {NULL, strlen(hex) / 2};
    octets.ptr = malloc(octets.len == 0 ? 1 : octets.len);
    if (octets.ptr == NULL)
        die("memory");
    for (size_t i = 0; i < octets.len; i++)
        octets.ptr[i] = (uint8_t)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
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

/* The same verdict in a batch, before and after a malformed token. */
static void check_batch(const tesseral_verifier *verifier, struct octets token, int64_t now, uint32_t status)
{
    static uint8_t room[3 * sizeof scratch];
    tesseral_str tokens[3] = {{token.ptr, token.len}, {NULL, 0}, {token.ptr, token.len}};
    tesseral_auth auths[3] = {TESSERAL_AUTH_INIT, TESSERAL_AUTH_INIT, TESSERAL_AUTH_INIT};
    uint32_t statuses[3] = {1, 1, 1};
    if (tesseral_verify_batch(verifier, NULL, tokens, 3, now, room, sizeof room, auths, statuses) != TESSERAL_OK ||
        statuses[0] != status || statuses[1] != TESSERAL_ERR_TOKEN_MALFORMED || statuses[2] != status ||
        (auths[0].credentials_type != 0) != (status == TESSERAL_OK) || auths[1].credentials_type != 0 ||
        (auths[2].credentials_type != 0) != (status == TESSERAL_OK)) {
        fprintf(stderr, "vectors: a batch disagrees\n");
        exit(1);
    }
}

#define CLAIM(name) offsetof(tesseral_auth, claims.name)
static const size_t texts[] = {
    offsetof(tesseral_auth, credentials),     offsetof(tesseral_auth, organization_id),
    offsetof(tesseral_auth, api_key_id),      offsetof(tesseral_auth, actions_json),
    offsetof(tesseral_auth, actions_decoded), offsetof(tesseral_auth, payload),
    CLAIM(iss),                               CLAIM(sub),
    CLAIM(aud),                               CLAIM(session_id),
    CLAIM(user_id),                           CLAIM(user_email),
    CLAIM(user_display_name),                 CLAIM(user_profile_picture_url),
    CLAIM(organization_id),                   CLAIM(organization_display_name),
    CLAIM(impersonator_email),
};

static tesseral_str text_of(const tesseral_auth *auth, size_t i)
{
    tesseral_str text;
    memcpy(&text, (const char *)auth + texts[i], sizeof text);
    return text;
}

static int same(const tesseral_auth *a, const tesseral_auth *b)
{
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const tesseral_str x = text_of(a, i), y = text_of(b, i);
        if (x.len != y.len || (x.ptr == NULL) != (y.ptr == NULL) || (x.len != 0 && memcmp(x.ptr, y.ptr, x.len) != 0))
            return 0;
    }
    return a->credentials_type == b->credentials_type && a->claims.exp == b->claims.exp && a->claims.nbf == b->claims.nbf &&
           a->claims.iat == b->claims.iat;
}

/* Whether every string from the first on lies in this memory; the credential is number 0. */
static int inside(const tesseral_auth *auth, size_t first, const uint8_t *memory, size_t len)
{
    for (size_t i = first; i < sizeof texts / sizeof texts[0]; i++) {
        const tesseral_str text = text_of(auth, i);
        if (text.ptr != NULL && ((uintptr_t)text.ptr < (uintptr_t)memory ||
                                 (uintptr_t)text.ptr + text.len > (uintptr_t)memory + len))
            return 0;
    }
    return 1;
}

/* The same strings in memory of exactly the size that is said. */
static void check_copy(const tesseral_auth *auth)
{
    const size_t size = tesseral_auth_size(auth);
    uint8_t *memory = malloc(size);
    tesseral_auth moved = *auth;
    if (memory == NULL)
        die("memory");
    if (tesseral_auth_copy(&moved, memory, size, &moved) != TESSERAL_OK || tesseral_auth_size(&moved) != size ||
        !inside(&moved, 0, memory, size) || !same(&moved, auth)) {
        fprintf(stderr, "vectors: a copy has other strings\n");
        exit(1);
    }
    free(memory);
}

/* The same verdict and the same strings from a cache, when the token is new in it, and twice when it is not. */
static void check_held(const tesseral_verifier *verifier, const tesseral_headers *headers, int64_t now)
{
    static const uint8_t seed[16] = "sixteen octets.";
    static uint8_t room[sizeof scratch];
    const size_t size = tesseral_cache_size(1, TESSERAL_DEFAULT_MAX_TOKEN_LEN);
    uint8_t *memory = malloc(size);
    tesseral_cache *cache = NULL;
    tesseral_auth expected = TESSERAL_AUTH_INIT;
    tesseral_hold holds[3] = {TESSERAL_HOLD_INIT, TESSERAL_HOLD_INIT, TESSERAL_HOLD_INIT};
    const uint32_t status = tesseral_authenticate(verifier, NULL, headers, now, scratch, sizeof scratch, &expected, NULL);
    const char *wrong = NULL;
    if (memory == NULL || tesseral_cache_init(memory, size, TESSERAL_DEFAULT_MAX_TOKEN_LEN, seed, 16, &cache) != 0)
        die("memory");
    for (int i = 0; i < 3; i++) {
        tesseral_auth auth = TESSERAL_AUTH_INIT;
        if (tesseral_authenticate(verifier, cache, headers, now, room, sizeof room, &auth, &holds[i]) != status ||
            !same(&auth, &expected))
            wrong = "another answer";
        if (auth.credentials_type != 0)
            check_copy(&auth);
        if (holds[i].serial > 1 || (status != TESSERAL_OK && holds[i].serial != 0) || holds[i].slot >= 8)
            wrong = "another hold";
        accepted += status == TESSERAL_OK;
        held += holds[i].serial != 0;
        if (holds[i].serial != 0 && !inside(&auth, 1, memory, size))
            wrong = "strings outside of the cache";
        memset(room, 0, sizeof room);
        if (holds[i].serial != 0 && !same(&auth, &expected))
            wrong = "strings in scratch";
    }
    for (int i = 0; i < 3; i++)
        if (tesseral_cache_release(cache, &holds[i]) != TESSERAL_OK || holds[i].serial != 0)
            wrong = "a hold that cannot be released";
    free(memory);
    if (wrong != NULL) {
        fprintf(stderr, "vectors: held: %s\n", wrong);
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
    if (strcmp(mode, "token") == 0) {
        status = tesseral_verify_token(verifier, NULL, credential.ptr, credential.len, now, scratch, sizeof scratch, &auth);
        check_batch(verifier, credential, now, status);
    } else {
        status = tesseral_authenticate(verifier, NULL, &headers, now, scratch, sizeof scratch, &auth, NULL);
    }
    check_held(verifier, &headers, now);
    free(value);
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

/* The verdict on a request, and whether it is about the credential that is expected. */
static uint32_t judge_request(const tesseral_verifier *verifier, char **field, int64_t now)
{
    struct octets values[MAX_VALUES], expected = unhex(field[9]);
    tesseral_str authorization[MAX_VALUES], cookie[MAX_VALUES];
    tesseral_headers headers = TESSERAL_HEADERS_INIT;
    tesseral_auth auth = TESSERAL_AUTH_INIT;
    size_t count = 0;
    char *text = strdup(field[7]), *rest = text;
    for (char *end; (end = strchr(rest, ';')) != NULL; rest = end + 1, count++) {
        if (count == MAX_VALUES)
            die("more values than MAX_VALUES");
        *end = '\0';
        values[count] = unhex(rest + 1);
        const tesseral_str value = {values[count].ptr, values[count].len};
        if (*rest == 'A')
            authorization[headers.authorization_count++] = value;
        else
            cookie[headers.cookie_count++] = value;
    }
    headers.authorization = authorization;
    headers.cookie = cookie;
    const uint32_t status = tesseral_authenticate(verifier, NULL, &headers, now, scratch, sizeof scratch, &auth, NULL);
    if (auth.credentials.len != expected.len ||
        (expected.len != 0 && memcmp(auth.credentials.ptr, expected.ptr, expected.len) != 0)) {
        fprintf(stderr, "vectors: %s: another credential\n", field[1]);
        exit(1);
    }
    check_held(verifier, &headers, now);
    while (count-- > 0)
        free(values[count].ptr);
    free(expected.ptr);
    free(text);
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

static uint32_t judge_case(const tesseral_verifier *verifier, char **field, int64_t now)
{
    if (strncmp(field[2], "request", 7) == 0)
        return judge_request(verifier, field, now);
    struct octets credential = unhex(field[7]);
    const uint32_t status = judge(verifier, field[2], credential, now);
    free(credential.ptr);
    return status;
}

/* A file, in a block that is aligned for an image. */
static struct octets read_image(const char *name)
{
    struct octets octets = {NULL, 0};
    FILE *file = fopen(name, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0)
        die(name);
    octets.len = (size_t)ftell(file);
    octets.ptr = aligned_alloc(TESSERAL_VERIFIER_ALIGN, octets.len);
    rewind(file);
    if (octets.ptr == NULL || fread(octets.ptr, 1, octets.len, file) != octets.len)
        die(name);
    fclose(file);
    return octets;
}

/* The case with a verifier out of an image, which is opened once for many cases. */
static uint32_t judge_opened(char **field, int64_t now)
{
    static _Alignas(TESSERAL_VERIFIER_ALIGN) uint8_t memory[TESSERAL_OPENED_VERIFIER_SIZE(TESSERAL_MAX_KEYS)];
    static struct octets image;
    static char name[4096];
    static const tesseral_verifier *verifier;
    if (strcmp(name, field[10]) != 0) {
        snprintf(name, sizeof name, "%s", field[10]);
        free(image.ptr);
        image = read_image(name);
        const uint32_t status = tesseral_verifier_open(memory, sizeof memory, image.ptr, image.len, NULL, &verifier);
        if (status != TESSERAL_OK)
            return status;
    }
    opened++;
    return judge_case(verifier, field, now);
}

static void run(uint32_t profile, char **field)
{
    struct count *count = count_of(field[0]);
    struct octets document = unhex(field[3]), issuer = unhex(field[4]), project_id = unhex(field[5]);
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
    options.api_keys = strcmp(field[2], "request_with_api_keys") == 0;

    status = tesseral_verifier_init(memory, size, document.ptr, document.len, &options, &verifier);
    if (status == TESSERAL_OK) {
        /* The library must not need the document any more. */
        memset(document.ptr, 0, document.len);
        status = judge_case(verifier, field, now);
    } else if (verifier != NULL) {
        fprintf(stderr, "vectors: a refusal wrote into verifier\n");
        exit(1);
    }
    compare(count, field, "init", status);
    free(memory);
    free(document.ptr);

#ifdef TESSERAL_VERIFY_STD
    document = unhex(field[3]);
    verifier = NULL;
    status = tesseral_verifier_new(document.ptr, document.len, &options, &verifier);
    free(document.ptr);
    if (status == TESSERAL_OK)
        status = judge_case(verifier, field, now);
    compare(count, field, "new", status);
    tesseral_verifier_free(verifier);
#endif

    if (*field[10] != '\0')
        compare(count, field, "open", judge_opened(field, now));

    count->ran++;
    free(issuer.ptr);
    free(project_id.ptr);
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
    printf("vectors with an image (C): %u\n", opened);
#ifdef ASK_FOR_SHA2
    printf("asked %s, SHA-2 %s\n", asked != 0 ? "once or more" : "never", (getauxval(AT_HWCAP) & HWCAP_SHA2) != 0 ? "there" : "missing");
#endif
    printf("vectors in a cache (C): %u answers, %u of them held there\n", accepted, held);
    return counts[0].ran == 0 || disagree != 0 || (accepted != 0 && held == 0);
}
