
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"

#include <grp.h>


static void ngx_http_tesseral_note_unreadable(
    ngx_http_tesseral_source_t *source, ngx_log_t *log, ngx_err_t err);
static ngx_int_t ngx_http_tesseral_become_worker(ngx_core_conf_t *ccf);
static void ngx_http_tesseral_try_files(ngx_http_tesseral_main_conf_t *mcf,
    ngx_fd_t fd);


/*
 * The master reads snapshots as root, and the workers read them again as their
 * own user.  A file that only root may read would fail at the first rotation.
 * So at start, a child process with the workers' user and groups tries to open
 * each.
 */

void
ngx_http_tesseral_check_readable(ngx_cycle_t *cycle,
    ngx_http_tesseral_main_conf_t *mcf)
{
    int                           fd[2], status;
    ngx_err_t                     err;
    ngx_pid_t                     pid;
    ngx_uint_t                    i;
    ngx_core_conf_t              *ccf;
    ngx_http_tesseral_source_t  **sources;

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);

    if (geteuid() != 0 || ccf->user == 0 || !ccf->master) {
        return;
    }

    if (pipe(fd) == -1) {
        ngx_log_error(NGX_LOG_ERR, cycle->log, ngx_errno, "pipe() failed");
        return;
    }

    pid = fork();

    if (pid == 0) {
        if (ngx_http_tesseral_become_worker(ccf) == NGX_OK) {
            ngx_http_tesseral_try_files(mcf, fd[1]);
        }

        _exit(0);
    }

    if (pid == -1) {
        ngx_log_error(NGX_LOG_ERR, cycle->log, ngx_errno, "fork() failed");
    }

    (void) close(fd[1]);

    sources = mcf->sources.elts;

    for (i = 0; i < mcf->sources.nelts; i++) {

        if (sources[i]->file.len == 0) {
            continue;
        }

        if (read(fd[0], &err, sizeof(ngx_err_t)) != sizeof(ngx_err_t)) {
            ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                          "tesseral: cannot find out whether workers can read "
                          "the snapshots");
            break;
        }

        if (err) {
            ngx_http_tesseral_note_unreadable(sources[i], cycle->log, err);
        }
    }

    (void) close(fd[0]);

    /* nginx's handler of SIGCHLD may have waited for the child already */

    if (pid > 0) {
        (void) waitpid(pid, &status, 0);
    }
}


/* Workers inherit this mark.  Each tries again at every refresh. */

static void
ngx_http_tesseral_note_unreadable(ngx_http_tesseral_source_t *source,
    ngx_log_t *log, ngx_err_t err)
{
    ngx_log_error(NGX_LOG_ERR, log, err,
                  "tesseral: workers cannot read snapshot \"%V\": they go on "
                  "with its present keys, and will not see newer ones",
                  &source->file);

    source->locked = 1;
    source->unreadable = 1;
    source->known = 0;

    ngx_http_tesseral_count_load(source, 1);
}


/* Takes the user and groups of the workers, as nginx does for them. */

static ngx_int_t
ngx_http_tesseral_become_worker(ngx_core_conf_t *ccf)
{
    if (setgid(ccf->group) == -1
        || initgroups(ccf->username, ccf->group) == -1
        || setuid(ccf->user) == -1)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* Writes an error number, or 0, for each snapshot. */

static void
ngx_http_tesseral_try_files(ngx_http_tesseral_main_conf_t *mcf, ngx_fd_t out)
{
    ngx_fd_t                      fd;
    ngx_err_t                     err;
    ngx_uint_t                    i;
    ngx_http_tesseral_source_t  **sources;

    sources = mcf->sources.elts;

    for (i = 0; i < mcf->sources.nelts; i++) {

        if (sources[i]->file.len == 0) {
            continue;
        }

        err = 0;

        fd = ngx_open_file(sources[i]->file.data,
                           NGX_FILE_RDONLY|NGX_FILE_NONBLOCK, NGX_FILE_OPEN, 0);

        if (fd == NGX_INVALID_FILE) {
            err = ngx_errno;

        } else {
            (void) ngx_close_file(fd);
        }

        if (write(out, &err, sizeof(ngx_err_t)) != sizeof(ngx_err_t)) {
            return;
        }
    }
}
