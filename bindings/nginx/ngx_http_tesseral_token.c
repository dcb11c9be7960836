
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


#define NGX_HTTP_TESSERAL_BEARER  "Bearer "


static ngx_int_t ngx_http_tesseral_named(ngx_http_request_t *r,
    ngx_int_t index, tesseral_str *authorization);
static ngx_int_t ngx_http_tesseral_keep(ngx_http_request_t *r,
    ngx_http_tesseral_main_conf_t *mcf, tesseral_auth *auth);


/* Verifies the credentials with ctx->keys; sets ctx->status and ctx->auth. */

void
ngx_http_tesseral_authenticate(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx)
{
    tesseral_str                    named;
    tesseral_auth                   auth = TESSERAL_AUTH_INIT;
    tesseral_headers                headers = TESSERAL_HEADERS_INIT;
    ngx_http_tesseral_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_tesseral_module);

    ctx->auth = auth;

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

    ctx->status = tesseral_authenticate_cached(ctx->keys->verifier, mcf->cache,
                                               &headers, ngx_time(),
                                               mcf->scratch, mcf->scratch_len,
                                               &auth);

    switch (ctx->status) {

    case TESSERAL_OK:
        if (ngx_http_tesseral_keep(r, mcf, &auth) != NGX_OK) {
            ctx->status = TESSERAL_ERR_INTERNAL_ERROR;
            return;
        }

        ctx->auth = auth;
        return;

    case TESSERAL_ERR_API_KEY_LOOKUP_NEEDED:
        if (lcf->lookup) {
            ctx->auth = auth;
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
    u_char        *first, *last, *p, *copy;
    ngx_uint_t     i;
    tesseral_str  *text[] = {
        &auth->organization_id, &auth->actions_json, &auth->actions_decoded,
        &auth->iss, &auth->sub, &auth->aud, &auth->session_id, &auth->user_id,
        &auth->user_email, &auth->user_display_name,
        &auth->user_profile_picture_url, &auth->organization_display_name,
        &auth->impersonator_email, &auth->payload
    };

#define ngx_http_tesseral_in_scratch(p)                                       \
    ((p) >= mcf->scratch && (p) < mcf->scratch + mcf->scratch_len)

    first = mcf->scratch + mcf->scratch_len;
    last = mcf->scratch;

    for (i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
        p = (u_char *) text[i]->ptr;

        if (ngx_http_tesseral_in_scratch(p)) {
            first = ngx_min(first, p);
            last = ngx_max(last, p + text[i]->len);
        }
    }

    if (first >= last) {
        return NGX_OK;
    }

    copy = ngx_pnalloc(r->pool, last - first);
    if (copy == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(copy, first, last - first);

    for (i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
        p = (u_char *) text[i]->ptr;

        if (ngx_http_tesseral_in_scratch(p)) {
            text[i]->ptr = copy + (p - first);
        }
    }

#undef ngx_http_tesseral_in_scratch

    return NGX_OK;
}
