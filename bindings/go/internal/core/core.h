/*
 * What Go calls: the functions of tesseral_verify.h on memory that C has, so that no call passes an address of Go's memory to
 * keep, and one call does all the work of a request.
 */
#ifndef TESSERAL_GO_CORE_H
#define TESSERAL_GO_CORE_H

#include "tesseral_verify.h"

/* The strings of an accepted credential, in the order of core_result.spans. */
enum {
    CORE_CREDENTIALS,
    CORE_ORGANIZATION_ID,
    CORE_API_KEY_ID,
    CORE_PAYLOAD,
    CORE_ISS,
    CORE_SUB,
    CORE_AUD,
    CORE_SESSION_ID,
    CORE_USER_ID,
    CORE_USER_EMAIL,
    CORE_USER_DISPLAY_NAME,
    CORE_USER_PROFILE_PICTURE_URL,
    CORE_ORGANIZATION_DISPLAY_NAME,
    CORE_IMPERSONATOR_EMAIL,
    CORE_ACTIONS, /* each one as four bytes, which are its length, and its octets */
    CORE_SPANS
};

/* Header values of one request that fit into a shard; a request with more of them gets memory of its own. */
#define CORE_INPUT_VALUES 64

/* core_result.slot of a token that no cache holds. */
#define CORE_NO_SLOT UINT32_MAX

/* A part of core_result.text. */
typedef struct core_span {
    uint32_t at, len;
} core_span;

/* The verdict on a credential. With TESSERAL_OK all is filled, with TESSERAL_ERR_API_KEY_LOOKUP_NEEDED the credential. */
typedef struct core_result {
    uint32_t status;
    uint32_t credentials_type;
    /* Where the cache holds the token. */
    uint32_t slot;
    /* 1 when Go has the sender of this slot already. Then the rest is not filled. */
    uint32_t kept;
    uint64_t serial;
    int64_t exp, nbf, iat;
    uint8_t *text;
    uint32_t text_capacity, text_len;
    core_span spans[CORE_SPANS];
} core_result;

/* Memory for one call at a time. */
typedef struct core_shard {
    core_result result;
    tesseral_cache *cache; /* NULL: remembers nothing */
    /* For each slot of the cache, the serial number of the token whose sender Go has. */
    uint64_t *serials;
    size_t slots;
    uint8_t *scratch;
    size_t scratch_len;
    /* The header values of a request, and their octets. */
    tesseral_str *values;
    uint8_t *input;
    size_t input_capacity;
} core_shard;

/* tokens: how many a cache is to remember, 0: none. NULL: no memory, or an argument is out of range. */
core_shard *core_shard_new(uint32_t max_token_len, size_t tokens, uint32_t max_cached_token_len, const uint8_t *seed, size_t seed_len);

/* Judges a token. */
void core_verify_token(core_shard *shard, const tesseral_verifier *verifier, const tesseral_str *value, int64_t now);

/* Judges a request: values holds the Authorization values, then those of Cookie. */
void core_authenticate(core_shard *shard, const tesseral_verifier *verifier, const tesseral_str *values,
                       size_t authorization_count, size_t cookie_count, int64_t now);

/* The unknown kids of the same request. */
uint32_t core_unknown_kids(core_shard *shard, const tesseral_verifier *verifier, const tesseral_str *values,
                           size_t authorization_count, size_t cookie_count, int64_t now, tesseral_kid_hashes *kids);

/* A verifier in memory of its own, at *memory, which free() frees. */
uint32_t core_verifier_new(const uint8_t *document, size_t document_len, const uint8_t *issuer, size_t issuer_len,
                           const uint8_t *project_id, size_t project_id_len, uint32_t profile, uint32_t leeway_seconds,
                           uint32_t max_token_len, uint32_t api_keys, void **memory, const tesseral_verifier **verifier,
                           size_t *error_offset);

/* Reads an answer about an API key. The caller frees the result with free(); NULL: no memory. */
core_result *core_api_key_response(const uint8_t *api_key, size_t api_key_len, uint32_t http_status, const uint8_t *body,
                                   size_t body_len);

/* This moment by both clocks: one that runs through suspend and is never set, and the wall clock. */
void core_now(tesseral_moment *now);

/*
 * The handle of the document in use; 0 if it cannot be used, or if the next request has to call tesseral_refresh_request().
 * memory holds a tesseral_refresh_ state.
 */
uint64_t core_refresh_ready(uint8_t *memory, size_t memory_len, const tesseral_moment *now,
                            const tesseral_refresh_rules *rules);

#endif
