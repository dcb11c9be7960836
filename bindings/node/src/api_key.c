/* The exchange about an API key, without its transport. */
#include "addon.h"

/* apiKeyRequest(apiKey): the body of the question, or a status. */
static napi_value api_key_request(napi_env env, napi_callback_info info)
{
    uint8_t body[TESSERAL_API_KEY_REQUEST_LEN];
    tesseral_str api_key = TESSERAL_STR_NONE, octets = {body, 0};
    napi_value argv[1], text;
    size_t argc = 1;
    if (napi_get_cb_info(env, info, &argc, argv, NULL, NULL) != napi_ok || argc != 1 ||
        !read_octets(env, argv[0], &addon_of(env)->authorization, &api_key))
        return fail(env);
    const uint32_t status = tesseral_api_key_request(api_key.ptr, api_key.len, body, sizeof body, &octets.len);
    if (status != TESSERAL_OK)
        return make_status(env, status);
    return make_text(env, octets, &text) ? text : fail(env);
}

/* apiKeyFingerprint(apiKey, fingerprint): writes the fingerprint into a Uint8Array; returns a status. */
static napi_value api_key_fingerprint(napi_env env, napi_callback_info info)
{
    tesseral_str api_key = TESSERAL_STR_NONE;
    uint8_t *fingerprint = NULL;
    napi_value argv[2];
    size_t argc = 2, len = 0;
    struct addon *const addon = addon_of(env);
    if (napi_get_cb_info(env, info, &argc, argv, NULL, NULL) != napi_ok || argc != 2 ||
        !read_octets(env, argv[0], &addon->authorization, &api_key) || !borrow_octets(env, argv[1], &fingerprint, &len))
        return fail(env);
    return make_status(env, tesseral_api_key_fingerprint(api_key.ptr, api_key.len, fingerprint, len));
}

static bool tell_actions(napi_env env, const tesseral_auth *auth, napi_value *actions)
{
    tesseral_action_cursor cursor = TESSERAL_ACTION_CURSOR_INIT;
    tesseral_str action;
    uint32_t count = 0;
    if (napi_create_array(env, actions) != napi_ok)
        return false;
    while (tesseral_auth_next_action(auth, &cursor, &action)) {
        napi_value text;
        if (!make_text(env, action, &text) || napi_set_element(env, *actions, count++, text) != napi_ok)
            return false;
    }
    return true;
}

/* apiKeyResponse(apiKey, httpStatus, body): [organization ID, API key ID, actions], or a status. */
static napi_value api_key_response(napi_env env, napi_callback_info info)
{
    tesseral_auth auth = TESSERAL_AUTH_INIT;
    tesseral_str api_key = TESSERAL_STR_NONE, body = TESSERAL_STR_NONE, organization = TESSERAL_STR_NONE, id = TESSERAL_STR_NONE;
    napi_value argv[3], result, values[3];
    uint32_t http_status = 0;
    size_t argc = 3;
    struct addon *const addon = addon_of(env);
    if (napi_get_cb_info(env, info, &argc, argv, NULL, NULL) != napi_ok || argc != 3 ||
        !read_octets(env, argv[0], &addon->authorization, &api_key) ||
        napi_get_value_uint32(env, argv[1], &http_status) != napi_ok || !read_octets(env, argv[2], &addon->cookie, &body) ||
        addon_scratch(addon, body.len) == NULL)
        return fail(env);
    uint32_t status = tesseral_api_key_response(api_key.ptr, api_key.len, http_status, body.ptr, body.len, addon->scratch,
                                                addon->scratch_len, &auth);
    if (status == TESSERAL_OK)
        status = tesseral_auth_organization_id(&auth, &organization);
    if (status == TESSERAL_OK)
        status = tesseral_auth_api_key_id(&auth, &id);
    if (status != TESSERAL_OK)
        return make_status(env, status);
    if (!make_text(env, organization, &values[0]) || !make_text(env, id, &values[1]) || !tell_actions(env, &auth, &values[2]) ||
        napi_create_array_with_length(env, 3, &result) != napi_ok)
        return fail(env);
    for (uint32_t i = 0; i < 3; i++)
        if (napi_set_element(env, result, i, values[i]) != napi_ok)
            return fail(env);
    return result;
}

bool add_api_keys(napi_env env, napi_value exports)
{
    return add_function(env, exports, "apiKeyRequest", api_key_request, NULL) &&
           add_function(env, exports, "apiKeyFingerprint", api_key_fingerprint, NULL) &&
           add_function(env, exports, "apiKeyResponse", api_key_response, NULL);
}
