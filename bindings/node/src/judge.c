/* Judges requests and tokens by the keys of one document. */
#include <string.h>

#include "keys.h"

/* Says where a span lies in one of the values. */
static bool find_value(tesseral_str span, const tesseral_str *values, size_t count, double *out)
{
    for (size_t i = 0; i < count; i++) {
        if (span.ptr >= values[i].ptr && span.ptr + span.len <= values[i].ptr + values[i].len) {
            out[OUT_VALUE] = (double)i;
            out[OUT_OFFSET] = (double)(span.ptr - values[i].ptr);
            out[OUT_LENGTH] = (double)span.len;
            return true;
        }
    }
    return false;
}

/* The payload as a string. Where it is ASCII, `out` says where the organization's ID stands in it. */
static napi_value tell_payload(napi_env env, const tesseral_auth *auth, double *out)
{
    tesseral_str payload = TESSERAL_STR_NONE, organization = TESSERAL_STR_NONE;
    napi_value text;
    if (tesseral_auth_payload(auth, &payload) != TESSERAL_OK ||
        tesseral_auth_organization_id(auth, &organization) != TESSERAL_OK)
        return make_status(env, TESSERAL_ERR_INTERNAL_ERROR);
    out[OUT_ORGANIZATION] = -1;
    if (!is_ascii(payload))
        return napi_create_string_utf8(env, (const char *)payload.ptr, payload.len, &text) == napi_ok ? text : fail(env);
    if (organization.ptr >= payload.ptr && organization.ptr + organization.len <= payload.ptr + payload.len) {
        out[OUT_ORGANIZATION] = (double)(organization.ptr - payload.ptr);
        out[OUT_ORGANIZATION_LEN] = (double)organization.len;
    }
    return napi_create_string_latin1(env, (const char *)payload.ptr, payload.len, &text) == napi_ok ? text : fail(env);
}

/* What JavaScript gets for a status of 0: the payload, or the number 0 when it already has the Auth of this token. */
static napi_value tell(napi_env env, const struct keys *keys, const tesseral_auth *auth, tesseral_hold *hold)
{
    double *const out = keys->addon->out;
    if (hold->serial == 0) {
        out[OUT_SLOT] = -1;
        return tell_payload(env, auth, out);
    }
    out[OUT_SLOT] = (double)hold->slot;
    out[OUT_SERIAL] = (double)hold->serial;
    const bool kept = keys->cache->told[hold->slot] == hold->serial;
    const napi_value payload = kept ? make_status(env, TESSERAL_OK) : tell_payload(env, auth, out);
    tesseral_cache_release(keys->cache->cache, hold);
    return payload;
}

/*
 * kept(slot, serial): JavaScript keeps the sender of the token that has this serial number in this slot. It says so itself, since it
 * may have run out of memory or stack between the payload and the sender.
 */
static napi_value kept(napi_env env, napi_callback_info info)
{
    napi_value argv[2];
    size_t argc = 2;
    uint32_t slot = 0;
    int64_t serial = 0;
    void *data;
    if (napi_get_cb_info(env, info, &argc, argv, NULL, &data) != napi_ok || argc != 2 ||
        napi_get_value_uint32(env, argv[0], &slot) != napi_ok || napi_get_value_int64(env, argv[1], &serial) != napi_ok)
        return fail(env);
    const struct keys *const keys = data;
    if (keys->cache == NULL || slot >= tesseral_cache_slots(keys->cache->cache))
        return fail(env);
    keys->cache->told[slot] = (uint64_t)serial;
    return NULL;
}

static tesseral_cache *cache_in(const struct keys *keys)
{
    return keys->cache == NULL ? NULL : keys->cache->cache;
}

/* The arguments (authorization, cookie, now) of a request. The values lie in the addon's rooms. */
struct given {
    struct field authorization, cookie;
    tesseral_headers headers;
    int64_t now;
    struct keys *keys;
};

static bool collect(napi_env env, napi_value authorization, napi_value cookie, struct given *given)
{
    const bool collected = collect_field(env, authorization, &given->authorization);
    return collect_field(env, cookie, &given->cookie) && collected;
}

static bool read_given(napi_env env, napi_callback_info info, struct given *given)
{
    const tesseral_headers none = TESSERAL_HEADERS_INIT;
    napi_value argv[3];
    size_t argc = 3;
    void *data;
    if (napi_get_cb_info(env, info, &argc, argv, NULL, &data) != napi_ok || argc != 3)
        return false;
    given->keys = data;
    given->headers = none;
    struct addon *const addon = given->keys->addon;
    if (!collect(env, argv[0], argv[1], given) || addon_scratch(addon, given->keys->scratch_len) == NULL ||
        !copy_field(env, &given->authorization, &addon->authorization) || !copy_field(env, &given->cookie, &addon->cookie) ||
        napi_get_value_int64(env, argv[2], &given->now) != napi_ok) {
        release_field(&given->authorization);
        release_field(&given->cookie);
        return false;
    }
    given->headers.authorization = given->authorization.values;
    given->headers.authorization_count = given->authorization.count;
    given->headers.cookie = given->cookie.values;
    given->headers.cookie_count = given->cookie.count;
    return true;
}

static napi_value done(struct given *given, napi_value result)
{
    release_field(&given->authorization);
    release_field(&given->cookie);
    trim_room(&given->keys->addon->authorization);
    trim_room(&given->keys->addon->cookie);
    return result;
}

/*
 * authenticate(authorization, cookie, now): the payload of the access token, or a status. `out` says where the credential is, also
 * with TESSERAL_ERR_API_KEY_LOOKUP_NEEDED.
 */
static napi_value authenticate(napi_env env, napi_callback_info info)
{
    tesseral_auth auth = TESSERAL_AUTH_INIT;
    tesseral_hold hold = TESSERAL_HOLD_INIT;
    struct given given;
    if (!read_given(env, info, &given))
        return fail(env);
    struct addon *const addon = given.keys->addon;
    const uint32_t status = tesseral_authenticate(given.keys->verifier, cache_in(given.keys), &given.headers, given.now,
                                                  addon->scratch, addon->scratch_len, &auth, &hold);
    if (status != TESSERAL_OK && status != TESSERAL_ERR_API_KEY_LOOKUP_NEEDED)
        return done(&given, make_status(env, status));
    addon->out[OUT_SOURCE] = 0;
    if (!find_value(auth.credentials, given.authorization.values, given.authorization.count, addon->out)) {
        addon->out[OUT_SOURCE] = 1;
        find_value(auth.credentials, given.cookie.values, given.cookie.count, addon->out);
    }
    return done(&given, status == TESSERAL_OK ? tell(env, given.keys, &auth, &hold) : make_status(env, status));
}

/* unknownKids(authorization, cookie, now): how many; their hashes are in `words`. */
static napi_value unknown_kids(napi_env env, napi_callback_info info)
{
    tesseral_kid_hashes kids = TESSERAL_KID_HASHES_INIT;
    struct given given;
    if (!read_given(env, info, &given))
        return fail(env);
    struct addon *const addon = given.keys->addon;
    if (tesseral_unknown_kids(given.keys->verifier, &given.headers, given.now, addon->scratch, addon->scratch_len, &kids) !=
        TESSERAL_OK)
        kids.count = 0;
    memcpy(addon->words, kids.hashes, sizeof kids.hashes);
    return done(&given, make_status(env, kids.count));
}

/*
 * Whether a request with this token as its credential is judged as tesseral_verify_token() judges the token. The library removes
 * blanks around a credential.
 */
static bool is_credential(tesseral_str token)
{
    if (token.len == 0 || memchr(token.ptr, '.', token.len) == NULL || memchr(token.ptr, ',', token.len) != NULL)
        return false;
    const uint8_t first = token.ptr[0], last = token.ptr[token.len - 1];
    return first != ' ' && first != '\t' && last != ' ' && last != '\t';
}

/* Only tesseral_authenticate() says where the cache holds a token. */
static uint32_t judge_token(const struct keys *keys, tesseral_str token, int64_t now, tesseral_auth *auth, tesseral_hold *hold)
{
    struct addon *const addon = keys->addon;
    if (keys->cache != NULL && is_credential(token)) {
        tesseral_headers headers = TESSERAL_HEADERS_INIT;
        headers.credential = token;
        return tesseral_authenticate(keys->verifier, keys->cache->cache, &headers, now, addon->scratch, addon->scratch_len, auth,
                                     hold);
    }
    return tesseral_verify_token(keys->verifier, NULL, token.ptr, token.len, now, addon->scratch, addon->scratch_len, auth);
}

/* verifyToken(token, now): the payload, or a status. */
static napi_value verify_token(napi_env env, napi_callback_info info)
{
    tesseral_auth auth = TESSERAL_AUTH_INIT;
    tesseral_hold hold = TESSERAL_HOLD_INIT;
    tesseral_str token = TESSERAL_STR_NONE;
    napi_value argv[2];
    size_t argc = 2;
    int64_t now = 0;
    void *data;
    if (napi_get_cb_info(env, info, &argc, argv, NULL, &data) != napi_ok || argc != 2)
        return fail(env);
    const struct keys *const keys = data;
    if (addon_scratch(keys->addon, keys->scratch_len) == NULL ||
        !read_octets(env, argv[0], &keys->addon->authorization, &token) || napi_get_value_int64(env, argv[1], &now) != napi_ok)
        return fail(env);
    const uint32_t status = judge_token(keys, token, now, &auth, &hold);
    const napi_value result = status == TESSERAL_OK ? tell(env, keys, &auth, &hold) : make_status(env, status);
    trim_room(&keys->addon->authorization);
    return result;
}

bool add_judgements(napi_env env, napi_value object, struct keys *keys)
{
    return add_function(env, object, "authenticate", authenticate, &keys->shared) &&
           add_function(env, object, "verifyToken", verify_token, &keys->shared) &&
           add_function(env, object, "unknownKids", unknown_kids, &keys->shared) &&
           add_function(env, object, "kept", kept, &keys->shared);
}
