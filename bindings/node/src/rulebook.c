/* Arguments of the calls of the rulebook. */
#include "rulebook.h"

static bool read_array(napi_env env, napi_value value, napi_typedarray_type type, void **memory, size_t *len)
{
    napi_typedarray_type found;
    bool is_array = false;
    return napi_is_typedarray(env, value, &is_array) == napi_ok && is_array &&
           napi_get_typedarray_info(env, value, &found, len, memory, NULL, NULL) == napi_ok && found == type;
}

/* The state, then `before` arguments that the caller reads, then those of `rest`. */
static bool read_arguments(napi_env env, napi_callback_info info, struct call *call, napi_value *before, size_t before_count,
                           size_t rest_count)
{
    napi_value argv[2 + MOST_ARGUMENTS];
    size_t argc = 1 + before_count + rest_count;
    const size_t wanted = argc;
    void *memory = NULL;
    if (napi_get_cb_info(env, info, &argc, argv, NULL, NULL) != napi_ok || argc != wanted ||
        !read_array(env, argv[0], napi_uint8_array, &memory, &call->memory_len))
        return false;
    call->addon = addon_of(env);
    call->words = call->addon->words;
    call->memory = memory;
    if (before_count != 0)
        *before = argv[1];
    for (size_t i = 0; i < rest_count; i++)
        call->rest[i] = argv[1 + before_count + i];
    return true;
}

bool read_call(napi_env env, napi_callback_info info, struct call *call, size_t rest_count)
{
    return read_arguments(env, info, call, NULL, 0, rest_count);
}

bool read_call_rules(napi_env env, napi_callback_info info, struct call *call, uint64_t *rules, size_t rule_count,
                     size_t rest_count)
{
    napi_value given;
    void *memory = NULL;
    size_t len = 0;
    if (!read_arguments(env, info, call, &given, 1, rest_count) ||
        !read_array(env, given, napi_biguint64_array, &memory, &len) || len != rule_count)
        return false;
    for (size_t i = 0; i < rule_count; i++)
        rules[i] = ((const uint64_t *)memory)[i];
    return true;
}

tesseral_moment moment_at(const struct call *call, size_t place)
{
    const tesseral_moment moment = {call->words[place], call->words[place + 1]};
    return moment;
}

void tell_moment(struct call *call, size_t place, tesseral_moment moment)
{
    call->words[place] = moment.steady;
    call->words[place + 1] = moment.wall;
}
