
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static ngx_int_t ngx_http_tesseral_header_values(ngx_http_request_t *r,
    const ngx_str_t *name, tesseral_str **values, ngx_uint_t *count);
static ngx_http_variable_value_t *ngx_http_tesseral_token_value(
    ngx_http_request_t *r, ngx_http_tesseral_loc_conf_t *lcf);


char *
ngx_http_tesseral_set_token(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_tesseral_loc_conf_t *lcf = conf;

    ngx_str_t  *value, name;

    if (lcf->token != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len < 2 || value[1].data[0] != '$') {
        return ngx_http_tesseral_invalid(cf, cmd, &value[1]);
    }

    name.data = value[1].data + 1;
    name.len = value[1].len - 1;

    lcf->token = ngx_http_get_variable_index(cf, &name);
    lcf->token_name = name;

    return lcf->token == NGX_ERROR ? NGX_CONF_ERROR : NGX_CONF_OK;
}


const ngx_str_t  ngx_http_tesseral_authorization =
                                                  ngx_string("Authorization");
const ngx_str_t  ngx_http_tesseral_cookie = ngx_string("Cookie");


/*
 * Keeps the credentials as the client sent them, because
 * "tesseral_pass_credentials off" may remove them before the request is
 * evaluated again.  They are read from the list that the upstream gets: of
 * several headers with one name, nginx's own fields have only some.  A
 * subrequest has the credentials of its client.
 */

ngx_int_t
ngx_http_tesseral_capture_credentials(ngx_http_request_t *r,
    ngx_http_tesseral_ctx_t *ctx)
{
    ngx_http_tesseral_ctx_t  *client;

    if (ctx->captured) {
        return NGX_OK;
    }

    if (r != r->main) {
        client = ngx_http_tesseral_make_ctx(r->main);

        if (client == NULL
            || ngx_http_tesseral_capture_credentials(r->main, client) != NGX_OK)
        {
            return NGX_ERROR;
        }

        ctx->authorization = client->authorization;
        ctx->authorization_count = client->authorization_count;
        ctx->cookie = client->cookie;
        ctx->cookie_count = client->cookie_count;
        ctx->captured = 1;

        return NGX_OK;
    }

    if (ngx_http_tesseral_header_values(r, &ngx_http_tesseral_authorization,
                                        &ctx->authorization,
                                        &ctx->authorization_count)
        != NGX_OK
        || ngx_http_tesseral_header_values(r, &ngx_http_tesseral_cookie,
                                           &ctx->cookie, &ctx->cookie_count)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ctx->captured = 1;

    return NGX_OK;
}


/* The values of all header lines with this name. */

static ngx_int_t
ngx_http_tesseral_header_values(ngx_http_request_t *r, const ngx_str_t *name,
    tesseral_str **values, ngx_uint_t *count)
{
    ngx_uint_t        i, n;
    tesseral_str     *value;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *header;

    n = 0;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        header = part->elts;

        for (i = 0; i < part->nelts; i++) {
            n += ngx_http_tesseral_is_named(&header[i], name);
        }
    }

    *values = NULL;
    *count = n;

    if (n == 0) {
        return NGX_OK;
    }

    value = ngx_palloc(r->pool, n * sizeof(tesseral_str));
    if (value == NULL) {
        return NGX_ERROR;
    }

    *values = value;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        header = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (ngx_http_tesseral_is_named(&header[i], name)) {
                value->ptr = header[i].value.data;
                value->len = header[i].value.len;
                value++;
            }
        }
    }

    return NGX_OK;
}


/*
 * Says where the credentials are: in headers, or in the variable of
 * "tesseral_token".
 */

ngx_int_t
ngx_http_tesseral_find_credentials(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx,
    tesseral_headers *headers)
{
    ngx_http_variable_value_t  *v;

    headers->refuse_api_keys = (lcf->lookup == NULL);

    if (lcf->token == NGX_CONF_UNSET) {
        headers->authorization = ctx->authorization;
        headers->authorization_count = ctx->authorization_count;
        headers->cookie = ctx->cookie;
        headers->cookie_count = ctx->cookie_count;

        return NGX_OK;
    }

    v = ngx_http_tesseral_token_value(r, lcf);
    if (v == NULL) {
        return NGX_ERROR;
    }

    if (!v->not_found && v->len) {
        headers->credential.ptr = v->data;
        headers->credential.len = v->len;
    }

    return NGX_OK;
}


/*
 * The value of the variable of "tesseral_token", evaluated with the client's
 * headers: "tesseral_pass_credentials off" may have removed the token from
 * those of the request.
 */

static ngx_http_variable_value_t *
ngx_http_tesseral_token_value(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf)
{
    ngx_http_headers_in_t       headers_in;
    ngx_http_tesseral_ctx_t    *client;
    ngx_http_variable_value_t  *v;

    ngx_http_tesseral_share_variables(r);

    client = ngx_http_tesseral_find_ctx(r->main);

    if (client == NULL || client->headers_in == NULL) {
        return ngx_http_get_flushed_variable(r, lcf->token);
    }

    headers_in = r->headers_in;
    r->headers_in = *client->headers_in;

    v = ngx_http_get_flushed_variable(r, lcf->token);

    r->headers_in = headers_in;

    return v;
}
