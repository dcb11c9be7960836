
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static void ngx_http_tesseral_answer(ngx_http_request_t *r,
    ngx_http_tesseral_ctx_t *ctx, uint32_t http_status, ngx_str_t *body);
static void ngx_http_tesseral_end_lookup(void *data);
static ngx_int_t ngx_http_tesseral_looked_up(ngx_http_request_t *sr,
    void *data, ngx_int_t rc);


/* An API key that was looked up before: sets ctx->status when it was. */

void
ngx_http_tesseral_try_answers(ngx_http_request_t *r,
    ngx_http_tesseral_ctx_t *ctx)
{
    u_char                          fingerprint[NGX_HTTP_TESSERAL_FINGERPRINT];
    uint32_t                        http_status;
    ngx_str_t                       body;
    ngx_http_tesseral_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_tesseral_module);

    if (tesseral_api_key_fingerprint(ctx->auth.credentials.ptr,
                                     ctx->auth.credentials.len,
                                     fingerprint, sizeof(fingerprint))
        == TESSERAL_OK
        && ngx_http_tesseral_recall(mcf, ctx->lookup, fingerprint, r->pool,
                                    &http_status, &body)
           == NGX_OK)
    {
        ngx_http_tesseral_answer(r, ctx, http_status, &body);
    }
}


/* NGX_AGAIN: the Tesseral service is being asked.  NGX_OK: ctx->status. */

ngx_int_t
ngx_http_tesseral_look_up(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx)
{
    size_t                         len;
    ngx_pool_cleanup_t            *cln;
    ngx_http_tesseral_lookup_t    *lookup;
    ngx_http_tesseral_exchange_t  *exchange;

    lookup = lcf->lookup;

    if (ctx->asked) {
        ctx->status = TESSERAL_ERR_API_KEY_LOOKUP_FAILED;
        return NGX_OK;
    }

    ctx->asked = 1;

    if (lookup->active >= lookup->api_keys->max) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "tesseral: %ui lookups of API keys by \"%V\" are under "
                      "way: no more at once", lookup->active,
                      &lookup->api_keys->uri);
        ctx->status = TESSERAL_ERR_API_KEY_LOOKUP_FAILED;
        return NGX_OK;
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_tesseral_exchange_t));
    if (cln == NULL) {
        return NGX_ERROR;
    }

    exchange = cln->data;
    ngx_memzero(exchange, sizeof(ngx_http_tesseral_exchange_t));

    exchange->body.data = ngx_pnalloc(r->pool, TESSERAL_API_KEY_REQUEST_LEN);
    if (exchange->body.data == NULL) {
        return NGX_ERROR;
    }

    ctx->status = tesseral_api_key_request(ctx->auth.credentials.ptr,
                                           ctx->auth.credentials.len,
                                           exchange->body.data,
                                           TESSERAL_API_KEY_REQUEST_LEN, &len);
    if (ctx->status != TESSERAL_OK) {
        return NGX_OK;
    }

    ctx->status = TESSERAL_ERR_API_KEY_LOOKUP_NEEDED;

    exchange->request = r;
    exchange->lookup = lookup;
    exchange->ctx = ctx;
    exchange->body.len = len;

    lookup->active++;
    cln->handler = ngx_http_tesseral_end_lookup;

    if (ngx_http_tesseral_subrequest(r, &lookup->api_keys->uri,
                                     &exchange->body,
                                     NGX_HTTP_SUBREQUEST_WAITED,
                                     ngx_http_tesseral_looked_up, exchange)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ctx->exchange = exchange;

    return NGX_AGAIN;
}


/* Once, whether the answer came or the client went. */

static void
ngx_http_tesseral_end_lookup(void *data)
{
    ngx_http_tesseral_exchange_t *exchange = data;

    if (exchange->lookup == NULL) {
        return;
    }

    exchange->lookup->active--;
    exchange->lookup = NULL;

    ngx_explicit_memzero(exchange->body.data, exchange->body.len);
}


/* nginx may call this twice; any other result than NGX_OK would end r. */

static ngx_int_t
ngx_http_tesseral_looked_up(ngx_http_request_t *sr, void *data, ngx_int_t rc)
{
    ngx_http_tesseral_exchange_t *exchange = data;

    u_char                          fingerprint[NGX_HTTP_TESSERAL_FINGERPRINT];
    const char                     *why;
    ngx_str_t                       body;
    ngx_msec_t                      lifetime;
    ngx_uint_t                      status;
    ngx_http_tesseral_ctx_t        *ctx;
    ngx_http_tesseral_lookup_t     *lookup;
    ngx_http_tesseral_shared_t     *shared;
    ngx_http_tesseral_main_conf_t  *mcf;

    if (exchange->done) {
        return NGX_OK;
    }

    exchange->done = 1;

    ctx = exchange->ctx;
    lookup = exchange->lookup;
    mcf = ngx_http_get_module_main_conf(sr, ngx_http_tesseral_module);
    shared = ngx_http_tesseral_shared(mcf);

    ngx_http_tesseral_end_lookup(exchange);

    (void) ngx_atomic_fetch_add(&shared->lookups, 1);

    if (ngx_http_tesseral_response(sr, rc, &status, &body, &why) != NGX_OK) {
        ctx->status = TESSERAL_ERR_API_KEY_LOOKUP_FAILED;

    } else {
        why = "the answer does not say who it is";
        ngx_http_tesseral_answer(exchange->request, ctx, status, &body);
    }

    switch (ctx->status) {

    case TESSERAL_OK:
        lifetime = lookup->api_keys->cache;
        break;

    case TESSERAL_ERR_API_KEY_INVALID:
    case TESSERAL_ERR_API_KEYS_NOT_PERMITTED:
        lifetime = lookup->api_keys->negative;
        break;

    default:
        ngx_log_error(NGX_LOG_ERR, sr->connection->log, 0,
                      "tesseral: no answer about an API key from \"%V\": %s "
                      "(status %ui)", &lookup->api_keys->uri, why, status);
        return NGX_OK;
    }

    if (tesseral_api_key_fingerprint(ctx->auth.credentials.ptr,
                                     ctx->auth.credentials.len,
                                     fingerprint, sizeof(fingerprint))
        == TESSERAL_OK)
    {
        ngx_http_tesseral_remember(mcf, lookup, fingerprint, status, &body,
                                   lifetime);
    }

    return NGX_OK;
}


/* Turns an answer into ctx->status and ctx->auth. */

static void
ngx_http_tesseral_answer(ngx_http_request_t *r, ngx_http_tesseral_ctx_t *ctx,
    uint32_t http_status, ngx_str_t *body)
{
    u_char         *scratch;
    tesseral_str    credentials;
    tesseral_auth   auth = TESSERAL_AUTH_INIT;

    scratch = ngx_pnalloc(r->pool, body->len + 1);
    if (scratch == NULL) {
        ctx->status = TESSERAL_ERR_API_KEY_LOOKUP_FAILED;
        return;
    }

    credentials = ctx->auth.credentials;

    ctx->status = tesseral_api_key_response(credentials.ptr, credentials.len,
                                            http_status, body->data,
                                            body->len, scratch, body->len,
                                            &auth);
    if (ctx->status == TESSERAL_OK) {
        ctx->auth = auth;
    }
}
