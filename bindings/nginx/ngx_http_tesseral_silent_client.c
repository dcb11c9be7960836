
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static u_char *ngx_http_tesseral_client_log(ngx_log_t *log, u_char *buf,
    size_t len);


/*
 * A connection with an unconnected datagram socket, which is never readable,
 * always writable, and has no error.
 */

ngx_connection_t *
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


/* Sets what nginx sets for the connection of a client on a UNIX socket. */

ngx_int_t
ngx_http_tesseral_client_connection(ngx_http_tesseral_client_t *client,
    ngx_http_core_srv_conf_t *server, ngx_event_handler_pt handler)
{
    ngx_log_t                 *log;
    ngx_connection_t          *c;
    ngx_http_core_loc_conf_t  *clcf;

    c = client->connection;

    log = ngx_palloc(c->pool, sizeof(ngx_log_t));
    c->buffer = ngx_create_temp_buf(c->pool, 1);

    if (log == NULL || c->buffer == NULL) {
        return NGX_ERROR;
    }

    *log = *ngx_cycle->log;

    client->log_ctx.connection = c;

    log->handler = ngx_http_tesseral_client_log;
    log->data = &client->log_ctx;
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

    client->address.sun_family = AF_UNIX;

    c->type = SOCK_STREAM;
    c->sockaddr = (struct sockaddr *) &client->address;
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
    c->read->handler = handler;
    c->write->log = log;
    c->write->handler = handler;
    c->write->ready = 1;

    /* nginx closes idle connections when a worker must exit */

    c->idle = 1;

    client->addr_conf.default_server = server;
    client->http_connection.addr_conf = &client->addr_conf;
    client->http_connection.conf_ctx = server->ctx;

    return NGX_OK;
}


/* Makes the main request: sets what ngx_http_create_request() sets. */

ngx_int_t
ngx_http_tesseral_client_request(ngx_http_tesseral_client_t *client,
    ngx_http_core_srv_conf_t *server)
{
    ngx_pool_t                 *pool;
    ngx_time_t                 *tp;
    ngx_connection_t           *c;
    ngx_http_request_t         *r;
    ngx_http_core_main_conf_t  *cmcf;

    c = client->connection;

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
    r->http_connection = &client->http_connection;
    r->header_in = c->buffer;
    r->main_conf = server->ctx->main_conf;
    r->srv_conf = server->ctx->srv_conf;
    r->loc_conf = server->ctx->loc_conf;

    /* never in the access log, and exempt from limit_req and limit_conn */

    r->count = 2;
    r->blocked = 1;
    r->logged = 1;
    r->internal = 1;
    r->limit_conn_status = 1;
    r->limit_req_status = 1;

    c->data = r;
    client->request = r;
    client->log_ctx.request = r;
    client->log_ctx.current_request = r;

    tp = ngx_timeofday();
    r->start_sec = tp->sec;
    r->start_msec = tp->msec;

    r->method = NGX_HTTP_GET;
    r->method_name = ngx_http_core_get_method;
    r->http_version = NGX_HTTP_VERSION_11;
    ngx_str_set(&r->http_protocol, "HTTP/1.1");
    ngx_str_set(&r->schema, "http");
    r->uri = client->uri;
    r->unparsed_uri = client->uri;

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
        || ngx_http_tesseral_no_client_headers(r, &r->headers_in) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* Adds to each log line what the request is about. */

static u_char *
ngx_http_tesseral_client_log(ngx_log_t *log, u_char *buf, size_t len)
{
    u_char                   *p;
    ngx_http_request_t       *r;
    ngx_http_log_ctx_t       *ctx;
    ngx_http_upstream_t      *u;
    ngx_http_tesseral_client_t  *client;

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

    client = (ngx_http_tesseral_client_t *) r->http_connection;

    p = ngx_snprintf(buf, len, ", request of the module: \"%V\"",
                     &client->uri);
    len -= p - buf;
    buf = p;

    u = ctx->current_request ? ctx->current_request->upstream : NULL;

    if (u && u->peer.name) {
        p = ngx_snprintf(buf, len, ", upstream: \"%V%V\"", &u->schema,
                         u->peer.name);
    }

    return p;
}

