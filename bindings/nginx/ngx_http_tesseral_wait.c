
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static ngx_int_t ngx_http_tesseral_poll(ngx_http_request_t *r,
    ngx_http_tesseral_ctx_t *ctx);
static void ngx_http_tesseral_poll_handler(ngx_http_request_t *r);


/*
 * When memory does not say who sent the request: gets what is missing.
 * NGX_AGAIN: this handler will run again.  NGX_OK: ctx->status is final.
 */

ngx_int_t
ngx_http_tesseral_wait(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx)
{
    ngx_int_t                    rc;
    ngx_msec_t                   pause;
    ngx_http_tesseral_source_t  *source;

    if (ctx->exchange && !ctx->exchange->done) {
        return NGX_AGAIN;
    }

    source = lcf->source;

    switch (ctx->status) {

    case TESSERAL_ERR_API_KEY_LOOKUP_NEEDED:
        return ngx_http_tesseral_look_up(r, lcf, ctx);

    case TESSERAL_ERR_KEYS_UNAVAILABLE:
        pause = NGX_HTTP_TESSERAL_RETRY;
        break;

    case TESSERAL_ERR_KEY_UNKNOWN:
        pause = source->cooldown;
        break;

    default:
        return NGX_OK;
    }

    if (ctx->given_up) {
        return NGX_OK;
    }

    if (source->file.len) {
        rc = ngx_http_tesseral_look_again(source);
    } else {
        rc = ngx_http_tesseral_fetch(r, source, ctx, pause);
    }

    switch (rc) {

    case NGX_OK:                /* a subrequest of this request fetches */
        return NGX_AGAIN;

    case NGX_AGAIN:             /* somebody else does */
        return ngx_http_tesseral_poll(r, ctx);

    case NGX_DECLINED:          /* nobody does, and it is too early to */
        ctx->given_up = 1;
        return NGX_OK;

    default:
        return NGX_ERROR;
    }
}


static ngx_int_t
ngx_http_tesseral_poll(ngx_http_request_t *r, ngx_http_tesseral_ctx_t *ctx)
{
    if (!ctx->waiting) {
        ctx->waiting = 1;
        ctx->deadline = ngx_current_msec + NGX_HTTP_TESSERAL_WAIT;
    }

    if ((ngx_msec_int_t) (ctx->deadline - ngx_current_msec) <= 0) {
        ctx->status = TESSERAL_ERR_KEYS_UNAVAILABLE;
        ctx->given_up = 1;
        return NGX_OK;
    }

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
