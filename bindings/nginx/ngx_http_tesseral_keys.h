
/*
 * Copyright (C) the libtesseral_verify authors
 */


#ifndef _NGX_HTTP_TESSERAL_KEYS_H_INCLUDED_
#define _NGX_HTTP_TESSERAL_KEYS_H_INCLUDED_


/* Sources of keys, and the keys that a process has of them. */


/* milliseconds */
#define NGX_HTTP_TESSERAL_HOUR              ((uint64_t) 3600 * 1000)
/* after this time a request may have the module look at a file again */
#define NGX_HTTP_TESSERAL_STAT_AGAIN_AFTER  1000
/* after these a worker looks at a record, and asks whether a fetch is due */
#define NGX_HTTP_TESSERAL_LOOK_AFTER        100
#define NGX_HTTP_TESSERAL_ASK_AFTER         1000


/* A verifier, in a pool of its own that the last reader destroys. */

struct ngx_http_tesseral_keys_s {
    ngx_pool_t                     *pool;
    const tesseral_verifier        *verifier;
    size_t                          keys_skipped;
    ngx_str_t                       project_id;
    ngx_str_t                       encoded_project_id;
    ngx_uint_t                      references;
};


/* Where keys come from: a file, or an internal location of one server. */

struct ngx_http_tesseral_source_s {
    /* a file has no URI, and a location no file */
    ngx_str_t                       file;
    ngx_str_t                       uri;
    ngx_http_core_srv_conf_t       *server;  /* in which the URI is */
    /* the file's text, while nginx configures */
    ngx_str_t                       document;

    ngx_str_t                       project_id;
    ngx_str_t                       issuer;
    time_t                          leeway;
    ngx_msec_t                      refresh;
    ngx_msec_t                      stale;
    ngx_msec_t                      cooldown;

    const tesseral_base_table      *base_table;
    u_char                          mark[NGX_HTTP_TESSERAL_MARK];
    ngx_slab_pool_t                *slab;
    ngx_http_tesseral_record_t     *record;
    ngx_atomic_uint_t               serial;  /* record->serial, when taken */
    ngx_uint_t                      located;  /* the URI has a location */
    ngx_http_tesseral_throttle_t    log_throttle;

    /* in this process */
    ngx_http_tesseral_keys_t       *keys;
    ngx_uint_t                      generation;         /* of keys */

    /* what the record said when this process last looked */
    ngx_uint_t                      text;
    ngx_atomic_uint_t               ended;
    ngx_uint_t                      usable;
    ngx_msec_t                      look_at;
    ngx_msec_t                      ask_at;  /* whether to fetch */
    ngx_uint_t                      awaited;  /* a request waits for a fetch */

    ngx_event_t                     timer;
    ngx_file_info_t                 info;
    ngx_msec_t                      checked;
    ngx_uint_t                      reload;  /* the file has changed */
    ngx_uint_t                      unreadable;
    ngx_uint_t                      locked;  /* at start: workers cannot read */
    /*
     * whether and when the mount was last checked: [0] for a file that has lost
     * its name, [1] for one that has a name
     */
    ngx_uint_t                      mount_checked[2];
    ngx_msec_t                      mount_checked_at[2];
    /* info describes the file that was last read */
    ngx_uint_t                      known;
};


/* tesseral_snapshot or tesseral_config_request, as written */

struct ngx_http_tesseral_key_source_s {
    ngx_str_t                       file;
    ngx_str_t                       document;
    ngx_file_info_t                 info;
    ngx_str_t                       uri;
    ngx_msec_t                      refresh;
    ngx_msec_t                      stale;
    ngx_msec_t                      cooldown;
};


/* source */
ngx_http_tesseral_key_source_t *ngx_http_tesseral_key_source(ngx_conf_t *cf,
    ngx_http_tesseral_loc_conf_t *lcf);
char *ngx_http_tesseral_set_short_text(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_tesseral_check_leeway(ngx_conf_t *cf, void *post, void *data);
ngx_http_tesseral_source_t *ngx_http_tesseral_add_source(ngx_conf_t *cf,
    ngx_http_tesseral_loc_conf_t *conf);

/* mark */
ngx_int_t ngx_http_tesseral_mark_source(ngx_conf_t *cf,
    ngx_http_tesseral_source_t *source);
ngx_int_t ngx_http_tesseral_mark_lookup(ngx_conf_t *cf,
    ngx_http_tesseral_lookup_t *lookup);

/* config_digest */
ngx_int_t ngx_http_tesseral_digest_configuration(ngx_conf_t *cf,
    u_char *digest);

/* keys */
ngx_int_t ngx_http_tesseral_check_document(ngx_conf_t *cf, ngx_str_t *file,
    ngx_str_t *document);
ngx_int_t ngx_http_tesseral_create_base_table(ngx_conf_t *cf,
    const tesseral_base_table **base_table);
uint32_t ngx_http_tesseral_create_keys(ngx_http_tesseral_source_t *source,
    ngx_str_t *document, ngx_log_t *log, ngx_uint_t level,
    ngx_http_tesseral_keys_t **keys);
void ngx_http_tesseral_release_keys(ngx_http_tesseral_keys_t *keys);

/* snapshot */
char *ngx_http_tesseral_set_snapshot(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_tesseral_first_document(ngx_conf_t *cf,
    ngx_http_tesseral_key_source_t *source);
void ngx_http_tesseral_watch_snapshot(ngx_cycle_t *cycle,
    ngx_http_tesseral_source_t *source);
ngx_int_t ngx_http_tesseral_look_at_snapshot(
    ngx_http_tesseral_source_t *source);

/* readable */
void ngx_http_tesseral_check_readable(ngx_cycle_t *cycle,
    ngx_http_tesseral_main_conf_t *mcf);

/* mounted */
void ngx_http_tesseral_warn_mounted(ngx_http_tesseral_source_t *source,
    ngx_file_info_t *info, ngx_log_t *log);

/* current */
ngx_http_tesseral_keys_t *ngx_http_tesseral_current_keys(
    ngx_http_tesseral_source_t *source);

/* fetch */
char *ngx_http_tesseral_set_config_request(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
void ngx_http_tesseral_start_refresh_timer(ngx_cycle_t *cycle,
    ngx_http_tesseral_source_t *source);
void ngx_http_tesseral_fetch_if_due(ngx_http_tesseral_source_t *source);
ngx_int_t ngx_http_tesseral_fetch(ngx_http_tesseral_source_t *source,
    tesseral_flight *flight);


#endif /* _NGX_HTTP_TESSERAL_KEYS_H_INCLUDED_ */
