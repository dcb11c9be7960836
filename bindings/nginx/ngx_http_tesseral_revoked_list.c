
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


/* octets of the longest list that is read: about four million lines */
#define NGX_HTTP_TESSERAL_MAX_LIST  (256 * 1024 * 1024)


static u_char *ngx_http_tesseral_read_list(ngx_http_tesseral_revoked_t *list,
    ngx_log_t *log, ngx_uint_t level, size_t *len);
static void ngx_http_tesseral_list_timer_handler(ngx_event_t *ev);
static ngx_int_t ngx_http_tesseral_refresh_list(
    ngx_http_tesseral_revoked_t *list, ngx_log_t *log, ngx_uint_t level);


/* Loads the file.  On failure, the list in use stays. */

ngx_int_t
ngx_http_tesseral_load_list(ngx_http_tesseral_revoked_t *list, ngx_log_t *log,
    ngx_uint_t level)
{
    size_t                   len, size, line;
    u_char                  *text, *memory;
    uint32_t                 status;
    const tesseral_revoked  *revoked;

    text = ngx_http_tesseral_read_list(list, log, level, &len);
    if (text == NULL) {
        return NGX_ERROR;
    }

    size = tesseral_revoked_size(text, len);

    memory = ngx_memalign(TESSERAL_REVOKED_ALIGN, size, log);
    if (memory == NULL) {
        ngx_free(text);
        return NGX_ERROR;
    }

    line = 0;

    status = tesseral_revoked_init(memory, size, text, len, list->seed,
                                   sizeof(list->seed), &revoked, &line);
    ngx_free(text);

    if (status != TESSERAL_OK) {

        /* a malformed file is logged each time that it changes */

        ngx_log_error(ngx_min(level, NGX_LOG_ERR), log, 0,
                      "tesseral: list \"%V\" refused (%uD %s): %s "
                      "at line %uz", &list->file, status,
                      tesseral_status_slug(status),
                      tesseral_status_text(status), line);
        ngx_free(memory);
        return NGX_ERROR;
    }

    if (list->memory) {
        ngx_free(list->memory);
    }

    list->memory = memory;
    list->revoked = revoked;
    list->loaded = list->info.st_mtim.tv_sec;

    return NGX_OK;
}


/*
 * Reads the whole file; the caller frees it. list->info describes what was
 * read.  A file that could not be read is tried again at the next refresh.
 */

static u_char *
ngx_http_tesseral_read_list(ngx_http_tesseral_revoked_t *list, ngx_log_t *log,
    ngx_uint_t level, size_t *len)
{
    size_t     size;
    u_char    *text;
    ssize_t    n;
    ngx_fd_t   fd;

    text = NULL;

    fd = ngx_open_file(list->file.data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                       NGX_FILE_OPEN, 0);
    if (fd == NGX_INVALID_FILE) {
        ngx_log_error(level, log, ngx_errno, "tesseral: " ngx_open_file_n
                      " list \"%V\" failed", &list->file);
        return NULL;
    }

    if (ngx_fd_info(fd, &list->info) == NGX_FILE_ERROR) {
        ngx_log_error(level, log, ngx_errno, "tesseral: " ngx_fd_info_n
                      " list \"%V\" failed", &list->file);
        goto done;
    }

    if (!ngx_is_file(&list->info)) {
        ngx_log_error(level, log, 0, "tesseral: list \"%V\" is not a file",
                      &list->file);
        goto done;
    }

    if (ngx_file_size(&list->info) > NGX_HTTP_TESSERAL_MAX_LIST) {
        ngx_log_error(level, log, 0, "tesseral: list \"%V\" is over %d octets",
                      &list->file, NGX_HTTP_TESSERAL_MAX_LIST);
        goto done;
    }

    size = (size_t) ngx_file_size(&list->info);

    text = ngx_alloc(size + 1, log);
    if (text == NULL) {
        goto done;
    }

    /* the size changed meanwhile: another process is writing the file */

    n = ngx_read_fd(fd, text, size + 1);

    if (n != (ssize_t) size) {
        ngx_log_error(level, log, n < 0 ? ngx_errno : 0,
                      "tesseral: " ngx_read_fd_n " list \"%V\" failed: "
                      "%z of %uz octets", &list->file, n, size);
        ngx_free(text);
        text = NULL;
        goto done;
    }

    *len = size;

done:

    if (text == NULL) {
        ngx_memzero(&list->info, sizeof(ngx_file_info_t));
    }

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_errno,
                      ngx_close_file_n " \"%V\" failed", &list->file);
    }

    return text;
}


/* Starts the timers by which this process looks at the files. */

void
ngx_http_tesseral_watch_lists(ngx_cycle_t *cycle,
    ngx_http_tesseral_main_conf_t *mcf)
{
    ngx_uint_t                     i;
    ngx_http_tesseral_revoked_t  **lists;

    lists = mcf->revoked.elts;

    for (i = 0; i < mcf->revoked.nelts; i++) {
        lists[i]->timer.handler = ngx_http_tesseral_list_timer_handler;
        lists[i]->timer.data = lists[i];
        lists[i]->timer.log = cycle->log;
        lists[i]->timer.cancelable = 1;

        ngx_add_timer(&lists[i]->timer, lists[i]->refresh);
    }
}


static void
ngx_http_tesseral_list_timer_handler(ngx_event_t *ev)
{
    ngx_uint_t                    level;
    ngx_http_tesseral_revoked_t  *list;

    list = ev->data;

    /* a failure is logged once, until the file can be read again */

    level = list->failed ? NGX_LOG_DEBUG : NGX_LOG_ERR;

    if (ngx_http_tesseral_refresh_list(list, ev->log, level) == NGX_OK) {
        list->failed = 0;

    } else {
        list->failed++;

        if (list->failed == 1 || list->failed == NGX_HTTP_TESSERAL_OUTDATED) {
            ngx_log_error(NGX_LOG_ERR, ev->log, 0,
                          "tesseral: the last good list of \"%V\" is kept "
                          "after %ui failed %s", &list->file, list->failed,
                          list->failed == 1 ? "refresh" : "refreshes");
        }
    }

    if (!ngx_exiting) {
        ngx_add_timer(ev, list->refresh);
    }
}


static ngx_int_t
ngx_http_tesseral_refresh_list(ngx_http_tesseral_revoked_t *list,
    ngx_log_t *log, ngx_uint_t level)
{
    ngx_file_info_t  info;

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, log, 0, "tesseral: looks at list \"%V\"",
                   &list->file);

    if (ngx_file_info(list->file.data, &info) == NGX_FILE_ERROR) {
        ngx_log_error(level, log, ngx_errno,
                      "tesseral: " ngx_file_info_n " list \"%V\" failed",
                      &list->file);

        /* whatever file comes next counts as changed */

        ngx_memzero(&list->info, sizeof(ngx_file_info_t));
        return NGX_ERROR;
    }

    /* a list that was refused is not read again before it changes */

    if (!ngx_http_tesseral_file_changed(&info, &list->info)) {
        return list->failed ? NGX_ERROR : NGX_OK;
    }

    if (ngx_http_tesseral_load_list(list, log, level) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_log_error(NGX_LOG_NOTICE, log, 0,
                  "tesseral: list \"%V\" read again: %uz entries", &list->file,
                  tesseral_revoked_entries(list->revoked));

    return NGX_OK;
}
