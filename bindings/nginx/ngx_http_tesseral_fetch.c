
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


/* milliseconds */
#define NGX_HTTP_TESSERAL_MAX_REFRESH  (30 * 24 * NGX_HTTP_TESSERAL_HOUR)
#define NGX_HTTP_TESSERAL_MAX_STALE    (365 * 24 * NGX_HTTP_TESSERAL_HOUR)


static void ngx_http_tesseral_refresh_soon(ngx_http_tesseral_source_t *source);
static void ngx_http_tesseral_refresh_handler(ngx_event_t *ev);
static void ngx_http_tesseral_fetched(void *data, ngx_log_t *log,
    ngx_uint_t status, ngx_str_t *body, const char *why);


char *
ngx_http_tesseral_set_config_request(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_tesseral_loc_conf_t *lcf = conf;

    ngx_str_t                       *value;
    ngx_http_tesseral_key_source_t  *source;

    /* the bounds have messages of their own */

    static const ngx_http_tesseral_option_t  options[] = {
        { ngx_string("refresh="), NGX_HTTP_TESSERAL_OPTION_TIME,
          offsetof(ngx_http_tesseral_key_source_t, refresh), 0, 0 },
        { ngx_string("stale="), NGX_HTTP_TESSERAL_OPTION_TIME,
          offsetof(ngx_http_tesseral_key_source_t, stale), 0, 0 },
        { ngx_string("cooldown="), NGX_HTTP_TESSERAL_OPTION_TIME,
          offsetof(ngx_http_tesseral_key_source_t, cooldown), 0, 0 },
        { ngx_null_string, 0, 0, 0, 0 }
    };

    source = ngx_http_tesseral_key_source(cf, lcf);
    if (source == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    if (value[1].len == 0 || value[1].data[0] != '/') {
        return ngx_http_tesseral_invalid(cf, cmd, &value[1]);
    }

    source->uri = value[1];
    source->refresh = 3600 * 1000;
    source->stale = 24 * 3600 * 1000;
    source->cooldown = 10 * 1000;

    if (ngx_http_tesseral_set_options(cf, cmd, 2, options, source)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (source->refresh == 0 || source->cooldown == 0
        || source->stale < source->refresh)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"tesseral_config_request\" needs \"refresh\" and "
                           "\"cooldown\" above 0, and \"stale\" not below "
                           "\"refresh\"");
        return NGX_CONF_ERROR;
    }

    if (source->refresh > NGX_HTTP_TESSERAL_MAX_REFRESH
        || source->stale > NGX_HTTP_TESSERAL_MAX_STALE
        || source->cooldown > NGX_HTTP_TESSERAL_HOUR)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"tesseral_config_request\" takes at most 30d for "
                           "\"refresh\", 365d for \"stale\" and 1h for "
                           "\"cooldown\"");
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/*
 * Starts the timer by which this process fetches keys when they are due, also
 * on an idle server.
 */

void
ngx_http_tesseral_start_refresh_timer(ngx_cycle_t *cycle,
    ngx_http_tesseral_source_t *source)
{
    source->timer.handler = ngx_http_tesseral_refresh_handler;
    source->timer.data = source;
    source->timer.log = cycle->log;
    source->timer.cancelable = 1;

    /* the event loop must run before the first fetch */

    ngx_add_timer(&source->timer, 1);
}


/* A fetch has ended: asks the state at once when the next one is due. */

static void
ngx_http_tesseral_refresh_soon(ngx_http_tesseral_source_t *source)
{
    source->ask_at = ngx_current_msec;

    if (source->timer.timer_set) {
        ngx_add_timer(&source->timer, 1);
    }
}


static void
ngx_http_tesseral_refresh_handler(ngx_event_t *ev)
{
    ngx_http_tesseral_source_t *source = ev->data;

    ngx_msec_int_t  left;

    /* in a worker that exits, only requests that need keys fetch them */

    if (ngx_exiting) {
        return;
    }

    ngx_http_tesseral_fetch_if_due(source);

    /*
     * builds a verifier of what another worker fetched before a request needs
     * it
     */

    (void) ngx_http_tesseral_current_keys(source);

    left = (ngx_msec_int_t) (source->ask_at - ngx_current_msec);

    ngx_add_timer(ev, (ngx_msec_t) ngx_max(left,
                                           NGX_HTTP_TESSERAL_RESUME_AFTER));
}


typedef struct {
    ngx_http_tesseral_source_t     *source;
    tesseral_flight                 flight;
} ngx_http_tesseral_fetch_t;


/* Fetches keys if the state says that they are due. */

void
ngx_http_tesseral_fetch_if_due(ngx_http_tesseral_source_t *source)
{
    tesseral_flight  flight;

    if (source->uri.len
        && (ngx_msec_int_t) (source->ask_at - ngx_current_msec) <= 0
        && ngx_http_tesseral_begin_due_flight(source, &flight) == NGX_OK)
    {
        source->awaited = 0;
        (void) ngx_http_tesseral_fetch(source, &flight);
    }
}


/* Carries out the flight: fetches the document by a request of our own. */

ngx_int_t
ngx_http_tesseral_fetch(ngx_http_tesseral_source_t *source,
    tesseral_flight *flight)
{
    ngx_http_tesseral_fetch_t  *fetch;

    fetch = ngx_alloc(sizeof(ngx_http_tesseral_fetch_t), ngx_cycle->log);
    if (fetch == NULL) {
        ngx_http_tesseral_abandon_flight(source, flight);
        return NGX_ERROR;
    }

    fetch->source = source;
    fetch->flight = *flight;

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                   "tesseral: fetches \"%V\": flight %uL, awaited:%ui",
                   &source->uri, flight->number, source->awaited);

    if (ngx_http_tesseral_own_request(source->server, &source->uri, NULL,
                                      ngx_http_tesseral_fetched, fetch,
                                      &source->awaited)
        != NGX_OK)
    {
        ngx_http_tesseral_fail_flight(source, flight);
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

        /* this worker exits: the state lets another worker fetch at once */

        ngx_log_debug2(NGX_LOG_DEBUG_HTTP, log, 0,
                       "tesseral: abandons \"%V\": flight %uL",
                       &source->uri, fetch->flight.number);

        ngx_http_tesseral_abandon_flight(source, &fetch->flight);
        ngx_free(fetch);
        return;
    }

    if (why == NULL && status != NGX_HTTP_OK) {
        why = "it answered with an error";
    }

    if (why) {
        ngx_http_tesseral_fail_flight(source, &fetch->flight);

    } else {
        why = ngx_http_tesseral_land_flight(source, &fetch->flight, body);
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

    ngx_http_tesseral_refresh_soon(source);
}
