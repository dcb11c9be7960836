
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static void ngx_http_tesseral_use_verdict(ngx_http_request_t *r,
    ngx_http_tesseral_ctx_t *ctx, tesseral_verdict *verdict, ngx_str_t *body);
static ngx_int_t ngx_http_tesseral_send_question(ngx_http_request_t *r,
    ngx_http_tesseral_ctx_t *ctx, tesseral_api_key_name *name,
    tesseral_question *question);
static void ngx_http_tesseral_end_lookup(void *data);
static void ngx_http_tesseral_erase_question(
    ngx_http_tesseral_exchange_t *exchange);
static ngx_int_t ngx_http_tesseral_looked_up(ngx_http_request_t *sr,
    void *data, ngx_int_t rc);
static void ngx_http_tesseral_use_answer(ngx_http_request_t *r,
    ngx_http_tesseral_ctx_t *ctx, uint32_t http_status, ngx_str_t *body);


/* Uses an answer about the API key that is already known, if there is one. */

void
ngx_http_tesseral_try_answers(ngx_http_request_t *r,
    ngx_http_tesseral_ctx_t *ctx)
{
    ngx_str_t              body;
    tesseral_verdict       verdict;
    tesseral_api_key_name  name;

    if (ngx_http_tesseral_name_api_key(ctx, &name) == NGX_OK) {
        ngx_http_tesseral_answers_known(r, ctx->lookup, &name, &verdict,
                                        &body);
        ngx_http_tesseral_use_verdict(r, ctx, &verdict, &body);
    }
}


/*
 * Asks the Tesseral service about an API key, or waits for a request that
 * does.  NGX_AGAIN: there is no answer yet.  NGX_OK: ctx->status is final.
 */

ngx_int_t
ngx_http_tesseral_look_up(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx)
{
    ngx_str_t              body;
    ngx_uint_t             more;
    tesseral_ask           ask = TESSERAL_ASK_INIT;
    tesseral_api_key_name  name;

    if (ngx_http_tesseral_name_api_key(ctx, &name) != NGX_OK
        || ngx_http_tesseral_answers_ask(r, lcf->lookup, &name, ctx->ticket,
                                         &ask, &body)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "tesseral: looks up an API key by \"%V\": act %uD",
                   &lcf->lookup->api_keys->uri, ask.act);

    switch (ask.act) {

    case TESSERAL_ASK_KNOWN:
        ngx_http_tesseral_use_verdict(r, ctx, &ask.verdict, &body);
        return NGX_OK;

    case TESSERAL_ASK_WAIT:
        ctx->ticket = ask.ticket;
        return ngx_http_tesseral_suspend(r, ctx);

    case TESSERAL_ASK_SEND:
        return ngx_http_tesseral_send_question(r, ctx, &name, &ask.question);

    default:
        if (ngx_http_tesseral_may_log(&lcf->lookup->busy_throttle, &more)
            == NGX_OK)
        {
            ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                          "tesseral: too many look-ups of API keys by \"%V\" "
                          "for \"max\" or \"tesseral_zone\" (and %ui more "
                          "requests since the last such line)",
                          &lcf->lookup->api_keys->uri, more);
        }

        ctx->status = TESSERAL_ERR_API_KEY_LOOKUP_FAILED;
        return NGX_OK;
    }
}


/* Turns what the shared state says about the key into ctx->status. */

static void
ngx_http_tesseral_use_verdict(ngx_http_request_t *r,
    ngx_http_tesseral_ctx_t *ctx, tesseral_verdict *verdict, ngx_str_t *body)
{
    switch (verdict->kind) {

    case TESSERAL_VERDICT_NONE:
        break;

    case TESSERAL_VERDICT_GOOD:
        ngx_http_tesseral_use_answer(r, ctx, NGX_HTTP_OK, body);
        break;

    case TESSERAL_VERDICT_INVALID:
        ctx->status = TESSERAL_ERR_API_KEY_INVALID;
        break;

    case TESSERAL_VERDICT_NOT_PERMITTED:
        ctx->status = TESSERAL_ERR_API_KEYS_NOT_PERMITTED;
        break;

    default:
        ctx->status = TESSERAL_ERR_API_KEY_LOOKUP_FAILED;
    }

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "tesseral: known answers about the API key give: %s",
                   tesseral_status_slug(ctx->status));
}


static ngx_int_t
ngx_http_tesseral_send_question(ngx_http_request_t *r,
    ngx_http_tesseral_ctx_t *ctx, tesseral_api_key_name *name,
    tesseral_question *question)
{
    size_t                         len;
    ngx_pool_cleanup_t            *cln;
    ngx_http_tesseral_exchange_t   none, *exchange;

    ngx_memzero(&none, sizeof(ngx_http_tesseral_exchange_t));

    none.request = r;
    none.lookup = ctx->lookup;
    none.ctx = ctx;
    none.name = *name;
    none.question = *question;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_tesseral_exchange_t));
    if (cln == NULL) {
        ngx_http_tesseral_answers_abandoned(r, &none);
        return NGX_ERROR;
    }

    exchange = cln->data;
    *exchange = none;

    cln->handler = ngx_http_tesseral_end_lookup;

    exchange->body.data = ngx_pnalloc(r->pool, TESSERAL_API_KEY_REQUEST_LEN);
    if (exchange->body.data == NULL) {
        goto failed;
    }

    if (tesseral_api_key_request(ctx->auth.credentials.ptr,
                                 ctx->auth.credentials.len,
                                 exchange->body.data,
                                 TESSERAL_API_KEY_REQUEST_LEN, &len)
        != TESSERAL_OK)
    {
        goto failed;
    }

    exchange->body.len = len;

    if (ngx_http_tesseral_own_subrequest(r, &ctx->lookup->api_keys->uri,
                                         &exchange->body,
                                         NGX_HTTP_SUBREQUEST_WAITED,
                                         ngx_http_tesseral_looked_up, exchange)
        != NGX_OK)
    {
        goto failed;
    }

    ctx->exchange = exchange;

    return NGX_AGAIN;

failed:

    ngx_http_tesseral_end_lookup(exchange);

    return NGX_ERROR;
}


/* The request has ended: gives its question back if it has no answer. */

static void
ngx_http_tesseral_end_lookup(void *data)
{
    ngx_http_tesseral_exchange_t *exchange = data;

    if (!exchange->done) {
        exchange->done = 1;
        ngx_http_tesseral_answers_abandoned(exchange->request, exchange);
    }

    ngx_http_tesseral_erase_question(exchange);
}


static void
ngx_http_tesseral_erase_question(ngx_http_tesseral_exchange_t *exchange)
{
    if (exchange->body.len) {
        ngx_explicit_memzero(exchange->body.data, exchange->body.len);
        exchange->body.len = 0;
    }
}


/*
 * The handler of the subrequest. nginx may call it twice, and would end r for
 * any other result than NGX_OK.
 */

static ngx_int_t
ngx_http_tesseral_looked_up(ngx_http_request_t *sr, void *data, ngx_int_t rc)
{
    ngx_http_tesseral_exchange_t *exchange = data;

    uint32_t                        kind;
    ngx_str_t                       body;
    const char                     *why;
    ngx_uint_t                      status, more;
    ngx_http_request_t             *r;
    ngx_http_tesseral_ctx_t        *ctx;
    ngx_http_tesseral_main_conf_t  *mcf;

    if (exchange->done) {
        return NGX_OK;
    }

    r = exchange->request;
    ctx = exchange->ctx;

    if (rc == NGX_HTTP_CLIENT_CLOSED_REQUEST) {
        ngx_http_tesseral_end_lookup(exchange);
        ctx->status = TESSERAL_ERR_API_KEY_LOOKUP_FAILED;
        return NGX_OK;
    }

    exchange->done = 1;
    mcf = ngx_http_get_module_main_conf(r, ngx_http_tesseral_module);

    ngx_http_tesseral_erase_question(exchange);

    (void) ngx_atomic_fetch_add(&mcf->shared->lookups, 1);

    if (ngx_http_tesseral_own_response(sr, rc, &status, &body, &why)
        != NGX_OK)
    {
        ctx->status = TESSERAL_ERR_API_KEY_LOOKUP_FAILED;

    } else {
        why = "the answer does not say whose key it is";
        ngx_http_tesseral_use_answer(r, ctx, status, &body);
    }

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, sr->connection->log, 0,
                   "tesseral: looked up an API key by \"%V\": status %ui: %s",
                   &exchange->lookup->api_keys->uri, status,
                   tesseral_status_slug(ctx->status));

    switch (ctx->status) {

    case TESSERAL_OK:
        kind = TESSERAL_VERDICT_GOOD;
        break;

    case TESSERAL_ERR_API_KEY_INVALID:
        kind = TESSERAL_VERDICT_INVALID;
        break;

    case TESSERAL_ERR_API_KEYS_NOT_PERMITTED:
        kind = TESSERAL_VERDICT_NOT_PERMITTED;
        break;

    default:
        kind = TESSERAL_VERDICT_FAILED;

        if (ngx_http_tesseral_may_log(&exchange->lookup->unanswered_throttle,
                                      &more)
            == NGX_OK)
        {
            ngx_log_error(NGX_LOG_ERR, sr->connection->log, 0,
                          "tesseral: no answer about an API key from \"%V\": "
                          "%s (status %ui; %ui more since the last such line)",
                          &exchange->lookup->api_keys->uri, why, status, more);
        }
    }

    if (ngx_http_tesseral_answers_landed(r, exchange, kind, &body) != NGX_OK) {
        ngx_log_error(NGX_LOG_ERR, sr->connection->log, 0,
                      "tesseral: \"tesseral_zone\" is too small for an answer "
                      "about an API key from \"%V\": requests that wait "
                      "for it get 503", &exchange->lookup->api_keys->uri);
    }

    return NGX_OK;
}


/* Turns the service's answer into ctx->status and ctx->auth. */

static void
ngx_http_tesseral_use_answer(ngx_http_request_t *r,
    ngx_http_tesseral_ctx_t *ctx, uint32_t http_status, ngx_str_t *body)
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
