
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


/*
 * Answers about API keys, under the fingerprint of the key: the key itself is
 * never kept.  An answer has no secret.
 */


#define ngx_http_tesseral_over(expires)                                       \
    ((ngx_msec_int_t) ((expires) - ngx_current_msec) <= 0)


static void ngx_http_tesseral_insert(ngx_rbtree_node_t *temp,
    ngx_rbtree_node_t *node, ngx_rbtree_node_t *sentinel);
static ngx_http_tesseral_answer_t *ngx_http_tesseral_find_answer(
    ngx_http_tesseral_shared_t *shared, ngx_http_tesseral_lookup_t *lookup,
    u_char *fingerprint);
static void ngx_http_tesseral_forget(ngx_slab_pool_t *slab,
    ngx_http_tesseral_shared_t *shared, ngx_http_tesseral_answer_t *answer);


void
ngx_http_tesseral_init_answers(ngx_http_tesseral_shared_t *shared)
{
    ngx_queue_init(&shared->recent);
    ngx_rbtree_init(&shared->answers, &shared->sentinel,
                    ngx_http_tesseral_insert);
}


/* NGX_OK with a copy of the answer, or NGX_DECLINED */

ngx_int_t
ngx_http_tesseral_recall(ngx_http_tesseral_main_conf_t *mcf,
    ngx_http_tesseral_lookup_t *lookup, u_char *fingerprint, ngx_pool_t *pool,
    uint32_t *http_status, ngx_str_t *body)
{
    ngx_int_t                    rc;
    ngx_slab_pool_t             *slab;
    ngx_http_tesseral_answer_t  *answer;
    ngx_http_tesseral_shared_t  *shared;

    rc = NGX_DECLINED;
    slab = (ngx_slab_pool_t *) mcf->zone->shm.addr;
    shared = slab->data;

    ngx_shmtx_lock(&slab->mutex);

    answer = ngx_http_tesseral_find_answer(shared, lookup, fingerprint);

    if (answer && ngx_http_tesseral_over(answer->expires)) {
        ngx_http_tesseral_forget(slab, shared, answer);
        answer = NULL;
    }

    if (answer) {
        body->data = ngx_pnalloc(pool, answer->len);

        if (body->data) {
            ngx_memcpy(body->data, answer->body, answer->len);
            body->len = answer->len;
            *http_status = answer->http_status;
            shared->answered++;
            rc = NGX_OK;
        }
    }

    ngx_shmtx_unlock(&slab->mutex);

    return rc;
}


void
ngx_http_tesseral_remember(ngx_http_tesseral_main_conf_t *mcf,
    ngx_http_tesseral_lookup_t *lookup, u_char *fingerprint,
    uint32_t http_status, ngx_str_t *body, ngx_msec_t lifetime)
{
    size_t                       size;
    ngx_slab_pool_t             *slab;
    ngx_http_tesseral_answer_t  *answer;
    ngx_http_tesseral_shared_t  *shared;

    if (lifetime == 0) {
        return;
    }

    slab = (ngx_slab_pool_t *) mcf->zone->shm.addr;
    shared = slab->data;
    size = offsetof(ngx_http_tesseral_answer_t, body) + body->len;

    ngx_shmtx_lock(&slab->mutex);

    answer = ngx_http_tesseral_find_answer(shared, lookup, fingerprint);
    if (answer) {
        ngx_http_tesseral_forget(slab, shared, answer);
    }

    answer = ngx_http_tesseral_make_room(slab, shared, size, 4);

    if (answer) {
        ngx_memcpy(answer->fingerprint, fingerprint,
                   TESSERAL_API_KEY_FINGERPRINT_LEN);
        ngx_memcpy(&answer->node.key, fingerprint, sizeof(ngx_rbtree_key_t));
        ngx_memcpy(answer->lookup, lookup->mark, NGX_HTTP_TESSERAL_MARK);
        ngx_memcpy(answer->body, body->data, body->len);

        answer->len = body->len;
        answer->http_status = http_status;
        answer->expires = ngx_current_msec + lifetime;

        /* a reload may have loaded this code elsewhere */

        shared->answers.insert = ngx_http_tesseral_insert;

        ngx_rbtree_insert(&shared->answers, &answer->node);
        ngx_queue_insert_head(&shared->recent, &answer->queue);
    }

    ngx_shmtx_unlock(&slab->mutex);
}


/* Allocates in the shared memory; so many of the oldest answers may go. */

void *
ngx_http_tesseral_make_room(ngx_slab_pool_t *slab,
    ngx_http_tesseral_shared_t *shared, size_t size, ngx_uint_t answers)
{
    void         *p;
    ngx_queue_t  *q;

    for ( ;; ) {
        p = ngx_slab_alloc_locked(slab, size);

        if (p || answers-- == 0 || ngx_queue_empty(&shared->recent)) {
            return p;
        }

        q = ngx_queue_last(&shared->recent);
        ngx_http_tesseral_forget(slab, shared,
                                 ngx_queue_data(q, ngx_http_tesseral_answer_t,
                                                queue));
    }
}


static ngx_int_t
ngx_http_tesseral_compare(ngx_http_tesseral_answer_t *answer,
    u_char *fingerprint, u_char *lookup)
{
    ngx_int_t  order;

    order = ngx_memcmp(answer->fingerprint, fingerprint,
                       TESSERAL_API_KEY_FINGERPRINT_LEN);

    return order ? order : ngx_memcmp(answer->lookup, lookup,
                                      sizeof(answer->lookup));
}


static ngx_http_tesseral_answer_t *
ngx_http_tesseral_find_answer(ngx_http_tesseral_shared_t *shared,
    ngx_http_tesseral_lookup_t *lookup, u_char *fingerprint)
{
    ngx_int_t                    order;
    ngx_rbtree_key_t             key;
    ngx_rbtree_node_t           *node;
    ngx_http_tesseral_answer_t  *answer;

    ngx_memcpy(&key, fingerprint, sizeof(ngx_rbtree_key_t));

    node = shared->answers.root;

    while (node != shared->answers.sentinel) {

        if (key != node->key) {
            node = (key < node->key) ? node->left : node->right;
            continue;
        }

        answer = (ngx_http_tesseral_answer_t *) node;
        order = ngx_http_tesseral_compare(answer, fingerprint, lookup->mark);

        if (order == 0) {
            return answer;
        }

        node = (order > 0) ? node->left : node->right;
    }

    return NULL;
}


static void
ngx_http_tesseral_insert(ngx_rbtree_node_t *temp, ngx_rbtree_node_t *node,
    ngx_rbtree_node_t *sentinel)
{
    ngx_rbtree_node_t           **p;
    ngx_http_tesseral_answer_t   *answer, *other;

    answer = (ngx_http_tesseral_answer_t *) node;

    for ( ;; ) {

        if (node->key != temp->key) {
            p = (node->key < temp->key) ? &temp->left : &temp->right;

        } else {
            other = (ngx_http_tesseral_answer_t *) temp;
            p = (ngx_http_tesseral_compare(other, answer->fingerprint,
                                           answer->lookup)
                 > 0) ? &temp->left : &temp->right;
        }

        if (*p == sentinel) {
            break;
        }

        temp = *p;
    }

    *p = node;
    node->parent = temp;
    node->left = sentinel;
    node->right = sentinel;
    ngx_rbt_red(node);
}


static void
ngx_http_tesseral_forget(ngx_slab_pool_t *slab,
    ngx_http_tesseral_shared_t *shared, ngx_http_tesseral_answer_t *answer)
{
    ngx_rbtree_delete(&shared->answers, &answer->node);
    ngx_queue_remove(&answer->queue);
    ngx_slab_free_locked(slab, answer);
}
