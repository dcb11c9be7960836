
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static ngx_pool_cleanup_t *ngx_http_tesseral_find_cleanup(
    ngx_http_request_t *r);
static ngx_uint_t ngx_http_tesseral_received(ngx_http_request_t *r);
static void ngx_http_tesseral_cleanup_ctx(void *data);
static void ngx_http_tesseral_release_held(void *data);


/*
 * Post-read phase: nginx has read the request line and all header lines, and
 * found them valid.  A request that nginx refused earlier skips this phase,
 * and enters the phases later by an "error_page" or a "post_action".
 */

ngx_int_t
ngx_http_tesseral_post_read_handler(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t             *cln;
    ngx_http_tesseral_ctx_t        *ctx;
    ngx_http_tesseral_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_tesseral_module);

    if (mcf->sources.nelts == 0 || r != r->main) {
        return ngx_http_tesseral_strip_identity(r);
    }

    ctx = ngx_http_tesseral_find_ctx(r);

    if (ctx) {

        /* another module asked for a variable earlier in this phase */

        ctx->received = 1;
        ctx->captured = 0;
        ctx->evaluated = 0;

    } else {
        cln = ngx_pool_cleanup_add(r->pool, 0);
        if (cln == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        cln->handler = ngx_http_tesseral_cleanup_ctx;
    }

    ngx_log_debug0(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "tesseral: the request is received");

    return ngx_http_tesseral_strip_identity(r);
}


/*
 * nginx clears the contexts of modules at an internal redirect.  So the
 * context is also kept in a cleanup of the request's pool, which is found by
 * its handler.
 *
 * A subrequest gets its context when it begins with the phases, see
 * ngx_http_tesseral_server_rewrite_handler().  One that has none is a clone,
 * such as those of slices and of updates of the cache: nginx continues in it
 * what its parent has begun, and the verdict is that of the parent.
 */

ngx_http_tesseral_ctx_t *
ngx_http_tesseral_find_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t       *cln;
    ngx_http_tesseral_ctx_t  *ctx;

    for ( ;; ) {

        ctx = ngx_http_get_module_ctx(r, ngx_http_tesseral_module);

        if (ctx != NULL || (!r->internal && !r->filter_finalize)) {
            return ctx;
        }

        cln = ngx_http_tesseral_find_cleanup(r);

        if (cln != NULL && cln->data != NULL) {
            ngx_http_set_ctx(r, cln->data, ngx_http_tesseral_module);
            return cln->data;
        }

        if (r == r->main) {
            return NULL;
        }

        r = r->parent;
    }
}


/*
 * The cleanup that holds the context of r.  That of main is there before its
 * context, and has no data until then.
 */

static ngx_pool_cleanup_t *
ngx_http_tesseral_find_cleanup(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t       *cln;
    ngx_http_tesseral_ctx_t  *ctx;

    for (cln = r->pool->cleanup; cln; cln = cln->next) {

        if (cln->handler != ngx_http_tesseral_cleanup_ctx) {
            continue;
        }

        ctx = cln->data;

        if (ctx ? ctx->request == r : r == r->main) {
            return cln;
        }
    }

    return NULL;
}


/* Whether nginx has read all of the client's request. */

static ngx_uint_t
ngx_http_tesseral_received(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t       *cln;
    ngx_http_tesseral_ctx_t  *ctx;

    cln = ngx_http_tesseral_find_cleanup(r->main);

    if (cln == NULL) {
        return 0;
    }

    ctx = cln->data;

    return ctx ? ctx->received : 1;
}


/* The context of r, made if there is none; for a clone, that of its parent. */

ngx_http_tesseral_ctx_t *
ngx_http_tesseral_make_ctx(ngx_http_request_t *r)
{
    ngx_http_tesseral_ctx_t  *ctx;

    ctx = ngx_http_tesseral_find_ctx(r);

    return ctx ? ctx : ngx_http_tesseral_create_ctx(r->main);
}


ngx_http_tesseral_ctx_t *
ngx_http_tesseral_create_ctx(ngx_http_request_t *r)
{
    ngx_uint_t                received;
    ngx_pool_cleanup_t       *cln;
    ngx_http_tesseral_ctx_t  *ctx;

    ctx = ngx_pcalloc(r->pool, sizeof(ngx_http_tesseral_ctx_t));
    if (ctx == NULL) {
        return NULL;
    }

    cln = ngx_http_tesseral_find_cleanup(r);
    received = ngx_http_tesseral_received(r);

    if (cln == NULL) {
        cln = ngx_pool_cleanup_add(r->pool, 0);
        if (cln == NULL) {
            return NULL;
        }

        cln->handler = ngx_http_tesseral_cleanup_ctx;
    }

    cln->data = ctx;
    ctx->request = r;
    ctx->received = received;

    ngx_http_set_ctx(r, ctx, ngx_http_tesseral_module);

    return ctx;
}


static void
ngx_http_tesseral_cleanup_ctx(void *data)
{
    ngx_http_tesseral_ctx_t *ctx = data;

    if (ctx == NULL) {
        return;
    }

    if (ctx->wake.timer_set) {
        ngx_del_timer(&ctx->wake);
    }

    ngx_http_tesseral_release_held(&ctx->held);
}


static void
ngx_http_tesseral_release_held(void *data)
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
 * Empties *held for another evaluation.  What it held lives as long as the
 * request, because headers and variables point into it.
 */

ngx_int_t
ngx_http_tesseral_retire_held(ngx_http_request_t *r,
    ngx_http_tesseral_held_t *held)
{
    ngx_pool_cleanup_t  *cln;

    if (held->keys == NULL) {
        return NGX_OK;
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_tesseral_held_t));
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_tesseral_release_held;
    *(ngx_http_tesseral_held_t *) cln->data = *held;

    ngx_memzero(held, sizeof(ngx_http_tesseral_held_t));

    return NGX_OK;
}


/*
 * Copies what *auth points to out of the scratch memory, which all requests of
 * the process share.  Only the credential stays where it is, in its header or
 * variable: by its address, ngx_http_tesseral_remove_credentials() finds the
 * header.
 */

uint32_t
ngx_http_tesseral_keep_auth(ngx_pool_t *pool, tesseral_auth *auth)
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
