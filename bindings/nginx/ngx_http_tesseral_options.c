
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


char *
ngx_http_tesseral_invalid(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_str_t *argument)
{
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\" in \"%V\" directive",
                       argument, &cmd->name);
    return NGX_CONF_ERROR;
}


/* name=value, where value is a time; NGX_DECLINED when it is another name */

ngx_int_t
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
