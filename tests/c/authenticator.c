/*
 * An authenticator against a service:
 *
 *     authenticator HOST CA_FILE PUBLISHABLE_KEY BACKEND_API_KEY TOKEN API_KEY NOW
 *
 * Prints one line for each check, and the number of checks last.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tesseral_verify.h"

#define THREADS 4

static const tesseral_authenticator *authenticator;
static const char *token, *api_key;
static int64_t now;
static atomic_int checks, wrong;

static void expect(const char *what, uint64_t found, uint64_t expected)
{
    checks++;
    if (found != expected) {
        wrong++;
        printf("%s: %llu, expected %llu\n", what, (unsigned long long)found, (unsigned long long)expected);
    }
}

static tesseral_str str(const char *text)
{
    tesseral_str value = {(const uint8_t *)text, strlen(text)};
    return value;
}

/* One try, which makes no attempt. */
static uint32_t try_authenticate(const tesseral_authenticator *tried, tesseral_cache *cache, const tesseral_headers *headers,
                                 int64_t at, uint8_t *scratch, size_t scratch_len, tesseral_auth *auth)
{
    return tesseral_authenticator_try_authenticate(tried, cache, headers, at, scratch, scratch_len, auth, NULL, NULL, NULL);
}

typedef uint32_t authenticate_function(const tesseral_authenticator *, tesseral_cache *, const tesseral_headers *,
                                       int64_t, uint8_t *, size_t, tesseral_auth *);

/* A list that names the token's user revokes it; without a list, nobody is revoked. */
static void expect_revocable(const tesseral_auth *auth, const tesseral_access_token_claims *claims)
{
    static const uint8_t seed[16] = "sixteen octets.";
    _Alignas(TESSERAL_REVOKED_ALIGN) uint8_t memory[TESSERAL_REVOKED_SIZE(2)];
    const tesseral_revoked *revoked = NULL;
    char list[256];
    /* The issuer is https://project-DIGITS.tesseral.app. */
    int len = snprintf(list, sizeof list, "tesseral-revoked 1\nproject_%.25s %.*s\n", (const char *)claims->iss.ptr + 16,
                       (int)claims->user_id.len, (const char *)claims->user_id.ptr);
    expect("list", tesseral_revoked_init(memory, sizeof memory, (const uint8_t *)list, (size_t)len, seed, sizeof seed, &revoked,
                                         NULL), TESSERAL_OK);
    expect("revoked", tesseral_authenticator_check_revoked(authenticator, revoked, auth), TESSERAL_ERR_TOKEN_REVOKED);
    expect("no list", tesseral_authenticator_check_revoked(authenticator, NULL, auth), TESSERAL_OK);
    expect("no authenticator", tesseral_authenticator_check_revoked(NULL, revoked, auth), TESSERAL_ERR_INVALID_ARGUMENT);
}

/* The status, and the organization when it is 0. */
static uint32_t ask(authenticate_function *function, const char *credential, tesseral_cache *cache, char *organization)
{
    size_t scratch_len = tesseral_authenticator_scratch_size(authenticator);
    uint8_t *scratch = malloc(scratch_len);
    char *value = malloc(strlen(credential) + 8);
    tesseral_headers headers = TESSERAL_HEADERS_INIT;
    tesseral_auth auth = TESSERAL_AUTH_INIT;
    tesseral_str header, id;
    uint32_t status;
    if (scratch == NULL || value == NULL)
        exit(2);
    sprintf(value, "Bearer %s", credential);
    header = str(value);
    headers.authorization = &header;
    headers.authorization_count = 1;
    status = function(authenticator, cache, &headers, now, scratch, scratch_len, &auth);
    if (status == TESSERAL_OK && organization != NULL) {
        expect("organization", tesseral_auth_organization_id(&auth, &id), TESSERAL_OK);
        snprintf(organization, 64, "%.*s", (int)id.len, (const char *)id.ptr);
    }
    if (status == TESSERAL_OK && strchr(credential, '.') != NULL) {
        const tesseral_access_token_claims *claims = NULL;
        expect("claims", tesseral_auth_access_token_claims(&auth, &claims), TESSERAL_OK);
        expect("aud is iss", claims->iss.len == claims->aud.len &&
                                 memcmp(claims->iss.ptr, claims->aud.ptr, claims->iss.len) == 0, 1);
        expect_revocable(&auth, claims);
    }
    free(value);
    free(scratch);
    return status;
}

/* A token whose kid no project has: its signature is never checked. */
#define INVENTED                                                                                                      \
    "eyJraWQiOiJpbnZlbnRlZCIsImFsZyI6IkVTMjU2In0.e30."                                                                \
    "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ"

/* The authenticator's log: one line for each fault, without a line end. */
static void hear(void *context, const uint8_t *text, size_t text_len)
{
    atomic_int *heard = context;
    if (text_len > 20 && memchr(text, '\n', text_len) == NULL)
        ++*heard;
}

static void wake(void *context)
{
    atomic_int *woken = context;
    *woken = 1;
}

static void *in_thread(void *unused)
{
    for (int i = 0; i < 50; i++)
        if (ask(tesseral_authenticator_authenticate, token, NULL, NULL) != TESSERAL_OK)
            return (void *)&wrong;
    return unused;
}

static char *read_file(const char *name)
{
    static char content[65536];
    FILE *file = fopen(name, "rb");
    size_t len = file == NULL ? 0 : fread(content, 1, sizeof content - 1, file);
    if (len == 0)
        exit(2);
    fclose(file);
    content[len] = 0;
    return content;
}

int main(int argc, char **argv)
{
    tesseral_authenticator_options options = TESSERAL_AUTHENTICATOR_OPTIONS_INIT;
    tesseral_stats stats = TESSERAL_STATS_INIT;
    char organization[64] = "", of_key[64] = "", *text;
    size_t needed = 0, cache_len = tesseral_cache_size(8, 2048);
    uint8_t *memory = malloc(cache_len), byte;
    tesseral_cache *cache;
    pthread_t threads[THREADS];
    void *result;
    int status;
    pid_t child;
    if (argc != 8 || memory == NULL)
        return 2;
    token = argv[5];
    api_key = argv[6];
    now = strtoll(argv[7], NULL, 10);

    /* Calls that must be refused. */
    expect("no options", tesseral_authenticator_new(NULL, &authenticator), TESSERAL_ERR_INVALID_ARGUMENT);
    expect("no publishable key", tesseral_authenticator_new(&options, &authenticator), TESSERAL_ERR_INVALID_ARGUMENT);
    {
        atomic_int heard = 0;
        options.publishable_key = str("\"publishable_key_1\"");
        options.log = hear;
        options.log_context = &heard;
        expect("quoted key", tesseral_authenticator_new(&options, &authenticator), TESSERAL_ERR_INVALID_ARGUMENT);
        expect("told why", (uint64_t)heard, 1);
        options.log = NULL;
    }
    options.publishable_key = str(argv[3]);
    expect("no place", tesseral_authenticator_new(&options, NULL), TESSERAL_ERR_INVALID_ARGUMENT);
    options.api_keys = 2;
    expect("api_keys 2", tesseral_authenticator_new(&options, &authenticator), TESSERAL_ERR_INVALID_ARGUMENT);
    options.api_keys = 1;
    options.leeway_seconds = 301;
    expect("leeway 301", tesseral_authenticator_new(&options, &authenticator), TESSERAL_ERR_INVALID_ARGUMENT);
    options.leeway_seconds = 0;
    options.profile = 3;
    expect("profile 3", tesseral_authenticator_new(&options, &authenticator), TESSERAL_ERR_INVALID_ARGUMENT);
    options.profile = TESSERAL_PROFILE_TINY;
    options.struct_size = 8;
    expect("struct_size 8", tesseral_authenticator_new(&options, &authenticator), TESSERAL_ERR_INVALID_ARGUMENT);
    options.struct_size = sizeof options;
    options.ca_pem = str("no certificate");
    options.backend_api_key = str(argv[4]);
    expect("no PEM", tesseral_authenticator_new(&options, &authenticator), TESSERAL_ERR_INVALID_ARGUMENT);
    expect("NULL scratch size", tesseral_authenticator_scratch_size(NULL), 0);
    expect("NULL requests", tesseral_authenticator_requests(NULL, 0), 0);
    expect("NULL ready", tesseral_authenticator_is_ready(NULL, 0), false);
    expect("NULL reason", tesseral_authenticator_not_ready_reason(NULL, NULL, 0, &needed), TESSERAL_ERR_INVALID_ARGUMENT);
    tesseral_authenticator_free(NULL);

    /* Calls that must succeed. */
    options.ca_pem = str(read_file(argv[2]));
    options.config_host = options.backend_host = str(argv[1]);
    options.cooldown_ms = 100;
    expect("new", tesseral_authenticator_new(&options, &authenticator), TESSERAL_OK);
    expect("ready", tesseral_authenticator_is_ready(authenticator, 10000), true);
    expect("token", ask(tesseral_authenticator_authenticate, token, NULL, organization), TESSERAL_OK);
    expect("try token", ask(try_authenticate, token, NULL, NULL), TESSERAL_OK);
    expect("try key", ask(try_authenticate, api_key, NULL, NULL),
           TESSERAL_ERR_API_KEY_LOOKUP_NEEDED);
    expect("key", ask(tesseral_authenticator_authenticate, api_key, NULL, of_key), TESSERAL_OK);
    expect("one organization", strlen(of_key) > 4 && strcmp(of_key, organization) == 0, 1);
    expect("malformed", ask(tesseral_authenticator_authenticate, "a.b.c", NULL, NULL), TESSERAL_ERR_TOKEN_MALFORMED);

    /* An unknown key: a fetch is made, and does not bring it. */
    expect("fetch needed", ask(try_authenticate, INVENTED, NULL, NULL),
           TESSERAL_ERR_KEY_FETCH_NEEDED);
    expect("after fetch", ask(tesseral_authenticator_authenticate, INVENTED, NULL, NULL), TESSERAL_ERR_KEY_UNKNOWN);

    /* Faults are logged. */
    {
        atomic_int heard = 0;
        const tesseral_authenticator *deaf;
        tesseral_authenticator_options silent = options;
        silent.config_host = str("127.0.0.1:1");
        silent.log = hear;
        silent.log_context = &heard;
        silent.key_waiters = TESSERAL_NO_KEY_WAITERS;
        expect("without service", tesseral_authenticator_new(&silent, &deaf), TESSERAL_OK);
        for (int i = 0; i < 1000 && heard == 0; i++)
            expect("not ready", tesseral_authenticator_is_ready(deaf, 10), false);
        tesseral_authenticator_free(deaf);
        expect("told once", (uint64_t)heard, 1);
    }

    /* The arguments of a request that waits. */
    {
        size_t len = tesseral_authenticator_scratch_size(authenticator);
        uint8_t *scratch = malloc(len);
        tesseral_headers headers = TESSERAL_HEADERS_INIT;
        tesseral_auth auth = TESSERAL_AUTH_INIT;
        char value[256];
        tesseral_str header;
        atomic_int woken = 0;
        tesseral_attempt *attempt = NULL, *other = (void *)1;
        uint32_t polled;
        if (scratch == NULL)
            return 2;
        snprintf(value, sizeof value, "Bearer %s", api_key);
        header = str(value);
        headers.authorization = &header;
        headers.authorization_count = 1;
#define TRY(wake, attempt)                                                                                             \
    tesseral_authenticator_try_authenticate(authenticator, NULL, &headers, now, scratch, len, &auth, wake, &woken, attempt)
#define POLL(attempt, len) tesseral_attempt_poll(attempt, NULL, &headers, now, scratch, len, &auth)
        expect("no wake", TRY(NULL, &other), TESSERAL_ERR_INVALID_ARGUMENT);
        expect("no attempt", TRY(wake, NULL), TESSERAL_ERR_INVALID_ARGUMENT);
        expect("misaligned attempt", TRY(wake, (void *)((char *)&other + 1)), TESSERAL_ERR_INVALID_ARGUMENT);
        expect("attempt in auth", TRY(wake, (void *)&auth.credentials), TESSERAL_ERR_INVALID_ARGUMENT);
        expect("attempt in scratch", TRY(wake, (void *)scratch), TESSERAL_ERR_INVALID_ARGUMENT);
        expect("attempt in headers", TRY(wake, (void *)&headers.cookie), TESSERAL_ERR_INVALID_ARGUMENT);
        expect("attempt in authenticator", TRY(wake, (void *)(uintptr_t)authenticator), TESSERAL_ERR_INVALID_ARGUMENT);
        expect("not written", other == (void *)1, 1);
        expect("no authenticator",
               tesseral_authenticator_try_authenticate(NULL, NULL, &headers, now, scratch, len, &auth, wake, &woken, &other),
               TESSERAL_ERR_INVALID_ARGUMENT);
        expect("short scratch",
               tesseral_authenticator_try_authenticate(authenticator, NULL, &headers, now, scratch, len - 1, &auth, wake,
                                                       &woken, &other),
               TESSERAL_ERR_BUFFER_TOO_SMALL);
        expect("no attempt is left", other == NULL, 1);
        expect("begins", TRY(wake, &attempt), TESSERAL_ERR_API_KEY_LOOKUP_NEEDED);
        expect("an attempt", attempt != NULL, 1);
        expect("poll none", POLL(NULL, len), TESSERAL_ERR_INVALID_ARGUMENT);
        expect("poll misaligned", POLL((void *)((char *)attempt + 1), len), TESSERAL_ERR_INVALID_ARGUMENT);
        expect("poll over itself",
               tesseral_attempt_poll(attempt, NULL, &headers, now, (uint8_t *)attempt, len, &auth),
               TESSERAL_ERR_INVALID_ARGUMENT);
        expect("poll short", POLL(attempt, len - 1), TESSERAL_ERR_BUFFER_TOO_SMALL);
        /* An attempt may be decided a moment before it wakes. */
        for (int wait = 0; wait < 30000 && !woken; wait++)
            usleep(1000);
        expect("woken", (uint64_t)woken, 1);
        while ((polled = POLL(attempt, len)) == TESSERAL_ERR_API_KEY_LOOKUP_NEEDED)
            usleep(1000);
        expect("decided", polled, TESSERAL_OK);
        expect("permission", tesseral_auth_permits(&auth, (const uint8_t *)"a.b.c", 5), true);
        expect("no permission", tesseral_auth_permits(&auth, (const uint8_t *)"a.b.d", 5), false);
        expect("type", tesseral_auth_credentials_type(&auth), TESSERAL_CREDENTIALS_API_KEY);
        tesseral_attempt_free(attempt);
        tesseral_attempt_free(NULL);
        snprintf(value, sizeof value, "Bearer %.8s", api_key);
        header = str(value);
        other = (void *)1;
        expect("refused at once", TRY(wake, &other) != TESSERAL_OK && other == NULL, 1);
        free(scratch);
    }

    /* A cache of this thread's. */
    expect("cache", tesseral_cache_init(memory, cache_len, 2048, (const uint8_t *)"0123456789abcdef", 16, &cache),
           TESSERAL_OK);
    for (int i = 0; i < 2; i++)
        expect("cached", ask(tesseral_authenticator_authenticate, token, cache, NULL), TESSERAL_OK);
    expect("hits", tesseral_cache_hits(cache), 1);

    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, in_thread, NULL) != 0)
            return 2;
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], &result);
        expect("thread", result == NULL, 1);
    }

    /* A child of fork(), and one that frees at once. A child cannot free memory that its parent's threads used: that is no leak. */
#ifndef NO_FORK
    for (int frees = 0; frees < 2; frees++) {
        child = fork();
        if (child == 0) {
            uint32_t first = frees ? TESSERAL_OK : ask(tesseral_authenticator_authenticate, token, NULL, NULL);
            uint32_t second = frees ? TESSERAL_OK : ask(tesseral_authenticator_authenticate, api_key, NULL, NULL);
            alarm(20);
            tesseral_authenticator_free(authenticator);
            _exit(first == TESSERAL_OK && second == TESSERAL_OK ? 0 : 1);
        }
        expect("waitpid", waitpid(child, &status, 0) == child, 1);
        expect("child", WIFEXITED(status) && WEXITSTATUS(status) == 0, 1);
    }
#else
    (void)status;
    (void)child;
#endif

    /* Its readiness and its numbers. */
    expect("stats", tesseral_authenticator_stats(authenticator, &stats), TESSERAL_OK);
    expect("stats.ready", stats.ready, 1);
    expect("stats.keys_used", stats.keys_used, 1);
    expect("stats.lookups", stats.lookups, 2);
    expect("stats.refreshes", stats.refreshes >= 1, 1);
    expect("stats.signature_cache_hits", stats.signature_cache_hits, 1);
    expect("requests", tesseral_authenticator_requests(authenticator, TESSERAL_OK), 6 + THREADS * 50);
    expect("refused", tesseral_authenticator_requests(authenticator, TESSERAL_ERR_TOKEN_MALFORMED), 1);
    expect("no status", tesseral_authenticator_requests(authenticator, 1), 0);
    expect("not ready", tesseral_authenticator_not_ready_reason(authenticator, NULL, 0, &needed), TESSERAL_OK);
    expect("no reason", needed, 0);
    expect("no room", tesseral_authenticator_stats_json(authenticator, &byte, 1, &needed), TESSERAL_ERR_BUFFER_TOO_SMALL);
    text = malloc(needed += 256);
    if (text == NULL)
        return 2;
    expect("json", tesseral_authenticator_stats_json(authenticator, (uint8_t *)text, needed, &needed), TESSERAL_OK);
    expect("json is one", text[0] == '{' && text[needed - 1] == '}', 1);
    free(text);
    expect("no length", tesseral_authenticator_stats_prometheus(authenticator, NULL, 0, NULL),
           TESSERAL_ERR_INVALID_ARGUMENT);
    expect("size", tesseral_authenticator_stats_prometheus(authenticator, NULL, 0, &needed), TESSERAL_ERR_BUFFER_TOO_SMALL);
    expect("prometheus is long", needed > 1000, 1);
    tesseral_authenticator_free(authenticator);
    free(memory);
    printf("authenticator (C): %d checks, %d wrong\n", checks, wrong);
    return wrong != 0;
}
