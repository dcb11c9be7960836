
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static ngx_int_t ngx_http_tesseral_init_zone(ngx_shm_zone_t *zone, void *data);
static ngx_int_t ngx_http_tesseral_find_record(ngx_slab_pool_t *slab,
    ngx_http_tesseral_shared_t *shared, ngx_http_tesseral_source_t *source,
    ngx_uint_t reloaded);


/* The places of the counters of statuses, which have at most four digits. */

static u_char  ngx_http_tesseral_places[10000];


/* Makes the shared memory, when something in the configuration needs it. */

ngx_int_t
ngx_http_tesseral_add_zone(ngx_conf_t *cf)
{
    uint32_t                        status;
    ngx_uint_t                      i;
    ngx_http_tesseral_main_conf_t  *mcf;

    static ngx_str_t  name = ngx_string("tesseral");

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_tesseral_module);

    if (mcf->sources.nelts == 0) {
        return NGX_OK;
    }

    for (i = 0; i < NGX_HTTP_TESSERAL_STATUSES; i++) {
        status = tesseral_status_at(i);

        if (status < sizeof(ngx_http_tesseral_places)) {
            ngx_http_tesseral_places[status] = (u_char) i;
        }
    }

    mcf->zone = ngx_shared_memory_add(cf, &name, mcf->zone_size,
                                      &ngx_http_tesseral_module);
    if (mcf->zone == NULL) {
        return NGX_ERROR;
    }

    mcf->zone->init = ngx_http_tesseral_init_zone;
    mcf->zone->data = mcf;

    return NGX_OK;
}


static ngx_int_t
ngx_http_tesseral_init_zone(ngx_shm_zone_t *zone, void *data)
{
    ngx_http_tesseral_main_conf_t *mcf = zone->data;

    ngx_uint_t                     i, reloaded;
    ngx_slab_pool_t               *slab;
    ngx_http_tesseral_source_t   **sources;
    ngx_http_tesseral_shared_t    *shared;

    slab = (ngx_slab_pool_t *) zone->shm.addr;
    shared = slab->data;
    reloaded = (data != NULL || zone->shm.exists);

    if (shared == NULL || shared->layout != NGX_HTTP_TESSERAL_LAYOUT) {

        shared = ngx_slab_calloc(slab, sizeof(ngx_http_tesseral_shared_t));
        if (shared == NULL) {
            return NGX_ERROR;
        }

        shared->layout = NGX_HTTP_TESSERAL_LAYOUT;
        ngx_queue_init(&shared->records);
        ngx_http_tesseral_init_answers(shared);

        slab->data = shared;
        slab->log_nomem = 0;
    }

    sources = mcf->sources.elts;

    for (i = 0; i < mcf->sources.nelts; i++) {
        if (ngx_http_tesseral_find_record(slab, shared, sources[i], reloaded)
            != NGX_OK)
        {
            ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                          "\"tesseral_zone\" is too small for %ui sources of "
                          "keys", mcf->sources.nelts);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_tesseral_find_record(ngx_slab_pool_t *slab,
    ngx_http_tesseral_shared_t *shared, ngx_http_tesseral_source_t *source,
    ngx_uint_t reloaded)
{
    ngx_int_t                    rc;
    ngx_queue_t                 *q;
    ngx_http_tesseral_record_t  *record, *unused;

    rc = NGX_OK;
    unused = NULL;

    ngx_shmtx_lock(&slab->mutex);

    for (q = ngx_queue_head(&shared->records);
         q != ngx_queue_sentinel(&shared->records);
         q = ngx_queue_next(q))
    {
        record = ngx_queue_data(q, ngx_http_tesseral_record_t, queue);

        if (record->number == 0) {
            unused = record;
            continue;
        }

        if (ngx_memcmp(record->mark, source->mark, NGX_HTTP_TESSERAL_MARK)
            == 0)
        {
            record->carried_over = reloaded;
            record->attempted = 0;
            goto found;
        }
    }

    if (unused) {
        record = unused;

    } else {
        record = ngx_slab_calloc_locked(slab,
                                        sizeof(ngx_http_tesseral_record_t));
        if (record == NULL) {
            rc = NGX_ERROR;
            goto done;
        }

        ngx_queue_insert_tail(&shared->records, &record->queue);
    }

    record->generation = 0;
    record->owner = 0;
    record->attempted = 0;
    record->carried_over = 0;
    record->fetched_at = 0;
    record->loads = 0;
    record->failures = 0;
    record->failing = 0;

    ngx_memcpy(record->mark, source->mark, NGX_HTTP_TESSERAL_MARK);
    record->number = ++shared->numbers;

found:

    source->record = record;
    source->number = record->number;

done:

    ngx_shmtx_unlock(&slab->mutex);

    return rc;
}


/*
 * Takes records from sources that the configuration in force does not have.
 * Workers of the last one may still run: they see that the number is another.
 */

void
ngx_http_tesseral_free_records(ngx_http_tesseral_main_conf_t *mcf)
{
    ngx_uint_t                    i;
    ngx_queue_t                  *q;
    ngx_slab_pool_t              *slab;
    ngx_http_tesseral_record_t   *record;
    ngx_http_tesseral_shared_t   *shared;
    ngx_http_tesseral_source_t  **sources;

    slab = (ngx_slab_pool_t *) mcf->zone->shm.addr;
    shared = slab->data;
    sources = mcf->sources.elts;

    ngx_shmtx_lock(&slab->mutex);

    for (q = ngx_queue_head(&shared->records);
         q != ngx_queue_sentinel(&shared->records);
         q = ngx_queue_next(q))
    {
        record = ngx_queue_data(q, ngx_http_tesseral_record_t, queue);

        for (i = 0; i < mcf->sources.nelts; i++) {
            if (sources[i]->record == record) {
                break;
            }
        }

        if (i < mcf->sources.nelts) {
            continue;
        }

        record->number = 0;

        if (record->document) {
            ngx_slab_free_locked(slab, record->document);
            record->document = NULL;
            record->document_len = 0;
        }
    }

    ngx_shmtx_unlock(&slab->mutex);
}


ngx_uint_t
ngx_http_tesseral_has_record(ngx_http_tesseral_source_t *source)
{
    return source->record != NULL && source->record->number == source->number;
}


/* Counts an attempt to get keys. */

void
ngx_http_tesseral_note(ngx_http_tesseral_source_t *source, ngx_uint_t failing)
{
    if (!ngx_http_tesseral_has_record(source)) {
        return;
    }

    source->record->failing = failing;

    (void) ngx_atomic_fetch_add(failing ? &source->record->failures
                                        : &source->record->loads, 1);
}


ngx_http_tesseral_shared_t *
ngx_http_tesseral_shared(ngx_http_tesseral_main_conf_t *mcf)
{
    ngx_slab_pool_t  *slab;

    if (mcf->zone == NULL) {
        return NULL;
    }

    slab = (ngx_slab_pool_t *) mcf->zone->shm.addr;

    return slab->data;
}


/*
 * Gives a good document to all workers; returns its generation, or 0.  One that
 * comes when the record is gone is for this process alone.
 */

ngx_uint_t
ngx_http_tesseral_publish(ngx_http_tesseral_main_conf_t *mcf,
    ngx_http_tesseral_source_t *source, u_char *document, size_t len)
{
    u_char                      *copy;
    ngx_uint_t                   generation;
    ngx_slab_pool_t             *slab;
    ngx_http_tesseral_record_t  *record;

    slab = (ngx_slab_pool_t *) mcf->zone->shm.addr;
    record = source->record;

    ngx_shmtx_lock(&slab->mutex);

    if (!ngx_http_tesseral_has_record(source)) {
        ngx_shmtx_unlock(&slab->mutex);
        return source->generation ? source->generation : 1;
    }

    record->fetched = ngx_current_msec;
    record->fetched_at = ngx_time();
    record->carried_over = 0;

    if (record->document_len == len
        && ngx_memcmp(record->document, document, len) == 0)
    {
        generation = record->generation;
        ngx_shmtx_unlock(&slab->mutex);
        return generation;
    }

    copy = ngx_http_tesseral_make_room(slab, slab->data, len,
                                       NGX_MAX_INT32_VALUE);

    if (copy == NULL) {
        ngx_shmtx_unlock(&slab->mutex);
        return 0;
    }

    ngx_memcpy(copy, document, len);

    if (record->document) {
        ngx_slab_free_locked(slab, record->document);
    }

    record->document = copy;
    record->document_len = len;
    generation = ++record->generation;

    ngx_shmtx_unlock(&slab->mutex);

    return generation;
}


/* Copies the document; returns its generation, 0 when there is none. */

ngx_uint_t
ngx_http_tesseral_collect(ngx_http_tesseral_main_conf_t *mcf,
    ngx_http_tesseral_source_t *source, ngx_pool_t *pool, ngx_str_t *document)
{
    ngx_uint_t                   generation;
    ngx_slab_pool_t             *slab;
    ngx_http_tesseral_record_t  *record;

    slab = (ngx_slab_pool_t *) mcf->zone->shm.addr;
    record = source->record;
    generation = 0;

    /* no more than this, or the lock would be held while memory is found */

    document->data = ngx_pnalloc(pool, TESSERAL_MAX_DOCUMENT_LEN);
    if (document->data == NULL) {
        return 0;
    }

    ngx_shmtx_lock(&slab->mutex);

    if (ngx_http_tesseral_has_record(source) && record->document
        && record->document_len <= TESSERAL_MAX_DOCUMENT_LEN)
    {
        document->len = record->document_len;
        ngx_memcpy(document->data, record->document, record->document_len);
        generation = record->generation;
    }

    ngx_shmtx_unlock(&slab->mutex);

    return generation;
}


void
ngx_http_tesseral_count(ngx_http_tesseral_main_conf_t *mcf, uint32_t status,
    ngx_uint_t reported)
{
    ngx_uint_t                   i;
    ngx_http_tesseral_shared_t  *shared;

    shared = ngx_http_tesseral_shared(mcf);

    i = status < sizeof(ngx_http_tesseral_places)
        ? ngx_http_tesseral_places[status] : 0;

    if (i == 0 && status != TESSERAL_OK) {
        i = ngx_http_tesseral_places[TESSERAL_ERR_INTERNAL_ERROR];
    }

    (void) ngx_atomic_fetch_add(reported ? &shared->reported[i]
                                         : &shared->results[i], 1);
}
