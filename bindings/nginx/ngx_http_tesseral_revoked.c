
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static ngx_http_tesseral_revoked_t *ngx_http_tesseral_add_list(ngx_conf_t *cf,
    ngx_str_t *file, ngx_msec_t refresh);
static void ngx_http_tesseral_cleanup_list(void *data);


/* tesseral_revoked file [refresh=time] | off */

char *
ngx_http_tesseral_set_revoked(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_tesseral_loc_conf_t *lcf = conf;

    ngx_str_t   *value, file;
    ngx_msec_t   refresh;

    static const ngx_http_tesseral_option_t  options[] = {
        { ngx_string("refresh="), NGX_HTTP_TESSERAL_OPTION_TIME,
          0, 1, 0 },
        { ngx_null_string, 0, 0, 0, 0 }
    };

    if (lcf->revoked != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;
    refresh = 10 * 1000;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        lcf->revoked = NULL;
        return NGX_CONF_OK;
    }

    if (ngx_http_tesseral_set_options(cf, cmd, 2, options, &refresh)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    file = value[1];

    if (file.len == 0) {
        return ngx_http_tesseral_invalid(cf, cmd, &value[1]);
    }

    if (ngx_conf_full_name(cf->cycle, &file, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    lcf->revoked = ngx_http_tesseral_add_list(cf, &file, refresh);

    return lcf->revoked ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* The list of this file with this refresh, which levels share. */

static ngx_http_tesseral_revoked_t *
ngx_http_tesseral_add_list(ngx_conf_t *cf, ngx_str_t *file, ngx_msec_t refresh)
{
    ngx_uint_t                       i;
    ngx_pool_cleanup_t              *cln;
    ngx_http_tesseral_revoked_t     *list, **lists;
    ngx_http_tesseral_main_conf_t   *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_tesseral_module);

    lists = mcf->revoked.elts;

    for (i = 0; i < mcf->revoked.nelts; i++) {
        if (lists[i]->refresh == refresh
            && ngx_http_tesseral_equal(&lists[i]->file, file))
        {
            return lists[i];
        }
    }

    cln = ngx_pool_cleanup_add(cf->pool, sizeof(ngx_http_tesseral_revoked_t));
    if (cln == NULL) {
        return NULL;
    }

    list = cln->data;
    ngx_memzero(list, sizeof(ngx_http_tesseral_revoked_t));
    cln->handler = ngx_http_tesseral_cleanup_list;

    list->file = *file;
    list->refresh = refresh;

    /*
     * the hash table is seeded: else an attacker could choose IDs that collide
     */

    if (ngx_http_tesseral_random(cf->log, list->seed, sizeof(list->seed))
        != NGX_OK
        || ngx_http_tesseral_load_list(list, cf->log, NGX_LOG_EMERG) != NGX_OK)
    {
        return NULL;
    }

    lists = ngx_array_push(&mcf->revoked);
    if (lists == NULL) {
        return NULL;
    }

    *lists = list;

    return list;
}


static void
ngx_http_tesseral_cleanup_list(void *data)
{
    ngx_http_tesseral_revoked_t *list = data;

    if (list->timer.timer_set) {
        ngx_del_timer(&list->timer);
    }

    if (list->timer.posted) {
        ngx_delete_posted_event(&list->timer);
    }

    if (list->memory) {
        ngx_free(list->memory);
    }
}


/* The first list whose last refreshes have all failed, or NULL. */

ngx_http_tesseral_revoked_t *
ngx_http_tesseral_outdated_list(ngx_http_tesseral_main_conf_t *mcf)
{
    ngx_uint_t                     i;
    ngx_http_tesseral_revoked_t  **lists;

    lists = mcf->revoked.elts;

    for (i = 0; i < mcf->revoked.nelts; i++) {
        if (lists[i]->failed >= NGX_HTTP_TESSERAL_OUTDATED) {
            return lists[i];
        }
    }

    return NULL;
}
