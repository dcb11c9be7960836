
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static void ngx_http_tesseral_look(ngx_http_tesseral_source_t *source);
static ngx_int_t ngx_http_tesseral_renew_keys(
    ngx_http_tesseral_source_t *source, ngx_str_t *document, ngx_uint_t text);


/* The time, as the states that the workers share count it. */

void
ngx_http_tesseral_moment(tesseral_moment *now)
{
    struct timeval   tv;
    struct timespec  ts;

#ifdef CLOCK_BOOTTIME
    (void) clock_gettime(CLOCK_BOOTTIME, &ts);
#else
    (void) clock_gettime(CLOCK_MONOTONIC, &ts);
#endif

    ngx_gettimeofday(&tv);

    now->steady = (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
    now->wall = (int64_t) tv.tv_sec * 1000 + tv.tv_usec / 1000;
}


void
ngx_http_tesseral_refresh_rules(ngx_http_tesseral_source_t *source,
    tesseral_refresh_rules *rules)
{
    *rules = (tesseral_refresh_rules) TESSERAL_REFRESH_RULES_INIT;

    rules->interval_ms = source->refresh;
    rules->stale_ms = source->stale;
    rules->cooldown_ms = source->cooldown;
}


/* NGX_DECLINED, without the lock: another source has the record by now. */

ngx_int_t
ngx_http_tesseral_lock(ngx_http_tesseral_source_t *source)
{
    ngx_shmtx_lock(&source->slab->mutex);

    if (source->record->serial == source->serial) {
        return NGX_OK;
    }

    ngx_shmtx_unlock(&source->slab->mutex);

    return NGX_DECLINED;
}


void
ngx_http_tesseral_unlock(ngx_http_tesseral_source_t *source)
{
    ngx_shmtx_unlock(&source->slab->mutex);
}


/*
 * The keys to use now, or NULL.  Another worker may have fetched newer ones:
 * their verifier is built here, once.
 */

ngx_http_tesseral_keys_t *
ngx_http_tesseral_current(ngx_http_tesseral_source_t *source)
{
    if (source->file.len) {
        return source->keys;
    }

    if (source->record->ended != source->ended
        || (ngx_msec_int_t) (source->look_at - ngx_current_msec) <= 0)
    {
        ngx_http_tesseral_look(source);
    }

    return source->usable ? source->keys : NULL;
}


static void
ngx_http_tesseral_look(ngx_http_tesseral_source_t *source)
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
    source->look_at = ngx_current_msec + NGX_HTTP_TESSERAL_LOOK;

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

        /* memory is allocated without the lock */

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

    if (left < NGX_HTTP_TESSERAL_LOOK) {
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


/* Counts an attempt to read a file. */

void
ngx_http_tesseral_note(ngx_http_tesseral_source_t *source, ngx_uint_t failing)
{
    if (ngx_http_tesseral_lock(source) != NGX_OK) {
        return;
    }

    source->record->failing = failing;

    if (failing) {
        source->record->failures++;

    } else {
        source->record->loads++;
    }

    ngx_http_tesseral_unlock(source);
}


/* The counters of a source; zeros when it has no record. */

void
ngx_http_tesseral_figures(ngx_http_tesseral_source_t *source,
    ngx_http_tesseral_record_t *record, time_t *fetched_at)
{
    tesseral_moment         now;
    tesseral_document       document = TESSERAL_DOCUMENT_INIT;
    tesseral_refresh_rules  rules = TESSERAL_REFRESH_RULES_INIT;

    ngx_memzero(record, sizeof(ngx_http_tesseral_record_t));
    ngx_http_tesseral_moment(&now);

    if (ngx_http_tesseral_lock(source) == NGX_OK) {
        *record = *source->record;

        if (record->state) {
            (void) tesseral_refresh_document(record->state,
                                             TESSERAL_REFRESH_SIZE, &now,
                                             &rules, &document);
        }

        ngx_http_tesseral_unlock(source);
    }

    *fetched_at = (time_t) (document.began.wall / 1000);
}
