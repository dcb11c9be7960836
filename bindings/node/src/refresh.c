/*
 * The tesseral_refresh_ functions. Each takes the state, most take the rules, and all return a status. Other arguments and results
 * are in `words`: what stands before the arrow in a comment, and what is there afterwards. FLIGHT is a number and the moment when
 * it began; NOW and moments are two words, the steady clock and the wall clock.
 */
#include "rulebook.h"

enum { RULES = 6 };

/* [interval, stale, cooldown, timeout, wait, waiters]: 0 means the default, TESSERAL_RULES_NONE zero. */
static bool read_refresh(napi_env env, napi_callback_info info, struct call *call, tesseral_refresh_rules *rules, size_t rest_count)
{
    const tesseral_refresh_rules defaults = TESSERAL_REFRESH_RULES_INIT;
    uint64_t given[RULES];
    if (!read_call_rules(env, info, call, given, RULES, rest_count))
        return false;
    *rules = defaults;
    rules->interval_ms = given[0];
    rules->stale_ms = given[1];
    rules->cooldown_ms = given[2];
    rules->timeout_ms = given[3];
    rules->wait_ms = given[4];
    rules->waiters = given[5] > UINT32_MAX ? UINT32_MAX : (uint32_t)given[5];
    return true;
}

static tesseral_flight flight_at(const struct call *call, size_t place)
{
    tesseral_flight flight;
    flight.number = (uint64_t)call->words[place];
    flight.began = moment_at(call, place + 1);
    return flight;
}

static void tell_flight(struct call *call, size_t place, const tesseral_flight *flight)
{
    call->words[place] = (int64_t)flight->number;
    tell_moment(call, place + 1, flight->began);
}

/* init(state, seed): NOW -> */
static napi_value init(napi_env env, napi_callback_info info)
{
    struct call call;
    tesseral_str seed = TESSERAL_STR_NONE;
    if (!read_call(env, info, &call, 1) || !read_octets(env, call.rest[0], &call.addon->cookie, &seed))
        return fail(env);
    const tesseral_moment now = moment_at(&call, 0);
    return make_status(env, tesseral_refresh_init(call.memory, call.memory_len, seed.ptr, seed.len, &now));
}

/* poll(state, rules): NOW -> act, FLIGHT, until */
static napi_value poll(napi_env env, napi_callback_info info)
{
    struct call call;
    tesseral_refresh_rules rules;
    tesseral_poll found = TESSERAL_POLL_INIT;
    if (!read_refresh(env, info, &call, &rules, 0))
        return fail(env);
    const tesseral_moment now = moment_at(&call, 0);
    const uint32_t status = tesseral_refresh_poll(call.memory, call.memory_len, &now, &rules, &found);
    call.words[0] = found.act;
    tell_flight(&call, 1, &found.flight);
    call.words[4] = found.until;
    return make_status(env, status);
}

/* landed(state): FLIGHT, change, handle, len, NOW -> taken, freed */
static napi_value landed(napi_env env, napi_callback_info info)
{
    struct call call;
    uint32_t taken = 0;
    uint64_t freed = 0;
    if (!read_call(env, info, &call, 0))
        return fail(env);
    const tesseral_flight flight = flight_at(&call, 0);
    const tesseral_moment now = moment_at(&call, 6);
    const uint32_t status = tesseral_refresh_landed(call.memory, call.memory_len, &flight, (uint32_t)call.words[3],
                                                    (uint64_t)call.words[4], (uint64_t)call.words[5], &now, &taken, &freed);
    call.words[0] = taken;
    call.words[1] = (int64_t)freed;
    return make_status(env, status);
}

/* failed(state), abandoned(state): FLIGHT, NOW -> */
static napi_value ended(napi_env env, napi_callback_info info,
                        uint32_t (*end)(uint8_t *, size_t, const tesseral_flight *, const tesseral_moment *))
{
    struct call call;
    if (!read_call(env, info, &call, 0))
        return fail(env);
    const tesseral_flight flight = flight_at(&call, 0);
    const tesseral_moment now = moment_at(&call, 3);
    return make_status(env, end(call.memory, call.memory_len, &flight, &now));
}

static napi_value failed(napi_env env, napi_callback_info info)
{
    return ended(env, info, tesseral_refresh_failed);
}

static napi_value abandoned(napi_env env, napi_callback_info info)
{
    return ended(env, info, tesseral_refresh_abandoned);
}

/* restore(state, rules): began by the wall clock, handle, len, NOW -> restored, freed */
static napi_value restore(napi_env env, napi_callback_info info)
{
    struct call call;
    tesseral_refresh_rules rules;
    uint32_t restored = 0;
    uint64_t freed = 0;
    if (!read_refresh(env, info, &call, &rules, 0))
        return fail(env);
    const tesseral_moment now = moment_at(&call, 3);
    const uint32_t status = tesseral_refresh_restore(call.memory, call.memory_len, call.words[0], (uint64_t)call.words[1],
                                                     (uint64_t)call.words[2], &now, &rules, &restored, &freed);
    call.words[0] = restored;
    call.words[1] = (int64_t)freed;
    return make_status(env, status);
}

/* request(state, rules, hashes): need, NOW -> act, wake, FLIGHT, until, place or -1 */
static napi_value request(napi_env env, napi_callback_info info)
{
    struct call call;
    tesseral_refresh_rules rules;
    tesseral_request found = TESSERAL_REQUEST_INIT;
    tesseral_str hashes = TESSERAL_STR_NONE;
    if (!read_refresh(env, info, &call, &rules, 1) || !read_octets(env, call.rest[0], &call.addon->cookie, &hashes))
        return fail(env);
    const tesseral_moment now = moment_at(&call, 1);
    const uint32_t status = tesseral_refresh_request(call.memory, call.memory_len, (uint32_t)call.words[0], hashes.ptr, hashes.len,
                                                     &now, &rules, &found);
    call.words[0] = found.act;
    call.words[1] = found.wake;
    tell_flight(&call, 2, &found.flight);
    call.words[5] = found.wait.until;
    call.words[6] = found.wait.place == TESSERAL_NO_PLACE ? -1 : (int64_t)found.wait.place;
    return make_status(env, status);
}

/* attentionAt(state, rules): NOW -> time */
static napi_value attention_at(napi_env env, napi_callback_info info)
{
    struct call call;
    tesseral_refresh_rules rules;
    if (!read_refresh(env, info, &call, &rules, 0))
        return fail(env);
    const tesseral_moment now = moment_at(&call, 0);
    return make_status(env, tesseral_refresh_attention_at(call.memory, call.memory_len, &now, &rules, &call.words[0]));
}

/* waited(state): until, place or -1 -> */
static napi_value waited(napi_env env, napi_callback_info info)
{
    struct call call;
    if (!read_call(env, info, &call, 0))
        return fail(env);
    const tesseral_wait wait = {call.words[0], call.words[1] < 0 ? TESSERAL_NO_PLACE : (uint32_t)call.words[1], 0};
    return make_status(env, tesseral_refresh_waited(call.memory, call.memory_len, &wait));
}

/* renew(state, seed) */
static napi_value renew(napi_env env, napi_callback_info info)
{
    struct call call;
    tesseral_str seed = TESSERAL_STR_NONE;
    if (!read_call(env, info, &call, 1) || !read_octets(env, call.rest[0], &call.addon->cookie, &seed))
        return fail(env);
    return make_status(env, tesseral_refresh_renew(call.memory, call.memory_len, seed.ptr, seed.len));
}

/* document(state, rules): NOW -> in use, usable, due percent, FLIGHT, age, handle, len */
static napi_value document(napi_env env, napi_callback_info info)
{
    struct call call;
    tesseral_refresh_rules rules;
    tesseral_document found = TESSERAL_DOCUMENT_INIT;
    if (!read_refresh(env, info, &call, &rules, 0))
        return fail(env);
    const tesseral_moment now = moment_at(&call, 0);
    const uint32_t status = tesseral_refresh_document(call.memory, call.memory_len, &now, &rules, &found);
    call.words[0] = found.in_use;
    call.words[1] = found.usable;
    call.words[2] = found.due_percent;
    call.words[3] = (int64_t)found.number;
    tell_moment(&call, 4, found.began);
    call.words[6] = (int64_t)found.age_ms;
    call.words[7] = (int64_t)found.handle;
    call.words[8] = (int64_t)found.len;
    return make_status(env, status);
}

/*
 * ready(state, rules): the handle of a document that may be used, when a request that needs nothing has nothing else to do now;
 * else 0. Reads the clocks itself, since every request calls it.
 */
static napi_value ready(napi_env env, napi_callback_info info)
{
    struct call call;
    tesseral_refresh_rules rules;
    tesseral_document found = TESSERAL_DOCUMENT_INIT;
    napi_value handle;
    int64_t attention = 0;
    if (!read_refresh(env, info, &call, &rules, 0) || !read_clocks(call.words))
        return fail(env);
    const tesseral_moment now = moment_at(&call, 0);
    if (tesseral_refresh_document(call.memory, call.memory_len, &now, &rules, &found) != TESSERAL_OK || !found.usable ||
        tesseral_refresh_attention_at(call.memory, call.memory_len, &now, &rules, &attention) != TESSERAL_OK ||
        now.steady >= attention)
        found.handle = 0;
    return napi_create_int64(env, (int64_t)found.handle, &handle) == napi_ok ? handle : fail(env);
}

/* adopt(state): the words that document() leaves -> freed */
static napi_value adopt(napi_env env, napi_callback_info info)
{
    struct call call;
    tesseral_document given = TESSERAL_DOCUMENT_INIT;
    uint64_t freed = 0;
    if (!read_call(env, info, &call, 0))
        return fail(env);
    given.in_use = (uint32_t)call.words[0];
    given.usable = (uint32_t)call.words[1];
    given.due_percent = (uint32_t)call.words[2];
    given.number = (uint64_t)call.words[3];
    given.began = moment_at(&call, 4);
    given.age_ms = (uint64_t)call.words[6];
    given.handle = (uint64_t)call.words[7];
    given.len = (uint64_t)call.words[8];
    const uint32_t status = tesseral_refresh_adopt(call.memory, call.memory_len, &given, &freed);
    call.words[0] = (int64_t)freed;
    return make_status(env, status);
}

/* dueIn(state, rules): NOW -> milliseconds */
static napi_value due_in(napi_env env, napi_callback_info info)
{
    struct call call;
    tesseral_refresh_rules rules;
    uint64_t due = 0;
    if (!read_refresh(env, info, &call, &rules, 0))
        return fail(env);
    const tesseral_moment now = moment_at(&call, 0);
    const uint32_t status = tesseral_refresh_due_in(call.memory, call.memory_len, &now, &rules, &due);
    call.words[0] = (int64_t)due;
    return make_status(env, status);
}

/* isFetching(state, rules): NOW -> 0 or 1 */
static napi_value is_fetching(napi_env env, napi_callback_info info)
{
    struct call call;
    tesseral_refresh_rules rules;
    if (!read_refresh(env, info, &call, &rules, 0))
        return fail(env);
    const tesseral_moment now = moment_at(&call, 0);
    call.words[0] = tesseral_refresh_is_fetching(call.memory, call.memory_len, &now, &rules);
    return make_status(env, TESSERAL_OK);
}

/* recoveries(state): -> how many */
static napi_value recoveries(napi_env env, napi_callback_info info)
{
    struct call call;
    uint64_t count = 0;
    if (!read_call(env, info, &call, 0))
        return fail(env);
    const uint32_t status = tesseral_refresh_recoveries(call.memory, call.memory_len, &count);
    call.words[0] = (int64_t)count;
    return make_status(env, status);
}

bool add_refresh(napi_env env, napi_value exports)
{
    napi_value refresh, size;
    return napi_create_object(env, &refresh) == napi_ok && napi_set_named_property(env, exports, "refresh", refresh) == napi_ok &&
           napi_create_uint32(env, (uint32_t)tesseral_refresh_size(), &size) == napi_ok &&
           napi_set_named_property(env, refresh, "size", size) == napi_ok &&
           add_clock(env, exports) &&
           add_function(env, refresh, "init", init, NULL) && add_function(env, refresh, "poll", poll, NULL) &&
           add_function(env, refresh, "landed", landed, NULL) && add_function(env, refresh, "failed", failed, NULL) &&
           add_function(env, refresh, "abandoned", abandoned, NULL) && add_function(env, refresh, "restore", restore, NULL) &&
           add_function(env, refresh, "request", request, NULL) && add_function(env, refresh, "waited", waited, NULL) &&
           add_function(env, refresh, "attentionAt", attention_at, NULL) && add_function(env, refresh, "renew", renew, NULL) &&
           add_function(env, refresh, "document", document, NULL) && add_function(env, refresh, "ready", ready, NULL) &&
           add_function(env, refresh, "adopt", adopt, NULL) && add_function(env, refresh, "dueIn", due_in, NULL) &&
           add_function(env, refresh, "isFetching", is_fetching, NULL) && add_function(env, refresh, "recoveries", recoveries, NULL);
}
