
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static void ngx_http_tesseral_wake(ngx_event_t *ev);


/* Has nginx run the phases of the request again a little later. */

ngx_int_t
ngx_http_tesseral_suspend(ngx_http_request_t *r, ngx_http_tesseral_ctx_t *ctx)
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
        ngx_add_timer(&ctx->wake, NGX_HTTP_TESSERAL_RESUME_AFTER);
    }

    ctx->suspended = 1;

    return NGX_AGAIN;
}


/* The request runs again: by our timer, or by another event. */

void
ngx_http_tesseral_resume(ngx_http_request_t *r, ngx_http_tesseral_ctx_t *ctx)
{
    if (!ctx->suspended) {
        return;
    }

    ctx->suspended = 0;

    if (ctx->wake.timer_set) {
        ngx_del_timer(&ctx->wake);
    }

    if (r == r->main) {
        r->read_event_handler = ngx_http_block_reading;
    }
}


/*
 * Our timer, for this request.  The connection's own events go to the request
 * that responds now, which may be another.
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
