
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static ngx_int_t ngx_http_tesseral_wait_for_file(ngx_http_request_t *r,
    ngx_http_tesseral_source_t *source, ngx_http_tesseral_ctx_t *ctx);
static void ngx_http_tesseral_end_poll(ngx_http_request_t *r,
    ngx_http_tesseral_ctx_t *ctx);
static void ngx_http_tesseral_wake(ngx_event_t *ev);


/*
 * Gets what is missing, when memory does not say who sent the request.
 * NGX_AGAIN: this handler will run again.  NGX_OK: ctx->status is final.
 */

ngx_int_t
ngx_http_tesseral_wait(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx)
{
    tesseral_kid_hashes  kids = TESSERAL_KID_HASHES_INIT;

    ngx_http_tesseral_end_poll(r, ctx);

    if (ctx->exchange && !ctx->exchange->done) {
        return NGX_AGAIN;
    }

    if (ctx->status == TESSERAL_ERR_API_KEY_LOOKUP_NEEDED) {
        return ngx_http_tesseral_look_up(r, lcf, ctx);
    }

    if (ctx->status == TESSERAL_OK || ctx->given_up) {
        ngx_http_tesseral_end_wait(ctx);
        return NGX_OK;
    }

    if (lcf->also != NULL && lcf->also->reload) {

        /* it was refused, and the second project's file is about to be read */

        return ngx_http_tesseral_poll(r, ctx);
    }

    if (lcf->source->uri.len) {
        return ngx_http_tesseral_await(r, lcf, ctx);
    }

    if (ctx->waiting || ngx_http_tesseral_lacks(r, lcf, ctx, &kids) == NGX_OK)
    {
        return ngx_http_tesseral_wait_for_file(r, lcf->source, ctx);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_tesseral_wait_for_file(ngx_http_request_t *r,
    ngx_http_tesseral_source_t *source, ngx_http_tesseral_ctx_t *ctx)
{
    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "tesseral: has snapshot \"%V\" looked at: waiting:%d",
                   &source->file, ctx->waiting);

    if (ngx_http_tesseral_look_again(source) != NGX_AGAIN) {
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

    return ngx_http_tesseral_poll(r, ctx);
}


/* Has the phases of the request run again a little later. */

ngx_int_t
ngx_http_tesseral_poll(ngx_http_request_t *r, ngx_http_tesseral_ctx_t *ctx)
{
    if (r == r->main) {
        if (ngx_handle_read_event(r->connection->read, 0) != NGX_OK) {
            return NGX_ERROR;
        }

        r->read_event_handler = ngx_http_test_reading;
    }

    ctx->wake.handler = ngx_http_tesseral_wake;
    ctx->wake.data = r;
    ctx->wake.log = r->connection->log;

    if (!ctx->wake.timer_set) {
        ngx_add_timer(&ctx->wake, NGX_HTTP_TESSERAL_POLL);
    }

    ctx->polling = 1;

    return NGX_AGAIN;
}


/* The request runs again, by its own event or by another. */

static void
ngx_http_tesseral_end_poll(ngx_http_request_t *r, ngx_http_tesseral_ctx_t *ctx)
{
    if (!ctx->polling) {
        return;
    }

    ctx->polling = 0;

    if (ctx->wake.timer_set) {
        ngx_del_timer(&ctx->wake);
    }

    if (r == r->main) {
        r->read_event_handler = ngx_http_block_reading;
    }
}


/*
 * An event of the request's own: those of the connection are for the request
 * that writes to it now, which may be another.
 */

static void
ngx_http_tesseral_wake(ngx_event_t *ev)
{
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = ev->data;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    if (ngx_http_post_request(r, NULL) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
    }

    ngx_http_run_posted_requests(c);
}
