
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static ngx_int_t ngx_http_tesseral_remove_cookies(ngx_http_request_t *r,
    ngx_http_tesseral_ctx_t *ctx);
static ngx_int_t ngx_http_tesseral_filter_cookie(ngx_pool_t *pool,
    ngx_str_t *cookie, ngx_str_t *project_id);


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

    if (ctx->status == TESSERAL_OK) {
        n = ngx_http_tesseral_unlink(r, ngx_http_tesseral_is_accepted,
                                     &ctx->auth.credentials);

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
ngx_http_tesseral_is_empty_cookie(ngx_table_elt_t *h, void *data)
{
    return h->value.len == 0
           && ngx_http_tesseral_is_named(h, &ngx_http_tesseral_cookie);
}


/*
 * Nginx keeps each Cookie header in the list and, for its variables, in
 * another place, as a pointer that may be to an older copy of the list.
 */

static ngx_int_t
ngx_http_tesseral_remove_cookies(ngx_http_request_t *r,
    ngx_http_tesseral_ctx_t *ctx)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *header;
#if (nginx_version >= 1023000)
    ngx_table_elt_t  *h;
#else
    ngx_table_elt_t **cookies;
#endif

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        header = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (ngx_http_tesseral_is_named(&header[i],
                                           &ngx_http_tesseral_cookie)
                && ngx_http_tesseral_filter_cookie(r->pool, &header[i].value,
                                                   &ctx->held.keys->project_id)
                   != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

#if (nginx_version >= 1023000)

    for (h = r->headers_in.cookie; h; h = h->next) {
        if (ngx_http_tesseral_filter_cookie(r->pool, &h->value,
                                            &ctx->held.keys->project_id)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

#else

    cookies = r->headers_in.cookies.elts;

    for (i = 0; i < r->headers_in.cookies.nelts; i++) {
        if (ngx_http_tesseral_filter_cookie(r->pool, &cookies[i]->value,
                                            &ctx->held.keys->project_id)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

#endif

    return ngx_http_tesseral_unlink(r, ngx_http_tesseral_is_empty_cookie,
                                    NULL)
           == NGX_ERROR ? NGX_ERROR : NGX_OK;
}


/* Leaves out the cookies tesseral_PROJECTID_*; copies when there are any. */

static ngx_int_t
ngx_http_tesseral_filter_cookie(ngx_pool_t *pool, ngx_str_t *cookie,
    ngx_str_t *project_id)
{
    u_char     *p, *pos, *last, *end;
    size_t      len;
    ngx_str_t   kept;
    ngx_uint_t  ours;

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

    return NGX_OK;
}
