
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


/*
 * Connection = #connection-option (RFC 9110 section 7.6.1): empty elements and
 * white space are skipped
 */

static ngx_uint_t
ngx_http_tesseral_next_option(u_char **pos, u_char *last, ngx_str_t *option)
{
    u_char  *p, *end;

    p = *pos;

    while (p < last && (*p == ' ' || *p == '\t' || *p == ',')) {
        p++;
    }

    option->data = p;

    while (p < last && *p != ',') {
        p++;
    }

    *pos = p;
    end = p;

    while (end > option->data && (end[-1] == ' ' || end[-1] == '\t')) {
        end--;
    }

    option->len = end - option->data;

    return option->len != 0;
}


/*
 * A proxy removes the headers that Connection names (RFC 9110 section 7.6.1).
 * Where nginx passes the client's Connection header on, the client could have
 * the next proxy remove our identity headers.
 */

ngx_uint_t
ngx_http_tesseral_connection_names_identity(ngx_table_elt_t *h)
{
    u_char     *p, *last;
    ngx_str_t   option;

    static ngx_str_t  connection = ngx_string("Connection");

    if (!ngx_http_tesseral_is_named(h, &connection)) {
        return 0;
    }

    p = h->value.data;
    last = p + h->value.len;

    while (ngx_http_tesseral_next_option(&p, last, &option)) {
        if (ngx_http_tesseral_is_identity_name(&option)) {
            return 1;
        }
    }

    return 0;
}


/*
 * Removes the names of identity headers from a Connection header.
 * NGX_DECLINED: no other name is left.
 */

ngx_int_t
ngx_http_tesseral_edit_connection(ngx_pool_t *pool, ngx_table_elt_t *h)
{
    u_char     *p, *last, *kept;
    ngx_str_t   option;

    /* a space may be added after each comma */

    kept = ngx_pnalloc(pool, 2 * h->value.len);
    if (kept == NULL) {
        return NGX_ERROR;
    }

    p = h->value.data;
    last = p + h->value.len;

    h->value.data = kept;

    while (ngx_http_tesseral_next_option(&p, last, &option)) {

        if (ngx_http_tesseral_is_identity_name(&option)) {
            continue;
        }

        if (kept != h->value.data) {
            *kept++ = ',';
            *kept++ = ' ';
        }

        kept = ngx_cpymem(kept, option.data, option.len);
    }

    h->value.len = kept - h->value.data;

    return h->value.len ? NGX_OK : NGX_DECLINED;
}
