
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


/*
 * Requests of the module's own, behind which there is no client.  nginx serves
 * an internal location only to a subrequest, and a subrequest needs a main
 * request with a connection.  So the module makes a main request that never
 * runs through the phases, on a connection with a socket that no process can
 * write to: to nginx, it looks like a client that sends nothing.
 *
 * nginx never closes this request, because it is blocked from the start and
 * does not count.  Events of the module end it, when no other code is running.
 */


typedef struct {
    ngx_http_tesseral_client_t      client;  /* first: an event finds it */
    ngx_event_t                     begin;
    ngx_event_t                     end;
    ngx_http_tesseral_answer_pt     handler;
    void                           *data;
    ngx_uint_t                     *awaited;
    unsigned                        done:1;  /* the handler has been called */
    unsigned                        ending:1;
} ngx_http_tesseral_own_t;


static ngx_int_t ngx_http_tesseral_own_cleanup(ngx_http_tesseral_own_t *own);
static void ngx_http_tesseral_own_begin(ngx_event_t *ev);
static void ngx_http_tesseral_own_event(ngx_event_t *ev);
static ngx_int_t ngx_http_tesseral_own_answered(ngx_http_request_t *sr,
    void *data, ngx_int_t rc);
static void ngx_http_tesseral_own_terminated(void *data);
static void ngx_http_tesseral_own_end(ngx_event_t *ev);
static void ngx_http_tesseral_own_finish(ngx_http_tesseral_own_t *own,
    const char *why);
static void ngx_http_tesseral_own_free(ngx_connection_t *c,
    ngx_http_request_t *r);


/*
 * Sends a request to an internal location of the server; it runs later, from
 * an event.  After NGX_OK the handler is called exactly once, with the answer
 * or with the reason why there is none.  After NGX_ERROR it is not called.
 * The body must live until then.  When nginx tells the worker to exit, the
 * request is given up, unless *awaited is set.
 */

ngx_int_t
ngx_http_tesseral_own_request(ngx_http_core_srv_conf_t *server, ngx_str_t *uri,
    ngx_str_t *body, ngx_http_tesseral_answer_pt handler, void *data,
    ngx_uint_t *awaited)
{
    ngx_connection_t         *c;
    ngx_http_tesseral_own_t  *own;

    c = ngx_http_tesseral_silent_client();
    if (c == NULL) {
        return NGX_ERROR;
    }

    own = ngx_pcalloc(c->pool, sizeof(ngx_http_tesseral_own_t));
    if (own == NULL) {
        ngx_http_tesseral_own_free(c, NULL);
        return NGX_ERROR;
    }

    own->client.connection = c;
    own->client.uri = *uri;
    own->handler = handler;
    own->data = data;
    own->awaited = awaited;

    if (ngx_http_tesseral_client_connection(&own->client, server,
                                            ngx_http_tesseral_own_event)
        != NGX_OK
        || ngx_http_tesseral_client_request(&own->client, server) != NGX_OK
        || ngx_http_tesseral_own_cleanup(own) != NGX_OK
        || ngx_http_tesseral_own_subrequest(own->client.request,
                                            &own->client.uri, body,
                                            NGX_HTTP_SUBREQUEST_WAITED,
                                            ngx_http_tesseral_own_answered,
                                            own)
           != NGX_OK)
    {
        own->ending = 1;
        ngx_http_tesseral_own_free(c, own->client.request);
        return NGX_ERROR;
    }

    own->begin.handler = ngx_http_tesseral_own_begin;
    own->begin.data = own;
    own->begin.log = c->log;
    ngx_post_event(&own->begin, &ngx_posted_events);

    /*
     * the location's time-outs limit each read and write; this one limits the
     * whole exchange
     */

    own->end.handler = ngx_http_tesseral_own_end;
    own->end.data = own;
    own->end.log = c->log;
    own->end.cancelable = 1;
    ngx_add_timer(&own->end, NGX_HTTP_TESSERAL_OWN_TIMEOUT);

    return NGX_OK;
}


static ngx_int_t
ngx_http_tesseral_own_cleanup(ngx_http_tesseral_own_t *own)
{
    ngx_http_cleanup_t  *cln;

    cln = ngx_http_cleanup_add(own->client.request, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_tesseral_own_terminated;
    cln->data = own;

    return NGX_OK;
}


static void
ngx_http_tesseral_own_begin(ngx_event_t *ev)
{
    ngx_http_tesseral_own_t *own = ev->data;

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, ev->log, 0,
                   "tesseral: asking \"%V\"", &own->client.uri);

    ngx_http_run_posted_requests(own->client.connection);
}


/*
 * The handler of the connection's events: does what ngx_http_request_handler()
 * of nginx does.
 */

static void
ngx_http_tesseral_own_event(ngx_event_t *ev)
{
    ngx_connection_t         *c;
    ngx_http_request_t       *r;
    ngx_http_tesseral_own_t  *own;

    c = ev->data;
    r = c->data;

    if (c->close) {
        c->close = 0;
        own = (ngx_http_tesseral_own_t *) r->main->http_connection;

        if (!*own->awaited || c->error) {
            ngx_http_tesseral_own_finish(own, "the worker is about to exit");
        }

        return;
    }

    ngx_http_set_log_request(c->log, r);

    if (ev->delayed && ev->timedout) {
        ev->delayed = 0;
        ev->timedout = 0;
    }

    if (ev->write) {
        r->write_event_handler(r);

    } else {
        r->read_event_handler(r);
    }

    ngx_http_run_posted_requests(c);
}


/* The post_subrequest handler, which nginx may call twice. */

static ngx_int_t
ngx_http_tesseral_own_answered(ngx_http_request_t *sr, void *data,
    ngx_int_t rc)
{
    ngx_http_tesseral_own_t *own = data;

    ngx_str_t    body;
    ngx_uint_t   status;
    const char  *why;

    if (own->done) {
        return NGX_OK;
    }

    own->done = 1;

    why = NULL;
    (void) ngx_http_tesseral_own_response(sr, rc, &status, &body, &why);

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, own->client.connection->log, 0,
                   "tesseral: \"%V\" answered: status %ui",
                   &own->client.uri, status);

    own->handler(own->data, own->client.connection->log, status, &body, why);

    ngx_post_event(&own->end, &ngx_posted_events);

    return NGX_OK;
}


/*
 * A cleanup, which runs when the request is freed.  When nginx and not the
 * module frees it, an event has to end the exchange.
 */

static void
ngx_http_tesseral_own_terminated(void *data)
{
    ngx_http_tesseral_own_t *own = data;

    if (!own->ending) {
        ngx_post_event(&own->end, &ngx_posted_events);
    }
}


static void
ngx_http_tesseral_own_end(ngx_event_t *ev)
{
    ngx_http_tesseral_own_finish(ev->data, ev->timedout ? "it took too long"
                                                     : "nginx gave it up");
}


/*
 * Ends the request.  Must be called from an event, when no other code of nginx
 * uses the request.
 */

static void
ngx_http_tesseral_own_finish(ngx_http_tesseral_own_t *own, const char *why)
{
    ngx_str_t  body;

    if (!own->done) {
        own->done = 1;
        ngx_str_null(&body);
        own->handler(own->data, own->client.connection->log, 0, &body, why);
    }

    if (own->client.request->blocked > 1) {

        /* a thread or the kernel still reads for it */

        ngx_add_timer(&own->end, NGX_HTTP_TESSERAL_RESUME_AFTER);
        return;
    }

    own->ending = 1;

    if (own->begin.posted) {
        ngx_delete_posted_event(&own->begin);
    }

    if (own->end.posted) {
        ngx_delete_posted_event(&own->end);
    }

    if (own->end.timer_set) {
        ngx_del_timer(&own->end);
    }

    ngx_http_tesseral_own_free(own->client.connection, own->client.request);
}


static void
ngx_http_tesseral_own_free(ngx_connection_t *c, ngx_http_request_t *r)
{
    ngx_pool_t  *pool;

    if (r) {
        ngx_http_free_request(r, 0);
    }

    pool = c->pool;

    ngx_close_connection(c);
    ngx_destroy_pool(pool);
}
