/* The addon's beginning, its memory, and its objects. */
#include <stdlib.h>

#include "addon.h"

void shared_keep(struct shared *shared)
{
    shared->references++;
}

void shared_release(napi_env env, struct shared *shared)
{
    int64_t now;
    if (--shared->references != 0)
        return;
    napi_adjust_external_memory(env, -shared->bytes, &now);
    shared->destroy(env, shared);
}

void shared_count(napi_env env, struct shared *shared, size_t bytes)
{
    int64_t now;
    shared->bytes += (int64_t)bytes;
    napi_adjust_external_memory(env, (int64_t)bytes, &now);
}

static void finalize_function(napi_env env, void *data, void *hint)
{
    (void)hint;
    shared_release(env, data);
}

bool add_function(napi_env env, napi_value object, const char *name, napi_callback callback, struct shared *shared)
{
    napi_value function;
    if (napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, shared, &function) != napi_ok)
        return false;
    if (shared != NULL) {
        if (napi_add_finalizer(env, function, shared, finalize_function, NULL, NULL) != napi_ok)
            return false;
        shared_keep(shared);
    }
    return napi_set_named_property(env, object, name, function) == napi_ok;
}

napi_value fail(napi_env env)
{
    bool pending = false;
    if (napi_is_exception_pending(env, &pending) != napi_ok || !pending)
        napi_throw_type_error(env, NULL, "tesseral-verify: an argument has the wrong type, or memory is short");
    return NULL;
}

struct addon *addon_of(napi_env env)
{
    void *addon = NULL;
    return napi_get_instance_data(env, &addon) == napi_ok ? addon : NULL;
}

uint8_t *addon_scratch(struct addon *addon, size_t len)
{
    if (len > addon->scratch_len) {
        uint8_t *const scratch = realloc(addon->scratch, len);
        if (scratch == NULL)
            return NULL;
        addon->scratch = scratch;
        addon->scratch_len = len;
    }
    return addon->scratch;
}

static void free_addon(napi_env env, void *data, void *hint)
{
    struct addon *const addon = data;
    (void)env;
    (void)hint;
    free(addon->authorization.units);
    free(addon->authorization.octets);
    free(addon->cookie.units);
    free(addon->cookie.octets);
    free(addon->scratch);
    free(addon);
}

/* An array of JavaScript of which the addon keeps the address. It lives as long as the environment. */
static void *pinned_array(napi_env env, napi_value exports, const char *name, napi_typedarray_type type, size_t count)
{
    napi_value buffer, array;
    napi_ref reference;
    void *memory = NULL;
    if (napi_create_arraybuffer(env, count * 8, &memory, &buffer) != napi_ok ||
        napi_create_typedarray(env, type, count, buffer, 0, &array) != napi_ok ||
        napi_create_reference(env, buffer, 1, &reference) != napi_ok ||
        napi_set_named_property(env, exports, name, array) != napi_ok)
        return NULL;
    return memory;
}

NAPI_MODULE_INIT()
{
    struct addon *const addon = calloc(1, sizeof *addon);
    if (addon == NULL)
        return fail(env);
    if (napi_set_instance_data(env, addon, free_addon, NULL) != napi_ok) {
        free(addon);
        return fail(env);
    }
    addon->out = pinned_array(env, exports, "out", napi_float64_array, OUT_COUNT);
    addon->words = pinned_array(env, exports, "words", napi_bigint64_array, WORD_COUNT);
    if (addon->out == NULL || addon->words == NULL)
        return fail(env);
    if (tesseral_abi_version() != TESSERAL_ABI_VERSION) {
        napi_throw_error(env, NULL, "tesseral-verify: the addon was linked with another version of the library");
        return NULL;
    }
    if (!add_status(env, exports) || !add_cache(env, exports) || !add_keys(env, exports) || !add_api_keys(env, exports) ||
        !add_refresh(env, exports) || !add_answers(env, exports))
        return fail(env);
    return exports;
}
