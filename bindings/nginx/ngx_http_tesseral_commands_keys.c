
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


/* milliseconds */
#define NGX_HTTP_TESSERAL_HOUR         ((uint64_t) 3600 * 1000)
#define NGX_HTTP_TESSERAL_MAX_REFRESH  (30 * 24 * NGX_HTTP_TESSERAL_HOUR)
#define NGX_HTTP_TESSERAL_MAX_STALE    (365 * 24 * NGX_HTTP_TESSERAL_HOUR)


/* name=value, where value is a time; NGX_DECLINED when it is another name */

static ngx_int_t
ngx_http_tesseral_time(ngx_str_t *argument, const char *name, ngx_msec_t *time)
{
    size_t     len;
    ngx_int_t  value;
    ngx_str_t  text;

    len = ngx_strlen(name);

    if (argument->len <= len
        || ngx_strncmp(argument->data, name, len) != 0)
    {
        return NGX_DECLINED;
    }

    text.data = argument->data + len;
    text.len = argument->len - len;

    value = ngx_parse_time(&text, 0);
    if (value == NGX_ERROR) {
        return NGX_ERROR;
    }

    *time = (ngx_msec_t) value;

    return NGX_OK;
}


/* One of the two sources for each level. */

static ngx_http_tesseral_key_source_t *
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


char *
ngx_http_tesseral_snapshot(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_tesseral_loc_conf_t *lcf = conf;

    ngx_str_t                       *value;
    ngx_http_tesseral_key_source_t  *source;

    source = ngx_http_tesseral_key_source(cf, lcf);
    if (source == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    source->file = value[1];
    source->refresh = 60 * 1000;

    if (cf->args->nelts == 3
        && (ngx_http_tesseral_time(&value[2], "refresh=", &source->refresh)
            != NGX_OK
            || source->refresh == 0))
    {
        return ngx_http_tesseral_invalid(cf, cmd, &value[2]);
    }

    if (source->file.len == 0) {
        return ngx_http_tesseral_invalid(cf, cmd, &value[1]);
    }

    return ngx_http_tesseral_first_document(cf, source);
}


/* Reads the file that a directive names, while configuring. */

char *
ngx_http_tesseral_first_document(ngx_conf_t *cf,
    ngx_http_tesseral_key_source_t *source)
{
    if (ngx_conf_full_name(cf->cycle, &source->file, 1) != NGX_OK
        || ngx_http_tesseral_read_file(cf->pool, cf->log, NGX_LOG_EMERG,
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


char *
ngx_http_tesseral_config_request(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_tesseral_loc_conf_t *lcf = conf;

    ngx_int_t                        rc;
    ngx_str_t                       *value;
    ngx_uint_t                       i;
    ngx_http_tesseral_key_source_t  *source;

    source = ngx_http_tesseral_key_source(cf, lcf);
    if (source == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    if (value[1].len == 0 || value[1].data[0] != '/') {
        return ngx_http_tesseral_invalid(cf, cmd, &value[1]);
    }

    source->uri = value[1];
    source->refresh = 3600 * 1000;
    source->stale = 24 * 3600 * 1000;
    source->cooldown = 10 * 1000;

    for (i = 2; i < cf->args->nelts; i++) {
        rc = ngx_http_tesseral_time(&value[i], "refresh=", &source->refresh);

        if (rc == NGX_DECLINED) {
            rc = ngx_http_tesseral_time(&value[i], "stale=", &source->stale);
        }

        if (rc == NGX_DECLINED) {
            rc = ngx_http_tesseral_time(&value[i], "cooldown=",
                                        &source->cooldown);
        }

        if (rc != NGX_OK) {
            return ngx_http_tesseral_invalid(cf, cmd, &value[i]);
        }
    }

    if (source->refresh == 0 || source->cooldown == 0
        || source->stale < source->refresh)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"tesseral_config_request\" needs \"refresh\" and "
                           "\"cooldown\" above 0, and \"stale\" not below "
                           "\"refresh\"");
        return NGX_CONF_ERROR;
    }

    if (source->refresh > NGX_HTTP_TESSERAL_MAX_REFRESH
        || source->stale > NGX_HTTP_TESSERAL_MAX_STALE
        || source->cooldown > NGX_HTTP_TESSERAL_HOUR)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"tesseral_config_request\" takes at most 30d for "
                           "\"refresh\", 365d for \"stale\" and 1h for "
                           "\"cooldown\"");
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* A string of 1 to cmd->post octets. */

char *
ngx_http_tesseral_short_text(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
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
ngx_http_tesseral_leeway(ngx_conf_t *cf, void *post, void *data)
{
    time_t  *leeway = data;

    if (*leeway > 300) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"tesseral_leeway\" is at most 300s");
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_tesseral_api_keys(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_tesseral_loc_conf_t *lcf = conf;

    ngx_int_t                      rc, max;
    ngx_str_t                     *value;
    ngx_uint_t                     i;
    ngx_http_tesseral_api_keys_t  *api_keys;

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

    for (i = 2; i < cf->args->nelts; i++) {
        rc = ngx_http_tesseral_time(&value[i], "cache=", &api_keys->cache);

        if (rc == NGX_DECLINED) {
            rc = ngx_http_tesseral_time(&value[i], "negative=",
                                        &api_keys->negative);
        }

        if (rc == NGX_DECLINED && value[i].len > 4
            && ngx_strncmp(value[i].data, "max=", 4) == 0)
        {
            max = ngx_atoi(value[i].data + 4, value[i].len - 4);
            rc = (max > 0 && max <= NGX_HTTP_TESSERAL_MAX_QUESTIONS)
                 ? NGX_OK : NGX_ERROR;
            api_keys->max = max;
        }

        if (rc != NGX_OK) {
            return ngx_http_tesseral_invalid(cf, cmd, &value[i]);
        }
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
