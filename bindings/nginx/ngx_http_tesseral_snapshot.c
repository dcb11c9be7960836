
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static ngx_int_t ngx_http_tesseral_read_snapshot(ngx_pool_t *pool,
    ngx_uint_t level, ngx_str_t *file, ngx_str_t *document,
    ngx_file_info_t *info);
static void ngx_http_tesseral_snapshot_timer_handler(ngx_event_t *ev);
static void ngx_http_tesseral_reload_snapshot(
    ngx_http_tesseral_source_t *source, ngx_log_t *log);
static void ngx_http_tesseral_note_reload(ngx_http_tesseral_source_t *source,
    ngx_uint_t now_failing);


char *
ngx_http_tesseral_set_snapshot(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_tesseral_loc_conf_t *lcf = conf;

    ngx_str_t                       *value;
    ngx_http_tesseral_key_source_t  *source;

    static const ngx_http_tesseral_option_t  options[] = {
        { ngx_string("refresh="), NGX_HTTP_TESSERAL_OPTION_TIME,
          offsetof(ngx_http_tesseral_key_source_t, refresh), 1, 0 },
        { ngx_null_string, 0, 0, 0, 0 }
    };

    source = ngx_http_tesseral_key_source(cf, lcf);
    if (source == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    source->file = value[1];
    source->refresh = 60 * 1000;

    if (ngx_http_tesseral_set_options(cf, cmd, 2, options, source)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (source->file.len == 0) {
        return ngx_http_tesseral_invalid(cf, cmd, &value[1]);
    }

    return ngx_http_tesseral_first_document(cf, source);
}


/* Reads and checks the file that a directive names, while configuring. */

char *
ngx_http_tesseral_first_document(ngx_conf_t *cf,
    ngx_http_tesseral_key_source_t *source)
{
    if (ngx_conf_full_name(cf->cycle, &source->file, 1) != NGX_OK
        || ngx_http_tesseral_read_snapshot(cf->pool, NGX_LOG_EMERG,
                                           &source->file, &source->document,
                                           &source->info)
           != NGX_OK
        || ngx_http_tesseral_check_document(cf, &source->file,
                                            &source->document)
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* Reads a snapshot's file.  It may be as long as a document may be. */

static ngx_int_t
ngx_http_tesseral_read_snapshot(ngx_pool_t *pool, ngx_uint_t level,
    ngx_str_t *file, ngx_str_t *document, ngx_file_info_t *info)
{
    ngx_int_t  rc;

    rc = ngx_http_tesseral_read_file(pool, level, "snapshot",
                                     TESSERAL_MAX_DOCUMENT_LEN, file, document,
                                     info);

    if (rc == NGX_DECLINED) {
        ngx_log_error(level, pool->log, 0,
                      "tesseral: snapshot \"%V\" refused (%d %s): %s", file,
                      TESSERAL_ERR_CONFIG_TOO_LARGE,
                      tesseral_status_slug(TESSERAL_ERR_CONFIG_TOO_LARGE),
                      tesseral_status_text(TESSERAL_ERR_CONFIG_TOO_LARGE));
        return NGX_ERROR;
    }

    return rc;
}


/* Starts the timer by which this process looks at the file. */

void
ngx_http_tesseral_watch_snapshot(ngx_cycle_t *cycle,
    ngx_http_tesseral_source_t *source)
{
    source->timer.handler = ngx_http_tesseral_snapshot_timer_handler;
    source->timer.data = source;
    source->timer.log = cycle->log;
    source->timer.cancelable = 1;
    source->checked = ngx_current_msec - NGX_HTTP_TESSERAL_STAT_AGAIN_AFTER;

    ngx_add_timer(&source->timer, source->refresh);
}


static void
ngx_http_tesseral_snapshot_timer_handler(ngx_event_t *ev)
{
    ngx_http_tesseral_source_t *source = ev->data;

    ngx_http_tesseral_reload_snapshot(source, ev->log);

    if (!ngx_exiting) {
        ngx_add_timer(ev, source->refresh);
    }
}


/*
 * For a request whose key is unknown: looks at the file, at most once a
 * second.  NGX_AGAIN: the file has changed; a timer will read it, so that the
 * request does not.
 */

ngx_int_t
ngx_http_tesseral_look_at_snapshot(ngx_http_tesseral_source_t *source)
{
    ngx_file_info_t  info;

    if (source->reload) {
        return NGX_AGAIN;
    }

    if (source->timer.handler == NULL) {
        return NGX_DECLINED;
    }

    if (ngx_http_tesseral_since(source->checked)
        < NGX_HTTP_TESSERAL_STAT_AGAIN_AFTER)
    {
        if (source->known) {
            ngx_http_tesseral_warn_mounted(source, &source->info,
                                           source->timer.log);
        }

        return NGX_DECLINED;
    }

    source->checked = ngx_current_msec;

    if (ngx_file_info(source->file.data, &info) == NGX_FILE_ERROR) {
        return NGX_DECLINED;
    }

    if (!ngx_http_tesseral_file_changed(&info, &source->info)) {
        ngx_http_tesseral_warn_mounted(source, &info, source->timer.log);
        return NGX_DECLINED;
    }

    source->reload = 1;

    ngx_add_timer(&source->timer, 1);

    return NGX_AGAIN;
}


static void
ngx_http_tesseral_reload_snapshot(ngx_http_tesseral_source_t *source,
    ngx_log_t *log)
{
    ngx_str_t                  document;
    ngx_uint_t                 level;
    ngx_pool_t                *pool;
    ngx_file_info_t            info;
    ngx_http_tesseral_keys_t  *keys;

    source->reload = 0;
    source->checked = ngx_current_msec;

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, log, 0,
                   "tesseral: looks at snapshot \"%V\"", &source->file);

    /* a failure is logged once, until the file can be read again */

    level = source->unreadable ? NGX_LOG_DEBUG : NGX_LOG_WARN;

    if (ngx_file_info(source->file.data, &info) == NGX_FILE_ERROR) {
        ngx_log_error(level, log, ngx_errno,
                      "tesseral: " ngx_file_info_n " snapshot \"%V\" failed: "
                      "the last good one is kept", &source->file);
        ngx_http_tesseral_note_reload(source, 1);
        source->known = 0;
        return;
    }

    if (source->known
        && !ngx_http_tesseral_file_changed(&info, &source->info))
    {
        if (info.st_nlink == 0) {
            ngx_http_tesseral_warn_mounted(source, &info, log);
        }

        return;
    }

    pool = ngx_create_pool(4096, log);
    if (pool == NULL) {
        return;
    }

    if (ngx_http_tesseral_read_snapshot(pool, level, &source->file, &document,
                                        &info)
        == NGX_OK)
    {
        /* a bad document is refused once, until the file changes */

        source->info = info;
        source->known = 1;

        if (ngx_http_tesseral_create_keys(source, &document, log,
                                          NGX_LOG_ERR, &keys)
            == TESSERAL_OK)
        {
            ngx_http_tesseral_release_keys(source->keys);
            source->keys = keys;
            source->generation++;

            ngx_http_tesseral_note_reload(source, 0);

            ngx_log_error(NGX_LOG_NOTICE, log, 0,
                          "tesseral: snapshot \"%V\" read again: %uz keys",
                          &source->file,
                          tesseral_verifier_keys_used(keys->verifier));

        } else {
            ngx_http_tesseral_note_reload(source, 1);
        }

    } else {
        ngx_http_tesseral_note_reload(source, 1);
        source->known = 0;
    }

    ngx_destroy_pool(pool);
}


static void
ngx_http_tesseral_note_reload(ngx_http_tesseral_source_t *source,
    ngx_uint_t now_failing)
{
    source->unreadable = now_failing;

    if (!now_failing) {
        source->locked = 0;
    }

    ngx_http_tesseral_count_load(source, now_failing);
}
