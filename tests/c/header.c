/*
 * Uses each macro of the header, in every dialect of C and C++ that we promise, and asserts the sizes and offsets
 * that Rust asserts, too (src/ffi/types.rs and src/ffi/rulebook/types.rs).
 */
#include "tesseral_verify.h"

#define ASSERT(name, condition) extern char assert_##name[(condition) ? 1 : -1]

#if defined(__LP64__)
ASSERT(str, sizeof(tesseral_str) == 16);
ASSERT(options, sizeof(tesseral_options) == 64 && offsetof(tesseral_options, base_table) == 56);
ASSERT(headers, sizeof(tesseral_headers) == 56 && offsetof(tesseral_headers, cookie) == 24);
ASSERT(auth, sizeof(tesseral_auth) == 304 && offsetof(tesseral_auth, payload) == 88);
ASSERT(auth_claims, offsetof(tesseral_auth, claims) == 104);
ASSERT(claims, sizeof(tesseral_access_token_claims) == 200 && offsetof(tesseral_access_token_claims, exp) == 48);
ASSERT(cursor, sizeof(tesseral_action_cursor) == 16);
ASSERT(skipped, sizeof(tesseral_skipped_key) == 8);
ASSERT(survey, sizeof(tesseral_survey) == 904 && offsetof(tesseral_survey, skipped) == 392);
#endif
ASSERT(flight, sizeof(tesseral_flight) == 24);
ASSERT(refresh_rules, sizeof(tesseral_refresh_rules) == 48 && offsetof(tesseral_refresh_rules, wait_ms) == 40);
ASSERT(poll, sizeof(tesseral_poll) == 40 && offsetof(tesseral_poll, until) == 32);
ASSERT(request, sizeof(tesseral_request) == 56 && sizeof(tesseral_wait) == 16);
ASSERT(kid_hashes, sizeof(tesseral_kid_hashes) == 72 && offsetof(tesseral_kid_hashes, hashes) == 8);
ASSERT(document, sizeof(tesseral_document) == 64 && offsetof(tesseral_document, age_ms) == 40);
ASSERT(answers_rules, sizeof(tesseral_answers_rules) == 40 && sizeof(tesseral_api_key_name) == 48);
ASSERT(ask, sizeof(tesseral_ask) == 72 && offsetof(tesseral_ask, ticket) == 64);
ASSERT(landed, sizeof(tesseral_landed) == 80 && offsetof(tesseral_landed, freed) == 16);

#if defined(__cplusplus)
#define ALIGNED(octets) alignas(octets)
#elif __STDC_VERSION__ >= 201112L
#define ALIGNED(octets) _Alignas(octets)
#else
#define ALIGNED(octets) __attribute__((aligned(octets)))
#endif

ALIGNED(TESSERAL_VERIFIER_ALIGN) static uint8_t server[TESSERAL_VERIFIER_SIZE(SERVER, 2)];
ALIGNED(TESSERAL_VERIFIER_ALIGN) static uint8_t base_table[TESSERAL_BASE_TABLE_SIZE];
ALIGNED(TESSERAL_VERIFIER_ALIGN) static uint8_t sharing[TESSERAL_VERIFIER_SIZE(SHARING, 2)];
ALIGNED(TESSERAL_VERIFIER_ALIGN) static uint8_t compact[TESSERAL_VERIFIER_SIZE(COMPACT, 2)];
ALIGNED(TESSERAL_VERIFIER_ALIGN) static uint8_t tiny[TESSERAL_VERIFIER_SIZE(TINY, TESSERAL_MAX_KEYS)];
static uint8_t scratch[TESSERAL_SCRATCH_SIZE(TESSERAL_DEFAULT_MAX_TOKEN_LEN)];

static const tesseral_str none = TESSERAL_STR_NONE;
static tesseral_options options = TESSERAL_OPTIONS_INIT;
static tesseral_headers headers = TESSERAL_HEADERS_INIT;
static tesseral_auth auth = TESSERAL_AUTH_INIT;
static const tesseral_access_token_claims *claims = NULL;
static tesseral_action_cursor cursor = TESSERAL_ACTION_CURSOR_INIT;
ALIGNED(TESSERAL_RULEBOOK_ALIGN) static uint8_t refresh[TESSERAL_REFRESH_SIZE];
ALIGNED(TESSERAL_RULEBOOK_ALIGN) static uint8_t answers[TESSERAL_ANSWERS_SIZE(16, 4)];
static tesseral_refresh_rules refresh_rules = TESSERAL_REFRESH_RULES_INIT;
static tesseral_poll poll_now = TESSERAL_POLL_INIT;
static tesseral_request request = TESSERAL_REQUEST_INIT;
static tesseral_kid_hashes unknown_kids = TESSERAL_KID_HASHES_INIT;
static tesseral_document document_in_use = TESSERAL_DOCUMENT_INIT;
static tesseral_answers_rules answers_rules = TESSERAL_ANSWERS_RULES_INIT;
static tesseral_ask ask = TESSERAL_ASK_INIT;
static tesseral_landed landed = TESSERAL_LANDED_INIT;
#if defined(TESSERAL_VERIFY_STD)
static tesseral_authenticator_options authenticator_options = TESSERAL_AUTHENTICATOR_OPTIONS_INIT;
static tesseral_stats stats = TESSERAL_STATS_INIT;
#if defined(__LP64__)
ASSERT(authenticator_options, sizeof(tesseral_authenticator_options) == 184);
ASSERT(stats, sizeof(tesseral_stats) == 96 && offsetof(tesseral_stats, keys_used) == 8);
#endif
#endif

size_t use_everything(const uint8_t *document, size_t document_len, const uint8_t *token, size_t token_len);
uint32_t use_the_rulebook(const tesseral_moment *now);

uint32_t use_the_rulebook(const tesseral_moment *now)
{
    static const tesseral_api_key_name name = {{0}, {0}};
    const tesseral_verdict verdict = {TESSERAL_VERDICT_FAILED, 0, 0, 0};
    uint32_t status = tesseral_refresh_init(refresh, sizeof(refresh), scratch, 16, now);
    refresh_rules.waiters = TESSERAL_RULES_NONE;
    if (status == TESSERAL_OK)
        status = tesseral_refresh_poll(refresh, sizeof(refresh), now, &refresh_rules, &poll_now);
    if (status == TESSERAL_OK)
        status = tesseral_unknown_kids(NULL, &headers, 0, scratch, sizeof(scratch), &unknown_kids);
    if (status == TESSERAL_OK)
        status = tesseral_refresh_request(refresh, sizeof(refresh), TESSERAL_NEED_KIDS, unknown_kids.hashes,
                                          unknown_kids.count * TESSERAL_KID_HASH_LEN, now, &refresh_rules, &request);
    if (status == TESSERAL_OK)
        status = tesseral_refresh_document(refresh, sizeof(refresh), now, &refresh_rules, &document_in_use);
    if (status == TESSERAL_OK)
        status = tesseral_answers_init(answers, sizeof(answers), 16, 4, scratch, 16);
    if (status == TESSERAL_OK)
        status = tesseral_answers_ask(answers, sizeof(answers), &name, ask.ticket, now, &answers_rules, &ask);
    if (status == TESSERAL_OK)
        status = tesseral_answers_landed(answers, sizeof(answers), &name, &ask.question, &verdict, now, &answers_rules, &landed);
    return status;
}

size_t use_everything(const uint8_t *document, size_t document_len, const uint8_t *token, size_t token_len)
{
    const tesseral_verifier *verifier = NULL;
    tesseral_survey survey = TESSERAL_SURVEY_INIT;
    tesseral_str action = none;
    size_t offset = 0;
    uint32_t status;

    status = tesseral_verifier_init(server, sizeof(server), document, document_len, &options, &verifier);
    if (status != TESSERAL_OK)
        status = tesseral_base_table_init(base_table, sizeof(base_table), &options.base_table);
    if (status == TESSERAL_OK)
        status = tesseral_verifier_init(sharing, sizeof(sharing), document, document_len, &options, &verifier);
    options.profile = TESSERAL_PROFILE_COMPACT;
    if (status != TESSERAL_OK)
        status = tesseral_verifier_init(compact, sizeof(compact), document, document_len, &options, &verifier);
    options.profile = TESSERAL_PROFILE_TINY;
    if (status != TESSERAL_OK)
        status = tesseral_verifier_init(tiny, sizeof(tiny), document, document_len, &options, &verifier);
#if defined(TESSERAL_VERIFY_STD)
    if (status != TESSERAL_OK)
        status = tesseral_verifier_new(document, document_len, &options, &verifier);
    if (status != TESSERAL_OK) {
        const tesseral_authenticator *authenticator = NULL;
        status = tesseral_authenticator_new(&authenticator_options, &authenticator);
        if (status == TESSERAL_OK)
            status = tesseral_authenticator_stats(authenticator, &stats);
        tesseral_authenticator_free(authenticator);
    }
#endif
    if (status == TESSERAL_OK)
        status = tesseral_survey_document(document, document_len, &options, &survey);
    if (status == TESSERAL_OK)
        status = tesseral_authenticate(verifier, NULL, &headers, 0, scratch, sizeof(scratch), &auth, NULL);
    if (status == TESSERAL_ERR_CREDENTIALS_MISSING)
        status = tesseral_verify_token(verifier, NULL, token, token_len, 0, scratch, sizeof(scratch), &auth);
    if (status == TESSERAL_OK)
        status = tesseral_auth_access_token_claims(&auth, &claims);
    if (status == TESSERAL_OK && tesseral_auth_size(&auth) <= sizeof(tiny))
        status = tesseral_auth_copy(&auth, tiny, sizeof(tiny), &auth);
    while (tesseral_auth_next_action(&auth, &cursor, &action))
        offset += action.len;
#if defined(TESSERAL_VERIFY_STD)
    tesseral_verifier_free(verifier);
#endif
    return offset + status + survey.keys_usable + server[0] + compact[0];
}
