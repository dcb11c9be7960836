/*
 * Runs test vectors: the file "cases" has a line for each, as tests/c/vectors.c describes them. Prints how many ran and how many
 * disagree; exit status 1 when any does, or when none ran.
 */
#include "machine.h"
#include "tesseral_verify.h"

enum { FIELDS = 10, MAX_VALUES = 8, MAX_LINE = 1 << 20, CHUNK = 1 << 12 };
enum { NAME = 0, ID, MODE, DOCUMENT, ISSUER, PROJECT_ID, NOW, CREDENTIAL, SLUG, FOUND };

static uint8_t line[MAX_LINE], chunk[CHUNK];
static _Alignas(TESSERAL_VERIFIER_ALIGN) uint8_t memory[TESSERAL_VERIFIER_SIZE(TINY, TESSERAL_MAX_KEYS)];
static uint8_t scratch[TESSERAL_SCRATCH_SIZE(TESSERAL_DEFAULT_MAX_TOKEN_LEN)];

static int file;
static size_t chunk_len, chunk_at;

/* The next line without its end, as a text; 0 when there is none. */
static int next_line(void)
{
    for (size_t len = 0; len < MAX_LINE; len++) {
        if (chunk_at == chunk_len) {
            chunk_at = 0;
            chunk_len = machine_read(file, chunk, sizeof chunk);
            if (chunk_len == 0)
                return 0;
        }
        line[len] = chunk[chunk_at++];
        if (line[len] == '\n') {
            line[len] = '\0';
            return 1;
        }
    }
    machine_say("a line is too long\n");
    machine_exit(2);
}

static int equal(const char *left, const char *right)
{
    while (*left != '\0' && *left == *right)
        left++, right++;
    return *left == *right;
}

static uint8_t digit(char hex)
{
    return (uint8_t)(hex <= '9' ? hex - '0' : hex - 'a' + 10);
}

/* Octets from hexadecimal digits, in their place. Ends at any other character. */
static tesseral_str unhex(char *text)
{
    uint8_t *octets = (uint8_t *)text;
    size_t len = 0;
    for (const char *at = text; *at != '\0' && *at != ';'; at += 2)
        octets[len++] = (uint8_t)(digit(at[0]) << 4 | digit(at[1]));
    return (tesseral_str){octets, len};
}

static int64_t number(const char *text)
{
    const int negative = *text == '-';
    int64_t value = 0;
    for (text += negative; *text != '\0'; text++)
        value = value * 10 + (*text - '0');
    return negative ? -value : value;
}

static uint32_t judge_token(const tesseral_verifier *verifier, tesseral_str token, int64_t now)
{
    tesseral_auth auth = TESSERAL_AUTH_INIT;
    const uint32_t status = tesseral_verify_token(verifier, NULL, token.ptr, token.len, now, scratch, sizeof scratch, &auth);
    if ((status == TESSERAL_OK) != (auth.credentials_type == TESSERAL_CREDENTIALS_ACCESS_TOKEN)) {
        machine_say("a verdict and its result disagree\n");
        machine_exit(1);
    }
    return status;
}

static uint32_t judge_request(const tesseral_verifier *verifier, const tesseral_headers *headers, int64_t now,
                              tesseral_str expected)
{
    tesseral_auth auth = TESSERAL_AUTH_INIT;
    const uint32_t status = tesseral_authenticate(verifier, NULL, headers, now, scratch, sizeof scratch, &auth, NULL);
    size_t same = 0;
    if (expected.len == 0 || auth.credentials.len != expected.len)
        same = expected.len;
    else
        while (same < expected.len && auth.credentials.ptr[same] == expected.ptr[same])
            same++;
    if (auth.credentials.len != expected.len && expected.len != 0)
        same = 0;
    if (same != expected.len) {
        machine_say("another credential was found\n");
        machine_exit(1);
    }
    return status;
}

/* The credential after "Bearer ", as one value of Authorization. */
static uint32_t judge_bearer(const tesseral_verifier *verifier, tesseral_str token, int64_t now)
{
    static uint8_t value[MAX_LINE / 2];
    static const char scheme[] = "Bearer ";
    tesseral_headers headers = TESSERAL_HEADERS_INIT;
    size_t len = 0;
    for (; scheme[len] != '\0'; len++)
        value[len] = (uint8_t)scheme[len];
    for (size_t i = 0; i < token.len; i++)
        value[len++] = token.ptr[i];
    const tesseral_str authorization = {value, len};
    headers.authorization = &authorization;
    headers.authorization_count = 1;
    return judge_request(verifier, &headers, now, (tesseral_str){NULL, 0});
}

/* The values of a request: each a letter, hexadecimal digits and a semicolon. */
static uint32_t judge_values(const tesseral_verifier *verifier, char *text, int64_t now, tesseral_str expected)
{
    tesseral_str authorization[MAX_VALUES], cookie[MAX_VALUES];
    tesseral_headers headers = TESSERAL_HEADERS_INIT;
    while (*text != '\0') {
        char *const first = text;
        while (*text != ';')
            text++;
        const tesseral_str value = unhex(first + 1);
        if (headers.authorization_count == MAX_VALUES || headers.cookie_count == MAX_VALUES)
            machine_exit(2);
        if (*first == 'A')
            authorization[headers.authorization_count++] = value;
        else
            cookie[headers.cookie_count++] = value;
        text++;
    }
    headers.authorization = authorization;
    headers.cookie = cookie;
    return judge_request(verifier, &headers, now, expected);
}

static uint32_t judge(char **field)
{
    const int64_t now = number(field[NOW]);
    const tesseral_verifier *verifier;
    const tesseral_str document = unhex(field[DOCUMENT]);
    tesseral_options options = TESSERAL_OPTIONS_INIT;
    options.profile = TESSERAL_PROFILE_TINY;
    options.issuer = unhex(field[ISSUER]);
    options.project_id = unhex(field[PROJECT_ID]);
    options.api_keys = equal(field[MODE], "request_with_api_keys");
    const uint32_t status =
        tesseral_verifier_init(memory, sizeof memory, document.ptr, document.len, &options, &verifier);
    if (status != TESSERAL_OK)
        return status;
    if (equal(field[MODE], "token"))
        return judge_token(verifier, unhex(field[CREDENTIAL]), now);
    if (equal(field[MODE], "bearer"))
        return judge_bearer(verifier, unhex(field[CREDENTIAL]), now);
    return judge_values(verifier, field[CREDENTIAL], now, unhex(field[FOUND]));
}

int main(void)
{
    uint32_t ran = 0, disagree = 0;
    file = machine_open("cases");
    while (file >= 0 && next_line()) {
        char *field[FIELDS], *at = (char *)line;
        for (int i = 0; i < FIELDS; i++) {
            field[i] = at;
            while (*at != '\t' && *at != '\0')
                at++;
            if (*at != '\0')
                *at++ = '\0';
        }
        const char *const slug = tesseral_status_slug(judge(field));
        ran++;
        if (!equal(slug, field[SLUG])) {
            disagree++;
            const char *const texts[] = {field[NAME], ": ", field[ID], ": expected ", field[SLUG], ", got ", slug, "\n"};
            for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
                machine_say(texts[i]);
        }
    }
    machine_say("vectors: ");
    machine_say_number(ran);
    machine_say(" ran, ");
    machine_say_number(disagree);
    machine_say(" disagree\n");
    return ran == 0 || disagree != 0;
}
