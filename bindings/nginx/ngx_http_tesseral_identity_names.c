
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


/* as the upstream gets them; the values: ngx_http_tesseral_pass_identity.c */

const ngx_str_t
    ngx_http_tesseral_identity_names[NGX_HTTP_TESSERAL_IDENTITY_NAMES] =
{
    ngx_string("X-Tesseral-Credentials-Type"),
    ngx_string("X-Tesseral-Project-Id"),
    ngx_string("X-Tesseral-Organization-Id"),
    ngx_string("X-Tesseral-User-Id"),
    ngx_string("X-Tesseral-Session-Id"),
    ngx_string("X-Tesseral-User-Email"),
    ngx_string("X-Tesseral-Api-Key-Id"),
    ngx_string("X-Tesseral-Impersonator-Email"),
    ngx_string("X-Tesseral-Actions"),
    ngx_string("X-Tesseral-Actions-Truncated"),
    ngx_string("X-Tesseral-Claims")
};


/*
 * Whether an application could take this header for one of ours.  CGI and WSGI
 * turn '-' and other octets into '_', and case does not count.
 */

ngx_uint_t
ngx_http_tesseral_is_identity_name(ngx_str_t *name)
{
    u_char      ch, want;
    size_t      n;
    ngx_uint_t  i;

    if (name->len < sizeof("X-Tesseral-Claims") - 1
        || name->len > sizeof("X-Tesseral-Impersonator-Email") - 1
        || (name->data[0] | 0x20) != 'x')
    {
        return 0;
    }

    for (i = 0; i < NGX_HTTP_TESSERAL_IDENTITY_NAMES; i++) {

        if (name->len != ngx_http_tesseral_identity_names[i].len) {
            continue;
        }

        for (n = 0; n < name->len; n++) {
            ch = ngx_tolower(name->data[n]);
            want = ngx_tolower(ngx_http_tesseral_identity_names[i].data[n]);

            if (!((ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9'))) {
                ch = '-';
            }

            if (ch != want) {
                break;
            }
        }

        if (n == name->len) {
            return 1;
        }
    }

    return 0;
}
