
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static ngx_int_t ngx_http_tesseral_get_claim_set(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


/* tesseral_claim_set $variable name ...: names of members, outermost first */

char *
ngx_http_tesseral_set_claim_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t            *value, name;
    ngx_uint_t            i;
    ngx_array_t          *path;
    tesseral_str         *member;
    ngx_http_variable_t  *var;

    value = cf->args->elts;

    if (value[1].len < 2 || value[1].data[0] != '$') {
        return ngx_http_tesseral_invalid(cf, cmd, &value[1]);
    }

    name.data = value[1].data + 1;
    name.len = value[1].len - 1;

    path = ngx_array_create(cf->pool, cf->args->nelts - 2,
                            sizeof(tesseral_str));
    if (path == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 2; i < cf->args->nelts; i++) {
        member = ngx_array_push(path);
        if (member == NULL) {
            return NGX_CONF_ERROR;
        }

        member->ptr = value[i].data;
        member->len = value[i].len;
    }

    /* refuses a variable that another directive or module sets */

    var = ngx_http_add_variable(cf, &name, NGX_HTTP_VAR_NOCACHEABLE);
    if (var == NULL) {
        return NGX_CONF_ERROR;
    }

    if (var->get_handler || var->set_handler) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "variable \"$%V\" is set by something else", &name);
        return NGX_CONF_ERROR;
    }

    var->get_handler = ngx_http_tesseral_get_claim_set;
    var->data = (uintptr_t) path;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_tesseral_get_claim_set(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                   *room;
    uint32_t                  status;
    ngx_array_t              *path;
    tesseral_str              text;
    ngx_http_tesseral_ctx_t  *ctx;

    path = (ngx_array_t *) data;
    ctx = ngx_http_tesseral_find_verified(r);

    text.len = 0;

    /* an API key has no claims */

    if (ctx == NULL
        || ctx->auth.credentials_type != TESSERAL_CREDENTIALS_ACCESS_TOKEN)
    {
        return ngx_http_tesseral_set_variable(r, v, &text);
    }

    status = tesseral_auth_find_claim(&ctx->auth, path->elts, path->nelts,
                                      NULL, 0, &text);

    if (status == TESSERAL_ERR_BUFFER_TOO_SMALL) {

        /* a string with escapes */

        room = ngx_pnalloc(r->pool, ctx->auth.payload.len);
        if (room == NULL) {
            return NGX_ERROR;
        }

        status = tesseral_auth_find_claim(&ctx->auth, path->elts, path->nelts,
                                          room, ctx->auth.payload.len, &text);
    }

    if (status != TESSERAL_OK) {
        return NGX_ERROR;
    }

    return ngx_http_tesseral_set_variable(r, v, &text);
}
