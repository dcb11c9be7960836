
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


/*
 * Keeps account of which configurations the living workers have.  A worker
 * notes its own when it starts.  When a configuration takes effect, the
 * master, which alone knows which workers live, looks through its children.  A
 * child that has noted nothing by then was started with the configuration
 * before.
 *
 * The caller holds the lock, unless a function takes it itself.
 */


static ngx_http_tesseral_worker_t *
ngx_http_tesseral_find_worker(ngx_http_tesseral_shared_t *shared,
    ngx_pid_t pid)
{
    ngx_queue_t                 *q;
    ngx_http_tesseral_worker_t  *worker;

    for (q = ngx_queue_head(&shared->workers);
         q != ngx_queue_sentinel(&shared->workers);
         q = ngx_queue_next(q))
    {
        worker = ngx_queue_data(q, ngx_http_tesseral_worker_t, queue);

        if (worker->pid == pid) {
            return worker;
        }
    }

    return NULL;
}


static ngx_http_tesseral_worker_t *
ngx_http_tesseral_add_worker(ngx_slab_pool_t *slab,
    ngx_http_tesseral_shared_t *shared, ngx_pid_t pid)
{
    ngx_http_tesseral_worker_t  *worker;

    worker = ngx_http_tesseral_make_room(slab, shared,
                                         sizeof(ngx_http_tesseral_worker_t));
    if (worker == NULL) {
        return NULL;
    }

    worker->pid = pid;
    worker->cycle = shared->in_force;
    ngx_queue_insert_tail(&shared->workers, &worker->queue);

    return worker;
}


static ngx_uint_t
ngx_http_tesseral_is_child(ngx_pid_t pid)
{
    ngx_int_t  i;

    for (i = 0; i < ngx_last_process; i++) {
        if (ngx_processes[i].pid == pid && !ngx_processes[i].exited) {
            return 1;
        }
    }

    return pid == ngx_pid;
}


/*
 * Another program may have a dead worker's ID by now: only the master can
 * tell.
 */

static ngx_uint_t
ngx_http_tesseral_may_live(ngx_pid_t pid)
{
    return kill(pid, 0) == 0 || ngx_errno != ESRCH;
}


static void
ngx_http_tesseral_remove_workers(ngx_slab_pool_t *slab,
    ngx_http_tesseral_shared_t *shared, ngx_uint_t (*lives)(ngx_pid_t pid))
{
    ngx_queue_t                 *q;
    ngx_http_tesseral_worker_t  *worker;

    q = ngx_queue_head(&shared->workers);

    while (q != ngx_queue_sentinel(&shared->workers)) {
        worker = ngx_queue_data(q, ngx_http_tesseral_worker_t, queue);
        q = ngx_queue_next(q);

        if (!lives(worker->pid)) {
            ngx_queue_remove(&worker->queue);
            ngx_slab_free_locked(slab, worker);
        }
    }
}


/*
 * Brings the list of workers up to date.  NGX_ERROR: out of memory, so the
 * list may be incomplete.
 */

ngx_int_t
ngx_http_tesseral_update_workers(ngx_slab_pool_t *slab,
    ngx_http_tesseral_shared_t *shared)
{
    ngx_int_t  i;
    ngx_pid_t  pid;

    ngx_http_tesseral_remove_workers(slab, shared, ngx_http_tesseral_is_child);

    for (i = 0; i < ngx_last_process; i++) {
        pid = ngx_processes[i].pid;

        if (pid > 0 && !ngx_processes[i].exited
            && ngx_http_tesseral_find_worker(shared, pid) == NULL
            && ngx_http_tesseral_add_worker(slab, shared, pid) == NULL)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* Whether a living worker has one of these configurations. */

ngx_uint_t
ngx_http_tesseral_worker_has(ngx_http_tesseral_shared_t *shared,
    ngx_uint_t first, ngx_uint_t last)
{
    ngx_queue_t                 *q;
    ngx_http_tesseral_worker_t  *worker;

    for (q = ngx_queue_head(&shared->workers);
         q != ngx_queue_sentinel(&shared->workers);
         q = ngx_queue_next(q))
    {
        worker = ngx_queue_data(q, ngx_http_tesseral_worker_t, queue);

        if (worker->cycle >= first && worker->cycle <= last) {
            return 1;
        }
    }

    return 0;
}


/*
 * Notes that this process has this configuration, and forgets workers that
 * have died.  When there is no memory for that, the master still finds this
 * worker among its children.
 */

void
ngx_http_tesseral_note_worker(ngx_http_tesseral_main_conf_t *mcf)
{
    ngx_slab_pool_t             *slab;
    ngx_http_tesseral_worker_t  *worker;

    slab = (ngx_slab_pool_t *) mcf->zone->shm.addr;

    ngx_shmtx_lock(&slab->mutex);

    ngx_http_tesseral_remove_workers(slab, mcf->shared,
                                     ngx_http_tesseral_may_live);

    worker = ngx_http_tesseral_find_worker(mcf->shared, ngx_pid);

    if (worker == NULL) {
        worker = ngx_http_tesseral_add_worker(slab, mcf->shared, ngx_pid);
    }

    if (worker) {
        worker->cycle = mcf->cycle;
    }

    ngx_shmtx_unlock(&slab->mutex);
}
