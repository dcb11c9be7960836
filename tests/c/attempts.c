/*
 * An event loop of one thread, and requests that wait without blocking it:
 *
 *     attempts HOST BACKEND_HOST CA_FILE PUBLISHABLE_KEY BACKEND_API_KEY NOW MODE [API_KEY...]
 *
 * MODE is answers (the service answers about each API key after a while), silence (BACKEND_HOST says nothing), no_thread (no
 * memory is left for one), new_key (the service has a new key) or no_key (the service hangs when it is asked for a new key).
 * Writes "ready" when it has a document; then it reads a token from standard input. Prints one line for each failed check, and
 * the number of checks last.
 */
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tesseral_verify.h"

#define MOST 64
#define KEY_WAIT_MS 400
#define TOTAL_TIMEOUT_MS 3000
/* The longest time that the library may take in a call, on a loaded machine. */
#define PATIENCE_MS 450

struct request {
    char value[2048];
    tesseral_attempt *attempt;
    tesseral_str header;
    uint32_t status;
    /* When wake was last called for it. */
    _Atomic int64_t woken_at;
    atomic_int woken, freed;
    char organization[64];
};

static const tesseral_authenticator *authenticator;
static struct request requests[MOST];
static uint8_t *scratch;
static size_t scratch_len;
static int64_t now, longest_call;
static int event, checks, wrong;

static void expect(const char *what, uint64_t found, uint64_t expected)
{
    checks++;
    if (found != expected) {
        wrong++;
        printf("%s: %llu, expected %llu\n", what, (unsigned long long)found, (unsigned long long)expected);
    }
}

static int64_t milliseconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void wake(void *context)
{
    struct request *request = context;
    const uint64_t one = 1;
    if (request->freed)
        abort();
    if (!atomic_exchange(&request->woken, 1))
        request->woken_at = milliseconds();
    if (write(event, &one, sizeof one) != sizeof one)
        abort();
}

static int waits(uint32_t status)
{
    return status == TESSERAL_ERR_API_KEY_LOOKUP_NEEDED || status == TESSERAL_ERR_KEY_FETCH_NEEDED;
}

/* One call: the first one begins, the others poll. */
static void turn(struct request *request, int first)
{
    tesseral_headers headers = TESSERAL_HEADERS_INIT;
    tesseral_auth auth = TESSERAL_AUTH_INIT;
    tesseral_str id;
    const int64_t start = milliseconds();
    headers.authorization = &request->header;
    headers.authorization_count = 1;
    if (first)
        request->status = tesseral_authenticator_try_authenticate(authenticator, NULL, &headers, now, scratch, scratch_len,
                                                                  &auth, wake, request, &request->attempt);
    else
        request->status =
            tesseral_attempt_poll(request->attempt, NULL, &headers, now, scratch, scratch_len, &auth);
    if (milliseconds() - start > longest_call)
        longest_call = milliseconds() - start;
    if (request->status == TESSERAL_ERR_API_KEY_LOOKUP_NEEDED)
        expect("credentials", auth.credentials.ptr == request->header.ptr + 7, 1);
    if (request->status == TESSERAL_OK) {
        expect("organization", tesseral_auth_organization_id(&auth, &id), TESSERAL_OK);
        snprintf(request->organization, sizeof request->organization, "%.*s", (int)id.len, (const char *)id.ptr);
    }
}

static void begin(struct request *request, const char *credential)
{
    memset(request, 0, sizeof *request);
    snprintf(request->value, sizeof request->value, "Bearer %s", credential);
    request->header.ptr = (const uint8_t *)request->value;
    request->header.len = strlen(request->value);
    request->attempt = (void *)1;
    turn(request, 1);
    expect("attempt", request->attempt != NULL, (uint64_t)waits(request->status));
}

static void end(struct request *request)
{
    tesseral_attempt_free(request->attempt);
    request->freed = 1;
    request->attempt = NULL;
}

/* The loop: until all of these requests are decided. */
static void run(int count, int64_t at_most)
{
    const int64_t start = milliseconds();
    int left = 0;
    for (int i = 0; i < count; i++)
        left += waits(requests[i].status);
    while (left > 0) {
        struct pollfd watched = {event, POLLIN, 0};
        uint64_t events;
        const int64_t passed = milliseconds() - start;
        if (passed >= at_most || poll(&watched, 1, (int)(at_most - passed)) != 1) {
            expect("requests that were never woken", (uint64_t)left, 0);
            exit(1);
        }
        if (read(event, &events, sizeof events) != sizeof events)
            exit(2);
        for (int i = 0; i < count; i++)
            if (waits(requests[i].status) && atomic_exchange(&requests[i].woken, 0)) {
                turn(&requests[i], 0);
                left -= !waits(requests[i].status);
            }
    }
}

/* A child may free its parent's attempts: no wake function is called, and nothing hangs. */
static void in_child(uint32_t expected)
{
    int status;
    const pid_t child = fork();
    if (child == 0) {
        alarm(20);
        turn(&requests[0], 0);
        end(&requests[0]);
        tesseral_authenticator_free(authenticator);
        _exit(requests[0].status == expected ? 0 : 1);
    }
    expect("waitpid", waitpid(child, &status, 0) == child, 1);
    expect("child", WIFEXITED(status) && WEXITSTATUS(status) == 0, 1);
}

/* 50 requests, two for each key, of which the second may wait for the first; and some that end before they are decided. */
static void answers(char **api_keys, int count)
{
    tesseral_stats stats = TESSERAL_STATS_INIT;
    for (int i = 0; i < 2 * count; i++) {
        begin(&requests[i], api_keys[i % count]);
        expect("waits", requests[i].status, TESSERAL_ERR_API_KEY_LOOKUP_NEEDED);
    }
    for (int i = 2 * count; i < 2 * count + 5; i++) {
        begin(&requests[i], api_keys[i % count]);
        expect("gives up", requests[i].status, TESSERAL_ERR_API_KEY_LOOKUP_NEEDED);
        end(&requests[i]);
    }
    in_child(TESSERAL_ERR_API_KEY_LOOKUP_FAILED);
    run(2 * count, 20000);
    for (int i = 0; i < 2 * count; i++) {
        expect("answered", requests[i].status, TESSERAL_OK);
        expect("one organization", strcmp(requests[i].organization, requests[0].organization) == 0, 1);
        turn(&requests[i], 0);
        expect("stays so", requests[i].status, TESSERAL_OK);
        end(&requests[i]);
    }
    expect("stats", tesseral_authenticator_stats(authenticator, &stats), TESSERAL_OK);
    expect("remembered", stats.api_key_cache_hits, 0);
    expect("counted", tesseral_authenticator_requests(authenticator, TESSERAL_OK), (uint64_t)(4 * count));

    /* An attempt outlives the authenticator. */
    begin(&requests[0], api_keys[0]);
    tesseral_authenticator_free(authenticator);
    authenticator = NULL;
    run(1, 20000);
    expect("without authenticator", requests[0].status, TESSERAL_OK);
    end(&requests[0]);
}

static void silence(char **api_keys, int count)
{
    const int64_t start = milliseconds();
    for (int i = 0; i < count; i++)
        begin(&requests[i], api_keys[i]);
    run(count, 20000);
    for (int i = 0; i < count; i++) {
        expect("unanswered", requests[i].status, TESSERAL_ERR_API_KEY_LOOKUP_FAILED);
        expect("at the deadline", requests[i].woken_at - start < TOTAL_TIMEOUT_MS + 1000, 1);
        end(&requests[i]);
    }
}

/* A look-up needs a thread: a request for which none can be started is refused at once, and the next one may ask again. */
static void no_thread(char **api_keys)
{
    struct rlimit limit, none;
    char pages[64];
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fgets(pages, sizeof pages, file) == NULL || getrlimit(RLIMIT_AS, &limit) != 0)
        exit(2);
    fclose(file);
    none = limit;
    none.rlim_cur = (rlim_t)strtoul(pages, NULL, 10) * (rlim_t)sysconf(_SC_PAGESIZE) + 65536;
    if (setrlimit(RLIMIT_AS, &none) != 0)
        exit(2);
    begin(&requests[0], api_keys[0]);
    if (setrlimit(RLIMIT_AS, &limit) != 0)
        exit(2);
    expect("refused at once", requests[0].status, TESSERAL_ERR_API_KEY_LOOKUP_FAILED);
    end(&requests[0]);
    begin(&requests[1], api_keys[0]);
    run(2, 20000);
    expect("asked about", requests[1].status, TESSERAL_OK);
    end(&requests[1]);
}

static void unknown_key(const char *token, int64_t key_wait, uint32_t expected)
{
    const int64_t start = milliseconds();
    tesseral_headers headers = TESSERAL_HEADERS_INIT;
    tesseral_auth auth = TESSERAL_AUTH_INIT;
    for (int i = 0; i < 3; i++) {
        begin(&requests[i], token);
        expect("waits for the key", requests[i].status, TESSERAL_ERR_KEY_FETCH_NEEDED);
    }
    end(&requests[2]);
    headers.authorization = &requests[0].header;
    headers.authorization_count = 1;
    expect("tries only",
           tesseral_authenticator_try_authenticate(authenticator, NULL, &headers, now, scratch, scratch_len, &auth, NULL,
                                                   NULL, NULL),
           TESSERAL_ERR_KEY_FETCH_NEEDED);
    turn(&requests[1], 0);
    expect("still waits", requests[1].status, TESSERAL_ERR_KEY_FETCH_NEEDED);
    in_child(TESSERAL_ERR_KEY_UNKNOWN);
    run(2, 20000);
    for (int i = 0; i < 2; i++) {
        expect("judged once more", requests[i].status, expected);
        expect("at the deadline", requests[i].woken_at - start < key_wait + 1000, 1);
        end(&requests[i]);
    }
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

static tesseral_str str(const char *text)
{
    tesseral_str value = {(const uint8_t *)text, strlen(text)};
    return value;
}

int main(int argc, char **argv)
{
    tesseral_authenticator_options options = TESSERAL_AUTHENTICATOR_OPTIONS_INIT;
    const char *mode;
    int64_t key_wait;
    char token[2048];
    if (argc < 8)
        return 2;
    options.config_host = str(argv[1]);
    options.backend_host = str(argv[2]);
    options.ca_pem = str(read_file(argv[3]));
    options.publishable_key = str(argv[4]);
    options.backend_api_key = str(argv[5]);
    options.api_keys = 1;
    options.profile = TESSERAL_PROFILE_TINY;
    options.total_timeout_ms = TOTAL_TIMEOUT_MS;
    now = strtoll(argv[6], NULL, 10);
    mode = argv[7];
    /* The new key may take long on a loaded machine. */
    key_wait = strcmp(mode, "new_key") == 0 ? 10000 : KEY_WAIT_MS;
    options.key_wait_ms = (uint32_t)key_wait;
    event = eventfd(0, EFD_CLOEXEC);
    if (event < 0 || tesseral_authenticator_new(&options, &authenticator) != TESSERAL_OK ||
        !tesseral_authenticator_is_ready(authenticator, 10000))
        return 2;
    scratch_len = tesseral_authenticator_scratch_size(authenticator);
    scratch = malloc(scratch_len);
    puts("ready");
    fflush(stdout);
    if (scratch == NULL || fgets(token, sizeof token, stdin) == NULL)
        return 2;
    token[strcspn(token, "\n")] = 0;
    if (strcmp(mode, "answers") == 0)
        answers(argv + 8, argc - 8);
    else if (strcmp(mode, "silence") == 0)
        silence(argv + 8, argc - 8);
    else if (strcmp(mode, "no_thread") == 0)
        no_thread(argv + 8);
    else
        unknown_key(token, key_wait, strcmp(mode, "new_key") == 0 ? TESSERAL_OK : TESSERAL_ERR_KEY_UNKNOWN);
    expect("no call blocks", longest_call < PATIENCE_MS, 1);
    tesseral_authenticator_free(authenticator);
    free(scratch);
    close(event);
    printf("attempts (C): %s: %d checks, %d wrong\n", mode, checks, wrong);
    return wrong != 0;
}
