
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


/*
 * A flight is one fetch of a source's document.  The library's state, which
 * the workers share, says when a flight begins.  This file does not know how
 * the document is brought: the caller that gets a flight must end it by
 * ngx_http_tesseral_land_flight(), _fail_flight() or _abandon_flight().
 */


static void ngx_http_tesseral_join_wait(ngx_http_tesseral_record_t *record,
    tesseral_moment *now, tesseral_request *request);
static const char *ngx_http_tesseral_publish_document(
    ngx_http_tesseral_source_t *source, tesseral_flight *flight,
    ngx_str_t *document, ngx_http_tesseral_keys_t *keys, ngx_uint_t *text);
static uint32_t ngx_http_tesseral_compare_keys(
    ngx_http_tesseral_source_t *source, ngx_http_tesseral_keys_t *keys);


/*
 * Begins a flight if one is due without a request.  NGX_OK: it has begun.
 * NGX_DECLINED: none is due; the caller need not ask again before
 * source->ask_at.
 */

ngx_int_t
ngx_http_tesseral_begin_due_flight(ngx_http_tesseral_source_t *source,
    tesseral_flight *flight)
{
    int64_t                 left;
    uint32_t                status;
    tesseral_poll           poll = TESSERAL_POLL_INIT;
    tesseral_moment         now;
    tesseral_refresh_rules  rules;

    source->ask_at = ngx_current_msec + NGX_HTTP_TESSERAL_ASK_AFTER;

    ngx_http_tesseral_moment(&now);
    ngx_http_tesseral_refresh_rules(source, &rules);

    if (ngx_http_tesseral_lock(source) != NGX_OK) {
        return NGX_DECLINED;
    }

    status = tesseral_refresh_poll(source->record->state,
                                   TESSERAL_REFRESH_SIZE, &now, &rules, &poll);

    ngx_http_tesseral_unlock(source);

    if (status != TESSERAL_OK) {
        return NGX_DECLINED;
    }

    if (poll.act == TESSERAL_POLL_FETCH) {
        *flight = poll.flight;
        return NGX_OK;
    }

    left = poll.until - now.steady;

    if (left < NGX_HTTP_TESSERAL_ASK_AFTER) {
        source->ask_at = ngx_current_msec + (ngx_msec_t) (left > 0 ? left : 0);
    }

    return NGX_DECLINED;
}


/*
 * Asks the state what a request does when it lacks keys: fetch, wait, or go
 * on.
 */

ngx_int_t
ngx_http_tesseral_ask_for_keys(ngx_http_tesseral_source_t *source,
    uint32_t need, tesseral_kid_hashes *kids, tesseral_request *request)
{
    uint32_t                status;
    tesseral_moment         now;
    tesseral_refresh_rules  rules;

    ngx_http_tesseral_moment(&now);
    ngx_http_tesseral_refresh_rules(source, &rules);

    if (ngx_http_tesseral_lock(source) != NGX_OK) {
        return NGX_DECLINED;
    }

    status = tesseral_refresh_request(source->record->state,
                                      TESSERAL_REFRESH_SIZE, need,
                                      kids->hashes,
                                      kids->count * TESSERAL_KID_HASH_LEN,
                                      &now, &rules, request);

    if (status == TESSERAL_OK) {
        ngx_http_tesseral_join_wait(source->record, &now, request);
    }

    ngx_http_tesseral_unlock(source);

    return status == TESSERAL_OK ? NGX_OK : NGX_DECLINED;
}


/*
 * The state has few places for callers that wait, since in other programs each
 * is a thread.  In nginx a waiting request costs only its connection.  So a
 * request that gets no place waits for the same fetch, until the last request
 * with a place gives up.
 */

static void
ngx_http_tesseral_join_wait(ngx_http_tesseral_record_t *record,
    tesseral_moment *now, tesseral_request *request)
{
    switch (request->act) {

    case TESSERAL_REQUEST_FETCH:
        record->wait_until = now->steady + NGX_HTTP_TESSERAL_WAIT;
        record->waits_since = record->ended;
        break;

    case TESSERAL_REQUEST_WAIT:
        record->wait_until = request->wait.until;
        record->waits_since = record->ended;
        break;

    default:
        if (now->steady < record->wait_until
            && record->waits_since == record->ended)
        {
            request->act = TESSERAL_REQUEST_WAIT;
            request->wait.until = record->wait_until;
            request->wait.place = TESSERAL_NO_PLACE;
        }
    }
}


/* Gives back a place: the request no longer waits. */

void
ngx_http_tesseral_leave_wait(ngx_http_tesseral_source_t *source,
    tesseral_wait *wait)
{
    if (ngx_http_tesseral_lock(source) == NGX_OK) {
        (void) tesseral_refresh_waited(source->record->state,
                                       TESSERAL_REFRESH_SIZE, wait);
        ngx_http_tesseral_unlock(source);
    }
}


/*
 * A flight brought a document.  All workers use it when it is good and newer
 * than the one in use.  Returns NULL, or why the document is no good: then the
 * flight has failed.
 */

const char *
ngx_http_tesseral_land_flight(ngx_http_tesseral_source_t *source,
    tesseral_flight *flight, ngx_str_t *document)
{
    const char                *why;
    ngx_uint_t                 text;
    ngx_http_tesseral_keys_t  *keys;

    if (ngx_http_tesseral_create_keys(source, document, ngx_cycle->log,
                                      NGX_LOG_ERR, &keys)
        != TESSERAL_OK)
    {
        ngx_http_tesseral_fail_flight(source, flight);
        return "its document was refused";
    }

    why = ngx_http_tesseral_publish_document(source, flight, document, keys,
                                             &text);

    if (why || text == 0 || text == source->text) {
        ngx_http_tesseral_release_keys(keys);

    } else {
        if (source->keys) {
            ngx_http_tesseral_release_keys(source->keys);
        }

        source->keys = keys;
        source->text = text;
        source->generation++;
    }

    if (why) {
        ngx_http_tesseral_fail_flight(source, flight);
    }

    return why;
}


/*
 * Writes the document to the shared memory.  *text is its number, or 0 when it
 * is not used.
 */

static const char *
ngx_http_tesseral_publish_document(ngx_http_tesseral_source_t *source,
    tesseral_flight *flight, ngx_str_t *document,
    ngx_http_tesseral_keys_t *keys, ngx_uint_t *text)
{
    u_char                         *p;
    uint32_t                        taken, change;
    uint64_t                        freed, handle;
    tesseral_moment                 now;
    tesseral_document               known = TESSERAL_DOCUMENT_INIT;
    tesseral_refresh_rules          rules;
    ngx_http_tesseral_record_t     *record;
    ngx_http_tesseral_main_conf_t  *mcf;

    *text = 0;
    record = source->record;
    mcf = ngx_http_cycle_get_module_main_conf(ngx_cycle,
                                              ngx_http_tesseral_module);

    (void) ngx_http_tesseral_current_keys(source);
    change = ngx_http_tesseral_compare_keys(source, keys);

    ngx_http_tesseral_moment(&now);
    ngx_http_tesseral_refresh_rules(source, &rules);

    if (ngx_http_tesseral_lock(source) != NGX_OK) {
        return "no configuration uses it any more";
    }

    (void) tesseral_refresh_document(record->state, TESSERAL_REFRESH_SIZE,
                                     &now, &rules, &known);

    if (known.handle != 0 && known.len == document->len
        && ngx_memcmp(ngx_http_tesseral_at(source->slab, known.handle),
                      document->data, document->len)
           == 0)
    {
        change = TESSERAL_CHANGE_SAME;
        handle = known.handle;

    } else {
        p = ngx_http_tesseral_make_room(source->slab, mcf->shared,
                                        document->len);
        if (p == NULL) {
            ngx_http_tesseral_unlock(source);
            return "\"tesseral_zone\" is too small";
        }

        ngx_memcpy(p, document->data, document->len);
        handle = ngx_http_tesseral_handle(source->slab, p);

        /*
         * if this process dies here, the other workers parse the text once
         * more
         */

        record->text = ++mcf->shared->last_number;
    }

    if (tesseral_refresh_landed(record->state, TESSERAL_REFRESH_SIZE, flight,
                                change, handle, document->len, &now, &taken,
                                &freed)
        != TESSERAL_OK
        || taken != TESSERAL_TAKEN_IN_USE)
    {
        freed = (handle == known.handle) ? 0 : handle;

    } else {
        *text = record->text;
        record->loads++;
        record->failing = 0;
    }

    if (freed != 0) {
        ngx_slab_free_locked(source->slab,
                             ngx_http_tesseral_at(source->slab, freed));
    }

    record->ended++;

    ngx_http_tesseral_unlock(source);

    return NULL;
}


/* How the document differs from the keys of this process, compared by kid. */

static uint32_t
ngx_http_tesseral_compare_keys(ngx_http_tesseral_source_t *source,
    ngx_http_tesseral_keys_t *keys)
{
    size_t                    i, n;
    tesseral_str              one, two;
    const tesseral_verifier  *old, *new;

    if (source->keys == NULL) {
        return TESSERAL_CHANGE_KEYS;
    }

    old = source->keys->verifier;
    new = keys->verifier;
    n = tesseral_verifier_keys_used(new);

    if (tesseral_verifier_keys_used(old) != n) {
        return TESSERAL_CHANGE_KEYS;
    }

    for (i = 0; i < n; i++) {
        if (tesseral_verifier_kid(old, i, &one) != TESSERAL_OK
            || tesseral_verifier_kid(new, i, &two) != TESSERAL_OK
            || one.len != two.len
            || ngx_memcmp(one.ptr, two.ptr, one.len) != 0)
        {
            return TESSERAL_CHANGE_KEYS;
        }
    }

    return TESSERAL_CHANGE_TEXT;
}


/* The flight failed: it brought no usable document. */

void
ngx_http_tesseral_fail_flight(ngx_http_tesseral_source_t *source,
    tesseral_flight *flight)
{
    tesseral_moment  now;

    ngx_http_tesseral_moment(&now);

    if (ngx_http_tesseral_lock(source) != NGX_OK) {
        return;
    }

    (void) tesseral_refresh_failed(source->record->state,
                                   TESSERAL_REFRESH_SIZE, flight, &now);
    source->record->failures++;
    source->record->failing = 1;
    source->record->ended++;

    ngx_http_tesseral_unlock(source);
}


/*
 * The flight ends without a result.  Requests that wait for it wait for the
 * next one.
 */

void
ngx_http_tesseral_abandon_flight(ngx_http_tesseral_source_t *source,
    tesseral_flight *flight)
{
    tesseral_moment  now;

    ngx_http_tesseral_moment(&now);

    if (ngx_http_tesseral_lock(source) == NGX_OK) {
        (void) tesseral_refresh_abandoned(source->record->state,
                                          TESSERAL_REFRESH_SIZE, flight, &now);
        ngx_http_tesseral_unlock(source);
    }
}
