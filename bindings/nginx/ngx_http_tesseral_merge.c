
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


#define NGX_HTTP_TESSERAL_ZONE  (2 * 1024 * 1024)


void *
ngx_http_tesseral_create_main_conf(ngx_conf_t *cf)
{
    ngx_uint_t                      i;
    const ngx_str_t                *name;
    ngx_http_tesseral_main_conf_t  *mcf;

    mcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_tesseral_main_conf_t));
    if (mcf == NULL) {
        return NULL;
    }

    mcf->zone_size = NGX_CONF_UNSET_SIZE;
    mcf->cache_size = NGX_CONF_UNSET_SIZE;

    if (ngx_array_init(&mcf->sources, cf->pool, 4,
                       sizeof(ngx_http_tesseral_source_t *))
        != NGX_OK
        || ngx_array_init(&mcf->lookups, cf->pool, 4,
                          sizeof(ngx_http_tesseral_lookup_t *))
           != NGX_OK
        || ngx_array_init(&mcf->revoked, cf->pool, 4,
                          sizeof(ngx_http_tesseral_revoked_t *))
           != NGX_OK
        || ngx_array_init(&mcf->requirements, cf->pool, 4,
                          sizeof(ngx_http_tesseral_requirement_t))
           != NGX_OK)
    {
        return NULL;
    }

    for (i = 0; i < NGX_HTTP_TESSERAL_IDENTITY_NAMES; i++) {
        name = &ngx_http_tesseral_identity_names[i];

        mcf->lowcase[i] = ngx_pnalloc(cf->pool, name->len);
        if (mcf->lowcase[i] == NULL) {
            return NULL;
        }

        mcf->hashes[i] = ngx_hash_strlow(mcf->lowcase[i], name->data,
                                         name->len);
    }

    return mcf;
}


char *
ngx_http_tesseral_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_http_tesseral_main_conf_t *mcf = conf;

    ngx_conf_init_size_value(mcf->zone_size, NGX_HTTP_TESSERAL_ZONE);
    ngx_conf_init_size_value(mcf->cache_size, 0);

    return NGX_CONF_OK;
}


void *
ngx_http_tesseral_create_srv_conf(ngx_conf_t *cf)
{
    ngx_http_tesseral_srv_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_tesseral_srv_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    conf->strip_identity = NGX_CONF_UNSET;

    return conf;
}


char *
ngx_http_tesseral_merge_srv_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_tesseral_srv_conf_t *prev = parent;
    ngx_http_tesseral_srv_conf_t *conf = child;

    ngx_conf_merge_value(conf->strip_identity, prev->strip_identity, 1);

    return NGX_CONF_OK;
}


void *
ngx_http_tesseral_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_tesseral_loc_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_tesseral_loc_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     conf->project_id, issuer, token_name, realm,
     *     conf->challenge_string = { 0, NULL };
     *     conf->source = NULL;
     *     conf->lookup = NULL;
     */

    conf->auth = NGX_CONF_UNSET_UINT;
    conf->phase = NGX_CONF_UNSET_UINT;
    conf->key_source = NGX_CONF_UNSET_PTR;
    conf->leeway = NGX_CONF_UNSET;
    conf->token = NGX_CONF_UNSET;
    conf->api_keys = NGX_CONF_UNSET_PTR;
    conf->revoked = NGX_CONF_UNSET_PTR;
    conf->also_source = NGX_CONF_UNSET_PTR;
    conf->permissions = NGX_CONF_UNSET_PTR;
    conf->conditions = NGX_CONF_UNSET_PTR;
    conf->pass_identity = NGX_CONF_UNSET_UINT;
    conf->pass_credentials = NGX_CONF_UNSET;
    conf->challenge = NGX_CONF_UNSET_UINT;

    return conf;
}


char *
ngx_http_tesseral_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_tesseral_loc_conf_t *prev = parent;
    ngx_http_tesseral_loc_conf_t *conf = child;

    ngx_uint_t  written;

    written = conf->auth;

    ngx_conf_merge_uint_value(conf->auth, prev->auth, NGX_HTTP_TESSERAL_OFF);
    ngx_conf_merge_uint_value(conf->phase, prev->phase,
                              NGX_HTTP_TESSERAL_ACCESS);
    ngx_conf_merge_ptr_value(conf->key_source, prev->key_source, NULL);
    ngx_conf_merge_str_value(conf->project_id, prev->project_id, "");
    ngx_conf_merge_str_value(conf->issuer, prev->issuer, "");
    ngx_conf_merge_sec_value(conf->leeway, prev->leeway, 0);
    ngx_conf_merge_value(conf->token, prev->token, NGX_CONF_UNSET);
    ngx_conf_merge_str_value(conf->token_name, prev->token_name, "");
    ngx_conf_merge_ptr_value(conf->api_keys, prev->api_keys, NULL);
    ngx_conf_merge_ptr_value(conf->revoked, prev->revoked, NULL);
    ngx_conf_merge_ptr_value(conf->permissions, prev->permissions, NULL);
    ngx_conf_merge_ptr_value(conf->conditions, prev->conditions, NULL);
    ngx_conf_merge_uint_value(conf->pass_identity, prev->pass_identity,
                              NGX_HTTP_TESSERAL_PASS_ON);
    ngx_conf_merge_value(conf->pass_credentials, prev->pass_credentials, 1);
    ngx_conf_merge_str_value(conf->realm, prev->realm, "tesseral");

    if (conf->challenge == NGX_CONF_UNSET_UINT) {
        conf->challenge_string = prev->challenge_string;
    }

    ngx_conf_merge_uint_value(conf->challenge, prev->challenge,
                              NGX_HTTP_TESSERAL_CHALLENGE_ON);

    if (conf->auth == NGX_HTTP_TESSERAL_OFF) {
        return ngx_http_tesseral_merge_also(cf, prev, conf);
    }

    if (conf->key_source == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"tesseral_auth\" needs keys: neither "
                           "\"tesseral_snapshot\" nor "
                           "\"tesseral_config_request\" is set for it");
        return NGX_CONF_ERROR;
    }

    conf->source = ngx_http_tesseral_add_source(cf, conf);
    if (conf->source == NULL) {
        return NGX_CONF_ERROR;
    }

    if (ngx_http_tesseral_merge_also(cf, prev, conf) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (conf->revoked != NULL && conf->source->keys != NULL
        && conf->source->keys->project_id.len == 0)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"tesseral_revoked\" needs "
                           "\"tesseral_project_id\": the snapshot does not "
                           "name its project");
        return NGX_CONF_ERROR;
    }

    if (conf->api_keys != NULL) {
        conf->lookup = ngx_http_tesseral_add_lookup(cf, conf);
        if (conf->lookup == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    return ngx_http_tesseral_warn_of_settings(cf, conf, written) == NGX_OK
           ? NGX_CONF_OK : NGX_CONF_ERROR;
}
