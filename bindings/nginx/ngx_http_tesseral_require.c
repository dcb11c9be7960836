
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static ngx_uint_t ngx_http_tesseral_permitted(tesseral_auth *auth,
    ngx_http_tesseral_permission_t *permission);
static ngx_int_t ngx_http_tesseral_true(ngx_http_request_t *r,
    ngx_http_tesseral_condition_t *condition);


/* Checks what else a verified request must have; each directive must hold. */

uint32_t
ngx_http_tesseral_require(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx,
    ngx_int_t *http_status)
{
    ngx_uint_t                       i;
    ngx_http_tesseral_condition_t   *conditions;
    ngx_http_tesseral_permission_t  *permissions;

    if (lcf->permissions) {
        permissions = lcf->permissions->elts;

        for (i = 0; i < lcf->permissions->nelts; i++) {
            if (!ngx_http_tesseral_permitted(&ctx->auth, &permissions[i])) {
                *http_status = NGX_HTTP_FORBIDDEN;
                return TESSERAL_ERR_PERMISSION_MISSING;
            }
        }
    }

    if (lcf->conditions) {
        conditions = lcf->conditions->elts;

        for (i = 0; i < lcf->conditions->nelts; i++) {

            switch (ngx_http_tesseral_true(r, &conditions[i])) {

            case NGX_OK:
                break;

            case NGX_DECLINED:
                *http_status = conditions[i].error;
                return TESSERAL_ERR_PERMISSION_MISSING;

            default:
                *http_status = NGX_HTTP_INTERNAL_SERVER_ERROR;
                return TESSERAL_ERR_INTERNAL_ERROR;
            }
        }
    }

    return TESSERAL_OK;
}


static ngx_uint_t
ngx_http_tesseral_permitted(tesseral_auth *auth,
    ngx_http_tesseral_permission_t *permission)
{
    ngx_str_t   *action;
    ngx_uint_t   i, has;

    action = permission->actions.elts;

    for (i = 0; i < permission->actions.nelts; i++) {
        has = tesseral_auth_permits(auth, action[i].data, action[i].len);

        if (has == permission->any) {
            return has;
        }
    }

    return !permission->any;
}


/* Each value is there and not "0". */

static ngx_int_t
ngx_http_tesseral_true(ngx_http_request_t *r,
    ngx_http_tesseral_condition_t *condition)
{
    ngx_str_t                  value;
    ngx_uint_t                 i;
    ngx_http_complex_value_t  *cv;

    cv = condition->values.elts;

    for (i = 0; i < condition->values.nelts; i++) {

        if (ngx_http_complex_value(r, &cv[i], &value) != NGX_OK) {
            return NGX_ERROR;
        }

        if (value.len == 0 || (value.len == 1 && value.data[0] == '0')) {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}
