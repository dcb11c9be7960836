
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static ngx_int_t ngx_http_tesseral_point_to_cookies(ngx_http_request_t *r);
static ngx_int_t ngx_http_tesseral_filter_cookie(ngx_pool_t *pool,
    ngx_table_elt_t *h, void *data);
static ngx_uint_t ngx_http_tesseral_is_unwanted(
    ngx_http_tesseral_unwanted_t *unwanted, u_char *cookie, size_t len);
static ngx_uint_t ngx_http_tesseral_is_of_project(ngx_str_t *id,
    u_char *cookie, size_t len);


static ngx_uint_t
ngx_http_tesseral_is_cookie(ngx_table_elt_t *h, void *data)
{
    return ngx_http_tesseral_is_named(h, &ngx_http_tesseral_cookie);
}


ngx_int_t
ngx_http_tesseral_remove_cookies(ngx_http_request_t *r,
    ngx_http_tesseral_unwanted_t *unwanted)
{
    ngx_int_t  n;

    if (unwanted->projects[0].len == 0 && unwanted->projects[1].len == 0
        && unwanted->name.len == 0)
    {
        return NGX_OK;
    }

    n = ngx_http_tesseral_edit_headers(r, ngx_http_tesseral_is_cookie,
                                       ngx_http_tesseral_filter_cookie,
                                       unwanted);
    if (n == NGX_ERROR) {
        return NGX_ERROR;
    }

    return n ? ngx_http_tesseral_point_to_cookies(r) : NGX_OK;
}


/*
 * nginx keeps each Cookie header in the list, and pointers to them for its
 * variables.  This makes new pointers and changes none of the old headers,
 * since a subrequest and its parent share them.
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


/*
 * Removes the unwanted cookies from a header.  Copies the value only if it may
 * have one.
 */

static ngx_int_t
ngx_http_tesseral_filter_cookie(ngx_pool_t *pool, ngx_table_elt_t *h,
    void *data)
{
    ngx_http_tesseral_unwanted_t *unwanted = data;

    u_char     *p, *pos, *last, *end;
    ngx_str_t   kept, *cookie;

    cookie = &h->value;

    if (unwanted->name.len == 0
        && ngx_strlcasestrn(cookie->data, cookie->data + cookie->len,
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

    while (pos < last) {

        while (pos < last && (*pos == ' ' || *pos == '\t' || *pos == ';')) {
            pos++;
        }

        end = ngx_strlchr(pos, last, ';');
        if (end == NULL) {
            end = last;
        }

        if (end != pos
            && !ngx_http_tesseral_is_unwanted(unwanted, pos, end - pos))
        {
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


/*
 * Whether this is a cookie tesseral_PROJECTID_*, or NAME in any case, as
 * $cookie_NAME finds it.
 */

static ngx_uint_t
ngx_http_tesseral_is_unwanted(ngx_http_tesseral_unwanted_t *unwanted,
    u_char *cookie, size_t len)
{
    u_char     *p, *last, *end;
    ngx_str_t  *name;

    if (ngx_http_tesseral_is_of_project(&unwanted->projects[0], cookie, len)
        || ngx_http_tesseral_is_of_project(&unwanted->projects[1], cookie,
                                           len))
    {
        return 1;
    }

    name = &unwanted->name;

    if (name->len == 0) {
        return 0;
    }

    last = cookie + len;

    /* nginx also splits cookies at commas */

    for (p = cookie; p; p = ngx_strlchr(p, last, ',')) {

        while (p < last && (*p == ' ' || *p == ',')) {
            p++;
        }

        if ((size_t) (last - p) <= name->len
            || ngx_strncasecmp(p, name->data, name->len) != 0)
        {
            continue;
        }

        end = p + name->len;

        while (end < last && *end == ' ') {
            end++;
        }

        if (end < last && *end == '=') {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_http_tesseral_is_of_project(ngx_str_t *id, u_char *cookie, size_t len)
{
    size_t  prefix;

    prefix = sizeof("tesseral_") - 1;

    return id->len
           && len >= prefix + id->len + 1
           && ngx_strncmp(cookie, "tesseral_", prefix) == 0
           && ngx_memcmp(cookie + prefix, id->data, id->len) == 0
           && cookie[prefix + id->len] == '_';
}
