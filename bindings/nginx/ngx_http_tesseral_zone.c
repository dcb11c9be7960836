
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static ngx_int_t ngx_http_tesseral_init_zone(ngx_shm_zone_t *zone, void *data);
static ngx_http_tesseral_shared_t *ngx_http_tesseral_create_shared(
    ngx_slab_pool_t *slab);
static ngx_int_t ngx_http_tesseral_create_answers(ngx_slab_pool_t *slab,
    ngx_http_tesseral_main_conf_t *mcf, ngx_log_t *log);


char *
ngx_http_tesseral_check_zone_size(ngx_conf_t *cf, void *post, void *data)
{
    size_t  *size = data;

    if (*size < 16 * ngx_pagesize) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"tesseral_zone\" is too small: it needs at "
                           "least %uz bytes", (size_t) (16 * ngx_pagesize));
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/*
 * The index of each status among the counters; a status has at most four
 * digits.
 */

static u_char  ngx_http_tesseral_places[10000];


/* Makes the shared memory, if a location needs it. */

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

        /* old workers with another layout go on with theirs */

        shared = ngx_http_tesseral_create_shared(slab);
        if (shared == NULL) {
            goto too_small;
        }
    }

    mcf->shared = shared;

    ngx_shmtx_lock(&slab->mutex);
    mcf->cycle = ++shared->last_number;
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
                  "those that old workers still use", mcf->sources.nelts);

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


/*
 * Makes the state of answers about API keys, once for all configurations.  The
 * scope of an answer tells them apart.
 */

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


void
ngx_http_tesseral_count_verdict(ngx_http_tesseral_main_conf_t *mcf,
    uint32_t status, ngx_uint_t reported)
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
