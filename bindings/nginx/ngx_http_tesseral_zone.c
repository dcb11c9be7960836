
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static ngx_int_t ngx_http_tesseral_init_zone(ngx_shm_zone_t *zone, void *data);
static ngx_http_tesseral_shared_t *ngx_http_tesseral_create_shared(
    ngx_slab_pool_t *slab);
static ngx_int_t ngx_http_tesseral_create_answers(ngx_slab_pool_t *slab,
    ngx_http_tesseral_main_conf_t *mcf, ngx_log_t *log);
static ngx_int_t ngx_http_tesseral_find_record(ngx_slab_pool_t *slab,
    ngx_http_tesseral_main_conf_t *mcf, ngx_http_tesseral_source_t *source,
    ngx_log_t *log);
static ngx_int_t ngx_http_tesseral_take_record(ngx_slab_pool_t *slab,
    ngx_http_tesseral_shared_t *shared, ngx_http_tesseral_source_t *source,
    ngx_log_t *log);
static void ngx_http_tesseral_fetch_anew(ngx_http_tesseral_source_t *source);
static void ngx_http_tesseral_free_record(ngx_slab_pool_t *slab,
    ngx_http_tesseral_record_t *record);


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

    ngx_uint_t                     i;
    ngx_slab_pool_t               *slab;
    ngx_http_tesseral_source_t   **sources;
    ngx_http_tesseral_shared_t    *shared;

    slab = (ngx_slab_pool_t *) zone->shm.addr;
    shared = slab->data;

    if (shared == NULL || shared->layout != NGX_HTTP_TESSERAL_LAYOUT) {

        /* workers that know another layout keep what they have */

        shared = ngx_http_tesseral_create_shared(slab);
        if (shared == NULL) {
            goto too_small;
        }
    }

    mcf->shared = shared;

    ngx_shmtx_lock(&slab->mutex);
    mcf->cycle = ++shared->numbers;
    ngx_shmtx_unlock(&slab->mutex);

    if (mcf->lookups.nelts != 0
        && ngx_http_tesseral_create_answers(slab, mcf, zone->shm.log)
           != NGX_OK)
    {
        goto too_small;
    }

    sources = mcf->sources.elts;

    for (i = 0; i < mcf->sources.nelts; i++) {
        if (ngx_http_tesseral_find_record(slab, mcf, sources[i],
                                          zone->shm.log)
            != NGX_OK)
        {
            goto too_small;
        }
    }

    return NGX_OK;

too_small:

    ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                  "\"tesseral_zone\" is too small for %ui sources of keys and "
                  "what old workers still use", mcf->sources.nelts);

    return NGX_ERROR;
}


static ngx_http_tesseral_shared_t *
ngx_http_tesseral_create_shared(ngx_slab_pool_t *slab)
{
    ngx_http_tesseral_shared_t  *shared;

    shared = ngx_slab_calloc(slab, sizeof(ngx_http_tesseral_shared_t));
    if (shared == NULL) {
        return NULL;
    }

    shared->layout = NGX_HTTP_TESSERAL_LAYOUT;
    ngx_queue_init(&shared->records);
    ngx_queue_init(&shared->workers);

    slab->data = shared;
    slab->log_nomem = 0;

    return shared;
}


/* Once for all configurations: answers are told apart by their scope. */

static ngx_int_t
ngx_http_tesseral_create_answers(ngx_slab_pool_t *slab,
    ngx_http_tesseral_main_conf_t *mcf, ngx_log_t *log)
{
    size_t                       len, answers, questions;
    u_char                      *memory, seed[16];
    ngx_int_t                    rc;
    ngx_http_tesseral_shared_t  *shared;

    shared = mcf->shared;

    if (shared->answers) {
        return NGX_OK;
    }

    len = ngx_http_tesseral_answers_room(mcf->zone_size, &answers, &questions);

    if (ngx_http_tesseral_random(log, seed, sizeof(seed)) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = NGX_ERROR;

    ngx_shmtx_lock(&slab->mutex);

    memory = ngx_slab_alloc_locked(slab, len);

    if (memory
        && tesseral_answers_init(memory, len, answers, questions, seed,
                                 sizeof(seed))
           == TESSERAL_OK)
    {
        shared->answers_len = len;
        shared->answers = memory;
        rc = NGX_OK;
    }

    ngx_shmtx_unlock(&slab->mutex);

    return rc;
}


static ngx_int_t
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


/* A record for a source that has none: one that is free, or a new one. */

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
    record->serial = ++shared->numbers;

    source->record = record;

    return NGX_OK;
}


/* Uses what the last configuration fetched, and fetches it anew at once. */

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
 * The configuration is in force: frees the records of sources that are in
 * neither this configuration nor that of a living worker.
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

    if (ngx_http_tesseral_census(slab, shared) == NGX_OK) {

        for (q = ngx_queue_head(&shared->records);
             q != ngx_queue_sentinel(&shared->records);
             q = ngx_queue_next(q))
        {
            record = ngx_queue_data(q, ngx_http_tesseral_record_t, queue);

            if (record->serial != 0 && record->last != mcf->cycle
                && !ngx_http_tesseral_in_use(shared, record->first,
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


/* Allocates under the lock; answers about API keys make room. */

void *
ngx_http_tesseral_make_room(ngx_slab_pool_t *slab,
    ngx_http_tesseral_shared_t *shared, size_t size)
{
    void                    *p;
    uint64_t                 freed;
    tesseral_moment          now;
    tesseral_answers_rules   rules = TESSERAL_ANSWERS_RULES_INIT;

    p = ngx_slab_alloc_locked(slab, size);

    if (p || shared->answers == NULL) {
        return p;
    }

    ngx_http_tesseral_moment(&now);

    while (p == NULL
           && tesseral_answers_reclaim(shared->answers, shared->answers_len,
                                       &now, &rules, &freed)
              == TESSERAL_OK
           && freed != 0)
    {
        ngx_slab_free_locked(slab, ngx_http_tesseral_at(slab, freed));
        p = ngx_slab_alloc_locked(slab, size);
    }

    return p;
}


void
ngx_http_tesseral_count(ngx_http_tesseral_main_conf_t *mcf, uint32_t status,
    ngx_uint_t reported)
{
    ngx_uint_t                   i;
    ngx_http_tesseral_shared_t  *shared;

    shared = mcf->shared;

    i = status < sizeof(ngx_http_tesseral_places)
        ? ngx_http_tesseral_places[status] : 0;

    if (i == 0 && status != TESSERAL_OK) {
        i = ngx_http_tesseral_places[TESSERAL_ERR_INTERNAL_ERROR];
    }

    (void) ngx_atomic_fetch_add(reported ? &shared->reported[i]
                                         : &shared->results[i], 1);
}
