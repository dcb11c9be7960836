/* The statuses, for the errors of JavaScript. */
#include "addon.h"

/* statuses: [[number, slug, text, HTTP status], ...] */
static bool add_table(napi_env env, napi_value exports)
{
    napi_value table;
    const size_t count = tesseral_status_count();
    if (napi_create_array_with_length(env, count, &table) != napi_ok)
        return false;
    for (size_t i = 0; i < count; i++) {
        const uint32_t status = tesseral_status_at(i);
        napi_value row, number, slug, text, http;
        if (napi_create_array_with_length(env, 4, &row) != napi_ok || napi_create_uint32(env, status, &number) != napi_ok ||
            napi_create_string_utf8(env, tesseral_status_slug(status), NAPI_AUTO_LENGTH, &slug) != napi_ok ||
            napi_create_string_utf8(env, tesseral_status_text(status), NAPI_AUTO_LENGTH, &text) != napi_ok ||
            napi_create_uint32(env, tesseral_status_http(status), &http) != napi_ok ||
            napi_set_element(env, row, 0, number) != napi_ok || napi_set_element(env, row, 1, slug) != napi_ok ||
            napi_set_element(env, row, 2, text) != napi_ok || napi_set_element(env, row, 3, http) != napi_ok ||
            napi_set_element(env, table, (uint32_t)i, row) != napi_ok)
            return false;
    }
    return napi_set_named_property(env, exports, "statuses", table) == napi_ok;
}

bool add_status(napi_env env, napi_value exports)
{
    napi_value version;
    return napi_create_string_utf8(env, tesseral_version(), NAPI_AUTO_LENGTH, &version) == napi_ok &&
           napi_set_named_property(env, exports, "version", version) == napi_ok && add_table(env, exports);
}
