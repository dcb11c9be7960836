
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static void ngx_http_tesseral_end_fetch(void *data);
static ngx_int_t ngx_http_tesseral_fetched(ngx_http_request_t *sr, void *data,
    ngx_int_t rc);


/* Fetches keys that are due, behind a request, which does not wait. */

void
ngx_http_tesseral_refresh(ngx_http_request_t *r,
    ngx_http_tesseral_source_t *source)
{
    tesseral_flight  flight;

    if (source->uri.len
        && (ngx_msec_int_t) (source->ask_at - ngx_current_msec) <= 0
        && ngx_http_tesseral_due(source, &flight) == NGX_OK)
    {
        (void) ngx_http_tesseral_fetch(r, source, NULL, &flight);
    }
}


/* Flies.  With ctx the request waits for that; without, it goes on. */

ngx_int_t
ngx_http_tesseral_fetch(ngx_http_request_t *r,
    ngx_http_tesseral_source_t *source, ngx_http_tesseral_ctx_t *ctx,
    tesseral_flight *flight)
{
    ngx_uint_t                     flags;
    ngx_pool_cleanup_t            *cln;
    ngx_http_tesseral_exchange_t  *exchange;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_tesseral_exchange_t));
    if (cln == NULL) {
        ngx_http_tesseral_abandon(source, flight);
        return NGX_ERROR;
    }

    exchange = cln->data;
    ngx_memzero(exchange, sizeof(ngx_http_tesseral_exchange_t));

    exchange->request = r;
    exchange->source = source;
    exchange->ctx = ctx;
    exchange->flight = *flight;

    cln->handler = ngx_http_tesseral_end_fetch;

    flags = ctx ? NGX_HTTP_SUBREQUEST_WAITED : NGX_HTTP_SUBREQUEST_BACKGROUND;

    if (ngx_http_tesseral_subrequest(r, &source->uri, NULL, flags,
                                     ngx_http_tesseral_fetched, exchange)
        != NGX_OK)
    {
        ngx_http_tesseral_end_fetch(exchange);
        return NGX_ERROR;
    }

    if (ctx) {
        ctx->exchange = exchange;
    }

    return NGX_OK;
}


/* The request ends: when the fetch has not ended, it will not. */

static void
ngx_http_tesseral_end_fetch(void *data)
{
    ngx_http_tesseral_exchange_t *exchange = data;

    if (!exchange->done) {
        exchange->done = 1;
        ngx_http_tesseral_abandon(exchange->source, &exchange->flight);
    }
}


/* nginx may call this twice; any other result than NGX_OK would end r. */

static ngx_int_t
ngx_http_tesseral_fetched(ngx_http_request_t *sr, void *data, ngx_int_t rc)
{
    ngx_http_tesseral_exchange_t *exchange = data;

    const char                  *why;
    ngx_str_t                    body;
    ngx_uint_t                   status;
    ngx_http_tesseral_source_t  *source;

    if (exchange->done) {
        return NGX_OK;
    }

    if (rc == NGX_HTTP_CLIENT_CLOSED_REQUEST) {
        ngx_http_tesseral_end_fetch(exchange);
        return NGX_OK;
    }

    exchange->done = 1;
    source = exchange->source;

    if (ngx_http_tesseral_response(sr, rc, &status, &body, &why) != NGX_OK) {
        ngx_http_tesseral_fail(source, &exchange->flight);

    } else if (status != NGX_HTTP_OK) {
        why = "it answered with an error";
        ngx_http_tesseral_fail(source, &exchange->flight);

    } else {
        why = ngx_http_tesseral_land(source, &exchange->flight, &body);
    }

    if (why) {
        ngx_log_error(NGX_LOG_ERR, sr->connection->log, 0,
                      "tesseral: no keys from \"%V\": %s (status %ui)",
                      &source->uri, why, status);
    }

    return NGX_OK;
}
