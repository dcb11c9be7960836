/* Makes the keys of one configuration document. */
#include <stdlib.h>

#include "keys.h"

static void destroy(napi_env env, struct shared *shared)
{
    struct keys *const keys = (struct keys *)shared;
    if (keys->cache != NULL)
        shared_release(env, &keys->cache->shared);
    free(keys->memory);
    free(keys);
}

static bool set_text(napi_env env, napi_value object, const char *name, tesseral_str octets)
{
    napi_value text;
    return make_text(env, octets, &text) && napi_set_named_property(env, object, name, text) == napi_ok;
}

static bool describe_kids(napi_env env, napi_value object, const tesseral_verifier *verifier)
{
    napi_value kids;
    const size_t count = tesseral_verifier_keys_used(verifier);
    if (napi_create_array_with_length(env, count, &kids) != napi_ok)
        return false;
    for (size_t i = 0; i < count; i++) {
        tesseral_str kid = TESSERAL_STR_NONE;
        napi_value text;
        if (tesseral_verifier_kid(verifier, i, &kid) != TESSERAL_OK || !make_text(env, kid, &text) ||
            napi_set_element(env, kids, (uint32_t)i, text) != napi_ok)
            return false;
    }
    return napi_set_named_property(env, object, "kids", kids) == napi_ok;
}

static bool describe_skipped(napi_env env, napi_value object, const tesseral_survey *survey)
{
    napi_value skipped;
    if (napi_create_array(env, &skipped) != napi_ok)
        return false;
    for (uint32_t i = 0; i < survey->skipped_count; i++) {
        napi_value row, index, reason;
        if (napi_create_object(env, &row) != napi_ok || napi_create_uint32(env, survey->skipped[i].index, &index) != napi_ok ||
            napi_create_string_utf8(env, tesseral_skip_reason_slug(survey->skipped[i].reason), NAPI_AUTO_LENGTH, &reason) != napi_ok ||
            napi_set_named_property(env, row, "index", index) != napi_ok ||
            napi_set_named_property(env, row, "reason", reason) != napi_ok || napi_set_element(env, skipped, i, row) != napi_ok)
            return false;
    }
    return napi_set_named_property(env, object, "skipped", skipped) == napi_ok;
}

static bool describe(napi_env env, napi_value object, const struct keys *keys, const tesseral_survey *survey)
{
    tesseral_str project_id = TESSERAL_STR_NONE, issuer = TESSERAL_STR_NONE;
    return tesseral_verifier_project_id(keys->verifier, &project_id) == TESSERAL_OK &&
           tesseral_verifier_issuer(keys->verifier, &issuer) == TESSERAL_OK && set_text(env, object, "projectId", project_id) &&
           set_text(env, object, "issuer", issuer) && describe_kids(env, object, keys->verifier) &&
           describe_skipped(env, object, survey);
}

static bool read_options(napi_env env, napi_value given, struct room rooms[2], tesseral_options *options)
{
    return option_text(env, given, "issuer", &rooms[0], &options->issuer) &&
           option_text(env, given, "projectId", &rooms[1], &options->project_id) &&
           option_number(env, given, "leewaySeconds", &options->leeway_seconds) &&
           option_number(env, given, "maxTokenLen", &options->max_token_len) &&
           option_number(env, given, "apiKeys", &options->api_keys);
}

/* An object for the keys, or the status that says why there is none; `out` has the offset of the fault then. */
static napi_value make_keys(napi_env env, struct addon *addon, tesseral_str document, const tesseral_options *options,
                            struct cache *cache)
{
    tesseral_survey survey = TESSERAL_SURVEY_INIT;
    napi_value object;
    uint32_t status = tesseral_survey_document(document.ptr, document.len, options, &survey);
    addon->out[OUT_OFFSET] = (double)survey.error_offset;
    if (status != TESSERAL_OK)
        return make_status(env, status);

    struct keys *const keys = calloc(1, sizeof *keys);
    if (keys == NULL)
        return fail(env);
    keys->shared.destroy = destroy;
    keys->shared.references = 1;
    keys->addon = addon;
    const size_t memory_len = survey.memory_len[TESSERAL_PROFILE_SERVER];
    void *memory = NULL;
    if (posix_memalign(&memory, TESSERAL_VERIFIER_ALIGN, memory_len) != 0) {
        free(keys);
        return fail(env);
    }
    keys->memory = memory;
    shared_count(env, &keys->shared, memory_len);
    status = tesseral_verifier_init(keys->memory, memory_len, document.ptr, document.len, options, &keys->verifier);
    if (status != TESSERAL_OK) {
        shared_release(env, &keys->shared);
        return make_status(env, status);
    }
    keys->scratch_len = tesseral_verifier_scratch_size(keys->verifier);
    if (cache != NULL) {
        keys->cache = cache;
        shared_keep(&cache->shared);
    }
    const bool made = napi_create_object(env, &object) == napi_ok && describe(env, object, keys, &survey) &&
                      add_judgements(env, object, keys);
    shared_release(env, &keys->shared);
    return made ? object : fail(env);
}

/* createKeys(document, options, cache) */
static napi_value create_keys(napi_env env, napi_callback_info info)
{
    tesseral_options options = TESSERAL_OPTIONS_INIT;
    struct room rooms[3] = {{NULL, NULL, 0}, {NULL, NULL, 0}, {NULL, NULL, 0}};
    tesseral_str document = TESSERAL_STR_NONE;
    napi_value argv[3], result = NULL;
    napi_valuetype type = napi_undefined;
    size_t argc = 3;
    struct cache *cache = NULL;
    bool read = napi_get_cb_info(env, info, &argc, argv, NULL, NULL) == napi_ok && argc == 3 &&
                read_text(env, argv[0], &rooms[2], &document) && read_options(env, argv[1], rooms, &options) &&
                napi_typeof(env, argv[2], &type) == napi_ok;
    if (read && type != napi_undefined) {
        cache = cache_of(env, argv[2]);
        read = cache != NULL;
    }
    if (read)
        result = make_keys(env, addon_of(env), document, &options, cache);
    for (size_t i = 0; i < 3; i++) {
        free(rooms[i].units);
        free(rooms[i].octets);
    }
    return result != NULL ? result : fail(env);
}

bool add_keys(napi_env env, napi_value exports)
{
    return add_function(env, exports, "createKeys", create_keys, NULL);
}
