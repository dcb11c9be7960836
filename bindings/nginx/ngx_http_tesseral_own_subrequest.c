
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


typedef struct {
    ngx_http_post_subrequest_t    post;

    /* of the caller that asked for the subrequest */
    ngx_http_request_t           *request;
    ngx_http_post_subrequest_pt   handler;
    void                         *data;
    unsigned                      waited:1;
} ngx_http_tesseral_asked_t;


static ngx_int_t ngx_http_tesseral_own_subrequest_done(ngx_http_request_t *sr,
    void *data, ngx_int_t rc);
static ngx_http_request_body_t *ngx_http_tesseral_own_body(
    ngx_http_request_t *r, ngx_str_t *body, ngx_http_headers_in_t *headers_in);


/*
 * Starts a subrequest whose answer is kept in memory. nginx would give it the
 * client's headers, and its proxy would send them: credentials, Range and
 * conditions would reach the Tesseral service.  So this one gets headers of
 * its own: none, or those of a JSON body.  They are made first, since nginx
 * runs a subrequest even if the caller then runs out of memory.
 *
 * Its parent is main, because r may be a subrequest in memory, which cannot
 * have subrequests.  When r is not main, the new one is in the background:
 * otherwise nginx would let r respond first, while r waits for the new one.
 * NGX_HTTP_SUBREQUEST_WAITED: r runs again when the new one has ended.
 */

ngx_int_t
ngx_http_tesseral_own_subrequest(ngx_http_request_t *r, ngx_str_t *uri,
    ngx_str_t *body, ngx_uint_t flags, ngx_http_post_subrequest_pt handler,
    void *data)
{
    void                       *active;
    ngx_int_t                   rc;
    ngx_http_request_t         *sr;
    ngx_http_headers_in_t       headers_in;
    ngx_http_request_body_t    *request_body;
    ngx_http_tesseral_asked_t  *asked;

    if (ngx_http_tesseral_no_client_headers(r->main, &headers_in) != NGX_OK) {
        return NGX_ERROR;
    }

    request_body = NULL;

    if (body) {
        request_body = ngx_http_tesseral_own_body(r, body, &headers_in);
        if (request_body == NULL) {
            return NGX_ERROR;
        }
    }

    asked = ngx_pcalloc(r->pool, sizeof(ngx_http_tesseral_asked_t));
    if (asked == NULL) {
        return NGX_ERROR;
    }

    asked->post.handler = ngx_http_tesseral_own_subrequest_done;
    asked->post.data = asked;
    asked->request = r;
    asked->waited = (flags & NGX_HTTP_SUBREQUEST_WAITED) != 0;
    asked->handler = handler;
    asked->data = data;

    if (r != r->main) {
        flags = NGX_HTTP_SUBREQUEST_BACKGROUND;
    }

    sr = NULL;
    active = r->connection->data;

    rc = ngx_http_subrequest(r->main, uri, NULL, &sr, &asked->post,
                             flags|NGX_HTTP_SUBREQUEST_IN_MEMORY);

    if (sr == NULL) {

        /*
         * nginx has made this the active request before it failed, and would
         * run it at the next event
         */

        r->connection->data = active;

        return NGX_ERROR;
    }

    /* all of the headers are in the first part */

    sr->headers_in = headers_in;
    sr->headers_in.headers.last = &sr->headers_in.headers.part;

    sr->request_body = request_body;
    sr->header_only = 0;
    ngx_str_null(&sr->args);

    if (request_body) {
        sr->method = NGX_HTTP_POST;
        ngx_str_set(&sr->method_name, "POST");

    } else {
        sr->method = NGX_HTTP_GET;
        ngx_str_set(&sr->method_name, "GET");
    }

    if (rc != NGX_OK && sr->background) {

        /* main counts it as a reference, but it will never run */

        r->main->count--;
    }

    return rc;
}


/*
 * An empty set of request headers, where nginx and its modules look for them.
 */

ngx_int_t
ngx_http_tesseral_no_client_headers(ngx_http_request_t *r,
    ngx_http_headers_in_t *headers_in)
{
    ngx_http_core_srv_conf_t  *cscf;

    ngx_memzero(headers_in, sizeof(ngx_http_headers_in_t));

    if (ngx_list_init(&headers_in->headers, r->pool, 4,
                      sizeof(ngx_table_elt_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

#if (nginx_version < 1023000)

    if (ngx_array_init(&headers_in->cookies, r->pool, 1,
                       sizeof(ngx_table_elt_t *))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

#endif

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    headers_in->content_length_n = -1;
    headers_in->keep_alive_n = -1;
    headers_in->server = cscf->server_name;

    return NGX_OK;
}


/* Whether the module made this subrequest: the module does not judge it. */

ngx_uint_t
ngx_http_tesseral_is_own_subrequest(ngx_http_request_t *r)
{
    return r->post_subrequest
           && r->post_subrequest->handler
              == ngx_http_tesseral_own_subrequest_done;
}


/* The post_subrequest handler, which nginx may call twice. */

static ngx_int_t
ngx_http_tesseral_own_subrequest_done(ngx_http_request_t *sr, void *data,
    ngx_int_t rc)
{
    ngx_http_tesseral_asked_t *asked = data;

    rc = asked->handler(sr, asked->data, rc);

    if (asked->waited) {
        asked->waited = 0;

        if (ngx_http_post_request(asked->request, NULL) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return rc;
}


static ngx_http_request_body_t *
ngx_http_tesseral_own_body(ngx_http_request_t *r, ngx_str_t *body,
    ngx_http_headers_in_t *headers_in)
{
    ngx_buf_t                *b;
    ngx_chain_t              *cl;
    ngx_table_elt_t          *h;
    ngx_http_request_body_t  *request_body;

    b = ngx_calloc_buf(r->pool);
    cl = ngx_alloc_chain_link(r->pool);
    request_body = ngx_pcalloc(r->pool, sizeof(ngx_http_request_body_t));
    h = ngx_list_push(&headers_in->headers);

    if (b == NULL || cl == NULL || request_body == NULL || h == NULL) {
        return NULL;
    }

    b->pos = body->data;
    b->last = body->data + body->len;
    b->start = b->pos;
    b->end = b->last;
    b->memory = 1;
    b->last_buf = 1;

    cl->buf = b;
    cl->next = NULL;

    request_body->bufs = cl;
    request_body->buf = b;

    ngx_memzero(h, sizeof(ngx_table_elt_t));
    ngx_str_set(&h->key, "Content-Type");
    ngx_str_set(&h->value, "application/json");
    h->lowcase_key = (u_char *) "content-type";
    h->hash = ngx_hash_key(h->lowcase_key, h->key.len);

    headers_in->content_type = h;
    headers_in->content_length_n = body->len;

    return request_body;
}


/*
 * Whether the answer did not fit into memory, which nginx does not report as
 * an error.
 */

static ngx_uint_t
ngx_http_tesseral_too_large(ngx_http_request_t *sr, ngx_int_t rc)
{
    off_t                      length;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(sr, ngx_http_core_module);
    length = sr->headers_out.content_length_n;

    /* nginx goes on to read although it can buffer no more */

    if (rc == NGX_OK
        && sr->upstream && sr->upstream->buffering && sr->upstream->pipe
        && sr->upstream->pipe->downstream_error)
    {
        return 1;
    }

    if (rc != NGX_ERROR && !sr->connection->error) {
        return 0;
    }

    return sr->header_sent
           && ((length < 0 && rc == NGX_ERROR)
               || length > (off_t) clcf->subrequest_output_buffer_size);
}


/*
 * Whether the answer is shorter than the upstream announced, which nginx
 * reports as a success.  Where the end of the connection ends the body, a body
 * that was cut short looks complete here.  The library then refuses it, because
 * a part of a JSON object is not a JSON object.
 */

static ngx_uint_t
ngx_http_tesseral_cut_short(ngx_http_request_t *sr, size_t len)
{
    ngx_event_pipe_t     *p;
    ngx_http_upstream_t  *u;

    if (sr->headers_out.content_length_n >= 0) {
        return (off_t) len != sr->headers_out.content_length_n;
    }

    u = sr->upstream;

    if (u == NULL) {
        return 0;
    }

    p = u->pipe;

    if (u->buffering && p) {
        return p->upstream_error
               || (p->upstream_eof && !p->upstream_done && p->length != -1);
    }

    return u->length > 0;
}


/* Gets the answer of a subrequest: status and body, or why there is none. */

ngx_int_t
ngx_http_tesseral_own_response(ngx_http_request_t *sr, ngx_int_t rc,
    ngx_uint_t *status, ngx_str_t *body, const char **why)
{
    ngx_buf_t  *b;

    ngx_str_null(body);

    *status = sr->headers_out.status;

    if (ngx_http_tesseral_too_large(sr, rc)) {

        /*
         * nginx marks the client's connection as broken, and would close it
         * without a response.  In the background it would never end the
         * subrequest: it would wait for data in its filters to be sent, which
         * nothing sends.
         */

        sr->connection->error = 0;
        sr->buffered = 0;

        *why = "the answer is over \"subrequest_output_buffer_size\"";
        return NGX_ERROR;
    }

    if (rc != NGX_OK) {
        *status = rc >= NGX_HTTP_SPECIAL_RESPONSE ? (ngx_uint_t) rc : 0;
        *why = *status ? "it answered with an error" : "it did not answer";
        return NGX_ERROR;
    }

    if (sr->headers_out.content_encoding
        && sr->headers_out.content_encoding->value.len)
    {
        *why = "the answer has a Content-Encoding";
        return NGX_ERROR;
    }

    if (sr->out && sr->out->buf) {
        b = sr->out->buf;
        body->data = b->pos;
        body->len = b->last - b->pos;
    }

    if (ngx_http_tesseral_cut_short(sr, body->len)) {
        *why = "the answer was cut short";
        return NGX_ERROR;
    }

    return NGX_OK;
}
