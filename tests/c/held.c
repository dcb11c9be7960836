/*
 * Tokens held in a cache of eight slots, in which every token competes with every other:
 *
 *     held SNAPSHOT NOW TOKEN USER-ID TOKEN USER-ID ...
 *
 * Calls begin and end in a pseudo-random order, each with scratch memory of its own, and some hold a token for long. The
 * strings of a call must stay unchanged until it ends.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tesseral_verify.h"

enum { TOKENS = 64, CALLS = 12, STEPS = 20000, SLOTS = 8 };

struct call {
    int token; /* -1: none is going on */
    tesseral_auth auth;
    tesseral_hold hold;
    uint8_t scratch[TESSERAL_SCRATCH_SIZE(TESSERAL_DEFAULT_MAX_TOKEN_LEN)];
};

static struct call calls[CALLS];
static _Alignas(16) uint8_t memory[1 << 14];
static char headers[TOKENS][2048];
static const char *users[TOKENS];

static void fail(const char *what)
{
    printf("held: %s\n", what);
    exit(1);
}

/* The next number of a fixed pseudo-random sequence. */
static unsigned chance(unsigned below)
{
    static uint32_t state = 1;
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state % below;
}

static const tesseral_verifier *load(const char *name)
{
    static _Alignas(TESSERAL_VERIFIER_ALIGN) uint8_t room[TESSERAL_VERIFIER_SIZE(TINY, 4)];
    static uint8_t document[TESSERAL_MAX_DOCUMENT_LEN];
    FILE *file = fopen(name, "rb");
    const tesseral_verifier *verifier = NULL;
    tesseral_options options = TESSERAL_OPTIONS_INIT;
    options.profile = TESSERAL_PROFILE_TINY;
    if (file == NULL || tesseral_verifier_init(room, sizeof room, document, fread(document, 1, sizeof document, file),
                                               &options, &verifier) != TESSERAL_OK)
        fail("no verifier");
    fclose(file);
    return verifier;
}

static void check(const struct call *call)
{
    const char *user = users[call->token];
    if (call->auth.claims.user_id.len != strlen(user) || memcmp(call->auth.claims.user_id.ptr, user, strlen(user)) != 0 ||
        call->auth.credentials.ptr != (const uint8_t *)headers[call->token] + 7 ||
        (call->hold.serial != 0) != (call->auth.claims.user_id.ptr >= memory && call->auth.claims.user_id.ptr < memory + sizeof memory))
        fail("a call's strings are not its own");
}

static void end(struct call *call, tesseral_cache *cache)
{
    check(call);
    if (tesseral_cache_release(cache, &call->hold) != TESSERAL_OK)
        fail("not released");
    memset(call->scratch, 0, sizeof call->scratch);
    call->token = -1;
}

int main(int argc, char **argv)
{
    static const uint8_t seed[16] = "sixteen octets.";
    const int tokens = (argc - 3) / 2;
    const tesseral_verifier *verifier;
    tesseral_cache *cache = NULL;
    unsigned held = 0, refused = 0;
    if (tokens < 2 * SLOTS || tokens > TOKENS)
        fail("another number of tokens");
    verifier = load(argv[1]);
    if (tesseral_cache_init(memory, tesseral_cache_size(1, 1000), 1000, seed, 16, &cache) != TESSERAL_OK ||
        tesseral_cache_slots(cache) != SLOTS)
        fail("no cache");
    for (int i = 0; i < tokens; i++) {
        snprintf(headers[i], sizeof headers[i], "Bearer %s", argv[3 + 2 * i]);
        users[i] = argv[4 + 2 * i];
    }
    for (int i = 0; i < CALLS; i++)
        calls[i].token = -1;

    for (int step = 0; step < STEPS; step++) {
        struct call *call = &calls[chance(CALLS)];
        const int token = (int)chance((unsigned)tokens);
        const tesseral_str value = {(const uint8_t *)headers[token], strlen(headers[token])};
        tesseral_headers request = TESSERAL_HEADERS_INIT;
        int slots[SLOTS] = {0}, used = 0;
        if (call->token >= 0) {
            end(call, cache);
            continue;
        }
        call->token = token;
        call->auth = (tesseral_auth)TESSERAL_AUTH_INIT;
        call->hold = (tesseral_hold)TESSERAL_HOLD_INIT;
        request.authorization = &value;
        request.authorization_count = 1;
        if (tesseral_authenticate(verifier, cache, &request, strtoll(argv[2], NULL, 10), call->scratch,
                                       sizeof call->scratch, &call->auth, &call->hold) != TESSERAL_OK)
            fail("refused");
        held += call->hold.serial != 0;
        refused += call->hold.serial == 0;
        for (int i = 0; i < CALLS; i++) {
            if (calls[i].token < 0)
                continue;
            check(&calls[i]);
            if (calls[i].hold.serial != 0 && slots[calls[i].hold.slot]++ == 0)
                used++;
        }
        if (used > SLOTS / 2)
            fail("more than half is held");
    }
    for (int i = 0; i < CALLS; i++)
        if (calls[i].token >= 0)
            end(&calls[i], cache);
    printf("held (C): %u calls held their token, %u had it in scratch, %llu hits\n", held, refused,
           (unsigned long long)tesseral_cache_hits(cache));
    return held < 1000 || refused < 1000 || tesseral_cache_hits(cache) < 1000;
}
