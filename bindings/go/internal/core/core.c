#define _GNU_SOURCE
#include "core.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static size_t round_up(size_t len, size_t to)
{
    return (len + to - 1) / to * to;
}

core_shard *core_shard_new(uint32_t max_token_len, size_t tokens, uint32_t max_cached_token_len, const uint8_t *seed, size_t seed_len)
{
    const size_t scratch = TESSERAL_SCRATCH_SIZE((size_t)max_token_len);
    /* The credential, the payload, and its strings once more; an empty action is three octets there and four bytes here. */
    const size_t text = 3 * (size_t)max_token_len + 1024;
    /* "Bearer ", and room for cookies of others. */
    const size_t input = 2 * (size_t)max_token_len + 8192;
    const size_t cache = tokens == 0 ? 0 : tesseral_cache_size(tokens, max_cached_token_len);
    if (tokens != 0 && cache == 0)
        return NULL;
    const size_t head = round_up(sizeof(core_shard), TESSERAL_CACHE_ALIGN);
    const size_t values = CORE_INPUT_VALUES * sizeof(tesseral_str);
    uint8_t *memory = calloc(1, head + round_up(cache, 64) + values + scratch + text + input);
    if (memory == NULL)
        return NULL;
    core_shard *shard = (core_shard *)memory;
    uint8_t *const cache_memory = memory + head;
    shard->values = (tesseral_str *)(cache_memory + round_up(cache, 64));
    shard->scratch = (uint8_t *)shard->values + values;
    shard->scratch_len = scratch;
    shard->result.text = shard->scratch + scratch;
    shard->result.text_capacity = (uint32_t)text;
    shard->input = shard->result.text + text;
    shard->input_capacity = input;
    if (tokens != 0) {
        if (tesseral_cache_init(cache_memory, cache, max_cached_token_len, seed, seed_len, &shard->cache) != TESSERAL_OK) {
            free(memory);
            return NULL;
        }
        shard->slots = tesseral_cache_slots(shard->cache);
        shard->serials = calloc(shard->slots, sizeof(uint64_t));
        if (shard->serials == NULL) {
            free(memory);
            return NULL;
        }
    }
    return shard;
}

/* Appends octets to the text. Returns false without room. */
static bool append(core_result *result, const void *octets, size_t len)
{
    if (len > result->text_capacity - result->text_len)
        return false;
    if (len != 0)
        memcpy(result->text + result->text_len, octets, len);
    result->text_len += (uint32_t)len;
    return true;
}

static bool append_span(core_result *result, int which, tesseral_str value)
{
    result->spans[which].at = result->text_len;
    result->spans[which].len = (uint32_t)value.len;
    return append(result, value.ptr, value.len);
}

static bool append_actions(core_result *result, const tesseral_auth *auth)
{
    tesseral_action_cursor cursor = TESSERAL_ACTION_CURSOR_INIT;
    tesseral_str action;
    const uint32_t at = result->text_len;
    while (tesseral_auth_next_action(auth, &cursor, &action)) {
        const uint32_t len = (uint32_t)action.len;
        if (!append(result, &len, sizeof len) || !append(result, action.ptr, action.len))
            return false;
    }
    result->spans[CORE_ACTIONS].at = at;
    result->spans[CORE_ACTIONS].len = result->text_len - at;
    return true;
}

static bool append_claims(core_result *result, const tesseral_auth *auth)
{
    const tesseral_access_token_claims *claims;
    tesseral_str payload;
    if (tesseral_auth_access_token_claims(auth, &claims) != TESSERAL_OK || tesseral_auth_payload(auth, &payload) != TESSERAL_OK)
        return false;
    result->exp = claims->exp;
    result->nbf = claims->nbf;
    result->iat = claims->iat;
    return append_span(result, CORE_PAYLOAD, payload) && append_span(result, CORE_ISS, claims->iss) &&
           append_span(result, CORE_SUB, claims->sub) && append_span(result, CORE_AUD, claims->aud) &&
           append_span(result, CORE_SESSION_ID, claims->session_id) &&
           append_span(result, CORE_USER_ID, claims->user_id) && append_span(result, CORE_USER_EMAIL, claims->user_email) &&
           append_span(result, CORE_USER_DISPLAY_NAME, claims->user_display_name) &&
           append_span(result, CORE_USER_PROFILE_PICTURE_URL, claims->user_profile_picture_url) &&
           append_span(result, CORE_ORGANIZATION_DISPLAY_NAME, claims->organization_display_name) &&
           append_span(result, CORE_IMPERSONATOR_EMAIL, claims->impersonator_email);
}

/* Copies the strings out of the memory that the next call overwrites. */
static void fill(core_result *result, uint32_t status, const tesseral_auth *auth)
{
    tesseral_str credentials, organization_id, api_key_id;
    memset(result->spans, 0, sizeof result->spans);
    result->text_len = 0;
    result->exp = result->nbf = result->iat = 0;
    result->status = status;
    result->credentials_type = tesseral_auth_credentials_type(auth);
    if (tesseral_auth_credentials(auth, &credentials) != TESSERAL_OK ||
        tesseral_auth_organization_id(auth, &organization_id) != TESSERAL_OK ||
        tesseral_auth_api_key_id(auth, &api_key_id) != TESSERAL_OK ||
        !append_span(result, CORE_CREDENTIALS, credentials) ||
        !append_span(result, CORE_ORGANIZATION_ID, organization_id) || !append_span(result, CORE_API_KEY_ID, api_key_id) ||
        (result->credentials_type == TESSERAL_CREDENTIALS_ACCESS_TOKEN && !append_claims(result, auth)) ||
        (status == TESSERAL_OK && !append_actions(result, auth)))
        result->status = TESSERAL_ERR_INTERNAL_ERROR;
}

/* Judges, and keeps the result in the shard. */
static void judge(core_shard *shard, const tesseral_verifier *verifier, const tesseral_headers *headers, int64_t now)
{
    tesseral_auth auth = TESSERAL_AUTH_INIT;
    tesseral_hold hold = TESSERAL_HOLD_INIT;
    core_result *const result = &shard->result;
    const uint32_t status = tesseral_authenticate(verifier, shard->cache, headers, now, shard->scratch, shard->scratch_len,
                                                  &auth, shard->cache == NULL ? NULL : &hold);
    result->status = status;
    result->slot = CORE_NO_SLOT;
    result->kept = 0;
    if (status != TESSERAL_OK && status != TESSERAL_ERR_API_KEY_LOOKUP_NEEDED)
        return;
    if (hold.serial != 0 && hold.slot < shard->slots) {
        result->slot = (uint32_t)hold.slot;
        result->serial = hold.serial;
        result->kept = shard->serials[hold.slot] == hold.serial;
    }
    if (!result->kept)
        fill(result, status, &auth);
    if (hold.serial != 0 && tesseral_cache_release(shard->cache, &hold) != TESSERAL_OK)
        result->status = TESSERAL_ERR_INTERNAL_ERROR;
}

void core_verify_token(core_shard *shard, const tesseral_verifier *verifier, const tesseral_str *value, int64_t now)
{
    const tesseral_str token = *value;
    core_result *const result = &shard->result;
    tesseral_headers headers = TESSERAL_HEADERS_INIT;
    tesseral_auth auth = TESSERAL_AUTH_INIT;
    headers.refuse_api_keys = 1;
    headers.credential = token;
    /* The text after "Bearer " may have blanks around it, and other statuses when it is no access token. A token alone has neither. */
    if (token.len != 0 && token.ptr[0] > ' ' && token.ptr[token.len - 1] > ' ') {
        judge(shard, verifier, &headers, now);
        if (result->status != TESSERAL_ERR_CREDENTIALS_MISSING && result->status != TESSERAL_ERR_CREDENTIALS_UNRECOGNIZED)
            return;
    }
    result->slot = CORE_NO_SLOT;
    result->kept = 0;
    result->status =
        tesseral_verify_token(verifier, NULL, token.ptr, token.len, now, shard->scratch, shard->scratch_len, &auth);
    if (result->status == TESSERAL_OK)
        fill(result, TESSERAL_OK, &auth);
}

static void set_headers(tesseral_headers *headers, const tesseral_str *values, size_t authorization_count, size_t cookie_count)
{
    headers->authorization = values;
    headers->authorization_count = authorization_count;
    headers->cookie = values + authorization_count;
    headers->cookie_count = cookie_count;
}

void core_authenticate(core_shard *shard, const tesseral_verifier *verifier, const tesseral_str *values,
                       size_t authorization_count, size_t cookie_count, int64_t now)
{
    tesseral_headers headers = TESSERAL_HEADERS_INIT;
    set_headers(&headers, values, authorization_count, cookie_count);
    judge(shard, verifier, &headers, now);
}

uint32_t core_unknown_kids(core_shard *shard, const tesseral_verifier *verifier, const tesseral_str *values,
                           size_t authorization_count, size_t cookie_count, int64_t now, tesseral_kid_hashes *kids)
{
    tesseral_headers headers = TESSERAL_HEADERS_INIT;
    set_headers(&headers, values, authorization_count, cookie_count);
    return tesseral_unknown_kids(verifier, &headers, now, shard->scratch, shard->scratch_len, kids);
}

uint32_t core_verifier_new(const uint8_t *document, size_t document_len, const uint8_t *issuer, size_t issuer_len,
                           const uint8_t *project_id, size_t project_id_len, uint32_t profile, uint32_t leeway_seconds,
                           uint32_t max_token_len, uint32_t api_keys, void **memory, const tesseral_verifier **verifier,
                           size_t *error_offset)
{
    tesseral_options options = TESSERAL_OPTIONS_INIT;
    tesseral_survey survey = TESSERAL_SURVEY_INIT;
    uint32_t status;
    options.issuer.ptr = issuer;
    options.issuer.len = issuer_len;
    options.project_id.ptr = project_id;
    options.project_id.len = project_id_len;
    options.profile = profile;
    options.leeway_seconds = leeway_seconds;
    options.max_token_len = max_token_len;
    options.api_keys = api_keys;
    if (profile >= TESSERAL_PROFILES)
        return TESSERAL_ERR_INVALID_ARGUMENT;
    status = tesseral_survey_document(document, document_len, &options, &survey);
    *error_offset = survey.error_offset;
    if (status != TESSERAL_OK)
        return status;
    const size_t len = survey.memory_len[profile];
    if (posix_memalign(memory, TESSERAL_VERIFIER_ALIGN, round_up(len, TESSERAL_VERIFIER_ALIGN)) != 0)
        return TESSERAL_ERR_INTERNAL_ERROR;
    status = tesseral_verifier_init(*memory, len, document, document_len, &options, verifier);
    if (status != TESSERAL_OK) {
        free(*memory);
        *memory = NULL;
    }
    return status;
}

core_result *core_api_key_response(const uint8_t *api_key, size_t api_key_len, uint32_t http_status, const uint8_t *body,
                                   size_t body_len)
{
    if (body_len > TESSERAL_MAX_API_KEY_ANSWER_LEN)
        body_len = 0, http_status = 0;
    const size_t text = api_key_len + 2 * body_len;
    core_result *const result = calloc(1, sizeof *result + text + body_len);
    if (result == NULL)
        return NULL;
    result->text = (uint8_t *)(result + 1);
    result->text_capacity = (uint32_t)text;
    tesseral_auth auth = TESSERAL_AUTH_INIT;
    uint8_t *const scratch = result->text + text;
    const uint32_t status = tesseral_api_key_response(api_key, api_key_len, http_status, body, body_len, scratch, body_len, &auth);
    result->status = status;
    result->slot = CORE_NO_SLOT;
    if (status == TESSERAL_OK)
        fill(result, status, &auth);
    return result;
}

static int64_t milliseconds(clockid_t clock)
{
    struct timespec at = {0, 0};
    clock_gettime(clock, &at);
    return (int64_t)at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

void core_now(tesseral_moment *now)
{
    now->steady = milliseconds(CLOCK_BOOTTIME);
    now->wall = milliseconds(CLOCK_REALTIME);
}

uint64_t core_refresh_ready(uint8_t *memory, size_t memory_len, const tesseral_moment *now,
                            const tesseral_refresh_rules *rules)
{
    tesseral_document document = TESSERAL_DOCUMENT_INIT;
    int64_t attention_at = 0;
    if (tesseral_refresh_document(memory, memory_len, now, rules, &document) != TESSERAL_OK || document.usable == 0 ||
        tesseral_refresh_attention_at(memory, memory_len, now, rules, &attention_at) != TESSERAL_OK ||
        now->steady >= attention_at)
        return 0;
    return document.handle;
}
