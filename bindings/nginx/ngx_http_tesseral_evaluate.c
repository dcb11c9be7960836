
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static ngx_uint_t ngx_http_tesseral_result_holds(
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx);
static void ngx_http_tesseral_authenticate(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx);


/*
 * Judges the credentials with what is in memory; never waits.  The result
 * holds until other settings ask, or newer keys could change it.  NULL: out of
 * memory.
 */

ngx_http_tesseral_ctx_t *
ngx_http_tesseral_evaluate(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf)
{
    ngx_http_tesseral_ctx_t   *ctx;
    ngx_http_tesseral_keys_t  *keys;

    ctx = ngx_http_tesseral_make_ctx(r);

    if (ctx == NULL) {
        return NULL;
    }

    r = ctx->request;

    if (ngx_http_tesseral_capture_credentials(r, ctx) != NGX_OK) {
        return NULL;
    }

    if (ngx_http_tesseral_result_holds(lcf, ctx)) {
        return ctx;
    }

    /* on failure, the result for the earlier settings stays */

    if (ngx_http_tesseral_retire_held(r, &ctx->held) != NGX_OK) {
        return NULL;
    }

    if (ctx->source != lcf->source || ctx->lookup != lcf->lookup
        || ctx->token != lcf->token)
    {
        ngx_http_tesseral_end_wait_for_fetch(ctx);
        ctx->ticket = 0;
        ctx->given_up = 0;
    }

    ctx->evaluated = 1;
    ctx->source = lcf->source;
    ctx->lookup = lcf->lookup;
    ctx->token = lcf->token;
    ctx->revoked = lcf->revoked;
    ctx->also = lcf->also;

    keys = ngx_http_tesseral_current_keys(lcf->source);
    ctx->ended = lcf->source->ended;
    ctx->generation = lcf->source->generation;
    ctx->also_generation = lcf->also ? lcf->also->generation : 0;

    if (keys) {
        keys->references++;
        ctx->held.keys = keys;
    }

    if (!ctx->received) {

        /* nginx refused the request before it had read all of it */

        ctx->status = TESSERAL_ERR_CREDENTIALS_UNRECOGNIZED;

    } else if (keys == NULL) {
        ctx->status = TESSERAL_ERR_KEYS_UNAVAILABLE;

    } else {
        ngx_http_tesseral_authenticate(r, lcf, ctx);
    }

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "tesseral: evaluated: %s with keys \"%V\" #%ui",
                   tesseral_status_slug(ctx->status),
                   lcf->source->file.len ? &lcf->source->file
                                         : &lcf->source->uri,
                   ctx->generation);

    return ctx;
}


/*
 * Whether the result is for these settings, and newer keys cannot change it.
 */

static ngx_uint_t
ngx_http_tesseral_result_holds(ngx_http_tesseral_loc_conf_t *lcf,
    ngx_http_tesseral_ctx_t *ctx)
{
    if (!ctx->evaluated || ctx->source != lcf->source
        || ctx->lookup != lcf->lookup || ctx->token != lcf->token
        || ctx->revoked != lcf->revoked || ctx->also != lcf->also)
    {
        return 0;
    }

    if (ctx->given_up) {
        return 1;
    }

    if (lcf->also != NULL && ctx->also_generation != lcf->also->generation
        && ctx->status != TESSERAL_OK
        && ctx->status != TESSERAL_ERR_API_KEY_LOOKUP_NEEDED)
    {
        return 0;
    }

    if (ctx->status == TESSERAL_ERR_KEYS_UNAVAILABLE) {
        return 0;
    }

    if (ctx->waiting || ctx->status == TESSERAL_ERR_KEY_UNKNOWN) {
        (void) ngx_http_tesseral_current_keys(lcf->source);
        ctx->ended = lcf->source->ended;

        return ctx->generation == lcf->source->generation;
    }

    return 1;
}


/*
 * Verifies the credentials with ctx->held.keys.  Sets ctx->status and
 * ctx->auth, whose strings are in the signature cache or in the request's
 * pool.
 */

static void
ngx_http_tesseral_authenticate(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx)
{
    tesseral_headers                headers = TESSERAL_HEADERS_INIT;
    ngx_http_tesseral_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_tesseral_module);

    ctx->auth = (tesseral_auth) TESSERAL_AUTH_INIT;
    ctx->held.hold = (tesseral_hold) TESSERAL_HOLD_INIT;
    ctx->held.cache = mcf->cache;

    if (ngx_http_tesseral_find_credentials(r, lcf, ctx, &headers) != NGX_OK) {
        ctx->status = TESSERAL_ERR_INTERNAL_ERROR;
        return;
    }

    ctx->status = tesseral_authenticate(ctx->held.keys->verifier, mcf->cache,
                                        &headers, ngx_time(), mcf->scratch,
                                        mcf->scratch_len, &ctx->auth,
                                        &ctx->held.hold);

    if (ctx->status == TESSERAL_ERR_API_KEY_LOOKUP_NEEDED) {
        ngx_http_tesseral_try_answers(r, ctx);

    } else if (ctx->status == TESSERAL_OK && ctx->held.hold.serial == 0) {
        ctx->status = ngx_http_tesseral_keep_auth(r->pool, &ctx->auth);
    }

    if (lcf->also != NULL) {
        ngx_http_tesseral_authenticate_also(r, lcf, ctx, &headers);
    }

    if (ctx->status == TESSERAL_OK && lcf->revoked != NULL) {
        ctx->status = tesseral_revoked_check(lcf->revoked->revoked,
                                             ctx->held.keys->verifier,
                                             &ctx->auth);
    }
}
