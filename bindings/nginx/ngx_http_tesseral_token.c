
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static ngx_http_variable_value_t *ngx_http_tesseral_token_value(
    ngx_http_request_t *r, ngx_http_tesseral_loc_conf_t *lcf);


/*
 * Verifies the credentials with ctx->held.keys; sets ctx->status and
 * ctx->auth, the strings of which are in the cache or in the request's pool.
 */

void
ngx_http_tesseral_authenticate(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx)
{
    tesseral_headers                headers = TESSERAL_HEADERS_INIT;
    ngx_http_tesseral_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_tesseral_module);

    ctx->auth = (tesseral_auth) TESSERAL_AUTH_INIT;
    ctx->held.hold = (tesseral_hold) TESSERAL_HOLD_INIT;
    ctx->held.cache = mcf->cache;

    if (ngx_http_tesseral_headers(r, lcf, ctx, &headers) != NGX_OK) {
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
        ctx->status = ngx_http_tesseral_move(r->pool, &ctx->auth);
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


/* Where the credentials of a request are. */

ngx_int_t
ngx_http_tesseral_headers(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx,
    tesseral_headers *headers)
{
    ngx_http_variable_value_t  *v;

    headers->refuse_api_keys = (lcf->lookup == NULL);

    if (lcf->token == NGX_CONF_UNSET) {
        headers->authorization = ctx->authorization;
        headers->authorization_count = ctx->authorization_count;
        headers->cookie = ctx->cookie;
        headers->cookie_count = ctx->cookie_count;

        return NGX_OK;
    }

    v = ngx_http_tesseral_token_value(r, lcf);
    if (v == NULL) {
        return NGX_ERROR;
    }

    if (!v->not_found && v->len) {
        headers->credential.ptr = v->data;
        headers->credential.len = v->len;
    }

    return NGX_OK;
}


/*
 * The variable of "tesseral_token", as the client's headers have it: there it
 * may have been taken out of those of the request.
 */

static ngx_http_variable_value_t *
ngx_http_tesseral_token_value(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf)
{
    ngx_http_headers_in_t       headers_in;
    ngx_http_tesseral_ctx_t    *client;
    ngx_http_variable_value_t  *v;

    ngx_http_tesseral_share_variables(r);

    client = ngx_http_tesseral_find_ctx(r->main);

    if (client == NULL || client->headers_in == NULL) {
        return ngx_http_get_flushed_variable(r, lcf->token);
    }

    headers_in = r->headers_in;
    r->headers_in = *client->headers_in;

    v = ngx_http_get_flushed_variable(r, lcf->token);

    r->headers_in = headers_in;

    return v;
}


/*
 * Moves what *auth points to out of the scratch memory, which all requests of
 * the process share.  The credential stays in its header or variable; a header
 * is found by it (see ngx_http_tesseral_remove_credentials()).
 */

uint32_t
ngx_http_tesseral_move(ngx_pool_t *pool, tesseral_auth *auth)
{
    size_t        len;
    u_char       *p;
    uint32_t      status;
    tesseral_str  credentials;

    credentials = auth->credentials;
    ngx_memzero(&auth->credentials, sizeof(tesseral_str));

    len = tesseral_auth_size(auth);

    p = ngx_pnalloc(pool, len);
    if (p == NULL) {
        return TESSERAL_ERR_INTERNAL_ERROR;
    }

    status = tesseral_auth_copy(auth, p, len, auth);
    auth->credentials = credentials;

    return status;
}
