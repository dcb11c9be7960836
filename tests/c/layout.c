/*
 * Prints the size of every struct of the header and the offset of every member; tests/c_header.rs prints what Rust says.
 */
#include <stdio.h>

#include "tesseral_verify.h"

#define SIZE(type) printf(#type " %zu\n", sizeof(type))
#define OFFSET(type, member) \
    printf(#type "." #member " %zu %zu\n", offsetof(type, member), sizeof(((type *)NULL)->member))

int main(void)
{
    SIZE(tesseral_str);
    OFFSET(tesseral_str, ptr);
    OFFSET(tesseral_str, len);
    SIZE(tesseral_options);
    OFFSET(tesseral_options, struct_size);
    OFFSET(tesseral_options, profile);
    OFFSET(tesseral_options, issuer);
    OFFSET(tesseral_options, project_id);
    OFFSET(tesseral_options, leeway_seconds);
    OFFSET(tesseral_options, max_token_len);
    OFFSET(tesseral_options, api_keys);
    OFFSET(tesseral_options, reserved);
    SIZE(tesseral_skipped_key);
    OFFSET(tesseral_skipped_key, index);
    OFFSET(tesseral_skipped_key, reason);
    OFFSET(tesseral_skipped_key, reserved);
    SIZE(tesseral_auth);
    OFFSET(tesseral_auth, struct_size);
    OFFSET(tesseral_auth, credentials_type);
    OFFSET(tesseral_auth, credentials);
    OFFSET(tesseral_auth, organization_id);
    OFFSET(tesseral_auth, api_key_id);
    OFFSET(tesseral_auth, actions_json);
    OFFSET(tesseral_auth, actions_decoded);
    OFFSET(tesseral_auth, exp);
    OFFSET(tesseral_auth, nbf);
    OFFSET(tesseral_auth, iat);
    OFFSET(tesseral_auth, iss);
    OFFSET(tesseral_auth, sub);
    OFFSET(tesseral_auth, aud);
    OFFSET(tesseral_auth, session_id);
    OFFSET(tesseral_auth, user_id);
    OFFSET(tesseral_auth, user_email);
    OFFSET(tesseral_auth, user_display_name);
    OFFSET(tesseral_auth, user_profile_picture_url);
    OFFSET(tesseral_auth, organization_display_name);
    OFFSET(tesseral_auth, impersonator_email);
    OFFSET(tesseral_auth, payload);
    SIZE(tesseral_headers);
    OFFSET(tesseral_headers, struct_size);
    OFFSET(tesseral_headers, reserved);
    OFFSET(tesseral_headers, authorization);
    OFFSET(tesseral_headers, authorization_count);
    OFFSET(tesseral_headers, cookie);
    OFFSET(tesseral_headers, cookie_count);
    SIZE(tesseral_action_cursor);
    OFFSET(tesseral_action_cursor, json_used);
    OFFSET(tesseral_action_cursor, decoded_used);
    SIZE(tesseral_authenticator_options);
    OFFSET(tesseral_authenticator_options, struct_size);
    OFFSET(tesseral_authenticator_options, profile);
    OFFSET(tesseral_authenticator_options, publishable_key);
    OFFSET(tesseral_authenticator_options, config_host);
    OFFSET(tesseral_authenticator_options, backend_host);
    OFFSET(tesseral_authenticator_options, backend_api_key);
    OFFSET(tesseral_authenticator_options, ca_pem);
    OFFSET(tesseral_authenticator_options, last_good_file);
    OFFSET(tesseral_authenticator_options, issuer);
    OFFSET(tesseral_authenticator_options, leeway_seconds);
    OFFSET(tesseral_authenticator_options, max_token_len);
    OFFSET(tesseral_authenticator_options, api_keys);
    OFFSET(tesseral_authenticator_options, refresh_interval_ms);
    OFFSET(tesseral_authenticator_options, cooldown_ms);
    OFFSET(tesseral_authenticator_options, max_stale_seconds);
    OFFSET(tesseral_authenticator_options, connect_timeout_ms);
    OFFSET(tesseral_authenticator_options, total_timeout_ms);
    OFFSET(tesseral_authenticator_options, api_key_ttl_ms);
    OFFSET(tesseral_authenticator_options, refused_api_key_ttl_ms);
    OFFSET(tesseral_authenticator_options, key_wait_ms);
    OFFSET(tesseral_authenticator_options, key_waiters);
    OFFSET(tesseral_authenticator_options, log);
    OFFSET(tesseral_authenticator_options, log_context);
    SIZE(tesseral_stats);
    OFFSET(tesseral_stats, struct_size);
    OFFSET(tesseral_stats, ready);
    OFFSET(tesseral_stats, keys_used);
    OFFSET(tesseral_stats, keys_skipped);
    OFFSET(tesseral_stats, snapshot_age_ms);
    OFFSET(tesseral_stats, next_refresh_ms);
    OFFSET(tesseral_stats, refreshes);
    OFFSET(tesseral_stats, refresh_failures);
    OFFSET(tesseral_stats, early_refreshes);
    OFFSET(tesseral_stats, lookups);
    OFFSET(tesseral_stats, lookup_failures);
    OFFSET(tesseral_stats, api_key_cache_hits);
    OFFSET(tesseral_stats, signature_cache_hits);
    SIZE(tesseral_access_token_claims);
    OFFSET(tesseral_access_token_claims, struct_size);
    OFFSET(tesseral_access_token_claims, reserved);
    OFFSET(tesseral_access_token_claims, iss);
    OFFSET(tesseral_access_token_claims, sub);
    OFFSET(tesseral_access_token_claims, aud);
    OFFSET(tesseral_access_token_claims, exp);
    OFFSET(tesseral_access_token_claims, nbf);
    OFFSET(tesseral_access_token_claims, iat);
    OFFSET(tesseral_access_token_claims, session_id);
    OFFSET(tesseral_access_token_claims, user_id);
    OFFSET(tesseral_access_token_claims, user_email);
    OFFSET(tesseral_access_token_claims, user_display_name);
    OFFSET(tesseral_access_token_claims, user_profile_picture_url);
    OFFSET(tesseral_access_token_claims, organization_id);
    OFFSET(tesseral_access_token_claims, organization_display_name);
    OFFSET(tesseral_access_token_claims, impersonator_email);
    return 0;
}
