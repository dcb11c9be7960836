
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static ngx_int_t ngx_http_tesseral_identify(ngx_conf_t *cf,
    ngx_http_core_srv_conf_t *server, ngx_str_t *uri, ngx_str_t *project_id,
    ngx_str_t *issuer, ngx_str_t *identity);
static ngx_int_t ngx_http_tesseral_first_keys(ngx_conf_t *cf,
    ngx_http_tesseral_source_t *source);
static void ngx_http_tesseral_cleanup_source(void *data);


/*
 * Checks a snapshot where its directive stands, so that the message has the
 * line.  Issuer and pin may be set elsewhere: merging checks those.
 */

ngx_int_t
ngx_http_tesseral_check_document(ngx_conf_t *cf, ngx_str_t *file,
    ngx_str_t *document)
{
    size_t                    i, size, offset;
    u_char                   *memory;
    uint32_t                  status;
    ngx_pool_t               *pool;
    tesseral_options          options = TESSERAL_OPTIONS_INIT;
    tesseral_skipped_key      skipped;
    const tesseral_verifier  *verifier;

    static ngx_str_t  issuer = ngx_string("https://unknown.invalid");

    pool = ngx_create_pool(1024, cf->log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    options.profile = TESSERAL_PROFILE_TINY;
    options.issuer.ptr = issuer.data;
    options.issuer.len = issuer.len;

    offset = 0;
    size = tesseral_verifier_size(TESSERAL_PROFILE_TINY, TESSERAL_MAX_KEYS);

    memory = ngx_pmemalign(pool, size, tesseral_verifier_align());
    if (memory == NULL) {
        ngx_destroy_pool(pool);
        return NGX_ERROR;
    }

    status = tesseral_verifier_init(memory, size, document->data,
                                    document->len, &options, &verifier,
                                    &offset);

    if (status == TESSERAL_ERR_CONFIG_MALFORMED) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "snapshot \"%V\" refused (%uD %s): %s "
                           "(after %uz octets)", file, status,
                           tesseral_status_slug(status),
                           tesseral_status_text(status), offset);

    } else if (status != TESSERAL_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "snapshot \"%V\" refused (%uD %s): %s", file,
                           status, tesseral_status_slug(status),
                           tesseral_status_text(status));

    } else {
        for (i = 0;
             tesseral_verifier_skipped_key(verifier, i, &skipped)
             == TESSERAL_OK;
             i++)
        {
            ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                               "snapshot \"%V\": key %uz is not used: %s",
                               file, skipped.index,
                               tesseral_skip_reason_slug(skipped.reason));
        }
    }

    ngx_destroy_pool(pool);

    return status == TESSERAL_OK ? NGX_OK : NGX_ERROR;
}


static ngx_uint_t
ngx_http_tesseral_equal(ngx_str_t *one, ngx_str_t *two)
{
    return one->len == two->len
           && (one->len == 0
               || ngx_memcmp(one->data, two->data, one->len) == 0);
}


/*
 * The source that a level's settings mean, which other levels may share.
 * A URI means another location in another server, so the server is part of it.
 */

ngx_http_tesseral_source_t *
ngx_http_tesseral_add_source(ngx_conf_t *cf,
    ngx_http_tesseral_loc_conf_t *conf)
{
    ngx_uint_t                       i;
    ngx_http_core_srv_conf_t        *server;
    ngx_http_tesseral_source_t      *source, **sources;
    ngx_http_tesseral_main_conf_t   *mcf;
    ngx_http_tesseral_key_source_t  *wanted;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_tesseral_module);
    wanted = conf->key_source;
    server = NULL;

    if (wanted->uri.len) {
        server = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);
    }

    sources = mcf->sources.elts;

    for (i = 0; i < mcf->sources.nelts; i++) {
        source = sources[i];

        if (source->server == server
            && ngx_http_tesseral_equal(&source->file, &wanted->file)
            && ngx_http_tesseral_equal(&source->uri, &wanted->uri)
            && ngx_http_tesseral_equal(&source->project_id, &conf->project_id)
            && ngx_http_tesseral_equal(&source->issuer, &conf->issuer)
            && source->leeway == conf->leeway
            && source->refresh == wanted->refresh
            && source->stale == wanted->stale
            && source->cooldown == wanted->cooldown)
        {
            return source;
        }
    }

    source = ngx_pcalloc(cf->pool, sizeof(ngx_http_tesseral_source_t));
    if (source == NULL) {
        return NULL;
    }

    source->file = wanted->file;
    source->document = wanted->document;
    source->info = wanted->info;
    source->uri = wanted->uri;
    source->server = server;
    source->project_id = conf->project_id;
    source->issuer = conf->issuer;
    source->leeway = conf->leeway;
    source->refresh = wanted->refresh;
    source->stale = wanted->stale;
    source->cooldown = wanted->cooldown;

    if (ngx_http_tesseral_identify(cf, server,
                                   server ? &source->uri : &source->file,
                                   &source->project_id, &source->issuer,
                                   &source->identity)
        != NGX_OK
        || ngx_http_tesseral_first_keys(cf, source) != NGX_OK)
    {
        return NULL;
    }

    sources = ngx_array_push(&mcf->sources);
    if (sources == NULL) {
        return NULL;
    }

    *sources = source;

    return source;
}


ngx_http_tesseral_lookup_t *
ngx_http_tesseral_add_lookup(ngx_conf_t *cf,
    ngx_http_tesseral_loc_conf_t *conf)
{
    ngx_str_t                        identity;
    ngx_md5_t                        md5;
    ngx_uint_t                       i;
    ngx_http_core_srv_conf_t        *server;
    ngx_http_tesseral_lookup_t      *lookup, **lookups;
    ngx_http_tesseral_main_conf_t   *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_tesseral_module);
    server = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);

    lookups = mcf->lookups.elts;

    for (i = 0; i < mcf->lookups.nelts; i++) {
        if (lookups[i]->server == server
            && lookups[i]->api_keys == conf->api_keys)
        {
            return lookups[i];
        }
    }

    lookup = ngx_pcalloc(cf->pool, sizeof(ngx_http_tesseral_lookup_t));
    if (lookup == NULL
        || ngx_http_tesseral_identify(cf, server, &conf->api_keys->uri,
                                      &conf->project_id, &conf->issuer,
                                      &identity)
           != NGX_OK)
    {
        return NULL;
    }

    ngx_md5_init(&md5);
    ngx_md5_update(&md5, identity.data, identity.len);
    ngx_md5_final(lookup->id, &md5);

    lookup->api_keys = conf->api_keys;
    lookup->server = server;

    lookups = ngx_array_push(&mcf->lookups);
    if (lookups == NULL) {
        return NULL;
    }

    *lookups = lookup;

    return lookup;
}


/*
 * What makes a source the same one after a reload: the addresses and the name
 * of its server, which no other server has, its URI or file, and its pins.
 */

static ngx_int_t
ngx_http_tesseral_identify(ngx_conf_t *cf, ngx_http_core_srv_conf_t *server,
    ngx_str_t *uri, ngx_str_t *project_id, ngx_str_t *issuer,
    ngx_str_t *identity)
{
    u_char                      *p;
    size_t                       len;
    ngx_str_t                   *part;
    ngx_uint_t                   i, j, k;
    ngx_array_t                  parts;
    ngx_http_conf_port_t        *port;
    ngx_http_conf_addr_t        *addr;
    ngx_http_core_srv_conf_t   **servers;
    ngx_http_core_main_conf_t   *cmcf;

    if (ngx_array_init(&parts, cf->temp_pool, 8, sizeof(ngx_str_t)) != NGX_OK) {
        return NGX_ERROR;
    }

#define ngx_http_tesseral_part(text)                                          \
    part = ngx_array_push(&parts);                                            \
    if (part == NULL) {                                                       \
        return NGX_ERROR;                                                     \
    }                                                                         \
    *part = (text)

    ngx_http_tesseral_part(*uri);
    ngx_http_tesseral_part(*project_id);
    ngx_http_tesseral_part(*issuer);

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    if (server != NULL && cmcf->ports != NULL) {
        ngx_http_tesseral_part(server->server_name);

        port = cmcf->ports->elts;

        for (i = 0; i < cmcf->ports->nelts; i++) {
            addr = port[i].addrs.elts;

            for (j = 0; j < port[i].addrs.nelts; j++) {
                servers = addr[j].servers.elts;

                for (k = 0; k < addr[j].servers.nelts; k++) {
                    if (servers[k] == server) {
                        ngx_http_tesseral_part(addr[j].opt.addr_text);
                    }
                }
            }
        }
    }

#undef ngx_http_tesseral_part

    len = 0;
    part = parts.elts;

    for (i = 0; i < parts.nelts; i++) {
        len += part[i].len + 1;
    }

    p = ngx_pnalloc(cf->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    identity->data = p;
    identity->len = len;

    for (i = 0; i < parts.nelts; i++) {
        if (part[i].len) {
            p = ngx_cpymem(p, part[i].data, part[i].len);
        }

        *p++ = '\0';
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_tesseral_first_keys(ngx_conf_t *cf,
    ngx_http_tesseral_source_t *source)
{
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_tesseral_cleanup_source;
    cln->data = source;

    if (source->file.len == 0) {
        return NGX_OK;
    }

    if (ngx_http_tesseral_create_keys(source, &source->document, cf->log,
                                      NGX_LOG_EMERG, &source->keys)
        != TESSERAL_OK)
    {
        return NGX_ERROR;
    }

    /* cf->log is of the last cycle, which the pool outlives */

    source->keys->pool->log = &cf->cycle->new_log;
    source->known = 1;

    return NGX_OK;
}


static void
ngx_http_tesseral_cleanup_source(void *data)
{
    ngx_http_tesseral_source_t *source = data;

    if (source->timer.timer_set) {
        ngx_del_timer(&source->timer);
    }

    if (source->timer.posted) {
        ngx_delete_posted_event(&source->timer);
    }

    if (source->keys) {
        ngx_http_tesseral_release_keys(source->keys);
        source->keys = NULL;
    }
}


/*
 * The keys to use now, or NULL.  Another worker may have fetched newer ones:
 * their verifier is built here, once.
 */

ngx_http_tesseral_keys_t *
ngx_http_tesseral_current(ngx_http_tesseral_source_t *source, ngx_log_t *log)
{
    ngx_str_t                       document;
    ngx_pool_t                     *pool;
    ngx_uint_t                      generation;
    ngx_http_tesseral_keys_t       *keys;
    ngx_http_tesseral_record_t     *record;
    ngx_http_tesseral_main_conf_t  *mcf;

    if (source->file.len) {
        return source->keys;
    }

    record = source->record;
    generation = record->generation;

    if (generation != source->generation) {

        pool = ngx_create_pool(4096, ngx_cycle->log);
        if (pool == NULL) {
            return NULL;
        }

        mcf = ngx_http_cycle_get_module_main_conf(ngx_cycle,
                                                  ngx_http_tesseral_module);

        generation = ngx_http_tesseral_collect(mcf, source, pool, &document);

        if (generation != 0
            && ngx_http_tesseral_create_keys(source, &document,
                                             ngx_cycle->log, NGX_LOG_ERR,
                                             &keys)
               == TESSERAL_OK)
        {
            if (source->keys) {
                ngx_http_tesseral_release_keys(source->keys);
            }

            source->keys = keys;
        }

        source->generation = generation;

        ngx_destroy_pool(pool);
    }

    if (source->keys == NULL
        || ngx_http_tesseral_since(record->fetched) > source->stale)
    {
        return NULL;
    }

    return source->keys;
}
