
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


typedef struct {
    ngx_http_tesseral_source_t     *source;
    tesseral_flight                 flight;
} ngx_http_tesseral_fetch_t;


static void ngx_http_tesseral_fetched(void *data, ngx_log_t *log,
    ngx_uint_t status, ngx_str_t *body, const char *why);


/* Fetches keys that are due. */

void
ngx_http_tesseral_refresh(ngx_http_tesseral_source_t *source)
{
    tesseral_flight  flight;

    if (source->uri.len
        && (ngx_msec_int_t) (source->ask_at - ngx_current_msec) <= 0
        && ngx_http_tesseral_due(source, &flight) == NGX_OK)
    {
        source->awaited = 0;
        (void) ngx_http_tesseral_fetch(source, &flight);
    }
}


/* Makes the flight: fetches by a request of the module's own. */

ngx_int_t
ngx_http_tesseral_fetch(ngx_http_tesseral_source_t *source,
    tesseral_flight *flight)
{
    ngx_http_tesseral_fetch_t  *fetch;

    fetch = ngx_alloc(sizeof(ngx_http_tesseral_fetch_t), ngx_cycle->log);
    if (fetch == NULL) {
        ngx_http_tesseral_abandon(source, flight);
        return NGX_ERROR;
    }

    fetch->source = source;
    fetch->flight = *flight;

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                   "tesseral: fetches \"%V\": flight %uL, awaited:%ui",
                   &source->uri, flight->number, source->awaited);

    if (ngx_http_tesseral_begin(source->server, &source->uri, NULL,
                                ngx_http_tesseral_fetched, fetch,
                                &source->awaited)
        != NGX_OK)
    {
        ngx_http_tesseral_fail(source, flight);
        ngx_free(fetch);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_http_tesseral_fetched(void *data, ngx_log_t *log, ngx_uint_t status,
    ngx_str_t *body, const char *why)
{
    ngx_http_tesseral_fetch_t *fetch = data;

    ngx_http_tesseral_source_t  *source;

    source = fetch->source;

    if (why && status == 0 && ngx_exiting) {

        /* this worker exits: another one may fetch at once */

        ngx_log_debug2(NGX_LOG_DEBUG_HTTP, log, 0,
                       "tesseral: abandons \"%V\": flight %uL",
                       &source->uri, fetch->flight.number);

        ngx_http_tesseral_abandon(source, &fetch->flight);
        ngx_free(fetch);
        return;
    }

    if (why == NULL && status != NGX_HTTP_OK) {
        why = "it answered with an error";
    }

    if (why) {
        ngx_http_tesseral_fail(source, &fetch->flight);

    } else {
        why = ngx_http_tesseral_land(source, &fetch->flight, body);
    }

    ngx_log_debug4(NGX_LOG_DEBUG_HTTP, log, 0,
                   "tesseral: fetched \"%V\": flight %uL, status %ui: %s",
                   &source->uri, fetch->flight.number, status,
                   why ? why : "good");

    if (why) {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "tesseral: no keys from \"%V\": %s (status %ui)",
                      &source->uri, why, status);
    }

    ngx_free(fetch);

    ngx_http_tesseral_look_soon(source);
}
