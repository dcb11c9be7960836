
/*
 * Copyright (C) the libtesseral_verify authors
 */


#ifndef _NGX_HTTP_TESSERAL_CONF_H_INCLUDED_
#define _NGX_HTTP_TESSERAL_CONF_H_INCLUDED_


/* The configuration: what the directives say, and what is made from it. */


/* tesseral_auth */
#define NGX_HTTP_TESSERAL_OFF       0
#define NGX_HTTP_TESSERAL_ON        1
#define NGX_HTTP_TESSERAL_OPTIONAL  2
#define NGX_HTTP_TESSERAL_REPORT    3

/* tesseral_phase */
#define NGX_HTTP_TESSERAL_ACCESS     0
#define NGX_HTTP_TESSERAL_PREACCESS  1

/* tesseral_pass_identity */
#define NGX_HTTP_TESSERAL_PASS_OFF     0
#define NGX_HTTP_TESSERAL_PASS_ON      1
#define NGX_HTTP_TESSERAL_PASS_CLAIMS  2

/* tesseral_www_authenticate */
#define NGX_HTTP_TESSERAL_CHALLENGE_OFF     0
#define NGX_HTTP_TESSERAL_CHALLENGE_ON      1
#define NGX_HTTP_TESSERAL_CHALLENGE_STRING  2

#define NGX_HTTP_TESSERAL_IDENTITY_NAMES  11    /* names of identity headers */


/* values of options */
#define NGX_HTTP_TESSERAL_OPTION_TIME    0  /* of ngx_msec_t */
#define NGX_HTTP_TESSERAL_OPTION_NUMBER  1  /* of ngx_uint_t */
#define NGX_HTTP_TESSERAL_OPTION_TEXT    2  /* of ngx_str_t */


/* An option "name=value" of a directive.  The last of a table has no name. */

typedef struct {
    ngx_str_t                       name;  /* with its '=' */
    ngx_uint_t                      type;
    size_t                          offset;
    /* bounds of the value, or of the text's length; most 0: no upper bound */
    ngx_int_t                       least;
    ngx_int_t                       most;
} ngx_http_tesseral_option_t;


/* tesseral_api_keys */

struct ngx_http_tesseral_api_keys_s {
    ngx_str_t                       uri;
    ngx_msec_t                      cache;
    ngx_msec_t                      negative;
    ngx_uint_t                      max;
};


/* A tesseral_api_keys of one server, in which the URI has a location. */

struct ngx_http_tesseral_lookup_s {
    ngx_http_tesseral_api_keys_t   *api_keys;
    ngx_http_core_srv_conf_t       *server;
    ngx_str_t                       project_id;
    u_char                          mark[NGX_HTTP_TESSERAL_MARK];
    ngx_uint_t                      located;  /* the URI has a location */
    ngx_http_tesseral_throttle_t    log_throttle;
    ngx_http_tesseral_throttle_t    busy_throttle;
    ngx_http_tesseral_throttle_t    unanswered_throttle;
};


/* tesseral_revoked: shared by the levels that name the same file */

struct ngx_http_tesseral_revoked_s {
    ngx_str_t                       file;
    ngx_msec_t                      refresh;
    u_char                          seed[16];

    /* of this process */
    u_char                         *memory;             /* of the list */
    const tesseral_revoked         *revoked;
    time_t                          loaded;  /* when it was written */
    ngx_file_info_t                 info;  /* of the file that was tried */
    ngx_event_t                     timer;
    ngx_uint_t                      failed;  /* refreshes in a row */
};


/* Where a list of requirements stands, to warn when nothing uses it. */

struct ngx_http_tesseral_requirement_s {
    ngx_array_t                    *list;
    ngx_str_t                       directive;
    ngx_str_t                       file;
    ngx_uint_t                      line;
    ngx_uint_t                      used;
};


struct ngx_http_tesseral_permission_s {
    ngx_uint_t                      any;
    ngx_array_t                     actions;            /* of ngx_str_t */
};


struct ngx_http_tesseral_condition_s {
    ngx_array_t                     values;  /* of ngx_http_complex_value_t */
    uint32_t                        error;              /* 401 or 403 */
};


struct ngx_http_tesseral_main_conf_s {
    ngx_shm_zone_t                 *zone;
    ngx_http_tesseral_shared_t     *shared;
    ngx_uint_t                      cycle;  /* number of this configuration */
    size_t                          zone_size;
    size_t                          cache_size;
    /* of ngx_http_tesseral_source_t * */
    ngx_array_t                     sources;
    /* of all verifiers, made for the first source */
    const tesseral_base_table      *base_table;
    /* of ngx_http_tesseral_lookup_t * */
    ngx_array_t                     lookups;
    /* of ngx_http_tesseral_revoked_t * */
    ngx_array_t                     revoked;
    /* of ngx_http_tesseral_requirement_t */
    ngx_array_t                     requirements;
    ngx_uint_t                      hashes[NGX_HTTP_TESSERAL_IDENTITY_NAMES];
    u_char                         *lowcase[NGX_HTTP_TESSERAL_IDENTITY_NAMES];

    /* digest of the configuration's files, made when something needs it */
    u_char                          config_digest[NGX_HTTP_TESSERAL_MARK];
    ngx_uint_t                      config_digest_known;

    /* a random number of this configuration, made when something needs it */
    u_char                          unique[NGX_HTTP_TESSERAL_MARK];
    ngx_uint_t                      unique_known;

    /* of this process */
    tesseral_cache                 *cache;
    /* one for each slot of the cache */
    ngx_http_tesseral_identity_headers_t  *identity_headers;
    u_char                         *scratch;
    size_t                          scratch_len;
};


struct ngx_http_tesseral_srv_conf_s {
    ngx_flag_t                      strip_identity;
};


struct ngx_http_tesseral_loc_conf_s {
    ngx_uint_t                      auth;
    ngx_uint_t                      phase;
    ngx_http_tesseral_key_source_t *key_source;
    ngx_str_t                       project_id;
    ngx_str_t                       issuer;
    time_t                          leeway;
    ngx_int_t                       token;  /* index of a variable */
    ngx_str_t                       token_name;
    ngx_http_tesseral_api_keys_t   *api_keys;
    ngx_http_tesseral_revoked_t    *revoked;
    /* of ngx_http_tesseral_permission_t */
    ngx_array_t                    *permissions;
    /* of ngx_http_tesseral_condition_t */
    ngx_array_t                    *conditions;
    ngx_uint_t                      pass_identity;
    ngx_flag_t                      pass_credentials;
    ngx_str_t                       realm;
    ngx_uint_t                      challenge;
    ngx_str_t                       challenge_string;

    ngx_http_tesseral_key_source_t *also_source;
    ngx_str_t                       also_project;

    ngx_http_tesseral_source_t     *source;
    ngx_http_tesseral_source_t     *also;  /* of a second project */
    ngx_http_tesseral_lookup_t     *lookup;
};


/* options */
char *ngx_http_tesseral_invalid(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_str_t *argument);
char *ngx_http_tesseral_set_options(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_uint_t first, const ngx_http_tesseral_option_t *options, void *conf);

/* random */
ngx_int_t ngx_http_tesseral_random(ngx_log_t *log, u_char *bytes, size_t len);

/* file */
ngx_int_t ngx_http_tesseral_read_file(ngx_pool_t *pool, ngx_uint_t level,
    char *kind, size_t max, ngx_str_t *file, ngx_str_t *text,
    ngx_file_info_t *info);
ngx_uint_t ngx_http_tesseral_file_changed(ngx_file_info_t *one,
    ngx_file_info_t *two);

/* merge */
void *ngx_http_tesseral_create_main_conf(ngx_conf_t *cf);
char *ngx_http_tesseral_init_main_conf(ngx_conf_t *cf, void *conf);
void *ngx_http_tesseral_create_srv_conf(ngx_conf_t *cf);
char *ngx_http_tesseral_merge_srv_conf(ngx_conf_t *cf, void *parent,
    void *child);
void *ngx_http_tesseral_create_loc_conf(ngx_conf_t *cf);
char *ngx_http_tesseral_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);

/* warn */
ngx_int_t ngx_http_tesseral_warn_of_settings(ngx_conf_t *cf,
    ngx_http_tesseral_loc_conf_t *conf, ngx_uint_t written);

/* cache */
char *ngx_http_tesseral_check_cache_size(ngx_conf_t *cf, void *post,
    void *data);
ngx_int_t ngx_http_tesseral_init_cache(ngx_cycle_t *cycle,
    ngx_http_tesseral_main_conf_t *mcf);


#endif /* _NGX_HTTP_TESSERAL_CONF_H_INCLUDED_ */
