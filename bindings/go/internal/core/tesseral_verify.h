/*
 * tesseral_verify.h: verifies Tesseral access tokens and API keys.
 *
 * Generated from src/ffi by cbindgen; do not edit.
 *
 * A whole program: it says whose request it is that has this Authorization header, by the keys of this file.
 *
 *     #include <stdio.h>
 *     #include <string.h>
 *     #include <time.h>
 *     #include <tesseral_verify.h>
 *
 *     static uint8_t document[TESSERAL_MAX_DOCUMENT_LEN];
 *     static _Alignas(TESSERAL_VERIFIER_ALIGN) uint8_t memory[TESSERAL_VERIFIER_SIZE(SERVER, 4)];
 *     static uint8_t scratch[TESSERAL_SCRATCH_SIZE(TESSERAL_DEFAULT_MAX_TOKEN_LEN)];
 *
 *     int main(int argc, char **argv)
 *     {
 *         FILE *file = argc == 3 ? fopen(argv[1], "rb") : NULL;
 *         const size_t len = file == NULL ? 0 : fread(document, 1, sizeof document, file);
 *         const tesseral_verifier *verifier;
 *         uint32_t status = tesseral_verifier_init(memory, sizeof memory, document, len, NULL, &verifier);
 *         if (status != TESSERAL_OK) {
 *             printf("no keys: %s\n", tesseral_status_text(status));
 *             return 2;
 *         }
 *
 *         const tesseral_str authorization = {(const uint8_t *)argv[2], strlen(argv[2])};
 *         tesseral_headers headers = TESSERAL_HEADERS_INIT;
 *         headers.authorization = &authorization;
 *         headers.authorization_count = 1;
 *
 *         tesseral_auth auth = TESSERAL_AUTH_INIT;
 *         status = tesseral_authenticate(verifier, NULL, &headers, time(NULL), scratch, sizeof scratch, &auth, NULL);
 *         if (status != TESSERAL_OK) {
 *             printf("%u: %s\n", (unsigned)tesseral_status_http(status), tesseral_status_slug(status));
 *             return 1;
 *         }
 *
 *         const tesseral_access_token_claims *claims;
 *         if (tesseral_auth_access_token_claims(&auth, &claims) == TESSERAL_OK)
 *             printf("user %.*s\n", (int)claims->user_id.len, (const char *)claims->user_id.ptr);
 *         return tesseral_auth_permits(&auth, (const uint8_t *)"a.b.c", 5) ? 0 : 3;
 *     }
 *
 * Octets are a pointer and a length, never NUL-terminated. Functions that can fail return a status: 0 is
 * success, TESSERAL_ERR_ constants say what is wrong, and outputs are written only on success unless their
 * description says otherwise. A NULL, misaligned, overlapping or too long argument is
 * TESSERAL_ERR_INVALID_ARGUMENT. Functions that answer a question return bool: true is yes, and with such an argument
 * the answer is false. Nothing here keeps global state, reads a clock, or starts a thread, except a
 * tesseral_authenticator, which has a few threads; only the functions under TESSERAL_VERIFY_STD allocate. A verifier never
 * changes: any number of threads may share one.
 *
 * TESSERAL_VERIFY_STD is defined by pkg-config and CMake for the library that has those functions.
 */

#ifndef TESSERAL_VERIFY_H
#define TESSERAL_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The version of this header; tesseral_version() tells that of the library. */
#define TESSERAL_VERSION "0.1.0"
#define TESSERAL_VERSION_MAJOR 0
#define TESSERAL_VERSION_MINOR 1
#define TESSERAL_VERSION_PATCH 0

/*
 * Bytes of a verifier, as a constant for static arrays: what tesseral_verifier_size() says. profile is SERVER, COMPACT or TINY:
 *
 *     static _Alignas(TESSERAL_VERIFIER_ALIGN) uint8_t memory[TESSERAL_VERIFIER_SIZE(TINY, 2)];
 *
 * TESSERAL_VERIFIER_SIZE(SHARING, n) is that of a server's verifier that shares a tesseral_base_table.
 */
#define TESSERAL_VERIFIER_SIZE(profile, max_keys) \
    (TESSERAL_OPENED_VERIFIER_SIZE(max_keys) + TESSERAL_VERIFIER_TABLES_##profile(max_keys))

/* What TESSERAL_VERIFIER_SIZE adds up: the bytes of a verifier without its keys, of one key without its table, and the tables. */
#define TESSERAL_VERIFIER_HEAD_SIZE (960 + 16 * sizeof(size_t))
#define TESSERAL_VERIFIER_KEY_SIZE (392 + 3 * sizeof(size_t))
#define TESSERAL_VERIFIER_TABLES_SERVER(max_keys) (TESSERAL_TABLE_SIZE_SERVER * ((max_keys) + 1))
#define TESSERAL_VERIFIER_TABLES_SHARING(max_keys) (TESSERAL_TABLE_SIZE_SERVER * (max_keys))
#define TESSERAL_VERIFIER_TABLES_COMPACT(max_keys) (TESSERAL_TABLE_SIZE_COMPACT * (max_keys))
#define TESSERAL_VERIFIER_TABLES_TINY(max_keys) (TESSERAL_TABLE_SIZE_TINY * (max_keys))

/* Bytes of a verifier of an image, as a constant for static arrays: what tesseral_opened_verifier_size() says. */
#define TESSERAL_OPENED_VERIFIER_SIZE(max_keys) \
    (TESSERAL_VERIFIER_HEAD_SIZE + (TESSERAL_VERIFIER_KEY_SIZE * (max_keys) + 63) / 64 * 64)

/* Bytes of scratch memory for tokens of up to max_token_len octets, as a constant for static arrays. */
#define TESSERAL_SCRATCH_SIZE(max_token_len) (((max_token_len) / 4 + 1) * 6)

/*
 * Bytes of a list of revoked sessions and users with so many lines, as a constant for static arrays: what
 * tesseral_revoked_size() says.
 */
#define TESSERAL_REVOKED_SIZE(lines) (TESSERAL_REVOKED_HEAD_SIZE + ((lines) + (lines) / 2 + 1) * 16)

/*
 * Bytes of a tesseral_answers_ state, as a constant for static arrays: what tesseral_answers_size() says for numbers in
 * range.
 */
#define TESSERAL_ANSWERS_SIZE(answers, questions) (((answers) + 15) / 16 * 1664 + (questions) * 160 + 88)

/* What callers' structs start from. */
#define TESSERAL_STR_NONE {NULL, 0}
#define TESSERAL_OPTIONS_INIT \
    {sizeof(tesseral_options), 0, TESSERAL_STR_NONE, TESSERAL_STR_NONE, 0, 0, 0, 0, NULL}
#define TESSERAL_HEADERS_INIT {sizeof(tesseral_headers), 0, NULL, 0, NULL, 0, TESSERAL_STR_NONE}
#define TESSERAL_SURVEY_INIT {sizeof(tesseral_survey), 0, 0, 0, 0, {0, 0, 0}, 0, 0, {0}, {0}, {{0, 0}}}
#define TESSERAL_AUTH_INIT \
    {sizeof(tesseral_auth), 0, TESSERAL_STR_NONE, TESSERAL_STR_NONE, TESSERAL_STR_NONE, TESSERAL_STR_NONE, \
     TESSERAL_STR_NONE, TESSERAL_STR_NONE, \
     {TESSERAL_STR_NONE, TESSERAL_STR_NONE, TESSERAL_STR_NONE, 0, 0, 0, TESSERAL_STR_NONE, TESSERAL_STR_NONE, \
      TESSERAL_STR_NONE, TESSERAL_STR_NONE, TESSERAL_STR_NONE, TESSERAL_STR_NONE, TESSERAL_STR_NONE, TESSERAL_STR_NONE}}
#define TESSERAL_HOLD_INIT {sizeof(tesseral_hold), 0, 0, 0}
#define TESSERAL_ACTION_CURSOR_INIT {0, 0}
#define TESSERAL_REFRESH_RULES_INIT {sizeof(tesseral_refresh_rules), 0, 0, 0, 0, 0, 0}
#define TESSERAL_POLL_INIT {sizeof(tesseral_poll), 0, {0, {0, 0}}, 0}
#define TESSERAL_REQUEST_INIT {sizeof(tesseral_request), 0, 0, 0, {0, {0, 0}}, {0, 0, 0}}
#define TESSERAL_KID_HASHES_INIT {sizeof(tesseral_kid_hashes), 0, {0}}
#define TESSERAL_DOCUMENT_INIT {sizeof(tesseral_document), 0, 0, 0, 0, {0, 0}, 0, 0, 0}
#define TESSERAL_ANSWERS_RULES_INIT {sizeof(tesseral_answers_rules), 0, 0, 0, 0, 0}
#define TESSERAL_ASK_INIT {sizeof(tesseral_ask), 0, {0, 0, 0, 0}, {0, {0, 0}}, 0, 0}
#define TESSERAL_LANDED_INIT {sizeof(tesseral_landed), 0, 0, 0, {0, 0, 0, 0, 0, 0, 0, 0}}
#define TESSERAL_AUTHENTICATOR_OPTIONS_INIT \
    {sizeof(tesseral_authenticator_options), 0, TESSERAL_STR_NONE, TESSERAL_STR_NONE, TESSERAL_STR_NONE, \
     TESSERAL_STR_NONE, TESSERAL_STR_NONE, TESSERAL_STR_NONE, TESSERAL_STR_NONE, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, \
     0, 0, NULL, NULL}
#define TESSERAL_STATS_INIT {sizeof(tesseral_stats), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}

/*
 * Earlier names of functions. Every use is a compile error that names the function to use instead. These returned 0 for yes,
 * had a name that read like a question, or blocked or judged after tesseral_authenticator_try_authenticate().
 */
#define TESSERAL_RENAMED_TO(name) (sizeof(struct renamed_to_##name))
#define tesseral_auth_has_permission TESSERAL_RENAMED_TO(tesseral_auth_permits)
#define tesseral_authenticator_ready TESSERAL_RENAMED_TO(tesseral_authenticator_is_ready)
#define tesseral_authenticator_not_ready TESSERAL_RENAMED_TO(tesseral_authenticator_not_ready_reason)
#define tesseral_authenticator_wait_for_fetch TESSERAL_RENAMED_TO(tesseral_attempt_poll)
#define tesseral_authenticator_authenticate_after_fetch TESSERAL_RENAMED_TO(tesseral_attempt_poll)
#define tesseral_authenticator_look_up TESSERAL_RENAMED_TO(tesseral_attempt_poll)

/* The same for functions that gave one claim each, and for what a struct of claims used to start from. */
#define tesseral_auth_iss TESSERAL_RENAMED_TO(tesseral_auth_access_token_claims)
#define tesseral_auth_sub TESSERAL_RENAMED_TO(tesseral_auth_access_token_claims)
#define tesseral_auth_aud TESSERAL_RENAMED_TO(tesseral_auth_access_token_claims)
#define tesseral_auth_exp TESSERAL_RENAMED_TO(tesseral_auth_access_token_claims)
#define tesseral_auth_nbf TESSERAL_RENAMED_TO(tesseral_auth_access_token_claims)
#define tesseral_auth_iat TESSERAL_RENAMED_TO(tesseral_auth_access_token_claims)
#define tesseral_auth_session_id TESSERAL_RENAMED_TO(tesseral_auth_access_token_claims)
#define tesseral_auth_user_id TESSERAL_RENAMED_TO(tesseral_auth_access_token_claims)
#define tesseral_auth_user_email TESSERAL_RENAMED_TO(tesseral_auth_access_token_claims)
#define tesseral_auth_user_display_name TESSERAL_RENAMED_TO(tesseral_auth_access_token_claims)
#define tesseral_auth_user_profile_picture_url TESSERAL_RENAMED_TO(tesseral_auth_access_token_claims)
#define tesseral_auth_organization_display_name TESSERAL_RENAMED_TO(tesseral_auth_access_token_claims)
#define tesseral_auth_impersonator_email TESSERAL_RENAMED_TO(tesseral_auth_access_token_claims)
#define TESSERAL_ACCESS_TOKEN_CLAIMS_INIT TESSERAL_RENAMED_TO(tesseral_auth_access_token_claims)

/* The same for functions that had a cache or a hold besides, for what a survey says, and for sizes that are constants. */
#define tesseral_verify_token_cached TESSERAL_RENAMED_TO(tesseral_verify_token)
#define tesseral_authenticate_cached TESSERAL_RENAMED_TO(tesseral_authenticate)
#define tesseral_authenticate_held TESSERAL_RENAMED_TO(tesseral_authenticate)
#define tesseral_verifier_keys_skipped TESSERAL_RENAMED_TO(tesseral_survey_document)
#define tesseral_verifier_skipped_key TESSERAL_RENAMED_TO(tesseral_survey_document)
#define tesseral_verifier_align TESSERAL_RENAMED_TO(TESSERAL_VERIFIER_ALIGN)
#define tesseral_cache_align TESSERAL_RENAMED_TO(TESSERAL_CACHE_ALIGN)
#define tesseral_scratch_size TESSERAL_RENAMED_TO(TESSERAL_SCRATCH_SIZE)


/**
 * Success.
 */
#define TESSERAL_OK 0

/**
 * An argument or an option is out of its range, or buffers overlap.
 */
#define TESSERAL_ERR_INVALID_ARGUMENT 1001

/**
 * The caller's memory is smaller than the function that gives its size says.
 */
#define TESSERAL_ERR_BUFFER_TOO_SMALL 1002

/**
 * Access-token claims were asked of an API key.
 */
#define TESSERAL_ERR_NOT_AN_ACCESS_TOKEN 1003

/**
 * The configuration document is not a JSON object with an array keys, or a member that is read has the wrong type or
 * occurs twice.
 */
#define TESSERAL_ERR_CONFIG_MALFORMED 1101

/**
 * The configuration document is over 256 KiB, or has more than 64 usable keys or 128 different key IDs.
 */
#define TESSERAL_ERR_CONFIG_TOO_LARGE 1102

/**
 * The configuration document has no key that this library can use.
 */
#define TESSERAL_ERR_CONFIG_NO_USABLE_KEY 1103

/**
 * Neither the configuration document nor the options name the issuer that tokens must have.
 */
#define TESSERAL_ERR_CONFIG_NO_ISSUER 1104

/**
 * The list of revoked sessions and users does not have its format, or was cut off.
 */
#define TESSERAL_ERR_REVOCATIONS_MALFORMED 1105

/**
 * The image of a snapshot is damaged, not the expected one, or for another processor or version of this library.
 */
#define TESSERAL_ERR_IMAGE_MALFORMED 1106

/**
 * The token is longer than the limit.
 */
#define TESSERAL_ERR_TOKEN_TOO_LARGE 2001

/**
 * Not three non-empty strict base64url segments, or the signature is not 64 octets.
 */
#define TESSERAL_ERR_TOKEN_MALFORMED 2002

/**
 * The token's header is not a JSON object with one string alg and one string kid.
 */
#define TESSERAL_ERR_HEADER_MALFORMED 2003

/**
 * The token's header has a crit member.
 */
#define TESSERAL_ERR_CRIT_NOT_SUPPORTED 2004

/**
 * The request has no credential.
 */
#define TESSERAL_ERR_CREDENTIALS_MISSING 2101

/**
 * The request's credential is neither an access token nor an accepted API key; or there is more than one
 * Authorization value, perhaps joined by a server.
 */
#define TESSERAL_ERR_CREDENTIALS_UNRECOGNIZED 2102

/**
 * The token's alg is not ES256.
 */
#define TESSERAL_ERR_ALG_NOT_ALLOWED 3001

/**
 * No usable key of the snapshot has the token's kid.
 */
#define TESSERAL_ERR_KEY_UNKNOWN 3002

/**
 * There is no snapshot, or it is too old.
 */
#define TESSERAL_ERR_KEYS_UNAVAILABLE 3003

/**
 * No usable key has the token's kid, and a fetch that may bring it is due or under way.
 */
#define TESSERAL_ERR_KEY_FETCH_NEEDED 3004

/**
 * The signature does not match, or R or S is out of range.
 */
#define TESSERAL_ERR_SIGNATURE_INVALID 4001

/**
 * now is past exp plus the leeway.
 */
#define TESSERAL_ERR_TOKEN_EXPIRED 5001

/**
 * now is before nbf minus the leeway.
 */
#define TESSERAL_ERR_TOKEN_NOT_YET_VALID 5002

/**
 * The claims are not the JSON object that the issuer makes.
 */
#define TESSERAL_ERR_CLAIMS_MALFORMED 5003

/**
 * iss is not the project's issuer.
 */
#define TESSERAL_ERR_ISSUER_MISMATCH 5004

/**
 * aud does not contain the project's audience.
 */
#define TESSERAL_ERR_AUDIENCE_MISMATCH 5005

/**
 * The access token is good, but the caller's list names its session or its user as revoked.
 */
#define TESSERAL_ERR_TOKEN_REVOKED 5006

/**
 * The API key is malformed, unknown, revoked or expired.
 */
#define TESSERAL_ERR_API_KEY_INVALID 6001

/**
 * API keys are switched off for the project or the organization.
 */
#define TESSERAL_ERR_API_KEYS_NOT_PERMITTED 6002

/**
 * The request carries an API key that has to be looked up first. This is no refusal.
 */
#define TESSERAL_ERR_API_KEY_LOOKUP_NEEDED 6003

/**
 * The service gave no usable answer about the API key.
 */
#define TESSERAL_ERR_API_KEY_LOOKUP_FAILED 6004

/**
 * The sender may not do this. The library never returns it: a server answers with it when tesseral_auth_permits() says no.
 */
#define TESSERAL_ERR_PERMISSION_MISSING 7001

/**
 * A fault of this library: two of its parts disagree.
 */
#define TESSERAL_ERR_INTERNAL_ERROR 9001

/**
 * Version of this interface: it grows when a program built for an older one would no longer work.
 */
#define TESSERAL_ABI_VERSION 7

/**
 * For servers: the fastest, with the largest tables. The default. An archive that was made for one profile alone, to save
 * flash, refuses the others with TESSERAL_ERR_INVALID_ARGUMENT.
 */
#define TESSERAL_PROFILE_SERVER 0

/**
 * For gateways with many projects: smaller tables.
 */
#define TESSERAL_PROFILE_COMPACT 1

/**
 * For devices: the smallest tables.
 */
#define TESSERAL_PROFILE_TINY 2

/**
 * credentials_type of a user's session.
 */
#define TESSERAL_CREDENTIALS_ACCESS_TOKEN 1

/**
 * credentials_type of an API key.
 */
#define TESSERAL_CREDENTIALS_API_KEY 2

/**
 * How many profiles there are: they are numbered from 0 to one less.
 */
#define TESSERAL_PROFILES 3

/**
 * Most usable keys of one configuration document.
 */
#define TESSERAL_MAX_KEYS 64

/**
 * The most different key IDs of one configuration document: those of usable keys, and those of keys that are skipped
 * because two different keys have the ID.
 */
#define TESSERAL_MAX_KIDS 128

/**
 * Longest configuration document, in octets.
 */
#define TESSERAL_MAX_DOCUMENT_LEN 262144

/**
 * Longest access token that is looked at by default, in octets.
 */
#define TESSERAL_DEFAULT_MAX_TOKEN_LEN 16384

/**
 * Largest value of the option max_token_len, in octets.
 */
#define TESSERAL_MAX_TOKEN_LEN 65536

/**
 * Longest answer about an API key that tesseral_api_key_response() looks at, in octets.
 */
#define TESSERAL_MAX_API_KEY_ANSWER_LEN 65536

/**
 * Longest body that tesseral_api_key_request() writes, in octets.
 */
#define TESSERAL_API_KEY_REQUEST_LEN 137

/**
 * Octets that tesseral_api_key_fingerprint() writes.
 */
#define TESSERAL_API_KEY_FINGERPRINT_LEN 32

/**
 * Longest project ID, in octets.
 */
#define TESSERAL_MAX_PROJECT_ID_LEN 64

/**
 * Longest kid of a usable key, in octets.
 */
#define TESSERAL_MAX_KID_LEN 128

/**
 * Longest issuer, in octets.
 */
#define TESSERAL_MAX_ISSUER_LEN 256

/**
 * How many of the keys that cannot be used a tesseral_survey lists, each with the reason.
 */
#define TESSERAL_MAX_SKIPPED_LISTED 64

/**
 * How many statuses this header has, TESSERAL_OK among them: those of tesseral_status_at(). A newer library may have more.
 */
#define TESSERAL_STATUS_COUNT 33

/**
 * Alignment of the memory of a list of revoked sessions and users, in bytes.
 */
#define TESSERAL_REVOKED_ALIGN 8

/**
 * An upper bound of the bytes of such a list without its entries; see TESSERAL_REVOKED_SIZE.
 */
#define TESSERAL_REVOKED_HEAD_SIZE 128

/**
 * Alignment of a cache's memory, in bytes.
 */
#define TESSERAL_CACHE_ALIGN 8

/**
 * Alignment of a verifier's memory, in bytes.
 */
#define TESSERAL_VERIFIER_ALIGN 64

/**
 * Octets of the digest of an image: SHA-256.
 */
#define TESSERAL_IMAGE_DIGEST_LEN 32

/**
 * Bytes of one table of the server profile. A verifier has one for each key and, unless it shares a tesseral_base_table, one
 * for the base point.
 */
#define TESSERAL_TABLE_SIZE_SERVER 262144

/**
 * Bytes of one table of the compact profile. A verifier has one for each key.
 */
#define TESSERAL_TABLE_SIZE_COMPACT 16384

/**
 * Bytes of one table of the tiny profile. A verifier has one for each key.
 */
#define TESSERAL_TABLE_SIZE_TINY 1024

/**
 * Bytes of a tesseral_base_table, aligned to TESSERAL_VERIFIER_ALIGN.
 */
#define TESSERAL_BASE_TABLE_SIZE 262208

#if defined(TESSERAL_VERIFY_STD)
/**
 * For key_waiters: no request waits for an unknown key.
 */
#define TESSERAL_NO_KEY_WAITERS 4294967295
#endif

/**
 * Alignment of the memory of a tesseral_refresh_ or tesseral_answers_ state, in bytes.
 */
#define TESSERAL_RULEBOOK_ALIGN 8

/**
 * Bytes of the state that the tesseral_refresh_ functions take.
 */
#define TESSERAL_REFRESH_SIZE 2840

/**
 * Octets of a hashed kid.
 */
#define TESSERAL_KID_HASH_LEN 16

/**
 * Octets of the hashes in a tesseral_kid_hashes: of four kids, one for each cookie that is tried.
 */
#define TESSERAL_KID_HASHES_LEN 64

/**
 * The most handles that one call of tesseral_answers_landed() tells you to free.
 */
#define TESSERAL_ANSWERS_MAX_FREED 8

/**
 * In a rules struct, in which 0 means the default: this value means zero.
 */
#define TESSERAL_RULES_NONE 4294967295

/**
 * act of a tesseral_poll: fetch the document now; the flight has begun.
 */
#define TESSERAL_POLL_FETCH 1

/**
 * act of a tesseral_poll: a flight is under way; poll again at the time until, when it counts as lost.
 */
#define TESSERAL_POLL_IN_FLIGHT 2

/**
 * act of a tesseral_poll: nothing to do before the time until; poll again then.
 */
#define TESSERAL_POLL_AT 3

/**
 * A usable document is there, and it has the keys of all kids.
 */
#define TESSERAL_NEED_NOTHING 1

/**
 * There is no document, or it is too old.
 */
#define TESSERAL_NEED_DOCUMENT 2

/**
 * The document in use lacks the keys of some kids.
 */
#define TESSERAL_NEED_KIDS 3

/**
 * act of a tesseral_request: go on with what is there; the request is accepted or refused now.
 */
#define TESSERAL_REQUEST_PROCEED 1

/**
 * act of a tesseral_request: wait until a flight ends, at the latest until wait.until, and judge the token once more.
 */
#define TESSERAL_REQUEST_WAIT 2

/**
 * act of a tesseral_request: fetch the document, because the background task makes no progress, and judge the token once
 * more; the flight has begun.
 */
#define TESSERAL_REQUEST_FETCH 3

/**
 * place of a tesseral_wait that has no place.
 */
#define TESSERAL_NO_PLACE 4294967295

/**
 * The document is the same as the one in use, octet for octet.
 */
#define TESSERAL_CHANGE_SAME 1

/**
 * The document has another text and the same keys.
 */
#define TESSERAL_CHANGE_TEXT 2

/**
 * The document has other keys.
 */
#define TESSERAL_CHANGE_KEYS 3

/**
 * The document that landed is in use now. Free the one before.
 */
#define TESSERAL_TAKEN_IN_USE 1

/**
 * A newer document is in use already. Free the one that landed.
 */
#define TESSERAL_TAKEN_LATE 2

/**
 * The document from the file is in use now. Free the one before.
 */
#define TESSERAL_RESTORED_IN_USE 1

/**
 * A document that is newer, or as new, is in use already.
 */
#define TESSERAL_RESTORED_NOT_NEWER 2

/**
 * The document from the file is older than the stale limit.
 */
#define TESSERAL_RESTORED_TOO_OLD 3

/**
 * The fetch of the document from the file began in the future, by this machine's wall clock.
 */
#define TESSERAL_RESTORED_FROM_THE_FUTURE 4

/**
 * act of a tesseral_ask: nothing; verdict is the answer.
 */
#define TESSERAL_ASK_KNOWN 1

/**
 * act of a tesseral_ask: send the question, which is noted as sent now.
 */
#define TESSERAL_ASK_SEND 2

/**
 * act of a tesseral_ask: ask again, with its ticket, when the question under way has ended, at the latest at the time until.
 */
#define TESSERAL_ASK_WAIT 3

/**
 * act of a tesseral_ask: give up, too many questions are under way.
 */
#define TESSERAL_ASK_BUSY 4

/**
 * Nothing is known.
 */
#define TESSERAL_VERDICT_NONE 0

/**
 * The API key is good.
 */
#define TESSERAL_VERDICT_GOOD 1

/**
 * TESSERAL_ERR_API_KEY_INVALID
 */
#define TESSERAL_VERDICT_INVALID 2

/**
 * TESSERAL_ERR_API_KEYS_NOT_PERMITTED
 */
#define TESSERAL_VERDICT_NOT_PERMITTED 3

/**
 * There was no usable answer: TESSERAL_ERR_API_KEY_LOOKUP_FAILED.
 */
#define TESSERAL_VERDICT_FAILED 4

#if defined(TESSERAL_VERIFY_STD)
/**
 * A request that waits for the service's answer about its API key, or for the fetch of an unknown key.
 *
 * It may outlive its authenticator, of which it keeps alive what it needs. Calls about one attempt must not run at the
 * same time.
 */
typedef struct tesseral_attempt tesseral_attempt;
#endif

#if defined(TESSERAL_VERIFY_STD)
/**
 * Authenticates requests with keys that it keeps fresh over the network, and asks the service about API keys.
 *
 * It runs one background thread, which fetches. Besides it there are threads that look up host names (at most two for each
 * name), one for each question that a tesseral_attempt asks, and one while attempts wait for a deadline. Any number of
 * threads may share one authenticator; many may live in one process. After fork(), the child's first call makes a thread,
 * locks and connections of its own.
 */
typedef struct tesseral_authenticator tesseral_authenticator;
#endif

/**
 * The base point's table for the server profile, which several verifiers share through their options.
 *
 * A verifier of that profile without it has a table of its own, which takes TESSERAL_TABLE_SIZE_SERVER bytes and half of the
 * time to load one key. The other profiles have theirs as constant data, and ignore this one. It never changes: any number of
 * threads may share one.
 */
typedef struct tesseral_base_table tesseral_base_table;

/**
 * Remembers which exact tokens had a good signature under which key, and what they claim.
 *
 * Do not share one: give each thread or worker its own.
 */
typedef struct tesseral_cache tesseral_cache;

/**
 * Sessions and users that are revoked before their tokens expire.
 *
 * A list never changes: any number of threads may share it. To use a newer one, make a second list, and keep the first
 * until its last reader has finished.
 */
typedef struct tesseral_revoked tesseral_revoked;

/**
 * Checks credentials against the keys of one configuration document.
 *
 * It never changes: any number of threads may share one. To rotate keys, make another one, and keep the old
 * one until its last reader has finished.
 */
typedef struct tesseral_verifier tesseral_verifier;

/**
 * A borrowed string of octets: not NUL-terminated, and any octet may occur in it, also NUL.
 *
 * As a result: ptr is NULL and len 0 when there is no string.
 * As an argument: ptr may be NULL when len is 0.
 */
typedef struct tesseral_str {
    /**
     * First octet.
     */
    const uint8_t *ptr;
    /**
     * Number of octets.
     */
    size_t len;
} tesseral_str;

/**
 * How a document is read and how tokens are judged. Start from TESSERAL_OPTIONS_INIT.
 *
 * No option skips the signature, exp or the issuer.
 */
typedef struct tesseral_options {
    /**
     * sizeof(tesseral_options)
     */
    uint32_t struct_size;
    /**
     * A TESSERAL_PROFILE_ constant.
     */
    uint32_t profile;
    /**
     * Issuer, and audience, that tokens must have: 1 to 256 octets of UTF-8. Empty: derived from the project ID.
     */
    struct tesseral_str issuer;
    /**
     * Project ID for a document without one, such as a plain JWKS: 1 to 64 octets of UTF-8, or empty.
     */
    struct tesseral_str project_id;
    /**
     * Seconds by which the issuer's clock may differ: 0 to 300.
     */
    uint32_t leeway_seconds;
    /**
     * Longest token that is looked at, in octets: 1 to 65536; 0 means 16384.
     */
    uint32_t max_token_len;
    /**
     * 1 when requests may carry an API key in place of an access token, else 0.
     */
    uint32_t api_keys;
    /**
     * 0
     */
    uint32_t reserved;
    /**
     * A table that verifiers of the server profile share, or NULL: then each such verifier has a table of its own. It must
     * stay as it is until the last verifier that was made with it is not used any more. Other profiles ignore it.
     */
    const struct tesseral_base_table *base_table;
} tesseral_options;

/**
 * A key of the configuration document that is not used.
 */
typedef struct tesseral_skipped_key {
    /**
     * Its place in the array keys, from 0 on.
     */
    uint32_t index;
    /**
     * Why: see tesseral_skip_reason_slug().
     */
    uint32_t reason;
} tesseral_skipped_key;

/**
 * What a configuration document holds. Start from TESSERAL_SURVEY_INIT; tesseral_survey_document() fills it.
 *
 * It holds no pointer, and may be copied.
 */
typedef struct tesseral_survey {
    /**
     * sizeof(tesseral_survey)
     */
    uint32_t struct_size;
    /**
     * How many elements of skipped are filled: the first 64 of keys_skipped.
     */
    uint32_t skipped_count;
    /**
     * How many keys can be used.
     */
    size_t keys_usable;
    /**
     * How many keys cannot be used.
     */
    size_t keys_skipped;
    /**
     * With TESSERAL_ERR_CONFIG_MALFORMED: the offset of the fault in the document. Else 0.
     */
    size_t error_offset;
    /**
     * Bytes that a verifier of this document needs, for each profile: memory_len\[TESSERAL_PROFILE_SERVER\] and so on. 0
     * when no verifier can be made, and for a profile that the library was made without.
     */
    size_t memory_len[TESSERAL_PROFILES];
    /**
     * Octets of project_id; 0 when neither document nor options have a project ID.
     */
    size_t project_id_len;
    /**
     * Octets of issuer; 0 when it cannot be derived from document and options.
     */
    size_t issuer_len;
    /**
     * The project ID of the document or, without one there, of the options; zeros behind.
     */
    uint8_t project_id[TESSERAL_MAX_PROJECT_ID_LEN];
    /**
     * The issuer, and audience, that tokens must have; zeros behind.
     */
    uint8_t issuer[TESSERAL_MAX_ISSUER_LEN];
    /**
     * Keys that cannot be used, and why, in the order in which that was found; zeros behind.
     */
    struct tesseral_skipped_key skipped[TESSERAL_MAX_SKIPPED_LISTED];
} tesseral_survey;

/**
 * The parts of a request that may carry a credential. Start from TESSERAL_HEADERS_INIT.
 *
 * Give every header of these names, each as one element: the value only, as received. Or give one credential from
 * elsewhere.
 */
typedef struct tesseral_headers {
    /**
     * sizeof(tesseral_headers)
     */
    uint32_t struct_size;
    /**
     * 1 when this request may not carry an API key, although the options accept them; else 0.
     */
    uint32_t refuse_api_keys;
    /**
     * Values of all Authorization headers; may be NULL when there are none.
     */
    const struct tesseral_str *authorization;
    /**
     * Number of Authorization headers.
     */
    size_t authorization_count;
    /**
     * Values of all Cookie headers; may be NULL when there are none.
     */
    const struct tesseral_str *cookie;
    /**
     * Number of Cookie headers.
     */
    size_t cookie_count;
    /**
     * A credential from elsewhere, such as a query argument or the metadata of a call; ptr is NULL when there is none. It
     * is judged like a Bearer credential, and both counts must be 0.
     */
    struct tesseral_str credential;
} tesseral_headers;

/**
 * The claims of an access token.
 *
 * The strings are decoded and may hold any UTF-8 text, also NUL, CR and LF: refuse or encode those before
 * you write one into a header. They live as long as those of the tesseral_auth.
 */
typedef struct tesseral_access_token_claims {
    /**
     * Issuer.
     */
    struct tesseral_str iss;
    /**
     * Subject: the user's ID.
     */
    struct tesseral_str sub;
    /**
     * The audience that matched.
     */
    struct tesseral_str aud;
    /**
     * Expiration time, in seconds since 1970-01-01T00:00:00Z, rounded down.
     */
    int64_t exp;
    /**
     * Not before, in the same seconds, rounded up.
     */
    int64_t nbf;
    /**
     * Issued at, in the same seconds, rounded down.
     */
    int64_t iat;
    /**
     * The session's ID.
     */
    struct tesseral_str session_id;
    /**
     * The user's ID.
     */
    struct tesseral_str user_id;
    /**
     * The user's e-mail address: untrusted text.
     */
    struct tesseral_str user_email;
    /**
     * The user's name, or none: untrusted text.
     */
    struct tesseral_str user_display_name;
    /**
     * The user's picture, or none: untrusted text.
     */
    struct tesseral_str user_profile_picture_url;
    /**
     * The organization's ID.
     */
    struct tesseral_str organization_id;
    /**
     * The organization's name, or none: untrusted text.
     */
    struct tesseral_str organization_display_name;
    /**
     * The e-mail address of the person who acts in the user's name, or none: untrusted text.
     */
    struct tesseral_str impersonator_email;
} tesseral_access_token_claims;

/**
 * Who sent the request. Start from TESSERAL_AUTH_INIT; read it through the tesseral_auth_ functions.
 *
 * The strings live in the credential, in the scratch memory, in the API-key endpoint's answer, or in a cache that holds
 * the token: all of those must stay unchanged while this is used, unless tesseral_auth_copy() moves the strings.
 */
typedef struct tesseral_auth {
    /**
     * sizeof(tesseral_auth)
     */
    uint32_t struct_size;
    /**
     * A TESSERAL_CREDENTIALS_ constant; 0 when nothing was authenticated.
     */
    uint32_t credentials_type;
    /**
     * The credential: a secret. It points into the caller's input.
     */
    struct tesseral_str credentials;
    /**
     * The organization.
     */
    struct tesseral_str organization_id;
    /**
     * API keys: the key's ID, which is no secret.
     */
    struct tesseral_str api_key_id;
    /**
     * The actions' JSON text; see tesseral_auth_next_action().
     */
    struct tesseral_str actions_json;
    /**
     * The decoded actions that have escapes in the JSON text, one after the other.
     */
    struct tesseral_str actions_decoded;
    /**
     * Access tokens: the payload's JSON text, octet for octet as it was signed.
     */
    struct tesseral_str payload;
    /**
     * Access tokens: the claims; see tesseral_auth_access_token_claims().
     */
    struct tesseral_access_token_claims claims;
} tesseral_auth;

/**
 * A token that is held in a cache. Start from TESSERAL_HOLD_INIT; tesseral_authenticate_held() fills it.
 */
typedef struct tesseral_hold {
    /**
     * sizeof(tesseral_hold)
     */
    uint32_t struct_size;
    /**
     * 0
     */
    uint32_t reserved;
    /**
     * Where the token is in the cache: less than tesseral_cache_slots().
     */
    size_t slot;
    /**
     * The token's serial number in this cache, counted from 1; 0: nothing is held.
     */
    uint64_t serial;
} tesseral_hold;

/**
 * The position of an iteration over actions. Start from TESSERAL_ACTION_CURSOR_INIT.
 */
typedef struct tesseral_action_cursor {
    /**
     * Bytes of the actions' JSON text already used.
     */
    size_t json_used;
    /**
     * Bytes of the decoded actions already used.
     */
    size_t decoded_used;
} tesseral_action_cursor;

#if defined(TESSERAL_VERIFY_STD)
/**
 * How keys are kept fresh, API keys looked up, and tokens judged. Start from TESSERAL_AUTHENTICATOR_OPTIONS_INIT.
 *
 * Strings are UTF-8 and may be freed after tesseral_authenticator_new(). Times of 0 mean the default.
 */
typedef struct tesseral_authenticator_options {
    /**
     * sizeof(tesseral_authenticator_options)
     */
    uint32_t struct_size;
    /**
     * A TESSERAL_PROFILE_ constant.
     */
    uint32_t profile;
    /**
     * Names the project: 1 to 128 letters, digits and '_'. The only option without a default.
     */
    struct tesseral_str publishable_key;
    /**
     * Host or host:port of the configuration document, always over TLS. Empty: config.tesseral.com.
     */
    struct tesseral_str config_host;
    /**
     * Host or host:port of the service that knows API keys, always over TLS. Empty: api.tesseral.com.
     */
    struct tesseral_str backend_host;
    /**
     * The secret with which the library asks the service about API keys. Empty: the value of the environment variable
     * TESSERAL_BACKEND_API_KEY.
     */
    struct tesseral_str backend_api_key;
    /**
     * Certificates of authorities to trust beside those of the system, PEM. Empty: none.
     */
    struct tesseral_str ca_pem;
    /**
     * File that keeps the last good document, for starts without network. Empty: none.
     */
    struct tesseral_str last_good_file;
    /**
     * Issuer, and audience, that tokens must have: 1 to 256 octets. Empty: derived from the project ID.
     */
    struct tesseral_str issuer;
    /**
     * Seconds by which the issuer's clock may differ: 0 to 300.
     */
    uint32_t leeway_seconds;
    /**
     * Longest token that is looked at, in octets: 1 to 65536; 0 means 16384.
     */
    uint32_t max_token_len;
    /**
     * 1 when requests may carry an API key in place of an access token, else 0. With 0, an API key is
     * TESSERAL_ERR_CREDENTIALS_UNRECOGNIZED, and the service is never asked.
     */
    uint32_t api_keys;
    /**
     * Refresh interval: the document is fetched again before it is this old. Up to 30 days; 0 means one hour.
     */
    uint32_t refresh_interval_ms;
    /**
     * Shortest time between two early fetches for an unknown kid: up to one hour; 0 means 10 s.
     */
    uint32_t cooldown_ms;
    /**
     * Stale limit: an older document is not used. Up to 365 days; 0 means 24 hours.
     */
    uint32_t max_stale_seconds;
    /**
     * Longest time to connect: up to 10 minutes; 0 means 2 s.
     */
    uint32_t connect_timeout_ms;
    /**
     * Longest time for a whole exchange: up to 10 minutes; 0 means 5 s.
     */
    uint32_t total_timeout_ms;
    /**
     * How long a good API key is accepted without asking the service again: up to one hour; 0 means that every request
     * asks.
     */
    uint32_t api_key_ttl_ms;
    /**
     * How long a refused API key is refused without asking the service again: up to one hour; 0 means 5 s.
     */
    uint32_t refused_api_key_ttl_ms;
    /**
     * How long a request with a token of an unknown key waits for the fetch of that key: up to 10 s; 0 means 1 s.
     */
    uint32_t key_wait_ms;
    /**
     * How many requests wait for unknown keys at a time: up to 64; 0 means 16, and TESSERAL_NO_KEY_WAITERS means none.
     */
    uint32_t key_waiters;
    /**
     * Your function that logs what goes wrong on the way to the service. Each cause is logged once, and then at most once
     * a minute. The line has text_len octets, no secret and no line end; it is readable only during the call. Any thread
     * may call the function, several at a time. NULL: the library writes these lines to standard error.
     */
    void (*log)(void *log_context, const uint8_t *text, size_t text_len);
    /**
     * What the library passes to log.
     */
    void *log_context;
} tesseral_authenticator_options;
#endif

#if defined(TESSERAL_VERIFY_STD)
/**
 * What an authenticator has done. Start from TESSERAL_STATS_INIT.
 */
typedef struct tesseral_stats {
    /**
     * sizeof(tesseral_stats)
     */
    uint32_t struct_size;
    /**
     * 1 when requests can be accepted, else 0.
     */
    uint32_t ready;
    /**
     * Keys in use.
     */
    uint64_t keys_used;
    /**
     * Keys of the document that are not used.
     */
    uint64_t keys_skipped;
    /**
     * Milliseconds since the document was last fetched; UINT64_MAX when there is none.
     */
    uint64_t snapshot_age_ms;
    /**
     * Milliseconds until the next planned fetch.
     */
    uint64_t next_refresh_ms;
    /**
     * Fetches that brought a usable document.
     */
    uint64_t refreshes;
    /**
     * Fetches that brought no usable document.
     */
    uint64_t refresh_failures;
    /**
     * Fetches that an unknown kid asked for.
     */
    uint64_t early_refreshes;
    /**
     * Questions to the service about API keys.
     */
    uint64_t lookups;
    /**
     * How many of these questions got no usable answer.
     */
    uint64_t lookup_failures;
    /**
     * How often a remembered answer about an API key saved a question.
     */
    uint64_t api_key_cache_hits;
    /**
     * Signature checks that a tesseral_cache saved.
     */
    uint64_t signature_cache_hits;
} tesseral_stats;
#endif

/**
 * The unknown kids of a request. Start from TESSERAL_KID_HASHES_INIT; tesseral_unknown_kids() fills it.
 */
typedef struct tesseral_kid_hashes {
    /**
     * sizeof(tesseral_kid_hashes)
     */
    uint32_t struct_size;
    /**
     * How many there are: 0 to 4.
     */
    uint32_t count;
    /**
     * One after the other, count times TESSERAL_KID_HASH_LEN octets, as tesseral_refresh_request() takes them; zeros behind.
     */
    uint8_t hashes[TESSERAL_KID_HASHES_LEN];
} tesseral_kid_hashes;

/**
 * A moment, in milliseconds by two clocks: read both for each call. Neither is the time by which a token is judged.
 */
typedef struct tesseral_moment {
    /**
     * By a clock that cannot be set and that runs while the machine is suspended, such as CLOCK_BOOTTIME.
     */
    int64_t steady;
    /**
     * By the wall clock: since 1970-01-01T00:00:00Z.
     */
    int64_t wall;
} tesseral_moment;

/**
 * When to fetch, and how long documents may be used. Start from TESSERAL_REFRESH_RULES_INIT: 0 means the default in each.
 */
typedef struct tesseral_refresh_rules {
    /**
     * sizeof(tesseral_refresh_rules)
     */
    uint32_t struct_size;
    /**
     * How many requests wait for the keys of an unknown kid at a time: 1 to 64; 0 means 16, TESSERAL_RULES_NONE none.
     */
    uint32_t waiters;
    /**
     * The document is fetched again before it is this old, in milliseconds: 1 to 30 days; 0 means one hour.
     */
    uint64_t interval_ms;
    /**
     * An older document is not used, in milliseconds: 1 to 365 days; 0 means 24 hours.
     */
    uint64_t stale_ms;
    /**
     * From the beginning of one fetch for an unknown kid to that of the next, in milliseconds: 1 to 1 hour; 0 means 10
     * seconds. Each fetch that brings no new keys doubles it, up to one minute.
     */
    uint64_t cooldown_ms;
    /**
     * Longest time for one exchange, in milliseconds: 1 to 10 minutes; 0 means 5 seconds. A flight counts as lost after
     * twice this time.
     */
    uint64_t timeout_ms;
    /**
     * How long a request waits at most for the keys of an unknown kid, in milliseconds: 1 to 10 seconds; 0 means 1 second,
     * TESSERAL_RULES_NONE not at all.
     */
    uint64_t wait_ms;
} tesseral_refresh_rules;

/**
 * One fetch of the document. The program that begins it reports how it ended: tesseral_refresh_landed(), _failed() or
 * _abandoned().
 */
typedef struct tesseral_flight {
    /**
     * 1 or more; later flights have higher numbers.
     */
    uint64_t number;
    /**
     * When it began. The age of its document counts from here.
     */
    struct tesseral_moment began;
} tesseral_flight;

/**
 * What the background task has to do. Start from TESSERAL_POLL_INIT; tesseral_refresh_poll() fills it.
 */
typedef struct tesseral_poll {
    /**
     * sizeof(tesseral_poll)
     */
    uint32_t struct_size;
    /**
     * A TESSERAL_POLL_ constant.
     */
    uint32_t act;
    /**
     * With TESSERAL_POLL_FETCH, else of zeros.
     */
    struct tesseral_flight flight;
    /**
     * By the steady clock; 0 with TESSERAL_POLL_FETCH.
     */
    int64_t until;
} tesseral_poll;

/**
 * The document in use. Start from TESSERAL_DOCUMENT_INIT; tesseral_refresh_document() fills it.
 */
typedef struct tesseral_document {
    /**
     * sizeof(tesseral_document)
     */
    uint32_t struct_size;
    /**
     * 1 when there is a document, of any age. Else 0, like all other members.
     */
    uint32_t in_use;
    /**
     * 1 when tokens may be judged by it: it is not older than the stale limit. Else 0.
     */
    uint32_t usable;
    /**
     * The percentage of the refresh interval after which the next fetch is due; 0: at once.
     */
    uint32_t due_percent;
    /**
     * The number of the flight that brought it; 0 when it was restored from a file.
     */
    uint64_t number;
    /**
     * When that flight began.
     */
    struct tesseral_moment began;
    /**
     * Milliseconds since then: the larger of both clocks' differences.
     */
    uint64_t age_ms;
    /**
     * The handle that you gave with the document.
     */
    uint64_t handle;
    /**
     * Its length, in octets, as you gave it.
     */
    uint64_t len;
} tesseral_document;

/**
 * How long a request may wait: until a flight ends, at the latest until this time. Then it judges its token once more.
 */
typedef struct tesseral_wait {
    /**
     * By the steady clock.
     */
    int64_t until;
    /**
     * Its place among the waiting requests, which tesseral_refresh_waited() gives back, or TESSERAL_NO_PLACE.
     */
    uint32_t place;
    /**
     * 0
     */
    uint32_t reserved;
} tesseral_wait;

/**
 * What a request has to do. Start from TESSERAL_REQUEST_INIT; tesseral_refresh_request() fills it.
 */
typedef struct tesseral_request {
    /**
     * sizeof(tesseral_request)
     */
    uint32_t struct_size;
    /**
     * A TESSERAL_REQUEST_ constant.
     */
    uint32_t act;
    /**
     * 1 when the background task has to poll now, else 0.
     */
    uint32_t wake;
    /**
     * 0
     */
    uint32_t reserved;
    /**
     * With TESSERAL_REQUEST_FETCH, else of zeros.
     */
    struct tesseral_flight flight;
    /**
     * With TESSERAL_REQUEST_WAIT, else of zeros.
     */
    struct tesseral_wait wait;
} tesseral_request;

/**
 * An API key, and the scope in which answers about it are shared.
 */
typedef struct tesseral_api_key_name {
    /**
     * Answers are shared within one scope, such as the project or the settings with which the service is asked.
     */
    uint8_t scope[16];
    /**
     * What tesseral_api_key_fingerprint() writes.
     */
    uint8_t fingerprint[32];
} tesseral_api_key_name;

/**
 * How long answers may be used, and how many questions are asked. Start from TESSERAL_ANSWERS_RULES_INIT: 0 means the
 * default in each.
 */
typedef struct tesseral_answers_rules {
    /**
     * sizeof(tesseral_answers_rules)
     */
    uint32_t struct_size;
    /**
     * How many questions are under way at a time: 1 or more; 0 means 64. A quarter of them is kept for keys that were good
     * in the last 24 hours.
     */
    uint32_t questions;
    /**
     * How long a good answer serves requests that came after its question was sent, in milliseconds: 1 to 1 hour; 0 means
     * the default, which is TESSERAL_RULES_NONE: not at all.
     */
    uint64_t good_ttl_ms;
    /**
     * The same for a refusal; 0 means 5 seconds.
     */
    uint64_t refused_ttl_ms;
    /**
     * Longest time for one exchange, in milliseconds: 1 to 10 minutes; 0 means 5 seconds. A question counts as failed after
     * twice this time.
     */
    uint64_t timeout_ms;
    /**
     * Octets of answers that are kept at a time: 1 or more; 0 means 8 MiB.
     */
    uint64_t max_answers_len;
} tesseral_answers_rules;

/**
 * What the service said about an API key.
 */
typedef struct tesseral_verdict {
    /**
     * A TESSERAL_VERDICT_ constant; to report TESSERAL_VERDICT_NONE is an error.
     */
    uint32_t kind;
    /**
     * 0
     */
    uint32_t reserved;
    /**
     * With TESSERAL_VERDICT_GOOD: the handle under which you keep the answer; 0 for none. Else 0.
     */
    uint64_t handle;
    /**
     * With TESSERAL_VERDICT_GOOD: octets of the answer. Else 0.
     */
    uint64_t len;
} tesseral_verdict;

/**
 * One question to the service about an API key. The program that sends it reports how it ended: tesseral_answers_landed()
 * or tesseral_answers_abandoned().
 */
typedef struct tesseral_question {
    /**
     * 1 or more; later questions have higher numbers.
     */
    uint64_t number;
    /**
     * When it was sent. The age of its answer counts from here.
     */
    struct tesseral_moment sent;
} tesseral_question;

/**
 * What a request has to do about its API key. Start from TESSERAL_ASK_INIT; tesseral_answers_ask() fills it.
 */
typedef struct tesseral_ask {
    /**
     * sizeof(tesseral_ask)
     */
    uint32_t struct_size;
    /**
     * A TESSERAL_ASK_ constant.
     */
    uint32_t act;
    /**
     * With TESSERAL_ASK_KNOWN, else of zeros.
     */
    struct tesseral_verdict verdict;
    /**
     * With TESSERAL_ASK_SEND, else of zeros.
     */
    struct tesseral_question question;
    /**
     * With TESSERAL_ASK_WAIT, by the steady clock; else 0.
     */
    int64_t until;
    /**
     * With TESSERAL_ASK_WAIT, what the next call for the same request is given; else 0.
     */
    uint64_t ticket;
} tesseral_ask;

/**
 * Whether an answer is kept, and which handles you free. Start from TESSERAL_LANDED_INIT; tesseral_answers_landed() fills
 * it.
 */
typedef struct tesseral_landed {
    /**
     * sizeof(tesseral_landed)
     */
    uint32_t struct_size;
    /**
     * 1 when the answer's handle is kept, else 0.
     */
    uint32_t kept;
    /**
     * How many handles you free now: the first of freed.
     */
    uint32_t freed_count;
    /**
     * 0
     */
    uint32_t reserved;
    /**
     * Handles, also the answer's own when it is not kept; zeros behind them.
     */
    uint64_t freed[TESSERAL_ANSWERS_MAX_FREED];
} tesseral_landed;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/* Keys: a verifier from a configuration document ------------------------------------------------------ */

/**
 * Builds a verifier in the caller's memory. Nothing is allocated, and there is nothing to free.
 *
 * memory:       memory_len bytes, aligned to TESSERAL_VERIFIER_ALIGN; they belong to the verifier while it is used.
 *               tesseral_survey_document() says how many this document needs, tesseral_verifier_size() how many a number
 *               of keys needs.
 * document:     the project's configuration document, or a plain JWKS; it may be freed afterwards.
 * options:      may be NULL for the defaults. Strings may be freed afterwards; a base table may not.
 * verifier:     written only when 0 is returned; it points into memory.
 * Returns 0, TESSERAL_ERR_INVALID_ARGUMENT, TESSERAL_ERR_BUFFER_TOO_SMALL (more usable keys than there is room for),
 * TESSERAL_ERR_CONFIG_MALFORMED, TESSERAL_ERR_CONFIG_TOO_LARGE (over TESSERAL_MAX_DOCUMENT_LEN, TESSERAL_MAX_KEYS or
 * TESSERAL_MAX_KIDS), TESSERAL_ERR_CONFIG_NO_ISSUER or TESSERAL_ERR_CONFIG_NO_USABLE_KEY; tesseral_survey_document() says more
 * about the document. The memory is written only when 0 is returned.
 */
uint32_t tesseral_verifier_init(uint8_t *memory,
                                size_t memory_len,
                                const uint8_t *document,
                                size_t document_len,
                                const struct tesseral_options *options,
                                const struct tesseral_verifier **verifier);

#if defined(TESSERAL_VERIFY_STD)
/**
 * Builds a verifier in memory of its own. For programs with an operating system.
 *
 * Arguments and results as for tesseral_verifier_init(). Free it with tesseral_verifier_free().
 */
uint32_t tesseral_verifier_new(const uint8_t *document,
                               size_t document_len,
                               const struct tesseral_options *options,
                               const struct tesseral_verifier **verifier);
#endif

#if defined(TESSERAL_VERIFY_STD)
/**
 * Frees a verifier that tesseral_verifier_new() made. No thread may use it any more.
 *
 * verifier: may be NULL. A verifier in the caller's memory is left alone.
 */
void tesseral_verifier_free(const struct tesseral_verifier *verifier);
#endif

/**
 * The project ID of the document or, without one there, of the options.
 *
 * project_id: written only when 0 is returned; it lives as long as the verifier. None when neither has one.
 * Returns 0 or TESSERAL_ERR_INVALID_ARGUMENT.
 */
uint32_t tesseral_verifier_project_id(const struct tesseral_verifier *verifier,
                                      struct tesseral_str *project_id);

/**
 * The issuer, and audience, that tokens must have.
 *
 * issuer: written only when 0 is returned; it lives as long as the verifier.
 * Returns 0 or TESSERAL_ERR_INVALID_ARGUMENT.
 */
uint32_t tesseral_verifier_issuer(const struct tesseral_verifier *verifier, struct tesseral_str *issuer);

/**
 * Bytes of scratch memory that each call with this verifier needs.
 *
 * Returns 0 when verifier is NULL.
 */
size_t tesseral_verifier_scratch_size(const struct tesseral_verifier *verifier);

/**
 * How many keys are in use.
 *
 * Returns 0 when verifier is NULL.
 */
size_t tesseral_verifier_keys_used(const struct tesseral_verifier *verifier);

/**
 * The kid of a key in use.
 *
 * index: 0 to tesseral_verifier_keys_used() - 1, in the order of the document.
 * kid:   written only when 0 is returned; it lives as long as the verifier.
 * Returns 0 or TESSERAL_ERR_INVALID_ARGUMENT.
 */
uint32_t tesseral_verifier_kid(const struct tesseral_verifier *verifier,
                               size_t index,
                               struct tesseral_str *kid);

/**
 * Bytes that a verifier with room for max_keys keys needs.
 *
 * profile:  a TESSERAL_PROFILE_ constant.
 * max_keys: 1 to 64.
 * Returns 0 when an argument is out of range. The result is exact: tesseral_verifier_init() refuses one byte less.
 * TESSERAL_VERIFIER_SIZE is the same as a constant. A verifier that shares a tesseral_base_table needs
 * TESSERAL_TABLE_SIZE_SERVER bytes less.
 */
size_t tesseral_verifier_size(uint32_t profile,
                              size_t max_keys);

/**
 * Bytes that a verifier of an image with up to max_keys keys needs. Its tables stay in the image.
 *
 * max_keys: 1 to 64.
 * Returns 0 when max_keys is out of range. TESSERAL_OPENED_VERIFIER_SIZE is the same as a constant.
 */
size_t tesseral_opened_verifier_size(size_t max_keys);

/**
 * Fills a table in the caller's memory. Nothing is allocated, and there is nothing to free.
 *
 * memory:     memory_len bytes, at least TESSERAL_BASE_TABLE_SIZE, aligned to TESSERAL_VERIFIER_ALIGN. They belong to the table
 *             as long as a verifier has it.
 * base_table: written only when 0 is returned; it points into memory. For base_table of tesseral_options.
 * Returns 0, TESSERAL_ERR_INVALID_ARGUMENT or TESSERAL_ERR_BUFFER_TOO_SMALL.
 */
uint32_t tesseral_base_table_init(uint8_t *memory,
                                  size_t memory_len,
                                  const struct tesseral_base_table **base_table);

#if defined(TESSERAL_VERIFY_STD)
/**
 * Fills a table in memory of its own. For programs with an operating system.
 *
 * base_table: written only when 0 is returned. Free it with tesseral_base_table_free().
 * Returns 0 or TESSERAL_ERR_INVALID_ARGUMENT.
 */
uint32_t tesseral_base_table_new(const struct tesseral_base_table **base_table);
#endif

#if defined(TESSERAL_VERIFY_STD)
/**
 * Frees a table that tesseral_base_table_new() made, after the last verifier that has it.
 *
 * base_table: may be NULL. A table in the caller's memory is left alone.
 */
void tesseral_base_table_free(const struct tesseral_base_table *base_table);
#endif

/**
 * Opens a verifier from an image, which `tesseral-verify bake` makes. The image is used where it lies, for example in flash:
 * no table is built, and nothing is allocated.
 *
 * Opening hashes the whole image (SHA-256). It checks that each key is on the curve, and compares it with its table's first
 * entries. Whoever can write the image decides who gets in. So either expected_digest comes from a place that only those can
 * write who may decide that, such as firmware whose signature was checked; or the memory of the image is such a place.
 *
 * memory:          memory_len bytes, aligned to TESSERAL_VERIFIER_ALIGN; they belong to the verifier while it is used. See
 *                  TESSERAL_OPENED_VERIFIER_SIZE.
 * image:           image_len octets, aligned to TESSERAL_VERIFIER_ALIGN. They stay readable and unchanged while the verifier
 *                  is used, and no argument of a later call overlaps them. Never a mapped file, which others can change
 *                  after it was hashed: read the file once, into memory of your own, and open that.
 * expected_digest: TESSERAL_IMAGE_DIGEST_LEN octets, SHA-256 of the whole image; or NULL for an image in memory that is
 *                  trusted: then the digest inside the image is the only one that is compared.
 * verifier:        written only when 0 is returned; it points into memory and into the image. After the last second of the
 *                  image, each verdict is TESSERAL_ERR_KEYS_UNAVAILABLE.
 * Returns 0, TESSERAL_ERR_INVALID_ARGUMENT, TESSERAL_ERR_BUFFER_TOO_SMALL (more keys than memory has room for), or
 * TESSERAL_ERR_IMAGE_MALFORMED. When the image is refused, the contents of memory are unspecified.
 * Thread safety: as for each verifier, any number of threads may share it once it is open.
 */
uint32_t tesseral_verifier_open(uint8_t *memory,
                                size_t memory_len,
                                const uint8_t *image,
                                size_t image_len,
                                const uint8_t *expected_digest,
                                const struct tesseral_verifier **verifier);

/**
 * Looks at a configuration document without building a verifier.
 *
 * document: the project's configuration document, or a plain JWKS.
 * options:  may be NULL for the defaults; profile and limits do not matter here. With a base table, memory_len of the server
 *           profile is one table less.
 * survey:   set struct_size first (TESSERAL_SURVEY_INIT); written when 0 or a TESSERAL_ERR_CONFIG_ status is returned.
 *           Then it has all that was found, and zeros in the other fields.
 * Returns what tesseral_verifier_init() would return with enough memory: 0, TESSERAL_ERR_INVALID_ARGUMENT,
 * TESSERAL_ERR_CONFIG_MALFORMED, TESSERAL_ERR_CONFIG_TOO_LARGE (over TESSERAL_MAX_DOCUMENT_LEN, TESSERAL_MAX_KEYS or
 * TESSERAL_MAX_KIDS), TESSERAL_ERR_CONFIG_NO_USABLE_KEY or, when nothing else is wrong, TESSERAL_ERR_CONFIG_NO_ISSUER.
 */
uint32_t tesseral_survey_document(const uint8_t *document,
                                  size_t document_len,
                                  const struct tesseral_options *options,
                                  struct tesseral_survey *survey);

/* Requests and tokens --------------------------------------------------------------------------------- */

/**
 * Finds the credential in a request's headers and verifies it.
 *
 * When the Authorization header has a Bearer credential, that one alone is verified, without the spaces and tabs behind
 * it. Otherwise the cookies named tesseral_PROJECTID_access_token are verified in order, at most four. The first that
 * verifies wins; if none does, the first one's error is returned.
 *
 * More than one Authorization header is TESSERAL_ERR_CREDENTIALS_UNRECOGNIZED. So is a value that a server may have joined
 * from several: a Bearer credential with a comma in it, or a value with a comma outside of quotes that is followed by
 * "Bearer ". Credentials of other schemes may have commas. Cookies are not split at commas.
 *
 * With a hold, the strings of a remembered token stay in the cache, which saves copying them. The slot and the serial
 * number identify the token: by them, the caller can also keep what it has computed from a token.
 *
 * cache:   as for tesseral_verify_token(), or NULL.
 * headers: set struct_size first (TESSERAL_HEADERS_INIT). The arrays and the values must be readable.
 * now, scratch, auth: as for tesseral_verify_token().
 * hold:    NULL, or set struct_size first (TESSERAL_HOLD_INIT); it must hold nothing. Written when 0 is returned. With a
 *          serial number, all strings in *auth except the credential point into the cache until tesseral_cache_release();
 *          until then, the slot gets no other token. With serial 0, they point into scratch: there is no cache, the cache
 *          cannot take this token, or four of the eight slots of its set are held already.
 * Returns 0 or what tesseral_verify_token() returns, and TESSERAL_ERR_CREDENTIALS_MISSING,
 * TESSERAL_ERR_CREDENTIALS_UNRECOGNIZED, TESSERAL_ERR_API_KEY_INVALID for an API key of the wrong shape, and
 * TESSERAL_ERR_API_KEY_LOOKUP_NEEDED: the one status besides 0 that fills *auth, with the type and the credential
 * only. Ask the service then: tesseral_api_key_request(), tesseral_api_key_response().
 * Thread safety: as for tesseral_verify_token().
 */
uint32_t tesseral_authenticate(const struct tesseral_verifier *verifier,
                               struct tesseral_cache *cache,
                               const struct tesseral_headers *headers,
                               int64_t now,
                               uint8_t *scratch,
                               size_t scratch_len,
                               struct tesseral_auth *auth,
                               struct tesseral_hold *hold);

/**
 * Lets the slot of a token have another one.
 *
 * hold: what tesseral_authenticate() wrote; holds nothing afterwards, so that releasing twice is harmless.
 * Returns 0 (also when nothing is held), or TESSERAL_ERR_INVALID_ARGUMENT: also when this is not held in this cache.
 * Thread safety: no other call may use the cache meanwhile.
 */
uint32_t tesseral_cache_release(struct tesseral_cache *cache,
                                struct tesseral_hold *hold);

/**
 * Verifies one access token.
 *
 * cache:   for tokens that were verified before, or NULL. A remembered token is still refused once it has expired, when
 *          its key is no longer in the verifier, or when the verifier expects another issuer.
 * token:   token_len octets, not NUL-terminated; may be NULL when token_len is 0.
 * now:     seconds since 1970-01-01T00:00:00Z.
 * scratch: at least tesseral_verifier_scratch_size() bytes, checked before the token is looked at; the strings in
 *          *auth point into it. Its contents are unspecified after a failure.
 * auth:    set struct_size first (TESSERAL_AUTH_INIT); written only when 0 is returned.
 * Returns 0, TESSERAL_ERR_INVALID_ARGUMENT (also when scratch or auth overlap another argument or each other),
 * TESSERAL_ERR_BUFFER_TOO_SMALL for scratch, or why the token is refused: TESSERAL_ERR_TOKEN_TOO_LARGE,
 * _TOKEN_MALFORMED, _HEADER_MALFORMED, _ALG_NOT_ALLOWED, _CRIT_NOT_SUPPORTED, _KEY_UNKNOWN, _SIGNATURE_INVALID,
 * _CLAIMS_MALFORMED, _TOKEN_EXPIRED, _TOKEN_NOT_YET_VALID, _ISSUER_MISMATCH or _AUDIENCE_MISMATCH.
 * Thread safety: any number of threads may share one verifier; cache, scratch and auth belong to one call.
 */
uint32_t tesseral_verify_token(const struct tesseral_verifier *verifier,
                               struct tesseral_cache *cache,
                               const uint8_t *token,
                               size_t token_len,
                               int64_t now,
                               uint8_t *scratch,
                               size_t scratch_len,
                               struct tesseral_auth *auth);

/**
 * Verifies many access tokens in one call, faster than one by one. They may be signed by different keys, and no token
 * affects the verdict on another.
 *
 * cache:    as for tesseral_verify_token(), or NULL.
 * tokens:   count tokens; may be NULL when count is 0, as may auths and statuses.
 * now:      as for tesseral_verify_token().
 * scratch:  at least count times tesseral_verifier_scratch_size() bytes; the strings in auths point into it.
 * auths:    an array of count structs: set struct_size in each (TESSERAL_AUTH_INIT). Only the structs of good tokens are
 *           written.
 * statuses: an array of count statuses: for each token, what tesseral_verify_token() would return for it.
 * Returns 0 when statuses was written, also when tokens were refused. Else nothing is written, and it is
 * TESSERAL_ERR_INVALID_ARGUMENT (also when scratch, auths or statuses overlap another argument or each other) or
 * TESSERAL_ERR_BUFFER_TOO_SMALL for scratch.
 * Thread safety: any number of threads may share one verifier; cache, scratch, auths and statuses belong to one call.
 */
uint32_t tesseral_verify_batch(const struct tesseral_verifier *verifier,
                               struct tesseral_cache *cache,
                               const struct tesseral_str *tokens,
                               size_t count,
                               int64_t now,
                               uint8_t *scratch,
                               size_t scratch_len,
                               struct tesseral_auth *auths,
                               uint32_t *statuses);

/* Who sent the request -------------------------------------------------------------------------------- */

/**
 * The kind of credential.
 *
 * Returns TESSERAL_CREDENTIALS_ACCESS_TOKEN, TESSERAL_CREDENTIALS_API_KEY, or 0 when auth is NULL or was not filled.
 */
uint32_t tesseral_auth_credentials_type(const struct tesseral_auth *auth);

/**
 * The credential itself, which is a secret: the access token or the API key.
 *
 * credentials: written only when 0 is returned; it points into the caller's input.
 * Returns 0, or TESSERAL_ERR_INVALID_ARGUMENT (also when *auth was not filled).
 */
uint32_t tesseral_auth_credentials(const struct tesseral_auth *auth, struct tesseral_str *credentials);

/**
 * The organization that the user or the API key belongs to.
 *
 * organization_id: written only when 0 is returned; none while an API key waits for its lookup.
 * Returns 0, or TESSERAL_ERR_INVALID_ARGUMENT (also when *auth was not filled).
 */
uint32_t tesseral_auth_organization_id(const struct tesseral_auth *auth,
                                       struct tesseral_str *organization_id);

/**
 * The ID of the API key, which is no secret.
 *
 * api_key_id: written only when 0 is returned; none for an access token.
 * Returns 0, or TESSERAL_ERR_INVALID_ARGUMENT (also when *auth was not filled).
 */
uint32_t tesseral_auth_api_key_id(const struct tesseral_auth *auth, struct tesseral_str *api_key_id);

/**
 * The payload's JSON text, octet for octet as it was signed.
 *
 * payload: written only when 0 is returned.
 * Returns 0, TESSERAL_ERR_NOT_AN_ACCESS_TOKEN for an API key, or TESSERAL_ERR_INVALID_ARGUMENT (also when *auth was not
 * filled).
 */
uint32_t tesseral_auth_payload(const struct tesseral_auth *auth,
                               struct tesseral_str *payload);

/**
 * The claims of an access token.
 *
 * claims: written only when 0 is returned. It points into *auth, and is valid as long as *auth and its strings.
 * Returns 0, TESSERAL_ERR_NOT_AN_ACCESS_TOKEN for an API key, or TESSERAL_ERR_INVALID_ARGUMENT (also when *auth was not
 * filled).
 */
uint32_t tesseral_auth_access_token_claims(const struct tesseral_auth *auth,
                                           const struct tesseral_access_token_claims **claims);

/**
 * Whether the user or the API key may do something.
 *
 * action: action_len octets, compared octet for octet with each action.
 * Returns true when it may; false when it may not, when an argument is invalid, and when *auth was not filled.
 */
bool tesseral_auth_permits(const struct tesseral_auth *auth,
                           const uint8_t *action,
                           size_t action_len);

/**
 * Steps through the actions without copying them.
 *
 * cursor: start from TESSERAL_ACTION_CURSOR_INIT; it stays valid as long as *auth.
 * action: written only when true is returned.
 * Returns true and the next action, or false after the last one, and when an argument is NULL, misaligned, or
 * was not filled.
 * So this visits all: while (tesseral_auth_next_action(&auth, &cursor, &action)) { ... }
 */
bool tesseral_auth_next_action(const struct tesseral_auth *auth,
                               struct tesseral_action_cursor *cursor,
                               struct tesseral_str *action);

/**
 * Finds a value in the payload of an access token, by a path of member names: {"organization", "id"}.
 *
 * A string is given without its quotes and escapes, any other value as its JSON text. Names are compared after their
 * escapes are decoded. There is no value when a name is absent, occurs twice in its object, or is looked for in a value
 * that is no object; and when the value is null.
 *
 * path:  path_count names, at least one; each object is a member of the one before.
 * room:  room_len bytes for a string that has escapes: the payload's length suffices. May be NULL when room_len is 0.
 * value: written only when 0 is returned; it points into the payload or into room. None when there is no value.
 * Returns 0, TESSERAL_ERR_NOT_AN_ACCESS_TOKEN for an API key, TESSERAL_ERR_BUFFER_TOO_SMALL for room, or
 * TESSERAL_ERR_INVALID_ARGUMENT (also when *auth was not filled).
 */
uint32_t tesseral_auth_find_claim(const struct tesseral_auth *auth,
                                  const struct tesseral_str *path,
                                  size_t path_count,
                                  uint8_t *room,
                                  size_t room_len,
                                  struct tesseral_str *value);

/**
 * The kid of the key that signed an accepted access token.
 *
 * room: room_len bytes, at least TESSERAL_MAX_KID_LEN.
 * kid:  written only when 0 is returned; it points into room. None when the token's header, decoded, has over 512 octets, which
 *       the issuer never writes.
 * Returns 0, TESSERAL_ERR_NOT_AN_ACCESS_TOKEN for an API key, TESSERAL_ERR_BUFFER_TOO_SMALL for room, or
 * TESSERAL_ERR_INVALID_ARGUMENT (also when *auth was not filled).
 */
uint32_t tesseral_auth_kid(const struct tesseral_auth *auth,
                           uint8_t *room,
                           size_t room_len,
                           struct tesseral_str *kid);

/**
 * Bytes of memory that tesseral_auth_copy() needs: for the payload, and for every string outside of it.
 *
 * Returns 0 when auth is NULL or was not filled.
 */
size_t tesseral_auth_size(const struct tesseral_auth *auth);

/**
 * Copies a result with all of its strings, also the credential. Afterwards you may reuse or free the memory that they
 * pointed into: the request's headers, the scratch memory, the cache, the API-key endpoint's answer.
 *
 * auth:   an access token, an API key, or an API key that has to be looked up first.
 * memory: memory_len bytes, at least tesseral_auth_size(auth). All strings in *copy point into it. It holds a secret
 *         afterwards.
 * copy:   set struct_size first (TESSERAL_AUTH_INIT). It may be auth itself, whose strings move then. Memory and *copy
 *         are written only when 0 is returned.
 * Returns 0, TESSERAL_ERR_INVALID_ARGUMENT (also when *auth was not filled, and when memory or *copy overlap a string of
 * *auth or each other, or *auth in part) or TESSERAL_ERR_BUFFER_TOO_SMALL for memory.
 */
uint32_t tesseral_auth_copy(const struct tesseral_auth *auth,
                            uint8_t *memory,
                            size_t memory_len,
                            struct tesseral_auth *copy);

/* Statuses and versions ------------------------------------------------------------------------------- */

/**
 * The stable name of a status, for logs and metrics: token_expired, and ok for 0.
 *
 * status: any number. Returns a static NUL-terminated string, never NULL: unknown for numbers that are no status.
 */
const char *tesseral_status_slug(uint32_t status);

/**
 * A fixed lower-case phrase for a status. It never holds an octet of a credential.
 *
 * status: any number. Returns a static NUL-terminated string, never NULL.
 */
const char *tesseral_status_text(uint32_t status);

/**
 * The HTTP status that a server sends for a status: 401, 403, 500 or 503. 200 for 0, and 500 for numbers that are no
 * status.
 */
uint32_t tesseral_status_http(uint32_t status);

/**
 * The status with a name.
 *
 * slug:   slug_len octets: token_expired, ok.
 * status: written only when 0 is returned.
 * Returns 0, or TESSERAL_ERR_INVALID_ARGUMENT (also when there is no such status).
 */
uint32_t tesseral_status_from_slug(const uint8_t *slug, size_t slug_len, uint32_t *status);

/**
 * How many statuses the library has, TESSERAL_OK among them: at least TESSERAL_STATUS_COUNT of a header with the same
 * TESSERAL_ABI_VERSION.
 */
size_t tesseral_status_count(void);

/**
 * A status, by its place: 0 is TESSERAL_OK, and the others follow in the order of their numbers.
 *
 * Returns TESSERAL_ERR_INTERNAL_ERROR for places from tesseral_status_count() on.
 */
uint32_t tesseral_status_at(size_t place);

/**
 * The stable name of the reason for which a key is skipped: kid_conflict, point_invalid.
 *
 * reason: any number. Returns a static NUL-terminated string, never NULL: unknown for numbers that are no reason.
 */
const char *tesseral_skip_reason_slug(uint32_t reason);

/**
 * The version of the library that runs, as in TESSERAL_VERSION: a static NUL-terminated string.
 */
const char *tesseral_version(void);

/**
 * The version of the interface that the library has. Compare it with TESSERAL_ABI_VERSION when you load the library.
 */
uint32_t tesseral_abi_version(void);

/* A cache for tokens that come again ------------------------------------------------------------------ */

/**
 * Bytes that a cache needs for at least so many tokens: for each about 1.75 times max_token_len, and 180.
 *
 * tokens:        1 or more. Give twice the number of tokens that are good at a time: then none of them displaces another.
 * max_token_len: longest token that is remembered, in octets: 1 to 65536.
 * Returns 0 when an argument is out of range.
 */
size_t tesseral_cache_size(size_t tokens,
                           size_t max_token_len);

/**
 * Makes an empty cache in the caller's memory. Nothing is allocated, and there is nothing to free.
 *
 * memory:        memory_len bytes, aligned to TESSERAL_CACHE_ALIGN; they belong to the cache while it is used.
 *                tesseral_cache_size() says how many bytes a number of tokens needs.
 * max_token_len: longest token that is remembered, in octets: 1 to 65536.
 * seed:          seed_len octets, at least 16; the first 16 are used. Random, so that no client can choose tokens
 *                that displace others.
 * cache:         written only when 0 is returned; it points into memory.
 * Returns 0, TESSERAL_ERR_INVALID_ARGUMENT or TESSERAL_ERR_BUFFER_TOO_SMALL (memory for fewer than eight tokens, or a
 * short seed).
 */
uint32_t tesseral_cache_init(uint8_t *memory,
                             size_t memory_len,
                             size_t max_token_len,
                             const uint8_t *seed,
                             size_t seed_len,
                             struct tesseral_cache **cache);

/**
 * How many signature checks a cache has saved.
 *
 * Returns 0 when cache is NULL.
 */
uint64_t tesseral_cache_hits(const struct tesseral_cache *cache);

/**
 * How many tokens were not found in a cache.
 *
 * Returns 0 when cache is NULL.
 */
uint64_t tesseral_cache_misses(const struct tesseral_cache *cache);

/**
 * How many tokens a cache has room for: slots are numbered from 0 to one less.
 *
 * Returns 0 when cache is NULL.
 */
size_t tesseral_cache_slots(const struct tesseral_cache *cache);

/* Sessions and users that are revoked before their tokens expire -------------------------------------- */

/**
 * Bytes that a list needs: 24 for each of its lines, and a few more.
 *
 * list: list_len octets, as for tesseral_revoked_init().
 * Returns 0 when list is NULL and list_len is not 0. TESSERAL_REVOKED_SIZE gives the same for a number of lines.
 */
size_t tesseral_revoked_size(const uint8_t *list,
                             size_t list_len);

/**
 * Reads a list of revoked sessions and users into the caller's memory. Nothing is allocated, and there is nothing to free.
 *
 * The first line is "tesseral-revoked 1". Every other line is a project ID, one blank, and the ID of a session or of a user
 * of that project; lines that are empty or begin with # are skipped. An ID is what the issuer writes: project_, session_ or
 * user_ and 25 digits of base 36. Lines end in LF or CR LF. The last line must have its end, too, so that a list that was
 * cut off is refused. Write a new file and rename it, so that no reader sees half of it. An entry may occur twice.
 *
 * memory:     memory_len bytes, aligned to TESSERAL_REVOKED_ALIGN; they belong to the list while it is used.
 *             tesseral_revoked_size() says how many are needed. They are written only when 0 is returned.
 * list:       list_len octets; it may be freed afterwards.
 * seed:       seed_len octets, at least 16; the first 16 are used. Random, so that an attacker cannot choose IDs that make
 *             a search long.
 * revoked:    written only when 0 is returned; it points into memory.
 * error_line: NULL, or written when TESSERAL_ERR_REVOCATIONS_MALFORMED is returned: the line at fault, from 1 on.
 * Returns 0, TESSERAL_ERR_INVALID_ARGUMENT, TESSERAL_ERR_BUFFER_TOO_SMALL (memory, or a short seed) or
 * TESSERAL_ERR_REVOCATIONS_MALFORMED.
 */
uint32_t tesseral_revoked_init(uint8_t *memory,
                               size_t memory_len,
                               const uint8_t *list,
                               size_t list_len,
                               const uint8_t *seed,
                               size_t seed_len,
                               const struct tesseral_revoked **revoked,
                               size_t *error_line);

/**
 * How many sessions and users are on a list.
 *
 * Returns 0 when revoked is NULL.
 */
size_t tesseral_revoked_entries(const struct tesseral_revoked *revoked);

/**
 * Refuses an accepted access token whose session or user is on a list, for the verifier's project.
 *
 * Call it after tesseral_authenticate() or tesseral_verify_token() has returned 0, also when a cache has the token. The
 * token of an impersonated session names that session and the impersonated user, but not the ID of the impersonator. API
 * keys pass: the service says whether they are revoked.
 *
 * revoked:  NULL when there is no list, which refuses no token.
 * verifier: the one that has accepted the token.
 * auth:     the result of that verifier.
 * Returns 0, TESSERAL_ERR_TOKEN_REVOKED, or TESSERAL_ERR_INVALID_ARGUMENT (also when auth was not filled, or neither document
 * nor options have a project ID).
 */
uint32_t tesseral_revoked_check(const struct tesseral_revoked *revoked,
                                const struct tesseral_verifier *verifier,
                                const struct tesseral_auth *auth);

#if defined(TESSERAL_VERIFY_STD)
/**
 * As tesseral_revoked_check(), for what an authenticator has accepted; the project is that of its newest document.
 *
 * Returns TESSERAL_ERR_KEYS_UNAVAILABLE, too, when it has no document yet.
 */
uint32_t tesseral_authenticator_check_revoked(const struct tesseral_authenticator *authenticator,
                                              const struct tesseral_revoked *revoked,
                                              const struct tesseral_auth *auth);
#endif

/* API keys, with your own transport ------------------------------------------------------------------- */

/**
 * Writes the body of the request that asks the service about an API key.
 *
 * Send it with POST to /v1/api-keys/authenticate of the backend host, with the headers
 * "Content-Type: application/json" and "Authorization: Bearer " + your backend API key.
 *
 * api_key: api_key_len octets: the credentials of a tesseral_auth with TESSERAL_ERR_API_KEY_LOOKUP_NEEDED.
 * body:    body_capacity bytes; TESSERAL_API_KEY_REQUEST_LEN always suffice. It holds a secret afterwards.
 * body_len: octets that were written. Both are written only when 0 is returned.
 * Returns 0, TESSERAL_ERR_API_KEY_INVALID for the wrong shape, TESSERAL_ERR_BUFFER_TOO_SMALL or
 * TESSERAL_ERR_INVALID_ARGUMENT.
 */
uint32_t tesseral_api_key_request(const uint8_t *api_key,
                                  size_t api_key_len,
                                  uint8_t *body,
                                  size_t body_capacity,
                                  size_t *body_len);

/**
 * Says what the service's answer about an API key means.
 *
 * Fails closed: only a 200 with an API key ID and an organization ID is a success.
 *
 * api_key:     as for tesseral_api_key_request(); auth's credentials point into it.
 * http_status: of the answer; 0 when there was none.
 * body:        body_len octets of the answer, decompressed; strings of *auth point into it. An answer of more than
 *              TESSERAL_MAX_API_KEY_ANSWER_LEN octets is TESSERAL_ERR_API_KEY_LOOKUP_FAILED.
 * scratch:     at least body_len bytes; strings of *auth point into it. May be NULL when body_len is 0.
 * auth:        set struct_size first (TESSERAL_AUTH_INIT); written only when 0 is returned.
 * Returns 0, TESSERAL_ERR_API_KEY_INVALID, TESSERAL_ERR_API_KEYS_NOT_PERMITTED, TESSERAL_ERR_API_KEY_LOOKUP_FAILED
 * (everything else that the service may answer), TESSERAL_ERR_BUFFER_TOO_SMALL or TESSERAL_ERR_INVALID_ARGUMENT.
 */
uint32_t tesseral_api_key_response(const uint8_t *api_key,
                                   size_t api_key_len,
                                   uint32_t http_status,
                                   const uint8_t *body,
                                   size_t body_len,
                                   uint8_t *scratch,
                                   size_t scratch_len,
                                   struct tesseral_auth *auth);

/**
 * SHA-256 of an API key. Use it as the key of a cache of answers, so that no cache holds the API key itself.
 *
 * api_key:     as for tesseral_api_key_request().
 * fingerprint: fingerprint_len bytes, at least TESSERAL_API_KEY_FINGERPRINT_LEN. Only the first
 *              TESSERAL_API_KEY_FINGERPRINT_LEN are written, and only when 0 is returned.
 * Returns 0, TESSERAL_ERR_API_KEY_INVALID for the wrong shape, TESSERAL_ERR_BUFFER_TOO_SMALL or
 * TESSERAL_ERR_INVALID_ARGUMENT.
 */
uint32_t tesseral_api_key_fingerprint(const uint8_t *api_key,
                                      size_t api_key_len,
                                      uint8_t *fingerprint,
                                      size_t fingerprint_len);

/* Keys kept fresh and API keys looked up over the network --------------------------------------------- */

#if defined(TESSERAL_VERIFY_STD)
/**
 * Makes an authenticator and starts the first fetch. It neither waits for the network nor fails because of it.
 *
 * options:       publishable_key is required.
 * authenticator: written only when 0 is returned. Free it with tesseral_authenticator_free().
 * Returns 0, TESSERAL_ERR_INVALID_ARGUMENT (also for certificates that are no PEM, and for settings that can never work:
 * log gets the reason) or TESSERAL_ERR_INTERNAL_ERROR when no thread can be started.
 */
uint32_t tesseral_authenticator_new(const struct tesseral_authenticator_options *options,
                                    const struct tesseral_authenticator **authenticator);
#endif

#if defined(TESSERAL_VERIFY_STD)
/**
 * Frees an authenticator and ends its background thread. That takes at most total_timeout_ms and half a second. No thread
 * may use the authenticator any more. Its attempts stay usable, but wait for no fetch any more.
 *
 * authenticator: may be NULL.
 */
void tesseral_authenticator_free(const struct tesseral_authenticator *authenticator);
#endif

#if defined(TESSERAL_VERIFY_STD)
/**
 * Bytes of scratch memory that each call with this authenticator needs.
 *
 * Returns 0 when authenticator is NULL.
 */
size_t tesseral_authenticator_scratch_size(const struct tesseral_authenticator *authenticator);
#endif

#if defined(TESSERAL_VERIFY_STD)
/**
 * Finds the credential in a request's headers and says who sent the request. May block.
 *
 * While there is no usable document, it waits for one, at most the total time-out. For an API key it waits for the
 * service's answer, at most the total time-out, or twice that when another request had asked before. When a token's key is
 * unknown, it waits for one early fetch, at most key_wait_ms, and then judges the request once more. At most key_waiters
 * requests wait so at a time.
 *
 * cache:   a cache of this thread's own, or NULL.
 * now:     seconds since 1970-01-01T00:00:00Z.
 * scratch: at least tesseral_authenticator_scratch_size() bytes; the strings in *auth point into it.
 * auth:    set struct_size first (TESSERAL_AUTH_INIT); written only when 0 is returned.
 * Returns 0, TESSERAL_ERR_INVALID_ARGUMENT, TESSERAL_ERR_BUFFER_TOO_SMALL for scratch, why the credential is refused, as
 * tesseral_authenticate(), or TESSERAL_ERR_KEYS_UNAVAILABLE, _API_KEY_INVALID, _API_KEYS_NOT_PERMITTED or
 * _API_KEY_LOOKUP_FAILED.
 * Thread safety: any number of threads may share one authenticator; cache, scratch and auth belong to one call.
 */
uint32_t tesseral_authenticator_authenticate(const struct tesseral_authenticator *authenticator,
                                             struct tesseral_cache *cache,
                                             const struct tesseral_headers *headers,
                                             int64_t now,
                                             uint8_t *scratch,
                                             size_t scratch_len,
                                             struct tesseral_auth *auth);
#endif

#if defined(TESSERAL_VERIFY_STD)
/**
 * Whether requests can be accepted: there is a document, and it is not too old.
 *
 * wait_ms: how long to wait for a first document; 0 does not block.
 * Returns true when they can. Returns false when they cannot, and when authenticator is NULL or misaligned;
 * tesseral_authenticator_not_ready_reason() says why.
 */
bool tesseral_authenticator_is_ready(const struct tesseral_authenticator *authenticator, uint32_t wait_ms);
#endif

#if defined(TESSERAL_VERIFY_STD)
/**
 * Why no request can be accepted at the moment: one line of text without secrets. Empty when requests can be accepted.
 *
 * text:     capacity bytes; may be NULL when capacity is 0. Written only when 0 is returned; not NUL-terminated.
 * text_len: bytes that were written or, with TESSERAL_ERR_BUFFER_TOO_SMALL, that are needed.
 * Returns 0, TESSERAL_ERR_BUFFER_TOO_SMALL or TESSERAL_ERR_INVALID_ARGUMENT.
 */
uint32_t tesseral_authenticator_not_ready_reason(const struct tesseral_authenticator *authenticator,
                                                 uint8_t *text,
                                                 size_t capacity,
                                                 size_t *text_len);
#endif

#if defined(TESSERAL_VERIFY_STD)
/**
 * All numbers of an authenticator at this moment, in a struct.
 *
 * stats: set struct_size first (TESSERAL_STATS_INIT); written only when 0 is returned.
 * Returns 0 or TESSERAL_ERR_INVALID_ARGUMENT.
 */
uint32_t tesseral_authenticator_stats(const struct tesseral_authenticator *authenticator,
                                      struct tesseral_stats *stats);
#endif

#if defined(TESSERAL_VERIFY_STD)
/**
 * How many requests ended with a status.
 *
 * status: TESSERAL_OK or a TESSERAL_ERR_ constant.
 * Returns 0 for any other number, and when authenticator is NULL.
 */
uint64_t tesseral_authenticator_requests(const struct tesseral_authenticator *authenticator, uint32_t status);
#endif

#if defined(TESSERAL_VERIFY_STD)
/**
 * All numbers of an authenticator at this moment, as one JSON object.
 *
 * Arguments and results as for tesseral_authenticator_not_ready_reason().
 */
uint32_t tesseral_authenticator_stats_json(const struct tesseral_authenticator *authenticator,
                                           uint8_t *text,
                                           size_t capacity,
                                           size_t *text_len);
#endif

#if defined(TESSERAL_VERIFY_STD)
/**
 * All numbers of an authenticator at this moment, in the text format of Prometheus.
 *
 * Arguments and results as for tesseral_authenticator_not_ready_reason().
 */
uint32_t tesseral_authenticator_stats_prometheus(const struct tesseral_authenticator *authenticator,
                                                 uint8_t *text,
                                                 size_t capacity,
                                                 size_t *text_len);
#endif

#if defined(TESSERAL_VERIFY_STD)
/**
 * As tesseral_authenticator_authenticate(), and never blocks.
 *
 * Two more statuses say that the request has to wait. TESSERAL_ERR_API_KEY_LOOKUP_NEEDED: no answer about the API key is
 * remembered; *auth is filled, with the type and the credentials only. TESSERAL_ERR_KEY_FETCH_NEEDED: the token's key is
 * unknown, and a fetch may bring it. Without a usable document, it returns TESSERAL_ERR_KEYS_UNAVAILABLE at once.
 *
 * With one of these two, *attempt becomes a request that waits. The library asks or fetches in threads of its own. It
 * calls wake when the answer has come or the fetch has ended; then call tesseral_attempt_poll(). For an API key, wake
 * comes at the latest after total_timeout_ms, or twice that when another request had asked before; for a fetch, after
 * key_wait_ms.
 *
 * wake:         wakes your event loop (writes to an eventfd, calls uv_async_send) and returns. Any thread may call it, also
 *               before this function returns. It must not call functions of this library, nor take a lock that you hold
 *               while you call them. It may come more often than needed.
 * wake_context: what wake gets; it stays valid until tesseral_attempt_free() has returned.
 * attempt:      with 0 and with any refusal it becomes NULL; with TESSERAL_ERR_INVALID_ARGUMENT it is not written. Free it
 *               with tesseral_attempt_free(). When it is NULL, wake is NULL too: then the library asks nothing about the API key, and
 *               the request may be refused, or authenticated where blocking is allowed, or you ask the service yourself with
 *               tesseral_api_key_request() and tesseral_api_key_response().
 * Thread safety: as for tesseral_authenticator_authenticate().
 */
uint32_t tesseral_authenticator_try_authenticate(const struct tesseral_authenticator *authenticator,
                                                 struct tesseral_cache *cache,
                                                 const struct tesseral_headers *headers,
                                                 int64_t now,
                                                 uint8_t *scratch,
                                                 size_t scratch_len,
                                                 struct tesseral_auth *auth,
                                                 void (*wake)(void *wake_context),
                                                 void *wake_context,
                                                 struct tesseral_attempt **attempt);
#endif

#if defined(TESSERAL_VERIFY_STD)
/**
 * Judges a waiting request again. Never blocks.
 *
 * Call it when wake was called, with the headers that tesseral_authenticator_try_authenticate() got; the strings may be
 * elsewhere. Other arguments as for that function.
 *
 * Returns what it returns. While the request has to wait, that is the same status as before, or
 * TESSERAL_ERR_API_KEY_LOOKUP_NEEDED after TESSERAL_ERR_KEY_FETCH_NEEDED, and wake comes again. After a fetch the request is
 * judged once more, by the keys that are there. All else is final, also TESSERAL_ERR_API_KEY_LOOKUP_FAILED.
 *
 * A child of fork() gets a final status of its parent's attempt, too: TESSERAL_ERR_API_KEY_LOOKUP_FAILED, or that of the
 * judgement by the keys that are there. There, wake is never called for it.
 */
uint32_t tesseral_attempt_poll(struct tesseral_attempt *attempt,
                               struct tesseral_cache *cache,
                               const struct tesseral_headers *headers,
                               int64_t now,
                               uint8_t *scratch,
                               size_t scratch_len,
                               struct tesseral_auth *auth);
#endif

#if defined(TESSERAL_VERIFY_STD)
/**
 * Frees an attempt, at any time. When wake is running in another thread, this function waits until wake returns; after
 * that, wake is never called. It must not be called in wake.
 *
 * attempt: may be NULL. A child of fork() may pass its parent's attempt: then nothing is freed.
 */
void tesseral_attempt_free(struct tesseral_attempt *attempt);
#endif

/* Keys kept fresh with your own transport ------------------------------------------------------------- */

/**
 * The unknown kids for which a refused request might be accepted with newer keys: what tesseral_refresh_request() takes.
 *
 * Call it when tesseral_authenticate() has refused the request, whatever the status: an expired cookie may be followed by
 * one that a new key signed. The kid of the Bearer token, or of a cookie, counts when the token passes every check that
 * comes before the key. No kid counts when a cookie is good. No claim is read before its signature is checked.
 *
 * headers, now, scratch: as for tesseral_authenticate(), which was given the same headers.
 * kids:    set struct_size first (TESSERAL_KID_HASHES_INIT); written only when 0 is returned.
 * Returns 0 (also when there are none), TESSERAL_ERR_INVALID_ARGUMENT (also when scratch or kids overlap another argument or
 * each other) or TESSERAL_ERR_BUFFER_TOO_SMALL for scratch.
 * Thread safety: as for tesseral_verify_token().
 */
uint32_t tesseral_unknown_kids(const struct tesseral_verifier *verifier,
                               const struct tesseral_headers *headers,
                               int64_t now,
                               uint8_t *scratch,
                               size_t scratch_len,
                               struct tesseral_kid_hashes *kids);

/**
 * The hash by which the state remembers a kid.
 *
 * kid:  kid_len octets: as the token's header has it, decoded.
 * hash: hash_len bytes, at least TESSERAL_KID_HASH_LEN. Only the first TESSERAL_KID_HASH_LEN are written, and only when 0
 *       is returned.
 * Returns 0, TESSERAL_ERR_INVALID_ARGUMENT or TESSERAL_ERR_BUFFER_TOO_SMALL.
 */
uint32_t tesseral_kid_hash(const uint8_t *kid,
                           size_t kid_len,
                           uint8_t *hash,
                           size_t hash_len);

/**
 * Bytes of the state that the tesseral_refresh_ functions take: TESSERAL_REFRESH_SIZE.
 *
 * The state says when to fetch the configuration document, how long a document may be used, and what a request with an
 * unknown kid does. It has no clock, lock or I/O. Your program reads the clocks, fetches, keeps the documents under
 * handles of its own, and wakes the requests that wait.
 *
 * The state lies in your memory, which you pass to each call: memory_len bytes, aligned to TESSERAL_RULEBOOK_ALIGN.
 * Processes may share it, since it holds no address. All threads and processes call these functions under one lock. When a
 * process dies during a call, the next call forgets all flights and waits, and keeps either the old or the new document;
 * tesseral_refresh_recoveries() counts these calls. For memory that holds something else, or the state of another version
 * of this library, each function returns TESSERAL_ERR_INVALID_ARGUMENT: make a new state in other memory.
 */
size_t tesseral_refresh_size(void);

/**
 * Makes a state without a document; the first fetch is due at once. There is nothing to free.
 *
 * memory: memory_len bytes, aligned to TESSERAL_RULEBOOK_ALIGN, of which the first TESSERAL_REFRESH_SIZE are used.
 * seed:   seed_len octets, at least 16; the first 16 are used. Random, so that no client can choose kids that displace
 *         others and processes do not fetch together.
 * Returns 0, TESSERAL_ERR_INVALID_ARGUMENT or TESSERAL_ERR_BUFFER_TOO_SMALL.
 */
uint32_t tesseral_refresh_init(uint8_t *memory,
                               size_t memory_len,
                               const uint8_t *seed,
                               size_t seed_len,
                               const struct tesseral_moment *now);

/**
 * Says what your background task has to do now. Call it at the time `until` of the last result, and when a request's
 * result has wake set.
 *
 * memory: the state.
 * poll:   set struct_size first (TESSERAL_POLL_INIT); written only when 0 is returned. With TESSERAL_POLL_FETCH a flight has
 *         begun: report how it ends.
 * Returns 0, TESSERAL_ERR_INVALID_ARGUMENT or TESSERAL_ERR_BUFFER_TOO_SMALL.
 */
uint32_t tesseral_refresh_poll(uint8_t *memory,
                               size_t memory_len,
                               const struct tesseral_moment *now,
                               const struct tesseral_refresh_rules *rules,
                               struct tesseral_poll *poll);

/**
 * Reports that a flight brought a usable document. The document is taken when its flight is newer than the document in
 * use.
 *
 * memory: the state.
 * flight: as tesseral_refresh_poll() or tesseral_refresh_request() gave it.
 * change: a TESSERAL_CHANGE_ constant: how it differs from the document in use.
 * handle: a number of yours under which you find the document again; 0 for none.
 * len:    the document's octets.
 * taken:  a TESSERAL_TAKEN_ constant; written only when 0 is returned.
 * freed:  the handle that is not needed any more, of the document before; 0 for none. Written only when 0 is returned.
 * Returns 0, TESSERAL_ERR_INVALID_ARGUMENT or TESSERAL_ERR_BUFFER_TOO_SMALL.
 */
uint32_t tesseral_refresh_landed(uint8_t *memory,
                                 size_t memory_len,
                                 const struct tesseral_flight *flight,
                                 uint32_t change,
                                 uint64_t handle,
                                 uint64_t len,
                                 const struct tesseral_moment *now,
                                 uint32_t *taken,
                                 uint64_t *freed);

/**
 * Reports that a flight brought no usable document. The next flight begins after a back-off.
 *
 * memory: the state.
 * flight: as tesseral_refresh_poll() or tesseral_refresh_request() gave it.
 * Returns 0, TESSERAL_ERR_INVALID_ARGUMENT or TESSERAL_ERR_BUFFER_TOO_SMALL.
 */
uint32_t tesseral_refresh_failed(uint8_t *memory,
                                 size_t memory_len,
                                 const struct tesseral_flight *flight,
                                 const struct tesseral_moment *now);

/**
 * Reports that a flight will not end: its worker died, or its event loop ended. The cooldown of an early flight goes on.
 *
 * Arguments and results as for tesseral_refresh_failed().
 */
uint32_t tesseral_refresh_abandoned(uint8_t *memory,
                                    size_t memory_len,
                                    const struct tesseral_flight *flight,
                                    const struct tesseral_moment *now);

/**
 * Takes a document from a file, unless a newer one is in use. A fetch stays due at once.
 *
 * memory:     the state.
 * began_wall: when the document's fetch began, by the wall clock.
 * handle:     a number of yours under which you find the document again; 0 for none.
 * len:        the document's octets.
 * restored:   a TESSERAL_RESTORED_ constant; written only when 0 is returned.
 * freed:      the handle that is not needed any more, of an older document; 0 for none. Written only when 0 is returned.
 * Returns 0, TESSERAL_ERR_INVALID_ARGUMENT or TESSERAL_ERR_BUFFER_TOO_SMALL.
 */
uint32_t tesseral_refresh_restore(uint8_t *memory,
                                  size_t memory_len,
                                  int64_t began_wall,
                                  uint64_t handle,
                                  uint64_t len,
                                  const struct tesseral_moment *now,
                                  const struct tesseral_refresh_rules *rules,
                                  uint32_t *restored,
                                  uint64_t *freed);

/**
 * Takes over the document of another state, for a worker that starts with another worker's document and keeps it under a
 * handle of its own.
 *
 * memory:   the state.
 * document: as tesseral_refresh_document() gave it for the other state, but with your own handle.
 * freed:    the handle that is not needed any more, of the document before; 0 for none. Written only when 0 is returned.
 * Returns 0, TESSERAL_ERR_INVALID_ARGUMENT (also when in_use is 0) or TESSERAL_ERR_BUFFER_TOO_SMALL.
 */
uint32_t tesseral_refresh_adopt(uint8_t *memory,
                                size_t memory_len,
                                const struct tesseral_document *document,
                                uint64_t *freed);

/**
 * Forgets all flights, waits and absent kids, and takes a new seed. For a forked child or a copy of a state's memory, in
 * which the document's handle stays valid. Back-offs and cooldowns go on.
 *
 * memory: the state.
 * seed:   as for tesseral_refresh_init().
 * Returns 0, TESSERAL_ERR_INVALID_ARGUMENT or TESSERAL_ERR_BUFFER_TOO_SMALL.
 */
uint32_t tesseral_refresh_renew(uint8_t *memory,
                                size_t memory_len,
                                const uint8_t *seed,
                                size_t seed_len);

/**
 * Says what a request does about a document or keys that it lacks: go on, wait, or fetch.
 *
 * A request that needs nothing goes on at once, with one exception: when the background task makes no progress, one
 * request in each refresh interval fetches the document itself. So a request that needs nothing has to call this only from
 * the time of tesseral_refresh_attention_at() on.
 *
 * memory:     the state.
 * need:       a TESSERAL_NEED_ constant.
 * kid_hashes: kid_hashes_len octets, a multiple of TESSERAL_KID_HASH_LEN: the unknown kids, of which the first four count,
 *             as tesseral_unknown_kids() gives them. None unless need is TESSERAL_NEED_KIDS.
 * request:    set struct_size first (TESSERAL_REQUEST_INIT); written only when 0 is returned. Report how a flight ends, and
 *             give a place back with tesseral_refresh_waited().
 * Returns 0, TESSERAL_ERR_INVALID_ARGUMENT or TESSERAL_ERR_BUFFER_TOO_SMALL.
 */
uint32_t tesseral_refresh_request(uint8_t *memory,
                                  size_t memory_len,
                                  uint32_t need,
                                  const uint8_t *kid_hashes,
                                  size_t kid_hashes_len,
                                  const struct tesseral_moment *now,
                                  const struct tesseral_refresh_rules *rules,
                                  struct tesseral_request *request);

/**
 * The time before which requests that need nothing do not have to call tesseral_refresh_request().
 *
 * memory:       the state.
 * attention_at: by the steady clock; valid until the next call that changes the state. Written only when 0 is returned.
 * Returns 0, TESSERAL_ERR_INVALID_ARGUMENT or TESSERAL_ERR_BUFFER_TOO_SMALL.
 */
uint32_t tesseral_refresh_attention_at(uint8_t *memory,
                                       size_t memory_len,
                                       const struct tesseral_moment *now,
                                       const struct tesseral_refresh_rules *rules,
                                       int64_t *attention_at);

/**
 * Whether a fetch is under way, or begins at the background task's next poll. Then a waiting request may still get its
 * key.
 *
 * memory: the state.
 */
bool tesseral_refresh_is_fetching(uint8_t *memory,
                                  size_t memory_len,
                                  const struct tesseral_moment *now,
                                  const struct tesseral_refresh_rules *rules);

/**
 * Gives back the place of a request that waits no more.
 *
 * memory: the state.
 * wait:   as tesseral_refresh_request() gave it. Nothing happens when it has no place, or when another request has the
 *         place by now.
 * Returns 0, TESSERAL_ERR_INVALID_ARGUMENT or TESSERAL_ERR_BUFFER_TOO_SMALL.
 */
uint32_t tesseral_refresh_waited(uint8_t *memory,
                                 size_t memory_len,
                                 const struct tesseral_wait *wait);

/**
 * The document in use, how old it is and whether it may be used.
 *
 * memory:   the state.
 * document: set struct_size first (TESSERAL_DOCUMENT_INIT); written only when 0 is returned.
 * Returns 0 (also when there is none), TESSERAL_ERR_INVALID_ARGUMENT or TESSERAL_ERR_BUFFER_TOO_SMALL.
 */
uint32_t tesseral_refresh_document(uint8_t *memory,
                                   size_t memory_len,
                                   const struct tesseral_moment *now,
                                   const struct tesseral_refresh_rules *rules,
                                   struct tesseral_document *document);

/**
 * How long it is until the next planned fetch is due.
 *
 * memory:    the state.
 * due_in_ms: milliseconds; 0 when it is due. Written only when 0 is returned.
 * Returns 0, TESSERAL_ERR_INVALID_ARGUMENT or TESSERAL_ERR_BUFFER_TOO_SMALL.
 */
uint32_t tesseral_refresh_due_in(uint8_t *memory,
                                 size_t memory_len,
                                 const struct tesseral_moment *now,
                                 const struct tesseral_refresh_rules *rules,
                                 uint64_t *due_in_ms);

/**
 * How often a call found that a process had died during an earlier call.
 *
 * memory:     the state.
 * recoveries: written only when 0 is returned.
 * Returns 0, TESSERAL_ERR_INVALID_ARGUMENT or TESSERAL_ERR_BUFFER_TOO_SMALL.
 */
uint32_t tesseral_refresh_recoveries(uint8_t *memory, size_t memory_len, uint64_t *recoveries);

/* Answers about API keys, with your own transport ----------------------------------------------------- */

/**
 * Bytes of the state that the tesseral_answers_ functions take: about 104 for each answer and 160 for each question.
 *
 * The state says which request asks the service about an API key, and remembers the service's answers. An answer serves a
 * request in two cases: its question was sent after the request came, which the request's ticket tells without a clock, or
 * the question is younger than the request's own time to live. Your program sends and receives the octets, keeps the
 * answers under handles of its own, and wakes the requests that wait. What tesseral_refresh_size() says of memory,
 * sharing, processes that die and other versions holds here, too. After such a death, the state forgets its questions and
 * keeps its answers.
 *
 * answers:   how many are remembered: 1 to 65536, rounded up to a multiple of 16.
 * questions: how many are under way at a time, whatever the rules say: 1 to 256.
 * Returns 0 when an argument is out of range. TESSERAL_ANSWERS_SIZE is the same as a constant.
 */
size_t tesseral_answers_size(size_t answers,
                             size_t questions);

/**
 * Makes a state without answers. There is nothing to free.
 *
 * memory:    memory_len octets, aligned to TESSERAL_RULEBOOK_ALIGN, of which the first tesseral_answers_size() are used.
 * answers:   how many are remembered: 1 to 65536.
 * questions: how many are under way at a time: 1 to 256.
 * seed:      seed_len octets, at least 16; the first 16 are used. Random, so that no client can choose API keys that
 *            displace others.
 * Returns 0, TESSERAL_ERR_INVALID_ARGUMENT or TESSERAL_ERR_BUFFER_TOO_SMALL.
 */
uint32_t tesseral_answers_init(uint8_t *memory,
                               size_t memory_len,
                               size_t answers,
                               size_t questions,
                               const uint8_t *seed,
                               size_t seed_len);

/**
 * Says what a request has to do about its API key.
 *
 * memory:  the state.
 * name:    the key, and for whom it is asked about.
 * ticket:  0 for a request that comes now; for one that has waited, the ticket of the tesseral_ask that said so.
 * ask:     set struct_size first (TESSERAL_ASK_INIT); written only when 0 is returned. With TESSERAL_ASK_SEND report the
 *          answer with tesseral_answers_landed(), also when there is none, or tesseral_answers_abandoned().
 * Returns 0 or TESSERAL_ERR_INVALID_ARGUMENT.
 */
uint32_t tesseral_answers_ask(uint8_t *memory,
                              size_t memory_len,
                              const struct tesseral_api_key_name *name,
                              uint64_t ticket,
                              const struct tesseral_moment *now,
                              const struct tesseral_answers_rules *rules,
                              struct tesseral_ask *ask);

/**
 * The remembered answer about an API key, for a request that may not wait.
 *
 * memory:  the state.
 * name:    the key, and for whom it is asked about.
 * verdict: its kind is TESSERAL_VERDICT_NONE when no remembered answer serves the request. Written only when 0 is
 *          returned.
 * Returns 0 or TESSERAL_ERR_INVALID_ARGUMENT.
 */
uint32_t tesseral_answers_known(uint8_t *memory,
                                size_t memory_len,
                                const struct tesseral_api_key_name *name,
                                const struct tesseral_moment *now,
                                const struct tesseral_answers_rules *rules,
                                struct tesseral_verdict *verdict);

/**
 * Reports how a question ended: with an answer, or without one. A late answer does not replace that to a later question.
 *
 * memory:   the state.
 * name:     as in the call of tesseral_answers_ask() that gave the question.
 * question: as tesseral_answers_ask() gave it.
 * verdict:  what the answer says.
 * landed:   set struct_size first (TESSERAL_LANDED_INIT); written only when 0 is returned.
 * Returns 0 or TESSERAL_ERR_INVALID_ARGUMENT.
 */
uint32_t tesseral_answers_landed(uint8_t *memory,
                                 size_t memory_len,
                                 const struct tesseral_api_key_name *name,
                                 const struct tesseral_question *question,
                                 const struct tesseral_verdict *verdict,
                                 const struct tesseral_moment *now,
                                 const struct tesseral_answers_rules *rules,
                                 struct tesseral_landed *landed);

/**
 * Reports that a question has no sender any more: a worker died, a client disconnected or an event loop ended. The first
 * waiting request that asks again sends the next question.
 *
 * Arguments and results as for tesseral_answers_landed().
 */
uint32_t tesseral_answers_abandoned(uint8_t *memory,
                                    size_t memory_len,
                                    const struct tesseral_api_key_name *name,
                                    const struct tesseral_question *question);

/**
 * Gives up the answer that is needed least, when you have no room for another one.
 *
 * memory: the state.
 * freed:  the handle that you free; 0 when no answer has one. Written only when 0 is returned.
 * Returns 0 or TESSERAL_ERR_INVALID_ARGUMENT.
 */
uint32_t tesseral_answers_reclaim(uint8_t *memory,
                                  size_t memory_len,
                                  const struct tesseral_moment *now,
                                  const struct tesseral_answers_rules *rules,
                                  uint64_t *freed);

/**
 * Bytes of all answers that are kept.
 *
 * memory:      the state.
 * answers_len: written only when 0 is returned.
 * Returns 0 or TESSERAL_ERR_INVALID_ARGUMENT.
 */
uint32_t tesseral_answers_len(uint8_t *memory, size_t memory_len, uint64_t *answers_len);

/**
 * How often a call found that a process had died during an earlier call.
 *
 * memory:     the state.
 * recoveries: written only when 0 is returned.
 * Returns 0 or TESSERAL_ERR_INVALID_ARGUMENT.
 */
uint32_t tesseral_answers_recoveries(uint8_t *memory, size_t memory_len, uint64_t *recoveries);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* TESSERAL_VERIFY_H */
