
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static ngx_int_t ngx_http_tesseral_set_option(ngx_str_t *argument,
    const ngx_http_tesseral_option_t *option, void *conf);


char *
ngx_http_tesseral_invalid(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_str_t *argument)
{
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\" in \"%V\" directive",
                       argument, &cmd->name);
    return NGX_CONF_ERROR;
}


/*
 * Reads the options "name=value" of a directive, which are its arguments from
 * the first on.  Each must be one of the table.  The last of two with the same
 * name counts.
 */

char *
ngx_http_tesseral_set_options(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_uint_t first, const ngx_http_tesseral_option_t *options, void *conf)
{
    ngx_str_t                         *value;
    ngx_uint_t                         i;
    const ngx_http_tesseral_option_t  *option;

    value = cf->args->elts;

    for (i = first; i < cf->args->nelts; i++) {

        for (option = options; option->name.len; option++) {
            if (value[i].len > option->name.len
                && ngx_strncmp(value[i].data, option->name.data,
                               option->name.len)
                   == 0)
            {
                break;
            }
        }

        if (option->name.len == 0
            || ngx_http_tesseral_set_option(&value[i], option, conf) != NGX_OK)
        {
            return ngx_http_tesseral_invalid(cf, cmd, &value[i]);
        }
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_tesseral_set_option(ngx_str_t *argument,
    const ngx_http_tesseral_option_t *option, void *conf)
{
    char  *p = conf;

    ngx_int_t   n;
    ngx_str_t   text;

    text.data = argument->data + option->name.len;
    text.len = argument->len - option->name.len;

    switch (option->type) {

    case NGX_HTTP_TESSERAL_OPTION_TIME:
        n = ngx_parse_time(&text, 0);
        break;

    case NGX_HTTP_TESSERAL_OPTION_NUMBER:
        n = ngx_atoi(text.data, text.len);
        break;

    default: /* NGX_HTTP_TESSERAL_OPTION_TEXT */
        n = text.len;
    }

    if (n == NGX_ERROR || n < option->least
        || (option->most != 0 && n > option->most))
    {
        return NGX_ERROR;
    }

    p += option->offset;

    switch (option->type) {

    case NGX_HTTP_TESSERAL_OPTION_TIME:
        *(ngx_msec_t *) p = (ngx_msec_t) n;
        break;

    case NGX_HTTP_TESSERAL_OPTION_NUMBER:
        *(ngx_uint_t *) p = (ngx_uint_t) n;
        break;

    default:
        *(ngx_str_t *) p = text;
    }

    return NGX_OK;
}
