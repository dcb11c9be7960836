
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static ngx_http_tesseral_source_t *ngx_http_tesseral_source_without_keys(
    ngx_http_request_t *r);


/*
 * Answers 200 when every source has keys to use and no list of revoked
 * sessions and users is out of date, else 503.  Begins a fetch that is
 * missing, so that a later probe can succeed.
 */

ngx_int_t
ngx_http_tesseral_ready_handler(ngx_http_request_t *r)
{
    size_t                       size;
    ngx_int_t                    rc;
    ngx_buf_t                   *b;
    ngx_str_t                   *name;
    ngx_chain_t                  out;
    ngx_http_tesseral_source_t  *missing;
    ngx_http_tesseral_revoked_t *outdated;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    missing = ngx_http_tesseral_source_without_keys(r);
    name = missing ? (missing->file.len ? &missing->file : &missing->uri)
                   : NULL;

    outdated = ngx_http_tesseral_outdated_list(
                   ngx_http_get_module_main_conf(r, ngx_http_tesseral_module));

    if (missing == NULL && outdated != NULL) {
        name = &outdated->file;
    }

    size = sizeof("keys_unavailable: no keys from \"\"\n")
           + (name ? name->len : 0);

    b = ngx_create_temp_buf(r->pool, size);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (missing && missing->locked) {
        b->last = ngx_slprintf(b->last, b->end,
                               "workers cannot read \"%V\"\n", name);

    } else if (missing) {
        b->last = ngx_slprintf(b->last, b->end, "%s: no keys from \"%V\"\n",
                               tesseral_status_slug(
                                               TESSERAL_ERR_KEYS_UNAVAILABLE),
                               name);
    } else if (outdated) {
        b->last = ngx_slprintf(b->last, b->end, "no newer list from \"%V\"\n",
                               name);

    } else {
        b->last = ngx_slprintf(b->last, b->end, "ready\n");
    }

    b->last_buf = (r == r->main);
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_tesseral_send_page(r, missing || outdated
                                          ? NGX_HTTP_SERVICE_UNAVAILABLE
                                          : NGX_HTTP_OK,
                                       "text/plain", &out, b->last - b->pos);
}


/* The last source without keys, or NULL.  Begins every fetch that is due. */

static ngx_http_tesseral_source_t *
ngx_http_tesseral_source_without_keys(ngx_http_request_t *r)
{
    ngx_uint_t                       i;
    ngx_http_tesseral_source_t     **sources, *missing;
    ngx_http_tesseral_main_conf_t   *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_tesseral_module);

    missing = NULL;
    sources = mcf->sources.elts;

    for (i = 0; i < mcf->sources.nelts; i++) {

        if (ngx_http_tesseral_current_keys(sources[i]) != NULL
            && !sources[i]->locked)
        {
            continue;
        }

        missing = sources[i];

        ngx_http_tesseral_fetch_if_due(missing);
    }

    return missing;
}
