
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


#define NGX_HTTP_TESSERAL_BEARER  "Bearer "


static ngx_int_t ngx_http_tesseral_named(ngx_http_request_t *r,
    ngx_int_t index, tesseral_str *authorization);
static uint32_t ngx_http_tesseral_move(ngx_pool_t *pool, tesseral_auth *auth);


/*
 * Verifies the credentials with ctx->held.keys; sets ctx->status and
 * ctx->auth, the strings of which are in the cache or in the request's pool.
 */

void
ngx_http_tesseral_authenticate(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx)
{
    tesseral_str                    named;
    tesseral_headers                headers = TESSERAL_HEADERS_INIT;
    ngx_http_tesseral_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_tesseral_module);

    ctx->auth = (tesseral_auth) TESSERAL_AUTH_INIT;
    ctx->held.hold = (tesseral_hold) TESSERAL_HOLD_INIT;
    ctx->held.cache = mcf->cache;

    if (lcf->token == NGX_CONF_UNSET) {
        headers.authorization = ctx->authorization;
        headers.authorization_count = ctx->authorization_count;
        headers.cookie = ctx->cookie;
        headers.cookie_count = ctx->cookie_count;

    } else {
        headers.authorization = &named;

        switch (ngx_http_tesseral_named(r, lcf->token, &named)) {

        case NGX_OK:
            headers.authorization_count = 1;
            break;

        case NGX_DECLINED:
            break;

        default:
            ctx->status = TESSERAL_ERR_INTERNAL_ERROR;
            return;
        }
    }

    ctx->status = tesseral_authenticate_held(ctx->held.keys->verifier,
                                             mcf->cache, &headers, ngx_time(),
                                             mcf->scratch, mcf->scratch_len,
                                             &ctx->auth, &ctx->held.hold);

    switch (ctx->status) {

    case TESSERAL_OK:
        if (ctx->held.hold.serial == 0) {
            ctx->status = ngx_http_tesseral_move(r->pool, &ctx->auth);
        }

        return;

    case TESSERAL_ERR_API_KEY_LOOKUP_NEEDED:
        if (lcf->lookup) {
            ngx_http_tesseral_try_answers(r, ctx);
            return;
        }

        /* fall through */

    case TESSERAL_ERR_API_KEY_INVALID:
        if (lcf->lookup == NULL) {
            ctx->status = TESSERAL_ERR_CREDENTIALS_UNRECOGNIZED;
        }
    }
}


/* The credential in a variable, as if it stood in an Authorization header. */

static ngx_int_t
ngx_http_tesseral_named(ngx_http_request_t *r, ngx_int_t index,
    tesseral_str *authorization)
{
    u_char                     *p;
    ngx_http_variable_value_t  *v;

    v = ngx_http_get_flushed_variable(r, index);

    if (v == NULL) {
        return NGX_ERROR;
    }

    if (v->not_found || v->len == 0) {
        return NGX_DECLINED;
    }

    p = ngx_pnalloc(r->pool, sizeof(NGX_HTTP_TESSERAL_BEARER) - 1 + v->len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    authorization->ptr = p;
    authorization->len = sizeof(NGX_HTTP_TESSERAL_BEARER) - 1 + v->len;

    p = ngx_cpymem(p, NGX_HTTP_TESSERAL_BEARER,
                   sizeof(NGX_HTTP_TESSERAL_BEARER) - 1);
    ngx_memcpy(p, v->data, v->len);

    return NGX_OK;
}


/*
 * Moves what *auth points to out of the scratch memory, which all requests of
 * the process share.  The credential stays in its header, which is found by it
 * (see ngx_http_tesseral_remove_credentials()).
 */

static uint32_t
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
