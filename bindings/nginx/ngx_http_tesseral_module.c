
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static ngx_int_t ngx_http_tesseral_preconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_http_tesseral_postconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_http_tesseral_init_module(ngx_cycle_t *cycle);
static ngx_int_t ngx_http_tesseral_init_process(ngx_cycle_t *cycle);


static ngx_http_module_t  ngx_http_tesseral_module_ctx = {
    ngx_http_tesseral_preconfiguration,    /* preconfiguration */
    ngx_http_tesseral_postconfiguration,   /* postconfiguration */

    ngx_http_tesseral_create_main_conf,    /* create main configuration */
    ngx_http_tesseral_init_main_conf,      /* init main configuration */

    ngx_http_tesseral_create_srv_conf,     /* create server configuration */
    ngx_http_tesseral_merge_srv_conf,      /* merge server configuration */

    ngx_http_tesseral_create_loc_conf,     /* create location configuration */
    ngx_http_tesseral_merge_loc_conf       /* merge location configuration */
};


ngx_module_t  ngx_http_tesseral_module = {
    NGX_MODULE_V1,
    &ngx_http_tesseral_module_ctx,         /* module context */
    ngx_http_tesseral_commands,            /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_http_tesseral_init_module,         /* init module */
    ngx_http_tesseral_init_process,        /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_int_t
ngx_http_tesseral_preconfiguration(ngx_conf_t *cf)
{
    if (tesseral_abi_version() != TESSERAL_ABI_VERSION) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "libtesseral_verify has interface %uD, "
                           "the module was built for %d",
                           tesseral_abi_version(), TESSERAL_ABI_VERSION);
        return NGX_ERROR;
    }

    return ngx_http_tesseral_add_variables(cf);
}


static ngx_int_t
ngx_http_tesseral_postconfiguration(ngx_conf_t *cf)
{
    ngx_uint_t                  i, n;
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    static struct {
        ngx_uint_t           phase;
        ngx_http_handler_pt  handler;
    } handlers[] = {
        { NGX_HTTP_POST_READ_PHASE, ngx_http_tesseral_post_read_handler },
        { NGX_HTTP_SERVER_REWRITE_PHASE,
          ngx_http_tesseral_server_rewrite_handler },
        { NGX_HTTP_PREACCESS_PHASE, ngx_http_tesseral_preaccess_handler },
        { NGX_HTTP_ACCESS_PHASE, ngx_http_tesseral_access_handler },
        { NGX_HTTP_PRECONTENT_PHASE, ngx_http_tesseral_precontent_handler },
        { NGX_HTTP_LOG_PHASE, ngx_http_tesseral_log_handler }
    };

    if (ngx_http_tesseral_check_variables(cf) != NGX_OK
        || ngx_http_tesseral_add_zone(cf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_tesseral_warn_unused_requirements(cf);

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    for (i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
        h = ngx_array_push(&cmcf->phases[handlers[i].phase].handlers);
        if (h == NULL) {
            return NGX_ERROR;
        }

        *h = handlers[i].handler;
    }

    /*
     * nginx calls the handlers of the log phase from the first to the last,
     * and those of all other phases from the last to the first
     */

    h = cmcf->phases[NGX_HTTP_LOG_PHASE].handlers.elts;
    n = cmcf->phases[NGX_HTTP_LOG_PHASE].handlers.nelts - 1;

    ngx_memmove(&h[1], &h[0], n * sizeof(ngx_http_handler_pt));
    h[0] = ngx_http_tesseral_log_handler;

    return NGX_OK;
}


/*
 * Runs in the master when a configuration takes effect: frees the records that
 * no process uses any more.
 */

static ngx_int_t
ngx_http_tesseral_init_module(ngx_cycle_t *cycle)
{
    ngx_http_tesseral_main_conf_t  *mcf;

    mcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_tesseral_module);

    if (mcf != NULL && mcf->zone != NULL) {
        ngx_http_tesseral_free_records(mcf);
        ngx_http_tesseral_check_readable(cycle, mcf);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_tesseral_init_process(ngx_cycle_t *cycle)
{
    ngx_uint_t                       i;
    ngx_http_tesseral_source_t     **sources;
    ngx_http_tesseral_main_conf_t   *mcf;

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    mcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_tesseral_module);

    if (mcf == NULL || mcf->sources.nelts == 0) {
        return NGX_OK;
    }

    mcf->scratch_len = TESSERAL_SCRATCH_SIZE(TESSERAL_DEFAULT_MAX_TOKEN_LEN);
    mcf->scratch = ngx_palloc(cycle->pool, mcf->scratch_len);
    if (mcf->scratch == NULL) {
        return NGX_ERROR;
    }

    ngx_http_tesseral_note_worker(mcf);

    sources = mcf->sources.elts;

    for (i = 0; i < mcf->sources.nelts; i++) {
        if (sources[i]->file.len) {
            ngx_http_tesseral_watch_snapshot(cycle, sources[i]);

        } else {
            ngx_http_tesseral_start_refresh_timer(cycle, sources[i]);
        }
    }

    ngx_http_tesseral_watch_lists(cycle, mcf);

    return ngx_http_tesseral_init_cache(cycle, mcf);
}
