
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static ngx_int_t ngx_http_tesseral_first_keys(ngx_conf_t *cf,
    ngx_http_tesseral_source_t *source);
static void ngx_http_tesseral_cleanup_source(void *data);


/*
 * The source of a level, which has "tesseral_snapshot" or
 * "tesseral_config_request", not both.
 */

ngx_http_tesseral_key_source_t *
ngx_http_tesseral_key_source(ngx_conf_t *cf, ngx_http_tesseral_loc_conf_t *lcf)
{
    if (lcf->key_source != NGX_CONF_UNSET_PTR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "there is another \"tesseral_snapshot\" or "
                           "\"tesseral_config_request\" on this level");
        return NULL;
    }

    lcf->key_source = ngx_pcalloc(cf->pool,
                                  sizeof(ngx_http_tesseral_key_source_t));

    return lcf->key_source;
}


/* Reads a string of 1 to cmd->post octets. */

char *
ngx_http_tesseral_set_short_text(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    char  *p = conf;

    ngx_str_t  *value, *field;

    field = (ngx_str_t *) (p + cmd->offset);

    if (field->data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len == 0 || value[1].len > (size_t) cmd->post) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" takes 1 to %uz octets", &cmd->name,
                           (size_t) cmd->post);
        return NGX_CONF_ERROR;
    }

    *field = value[1];

    return NGX_CONF_OK;
}


char *
ngx_http_tesseral_check_leeway(ngx_conf_t *cf, void *post, void *data)
{
    time_t  *leeway = data;

    if (*leeway > 300) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"tesseral_leeway\" is at most 300s");
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/*
 * The source for a level's settings, which other levels may share.  The server
 * is part of it, since a URI means another location in another server.
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

    if (mcf->base_table == NULL
        && ngx_http_tesseral_create_base_table(cf, &mcf->base_table) != NGX_OK)
    {
        return NULL;
    }

    source->base_table = mcf->base_table;

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
                           "keys of \"%V\" may belong to any project, and a "
                           "reload drops them: set \"tesseral_project_id\"",
                           &source->uri);
    }

    return source;
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

    /* the pool outlives the cycle before, to which cf->log belongs */

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
