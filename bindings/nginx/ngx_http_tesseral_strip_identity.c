
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static ngx_uint_t
ngx_http_tesseral_is_forged(ngx_table_elt_t *h, void *data)
{
    return ngx_http_tesseral_is_identity_name(&h->key)
           || ngx_http_tesseral_connection_names_identity(h);
}


static ngx_int_t
ngx_http_tesseral_strip_header(ngx_pool_t *pool, ngx_table_elt_t *h, void *data)
{
    ngx_int_t *n = data;

    if (ngx_http_tesseral_is_identity_name(&h->key)) {
        (*n)++;
        return NGX_DECLINED;
    }

    return ngx_http_tesseral_edit_connection(pool, h);
}


/*
 * Runs in the post-read phase, and again in each location after a redirect.
 * There it also removes the headers that we added in the location before, and
 * in a subrequest those of its parent.
 */

ngx_int_t
ngx_http_tesseral_strip_identity(ngx_http_request_t *r)
{
    ngx_int_t                       n;
    ngx_http_tesseral_srv_conf_t   *scf;
    ngx_http_tesseral_main_conf_t  *mcf;

    scf = ngx_http_get_module_srv_conf(r, ngx_http_tesseral_module);

    if (!scf->strip_identity || ngx_http_tesseral_is_own_subrequest(r)) {
        return NGX_DECLINED;
    }

    n = ngx_http_tesseral_remove_identity(r);

    if (n == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "tesseral: identity headers removed: %i", n);

    if (n > 0 && !r->internal) {
        mcf = ngx_http_get_module_main_conf(r, ngx_http_tesseral_module);

        if (mcf->shared) {
            (void) ngx_atomic_fetch_add(&mcf->shared->stripped, n);
        }
    }

    return NGX_DECLINED;
}


/* Removes all identity headers, and returns their number. */

ngx_int_t
ngx_http_tesseral_remove_identity(ngx_http_request_t *r)
{
    ngx_int_t  n, rc;

    n = 0;

    rc = ngx_http_tesseral_edit_headers(r, ngx_http_tesseral_is_forged,
                                        ngx_http_tesseral_strip_header, &n);

    return rc == NGX_ERROR ? NGX_ERROR : n;
}
