
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static ngx_int_t ngx_http_tesseral_take_lease(
    ngx_http_tesseral_main_conf_t *mcf, ngx_http_tesseral_source_t *source,
    ngx_msec_t pause, ngx_atomic_uint_t *owner);
static void ngx_http_tesseral_free_lease(void *data);
static ngx_int_t ngx_http_tesseral_fetched(ngx_http_request_t *sr, void *data,
    ngx_int_t rc);


/* Whether keys have reached the age at which they are fetched anew. */

ngx_uint_t
ngx_http_tesseral_expired(ngx_http_tesseral_source_t *source)
{
    ngx_http_tesseral_record_t  *record;

    record = source->record;

    return ngx_http_tesseral_has_record(source)
           && (record->generation == 0 || record->carried_over
               || ngx_http_tesseral_since(record->fetched) >= source->refresh);
}


/*
 * Fetches the keys of a source, one worker at a time.  With ctx the request
 * waits for that; without, it goes on.
 *
 * NGX_OK: has begun.  NGX_AGAIN: another request is at it.
 * NGX_DECLINED: the last one ended less than pause ago.
 */

ngx_int_t
ngx_http_tesseral_fetch(ngx_http_request_t *r,
    ngx_http_tesseral_source_t *source, ngx_http_tesseral_ctx_t *ctx,
    ngx_msec_t pause)
{
    ngx_int_t                       rc;
    ngx_uint_t                      flags;
    ngx_atomic_uint_t               owner;
    ngx_pool_cleanup_t             *cln;
    ngx_http_tesseral_exchange_t   *exchange;
    ngx_http_tesseral_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_tesseral_module);

    rc = ngx_http_tesseral_take_lease(mcf, source, pause, &owner);
    if (rc != NGX_OK) {
        return rc;
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_tesseral_exchange_t));
    if (cln == NULL) {
        return NGX_ERROR;
    }

    exchange = cln->data;
    ngx_memzero(exchange, sizeof(ngx_http_tesseral_exchange_t));

    exchange->request = r;
    exchange->source = source;
    exchange->ctx = ctx;
    exchange->owner = owner;

    cln->handler = ngx_http_tesseral_free_lease;

    flags = ctx ? NGX_HTTP_SUBREQUEST_WAITED : NGX_HTTP_SUBREQUEST_BACKGROUND;

    if (ngx_http_tesseral_subrequest(r, &source->uri, NULL, flags,
                                     ngx_http_tesseral_fetched, exchange)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ctx) {
        ctx->exchange = exchange;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_tesseral_take_lease(ngx_http_tesseral_main_conf_t *mcf,
    ngx_http_tesseral_source_t *source, ngx_msec_t pause,
    ngx_atomic_uint_t *owner)
{
    ngx_int_t                    rc;
    ngx_slab_pool_t             *slab;
    ngx_http_tesseral_record_t  *record;

    slab = (ngx_slab_pool_t *) mcf->zone->shm.addr;
    record = source->record;

    ngx_shmtx_lock(&slab->mutex);

    if (!ngx_http_tesseral_has_record(source)) {
        rc = NGX_DECLINED;

    } else if (record->owner != 0
               && (ngx_msec_int_t) (record->lease - ngx_current_msec) > 0)
    {
        rc = NGX_AGAIN;

    } else if (record->attempted
               && ngx_http_tesseral_since(record->ended) < pause)
    {
        rc = NGX_DECLINED;

    } else {
        record->owner = ++record->owners;
        record->lease = ngx_current_msec + NGX_HTTP_TESSERAL_LEASE;
        *owner = record->owner;
        rc = NGX_OK;
    }

    ngx_shmtx_unlock(&slab->mutex);

    return rc;
}


/* Also when the client went away: the next request may fetch then. */

static void
ngx_http_tesseral_free_lease(void *data)
{
    ngx_http_tesseral_exchange_t *exchange = data;

    ngx_slab_pool_t                *slab;
    ngx_http_tesseral_record_t     *record;
    ngx_http_tesseral_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(exchange->request,
                                        ngx_http_tesseral_module);
    slab = (ngx_slab_pool_t *) mcf->zone->shm.addr;
    record = exchange->source->record;

    ngx_shmtx_lock(&slab->mutex);

    if (ngx_http_tesseral_has_record(exchange->source)
        && record->owner == exchange->owner)
    {
        record->owner = 0;

        if (exchange->done) {
            record->attempted = 1;
            record->ended = ngx_current_msec;
        }
    }

    ngx_shmtx_unlock(&slab->mutex);
}


/* nginx may call this twice; any other result than NGX_OK would end r. */

static ngx_int_t
ngx_http_tesseral_fetched(ngx_http_request_t *sr, void *data, ngx_int_t rc)
{
    ngx_http_tesseral_exchange_t *exchange = data;

    const char                     *why;
    ngx_log_t                      *log;
    ngx_str_t                       body;
    ngx_uint_t                      status, generation;
    ngx_http_tesseral_keys_t       *keys;
    ngx_http_tesseral_source_t     *source;
    ngx_http_tesseral_main_conf_t  *mcf;

    if (exchange->done) {
        return NGX_OK;
    }

    exchange->done = 1;

    log = sr->connection->log;
    source = exchange->source;
    mcf = ngx_http_get_module_main_conf(sr, ngx_http_tesseral_module);

    if (ngx_http_tesseral_response(sr, rc, &status, &body, &why) == NGX_OK) {

        if (status != NGX_HTTP_OK) {
            why = "it answered with an error";

        } else if (ngx_http_tesseral_create_keys(source, &body, ngx_cycle->log,
                                                 NGX_LOG_ERR, &keys)
                   != TESSERAL_OK)
        {
            why = "its document was refused";

        } else {
            generation = ngx_http_tesseral_publish(mcf, source, body.data,
                                                   body.len);
            if (generation == 0) {
                ngx_http_tesseral_release_keys(keys);
                why = "\"tesseral_zone\" is too small";
                goto failed;
            }

            if (source->keys) {
                ngx_http_tesseral_release_keys(source->keys);
            }

            source->keys = keys;
            source->generation = generation;
            source->fetched = ngx_current_msec;
            ngx_http_tesseral_note(source, 0);
            ngx_http_tesseral_free_lease(exchange);

            return NGX_OK;
        }
    }

failed:

    ngx_log_error(NGX_LOG_ERR, log, 0,
                  "tesseral: no keys from \"%V\": %s (status %ui)",
                  &source->uri, why, status);

    ngx_http_tesseral_note(source, 1);
    ngx_http_tesseral_free_lease(exchange);

    return NGX_OK;
}
