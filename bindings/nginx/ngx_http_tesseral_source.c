
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


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
    uint32_t         i, status;
    tesseral_survey  survey = TESSERAL_SURVEY_INIT;

    status = tesseral_survey_document(document->data, document->len, NULL,
                                      &survey);

    if (status == TESSERAL_ERR_CONFIG_MALFORMED) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "snapshot \"%V\" refused (%uD %s): %s "
                           "(after %uz octets)", file, status,
                           tesseral_status_slug(status),
                           tesseral_status_text(status), survey.error_offset);
        return NGX_ERROR;
    }

    if (status != TESSERAL_OK && status != TESSERAL_ERR_CONFIG_NO_ISSUER) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "snapshot \"%V\" refused (%uD %s): %s", file,
                           status, tesseral_status_slug(status),
                           tesseral_status_text(status));
        return NGX_ERROR;
    }

    for (i = 0; i < survey.skipped_count; i++) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "snapshot \"%V\": key %uD is not used: %s", file,
                           survey.skipped[i].index,
                           tesseral_skip_reason_slug(survey.skipped[i].reason));
    }

    if (survey.keys_skipped > i) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "snapshot \"%V\": %uz more keys are not used", file,
                           survey.keys_skipped - i);
    }

    return NGX_OK;
}


ngx_uint_t
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

    if (ngx_http_tesseral_mark_source(cf, source) != NGX_OK
        || ngx_http_tesseral_first_keys(cf, source) != NGX_OK)
    {
        return NULL;
    }

    sources = ngx_array_push(&mcf->sources);
    if (sources == NULL) {
        return NULL;
    }

    *sources = source;

    if (source->uri.len && source->project_id.len == 0) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "keys of \"%V\" may be those of any project, and "
                           "are lost by a reload: set \"tesseral_project_id\"",
                           &source->uri);
    }

    return source;
}


/* The same directive, or one like it, in the same server. */

ngx_http_tesseral_lookup_t *
ngx_http_tesseral_add_lookup(ngx_conf_t *cf,
    ngx_http_tesseral_loc_conf_t *conf)
{
    ngx_str_t                        project_id;
    ngx_uint_t                       i;
    ngx_http_core_srv_conf_t        *server;
    ngx_http_tesseral_lookup_t      *lookup, **lookups;
    ngx_http_tesseral_api_keys_t    *wanted, *known;
    ngx_http_tesseral_main_conf_t   *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_tesseral_module);
    server = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);
    wanted = conf->api_keys;
    project_id = conf->project_id;

    if (project_id.len == 0 && conf->source->keys) {
        project_id = conf->source->keys->project_id;
    }

    lookups = mcf->lookups.elts;

    for (i = 0; i < mcf->lookups.nelts; i++) {
        known = lookups[i]->api_keys;

        if (lookups[i]->server == server
            && ngx_http_tesseral_equal(&lookups[i]->project_id, &project_id)
            && ngx_http_tesseral_equal(&known->uri, &wanted->uri)
            && known->cache == wanted->cache
            && known->negative == wanted->negative
            && known->max == wanted->max)
        {
            return lookups[i];
        }
    }

    lookup = ngx_pcalloc(cf->pool, sizeof(ngx_http_tesseral_lookup_t));
    if (lookup == NULL) {
        return NULL;
    }

    lookup->api_keys = wanted;
    lookup->server = server;
    lookup->project_id.len = project_id.len;
    lookup->project_id.data = ngx_pstrdup(cf->pool, &project_id);
    if (lookup->project_id.data == NULL) {
        return NULL;
    }

    if (ngx_http_tesseral_mark_lookup(cf, lookup) != NGX_OK) {
        return NULL;
    }

    lookups = ngx_array_push(&mcf->lookups);
    if (lookups == NULL) {
        return NULL;
    }

    *lookups = lookup;

    return lookup;
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

    /* cf->log belongs to the last cycle, and the pool lives longer */

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
