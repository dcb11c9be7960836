
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


char *
ngx_http_tesseral_set_api_keys(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_tesseral_loc_conf_t *lcf = conf;

    ngx_str_t                     *value;
    ngx_http_tesseral_api_keys_t  *api_keys;

    static const ngx_http_tesseral_option_t  options[] = {
        { ngx_string("cache="), NGX_HTTP_TESSERAL_OPTION_TIME,
          offsetof(ngx_http_tesseral_api_keys_t, cache), 0, 0 },
        { ngx_string("negative="), NGX_HTTP_TESSERAL_OPTION_TIME,
          offsetof(ngx_http_tesseral_api_keys_t, negative), 0, 0 },
        { ngx_string("max="), NGX_HTTP_TESSERAL_OPTION_NUMBER,
          offsetof(ngx_http_tesseral_api_keys_t, max), 1,
          NGX_HTTP_TESSERAL_MAX_QUESTIONS },
        { ngx_null_string, 0, 0, 0, 0 }
    };

    if (lcf->api_keys != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        lcf->api_keys = NULL;
        return NGX_CONF_OK;
    }

    if (value[1].len == 0 || value[1].data[0] != '/') {
        return ngx_http_tesseral_invalid(cf, cmd, &value[1]);
    }

    api_keys = ngx_pcalloc(cf->pool, sizeof(ngx_http_tesseral_api_keys_t));
    if (api_keys == NULL) {
        return NGX_CONF_ERROR;
    }

    api_keys->uri = value[1];
    api_keys->negative = 5000;
    api_keys->max = 64;

    if (ngx_http_tesseral_set_options(cf, cmd, 2, options, api_keys)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (api_keys->cache > NGX_HTTP_TESSERAL_HOUR
        || api_keys->negative > NGX_HTTP_TESSERAL_HOUR)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"tesseral_api_keys\" takes at most 1h for "
                           "\"cache\" and \"negative\"");
        return NGX_CONF_ERROR;
    }

    lcf->api_keys = api_keys;

    return NGX_CONF_OK;
}


/* The look-up for a level's settings, which other levels may share. */

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
