
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


/* octets of the longest list that is read: about four million lines */
#define NGX_HTTP_TESSERAL_MAX_LIST  (256 * 1024 * 1024)


static ngx_int_t ngx_http_tesseral_read_list(ngx_http_tesseral_revoked_t *list,
    ngx_pool_t *pool, ngx_uint_t level, ngx_str_t *text);
static ngx_int_t ngx_http_tesseral_use_list(ngx_http_tesseral_revoked_t *list,
    ngx_log_t *log, ngx_uint_t level, ngx_str_t *text);
static void ngx_http_tesseral_list_timer_handler(ngx_event_t *ev);
static ngx_int_t ngx_http_tesseral_refresh_list(
    ngx_http_tesseral_revoked_t *list, ngx_log_t *log, ngx_uint_t level);


/* Loads the file.  On failure, the list in use stays. */

ngx_int_t
ngx_http_tesseral_load_list(ngx_http_tesseral_revoked_t *list, ngx_log_t *log,
    ngx_uint_t level)
{
    ngx_int_t    rc;
    ngx_str_t    text;
    ngx_pool_t  *pool;

    pool = ngx_create_pool(4096, log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_http_tesseral_read_list(list, pool, level, &text);

    if (rc == NGX_OK) {
        rc = ngx_http_tesseral_use_list(list, log, level, &text);
    }

    ngx_destroy_pool(pool);

    return rc;
}


/*
 * Reads the file.  On failure list->info becomes that of no file, so that the
 * next refresh tries again.
 */

static ngx_int_t
ngx_http_tesseral_read_list(ngx_http_tesseral_revoked_t *list,
    ngx_pool_t *pool, ngx_uint_t level, ngx_str_t *text)
{
    ngx_int_t  rc;

    rc = ngx_http_tesseral_read_file(pool, level, "list",
                                     NGX_HTTP_TESSERAL_MAX_LIST, &list->file,
                                     text, &list->info);

    if (rc == NGX_DECLINED) {
        ngx_log_error(level, pool->log, 0,
                      "tesseral: list \"%V\" is over %d octets", &list->file,
                      NGX_HTTP_TESSERAL_MAX_LIST);
    }

    if (rc != NGX_OK) {
        ngx_memzero(&list->info, sizeof(ngx_file_info_t));
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* Makes a list of the text, and puts it in use. */

static ngx_int_t
ngx_http_tesseral_use_list(ngx_http_tesseral_revoked_t *list, ngx_log_t *log,
    ngx_uint_t level, ngx_str_t *text)
{
    size_t                   size, line;
    u_char                  *memory;
    uint32_t                 status;
    const tesseral_revoked  *revoked;

    size = tesseral_revoked_size(text->data, text->len);

    memory = ngx_memalign(TESSERAL_REVOKED_ALIGN, size, log);
    if (memory == NULL) {
        return NGX_ERROR;
    }

    line = 0;

    status = tesseral_revoked_init(memory, size, text->data, text->len,
                                   list->seed, sizeof(list->seed), &revoked,
                                   &line);

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
