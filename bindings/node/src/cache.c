/* A cache of tokens that come again. It notes for which of them JavaScript already has the payload. */
#include <stdlib.h>
#include <string.h>

#include "addon.h"

static const napi_type_tag tag = {0x7e55e7a1cac4e001, 0x9d3c5a0b7f1e4c22};

static void destroy(napi_env env, struct shared *shared)
{
    struct cache *const cache = (struct cache *)shared;
    (void)env;
    free(cache->memory);
    free(cache->told);
    free(cache);
}

static void finalize(napi_env env, void *data, void *hint)
{
    struct cache *const cache = data;
    (void)hint;
    shared_release(env, &cache->shared);
}

struct cache *cache_of(napi_env env, napi_value value)
{
    bool tagged = false;
    void *cache = NULL;
    if (napi_check_object_type_tag(env, value, &tag, &tagged) != napi_ok || !tagged)
        return NULL;
    return napi_unwrap(env, value, &cache) == napi_ok ? cache : NULL;
}

/* createCache(tokens, maxTokenLen, seed): a cache, or the status that says why not. */
static napi_value create_cache(napi_env env, napi_callback_info info)
{
    size_t argc = 3, size;
    napi_value argv[3], object;
    uint32_t tokens = 0, max_token_len = 0;
    tesseral_str seed = TESSERAL_STR_NONE;
    struct addon *const addon = addon_of(env);
    if (napi_get_cb_info(env, info, &argc, argv, NULL, NULL) != napi_ok || argc != 3 ||
        napi_get_value_uint32(env, argv[0], &tokens) != napi_ok || napi_get_value_uint32(env, argv[1], &max_token_len) != napi_ok ||
        !read_octets(env, argv[2], &addon->authorization, &seed))
        return fail(env);
    size = tesseral_cache_size(tokens, max_token_len);
    if (size == 0)
        return make_status(env, TESSERAL_ERR_INVALID_ARGUMENT);

    struct cache *const cache = calloc(1, sizeof *cache);
    if (cache == NULL)
        return fail(env);
    cache->shared.destroy = destroy;
    cache->shared.references = 1;
    cache->memory = malloc(size);
    uint32_t status = TESSERAL_ERR_BUFFER_TOO_SMALL;
    if (cache->memory != NULL)
        status = tesseral_cache_init(cache->memory, size, max_token_len, seed.ptr, seed.len, &cache->cache);
    if (status == TESSERAL_OK) {
        const size_t slots = tesseral_cache_slots(cache->cache);
        cache->told = calloc(slots, sizeof *cache->told);
        shared_count(env, &cache->shared, size + slots * sizeof *cache->told);
        if (cache->told == NULL)
            status = TESSERAL_ERR_BUFFER_TOO_SMALL;
    }
    if (status != TESSERAL_OK) {
        shared_release(env, &cache->shared);
        return make_status(env, status);
    }
    if (napi_create_object(env, &object) != napi_ok || napi_wrap(env, object, cache, finalize, NULL, NULL) != napi_ok) {
        shared_release(env, &cache->shared);
        return fail(env);
    }
    return napi_type_tag_object(env, object, &tag) == napi_ok ? object : fail(env);
}

bool add_cache(napi_env env, napi_value exports)
{
    return add_function(env, exports, "createCache", create_cache, NULL);
}
