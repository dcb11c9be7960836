
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static void ngx_http_tesseral_cleanup_ctx(void *data);
static void ngx_http_tesseral_release(void *data);


/*
 * An internal redirect forgets the contexts of modules; the cleanups of the
 * request's pool stay, and tell ours from those of others by the handler.
 */

ngx_http_tesseral_ctx_t *
ngx_http_tesseral_find_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t       *cln;
    ngx_http_tesseral_ctx_t  *ctx;

    r = r->main;

    ctx = ngx_http_get_module_ctx(r, ngx_http_tesseral_module);

    if (ctx != NULL || (!r->internal && !r->filter_finalize)) {
        return ctx;
    }

    for (cln = r->pool->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_http_tesseral_cleanup_ctx) {
            ngx_http_set_ctx(r, cln->data, ngx_http_tesseral_module);
            return cln->data;
        }
    }

    return NULL;
}


ngx_http_tesseral_ctx_t *
ngx_http_tesseral_make_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t       *cln;
    ngx_http_tesseral_ctx_t  *ctx;

    ctx = ngx_http_tesseral_find_ctx(r);
    if (ctx) {
        return ctx;
    }

    r = r->main;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_tesseral_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;
    ngx_memzero(ctx, sizeof(ngx_http_tesseral_ctx_t));

    cln->handler = ngx_http_tesseral_cleanup_ctx;

    ngx_http_set_ctx(r, ctx, ngx_http_tesseral_module);

    return ctx;
}


static void
ngx_http_tesseral_cleanup_ctx(void *data)
{
    ngx_http_tesseral_ctx_t *ctx = data;

    ngx_http_tesseral_release(&ctx->held);
}


static void
ngx_http_tesseral_release(void *data)
{
    ngx_http_tesseral_held_t *held = data;

    if (held->hold.serial) {
        (void) tesseral_cache_release(held->cache, &held->hold);
    }

    if (held->keys) {
        ngx_http_tesseral_release_keys(held->keys);
        held->keys = NULL;
    }
}


/*
 * Makes room in *held for another evaluation's: headers and variables that
 * exist already keep reading what was in it.
 */

ngx_int_t
ngx_http_tesseral_retire(ngx_http_request_t *r, ngx_http_tesseral_held_t *held)
{
    ngx_pool_cleanup_t  *cln;

    if (held->keys == NULL) {
        return NGX_OK;
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_tesseral_held_t));
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_tesseral_release;
    *(ngx_http_tesseral_held_t *) cln->data = *held;

    ngx_memzero(held, sizeof(ngx_http_tesseral_held_t));

    return NGX_OK;
}


/*
 * Remembers the credentials as they came, because tesseral_pass_credentials
 * may take them out of the request before it is evaluated again.
 */

ngx_int_t
ngx_http_tesseral_capture(ngx_http_request_t *r, ngx_http_tesseral_ctx_t *ctx)
{
    ngx_uint_t        n;
    tesseral_str     *value;
    ngx_table_elt_t  *h;
#if (nginx_version < 1023000)
    ngx_table_elt_t **cookies;
#endif

    if (ctx->captured) {
        return NGX_OK;
    }

#if (nginx_version >= 1023000)

    n = 0;

    for (h = r->headers_in.authorization; h; h = h->next) {
        n++;
    }

    for (h = r->headers_in.cookie; h; h = h->next) {
        n++;
    }

#else

    n = 1 + r->headers_in.cookies.nelts;

#endif

    value = ngx_palloc(r->pool, (n + 1) * sizeof(tesseral_str));
    if (value == NULL) {
        return NGX_ERROR;
    }

    ctx->authorization = value;

#if (nginx_version >= 1023000)

    for (h = r->headers_in.authorization; h; h = h->next) {
        value->ptr = h->value.data;
        value->len = h->value.len;
        value++;
    }

    ctx->cookie = value;

    for (h = r->headers_in.cookie; h; h = h->next) {
        value->ptr = h->value.data;
        value->len = h->value.len;
        value++;
    }

#else

    /* nginx itself refuses the second Authorization header */

    h = r->headers_in.authorization;

    if (h) {
        value->ptr = h->value.data;
        value->len = h->value.len;
        value++;
    }

    ctx->cookie = value;
    cookies = r->headers_in.cookies.elts;

    for (n = 0; n < r->headers_in.cookies.nelts; n++) {
        value->ptr = cookies[n]->value.data;
        value->len = cookies[n]->value.len;
        value++;
    }

#endif

    ctx->authorization_count = ctx->cookie - ctx->authorization;
    ctx->cookie_count = value - ctx->cookie;
    ctx->captured = 1;

    return NGX_OK;
}
