
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


/*
 * Answers about API keys, in the memory that the workers share.  The library's
 * state says which request sends the question, and which requests an answer
 * serves.  The zone holds the text of good answers only.  The state knows an
 * API key by its fingerprint: neither has the key itself or another secret.
 */


static ngx_uint_t ngx_http_tesseral_copy_answer(ngx_http_request_t *r,
    ngx_slab_pool_t *slab, ngx_http_tesseral_shared_t *shared,
    tesseral_verdict *verdict, ngx_str_t *body);
static void ngx_http_tesseral_answers_rules(ngx_http_tesseral_main_conf_t *mcf,
    ngx_http_tesseral_lookup_t *lookup, tesseral_answers_rules *rules);


/*
 * The size of the state for a zone of this size: about an eighth of the zone,
 * and a seventh of a small one.
 */

size_t
ngx_http_tesseral_answers_room(size_t zone_size, size_t *answers,
    size_t *questions)
{
    *answers = ngx_max(zone_size / 1024, 16);
    *answers = ngx_min(*answers, 65536);
    *questions = ngx_max(zone_size / 4096, 16);
    *questions = ngx_min(*questions, NGX_HTTP_TESSERAL_MAX_QUESTIONS);

    return tesseral_answers_size(*answers, *questions);
}


/*
 * Names an API key for the state: its fingerprint, and the scope of the
 * look-up.
 */

ngx_int_t
ngx_http_tesseral_name_api_key(ngx_http_tesseral_ctx_t *ctx,
    tesseral_api_key_name *name)
{
    ngx_memcpy(name->scope, ctx->lookup->mark, sizeof(name->scope));

    return tesseral_api_key_fingerprint(ctx->auth.credentials.ptr,
                                        ctx->auth.credentials.len,
                                        name->fingerprint,
                                        sizeof(name->fingerprint))
           == TESSERAL_OK ? NGX_OK : NGX_ERROR;
}


/*
 * Asks the state what a request must do next: use a known answer, wait, or
 * send the question.  When an answer is known, *body is a copy of it.
 */

ngx_int_t
ngx_http_tesseral_answers_ask(ngx_http_request_t *r,
    ngx_http_tesseral_lookup_t *lookup, tesseral_api_key_name *name,
    uint64_t ticket, tesseral_ask *ask, ngx_str_t *body)
{
    uint32_t                        status;
    ngx_slab_pool_t                *slab;
    tesseral_moment                 now;
    tesseral_answers_rules          rules;
    ngx_http_tesseral_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_tesseral_module);
    slab = (ngx_slab_pool_t *) mcf->zone->shm.addr;

    ngx_http_tesseral_answers_rules(mcf, lookup, &rules);
    ngx_http_tesseral_moment(&now);

    ngx_shmtx_lock(&slab->mutex);

    status = tesseral_answers_ask(mcf->shared->answers,
                                  mcf->shared->answers_len, name, ticket,
                                  &now, &rules, ask);

    if (status == TESSERAL_OK && ask->act == TESSERAL_ASK_KNOWN
        && !ngx_http_tesseral_copy_answer(r, slab, mcf->shared, &ask->verdict,
                                          body))
    {
        status = TESSERAL_ERR_INTERNAL_ERROR;
    }

    ngx_shmtx_unlock(&slab->mutex);

    return status == TESSERAL_OK ? NGX_OK : NGX_ERROR;
}


/* The same for a request that cannot wait: only a known answer counts. */

void
ngx_http_tesseral_answers_known(ngx_http_request_t *r,
    ngx_http_tesseral_lookup_t *lookup, tesseral_api_key_name *name,
    tesseral_verdict *verdict, ngx_str_t *body)
{
    ngx_slab_pool_t                *slab;
    tesseral_moment                 now;
    tesseral_answers_rules          rules;
    ngx_http_tesseral_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_tesseral_module);
    slab = (ngx_slab_pool_t *) mcf->zone->shm.addr;

    ngx_http_tesseral_answers_rules(mcf, lookup, &rules);
    ngx_http_tesseral_moment(&now);

    ngx_shmtx_lock(&slab->mutex);

    if (tesseral_answers_known(mcf->shared->answers, mcf->shared->answers_len,
                               name, &now, &rules, verdict)
        != TESSERAL_OK
        || !ngx_http_tesseral_copy_answer(r, slab, mcf->shared, verdict, body))
    {
        verdict->kind = TESSERAL_VERDICT_NONE;
    }

    ngx_shmtx_unlock(&slab->mutex);
}


static ngx_uint_t
ngx_http_tesseral_copy_answer(ngx_http_request_t *r, ngx_slab_pool_t *slab,
    ngx_http_tesseral_shared_t *shared, tesseral_verdict *verdict,
    ngx_str_t *body)
{
    if (verdict->kind == TESSERAL_VERDICT_GOOD) {

        body->len = (size_t) verdict->len;
        body->data = ngx_pnalloc(r->pool, body->len);
        if (body->data == NULL) {
            return 0;
        }

        ngx_memcpy(body->data, ngx_http_tesseral_at(slab, verdict->handle),
                   body->len);
    }

    if (verdict->kind != TESSERAL_VERDICT_NONE
        && verdict->kind != TESSERAL_VERDICT_FAILED)
    {
        shared->answered++;
    }

    return 1;
}


/*
 * Gives the state the outcome of a question.  NGX_DECLINED: the zone has no
 * room for a good answer.
 */

ngx_int_t
ngx_http_tesseral_answers_landed(ngx_http_request_t *r,
    ngx_http_tesseral_exchange_t *exchange, uint32_t kind, ngx_str_t *body)
{
    u_char                         *p;
    uint32_t                        i, status;
    ngx_int_t                       rc;
    ngx_slab_pool_t                *slab;
    tesseral_moment                 now;
    tesseral_landed                 landed = TESSERAL_LANDED_INIT;
    tesseral_verdict                verdict;
    tesseral_answers_rules          rules;
    ngx_http_tesseral_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_tesseral_module);
    slab = (ngx_slab_pool_t *) mcf->zone->shm.addr;
    rc = NGX_OK;

    ngx_memzero(&verdict, sizeof(tesseral_verdict));
    verdict.kind = kind;

    ngx_http_tesseral_answers_rules(mcf, exchange->lookup, &rules);
    ngx_http_tesseral_moment(&now);

    ngx_shmtx_lock(&slab->mutex);

    if (kind == TESSERAL_VERDICT_GOOD) {
        p = ngx_http_tesseral_make_room(slab, mcf->shared, body->len);

        if (p) {
            ngx_memcpy(p, body->data, body->len);
            verdict.handle = ngx_http_tesseral_handle(slab, p);
            verdict.len = body->len;

        } else {
            verdict.kind = TESSERAL_VERDICT_FAILED;
            rc = NGX_DECLINED;
        }
    }

    status = tesseral_answers_landed(mcf->shared->answers,
                                     mcf->shared->answers_len,
                                     &exchange->name, &exchange->question,
                                     &verdict, &now, &rules, &landed);

    if (status != TESSERAL_OK && verdict.handle != 0) {
        landed.freed[landed.freed_count++] = verdict.handle;
    }

    for (i = 0; i < landed.freed_count; i++) {
        ngx_slab_free_locked(slab, ngx_http_tesseral_at(slab,
                                                        landed.freed[i]));
    }

    ngx_shmtx_unlock(&slab->mutex);

    return rc;
}


/*
 * The request that sent the question has ended without an answer: a request
 * that waits for it will send it again.
 */

void
ngx_http_tesseral_answers_abandoned(ngx_http_request_t *r,
    ngx_http_tesseral_exchange_t *exchange)
{
    ngx_slab_pool_t                *slab;
    ngx_http_tesseral_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_tesseral_module);
    slab = (ngx_slab_pool_t *) mcf->zone->shm.addr;

    ngx_shmtx_lock(&slab->mutex);

    (void) tesseral_answers_abandoned(mcf->shared->answers,
                                      mcf->shared->answers_len,
                                      &exchange->name, &exchange->question);

    ngx_shmtx_unlock(&slab->mutex);
}


static void
ngx_http_tesseral_answers_rules(ngx_http_tesseral_main_conf_t *mcf,
    ngx_http_tesseral_lookup_t *lookup, tesseral_answers_rules *rules)
{
    ngx_http_tesseral_api_keys_t  *api_keys;

    api_keys = lookup->api_keys;

    *rules = (tesseral_answers_rules) TESSERAL_ANSWERS_RULES_INIT;

    rules->good_ttl_ms = api_keys->cache ? api_keys->cache
                                         : TESSERAL_RULES_NONE;
    rules->refused_ttl_ms = api_keys->negative ? api_keys->negative
                                               : TESSERAL_RULES_NONE;
    rules->questions = (uint32_t) api_keys->max;
    rules->max_answers_len = mcf->zone_size;
}
