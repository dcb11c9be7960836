
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static ngx_int_t ngx_http_tesseral_requirement_list(ngx_conf_t *cf,
    ngx_command_t *cmd, ngx_array_t **list, size_t size, char **rv);
static ngx_int_t ngx_http_tesseral_note_requirement(ngx_conf_t *cf,
    ngx_command_t *cmd, ngx_array_t *list);
static ngx_uint_t ngx_http_tesseral_permission_holds(tesseral_auth *auth,
    ngx_http_tesseral_permission_t *permission);
static ngx_int_t ngx_http_tesseral_condition_holds(ngx_http_request_t *r,
    ngx_http_tesseral_condition_t *condition);


char *
ngx_http_tesseral_set_require_permission(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_tesseral_loc_conf_t *lcf = conf;

    char                            *rv;
    ngx_int_t                        rc;
    ngx_str_t                       *value, *action;
    ngx_uint_t                       i;
    ngx_http_tesseral_permission_t  *permission;

    value = cf->args->elts;

    rc = ngx_http_tesseral_requirement_list(cf, cmd, &lcf->permissions,
                                       sizeof(ngx_http_tesseral_permission_t),
                                       &rv);
    if (rc != NGX_OK) {
        return rv;
    }

    permission = ngx_array_push(lcf->permissions);
    if (permission == NULL) {
        return NGX_CONF_ERROR;
    }

    permission->any = (ngx_strcmp(value[1].data, "any") == 0);

    if (ngx_array_init(&permission->actions, cf->pool, cf->args->nelts,
                       sizeof(ngx_str_t))
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    for (i = 1 + permission->any; i < cf->args->nelts; i++) {
        if (value[i].len == 0) {
            return ngx_http_tesseral_invalid(cf, cmd, &value[i]);
        }

        action = ngx_array_push(&permission->actions);
        if (action == NULL) {
            return NGX_CONF_ERROR;
        }

        *action = value[i];
    }

    if (permission->actions.nelts == 0) {
        return "needs an action after \"any\"";
    }

    return NGX_CONF_OK;
}


char *
ngx_http_tesseral_set_require(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_tesseral_loc_conf_t *lcf = conf;

    char                              *rv;
    ngx_int_t                          rc;
    ngx_str_t                         *value, error;
    ngx_uint_t                         i, last;
    ngx_http_complex_value_t          *cv;
    ngx_http_tesseral_condition_t     *condition;
    ngx_http_compile_complex_value_t   ccv;

    static const ngx_http_tesseral_option_t  options[] = {
        { ngx_string("error="), NGX_HTTP_TESSERAL_OPTION_TEXT,
          0, 1, 0 },
        { ngx_null_string, 0, 0, 0, 0 }
    };

    value = cf->args->elts;

    rc = ngx_http_tesseral_requirement_list(cf, cmd, &lcf->conditions,
                                       sizeof(ngx_http_tesseral_condition_t),
                                       &rv);
    if (rc != NGX_OK) {
        return rv;
    }

    condition = ngx_array_push(lcf->conditions);
    if (condition == NULL
        || ngx_array_init(&condition->values, cf->pool, cf->args->nelts,
                          sizeof(ngx_http_complex_value_t))
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    last = cf->args->nelts - 1;
    condition->error = NGX_HTTP_FORBIDDEN;

    if (ngx_strncmp(value[last].data, "error=", 6) == 0) {

        if (ngx_http_tesseral_set_options(cf, cmd, last, options, &error)
            != NGX_CONF_OK)
        {
            return NGX_CONF_ERROR;
        }

        if (ngx_strcmp(error.data, "401") == 0) {
            condition->error = NGX_HTTP_UNAUTHORIZED;

        } else if (ngx_strcmp(error.data, "403") != 0) {
            return ngx_http_tesseral_invalid(cf, cmd, &value[last]);
        }

        last--;
    }

    for (i = 1; i <= last; i++) {

        /* a constant would not depend on the request */

        if (value[i].len == 0 || value[i].data[0] != '$') {
            return ngx_http_tesseral_invalid(cf, cmd, &value[i]);
        }

        cv = ngx_array_push(&condition->values);
        if (cv == NULL) {
            return NGX_CONF_ERROR;
        }

        ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

        ccv.cf = cf;
        ccv.value = &value[i];
        ccv.complex_value = cv;

        if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    if (condition->values.nelts == 0) {
        return "needs a variable before \"error=\"";
    }

    return NGX_CONF_OK;
}


/*
 * Finds the level's list for a directive.  NGX_OK: the directive adds to the
 * list.  NGX_DONE: it says "off" or is an error, and returns *rv.
 */

static ngx_int_t
ngx_http_tesseral_requirement_list(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_array_t **list, size_t size, char **rv)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {

        if (*list != NGX_CONF_UNSET_PTR) {
            *rv = "is duplicate";

        } else if (cf->args->nelts != 2) {
            *rv = ngx_http_tesseral_invalid(cf, cmd, &value[2]);

        } else {
            *list = NULL;
            *rv = NGX_CONF_OK;
        }

        return NGX_DONE;
    }

    if (*list == NULL) {
        *rv = "is duplicate";
        return NGX_DONE;
    }

    if (*list != NGX_CONF_UNSET_PTR) {
        return NGX_OK;
    }

    *list = ngx_array_create(cf->pool, 2, size);

    if (*list == NULL
        || ngx_http_tesseral_note_requirement(cf, cmd, *list) != NGX_OK)
    {
        *rv = NGX_CONF_ERROR;
        return NGX_DONE;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_tesseral_note_requirement(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_array_t *list)
{
    ngx_http_tesseral_main_conf_t    *mcf;
    ngx_http_tesseral_requirement_t  *requirement;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_tesseral_module);

    requirement = ngx_array_push(&mcf->requirements);
    if (requirement == NULL) {
        return NGX_ERROR;
    }

    requirement->list = list;
    requirement->directive = cmd->name;
    requirement->file = cf->conf_file->file.name;
    requirement->line = cf->conf_file->line;
    requirement->used = 0;

    return NGX_OK;
}


/*
 * Notes that a location or server with "tesseral_auth" has, or inherits, its
 * lists of requirements.
 */

void
ngx_http_tesseral_mark_used_requirements(ngx_conf_t *cf,
    ngx_http_tesseral_loc_conf_t *conf)
{
    ngx_uint_t                        i;
    ngx_http_tesseral_main_conf_t    *mcf;
    ngx_http_tesseral_requirement_t  *requirement;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_tesseral_module);
    requirement = mcf->requirements.elts;

    for (i = 0; i < mcf->requirements.nelts; i++) {
        if (requirement[i].list == conf->permissions
            || requirement[i].list == conf->conditions)
        {
            requirement[i].used = 1;
        }
    }
}


void
ngx_http_tesseral_warn_unused_requirements(ngx_conf_t *cf)
{
    ngx_uint_t                        i;
    ngx_http_tesseral_main_conf_t    *mcf;
    ngx_http_tesseral_requirement_t  *requirement;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_tesseral_module);
    requirement = mcf->requirements.elts;

    for (i = 0; i < mcf->requirements.nelts; i++) {
        if (!requirement[i].used) {
            ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                          "\"%V\" has no effect: \"tesseral_auth\" is off "
                          "wherever it holds in %V:%ui",
                          &requirement[i].directive, &requirement[i].file,
                          requirement[i].line);
        }
    }
}


/*
 * Checks the requirements of the location for a verified request; each
 * directive must hold.
 */

uint32_t
ngx_http_tesseral_check_requirements(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx,
    ngx_int_t *http_status)
{
    ngx_uint_t                       i;
    ngx_http_tesseral_condition_t   *conditions;
    ngx_http_tesseral_permission_t  *permissions;

    if (lcf->permissions) {
        permissions = lcf->permissions->elts;

        for (i = 0; i < lcf->permissions->nelts; i++) {
            if (!ngx_http_tesseral_permission_holds(&ctx->auth,
                                                    &permissions[i]))
            {
                *http_status = NGX_HTTP_FORBIDDEN;
                return TESSERAL_ERR_PERMISSION_MISSING;
            }
        }
    }

    if (lcf->conditions) {
        conditions = lcf->conditions->elts;

        for (i = 0; i < lcf->conditions->nelts; i++) {

            switch (ngx_http_tesseral_condition_holds(r, &conditions[i])) {

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
ngx_http_tesseral_permission_holds(tesseral_auth *auth,
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


/* Whether each value is neither empty nor "0". */

static ngx_int_t
ngx_http_tesseral_condition_holds(ngx_http_request_t *r,
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
