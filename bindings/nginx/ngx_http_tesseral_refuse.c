
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static ngx_int_t ngx_http_tesseral_challenge(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, uint32_t status, ngx_int_t http_status);
static ngx_int_t ngx_http_tesseral_retry_after(ngx_http_request_t *r);


/* Logs the reason, and tells the client as much as RFC 6750 has it told. */

ngx_int_t
ngx_http_tesseral_refuse(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, uint32_t status, ngx_int_t http_status)
{
    ngx_int_t  rc;

    ngx_http_tesseral_log(r, "request refused", status);

    switch (http_status) {

    case NGX_HTTP_UNAUTHORIZED:
    case NGX_HTTP_FORBIDDEN:
        rc = ngx_http_tesseral_challenge(r, lcf, status, http_status);
        break;

    case NGX_HTTP_SERVICE_UNAVAILABLE:
        rc = ngx_http_tesseral_retry_after(r);
        break;

    default:
        rc = NGX_OK;
    }

    return rc == NGX_OK ? http_status : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


/* info is for a client's fault, error for one that the operator can mend */

void
ngx_http_tesseral_log(ngx_http_request_t *r, const char *what, uint32_t status)
{
    ngx_uint_t  level;

    level = tesseral_status_http(status) >= NGX_HTTP_INTERNAL_SERVER_ERROR
            ? NGX_LOG_ERR : NGX_LOG_INFO;

    ngx_log_error(level, r->connection->log, 0, "tesseral: %s (%uD %s): %s",
                  what, status, tesseral_status_slug(status),
                  tesseral_status_text(status));
}


static ngx_int_t
ngx_http_tesseral_challenge(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, uint32_t status, ngx_int_t http_status)
{
    u_char           *p;
    ngx_str_t         error;
    ngx_table_elt_t  *h;

    if (lcf->challenge == NGX_HTTP_TESSERAL_CHALLENGE_OFF) {
        return NGX_OK;
    }

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));
    ngx_str_set(&h->key, "WWW-Authenticate");

    /* satisfy any takes it back through this pointer */

    r->headers_out.www_authenticate = h;

    if (lcf->challenge == NGX_HTTP_TESSERAL_CHALLENGE_STRING) {
        h->value = lcf->challenge_string;
        h->hash = 1;
        return NGX_OK;
    }

    if (status == TESSERAL_ERR_CREDENTIALS_MISSING) {
        ngx_str_null(&error);

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
ngx_http_tesseral_retry_after(ngx_http_request_t *r)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));
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
