
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static ngx_table_elt_t *ngx_http_tesseral_header(ngx_http_request_t *r,
    ngx_table_elt_t **known);
static ngx_int_t ngx_http_tesseral_challenge(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx,
    uint32_t status, ngx_int_t http_status);
static ngx_int_t ngx_http_tesseral_retry_after(ngx_http_request_t *r,
    ngx_http_tesseral_ctx_t *ctx);


/* Tells the client what RFC 6750 section 3 says, and nothing more. */

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
 * NGX_OK: a fault that befalls many requests is to be told now; *more is how
 * often it came untold since.  NGX_DECLINED: it was told in the last minute.
 */

ngx_int_t
ngx_http_tesseral_tell(ngx_http_tesseral_told_t *told, ngx_uint_t *more)
{
    if (told->at && ngx_time() >= told->at
        && ngx_time() - told->at < NGX_HTTP_TESSERAL_TELL)
    {
        told->more++;
        return NGX_DECLINED;
    }

    *more = told->more;

    told->at = ngx_time();
    told->more = 0;

    return NGX_OK;
}


/*
 * Logs why a request is refused, or would be: a fault of the client at info,
 * and one that the operator can mend at error.  Missing keys and look-ups that
 * fail befall all requests, and are logged once a minute.  What "report" would
 * refuse is at warn, since the operator is to read it; an API key is no fault
 * there, because the module asks nobody about it.
 */

void
ngx_http_tesseral_log(ngx_http_request_t *r, ngx_http_tesseral_loc_conf_t *lcf,
    uint32_t status)
{
    ngx_uint_t                 level, more;
    const char                *what;
    ngx_http_tesseral_told_t  *told;

    level = NGX_LOG_INFO;
    what = "request refused";
    told = NULL;

    if (lcf->auth == NGX_HTTP_TESSERAL_REPORT) {
        level = NGX_LOG_WARN;
        what = "request would be refused";
    }

    switch (status) {

    case TESSERAL_ERR_KEYS_UNAVAILABLE:
        told = &lcf->source->told;
        break;

    case TESSERAL_ERR_API_KEY_LOOKUP_FAILED:
        told = lcf->lookup ? &lcf->lookup->told : NULL;
        break;

    case TESSERAL_ERR_API_KEY_LOOKUP_NEEDED:
        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                      "tesseral: request not judged (%uD %s): %s", status,
                      tesseral_status_slug(status),
                      tesseral_status_text(status));
        return;
    }

    if (tesseral_status_http(status) >= NGX_HTTP_INTERNAL_SERVER_ERROR) {
        level = NGX_LOG_ERR;
    }

    more = 0;

    if (told && ngx_http_tesseral_tell(told, &more) != NGX_OK) {
        return;
    }

    if (more) {
        ngx_log_error(level, r->connection->log, 0,
                      "tesseral: %s (%uD %s): %s (and %ui requests since it "
                      "was last told)", what, status,
                      tesseral_status_slug(status),
                      tesseral_status_text(status), more);
        return;
    }

    ngx_log_error(level, r->connection->log, 0, "tesseral: %s (%uD %s): %s",
                  what, status, tesseral_status_slug(status),
                  tesseral_status_text(status));
}


/*
 * A header of the response, to be filled.  NULL, with *known: it has one of
 * ours already, which an "error_page" has brought along.
 */

static ngx_table_elt_t *
ngx_http_tesseral_header(ngx_http_request_t *r, ngx_table_elt_t **known)
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

    /* or "satisfy any" has taken it back */

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

    h = ngx_http_tesseral_header(r, &ctx->www_authenticate);
    if (h == NULL) {
        return ctx->www_authenticate ? NGX_OK : NGX_ERROR;
    }

    ngx_str_set(&h->key, "WWW-Authenticate");

    /* satisfy any takes it back through this pointer */

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

    h = ngx_http_tesseral_header(r, &ctx->retry_after);
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
