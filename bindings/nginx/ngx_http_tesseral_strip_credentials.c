
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static void ngx_http_tesseral_unwanted_projects(
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx,
    ngx_str_t *projects);


/* Whether the accepted credential came from this header. */

static ngx_uint_t
ngx_http_tesseral_is_accepted(ngx_table_elt_t *h, void *data)
{
    tesseral_str *credentials = data;

    return ngx_http_tesseral_is_named(h, &ngx_http_tesseral_authorization)
           && credentials->ptr >= h->value.data
           && credentials->ptr < h->value.data + h->value.len;
}


/* Whether a variable $http_NAME has the value of this header. */

static ngx_uint_t
ngx_http_tesseral_is_variable(ngx_table_elt_t *h, void *data)
{
    ngx_str_t *name = data;

    u_char  ch;
    size_t  i;

    if (h->key.len != name->len) {
        return 0;
    }

    for (i = 0; i < name->len; i++) {
        ch = (h->key.data[i] == '-') ? '_' : ngx_tolower(h->key.data[i]);

        if (ch != ngx_tolower(name->data[i])) {
            return 0;
        }
    }

    return 1;
}


/* The part of a variable's name behind a prefix; empty without the prefix. */

static ngx_str_t
ngx_http_tesseral_variable_after(ngx_str_t *name, const char *prefix)
{
    size_t     len;
    ngx_str_t  rest;

    len = ngx_strlen(prefix);
    ngx_str_null(&rest);

    if (name->len > len
        && ngx_strncasecmp(name->data, (u_char *) prefix, len) == 0)
    {
        rest.data = name->data + len;
        rest.len = name->len - len;
    }

    return rest;
}


/* Whether "tesseral_pass_credentials off" can remove the token. */

ngx_uint_t
ngx_http_tesseral_can_remove(ngx_str_t *variable)
{
    ngx_str_t  name;

    name = ngx_http_tesseral_variable_after(variable, NGX_HTTP_TESSERAL_HTTP);

    /* $http_cookie is all cookies, of which one is the token */

    if (name.len == ngx_http_tesseral_cookie.len
        && ngx_strncasecmp(name.data, ngx_http_tesseral_cookie.data, name.len)
           == 0)
    {
        return 0;
    }

    return name.len
           || ngx_http_tesseral_variable_after(variable,
                                               NGX_HTTP_TESSERAL_COOKIE).len;
}


/*
 * Removes the credentials that "tesseral_pass_credentials off" keeps from the
 * upstream.
 */

ngx_int_t
ngx_http_tesseral_remove_credentials(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx)
{
    ngx_int_t                     n;
    ngx_str_t                     header;
    ngx_http_tesseral_unwanted_t  unwanted;

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

    ngx_memzero(&unwanted, sizeof(ngx_http_tesseral_unwanted_t));

    if (ngx_http_tesseral_can_remove(&lcf->token_name)) {
        header = ngx_http_tesseral_variable_after(&lcf->token_name,
                                                  NGX_HTTP_TESSERAL_HTTP);

        if (header.len
            && ngx_http_tesseral_edit_headers(r, ngx_http_tesseral_is_variable,
                                              NULL, &header)
               == NGX_ERROR)
        {
            return NGX_ERROR;
        }

        if (header.len == ngx_http_tesseral_authorization.len
            && ngx_strncasecmp(header.data,
                               ngx_http_tesseral_authorization.data,
                               header.len)
               == 0)
        {
            r->headers_in.authorization = NULL;
        }

        unwanted.name = ngx_http_tesseral_variable_after(&lcf->token_name,
                                                NGX_HTTP_TESSERAL_COOKIE);
    }

    ngx_http_tesseral_unwanted_projects(lcf, ctx, unwanted.projects);

    return ngx_http_tesseral_remove_cookies(r, &unwanted);
}


/*
 * The projects whose cookies are removed: both, whichever accepted the token.
 * While there are no keys, those that the configuration names.
 */

static void
ngx_http_tesseral_unwanted_projects(ngx_http_tesseral_loc_conf_t *lcf,
    ngx_http_tesseral_ctx_t *ctx, ngx_str_t *projects)
{
    ngx_http_tesseral_keys_t  *keys;

    keys = (lcf->also != NULL) ? lcf->source->keys : ctx->held.keys;

    projects[0] = keys ? keys->project_id : lcf->project_id;

    if (lcf->also != NULL) {
        projects[1] = lcf->also_project;
    }
}
