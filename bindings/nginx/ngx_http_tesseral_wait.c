
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static ngx_int_t ngx_http_tesseral_wait_for_file(ngx_http_request_t *r,
    ngx_http_tesseral_source_t *source, ngx_http_tesseral_ctx_t *ctx);
static void ngx_http_tesseral_poll_handler(ngx_http_request_t *r);


/*
 * When memory does not say who sent the request: gets what is missing.
 * NGX_AGAIN: this handler will run again.  NGX_OK: ctx->status is final.
 */

ngx_int_t
ngx_http_tesseral_wait(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx)
{
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

    if (lcf->source->uri.len) {
        return ngx_http_tesseral_await(r, lcf, ctx);
    }

    if (ctx->status == TESSERAL_ERR_KEY_UNKNOWN) {
        return ngx_http_tesseral_wait_for_file(r, lcf->source, ctx);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_tesseral_wait_for_file(ngx_http_request_t *r,
    ngx_http_tesseral_source_t *source, ngx_http_tesseral_ctx_t *ctx)
{
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

    return ngx_http_tesseral_poll(r);
}


/* The phases of the request run again a little later. */

ngx_int_t
ngx_http_tesseral_poll(ngx_http_request_t *r)
{
    if (ngx_handle_read_event(r->connection->read, 0) != NGX_OK) {
        return NGX_ERROR;
    }

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_tesseral_poll_handler;

    r->connection->write->delayed = 1;
    ngx_add_timer(r->connection->write, NGX_HTTP_TESSERAL_POLL);

    return NGX_AGAIN;
}


static void
ngx_http_tesseral_poll_handler(ngx_http_request_t *r)
{
    ngx_event_t  *wev;

    wev = r->connection->write;

    if (wev->delayed) {

        if (ngx_handle_write_event(wev, 0) != NGX_OK) {
            ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        }

        return;
    }

    if (ngx_handle_read_event(r->connection->read, 0) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_core_run_phases;

    ngx_http_core_run_phases(r);
}
