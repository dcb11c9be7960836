
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static ngx_table_elt_t *ngx_http_tesseral_response_header(
    ngx_http_request_t *r, ngx_table_elt_t **known);
static ngx_int_t ngx_http_tesseral_challenge(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx,
    uint32_t status, ngx_int_t http_status);
static ngx_int_t ngx_http_tesseral_retry_after(ngx_http_request_t *r,
    ngx_http_tesseral_ctx_t *ctx);


/* Whether the text can be a header's value: printable ASCII. */

static ngx_uint_t
ngx_http_tesseral_printable(ngx_str_t *text)
{
    size_t  i;

    for (i = 0; i < text->len; i++) {
        if (text->data[i] < 0x20 || text->data[i] > 0x7e) {
            return 0;
        }
    }

    return 1;
}


char *
ngx_http_tesseral_check_realm(ngx_conf_t *cf, void *post, void *data)
{
    ngx_str_t  *realm = data;

    if (!ngx_http_tesseral_printable(realm)
        || ngx_strlchr(realm->data, realm->data + realm->len, '"') != NULL
        || ngx_strlchr(realm->data, realm->data + realm->len, '\\') != NULL)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"tesseral_realm\" takes printable ASCII without "
                           "quotes and backslashes");
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_tesseral_set_www_authenticate(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_tesseral_loc_conf_t *lcf = conf;

    ngx_str_t  *value;

    if (lcf->challenge != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        lcf->challenge = NGX_HTTP_TESSERAL_CHALLENGE_OFF;

    } else if (ngx_strcmp(value[1].data, "on") == 0) {
        lcf->challenge = NGX_HTTP_TESSERAL_CHALLENGE_ON;

    } else if (value[1].len != 0 && ngx_http_tesseral_printable(&value[1])) {
        lcf->challenge = NGX_HTTP_TESSERAL_CHALLENGE_STRING;
        lcf->challenge_string = value[1];

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"tesseral_www_authenticate\" takes \"on\", "
                           "\"off\" or printable ASCII");
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/*
 * Answers the client with what RFC 6750 section 3 requires, and nothing more.
 */

ngx_int_t
ngx_http_tesseral_refuse(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx,
    uint32_t status, ngx_int_t http_status)
{
    ngx_int_t  rc;

    switch (http_status) {

    case NGX_HTTP_UNAUTHORIZED:
    case NGX_HTTP_FORBIDDEN:
        rc = ngx_http_tesseral_challenge(r, lcf, ctx, status, http_status);
        break;

    case NGX_HTTP_SERVICE_UNAVAILABLE:
        rc = ngx_http_tesseral_retry_after(r, ctx);
        break;

    default:
        rc = NGX_OK;
    }

    return rc == NGX_OK ? http_status : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


/*
 * A header of the response, for the caller to fill.  NULL with *known set: the
 * header of an earlier refusal is still there, kept by an "error_page".  NULL
 * without *known: out of memory.
 */

static ngx_table_elt_t *
ngx_http_tesseral_response_header(ngx_http_request_t *r,
    ngx_table_elt_t **known)
{
    ngx_table_elt_t  *h;

    h = *known;

    if (h == NULL) {
        h = ngx_list_push(&r->headers_out.headers);
        if (h == NULL) {
            return NULL;
        }

        *known = h;

    } else if (h->hash) {
        return NULL;
    }

    /* new, or cleared by "satisfy any" */

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    return h;
}


static ngx_int_t
ngx_http_tesseral_challenge(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx,
    uint32_t status, ngx_int_t http_status)
{
    u_char           *p;
    ngx_str_t         error;
    ngx_table_elt_t  *h;

    if (lcf->challenge == NGX_HTTP_TESSERAL_CHALLENGE_OFF) {
        return NGX_OK;
    }

    h = ngx_http_tesseral_response_header(r, &ctx->www_authenticate);
    if (h == NULL) {
        return ctx->www_authenticate ? NGX_OK : NGX_ERROR;
    }

    ngx_str_set(&h->key, "WWW-Authenticate");

    /* "satisfy any" clears the header through this pointer */

    r->headers_out.www_authenticate = h;

    if (lcf->challenge == NGX_HTTP_TESSERAL_CHALLENGE_STRING) {
        h->value = lcf->challenge_string;
        h->hash = 1;
        return NGX_OK;
    }

    if (status == TESSERAL_ERR_CREDENTIALS_MISSING) {
        ngx_str_set(&error, "");

    } else if (http_status == NGX_HTTP_FORBIDDEN) {
        ngx_str_set(&error, ", error=\"insufficient_scope\"");

    } else {
        ngx_str_set(&error, ", error=\"invalid_token\"");
    }

    p = ngx_pnalloc(r->pool, sizeof("Bearer realm=\"\"") - 1 + lcf->realm.len
                             + error.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    h->value.data = p;

    p = ngx_cpymem(p, "Bearer realm=\"", sizeof("Bearer realm=\"") - 1);
    p = ngx_cpymem(p, lcf->realm.data, lcf->realm.len);
    *p++ = '"';
    p = ngx_cpymem(p, error.data, error.len);

    h->value.len = p - h->value.data;
    h->hash = 1;

    return NGX_OK;
}


static ngx_int_t
ngx_http_tesseral_retry_after(ngx_http_request_t *r,
    ngx_http_tesseral_ctx_t *ctx)
{
    ngx_table_elt_t  *h;

    h = ngx_http_tesseral_response_header(r, &ctx->retry_after);
    if (h == NULL) {
        return ctx->retry_after ? NGX_OK : NGX_ERROR;
    }

    ngx_str_set(&h->key, "Retry-After");

    h->value.data = ngx_pnalloc(r->pool, NGX_TIME_T_LEN);
    if (h->value.data == NULL) {
        return NGX_ERROR;
    }

    h->value.len = ngx_sprintf(h->value.data, "%d",
                               NGX_HTTP_TESSERAL_RETRY_AFTER)
                   - h->value.data;
    h->hash = 1;

    return NGX_OK;
}
