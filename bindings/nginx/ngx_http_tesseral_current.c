
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static void ngx_http_tesseral_look_at_record(
    ngx_http_tesseral_source_t *source);
static ngx_int_t ngx_http_tesseral_renew_keys(
    ngx_http_tesseral_source_t *source, ngx_str_t *document, ngx_uint_t text);


/*
 * The keys to use now, or NULL.  When another worker has fetched newer keys,
 * this one builds their verifier here, once.
 */

ngx_http_tesseral_keys_t *
ngx_http_tesseral_current_keys(ngx_http_tesseral_source_t *source)
{
    if (source->file.len) {
        return source->keys;
    }

    if (source->record->ended != source->ended
        || (ngx_msec_int_t) (source->look_at - ngx_current_msec) <= 0)
    {
        ngx_http_tesseral_look_at_record(source);
    }

    return source->usable ? source->keys : NULL;
}


static void
ngx_http_tesseral_look_at_record(ngx_http_tesseral_source_t *source)
{
    uint64_t                     left;
    ngx_str_t                    text;
    ngx_pool_t                  *pool;
    ngx_uint_t                   number;
    tesseral_moment              now;
    tesseral_document            document = TESSERAL_DOCUMENT_INIT;
    tesseral_refresh_rules       rules;
    ngx_http_tesseral_record_t  *record;

    pool = NULL;
    number = 0;
    record = source->record;

    source->usable = 0;
    source->look_at = ngx_current_msec + NGX_HTTP_TESSERAL_LOOK_AFTER;

    ngx_http_tesseral_moment(&now);
    ngx_http_tesseral_refresh_rules(source, &rules);

again:

    if (ngx_http_tesseral_lock(source) != NGX_OK) {
        goto done;
    }

    source->ended = record->ended;

    if (tesseral_refresh_document(record->state, TESSERAL_REFRESH_SIZE, &now,
                                  &rules, &document)
        != TESSERAL_OK
        || !document.usable || document.len > TESSERAL_MAX_DOCUMENT_LEN)
    {
        ngx_http_tesseral_unlock(source);
        goto done;
    }

    number = record->text;

    if (number != source->text && pool == NULL) {
        ngx_http_tesseral_unlock(source);

        /* the lock is not held while memory is allocated */

        pool = ngx_create_pool(4096, ngx_cycle->log);
        if (pool == NULL) {
            return;
        }

        text.data = ngx_pnalloc(pool, TESSERAL_MAX_DOCUMENT_LEN);
        if (text.data == NULL) {
            goto done;
        }

        goto again;
    }

    if (number != source->text) {
        text.len = (size_t) document.len;
        ngx_memcpy(text.data, ngx_http_tesseral_at(source->slab,
                                                   document.handle),
                   text.len);
    }

    ngx_http_tesseral_unlock(source);

    if (number != source->text
        && ngx_http_tesseral_renew_keys(source, &text, number) != NGX_OK)
    {
        goto done;
    }

    source->usable = 1;
    left = rules.stale_ms - document.age_ms + 1;

    if (left < NGX_HTTP_TESSERAL_LOOK_AFTER) {
        source->look_at = ngx_current_msec + (ngx_msec_t) left;
    }

done:

    if (pool) {
        ngx_destroy_pool(pool);
    }
}


static ngx_int_t
ngx_http_tesseral_renew_keys(ngx_http_tesseral_source_t *source,
    ngx_str_t *document, ngx_uint_t text)
{
    ngx_http_tesseral_keys_t  *keys;

    if (ngx_http_tesseral_create_keys(source, document, ngx_cycle->log,
                                      NGX_LOG_ERR, &keys)
        != TESSERAL_OK)
    {
        return NGX_ERROR;
    }

    if (source->keys) {
        ngx_http_tesseral_release_keys(source->keys);
    }

    source->keys = keys;
    source->text = text;
    source->generation++;

    return NGX_OK;
}
