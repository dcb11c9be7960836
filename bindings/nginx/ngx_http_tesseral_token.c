
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


#define NGX_HTTP_TESSERAL_BEARER  "Bearer "


static ngx_int_t ngx_http_tesseral_named(ngx_http_request_t *r,
    ngx_int_t index, tesseral_str *authorization);
static ngx_int_t ngx_http_tesseral_keep(ngx_http_request_t *r,
    ngx_http_tesseral_main_conf_t *mcf, tesseral_auth *auth);


/* what of tesseral_auth may point into the scratch memory */

static const size_t  ngx_http_tesseral_texts[] = {
    offsetof(tesseral_auth, organization_id),
    offsetof(tesseral_auth, actions_json),
    offsetof(tesseral_auth, actions_decoded),
    offsetof(tesseral_auth, iss),
    offsetof(tesseral_auth, sub),
    offsetof(tesseral_auth, aud),
    offsetof(tesseral_auth, session_id),
    offsetof(tesseral_auth, user_id),
    offsetof(tesseral_auth, user_email),
    offsetof(tesseral_auth, user_display_name),
    offsetof(tesseral_auth, user_profile_picture_url),
    offsetof(tesseral_auth, organization_display_name),
    offsetof(tesseral_auth, impersonator_email),
    offsetof(tesseral_auth, payload)
};

#define NGX_HTTP_TESSERAL_TEXTS                                               \
    (sizeof(ngx_http_tesseral_texts) / sizeof(ngx_http_tesseral_texts[0]))


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
        if (ctx->held.hold.serial == 0
            && ngx_http_tesseral_keep(r, mcf, &ctx->auth) != NGX_OK)
        {
            ctx->status = TESSERAL_ERR_INTERNAL_ERROR;
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
 * the process share: the used part of it is about as long as the token.
 */

static ngx_int_t
ngx_http_tesseral_keep(ngx_http_request_t *r,
    ngx_http_tesseral_main_conf_t *mcf, tesseral_auth *auth)
{
    u_char        *copy;
    size_t         first, last, offset;
    ngx_uint_t     i;
    tesseral_str  *text;

    first = mcf->scratch_len;
    last = 0;

    for (i = 0; i < NGX_HTTP_TESSERAL_TEXTS; i++) {
        text = (tesseral_str *) ((u_char *) auth + ngx_http_tesseral_texts[i]);
        offset = (uintptr_t) text->ptr - (uintptr_t) mcf->scratch;

        if (offset < mcf->scratch_len) {
            first = ngx_min(first, offset);
            last = ngx_max(last, offset + text->len);
        }
    }

    if (first >= last) {
        return NGX_OK;
    }

    copy = ngx_pnalloc(r->pool, last - first);
    if (copy == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(copy, mcf->scratch + first, last - first);

    for (i = 0; i < NGX_HTTP_TESSERAL_TEXTS; i++) {
        text = (tesseral_str *) ((u_char *) auth + ngx_http_tesseral_texts[i]);
        offset = (uintptr_t) text->ptr - (uintptr_t) mcf->scratch;

        if (offset < mcf->scratch_len) {
            text->ptr = copy + (offset - first);
        }
    }

    return NGX_OK;
}
