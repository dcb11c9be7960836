
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


/*
 * The time in the form that the library's shared states use: a clock that
 * never jumps, and the wall clock.
 */

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


/*
 * Allocates; the lock must be held.  When the zone is full, frees answers
 * about API keys, least needed first.
 */

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
