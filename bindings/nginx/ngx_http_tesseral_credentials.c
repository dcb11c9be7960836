
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static ngx_int_t ngx_http_tesseral_remove_cookies(ngx_http_request_t *r,
    ngx_http_tesseral_ctx_t *ctx);
static ngx_int_t ngx_http_tesseral_point_to_cookies(ngx_http_request_t *r);
static ngx_int_t ngx_http_tesseral_filter_cookie(ngx_pool_t *pool,
    ngx_table_elt_t *h, void *data);


/* The accepted credential came from it. */

static ngx_uint_t
ngx_http_tesseral_is_accepted(ngx_table_elt_t *h, void *data)
{
    tesseral_str *credentials = data;

    return ngx_http_tesseral_is_named(h, &ngx_http_tesseral_authorization)
           && credentials->ptr >= h->value.data
           && credentials->ptr < h->value.data + h->value.len;
}


/* What tesseral_pass_credentials off keeps from the upstream. */

ngx_int_t
ngx_http_tesseral_remove_credentials(ngx_http_request_t *r,
    ngx_http_tesseral_ctx_t *ctx)
{
    ngx_int_t  n;

    if (r == r->main && ctx->headers_in == NULL) {
        ctx->headers_in = ngx_palloc(r->pool, sizeof(ngx_http_headers_in_t));
        if (ctx->headers_in == NULL) {
            return NGX_ERROR;
        }

        *ctx->headers_in = r->headers_in;
    }

    if (ctx->status == TESSERAL_OK) {
        n = ngx_http_tesseral_edit_headers(r, ngx_http_tesseral_is_accepted,
                                           NULL, &ctx->auth.credentials);

        if (n == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (n > 0) {
            r->headers_in.authorization = NULL;
        }
    }

    if (ctx->held.keys == NULL || ctx->held.keys->project_id.len == 0) {
        return NGX_OK;
    }

    return ngx_http_tesseral_remove_cookies(r, ctx);
}


static ngx_uint_t
ngx_http_tesseral_is_cookie(ngx_table_elt_t *h, void *data)
{
    return ngx_http_tesseral_is_named(h, &ngx_http_tesseral_cookie);
}


static ngx_int_t
ngx_http_tesseral_remove_cookies(ngx_http_request_t *r,
    ngx_http_tesseral_ctx_t *ctx)
{
    ngx_int_t  n;

    n = ngx_http_tesseral_edit_headers(r, ngx_http_tesseral_is_cookie,
                                       ngx_http_tesseral_filter_cookie,
                                       &ctx->held.keys->project_id);

    if (n == NGX_ERROR) {
        return NGX_ERROR;
    }

    return n ? ngx_http_tesseral_point_to_cookies(r) : NGX_OK;
}


/*
 * Nginx keeps each Cookie header in the list and, for its variables, in
 * another place, as a pointer.  That place is made anew and nothing changed in
 * the headers that it had: a subrequest and its parent point to the same ones.
 */

static ngx_int_t
ngx_http_tesseral_point_to_cookies(ngx_http_request_t *r)
{
    ngx_uint_t         i;
    ngx_list_part_t   *part;
    ngx_table_elt_t   *header, **cookie;

#if (nginx_version >= 1023000)

    cookie = &r->headers_in.cookie;
    *cookie = NULL;

#else

    if (ngx_array_init(&r->headers_in.cookies, r->pool, 2,
                       sizeof(ngx_table_elt_t *))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

#endif

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        header = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (!ngx_http_tesseral_is_named(&header[i],
                                            &ngx_http_tesseral_cookie))
            {
                continue;
            }

#if (nginx_version >= 1023000)

            *cookie = &header[i];
            cookie = &header[i].next;
            *cookie = NULL;

#else

            cookie = ngx_array_push(&r->headers_in.cookies);
            if (cookie == NULL) {
                return NGX_ERROR;
            }

            *cookie = &header[i];

#endif
        }
    }

    return NGX_OK;
}


/* Leaves out the cookies tesseral_PROJECTID_*; copies when there are any. */

static ngx_int_t
ngx_http_tesseral_filter_cookie(ngx_pool_t *pool, ngx_table_elt_t *h,
    void *data)
{
    ngx_str_t *project_id = data;

    u_char     *p, *pos, *last, *end;
    size_t      len;
    ngx_str_t   kept, *cookie;
    ngx_uint_t  ours;

    cookie = &h->value;

    if (ngx_strlcasestrn(cookie->data, cookie->data + cookie->len,
                         (u_char *) "tesseral_", sizeof("tesseral_") - 2)
        == NULL)
    {
        return NGX_OK;
    }

    /* a space may be added after each semicolon */

    kept.data = ngx_pnalloc(pool, 2 * cookie->len);
    if (kept.data == NULL) {
        return NGX_ERROR;
    }

    p = kept.data;
    pos = cookie->data;
    last = cookie->data + cookie->len;
    len = sizeof("tesseral_") - 1 + project_id->len + 1;

    while (pos < last) {

        while (pos < last && (*pos == ' ' || *pos == '\t' || *pos == ';')) {
            pos++;
        }

        end = ngx_strlchr(pos, last, ';');
        if (end == NULL) {
            end = last;
        }

        ours = (size_t) (end - pos) >= len
               && ngx_strncmp(pos, "tesseral_", sizeof("tesseral_") - 1) == 0
               && ngx_memcmp(pos + sizeof("tesseral_") - 1, project_id->data,
                             project_id->len)
                  == 0
               && pos[len - 1] == '_';

        if (!ours && end != pos) {

            if (p != kept.data) {
                *p++ = ';';
                *p++ = ' ';
            }

            p = ngx_cpymem(p, pos, end - pos);
        }

        pos = end;
    }

    kept.len = p - kept.data;
    *cookie = kept;

    return kept.len ? NGX_OK : NGX_DECLINED;
}
