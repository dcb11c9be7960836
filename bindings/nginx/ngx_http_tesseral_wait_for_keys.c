
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static ngx_int_t ngx_http_tesseral_begin_wait_for_fetch(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx,
    tesseral_request *request);


ngx_int_t
ngx_http_tesseral_wait_for_file(ngx_http_request_t *r,
    ngx_http_tesseral_source_t *source, ngx_http_tesseral_ctx_t *ctx)
{
    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "tesseral: has snapshot \"%V\" looked at: waiting:%d",
                   &source->file, ctx->waiting);

    if (ngx_http_tesseral_look_at_snapshot(source) != NGX_AGAIN) {
        ctx->given_up = 1;
        return NGX_OK;
    }

    if (!ctx->waiting) {
        ctx->waiting = 1;
        ctx->deadline = ngx_current_msec + NGX_HTTP_TESSERAL_WAIT;
    }

    if ((ngx_msec_int_t) (ctx->deadline - ngx_current_msec) <= 0) {
        ctx->status = TESSERAL_ERR_KEYS_UNAVAILABLE;
        ctx->given_up = 1;
        return NGX_OK;
    }

    return ngx_http_tesseral_suspend(r, ctx);
}


/*
 * Has a request wait that newer keys might let in.  The request is judged
 * again when a fetch has ended.  NGX_AGAIN: it waits.  NGX_OK: ctx->status is
 * final.
 */

ngx_int_t
ngx_http_tesseral_wait_for_fetch(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx)
{
    ngx_int_t                    rc;
    tesseral_flight              flight;
    tesseral_moment              now;
    tesseral_request             request = TESSERAL_REQUEST_INIT;
    ngx_http_tesseral_source_t  *source;

    source = lcf->source;

    if (!ctx->waiting) {

        rc = ngx_http_tesseral_begin_wait_for_fetch(r, lcf, ctx, &request);
        if (rc != NGX_AGAIN) {
            return rc;
        }

    }

    ngx_http_tesseral_moment(&now);
    source->awaited = 1;

    if (request.act == TESSERAL_REQUEST_FETCH) {
        ctx->wait.until = now.steady + NGX_HTTP_TESSERAL_WAIT;

        /*
         * a fetch that cannot begin has failed, which the next evaluation sees
         */

        (void) ngx_http_tesseral_fetch(source, &request.flight);
    }

    if (ctx->ended != ctx->waits_since || now.steady >= ctx->wait.until) {
        ngx_log_debug2(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                       "tesseral: waits no longer: %s, a fetch ended:%d",
                       tesseral_status_slug(ctx->status),
                       ctx->ended != ctx->waits_since);

        ngx_http_tesseral_end_wait_for_fetch(ctx);
        ctx->given_up = 1;
        return NGX_OK;
    }

    /*
     * the fetch that the request waits for may be due now, and no other worker
     * may be there to begin it
     */

    if ((request.wake
         || (ngx_msec_int_t) (source->ask_at - ngx_current_msec) <= 0)
        && ngx_http_tesseral_begin_due_flight(source, &flight) == NGX_OK)
    {
        (void) ngx_http_tesseral_fetch(source, &flight);
    }

    return ngx_http_tesseral_suspend(r, ctx);
}


static ngx_int_t
ngx_http_tesseral_begin_wait_for_fetch(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx,
    tesseral_request *request)
{
    uint32_t              need;
    ngx_pool_cleanup_t   *cln;
    tesseral_kid_hashes   kids = TESSERAL_KID_HASHES_INIT;

    need = (ctx->status == TESSERAL_ERR_KEYS_UNAVAILABLE)
           ? TESSERAL_NEED_DOCUMENT : TESSERAL_NEED_KIDS;

    if (need == TESSERAL_NEED_KIDS
        && ngx_http_tesseral_find_unknown_kids(r, lcf, ctx, &kids) != NGX_OK)
    {
        return NGX_OK;
    }

    cln = ngx_pool_cleanup_add(r->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    if (ngx_http_tesseral_ask_for_keys(lcf->source, need, &kids, request)
           != NGX_OK
        || request->act == TESSERAL_REQUEST_PROCEED)
    {
        ctx->given_up = 1;
        return NGX_OK;
    }

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "tesseral: waits for keys of \"%V\": unknown kids: %uD",
                   &lcf->source->uri, kids.count);

    ctx->waiting = 1;
    ctx->wait = request->wait;
    ctx->waits_since = ctx->ended;

    cln->handler = ngx_http_tesseral_end_wait_for_fetch;
    cln->data = ctx;

    return NGX_AGAIN;
}


/*
 * Whether one of the request's tokens has an unknown key, which newer keys may
 * have.  That token may stand behind a stale cookie, whose fault is the one
 * that is logged.
 */

ngx_int_t
ngx_http_tesseral_find_unknown_kids(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx,
    tesseral_kid_hashes *kids)
{
    tesseral_headers                headers = TESSERAL_HEADERS_INIT;
    ngx_http_tesseral_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_tesseral_module);

    if (!ctx->received || ctx->held.keys == NULL
        || ngx_http_tesseral_find_credentials(r, lcf, ctx, &headers) != NGX_OK
        || tesseral_unknown_kids(ctx->held.keys->verifier, &headers,
                                 ngx_time(), mcf->scratch, mcf->scratch_len,
                                 kids)
           != TESSERAL_OK
        || kids->count == 0)
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* Ends the wait and gives the place back, also when the client has gone. */

void
ngx_http_tesseral_end_wait_for_fetch(void *data)
{
    ngx_http_tesseral_ctx_t *ctx = data;

    if (ctx->waiting && ctx->source->uri.len) {
        ngx_http_tesseral_leave_wait(ctx->source, &ctx->wait);
    }

    ctx->waiting = 0;
}
