/*
 * The tesseral_answers_ functions, in the manner of refresh.c. NAME is a Uint8Array: the scope, then the fingerprint. QUESTION is a
 * number and the moment when it was sent; VERDICT is a kind, a handle and a length.
 */
#include <string.h>

#include "rulebook.h"

enum { RULES = 5 };

/* [good time to live, refused time to live, timeout, questions, octets of all answers]: 0 means the default. */
static bool read_answers(napi_env env, napi_callback_info info, struct call *call, tesseral_answers_rules *rules, size_t rest_count)
{
    const tesseral_answers_rules defaults = TESSERAL_ANSWERS_RULES_INIT;
    uint64_t given[RULES];
    if (!read_call_rules(env, info, call, given, RULES, rest_count))
        return false;
    *rules = defaults;
    rules->good_ttl_ms = given[0];
    rules->refused_ttl_ms = given[1];
    rules->timeout_ms = given[2];
    rules->questions = given[3] > UINT32_MAX ? UINT32_MAX : (uint32_t)given[3];
    rules->max_answers_len = given[4];
    return true;
}

static bool read_name(napi_env env, const struct call *call, napi_value value, tesseral_api_key_name *name)
{
    tesseral_str octets = TESSERAL_STR_NONE;
    if (!read_octets(env, value, &call->addon->cookie, &octets) || octets.len != sizeof *name)
        return false;
    memcpy(name->scope, octets.ptr, sizeof name->scope);
    memcpy(name->fingerprint, octets.ptr + sizeof name->scope, sizeof name->fingerprint);
    return true;
}

static tesseral_question question_at(const struct call *call, size_t place)
{
    tesseral_question question;
    question.number = (uint64_t)call->words[place];
    question.sent = moment_at(call, place + 1);
    return question;
}

static void tell_verdict(struct call *call, size_t place, const tesseral_verdict *verdict)
{
    call->words[place] = verdict->kind;
    call->words[place + 1] = (int64_t)verdict->handle;
    call->words[place + 2] = (int64_t)verdict->len;
}

/* size(answers, questions): a number of octets, or 0 */
static napi_value size(napi_env env, napi_callback_info info)
{
    napi_value argv[2], result;
    size_t argc = 2;
    int64_t answers = 0, questions = 0;
    if (napi_get_cb_info(env, info, &argc, argv, NULL, NULL) != napi_ok || argc != 2 ||
        napi_get_value_int64(env, argv[0], &answers) != napi_ok || napi_get_value_int64(env, argv[1], &questions) != napi_ok)
        return fail(env);
    const size_t bytes = answers < 0 || questions < 0 ? 0 : tesseral_answers_size((size_t)answers, (size_t)questions);
    return napi_create_int64(env, (int64_t)bytes, &result) == napi_ok ? result : fail(env);
}

/* init(state, answers, questions, seed) */
static napi_value init(napi_env env, napi_callback_info info)
{
    struct call call;
    int64_t answers = 0, questions = 0;
    tesseral_str seed = TESSERAL_STR_NONE;
    if (!read_call(env, info, &call, 3) || napi_get_value_int64(env, call.rest[0], &answers) != napi_ok ||
        napi_get_value_int64(env, call.rest[1], &questions) != napi_ok ||
        !read_octets(env, call.rest[2], &call.addon->cookie, &seed))
        return fail(env);
    return make_status(env, tesseral_answers_init(call.memory, call.memory_len, answers < 0 ? 0 : (size_t)answers,
                                                  questions < 0 ? 0 : (size_t)questions, seed.ptr, seed.len));
}

/* ask(state, rules, NAME): ticket, NOW -> act, VERDICT, QUESTION, until, ticket */
static napi_value ask(napi_env env, napi_callback_info info)
{
    struct call call;
    tesseral_answers_rules rules;
    tesseral_api_key_name name;
    tesseral_ask found = TESSERAL_ASK_INIT;
    if (!read_answers(env, info, &call, &rules, 1) || !read_name(env, &call, call.rest[0], &name))
        return fail(env);
    const tesseral_moment now = moment_at(&call, 1);
    const uint32_t status =
        tesseral_answers_ask(call.memory, call.memory_len, &name, (uint64_t)call.words[0], &now, &rules, &found);
    call.words[0] = found.act;
    tell_verdict(&call, 1, &found.verdict);
    call.words[4] = (int64_t)found.question.number;
    tell_moment(&call, 5, found.question.sent);
    call.words[7] = found.until;
    call.words[8] = (int64_t)found.ticket;
    return make_status(env, status);
}

/* known(state, rules, NAME): NOW -> VERDICT */
static napi_value known(napi_env env, napi_callback_info info)
{
    struct call call;
    tesseral_answers_rules rules;
    tesseral_api_key_name name;
    tesseral_verdict verdict = {TESSERAL_VERDICT_NONE, 0, 0, 0};
    if (!read_answers(env, info, &call, &rules, 1) || !read_name(env, &call, call.rest[0], &name))
        return fail(env);
    const tesseral_moment now = moment_at(&call, 0);
    const uint32_t status = tesseral_answers_known(call.memory, call.memory_len, &name, &now, &rules, &verdict);
    tell_verdict(&call, 0, &verdict);
    return make_status(env, status);
}

/* landed(state, rules, NAME): QUESTION, VERDICT, NOW -> kept, how many handles are freed, the handles */
static napi_value landed(napi_env env, napi_callback_info info)
{
    struct call call;
    tesseral_answers_rules rules;
    tesseral_api_key_name name;
    tesseral_landed found = TESSERAL_LANDED_INIT;
    if (!read_answers(env, info, &call, &rules, 1) || !read_name(env, &call, call.rest[0], &name))
        return fail(env);
    const tesseral_question question = question_at(&call, 0);
    const tesseral_verdict verdict = {(uint32_t)call.words[3], 0, (uint64_t)call.words[4], (uint64_t)call.words[5]};
    const tesseral_moment now = moment_at(&call, 6);
    const uint32_t status =
        tesseral_answers_landed(call.memory, call.memory_len, &name, &question, &verdict, &now, &rules, &found);
    call.words[0] = found.kept;
    call.words[1] = found.freed_count;
    for (size_t i = 0; i < TESSERAL_ANSWERS_MAX_FREED; i++)
        call.words[2 + i] = (int64_t)found.freed[i];
    return make_status(env, status);
}

/* abandoned(state, NAME): QUESTION -> */
static napi_value abandoned(napi_env env, napi_callback_info info)
{
    struct call call;
    tesseral_api_key_name name;
    if (!read_call(env, info, &call, 1) || !read_name(env, &call, call.rest[0], &name))
        return fail(env);
    const tesseral_question question = question_at(&call, 0);
    return make_status(env, tesseral_answers_abandoned(call.memory, call.memory_len, &name, &question));
}

/* reclaim(state, rules): NOW -> freed */
static napi_value reclaim(napi_env env, napi_callback_info info)
{
    struct call call;
    tesseral_answers_rules rules;
    uint64_t freed = 0;
    if (!read_answers(env, info, &call, &rules, 0))
        return fail(env);
    const tesseral_moment now = moment_at(&call, 0);
    const uint32_t status = tesseral_answers_reclaim(call.memory, call.memory_len, &now, &rules, &freed);
    call.words[0] = (int64_t)freed;
    return make_status(env, status);
}

static napi_value count(napi_env env, napi_callback_info info, uint32_t (*of)(uint8_t *, size_t, uint64_t *))
{
    struct call call;
    uint64_t found = 0;
    if (!read_call(env, info, &call, 0))
        return fail(env);
    const uint32_t status = of(call.memory, call.memory_len, &found);
    call.words[0] = (int64_t)found;
    return make_status(env, status);
}

/* len(state): -> octets of all answers */
static napi_value len(napi_env env, napi_callback_info info)
{
    return count(env, info, tesseral_answers_len);
}

/* recoveries(state): -> how many */
static napi_value recoveries(napi_env env, napi_callback_info info)
{
    return count(env, info, tesseral_answers_recoveries);
}

bool add_answers(napi_env env, napi_value exports)
{
    napi_value answers;
    return napi_create_object(env, &answers) == napi_ok && napi_set_named_property(env, exports, "answers", answers) == napi_ok &&
           add_function(env, answers, "size", size, NULL) && add_function(env, answers, "init", init, NULL) &&
           add_function(env, answers, "ask", ask, NULL) && add_function(env, answers, "known", known, NULL) &&
           add_function(env, answers, "landed", landed, NULL) && add_function(env, answers, "abandoned", abandoned, NULL) &&
           add_function(env, answers, "reclaim", reclaim, NULL) && add_function(env, answers, "len", len, NULL) &&
           add_function(env, answers, "recoveries", recoveries, NULL);
}
