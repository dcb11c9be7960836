
/*
 * Copyright (C) the libtesseral_verify authors
 */


#ifndef _NGX_HTTP_TESSERAL_H_INCLUDED_
#define _NGX_HTTP_TESSERAL_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_sha1.h>

#include <tesseral_verify.h>


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

#define NGX_HTTP_TESSERAL_FINGERPRINT  TESSERAL_API_KEY_FINGERPRINT_LEN

/*
 * layout of the shared memory, which depends on how many statuses there are:
 * after a change of this number, nothing is taken over from the last cycle
 */
#define NGX_HTTP_TESSERAL_LAYOUT  (4 + (TESSERAL_STATUS_COUNT << 16))

/*
 * octets of what tells sources, and lookups, apart: of a SHA-1; the first of
 * them are the scope of an answer about an API key
 */
#define NGX_HTTP_TESSERAL_MARK  20

/* variables of "tesseral_token" whose token can be taken out of the request */
#define NGX_HTTP_TESSERAL_HTTP    "http_"
#define NGX_HTTP_TESSERAL_COOKIE  "cookie_"

#define NGX_HTTP_TESSERAL_STATUSES      TESSERAL_STATUS_COUNT
#define NGX_HTTP_TESSERAL_IDENTITY      11    /* names of identity headers */
#define NGX_HTTP_TESSERAL_OF_TOKEN      8     /* of them for one token */
#define NGX_HTTP_TESSERAL_MAX_QUESTIONS  256  /* under way at a time */
#define NGX_HTTP_TESSERAL_MAX_ACTIONS   4096  /* octets of X-Tesseral-Actions */

/* octets of the longest token that the signature cache remembers */
#define NGX_HTTP_TESSERAL_CACHED_TOKEN  2048

/* tokens that the signature cache has room for come in sets of so many */
#define NGX_HTTP_TESSERAL_CACHED_SET  8

/* ngx_http_tesseral_names[] */
#define NGX_HTTP_TESSERAL_CREDENTIALS_TYPE    0
#define NGX_HTTP_TESSERAL_PROJECT_ID          1
#define NGX_HTTP_TESSERAL_ORGANIZATION_ID     2
#define NGX_HTTP_TESSERAL_USER_ID             3
#define NGX_HTTP_TESSERAL_SESSION_ID          4
#define NGX_HTTP_TESSERAL_USER_EMAIL          5
#define NGX_HTTP_TESSERAL_API_KEY_ID          6
#define NGX_HTTP_TESSERAL_IMPERSONATOR_EMAIL  7
#define NGX_HTTP_TESSERAL_ACTIONS             8
#define NGX_HTTP_TESSERAL_ACTIONS_TRUNCATED   9
#define NGX_HTTP_TESSERAL_CLAIMS              10

/* milliseconds */
#define NGX_HTTP_TESSERAL_OWN     9000  /* no request of ours takes longer */
#define NGX_HTTP_TESSERAL_WAIT    5000
#define NGX_HTTP_TESSERAL_POLL    20
#define NGX_HTTP_TESSERAL_RESTAT  1000

/* after so many milliseconds, a worker looks at what the workers share */
#define NGX_HTTP_TESSERAL_LOOK    100
#define NGX_HTTP_TESSERAL_ASK     1000

/* seconds */
#define NGX_HTTP_TESSERAL_TELL  60
#define NGX_HTTP_TESSERAL_RETRY_AFTER  5


/* A verifier, in a pool of its own that dies with the last reader. */

typedef struct {
    ngx_pool_t                     *pool;
    const tesseral_verifier        *verifier;
    size_t                          keys_skipped;
    ngx_str_t                       project_id;
    ngx_str_t                       encoded_project_id;
    ngx_uint_t                      references;
} ngx_http_tesseral_keys_t;


/* What a request reads of others' memory, until its pool is destroyed. */

typedef struct {
    ngx_http_tesseral_keys_t       *keys;
    tesseral_cache                 *cache;
    tesseral_hold                   hold;
} ngx_http_tesseral_held_t;


/*
 * The headers that tell an upstream about a credential, but for those that
 * depend on the location; for tokens in the signature cache, one for each slot.
 */

typedef struct {
    uint64_t                        serial;  /* of the token in the slot */
    ngx_uint_t                      nelts;
    ngx_table_elt_t                 elts[NGX_HTTP_TESSERAL_OF_TOKEN];
} ngx_http_tesseral_identity_t;


/* Of this process: when a fault was last told, and how often it came since. */

typedef struct {
    time_t                          at;
    ngx_uint_t                      more;
} ngx_http_tesseral_told_t;


/*
 * What the workers share about one source of keys.  A record is never freed,
 * but may get another source: serial tells which one has it, and is checked
 * under the lock (see ngx_http_tesseral_lock()).
 */

typedef struct {
    ngx_queue_t                     queue;

    ngx_atomic_t                    serial;             /* 0: of none */
    u_char                          mark[NGX_HTTP_TESSERAL_MARK];

    /* numbers of the first and of the last configuration that has it */
    ngx_uint_t                      first;
    ngx_uint_t                      last;

    /* of the tesseral_refresh_ functions; NULL: the source is a file */
    u_char                         *state;
    ngx_uint_t                      text;  /* number of the document's text */
    ngx_atomic_t                    ended;              /* flights */
    /* the last request that waits: until then, and ended when it began */
    int64_t                         wait_until;
    ngx_atomic_t                    waits_since;

    ngx_uint_t                      loads;
    ngx_uint_t                      failures;
    ngx_uint_t                      failing;
} ngx_http_tesseral_record_t;


/* A process that may use the records of a configuration. */

typedef struct {
    ngx_queue_t                     queue;
    ngx_pid_t                       pid;
    ngx_uint_t                      cycle;
} ngx_http_tesseral_worker_t;


typedef struct {
    uint32_t                        layout;
    ngx_queue_t                     records;
    ngx_queue_t                     workers;
    ngx_uint_t                      numbers;  /* that anything here has had */
    ngx_uint_t                      in_force;           /* configuration */

    /* of the tesseral_answers_ functions; NULL: there are no API keys */
    u_char                         *answers;
    size_t                          answers_len;

    ngx_atomic_t                    results[NGX_HTTP_TESSERAL_STATUSES];
    ngx_atomic_t                    reported[NGX_HTTP_TESSERAL_STATUSES];
    ngx_atomic_t                    stripped;
    ngx_atomic_t                    lookups;
    /* API keys that an answer in the shared memory has settled */
    ngx_atomic_t                    answered;
} ngx_http_tesseral_shared_t;


/* Where keys come from: a file, or an internal location of one server. */

typedef struct {
    ngx_str_t                       file;               /* or */
    ngx_str_t                       uri;
    ngx_http_core_srv_conf_t       *server;             /* of the URI */
    /* of the file, while configuring */
    ngx_str_t                       document;

    ngx_str_t                       project_id;
    ngx_str_t                       issuer;
    time_t                          leeway;
    ngx_msec_t                      refresh;
    ngx_msec_t                      stale;
    ngx_msec_t                      cooldown;

    u_char                          mark[NGX_HTTP_TESSERAL_MARK];
    ngx_slab_pool_t                *slab;
    ngx_http_tesseral_record_t     *record;
    ngx_atomic_uint_t               serial;  /* of record, when it was ours */
    ngx_uint_t                      located;  /* the URI has a location */
    ngx_http_tesseral_told_t        told;

    /* of this process */
    ngx_http_tesseral_keys_t       *keys;
    ngx_uint_t                      generation;         /* of keys */

    /* of record, when this process last looked; until then that holds */
    ngx_uint_t                      text;
    ngx_atomic_uint_t               ended;
    ngx_uint_t                      usable;
    ngx_msec_t                      look_at;
    ngx_msec_t                      ask_at;  /* whether to fetch */
    ngx_uint_t                      awaited;  /* the fetch, by requests */

    ngx_event_t                     timer;
    ngx_file_info_t                 info;
    ngx_msec_t                      checked;
    ngx_uint_t                      reload;  /* the file has changed */
    ngx_uint_t                      unreadable;
    ngx_uint_t                      locked;  /* from the start, for workers */
    /* when this process last looked at the mount: without, and with a name */
    ngx_uint_t                      looked[2];
    ngx_msec_t                      looked_at[2];
    /* info is of the last file that was good */
    ngx_uint_t                      known;
} ngx_http_tesseral_source_t;


/* tesseral_revoked: shared by the levels that name the same file */

typedef struct {
    ngx_str_t                       file;
    ngx_msec_t                      refresh;
    u_char                          seed[16];

    /* of this process */
    u_char                         *memory;             /* of the list */
    const tesseral_revoked         *revoked;
    time_t                          loaded;  /* when it was written */
    ngx_file_info_t                 info;  /* of the file that was tried */
    ngx_event_t                     timer;
    ngx_uint_t                      failed;  /* refreshes since a good one */
} ngx_http_tesseral_revoked_t;


/* tesseral_snapshot or tesseral_config_request, as written */

typedef struct {
    ngx_str_t                       file;
    ngx_str_t                       document;
    ngx_file_info_t                 info;
    ngx_str_t                       uri;
    ngx_msec_t                      refresh;
    ngx_msec_t                      stale;
    ngx_msec_t                      cooldown;
} ngx_http_tesseral_key_source_t;


/* tesseral_api_keys */

typedef struct {
    ngx_str_t                       uri;
    ngx_msec_t                      cache;
    ngx_msec_t                      negative;
    ngx_uint_t                      max;
} ngx_http_tesseral_api_keys_t;


/* A tesseral_api_keys where it is used: the URI belongs to a server. */

typedef struct {
    ngx_http_tesseral_api_keys_t   *api_keys;
    ngx_http_core_srv_conf_t       *server;
    ngx_str_t                       project_id;
    u_char                          mark[NGX_HTTP_TESSERAL_MARK];
    ngx_uint_t                      located;  /* the URI has a location */
    ngx_http_tesseral_told_t        told;
    ngx_http_tesseral_told_t        told_busy;
    ngx_http_tesseral_told_t        told_unanswered;
} ngx_http_tesseral_lookup_t;


/* A list of requirements as written, for one that never comes into use. */

typedef struct {
    ngx_array_t                    *list;
    ngx_str_t                       directive;
    ngx_str_t                       file;
    ngx_uint_t                      line;
    ngx_uint_t                      used;
} ngx_http_tesseral_requirement_t;


typedef struct {
    ngx_uint_t                      any;
    ngx_array_t                     actions;            /* of ngx_str_t */
} ngx_http_tesseral_permission_t;


typedef struct {
    ngx_array_t                     values;  /* of ngx_http_complex_value_t */
    uint32_t                        error;              /* 401 or 403 */
} ngx_http_tesseral_condition_t;


typedef struct {
    ngx_shm_zone_t                 *zone;
    ngx_http_tesseral_shared_t     *shared;
    ngx_uint_t                      cycle;  /* number of this configuration */
    size_t                          zone_size;
    size_t                          cache_size;
    /* of ngx_http_tesseral_source_t * */
    ngx_array_t                     sources;
    /* of ngx_http_tesseral_lookup_t * */
    ngx_array_t                     lookups;
    /* of ngx_http_tesseral_revoked_t * */
    ngx_array_t                     revoked;
    /* of ngx_http_tesseral_requirement_t */
    ngx_array_t                     requirements;
    ngx_uint_t                      hashes[NGX_HTTP_TESSERAL_IDENTITY];
    u_char                         *lowcase[NGX_HTTP_TESSERAL_IDENTITY];

    /* digest of the configuration's files, when something needs it */
    u_char                          written[NGX_HTTP_TESSERAL_MARK];
    ngx_uint_t                      written_known;

    /* what no other configuration has, when something needs it */
    u_char                          unique[NGX_HTTP_TESSERAL_MARK];
    ngx_uint_t                      unique_known;

    /* of this process */
    tesseral_cache                 *cache;
    ngx_http_tesseral_identity_t   *identities;         /* of its slots */
    u_char                         *scratch;
    size_t                          scratch_len;
} ngx_http_tesseral_main_conf_t;


typedef struct {
    ngx_flag_t                      strip_identity;
} ngx_http_tesseral_srv_conf_t;


typedef struct {
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
} ngx_http_tesseral_loc_conf_t;


typedef struct ngx_http_tesseral_ctx_s  ngx_http_tesseral_ctx_t;


/* A look-up of an API key, and what it holds until it ends. */

typedef struct {
    ngx_http_request_t             *request;            /* that waits for it */
    ngx_http_tesseral_lookup_t     *lookup;
    ngx_http_tesseral_ctx_t        *ctx;
    tesseral_api_key_name           name;
    tesseral_question               question;
    ngx_str_t                       body;  /* of the request: holds a secret */
    unsigned                        done:1;
} ngx_http_tesseral_exchange_t;


struct ngx_http_tesseral_ctx_s {
    /* main or a subrequest: each has a verdict of its own */
    ngx_http_request_t             *request;

    /* for which of a location's settings the result is */
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
    /* of the source's keys, and flights that had ended, as evaluated */
    ngx_uint_t                      generation;
    ngx_uint_t                      also_generation;
    ngx_atomic_uint_t               ended;

    /* as they came */
    tesseral_str                   *authorization;
    ngx_uint_t                      authorization_count;
    tesseral_str                   *cookie;
    ngx_uint_t                      cookie_count;
    /* of main, when credentials have been taken out of the headers since */
    ngx_http_headers_in_t          *headers_in;

    /* what the response has of ours, so that there is one of each */
    ngx_table_elt_t                *www_authenticate;
    ngx_table_elt_t                *retry_after;

    ngx_http_tesseral_exchange_t   *exchange;
    /* of waiting for a file to be read */
    ngx_msec_t                      deadline;
    /* of waiting for a fetch */
    tesseral_wait                   wait;
    ngx_atomic_uint_t               waits_since;        /* ended, then */
    /* of waiting for an answer about the API key */
    uint64_t                        ticket;
    ngx_event_t                     wake;

    /* nginx has read all of it before the phases began */
    unsigned                        received:1;
    unsigned                        evaluated:1;
    unsigned                        judged:1;           /* error is set */
    unsigned                        polling:1;          /* wake is set */
    unsigned                        captured:1;
    unsigned                        waiting:1;  /* deadline or wait is set */
    unsigned                        given_up:1;
    /* of a subrequest of ours, which has no credentials */
    unsigned                        own:1;
    /* of main: */
    unsigned                        counted:1;
    /* subrequests have left their values in the variables that all share */
    unsigned                        shared:1;
};


extern ngx_module_t                     ngx_http_tesseral_module;
extern ngx_command_t                    ngx_http_tesseral_commands[];
extern const ngx_str_t                  ngx_http_tesseral_names[];
extern const ngx_str_t                  ngx_http_tesseral_authorization;
extern const ngx_str_t                  ngx_http_tesseral_cookie;


/* so many milliseconds ago */
#define ngx_http_tesseral_since(then)                                         \
    ((ngx_msec_int_t) (ngx_current_msec - (then)))


/* commands */
char *ngx_http_tesseral_invalid(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_str_t *argument);

/* module */
size_t ngx_http_tesseral_cache_room(ngx_uint_t sets);
ngx_int_t ngx_http_tesseral_random(ngx_log_t *log, u_char *octets, size_t len);

/* commands_keys, commands_require, commands_refuse */
char *ngx_http_tesseral_snapshot(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_tesseral_first_document(ngx_conf_t *cf,
    ngx_http_tesseral_key_source_t *source);
char *ngx_http_tesseral_config_request(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_tesseral_short_text(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_tesseral_leeway(ngx_conf_t *cf, void *post, void *data);
char *ngx_http_tesseral_api_keys(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_tesseral_permission(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_tesseral_condition(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
void ngx_http_tesseral_use_requirements(ngx_conf_t *cf,
    ngx_http_tesseral_loc_conf_t *conf);
void ngx_http_tesseral_check_requirements(ngx_conf_t *cf);
char *ngx_http_tesseral_realm(ngx_conf_t *cf, void *post, void *data);
char *ngx_http_tesseral_www_authenticate(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

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
ngx_int_t ngx_http_tesseral_warn(ngx_conf_t *cf,
    ngx_http_tesseral_loc_conf_t *conf, ngx_uint_t written);

/* source */
ngx_int_t ngx_http_tesseral_check_document(ngx_conf_t *cf, ngx_str_t *file,
    ngx_str_t *document);
ngx_http_tesseral_source_t *ngx_http_tesseral_add_source(ngx_conf_t *cf,
    ngx_http_tesseral_loc_conf_t *conf);
ngx_http_tesseral_lookup_t *ngx_http_tesseral_add_lookup(ngx_conf_t *cf,
    ngx_http_tesseral_loc_conf_t *conf);
ngx_uint_t ngx_http_tesseral_equal(ngx_str_t *one, ngx_str_t *two);

/* mark, written */
ngx_int_t ngx_http_tesseral_mark_source(ngx_conf_t *cf,
    ngx_http_tesseral_source_t *source);
ngx_int_t ngx_http_tesseral_mark_lookup(ngx_conf_t *cf,
    ngx_http_tesseral_lookup_t *lookup);
ngx_int_t ngx_http_tesseral_written(ngx_conf_t *cf, u_char *digest);

/* readable, mounted */
void ngx_http_tesseral_check_readable(ngx_cycle_t *cycle,
    ngx_http_tesseral_main_conf_t *mcf);
void ngx_http_tesseral_warn_mounted(ngx_http_tesseral_source_t *source,
    ngx_file_info_t *info, ngx_log_t *log);

/* snapshot */
ngx_int_t ngx_http_tesseral_read_file(ngx_pool_t *pool, ngx_log_t *log,
    ngx_uint_t level, ngx_str_t *file, ngx_str_t *document,
    ngx_file_info_t *info);
void ngx_http_tesseral_watch(ngx_cycle_t *cycle,
    ngx_http_tesseral_source_t *source);
ngx_int_t ngx_http_tesseral_look_again(ngx_http_tesseral_source_t *source);
ngx_uint_t ngx_http_tesseral_changed(ngx_file_info_t *one,
    ngx_file_info_t *two);

/* also */
char *ngx_http_tesseral_also(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_tesseral_merge_also(ngx_conf_t *cf,
    ngx_http_tesseral_loc_conf_t *prev, ngx_http_tesseral_loc_conf_t *conf);
void ngx_http_tesseral_authenticate_also(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx,
    tesseral_headers *headers);

/* revoked */
char *ngx_http_tesseral_revoked(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
void ngx_http_tesseral_watch_lists(ngx_cycle_t *cycle,
    ngx_http_tesseral_main_conf_t *mcf);
ngx_http_tesseral_revoked_t *ngx_http_tesseral_outdated_list(
    ngx_http_tesseral_main_conf_t *mcf);

/* zone, workers */
ngx_int_t ngx_http_tesseral_add_zone(ngx_conf_t *cf);
void ngx_http_tesseral_free_records(ngx_http_tesseral_main_conf_t *mcf);
void *ngx_http_tesseral_make_room(ngx_slab_pool_t *slab,
    ngx_http_tesseral_shared_t *shared, size_t size);
void ngx_http_tesseral_count(ngx_http_tesseral_main_conf_t *mcf,
    uint32_t status, ngx_uint_t reported);
ngx_int_t ngx_http_tesseral_census(ngx_slab_pool_t *slab,
    ngx_http_tesseral_shared_t *shared);
ngx_uint_t ngx_http_tesseral_in_use(ngx_http_tesseral_shared_t *shared,
    ngx_uint_t first, ngx_uint_t last);
void ngx_http_tesseral_enlist(ngx_http_tesseral_main_conf_t *mcf);

/* handles, by which the workers' states name documents and answers */
#define ngx_http_tesseral_handle(slab, p)                                     \
    ((uint64_t) ((u_char *) (p) - (u_char *) (slab)))

#define ngx_http_tesseral_at(slab, handle)                                    \
    ((void *) ((u_char *) (slab) + (size_t) (handle)))

/* flight, record */
ngx_int_t ngx_http_tesseral_due(ngx_http_tesseral_source_t *source,
    tesseral_flight *flight);
ngx_int_t ngx_http_tesseral_request(ngx_http_tesseral_source_t *source,
    uint32_t need, tesseral_kid_hashes *kids, tesseral_request *request);
void ngx_http_tesseral_waited(ngx_http_tesseral_source_t *source,
    tesseral_wait *wait);
const char *ngx_http_tesseral_land(ngx_http_tesseral_source_t *source,
    tesseral_flight *flight, ngx_str_t *document);
void ngx_http_tesseral_fail(ngx_http_tesseral_source_t *source,
    tesseral_flight *flight);
void ngx_http_tesseral_abandon(ngx_http_tesseral_source_t *source,
    tesseral_flight *flight);
void ngx_http_tesseral_moment(tesseral_moment *now);
ngx_int_t ngx_http_tesseral_lock(ngx_http_tesseral_source_t *source);
void ngx_http_tesseral_unlock(ngx_http_tesseral_source_t *source);
void ngx_http_tesseral_refresh_rules(ngx_http_tesseral_source_t *source,
    tesseral_refresh_rules *rules);
ngx_http_tesseral_keys_t *ngx_http_tesseral_current(
    ngx_http_tesseral_source_t *source);
void ngx_http_tesseral_note(ngx_http_tesseral_source_t *source,
    ngx_uint_t failing);
void ngx_http_tesseral_figures(ngx_http_tesseral_source_t *source,
    ngx_http_tesseral_record_t *record, time_t *fetched_at);

/* answers */
size_t ngx_http_tesseral_answers_room(size_t zone_size, size_t *answers,
    size_t *questions);
ngx_int_t ngx_http_tesseral_name(ngx_http_tesseral_ctx_t *ctx,
    tesseral_api_key_name *name);
ngx_int_t ngx_http_tesseral_ask(ngx_http_request_t *r,
    ngx_http_tesseral_lookup_t *lookup, tesseral_api_key_name *name,
    uint64_t ticket, tesseral_ask *ask, ngx_str_t *body);
void ngx_http_tesseral_known(ngx_http_request_t *r,
    ngx_http_tesseral_lookup_t *lookup, tesseral_api_key_name *name,
    tesseral_verdict *verdict, ngx_str_t *body);
ngx_int_t ngx_http_tesseral_answered(ngx_http_request_t *r,
    ngx_http_tesseral_exchange_t *exchange, uint32_t kind, ngx_str_t *body);
void ngx_http_tesseral_unasked(ngx_http_request_t *r,
    ngx_http_tesseral_exchange_t *exchange);

/* keys */
uint32_t ngx_http_tesseral_create_keys(ngx_http_tesseral_source_t *source,
    ngx_str_t *document, ngx_log_t *log, ngx_uint_t level,
    ngx_http_tesseral_keys_t **keys);
void ngx_http_tesseral_release_keys(ngx_http_tesseral_keys_t *keys);

/* request */
ngx_int_t ngx_http_tesseral_receive_handler(ngx_http_request_t *r);
ngx_http_tesseral_ctx_t *ngx_http_tesseral_find_ctx(ngx_http_request_t *r);
ngx_http_tesseral_ctx_t *ngx_http_tesseral_make_ctx(ngx_http_request_t *r);
ngx_http_tesseral_ctx_t *ngx_http_tesseral_create_ctx(ngx_http_request_t *r);
ngx_uint_t ngx_http_tesseral_is_named(ngx_table_elt_t *h,
    const ngx_str_t *name);
ngx_int_t ngx_http_tesseral_capture(ngx_http_request_t *r,
    ngx_http_tesseral_ctx_t *ctx);
ngx_int_t ngx_http_tesseral_retire(ngx_http_request_t *r,
    ngx_http_tesseral_held_t *held);

/* evaluate */
ngx_http_tesseral_ctx_t *ngx_http_tesseral_evaluate(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf);

/* token */
ngx_int_t ngx_http_tesseral_headers(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx,
    tesseral_headers *headers);
void ngx_http_tesseral_authenticate(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx);
uint32_t ngx_http_tesseral_move(ngx_pool_t *pool, tesseral_auth *auth);

/* access */
ngx_int_t ngx_http_tesseral_preaccess_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_tesseral_access_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_tesseral_judge(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf);

/* nested */
ngx_int_t ngx_http_tesseral_begin_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_tesseral_log_handler(ngx_http_request_t *r);
void ngx_http_tesseral_share_variables(ngx_http_request_t *r);

/* wait */
ngx_int_t ngx_http_tesseral_wait(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx);
ngx_int_t ngx_http_tesseral_poll(ngx_http_request_t *r,
    ngx_http_tesseral_ctx_t *ctx);

/* await */
ngx_int_t ngx_http_tesseral_await(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx);
ngx_int_t ngx_http_tesseral_lacks(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx,
    tesseral_kid_hashes *kids);
void ngx_http_tesseral_end_wait(void *data);

/* fetch */
ngx_int_t ngx_http_tesseral_fetch(ngx_http_tesseral_source_t *source,
    tesseral_flight *flight);
void ngx_http_tesseral_refresh(ngx_http_tesseral_source_t *source);

/* refresh */
void ngx_http_tesseral_keep_fresh(ngx_cycle_t *cycle,
    ngx_http_tesseral_source_t *source);
void ngx_http_tesseral_look_soon(ngx_http_tesseral_source_t *source);

/* api_keys */
ngx_int_t ngx_http_tesseral_look_up(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx);
void ngx_http_tesseral_try_answers(ngx_http_request_t *r,
    ngx_http_tesseral_ctx_t *ctx);

/* subrequest */
ngx_int_t ngx_http_tesseral_subrequest(ngx_http_request_t *r, ngx_str_t *uri,
    ngx_str_t *body, ngx_uint_t flags, ngx_http_post_subrequest_pt handler,
    void *data);
ngx_int_t ngx_http_tesseral_own_headers(ngx_http_request_t *r,
    ngx_http_headers_in_t *headers_in);
ngx_uint_t ngx_http_tesseral_is_own(ngx_http_request_t *r);
ngx_int_t ngx_http_tesseral_response(ngx_http_request_t *sr, ngx_int_t rc,
    ngx_uint_t *status, ngx_str_t *body, const char **why);

/* own */
typedef void (*ngx_http_tesseral_answer_pt)(void *data, ngx_log_t *log,
    ngx_uint_t status, ngx_str_t *body, const char *why);
ngx_int_t ngx_http_tesseral_begin(ngx_http_core_srv_conf_t *server,
    ngx_str_t *uri, ngx_str_t *body, ngx_http_tesseral_answer_pt handler,
    void *data, ngx_uint_t *awaited);

/* require */
uint32_t ngx_http_tesseral_require(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx,
    ngx_int_t *http_status);

/* refuse */
ngx_int_t ngx_http_tesseral_refuse(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx,
    uint32_t status, ngx_int_t http_status);
ngx_int_t ngx_http_tesseral_tell(ngx_http_tesseral_told_t *told,
    ngx_uint_t *more);
void ngx_http_tesseral_log(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, uint32_t status);

/* strip */
ngx_int_t ngx_http_tesseral_strip_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_tesseral_strip(ngx_http_request_t *r);
ngx_uint_t ngx_http_tesseral_names_identity(ngx_str_t *name);

/* connection */
ngx_uint_t ngx_http_tesseral_drops_identity(ngx_table_elt_t *h);
ngx_int_t ngx_http_tesseral_keep_identity(ngx_pool_t *pool,
    ngx_table_elt_t *h);

/* headers */
typedef ngx_uint_t (*ngx_http_tesseral_named_pt)(ngx_table_elt_t *h,
    void *data);
/* NGX_OK: stays.  NGX_DECLINED: goes. */
typedef ngx_int_t (*ngx_http_tesseral_edit_pt)(ngx_pool_t *pool,
    ngx_table_elt_t *h, void *data);
ngx_int_t ngx_http_tesseral_edit_headers(ngx_http_request_t *r,
    ngx_http_tesseral_named_pt named, ngx_http_tesseral_edit_pt edit,
    void *data);
ngx_int_t ngx_http_tesseral_own_list(ngx_http_request_t *r);

/* identity */
ngx_int_t ngx_http_tesseral_identity_handler(ngx_http_request_t *r);

/* credentials */
ngx_int_t ngx_http_tesseral_remove_credentials(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx);

ngx_uint_t ngx_http_tesseral_can_remove(ngx_str_t *variable);

/* encode */
ngx_int_t ngx_http_tesseral_encode(ngx_pool_t *pool,
    const tesseral_str *text, ngx_str_t *encoded);
ngx_int_t ngx_http_tesseral_encode_actions(ngx_pool_t *pool,
    tesseral_auth *auth, ngx_str_t *encoded);
ngx_int_t ngx_http_tesseral_encode_claims(ngx_pool_t *pool,
    tesseral_auth *auth, ngx_str_t *encoded);

/* variables */
ngx_int_t ngx_http_tesseral_add_variables(ngx_conf_t *cf);
ngx_int_t ngx_http_tesseral_check_variables(ngx_conf_t *cf);
ngx_http_tesseral_ctx_t *ngx_http_tesseral_verified(ngx_http_request_t *r);
ngx_int_t ngx_http_tesseral_set(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, tesseral_str *text);

/* claim_set */
char *ngx_http_tesseral_claim_set(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
ngx_int_t ngx_http_tesseral_kid_value(ngx_pool_t *pool,
    ngx_http_tesseral_ctx_t *ctx, uintptr_t data, tesseral_str *text);

/* metrics, ready */
ngx_int_t ngx_http_tesseral_metrics_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_tesseral_ready_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_tesseral_send(ngx_http_request_t *r, ngx_uint_t status,
    const char *type, ngx_chain_t *out, off_t len);


#endif /* _NGX_HTTP_TESSERAL_H_INCLUDED_ */
