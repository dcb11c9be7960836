
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


/*
 * Requests of the module's own, which no client has sent.  nginx runs internal
 * locations for subrequests, and a subrequest belongs to a request that has a
 * connection.  So there is a request that never runs through the phases, on a
 * connection with a socket that nobody can write to: whatever nginx does with
 * the socket of a client, this one behaves like that of a silent client.
 *
 * nginx never closes the request, because it is blocked from the beginning, and
 * is not counted; the module's events end it, when nothing else is running.
 */


typedef struct {
    ngx_http_connection_t           http_connection;    /* found by this */
    ngx_connection_t               *connection;
    ngx_http_request_t             *request;
    ngx_http_addr_conf_t            addr_conf;
    ngx_http_log_ctx_t              log_ctx;
    struct sockaddr_un              address;
    ngx_str_t                       uri;
    ngx_event_t                     begin;
    ngx_event_t                     end;
    ngx_http_tesseral_answer_pt     handler;
    void                           *data;
    ngx_uint_t                     *awaited;
    unsigned                        done:1;  /* the handler has been called */
    unsigned                        ending:1;
} ngx_http_tesseral_own_t;


static ngx_connection_t *ngx_http_tesseral_silent_client(void);
static ngx_int_t ngx_http_tesseral_own_connection(
    ngx_http_tesseral_own_t *own, ngx_http_core_srv_conf_t *server);
static ngx_int_t ngx_http_tesseral_own_main(ngx_http_tesseral_own_t *own,
    ngx_http_core_srv_conf_t *server);
static void ngx_http_tesseral_own_begin(ngx_event_t *ev);
static void ngx_http_tesseral_own_event(ngx_event_t *ev);
static ngx_int_t ngx_http_tesseral_own_answered(ngx_http_request_t *sr,
    void *data, ngx_int_t rc);
static void ngx_http_tesseral_own_terminated(void *data);
static void ngx_http_tesseral_own_end(ngx_event_t *ev);
static void ngx_http_tesseral_own_cut(ngx_http_tesseral_own_t *own,
    const char *why);
static void ngx_http_tesseral_own_free(ngx_connection_t *c,
    ngx_http_request_t *r);
static u_char *ngx_http_tesseral_own_log(ngx_log_t *log, u_char *buf,
    size_t len);


/*
 * Asks an internal location of the server, without the caller's stack.  After
 * NGX_OK the handler is called exactly once, with the answer or with a reason
 * why there is none; after NGX_ERROR it is not.  A body must live until then.
 * A worker that is told to exit gives the request up, unless *awaited is set.
 */

ngx_int_t
ngx_http_tesseral_begin(ngx_http_core_srv_conf_t *server, ngx_str_t *uri,
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

    own->connection = c;
    own->uri = *uri;
    own->handler = handler;
    own->data = data;
    own->awaited = awaited;

    if (ngx_http_tesseral_own_connection(own, server) != NGX_OK
        || ngx_http_tesseral_own_main(own, server) != NGX_OK
        || ngx_http_tesseral_subrequest(own->request, &own->uri, body,
                                        NGX_HTTP_SUBREQUEST_WAITED,
                                        ngx_http_tesseral_own_answered, own)
           != NGX_OK)
    {
        own->ending = 1;
        ngx_http_tesseral_own_free(c, own->request);
        return NGX_ERROR;
    }

    own->begin.handler = ngx_http_tesseral_own_begin;
    own->begin.data = own;
    own->begin.log = c->log;
    ngx_post_event(&own->begin, &ngx_posted_events);

    /* the operator's time-outs are for each read and write, this is for all */

    own->end.handler = ngx_http_tesseral_own_end;
    own->end.data = own;
    own->end.log = c->log;
    own->end.cancelable = 1;
    ngx_add_timer(&own->end, NGX_HTTP_TESSERAL_OWN);

    return NGX_OK;
}


/*
 * A connection with a datagram socket without an address: it is never readable,
 * always writable, and has no error.
 */

static ngx_connection_t *
ngx_http_tesseral_silent_client(void)
{
    ngx_socket_t       s;
    ngx_connection_t  *c;

    s = ngx_socket(AF_UNIX, SOCK_DGRAM, 0);

    if (s == (ngx_socket_t) -1) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_socket_errno,
                      "tesseral: " ngx_socket_n " failed");
        return NULL;
    }

    if (ngx_nonblocking(s) == -1) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_socket_errno,
                      "tesseral: " ngx_nonblocking_n " failed");
        goto failed;
    }

    c = ngx_get_connection(s, ngx_cycle->log);
    if (c == NULL) {
        goto failed;
    }

    c->pool = ngx_create_pool(2048, ngx_cycle->log);
    if (c->pool == NULL) {
        ngx_close_connection(c);
        return NULL;
    }

    return c;

failed:

    if (ngx_close_socket(s) == -1) {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, ngx_socket_errno,
                      ngx_close_socket_n " failed");
    }

    return NULL;
}


/* What nginx gives the connection of a client that came by a UNIX socket. */

static ngx_int_t
ngx_http_tesseral_own_connection(ngx_http_tesseral_own_t *own,
    ngx_http_core_srv_conf_t *server)
{
    ngx_log_t                 *log;
    ngx_connection_t          *c;
    ngx_http_core_loc_conf_t  *clcf;

    c = own->connection;

    log = ngx_palloc(c->pool, sizeof(ngx_log_t));
    c->buffer = ngx_create_temp_buf(c->pool, 1);

    if (log == NULL || c->buffer == NULL) {
        return NGX_ERROR;
    }

    *log = *ngx_cycle->log;

    own->log_ctx.connection = c;

    log->handler = ngx_http_tesseral_own_log;
    log->data = &own->log_ctx;
    log->action = NULL;

    c->log = log;
    c->pool->log = log;
    c->log_error = NGX_ERROR_INFO;
    c->number = ngx_atomic_fetch_add(ngx_connection_counter, 1);
    c->start_time = ngx_current_msec;
    c->requests = 1;

    log->connection = c->number;

    clcf = ngx_http_get_module_loc_conf(server->ctx, ngx_http_core_module);
    ngx_set_connection_log(c, clcf->error_log);

    own->address.sun_family = AF_UNIX;

    c->type = SOCK_STREAM;
    c->sockaddr = (struct sockaddr *) &own->address;
    c->socklen = offsetof(struct sockaddr_un, sun_path);
    c->local_sockaddr = c->sockaddr;
    c->local_socklen = c->socklen;
    ngx_str_set(&c->addr_text, "unix:");

    c->recv = ngx_recv;
    c->send = ngx_send;
    c->recv_chain = ngx_recv_chain;
    c->send_chain = ngx_send_chain;

    c->tcp_nopush = NGX_TCP_NOPUSH_DISABLED;
    c->tcp_nodelay = NGX_TCP_NODELAY_DISABLED;

    c->read->log = log;
    c->read->handler = ngx_http_tesseral_own_event;
    c->write->log = log;
    c->write->handler = ngx_http_tesseral_own_event;
    c->write->ready = 1;

    /* a worker that is about to exit closes it at once */

    c->idle = 1;

    own->addr_conf.default_server = server;
    own->http_connection.addr_conf = &own->addr_conf;
    own->http_connection.conf_ctx = server->ctx;

    return NGX_OK;
}


/* What nginx gives a request: see ngx_http_create_request(). */

static ngx_int_t
ngx_http_tesseral_own_main(ngx_http_tesseral_own_t *own,
    ngx_http_core_srv_conf_t *server)
{
    ngx_pool_t                 *pool;
    ngx_time_t                 *tp;
    ngx_connection_t           *c;
    ngx_http_cleanup_t         *cln;
    ngx_http_request_t         *r;
    ngx_http_core_main_conf_t  *cmcf;

    c = own->connection;

    pool = ngx_create_pool(server->request_pool_size, c->log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    r = ngx_pcalloc(pool, sizeof(ngx_http_request_t));
    if (r == NULL) {
        ngx_destroy_pool(pool);
        return NGX_ERROR;
    }

    r->pool = pool;
    r->main = r;
    r->signature = NGX_HTTP_MODULE;
    r->connection = c;
    r->http_connection = &own->http_connection;
    r->header_in = c->buffer;
    r->main_conf = server->ctx->main_conf;
    r->srv_conf = server->ctx->srv_conf;
    r->loc_conf = server->ctx->loc_conf;

    /* never logged, and never limited: how often it comes is limited by us */

    r->count = 2;
    r->blocked = 1;
    r->logged = 1;
    r->internal = 1;
    r->limit_conn_status = 1;
    r->limit_req_status = 1;

    c->data = r;
    own->request = r;
    own->log_ctx.request = r;
    own->log_ctx.current_request = r;

    tp = ngx_timeofday();
    r->start_sec = tp->sec;
    r->start_msec = tp->msec;

    r->method = NGX_HTTP_GET;
    r->method_name = ngx_http_core_get_method;
    r->http_version = NGX_HTTP_VERSION_11;
    ngx_str_set(&r->http_protocol, "HTTP/1.1");
    ngx_str_set(&r->schema, "http");
    r->uri = own->uri;
    r->unparsed_uri = own->uri;

    r->headers_out.content_length_n = -1;
    r->headers_out.last_modified_time = -1;

    r->uri_changes = NGX_HTTP_MAX_URI_CHANGES + 1;
    r->subrequests = NGX_HTTP_MAX_SUBREQUESTS + 1;
    r->http_state = NGX_HTTP_PROCESS_REQUEST_STATE;

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);

    r->ctx = ngx_pcalloc(pool, sizeof(void *) * ngx_http_max_module);
    r->variables = ngx_pcalloc(pool, cmcf->variables.nelts
                                     * sizeof(ngx_http_variable_value_t));

    if (r->ctx == NULL || r->variables == NULL
        || ngx_list_init(&r->headers_out.headers, pool, 1,
                         sizeof(ngx_table_elt_t))
           != NGX_OK
        || ngx_list_init(&r->headers_out.trailers, pool, 1,
                         sizeof(ngx_table_elt_t))
           != NGX_OK
        || ngx_http_tesseral_own_headers(r, &r->headers_in) != NGX_OK)
    {
        return NGX_ERROR;
    }

    cln = ngx_http_cleanup_add(r, 0);
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
                   "tesseral: asking \"%V\"", &own->uri);

    ngx_http_run_posted_requests(own->connection);
}


/* See ngx_http_request_handler(), which is nginx's. */

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
            ngx_http_tesseral_own_cut(own, "the worker is about to exit");
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
    (void) ngx_http_tesseral_response(sr, rc, &status, &body, &why);

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, own->connection->log, 0,
                   "tesseral: \"%V\" answered: status %ui", &own->uri, status);

    own->handler(own->data, own->connection->log, status, &body, why);

    ngx_post_event(&own->end, &ngx_posted_events);

    return NGX_OK;
}


/* nginx cleans the request up: when the module frees it, or by itself. */

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
    ngx_http_tesseral_own_cut(ev->data, ev->timedout ? "it took too long"
                                                     : "nginx gave it up");
}


/* Only where nothing else is running that knows of the request. */

static void
ngx_http_tesseral_own_cut(ngx_http_tesseral_own_t *own, const char *why)
{
    ngx_str_t  body;

    if (!own->done) {
        own->done = 1;
        ngx_str_null(&body);
        own->handler(own->data, own->connection->log, 0, &body, why);
    }

    if (own->request->blocked > 1) {

        /* a thread or the kernel still reads for it */

        ngx_add_timer(&own->end, NGX_HTTP_TESSERAL_POLL);
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

    ngx_http_tesseral_own_free(own->connection, own->request);
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


/* What nginx adds to a line about the request. */

static u_char *
ngx_http_tesseral_own_log(ngx_log_t *log, u_char *buf, size_t len)
{
    u_char                   *p;
    ngx_http_request_t       *r;
    ngx_http_log_ctx_t       *ctx;
    ngx_http_upstream_t      *u;
    ngx_http_tesseral_own_t  *own;

    p = buf;
    ctx = log->data;

    if (log->action) {
        p = ngx_snprintf(p, len, " while %s", log->action);
        len -= p - buf;
        buf = p;
    }

    r = ctx->request;
    if (r == NULL) {
        return p;
    }

    own = (ngx_http_tesseral_own_t *) r->http_connection;

    p = ngx_snprintf(buf, len, ", request of the module: \"%V\"", &own->uri);
    len -= p - buf;
    buf = p;

    u = ctx->current_request ? ctx->current_request->upstream : NULL;

    if (u && u->peer.name) {
        p = ngx_snprintf(buf, len, ", upstream: \"%V%V\"", &u->schema,
                         u->peer.name);
    }

    return p;
}
