/*
 * Every pointer and length of the tesseral_refresh_ and tesseral_answers_ functions. For each wrong one, the status is the
 * documented one, no output is written, and the state is unchanged. Then rules: 0 means the default, TESSERAL_RULES_NONE zero.
 */
#include "checks.h"

enum { ANSWERS = 20, QUESTIONS = 3 };

static _Alignas(64) uint8_t refresh[TESSERAL_REFRESH_SIZE + 64];
static _Alignas(64) uint8_t answers[TESSERAL_ANSWERS_SIZE(ANSWERS, QUESTIONS) + 64];
static uint8_t before[sizeof answers];
static const uint8_t seed[16] = "sixteen octets.";
static const tesseral_moment now = {5000, 1750000000000};
static const size_t size = TESSERAL_REFRESH_SIZE;
static const size_t exact = TESSERAL_ANSWERS_SIZE(ANSWERS, QUESTIONS);

static tesseral_moment at(int64_t milliseconds)
{
    tesseral_moment moment = now;
    moment.steady += milliseconds;
    moment.wall += milliseconds;
    return moment;
}

/* The state of a call, and both of its clocks: for every function. `call` takes memory and length, `clocked` a moment. */
#define WRONG_STATE(object, state, len, call) \
    do { \
        REFUSED(INVALID, object, call(NULL, len)); \
        REFUSED(INVALID, object, call(NULL, 0)); \
        REFUSED(INVALID, object, call(state + 1, len)); \
        REFUSED(INVALID, object, call(state + 4, len)); \
        REFUSED(INVALID, object, call(state, TOO_LONG)); \
        ASSERT(call(state, 0) != TESSERAL_OK); \
        ASSERT(call(state, len - 1) != TESSERAL_OK); \
        ASSERT(call(state + 8, len) == INVALID); \
        state[0] ^= 1; \
        REFUSED(INVALID, object, call(state, len)); \
        state[0] ^= 1; \
    } while (0)

#define WRONG_TIME(object, call) \
    do { \
        REFUSED(INVALID, object, call(NULL)); \
        REFUSED(INVALID, object, call((const tesseral_moment *)askew((void *)(uintptr_t)&now))); \
    } while (0)

static void refresh_init(void)
{
    memset(refresh, 0xa5, sizeof refresh);
    memcpy(before, refresh, sizeof refresh);
    ASSERT(tesseral_refresh_size() == TESSERAL_REFRESH_SIZE);
    EXPECT(INVALID, tesseral_refresh_init(NULL, size, seed, 16, &now));
    EXPECT(INVALID, tesseral_refresh_init(refresh + 1, size, seed, 16, &now));
    EXPECT(INVALID, tesseral_refresh_init(refresh + 4, size, seed, 16, &now));
    EXPECT(INVALID, tesseral_refresh_init(refresh, TOO_LONG, seed, 16, &now));
    EXPECT(SMALL, tesseral_refresh_init(refresh, size - 1, seed, 16, &now));
    EXPECT(SMALL, tesseral_refresh_init(refresh, 0, seed, 16, &now));
    EXPECT(INVALID, tesseral_refresh_init(refresh, size, NULL, 16, &now));
    EXPECT(SMALL, tesseral_refresh_init(refresh, size, seed, 15, &now));
    EXPECT(INVALID, tesseral_refresh_init(refresh, size, refresh + 100, 16, &now));
    EXPECT(INVALID, tesseral_refresh_init(refresh, size, seed, 16, NULL));
    EXPECT(INVALID, tesseral_refresh_init(refresh, size, seed, 16, (void *)(refresh + 64)));
    EXPECT(INVALID, tesseral_refresh_recoveries(refresh, size, (void *)before));
    ASSERT(memcmp(before, refresh, sizeof refresh) == 0);
    EXPECT(TESSERAL_OK, tesseral_refresh_init(refresh, size, seed, 16, &now));
    ASSERT(refresh[size] == 0xa5 && refresh[size - 1] == 0);
}

static void refresh_calls(void)
{
    tesseral_refresh_rules rules = TESSERAL_REFRESH_RULES_INIT;
    tesseral_poll poll = TESSERAL_POLL_INIT;
    tesseral_request request = TESSERAL_REQUEST_INIT;
    tesseral_document document = TESSERAL_DOCUMENT_INIT, other = TESSERAL_DOCUMENT_INIT;
    tesseral_flight flight = {1, {5000, 1750000000000}};
    tesseral_wait wait = {0, TESSERAL_NO_PLACE, 0};
    uint8_t hashes[5 * TESSERAL_KID_HASH_LEN] = {0};
    uint32_t kind = 99;
    uint64_t freed = 99, number = 99;
    int64_t time = 99;

    memcpy(before, refresh, sizeof refresh);
#define POLL(memory, len) tesseral_refresh_poll(memory, len, &now, &rules, &poll)
#define POLL_AT(moment) tesseral_refresh_poll(refresh, size, moment, &rules, &poll)
    WRONG_STATE(poll, refresh, size, POLL);
    WRONG_TIME(poll, POLL_AT);
    REFUSED(INVALID, poll, POLL_AT((void *)&poll));
    REFUSED(INVALID, poll, tesseral_refresh_poll(refresh, size, &now, NULL, &poll));
    REFUSED(INVALID, poll, tesseral_refresh_poll(refresh, size, &now, askew(&rules), &poll));
    REFUSED(INVALID, poll, tesseral_refresh_poll(refresh, size, (void *)(refresh + 64), &rules, &poll));
    EXPECT(INVALID, tesseral_refresh_poll(refresh, size, &now, &rules, NULL));
    EXPECT(INVALID, tesseral_refresh_poll(refresh, size, &now, &rules, askew(&poll)));
    EXPECT(INVALID, tesseral_refresh_poll(refresh, size, &now, &rules, (void *)&rules));
    EXPECT(INVALID, tesseral_refresh_poll(refresh, size, &now, &rules, (void *)(refresh + 64)));
    poll.struct_size = sizeof poll - 1;
    REFUSED(INVALID, poll, POLL(refresh, size));
    poll.struct_size = sizeof poll;

#define RULE(member, value) \
    do { \
        tesseral_refresh_rules changed = rules; \
        changed.member = (value); \
        REFUSED(INVALID, poll, tesseral_refresh_poll(refresh, size, &now, &changed, &poll)); \
    } while (0)
    RULE(struct_size, sizeof rules - 1);
    RULE(waiters, 65);
    RULE(interval_ms, 2592000001);
    RULE(interval_ms, TESSERAL_RULES_NONE);
    RULE(stale_ms, 31536000001);
    RULE(cooldown_ms, 3600001);
    RULE(timeout_ms, 600001);
    RULE(wait_ms, 10001);
    RULE(wait_ms, UINT64_MAX);

#define LANDED(memory, len) tesseral_refresh_landed(memory, len, &flight, TESSERAL_CHANGE_KEYS, 7, 100, &now, &kind, &freed)
#define LANDED_AT(moment) tesseral_refresh_landed(refresh, size, &flight, TESSERAL_CHANGE_KEYS, 7, 100, moment, &kind, &freed)
#define LANDED_TO(flight, change, taken, freed) \
    tesseral_refresh_landed(refresh, size, flight, change, 7, 100, &now, taken, freed)
    WRONG_STATE(kind, refresh, size, LANDED);
    WRONG_TIME(freed, LANDED_AT);
    REFUSED(INVALID, kind, LANDED_TO(NULL, TESSERAL_CHANGE_KEYS, &kind, &freed));
    REFUSED(INVALID, kind, LANDED_TO(askew(&flight), TESSERAL_CHANGE_KEYS, &kind, &freed));
    REFUSED(INVALID, kind, LANDED_TO((void *)(refresh + 64), TESSERAL_CHANGE_KEYS, &kind, &freed));
    REFUSED(INVALID, kind, LANDED_TO(&flight, 0, &kind, &freed));
    REFUSED(INVALID, freed, LANDED_TO(&flight, TESSERAL_CHANGE_KEYS + 1, &kind, &freed));
    REFUSED(INVALID, freed, LANDED_TO(&flight, TESSERAL_CHANGE_KEYS, NULL, &freed));
    REFUSED(INVALID, kind, LANDED_TO(&flight, TESSERAL_CHANGE_KEYS, &kind, NULL));
    REFUSED(INVALID, kind, LANDED_TO(&flight, TESSERAL_CHANGE_KEYS, &kind, askew(&freed)));
    REFUSED(INVALID, freed, LANDED_TO(&flight, TESSERAL_CHANGE_KEYS, (void *)&freed, &freed));
    REFUSED(INVALID, freed, LANDED_TO(&flight, TESSERAL_CHANGE_KEYS, (void *)&flight, &freed));
    REFUSED(INVALID, kind, LANDED_TO(&flight, TESSERAL_CHANGE_KEYS, &kind, (void *)(refresh + 64)));

#define FAILED(memory, len) tesseral_refresh_failed(memory, len, &flight, &now)
#define FAILED_AT(moment) tesseral_refresh_failed(refresh, size, &flight, moment)
#define ABANDONED(memory, len) tesseral_refresh_abandoned(memory, len, &flight, &now)
#define ABANDONED_AT(moment) tesseral_refresh_abandoned(refresh, size, &flight, moment)
    WRONG_STATE(flight, refresh, size, FAILED);
    WRONG_TIME(flight, FAILED_AT);
    WRONG_STATE(flight, refresh, size, ABANDONED);
    WRONG_TIME(flight, ABANDONED_AT);
    EXPECT(INVALID, tesseral_refresh_failed(refresh, size, NULL, &now));
    EXPECT(INVALID, tesseral_refresh_failed(refresh, size, (void *)(refresh + 64), &now));
    EXPECT(INVALID, tesseral_refresh_abandoned(refresh, size, askew(&flight), &now));

#define RESTORE(memory, len) tesseral_refresh_restore(memory, len, 0, 7, 100, &now, &rules, &kind, &freed)
#define RESTORE_AT(moment) tesseral_refresh_restore(refresh, size, 0, 7, 100, moment, &rules, &kind, &freed)
#define RESTORE_TO(rules, restored, freed) tesseral_refresh_restore(refresh, size, 0, 7, 100, &now, rules, restored, freed)
    WRONG_STATE(kind, refresh, size, RESTORE);
    WRONG_TIME(freed, RESTORE_AT);
    REFUSED(INVALID, kind, RESTORE_TO(NULL, &kind, &freed));
    REFUSED(INVALID, freed, RESTORE_TO(&rules, NULL, &freed));
    REFUSED(INVALID, kind, RESTORE_TO(&rules, &kind, NULL));
    REFUSED(INVALID, freed, RESTORE_TO(&rules, (void *)&rules, &freed));
    REFUSED(INVALID, kind, RESTORE_TO(&rules, &kind, (void *)(refresh + 64)));

#define REQUEST(memory, len) tesseral_refresh_request(memory, len, TESSERAL_NEED_KIDS, hashes, 16, &now, &rules, &request)
#define REQUEST_AT(moment) \
    tesseral_refresh_request(refresh, size, TESSERAL_NEED_KIDS, hashes, 16, moment, &rules, &request)
#define REQUEST_FOR(need, hashes, len, rules, request) \
    tesseral_refresh_request(refresh, size, need, hashes, len, &now, rules, request)
    WRONG_STATE(request, refresh, size, REQUEST);
    WRONG_TIME(request, REQUEST_AT);
    REFUSED(INVALID, request, REQUEST_FOR(0, NULL, 0, &rules, &request));
    REFUSED(INVALID, request, REQUEST_FOR(4, NULL, 0, &rules, &request));
    REFUSED(INVALID, request, REQUEST_FOR(TESSERAL_NEED_NOTHING, hashes, 16, &rules, &request));
    REFUSED(INVALID, request, REQUEST_FOR(TESSERAL_NEED_DOCUMENT, hashes, 16, &rules, &request));
    REFUSED(INVALID, request, REQUEST_FOR(TESSERAL_NEED_KIDS, NULL, 16, &rules, &request));
    REFUSED(INVALID, request, REQUEST_FOR(TESSERAL_NEED_KIDS, hashes, 15, &rules, &request));
    REFUSED(INVALID, request, REQUEST_FOR(TESSERAL_NEED_KIDS, hashes, 17, &rules, &request));
    REFUSED(INVALID, request, REQUEST_FOR(TESSERAL_NEED_KIDS, hashes, TOO_LONG, &rules, &request));
    REFUSED(INVALID, request, REQUEST_FOR(TESSERAL_NEED_KIDS, refresh + 64, 16, &rules, &request));
    REFUSED(INVALID, request, REQUEST_FOR(TESSERAL_NEED_KIDS, (uint8_t *)&request, 16, &rules, &request));
    REFUSED(INVALID, request, REQUEST_FOR(TESSERAL_NEED_KIDS, hashes, 16, NULL, &request));
    EXPECT(INVALID, REQUEST_FOR(TESSERAL_NEED_KIDS, hashes, 16, &rules, NULL));
    EXPECT(INVALID, REQUEST_FOR(TESSERAL_NEED_KIDS, hashes, 16, &rules, (void *)(refresh + 64)));
    request.struct_size = sizeof request - 1;
    REFUSED(INVALID, request, REQUEST(refresh, size));
    request.struct_size = sizeof request;

#define ATTENTION(memory, len) tesseral_refresh_attention_at(memory, len, &now, &rules, &time)
#define ATTENTION_AT(moment) tesseral_refresh_attention_at(refresh, size, moment, &rules, &time)
    WRONG_STATE(time, refresh, size, ATTENTION);
    WRONG_TIME(time, ATTENTION_AT);
    EXPECT(INVALID, tesseral_refresh_attention_at(refresh, size, &now, &rules, NULL));
    EXPECT(INVALID, tesseral_refresh_attention_at(refresh, size, &now, &rules, (void *)(refresh + 64)));
    REFUSED(INVALID, time, tesseral_refresh_attention_at(refresh, size, &now, NULL, &time));
#define DUE(memory, len) tesseral_refresh_due_in(memory, len, &now, &rules, &number)
#define DUE_AT(moment) tesseral_refresh_due_in(refresh, size, moment, &rules, &number)
    WRONG_STATE(number, refresh, size, DUE);
    WRONG_TIME(number, DUE_AT);
    EXPECT(INVALID, tesseral_refresh_due_in(refresh, size, &now, &rules, askew(&number)));
#define DOCUMENT(memory, len) tesseral_refresh_document(memory, len, &now, &rules, &document)
#define DOCUMENT_AT(moment) tesseral_refresh_document(refresh, size, moment, &rules, &document)
    WRONG_STATE(document, refresh, size, DOCUMENT);
    WRONG_TIME(document, DOCUMENT_AT);
    EXPECT(INVALID, tesseral_refresh_document(refresh, size, &now, &rules, NULL));
    EXPECT(INVALID, tesseral_refresh_document(refresh, size, &now, &rules, (void *)(refresh + 64)));
    document.struct_size = 0;
    REFUSED(INVALID, document, DOCUMENT(refresh, size));
    document.struct_size = sizeof document;
#define ADOPT(memory, len) tesseral_refresh_adopt(memory, len, &other, &freed)
    other.in_use = 1;
    WRONG_STATE(freed, refresh, size, ADOPT);
    REFUSED(INVALID, freed, tesseral_refresh_adopt(refresh, size, NULL, &freed));
    REFUSED(INVALID, freed, tesseral_refresh_adopt(refresh, size, askew(&other), &freed));
    REFUSED(INVALID, freed, tesseral_refresh_adopt(refresh, size, (void *)(refresh + 64), &freed));
    EXPECT(INVALID, tesseral_refresh_adopt(refresh, size, &other, NULL));
    EXPECT(INVALID, tesseral_refresh_adopt(refresh, size, &other, askew(&freed)));
    EXPECT(INVALID, tesseral_refresh_adopt(refresh, size, &other, &other.handle));
    EXPECT(INVALID, tesseral_refresh_adopt(refresh, size, &other, (void *)(refresh + 64)));
    other.in_use = 0;
    REFUSED(INVALID, freed, ADOPT(refresh, size));
    other.in_use = 1;
    other.struct_size = sizeof other - 1;
    REFUSED(INVALID, freed, ADOPT(refresh, size));
    /* A fetch is due: a valid call says so, and each invalid one returns false. */
#define FETCHING(memory, len, moment, rules) tesseral_refresh_is_fetching(memory, len, moment, rules)
    ASSERT(FETCHING(refresh, size, &now, &rules));
    ASSERT(!FETCHING(NULL, size, &now, &rules) && !FETCHING(NULL, 0, &now, &rules));
    ASSERT(!FETCHING(refresh + 1, size, &now, &rules) && !FETCHING(refresh + 8, size, &now, &rules));
    ASSERT(!FETCHING(refresh, size - 1, &now, &rules) && !FETCHING(refresh, TOO_LONG, &now, &rules));
    ASSERT(!FETCHING(refresh, size, NULL, &rules) && !FETCHING(refresh, size, (void *)(refresh + 64), &rules));
    ASSERT(!FETCHING(refresh, size, &now, NULL) && !FETCHING(refresh, size, &now, askew(&rules)));
    ASSERT(!FETCHING(refresh, size, &now, (void *)(refresh + 64)));
    rules.struct_size = sizeof rules - 1;
    ASSERT(!FETCHING(refresh, size, &now, &rules));
    rules.struct_size = sizeof rules;
    refresh[0] ^= 1;
    ASSERT(!FETCHING(refresh, size, &now, &rules));
    refresh[0] ^= 1;
#define WAITED(memory, len) tesseral_refresh_waited(memory, len, &wait)
    WRONG_STATE(wait, refresh, size, WAITED);
    EXPECT(INVALID, tesseral_refresh_waited(refresh, size, NULL));
    EXPECT(INVALID, tesseral_refresh_waited(refresh, size, (void *)(refresh + 64)));
#define RENEW(memory, len) tesseral_refresh_renew(memory, len, seed, 16)
    WRONG_STATE(wait, refresh, size, RENEW);
    EXPECT(INVALID, tesseral_refresh_renew(refresh, size, NULL, 16));
    EXPECT(SMALL, tesseral_refresh_renew(refresh, size, seed, 15));
    EXPECT(INVALID, tesseral_refresh_renew(refresh, size, refresh + 64, 16));
#define RECOVERIES(memory, len) tesseral_refresh_recoveries(memory, len, &number)
    WRONG_STATE(number, refresh, size, RECOVERIES);
    EXPECT(INVALID, tesseral_refresh_recoveries(refresh, size, NULL));
    EXPECT(INVALID, tesseral_refresh_recoveries(refresh, size, (void *)(refresh + 64)));
    /* A refusal leaves the state alone. */
    ASSERT(memcmp(before, refresh, sizeof refresh) == 0);

    EXPECT(INVALID, tesseral_kid_hash(NULL, 1, hashes, 16));
    EXPECT(INVALID, tesseral_kid_hash(octets("kid"), TOO_LONG, hashes, 16));
    EXPECT(INVALID, tesseral_kid_hash(octets("kid"), 3, NULL, 16));
    EXPECT(INVALID, tesseral_kid_hash(hashes, 3, hashes, 16));
    EXPECT(SMALL, tesseral_kid_hash(octets("kid"), 3, hashes, 15));
    ASSERT(hashes[0] == 0);
    /* The beginning of SHA-256. */
    EXPECT(TESSERAL_OK, tesseral_kid_hash(octets("abc"), 3, hashes, 17));
    ASSERT(memcmp(hashes, "\xba\x78\x16\xbf\x8f\x01\xcf\xea\x41\x41\x40\xde\x5d\xae\x22\x23", 16) == 0 && hashes[16] == 0);
}

/* The numbers that the header states as defaults. */
static void refresh_rules(void)
{
    static _Alignas(TESSERAL_RULEBOOK_ALIGN) uint8_t other[TESSERAL_REFRESH_SIZE];
    tesseral_refresh_rules rules = TESSERAL_REFRESH_RULES_INIT;
    tesseral_poll poll = TESSERAL_POLL_INIT;
    tesseral_request request = TESSERAL_REQUEST_INIT;
    tesseral_document document = TESSERAL_DOCUMENT_INIT;
    tesseral_moment later = at(86400000);
    uint8_t hashes[20 * TESSERAL_KID_HASH_LEN] = {0};
    uint32_t kind = 99;
    uint64_t freed = 99, due = 99;

    EXPECT(TESSERAL_OK, tesseral_refresh_document(refresh, size, &now, &rules, &document));
    ASSERT(document.in_use == 0 && document.usable == 0 && document.struct_size == sizeof document);
    EXPECT(TESSERAL_OK, tesseral_refresh_poll(refresh, size, &now, &rules, &poll));
    ASSERT(poll.act == TESSERAL_POLL_FETCH && poll.flight.number == 1 && poll.flight.began.wall == now.wall);
    EXPECT(TESSERAL_OK, LANDED_TO(&poll.flight, TESSERAL_CHANGE_KEYS, &kind, &freed));
    ASSERT(kind == TESSERAL_TAKEN_IN_USE && freed == 0);
    EXPECT(TESSERAL_OK, tesseral_refresh_document(refresh, size, &later, &rules, &document));
    ASSERT(document.in_use == 1 && document.usable == 1 && document.age_ms == 86400000 && document.handle == 7);
    later = at(86400001);
    EXPECT(TESSERAL_OK, tesseral_refresh_document(refresh, size, &later, &rules, &document));
    ASSERT(document.in_use == 1 && document.usable == 0);
    ASSERT(document.due_percent >= 75 && document.due_percent <= 95);
    ASSERT(!FETCHING(refresh, size, &now, &rules) && FETCHING(refresh, size, &later, &rules));
    /* Another state goes on from there, with a handle of its own and the next number. */
    EXPECT(TESSERAL_OK, tesseral_refresh_init(other, sizeof other, seed, 16, &now));
    document.handle = 8;
    EXPECT(TESSERAL_OK, tesseral_refresh_adopt(other, sizeof other, &document, &freed));
    ASSERT(freed == 0);
    document.handle = 9;
    EXPECT(TESSERAL_OK, tesseral_refresh_adopt(other, sizeof other, &document, &freed));
    ASSERT(freed == 8);
    EXPECT(TESSERAL_OK, tesseral_refresh_due_in(refresh, size, &now, &rules, &due));
    EXPECT(TESSERAL_OK, tesseral_refresh_due_in(other, sizeof other, &now, &rules, &freed));
    ASSERT(due == freed);
    EXPECT(TESSERAL_OK, tesseral_refresh_poll(other, sizeof other, &later, &rules, &poll));
    ASSERT(poll.act == TESSERAL_POLL_FETCH && poll.flight.number == 2);
    EXPECT(TESSERAL_OK, tesseral_refresh_document(other, sizeof other, &now, &rules, &document));
    ASSERT(document.number == 1 && document.began.wall == now.wall && document.handle == 9 && document.len == 100);
    EXPECT(TESSERAL_OK, tesseral_refresh_due_in(refresh, size, &now, &rules, &due));
    ASSERT(due >= 2700000 && due <= 3420000);
    for (uint8_t i = 0; i < 20; i++)
        hashes[i * TESSERAL_KID_HASH_LEN] = i;
    for (unsigned i = 0; i < 17; i++) {
        EXPECT(TESSERAL_OK, REQUEST_FOR(TESSERAL_NEED_KIDS, hashes + i * 16, 16, &rules, &request));
        ASSERT(request.act == (i < 16 ? TESSERAL_REQUEST_WAIT : TESSERAL_REQUEST_PROCEED) && request.wake == 1);
        ASSERT(i >= 16 || (request.wait.until == now.steady + 1000 && request.wait.place == i));
    }
    EXPECT(TESSERAL_OK, tesseral_refresh_renew(refresh, size, seed, 16));
    rules.wait_ms = TESSERAL_RULES_NONE;
    EXPECT(TESSERAL_OK, REQUEST_FOR(TESSERAL_NEED_KIDS, hashes, sizeof hashes, &rules, &request));
    ASSERT(request.act == TESSERAL_REQUEST_WAIT && request.wait.until == now.steady);
    rules.waiters = TESSERAL_RULES_NONE;
    EXPECT(TESSERAL_OK, REQUEST_FOR(TESSERAL_NEED_KIDS, hashes, 16, &rules, &request));
    ASSERT(request.act == TESSERAL_REQUEST_PROCEED);
    EXPECT(TESSERAL_OK, tesseral_refresh_poll(refresh, size, &now, &rules, &poll));
    ASSERT(poll.act == TESSERAL_POLL_FETCH && poll.flight.number == 2);
    EXPECT(TESSERAL_OK, tesseral_refresh_poll(refresh, size, &now, &rules, &poll));
    ASSERT(poll.act == TESSERAL_POLL_IN_FLIGHT && poll.until == now.steady + 10000 && poll.flight.number == 0);
}

static void answers_init(void)
{
    memset(answers, 0xa5, sizeof answers);
    memcpy(before, answers, sizeof answers);
    ASSERT(tesseral_answers_size(0, 1) == 0 && tesseral_answers_size(1, 0) == 0);
    ASSERT(tesseral_answers_size(65537, 1) == 0 && tesseral_answers_size(1, 257) == 0);
    ASSERT(tesseral_answers_size(SIZE_MAX, SIZE_MAX) == 0);
    ASSERT(tesseral_answers_size(ANSWERS, QUESTIONS) == exact);
    ASSERT(tesseral_answers_size(1, 1) == TESSERAL_ANSWERS_SIZE(1, 1));
    ASSERT(tesseral_answers_size(16, 1) == TESSERAL_ANSWERS_SIZE(16, 1));
    ASSERT(tesseral_answers_size(65536, 256) == TESSERAL_ANSWERS_SIZE(65536, 256));
#define ANSWERS_INIT(memory, len, count, questions, seed, seed_len) \
    tesseral_answers_init(memory, len, count, questions, seed, seed_len)
    EXPECT(INVALID, ANSWERS_INIT(NULL, exact, ANSWERS, QUESTIONS, seed, 16));
    EXPECT(INVALID, ANSWERS_INIT(answers + 1, exact, ANSWERS, QUESTIONS, seed, 16));
    EXPECT(INVALID, ANSWERS_INIT(answers + 4, exact, ANSWERS, QUESTIONS, seed, 16));
    EXPECT(INVALID, ANSWERS_INIT(answers, TOO_LONG, ANSWERS, QUESTIONS, seed, 16));
    EXPECT(SMALL, ANSWERS_INIT(answers, exact - 1, ANSWERS, QUESTIONS, seed, 16));
    EXPECT(INVALID, ANSWERS_INIT(answers, exact, 0, QUESTIONS, seed, 16));
    EXPECT(INVALID, ANSWERS_INIT(answers, exact, 65537, QUESTIONS, seed, 16));
    EXPECT(INVALID, ANSWERS_INIT(answers, exact, ANSWERS, 0, seed, 16));
    EXPECT(INVALID, ANSWERS_INIT(answers, exact, ANSWERS, 257, seed, 16));
    EXPECT(INVALID, ANSWERS_INIT(answers, exact, ANSWERS, QUESTIONS, NULL, 16));
    EXPECT(SMALL, ANSWERS_INIT(answers, exact, ANSWERS, QUESTIONS, seed, 15));
    EXPECT(INVALID, ANSWERS_INIT(answers, exact, ANSWERS, QUESTIONS, answers + 64, 16));
    ASSERT(memcmp(before, answers, sizeof answers) == 0);
    EXPECT(TESSERAL_OK, ANSWERS_INIT(answers, exact, ANSWERS, QUESTIONS, seed, 16));
    ASSERT(answers[exact] == 0xa5 && answers[exact - 1] == 0);
}

static void answers_calls(void)
{
    tesseral_answers_rules rules = TESSERAL_ANSWERS_RULES_INIT;
    tesseral_api_key_name name = {{1}, {2}};
    tesseral_ask ask = TESSERAL_ASK_INIT;
    tesseral_landed landed = TESSERAL_LANDED_INIT;
    tesseral_question question = {1, {5000, 1750000000000}};
    tesseral_verdict good = {TESSERAL_VERDICT_GOOD, 0, 9, 100}, verdict = good;
    uint64_t number = 99;

    memcpy(before, answers, sizeof answers);
#define ASK(memory, len) tesseral_answers_ask(memory, len, &name, 0, &now, &rules, &ask)
#define ASK_AT(moment) tesseral_answers_ask(answers, exact, &name, 0, moment, &rules, &ask)
#define ASK_FOR(name, rules, ask) tesseral_answers_ask(answers, exact, name, 0, &now, rules, ask)
    WRONG_STATE(ask, answers, exact, ASK);
    WRONG_TIME(ask, ASK_AT);
    REFUSED(INVALID, ask, ASK_FOR(NULL, &rules, &ask));
    REFUSED(INVALID, ask, ASK_FOR((void *)(answers + 64), &rules, &ask));
    REFUSED(INVALID, ask, ASK_FOR((void *)&ask, &rules, &ask));
    REFUSED(INVALID, ask, ASK_FOR(&name, NULL, &ask));
    REFUSED(INVALID, ask, ASK_FOR(&name, askew(&rules), &ask));
    EXPECT(INVALID, ASK_FOR(&name, &rules, NULL));
    EXPECT(INVALID, ASK_FOR(&name, &rules, askew(&ask)));
    EXPECT(INVALID, ASK_FOR(&name, &rules, (void *)(answers + 64)));
    ask.struct_size = sizeof ask - 1;
    REFUSED(INVALID, ask, ASK(answers, exact));
    ask.struct_size = sizeof ask;

#undef RULE
#define RULE(member, value) \
    do { \
        tesseral_answers_rules changed = rules; \
        changed.member = (value); \
        REFUSED(INVALID, ask, ASK_FOR(&name, &changed, &ask)); \
    } while (0)
    RULE(struct_size, sizeof rules - 1);
    RULE(good_ttl_ms, 3600001);
    RULE(refused_ttl_ms, 3600001);
    RULE(timeout_ms, 600001);
    RULE(timeout_ms, TESSERAL_RULES_NONE);

#define KNOWN(memory, len) tesseral_answers_known(memory, len, &name, &now, &rules, &verdict)
#define KNOWN_AT(moment) tesseral_answers_known(answers, exact, &name, moment, &rules, &verdict)
#define KNOWN_FOR(name, rules, verdict) tesseral_answers_known(answers, exact, name, &now, rules, verdict)
    WRONG_STATE(verdict, answers, exact, KNOWN);
    WRONG_TIME(verdict, KNOWN_AT);
    REFUSED(INVALID, verdict, KNOWN_FOR(NULL, &rules, &verdict));
    REFUSED(INVALID, verdict, KNOWN_FOR((void *)(answers + 64), &rules, &verdict));
    REFUSED(INVALID, verdict, KNOWN_FOR((void *)&verdict, &rules, &verdict));
    REFUSED(INVALID, verdict, KNOWN_FOR(&name, NULL, &verdict));
    EXPECT(INVALID, KNOWN_FOR(&name, &rules, NULL));
    EXPECT(INVALID, KNOWN_FOR(&name, &rules, askew(&verdict)));
    EXPECT(INVALID, KNOWN_FOR(&name, &rules, (void *)(answers + 64)));

#undef LANDED
#undef LANDED_AT
#define LANDED(memory, len) tesseral_answers_landed(memory, len, &name, &question, &verdict, &now, &rules, &landed)
#define LANDED_AT(moment) tesseral_answers_landed(answers, exact, &name, &question, &verdict, moment, &rules, &landed)
#define LANDED_FOR(name, question, verdict, rules, landed) \
    tesseral_answers_landed(answers, exact, name, question, verdict, &now, rules, landed)
    WRONG_STATE(landed, answers, exact, LANDED);
    WRONG_TIME(landed, LANDED_AT);
    REFUSED(INVALID, landed, LANDED_FOR(NULL, &question, &verdict, &rules, &landed));
    REFUSED(INVALID, landed, LANDED_FOR(&name, NULL, &verdict, &rules, &landed));
    REFUSED(INVALID, landed, LANDED_FOR(&name, askew(&question), &verdict, &rules, &landed));
    REFUSED(INVALID, landed, LANDED_FOR(&name, &question, NULL, &rules, &landed));
    REFUSED(INVALID, landed, LANDED_FOR(&name, &question, (void *)(answers + 64), &rules, &landed));
    REFUSED(INVALID, landed, LANDED_FOR(&name, &question, &verdict, NULL, &landed));
    EXPECT(INVALID, LANDED_FOR(&name, &question, &verdict, &rules, NULL));
    EXPECT(INVALID, LANDED_FOR(&name, &question, &verdict, &rules, (void *)(answers + 64)));
    verdict.kind = TESSERAL_VERDICT_NONE;
    REFUSED(INVALID, landed, LANDED(answers, exact));
    verdict.kind = TESSERAL_VERDICT_FAILED + 1;
    REFUSED(INVALID, landed, LANDED(answers, exact));
    verdict = good;
    landed.struct_size = sizeof landed - 1;
    REFUSED(INVALID, landed, LANDED(answers, exact));
    landed.struct_size = sizeof landed;

#define GONE(memory, len, name, question) tesseral_answers_abandoned(memory, len, name, question)
    EXPECT(INVALID, GONE(NULL, exact, &name, &question));
    EXPECT(INVALID, GONE(answers + 4, exact, &name, &question));
    EXPECT(INVALID, GONE(answers, exact - 8, &name, &question));
    EXPECT(INVALID, GONE(refresh, size, &name, &question));
    EXPECT(INVALID, GONE(answers, exact, NULL, &question));
    EXPECT(INVALID, GONE(answers, exact, &name, NULL));
    EXPECT(INVALID, GONE(answers, exact, &name, askew(&question)));
    EXPECT(INVALID, GONE(answers, exact, (void *)(answers + 64), &question));
    EXPECT(INVALID, GONE(answers, exact, &name, (void *)(answers + 64)));

#define RECLAIM(memory, len) tesseral_answers_reclaim(memory, len, &now, &rules, &number)
#define RECLAIM_AT(moment) tesseral_answers_reclaim(answers, exact, moment, &rules, &number)
    WRONG_STATE(number, answers, exact, RECLAIM);
    WRONG_TIME(number, RECLAIM_AT);
    EXPECT(INVALID, tesseral_answers_reclaim(answers, exact, &now, &rules, NULL));
    EXPECT(INVALID, tesseral_answers_reclaim(answers, exact, &now, &rules, (void *)(answers + 64)));
    REFUSED(INVALID, number, tesseral_answers_reclaim(answers, exact, &now, NULL, &number));
#define LEN(memory, len) tesseral_answers_len(memory, len, &number)
#undef RECOVERIES
#define RECOVERIES(memory, len) tesseral_answers_recoveries(memory, len, &number)
    WRONG_STATE(number, answers, exact, LEN);
    WRONG_STATE(number, answers, exact, RECOVERIES);
    EXPECT(INVALID, tesseral_answers_len(answers, exact, askew(&number)));
    EXPECT(INVALID, tesseral_answers_recoveries(answers, exact, (void *)(answers + 64)));
    /* A refresh state is refused as an answers state, and the other way round. */
    EXPECT(INVALID, tesseral_answers_len(refresh, size, &number));
    EXPECT(INVALID, tesseral_refresh_recoveries(answers, exact, &number));
    ASSERT(memcmp(before, answers, sizeof answers) == 0);
}

static void answers_rules(void)
{
    tesseral_answers_rules rules = TESSERAL_ANSWERS_RULES_INIT;
    tesseral_api_key_name name = {{1}, {2}};
    tesseral_ask ask = TESSERAL_ASK_INIT;
    tesseral_landed landed = TESSERAL_LANDED_INIT;
    tesseral_verdict refusal = {TESSERAL_VERDICT_INVALID, 0, 0, 0}, good = {TESSERAL_VERDICT_GOOD, 0, 9, 100};
    tesseral_verdict verdict = good;
    tesseral_question question = {3, {10000, 1750000005000}};
    tesseral_moment later = at(4999);
    uint64_t number = 99;

    EXPECT(TESSERAL_OK, ASK(answers, exact));
    ASSERT(ask.act == TESSERAL_ASK_SEND && ask.question.number == 1 && ask.question.sent.steady == now.steady);
    EXPECT(TESSERAL_OK, LANDED_FOR(&name, &ask.question, &refusal, &rules, &landed));
    ASSERT(landed.kept == 1 && landed.freed_count == 0);
    EXPECT(TESSERAL_OK, KNOWN_FOR(&name, &rules, &verdict));
    ASSERT(verdict.kind == TESSERAL_VERDICT_INVALID && verdict.handle == 0 && verdict.len == 0);
#define ASK_LATER(rules) ASK_WITH(0, rules)
#define ASK_WITH(ticket, rules) tesseral_answers_ask(answers, exact, &name, ticket, &later, rules, &ask)
    EXPECT(TESSERAL_OK, ASK_LATER(&rules));
    ASSERT(ask.act == TESSERAL_ASK_KNOWN && ask.verdict.kind == TESSERAL_VERDICT_INVALID && ask.verdict.handle == 0);
    rules.refused_ttl_ms = TESSERAL_RULES_NONE;
    EXPECT(TESSERAL_OK, KNOWN_FOR(&name, &rules, &verdict));
    ASSERT(verdict.kind == TESSERAL_VERDICT_NONE);
    EXPECT(TESSERAL_OK, ASK_LATER(&rules));
    ASSERT(ask.act == TESSERAL_ASK_SEND && ask.question.number == 2 && ask.verdict.kind == TESSERAL_VERDICT_NONE);
    EXPECT(TESSERAL_OK, LANDED_FOR(&name, &ask.question, &good, &rules, &landed));
    EXPECT(TESSERAL_OK, tesseral_answers_len(answers, exact, &number));
    ASSERT(landed.kept == 1 && number == 100);
    later = at(5000);
    rules.good_ttl_ms = TESSERAL_RULES_NONE;
    EXPECT(TESSERAL_OK, ASK_LATER(&rules));
    ASSERT(ask.act == TESSERAL_ASK_SEND);
    EXPECT(TESSERAL_OK, ASK_LATER(&rules));
    ASSERT(ask.act == TESSERAL_ASK_WAIT && ask.until == later.steady + 10000 && ask.question.number == 0);
    /* It came after question 3 was sent, in the same millisecond, and asks again with its ticket. */
    ASSERT(ask.ticket == 4);
    question.number = 3;
    EXPECT(TESSERAL_OK, LANDED_FOR(&name, &question, &good, &rules, &landed));
    EXPECT(TESSERAL_OK, ASK_WITH(3, &rules));
    ASSERT(ask.act == TESSERAL_ASK_KNOWN && ask.verdict.handle == 9 && ask.until == 0 && ask.ticket == 0);
    EXPECT(TESSERAL_OK, ASK_WITH(4, &rules));
    ASSERT(ask.act == TESSERAL_ASK_SEND && ask.question.number == 4 && ask.ticket == 0);
    EXPECT(TESSERAL_OK, ASK_WITH(UINT64_MAX, &rules));
    ASSERT(ask.act == TESSERAL_ASK_WAIT && ask.ticket == UINT64_MAX);
    EXPECT(TESSERAL_OK, RECLAIM_AT(&later));
    ASSERT(number == 9);
    EXPECT(TESSERAL_OK, RECLAIM_AT(&later));
    ASSERT(number == 0);
}

int main(void)
{
    refresh_init();
    refresh_calls();
    refresh_rules();
    answers_init();
    answers_calls();
    answers_rules();
    printf("rulebook arguments (C): %u checks, %u failures\n", checks, failures);
    return checks == 0 || failures != 0;
}
