
/*
 * Copyright (C) the libtesseral_verify authors
 */


#ifndef _NGX_HTTP_TESSERAL_SHARED_H_INCLUDED_
#define _NGX_HTTP_TESSERAL_SHARED_H_INCLUDED_


/* What all workers share: one zone of memory. */


/*
 * The layout of the shared memory.  It depends on the number of statuses: when
 * that changes, a new version takes nothing over.
 */
#define NGX_HTTP_TESSERAL_LAYOUT  (4 + (TESSERAL_STATUS_COUNT << 16))

/*
 * bytes of a mark, which is a SHA-1; the first of them are the scope of an
 * answer about an API key
 */
#define NGX_HTTP_TESSERAL_MARK  20

#define NGX_HTTP_TESSERAL_STATUSES       TESSERAL_STATUS_COUNT
#define NGX_HTTP_TESSERAL_MAX_QUESTIONS  256  /* under way at a time */


/*
 * What the workers share about one source of keys.  A record is never freed,
 * but another source may get it: serial says which one has it, and is checked
 * under the lock (see ngx_http_tesseral_lock()).
 */

struct ngx_http_tesseral_record_s {
    ngx_queue_t                     queue;

    ngx_atomic_t                    serial;             /* 0: of none */
    u_char                          mark[NGX_HTTP_TESSERAL_MARK];

    /* numbers of the first and of the last configuration that has it */
    ngx_uint_t                      first;
    ngx_uint_t                      last;

    /* for the tesseral_refresh_ functions; NULL: the source is a file */
    u_char                         *state;
    ngx_uint_t                      text;  /* number of the document's text */
    ngx_atomic_t                    ended;  /* how many flights have ended */
    /* the latest end of a request's wait, and "ended" at its beginning */
    int64_t                         wait_until;
    ngx_atomic_t                    waits_since;

    ngx_uint_t                      loads;
    ngx_uint_t                      failures;
    ngx_uint_t                      failing;
};


/* A worker, and the configuration that it has. */

struct ngx_http_tesseral_worker_s {
    ngx_queue_t                     queue;
    ngx_pid_t                       pid;
    ngx_uint_t                      cycle;
};


struct ngx_http_tesseral_shared_s {
    uint32_t                        layout;
    ngx_queue_t                     records;
    ngx_queue_t                     workers;
    ngx_uint_t                      last_number;  /* given to anything here */
    ngx_uint_t                      in_force;  /* number of a configuration */

    /* for the tesseral_answers_ functions; NULL: no location has API keys */
    u_char                         *answers;
    size_t                          answers_len;

    ngx_atomic_t                    results[NGX_HTTP_TESSERAL_STATUSES];
    ngx_atomic_t                    reported[NGX_HTTP_TESSERAL_STATUSES];
    ngx_atomic_t                    stripped;
    ngx_atomic_t                    lookups;
    /* requests with an API key for which a known answer was enough */
    ngx_atomic_t                    answered;
};


/*
 * the library's states name documents and answers by handles: offsets in the
 * zone
 */
#define ngx_http_tesseral_handle(slab, p)                                     \
    ((uint64_t) ((u_char *) (p) - (u_char *) (slab)))

#define ngx_http_tesseral_at(slab, handle)                                    \
    ((void *) ((u_char *) (slab) + (size_t) (handle)))


/* shared */
void ngx_http_tesseral_moment(tesseral_moment *now);
void *ngx_http_tesseral_make_room(ngx_slab_pool_t *slab,
    ngx_http_tesseral_shared_t *shared, size_t size);

/* zone */
char *ngx_http_tesseral_check_zone_size(ngx_conf_t *cf, void *post,
    void *data);
ngx_int_t ngx_http_tesseral_add_zone(ngx_conf_t *cf);
void ngx_http_tesseral_count_verdict(ngx_http_tesseral_main_conf_t *mcf,
    uint32_t status, ngx_uint_t reported);

/* workers */
ngx_int_t ngx_http_tesseral_update_workers(ngx_slab_pool_t *slab,
    ngx_http_tesseral_shared_t *shared);
ngx_uint_t ngx_http_tesseral_worker_has(ngx_http_tesseral_shared_t *shared,
    ngx_uint_t first, ngx_uint_t last);
void ngx_http_tesseral_note_worker(ngx_http_tesseral_main_conf_t *mcf);

/* records */
void ngx_http_tesseral_refresh_rules(ngx_http_tesseral_source_t *source,
    tesseral_refresh_rules *rules);
ngx_int_t ngx_http_tesseral_lock(ngx_http_tesseral_source_t *source);
void ngx_http_tesseral_unlock(ngx_http_tesseral_source_t *source);
ngx_int_t ngx_http_tesseral_find_record(ngx_slab_pool_t *slab,
    ngx_http_tesseral_main_conf_t *mcf, ngx_http_tesseral_source_t *source,
    ngx_log_t *log);
void ngx_http_tesseral_free_records(ngx_http_tesseral_main_conf_t *mcf);
void ngx_http_tesseral_count_load(ngx_http_tesseral_source_t *source,
    ngx_uint_t failing);
void ngx_http_tesseral_read_record(ngx_http_tesseral_source_t *source,
    ngx_http_tesseral_record_t *record, time_t *fetched_at);

/* flight */
ngx_int_t ngx_http_tesseral_begin_due_flight(
    ngx_http_tesseral_source_t *source, tesseral_flight *flight);
ngx_int_t ngx_http_tesseral_ask_for_keys(ngx_http_tesseral_source_t *source,
    uint32_t need, tesseral_kid_hashes *kids, tesseral_request *request);
void ngx_http_tesseral_leave_wait(ngx_http_tesseral_source_t *source,
    tesseral_wait *wait);
const char *ngx_http_tesseral_land_flight(ngx_http_tesseral_source_t *source,
    tesseral_flight *flight, ngx_str_t *document);
void ngx_http_tesseral_fail_flight(ngx_http_tesseral_source_t *source,
    tesseral_flight *flight);
void ngx_http_tesseral_abandon_flight(ngx_http_tesseral_source_t *source,
    tesseral_flight *flight);

/* answers */
size_t ngx_http_tesseral_answers_room(size_t zone_size, size_t *answers,
    size_t *questions);
ngx_int_t ngx_http_tesseral_name_api_key(ngx_http_tesseral_ctx_t *ctx,
    tesseral_api_key_name *name);
ngx_int_t ngx_http_tesseral_answers_ask(ngx_http_request_t *r,
    ngx_http_tesseral_lookup_t *lookup, tesseral_api_key_name *name,
    uint64_t ticket, tesseral_ask *ask, ngx_str_t *body);
void ngx_http_tesseral_answers_known(ngx_http_request_t *r,
    ngx_http_tesseral_lookup_t *lookup, tesseral_api_key_name *name,
    tesseral_verdict *verdict, ngx_str_t *body);
ngx_int_t ngx_http_tesseral_answers_landed(ngx_http_request_t *r,
    ngx_http_tesseral_exchange_t *exchange, uint32_t kind, ngx_str_t *body);
void ngx_http_tesseral_answers_abandoned(ngx_http_request_t *r,
    ngx_http_tesseral_exchange_t *exchange);


#endif /* _NGX_HTTP_TESSERAL_SHARED_H_INCLUDED_ */
