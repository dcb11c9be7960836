
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


/*
 * Limits log lines about a fault that affects many requests.  NGX_OK: log it
 * now; *more is how many times it was not logged since the last line.
 * NGX_DECLINED: it was logged within the last minute.
 */

ngx_int_t
ngx_http_tesseral_may_log(ngx_http_tesseral_throttle_t *throttle,
    ngx_uint_t *more)
{
    if (throttle->at && ngx_time() >= throttle->at
        && ngx_time() - throttle->at < NGX_HTTP_TESSERAL_LOG_AGAIN_AFTER)
    {
        throttle->more++;
        return NGX_DECLINED;
    }

    *more = throttle->more;

    throttle->at = ngx_time();
    throttle->more = 0;

    return NGX_OK;
}


/*
 * Logs why a request is refused, or would be: at info when the client is at
 * fault, at error when the operator can mend it.  Missing keys and failed
 * look-ups affect all requests, so they are logged once a minute.  What
 * "report" would refuse is at warn, for the operator to read.  There an API
 * key is not a fault, because "report" does not ask the service about it.
 */

void
ngx_http_tesseral_log_refusal(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, uint32_t status)
{
    ngx_uint_t                     level, more;
    const char                    *what;
    ngx_http_tesseral_throttle_t  *throttle;

    level = NGX_LOG_INFO;
    what = "request refused";
    throttle = NULL;

    if (lcf->auth == NGX_HTTP_TESSERAL_REPORT) {
        level = NGX_LOG_WARN;
        what = "request would be refused";
    }

    switch (status) {

    case TESSERAL_ERR_KEYS_UNAVAILABLE:
        throttle = &lcf->source->log_throttle;
        break;

    case TESSERAL_ERR_API_KEY_LOOKUP_FAILED:
        throttle = lcf->lookup ? &lcf->lookup->log_throttle : NULL;
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

    if (throttle && ngx_http_tesseral_may_log(throttle, &more) != NGX_OK) {
        return;
    }

    if (more) {
        ngx_log_error(level, r->connection->log, 0,
                      "tesseral: %s (%uD %s): %s (and %ui more requests since "
                      "the last such line)", what, status,
                      tesseral_status_slug(status),
                      tesseral_status_text(status), more);
        return;
    }

    ngx_log_error(level, r->connection->log, 0, "tesseral: %s (%uD %s): %s",
                  what, status, tesseral_status_slug(status),
                  tesseral_status_text(status));
}
