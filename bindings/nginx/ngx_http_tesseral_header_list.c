
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static ngx_int_t ngx_http_tesseral_copy_list(ngx_http_request_t *r,
    ngx_http_tesseral_named_pt named, ngx_http_tesseral_edit_pt edit,
    void *data);


/*
 * Edits the request headers for which "named" is true, and returns their
 * number.  Without "edit" it removes them.  It copies the list and leaves the
 * old one unchanged, because other structures point into it, and because nginx
 * reads past the end of a part that has become empty.
 */

ngx_int_t
ngx_http_tesseral_edit_headers(ngx_http_request_t *r,
    ngx_http_tesseral_named_pt named, ngx_http_tesseral_edit_pt edit,
    void *data)
{
    ngx_int_t         n;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *header;

    n = 0;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        header = part->elts;

        for (i = 0; i < part->nelts; i++) {
            n += named(&header[i], data);
        }
    }

    if (n == 0) {
        return 0;
    }

    return ngx_http_tesseral_copy_list(r, named, edit, data) == NGX_OK
           ? n : NGX_ERROR;
}


/*
 * Makes sure that headers can be added to the list.
 *
 * nginx initializes the list when it begins to read header lines.  So a
 * request of HTTP/0.9 has none, nor has one that nginx refused in the request
 * line and sends on to an "error_page" or a "post_action".  A subrequest
 * begins with a copy of the structure, in which "last" still points into the
 * parent's.
 */

ngx_int_t
ngx_http_tesseral_own_header_list(ngx_http_request_t *r)
{
    ngx_list_t  *list;

    list = &r->headers_in.headers;

    if (list->last != NULL && (r == r->main || list->last == &list->part)) {
        return NGX_OK;
    }

    return ngx_http_tesseral_copy_list(r, NULL, NULL, NULL);
}


static ngx_int_t
ngx_http_tesseral_copy_list(ngx_http_request_t *r,
    ngx_http_tesseral_named_pt named, ngx_http_tesseral_edit_pt edit,
    void *data)
{
    ngx_list_t        list;
    ngx_uint_t        i, n;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *header, *h;

    /* with room for the identity headers that may follow */

    n = NGX_HTTP_TESSERAL_IDENTITY_NAMES;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        n += part->nelts;
    }

    if (ngx_list_init(&list, r->pool, n, sizeof(ngx_table_elt_t)) != NGX_OK) {
        return NGX_ERROR;
    }

    h = list.part.elts;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        header = part->elts;

        for (i = 0; i < part->nelts; i++) {

            *h = header[i];

            if (named == NULL || !named(h, data)) {
                h++;
                continue;
            }

            switch (edit ? edit(r->pool, h, data) : NGX_DECLINED) {

            case NGX_OK:
                h++;
                break;

            case NGX_DECLINED:
                break;

            default:
                return NGX_ERROR;
            }
        }
    }

    list.part.nelts = h - (ngx_table_elt_t *) list.part.elts;

    /* list.part was copied, so "last" must point to the copy */

    r->headers_in.headers = list;
    r->headers_in.headers.last = &r->headers_in.headers.part;

    return NGX_OK;
}


ngx_uint_t
ngx_http_tesseral_is_named(ngx_table_elt_t *h, const ngx_str_t *name)
{
    return h->key.len == name->len
           && ngx_strncasecmp(h->key.data, name->data, name->len) == 0;
}
