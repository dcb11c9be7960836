
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


/* What a client could not tell from the end of a header's value. */

static ngx_uint_t
ngx_http_tesseral_printable(ngx_str_t *text)
{
    size_t  i;

    for (i = 0; i < text->len; i++) {
        if (text->data[i] < 0x20 || text->data[i] > 0x7e) {
            return 0;
        }
    }

    return 1;
}


char *
ngx_http_tesseral_realm(ngx_conf_t *cf, void *post, void *data)
{
    ngx_str_t  *realm = data;

    if (!ngx_http_tesseral_printable(realm)
        || ngx_strlchr(realm->data, realm->data + realm->len, '"') != NULL
        || ngx_strlchr(realm->data, realm->data + realm->len, '\\') != NULL)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"tesseral_realm\" takes printable ASCII without "
                           "quotes and backslashes");
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_tesseral_www_authenticate(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_tesseral_loc_conf_t *lcf = conf;

    ngx_str_t  *value;

    if (lcf->challenge != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        lcf->challenge = NGX_HTTP_TESSERAL_CHALLENGE_OFF;

    } else if (ngx_strcmp(value[1].data, "on") == 0) {
        lcf->challenge = NGX_HTTP_TESSERAL_CHALLENGE_ON;

    } else if (value[1].len != 0 && ngx_http_tesseral_printable(&value[1])) {
        lcf->challenge = NGX_HTTP_TESSERAL_CHALLENGE_STRING;
        lcf->challenge_string = value[1];

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"tesseral_www_authenticate\" takes \"on\", "
                           "\"off\" or printable ASCII");
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}
