
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static ngx_int_t ngx_http_tesseral_take_record(ngx_slab_pool_t *slab,
    ngx_http_tesseral_shared_t *shared, ngx_http_tesseral_source_t *source,
    ngx_log_t *log);
static void ngx_http_tesseral_fetch_anew(ngx_http_tesseral_source_t *source);
static void ngx_http_tesseral_free_record(ngx_slab_pool_t *slab,
    ngx_http_tesseral_record_t *record);


void
ngx_http_tesseral_refresh_rules(ngx_http_tesseral_source_t *source,
    tesseral_refresh_rules *rules)
{
    *rules = (tesseral_refresh_rules) TESSERAL_REFRESH_RULES_INIT;

    rules->interval_ms = source->refresh;
    rules->stale_ms = source->stale;
    rules->cooldown_ms = source->cooldown;
}


/*
 * Locks the shared memory.  NGX_DECLINED: the record belongs to another source
 * now, and the lock is not held.
 */

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


ngx_int_t
ngx_http_tesseral_find_record(ngx_slab_pool_t *slab,
    ngx_http_tesseral_main_conf_t *mcf, ngx_http_tesseral_source_t *source,
    ngx_log_t *log)
{
    ngx_int_t                    rc;
    ngx_queue_t                 *q;
    ngx_http_tesseral_record_t  *record;
    ngx_http_tesseral_shared_t  *shared;

    rc = NGX_OK;
    shared = mcf->shared;

    source->slab = slab;
    source->record = NULL;

    ngx_shmtx_lock(&slab->mutex);

    for (q = ngx_queue_head(&shared->records);
         q != ngx_queue_sentinel(&shared->records);
         q = ngx_queue_next(q))
    {
        record = ngx_queue_data(q, ngx_http_tesseral_record_t, queue);

        if (record->serial != 0
            && ngx_memcmp(record->mark, source->mark, NGX_HTTP_TESSERAL_MARK)
               == 0)
        {
            source->record = record;
            ngx_http_tesseral_fetch_anew(source);
            break;
        }
    }

    if (source->record == NULL) {
        rc = ngx_http_tesseral_take_record(slab, shared, source, log);
    }

    if (rc == NGX_OK) {
        record = source->record;
        record->last = mcf->cycle;
        source->serial = record->serial;

        if (record->first == 0) {
            record->first = mcf->cycle;
        }
    }

    ngx_shmtx_unlock(&slab->mutex);

    return rc;
}


/* Takes a record for a source that has none: a free one, or a new one. */

static ngx_int_t
ngx_http_tesseral_take_record(ngx_slab_pool_t *slab,
    ngx_http_tesseral_shared_t *shared, ngx_http_tesseral_source_t *source,
    ngx_log_t *log)
{
    u_char                       seed[16];
    ngx_queue_t                 *q;
    tesseral_moment              now;
    ngx_http_tesseral_record_t  *record;

    record = NULL;

    for (q = ngx_queue_head(&shared->records);
         q != ngx_queue_sentinel(&shared->records);
         q = ngx_queue_next(q))
    {
        record = ngx_queue_data(q, ngx_http_tesseral_record_t, queue);

        if (record->serial == 0) {
            break;
        }

        record = NULL;
    }

    if (record == NULL) {
        record = ngx_slab_calloc_locked(slab,
                                        sizeof(ngx_http_tesseral_record_t));
        if (record == NULL) {
            return NGX_ERROR;
        }

        ngx_queue_insert_tail(&shared->records, &record->queue);
    }

    if (source->uri.len) {

        if (ngx_http_tesseral_random(log, seed, sizeof(seed)) != NGX_OK) {
            return NGX_ERROR;
        }

        record->state = ngx_http_tesseral_make_room(slab, shared,
                                                    TESSERAL_REFRESH_SIZE);
        ngx_http_tesseral_moment(&now);

        if (record->state == NULL
            || tesseral_refresh_init(record->state, TESSERAL_REFRESH_SIZE,
                                     seed, sizeof(seed), &now)
               != TESSERAL_OK)
        {
            return NGX_ERROR;
        }
    }

    record->first = 0;
    record->text = 0;
    record->wait_until = 0;
    record->loads = 0;
    record->failures = 0;
    record->failing = 0;

    ngx_memcpy(record->mark, source->mark, NGX_HTTP_TESSERAL_MARK);
    record->serial = ++shared->last_number;

    source->record = record;

    return NGX_OK;
}


/*
 * Keeps the document of the last configuration in use, and has it fetched
 * again at once.
 */

static void
ngx_http_tesseral_fetch_anew(ngx_http_tesseral_source_t *source)
{
    u_char                  *state;
    uint64_t                 freed;
    tesseral_moment          now;
    tesseral_document        document = TESSERAL_DOCUMENT_INIT;
    tesseral_refresh_rules   rules;

    state = source->record->state;

    if (state == NULL) {
        return;
    }

    ngx_http_tesseral_moment(&now);
    ngx_http_tesseral_refresh_rules(source, &rules);

    if (tesseral_refresh_document(state, TESSERAL_REFRESH_SIZE, &now, &rules,
                                  &document)
        == TESSERAL_OK
        && document.in_use)
    {
        document.due_percent = 0;
        (void) tesseral_refresh_adopt(state, TESSERAL_REFRESH_SIZE, &document,
                                      &freed);
    }
}


/*
 * The configuration has taken effect: frees the records of sources that
 * neither it nor a configuration of a living worker has.
 */

void
ngx_http_tesseral_free_records(ngx_http_tesseral_main_conf_t *mcf)
{
    ngx_queue_t                 *q;
    ngx_slab_pool_t             *slab;
    ngx_http_tesseral_record_t  *record;
    ngx_http_tesseral_shared_t  *shared;

    slab = (ngx_slab_pool_t *) mcf->zone->shm.addr;
    shared = mcf->shared;

    ngx_shmtx_lock(&slab->mutex);

    if (ngx_http_tesseral_update_workers(slab, shared) == NGX_OK) {

        for (q = ngx_queue_head(&shared->records);
             q != ngx_queue_sentinel(&shared->records);
             q = ngx_queue_next(q))
        {
            record = ngx_queue_data(q, ngx_http_tesseral_record_t, queue);

            if (record->serial != 0 && record->last != mcf->cycle
                && !ngx_http_tesseral_worker_has(shared, record->first,
                                                 record->last))
            {
                ngx_http_tesseral_free_record(slab, record);
            }
        }
    }

    shared->in_force = mcf->cycle;

    ngx_shmtx_unlock(&slab->mutex);
}


static void
ngx_http_tesseral_free_record(ngx_slab_pool_t *slab,
    ngx_http_tesseral_record_t *record)
{
    u_char                  *state;
    tesseral_moment          now;
    tesseral_document        document = TESSERAL_DOCUMENT_INIT;
    tesseral_refresh_rules   rules = TESSERAL_REFRESH_RULES_INIT;

    state = record->state;

    record->serial = 0;
    record->state = NULL;

    if (state == NULL) {
        return;
    }

    ngx_http_tesseral_moment(&now);

    if (tesseral_refresh_document(state, TESSERAL_REFRESH_SIZE, &now, &rules,
                                  &document)
        == TESSERAL_OK
        && document.handle != 0)
    {
        ngx_slab_free_locked(slab, ngx_http_tesseral_at(slab,
                                                        document.handle));
    }

    ngx_slab_free_locked(slab, state);
}


/* Counts one attempt to read a file, and whether it failed. */

void
ngx_http_tesseral_count_load(ngx_http_tesseral_source_t *source,
    ngx_uint_t failing)
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


/* Copies the counters of a source; zeros when it has no record. */

void
ngx_http_tesseral_read_record(ngx_http_tesseral_source_t *source,
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
