
/*
 * Copyright (C) the libtesseral_verify authors
 */


#ifndef _NGX_HTTP_TESSERAL_REQUEST_H_INCLUDED_
#define _NGX_HTTP_TESSERAL_REQUEST_H_INCLUDED_


/* A request: who sent it, whether it gets in, and whom the module asks. */


/* variables of "tesseral_token" whose token can be taken out of the request */
#define NGX_HTTP_TESSERAL_HTTP    "http_"
#define NGX_HTTP_TESSERAL_COOKIE  "cookie_"

/* after so many failed refreshes in a row, a list is out of date */
#define NGX_HTTP_TESSERAL_OUTDATED  3

/* milliseconds */
#define NGX_HTTP_TESSERAL_OWN_TIMEOUT   9000  /* of a request of ours */
#define NGX_HTTP_TESSERAL_WAIT          5000  /* longest wait for keys */
#define NGX_HTTP_TESSERAL_RESUME_AFTER  20

/* seconds */
#define NGX_HTTP_TESSERAL_LOG_AGAIN_AFTER  60
#define NGX_HTTP_TESSERAL_RETRY_AFTER      5  /* in 503 */


/*
 * What a request uses of memory that is not its own, until its pool is
 * destroyed.
 */

struct ngx_http_tesseral_held_s {
    ngx_http_tesseral_keys_t       *keys;
    tesseral_cache                 *cache;
    tesseral_hold                   hold;
};


/* One question to the service about an API key. */

struct ngx_http_tesseral_exchange_s {
    ngx_http_request_t             *request;            /* that waits for it */
    ngx_http_tesseral_lookup_t     *lookup;
    ngx_http_tesseral_ctx_t        *ctx;
    tesseral_api_key_name           name;
    tesseral_question               question;
    ngx_str_t                       body;  /* of the request: holds a secret */
    unsigned                        done:1;
};


struct ngx_http_tesseral_ctx_s {
    /* main or a subrequest: each has a verdict of its own */
    ngx_http_request_t             *request;

    /* the settings with which the credentials were evaluated */
    ngx_http_tesseral_source_t     *source;
    ngx_http_tesseral_lookup_t     *lookup;
    ngx_int_t                       token;
    ngx_http_tesseral_revoked_t    *revoked;
    ngx_http_tesseral_source_t     *also;

    /* why access was refused: status, or a requirement */
    uint32_t                        error;
    uint32_t                        status;
    /* filled when status is 0 or a lookup is needed */
    tesseral_auth                   auth;
    ngx_http_tesseral_held_t        held;
    /* at the evaluation: the generation of the keys, and source->ended */
    ngx_uint_t                      generation;
    ngx_uint_t                      also_generation;
    ngx_atomic_uint_t               ended;

    /* as the client sent them */
    tesseral_str                   *authorization;
    ngx_uint_t                      authorization_count;
    tesseral_str                   *cookie;
    ngx_uint_t                      cookie_count;
    /* of main: the headers before credentials were removed */
    ngx_http_headers_in_t          *headers_in;

    /* our headers in the response, so that there is one of each */
    ngx_table_elt_t                *www_authenticate;
    ngx_table_elt_t                *retry_after;

    ngx_http_tesseral_exchange_t   *exchange;
    /* while it waits for a file to be read */
    ngx_msec_t                      deadline;
    /* while it waits for a fetch */
    tesseral_wait                   wait;
    ngx_atomic_uint_t               waits_since;        /* ended at its start */
    /* while it waits for an answer about the API key */
    uint64_t                        ticket;
    ngx_event_t                     wake;

    /* nginx read all of the request before the phases began */
    unsigned                        received:1;
    unsigned                        evaluated:1;
    unsigned                        judged:1;           /* error is set */
    unsigned                        suspended:1;        /* wake is set */
    unsigned                        captured:1;
    unsigned                        waiting:1;  /* deadline or wait is set */
    unsigned                        given_up:1;
    /* for a subrequest of the module's own, which has no credentials */
    unsigned                        own:1;
    /* in main: */
    unsigned                        counted:1;
    /* subrequests may have left values in the variables, which main shares */
    unsigned                        shared:1;
};


extern const ngx_str_t                  ngx_http_tesseral_authorization;
extern const ngx_str_t                  ngx_http_tesseral_cookie;


/*
 * A client that sends nothing, for a request of the module's own: what nginx
 * looks for behind a request and its connection.
 */

struct ngx_http_tesseral_client_s {
    ngx_http_connection_t           http_connection;  /* first: r has it */
    ngx_connection_t               *connection;
    ngx_http_request_t             *request;
    ngx_http_addr_conf_t            addr_conf;
    ngx_http_log_ctx_t              log_ctx;
    struct sockaddr_un              address;
    ngx_str_t                       uri;
};


/* of a request of the module's own */

typedef void (*ngx_http_tesseral_answer_pt)(void *data, ngx_log_t *log,
    ngx_uint_t status, ngx_str_t *body, const char *why);


/* context */
ngx_int_t ngx_http_tesseral_post_read_handler(ngx_http_request_t *r);
ngx_http_tesseral_ctx_t *ngx_http_tesseral_find_ctx(ngx_http_request_t *r);
ngx_http_tesseral_ctx_t *ngx_http_tesseral_make_ctx(ngx_http_request_t *r);
ngx_http_tesseral_ctx_t *ngx_http_tesseral_create_ctx(ngx_http_request_t *r);
ngx_int_t ngx_http_tesseral_retire_held(ngx_http_request_t *r,
    ngx_http_tesseral_held_t *held);
uint32_t ngx_http_tesseral_keep_auth(ngx_pool_t *pool, tesseral_auth *auth);

/* client_subrequest */
ngx_int_t ngx_http_tesseral_server_rewrite_handler(ngx_http_request_t *r);
void ngx_http_tesseral_share_variables(ngx_http_request_t *r);
ngx_int_t ngx_http_tesseral_log_handler(ngx_http_request_t *r);

/* credentials */
char *ngx_http_tesseral_set_token(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
ngx_int_t ngx_http_tesseral_capture_credentials(ngx_http_request_t *r,
    ngx_http_tesseral_ctx_t *ctx);
ngx_int_t ngx_http_tesseral_find_credentials(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx,
    tesseral_headers *headers);

/* evaluate */
ngx_http_tesseral_ctx_t *ngx_http_tesseral_evaluate(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf);

/* also */
char *ngx_http_tesseral_set_also(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_tesseral_merge_also(ngx_conf_t *cf,
    ngx_http_tesseral_loc_conf_t *prev, ngx_http_tesseral_loc_conf_t *conf);
void ngx_http_tesseral_authenticate_also(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx,
    tesseral_headers *headers);

/* access */
char *ngx_http_tesseral_set_auth(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
ngx_int_t ngx_http_tesseral_preaccess_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_tesseral_access_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_tesseral_judge(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf);

/* suspend */
ngx_int_t ngx_http_tesseral_suspend(ngx_http_request_t *r,
    ngx_http_tesseral_ctx_t *ctx);
void ngx_http_tesseral_resume(ngx_http_request_t *r,
    ngx_http_tesseral_ctx_t *ctx);

/* wait_for_keys */
ngx_int_t ngx_http_tesseral_wait_for_file(ngx_http_request_t *r,
    ngx_http_tesseral_source_t *source, ngx_http_tesseral_ctx_t *ctx);
ngx_int_t ngx_http_tesseral_wait_for_fetch(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx);
ngx_int_t ngx_http_tesseral_find_unknown_kids(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx,
    tesseral_kid_hashes *kids);
void ngx_http_tesseral_end_wait_for_fetch(void *data);

/* require */
char *ngx_http_tesseral_set_require_permission(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
char *ngx_http_tesseral_set_require(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
void ngx_http_tesseral_mark_used_requirements(ngx_conf_t *cf,
    ngx_http_tesseral_loc_conf_t *conf);
void ngx_http_tesseral_warn_unused_requirements(ngx_conf_t *cf);
uint32_t ngx_http_tesseral_check_requirements(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx,
    ngx_int_t *http_status);

/* refuse */
char *ngx_http_tesseral_check_realm(ngx_conf_t *cf, void *post, void *data);
char *ngx_http_tesseral_set_www_authenticate(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
ngx_int_t ngx_http_tesseral_refuse(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx,
    uint32_t status, ngx_int_t http_status);

/* refusal_log */
ngx_int_t ngx_http_tesseral_may_log(ngx_http_tesseral_throttle_t *throttle,
    ngx_uint_t *more);
void ngx_http_tesseral_log_refusal(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, uint32_t status);

/* revoked */
char *ngx_http_tesseral_set_revoked(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
ngx_http_tesseral_revoked_t *ngx_http_tesseral_outdated_list(
    ngx_http_tesseral_main_conf_t *mcf);

/* revoked_list */
ngx_int_t ngx_http_tesseral_load_list(ngx_http_tesseral_revoked_t *list,
    ngx_log_t *log, ngx_uint_t level);
void ngx_http_tesseral_watch_lists(ngx_cycle_t *cycle,
    ngx_http_tesseral_main_conf_t *mcf);

/* own_request */
ngx_int_t ngx_http_tesseral_own_request(ngx_http_core_srv_conf_t *server,
    ngx_str_t *uri, ngx_str_t *body, ngx_http_tesseral_answer_pt handler,
    void *data, ngx_uint_t *awaited);

/* silent_client */
ngx_connection_t *ngx_http_tesseral_silent_client(void);
ngx_int_t ngx_http_tesseral_client_connection(
    ngx_http_tesseral_client_t *client, ngx_http_core_srv_conf_t *server,
    ngx_event_handler_pt handler);
ngx_int_t ngx_http_tesseral_client_request(ngx_http_tesseral_client_t *client,
    ngx_http_core_srv_conf_t *server);

/* own_subrequest */
ngx_int_t ngx_http_tesseral_own_subrequest(ngx_http_request_t *r,
    ngx_str_t *uri, ngx_str_t *body, ngx_uint_t flags,
    ngx_http_post_subrequest_pt handler, void *data);
ngx_int_t ngx_http_tesseral_no_client_headers(ngx_http_request_t *r,
    ngx_http_headers_in_t *headers_in);
ngx_uint_t ngx_http_tesseral_is_own_subrequest(ngx_http_request_t *r);
ngx_int_t ngx_http_tesseral_own_response(ngx_http_request_t *sr, ngx_int_t rc,
    ngx_uint_t *status, ngx_str_t *body, const char **why);

/* api_keys */
char *ngx_http_tesseral_set_api_keys(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
ngx_http_tesseral_lookup_t *ngx_http_tesseral_add_lookup(ngx_conf_t *cf,
    ngx_http_tesseral_loc_conf_t *conf);

/* lookup */
void ngx_http_tesseral_try_answers(ngx_http_request_t *r,
    ngx_http_tesseral_ctx_t *ctx);
ngx_int_t ngx_http_tesseral_look_up(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx);


#endif /* _NGX_HTTP_TESSERAL_REQUEST_H_INCLUDED_ */
