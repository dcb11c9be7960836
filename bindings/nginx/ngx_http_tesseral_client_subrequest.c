
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


/*
 * Gives a subrequest a context, and so a verdict, of its own.  A clone of its
 * parent has none: see ngx_http_tesseral_find_ctx().
 */

ngx_int_t
ngx_http_tesseral_server_rewrite_handler(ngx_http_request_t *r)
{
    ngx_http_tesseral_ctx_t        *ctx;
    ngx_http_tesseral_main_conf_t  *mcf;

    if (r == r->main) {
        return NGX_DECLINED;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_http_tesseral_module);

    if (mcf->sources.nelts == 0) {
        return NGX_DECLINED;
    }

    ctx = ngx_http_tesseral_find_ctx(r);

    if (ctx == NULL || ctx->request != r) {
        ctx = ngx_http_tesseral_create_ctx(r);
        if (ctx == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        ctx->own = ngx_http_tesseral_is_own_subrequest(r);

        ngx_log_debug1(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                       "tesseral: a subrequest begins, own:%d", ctx->own);
    }

    return NGX_DECLINED;
}


/*
 * nginx keeps one set of variable values for main and its subrequests.  Notes
 * that a subrequest may have left its values there, before the log reads them.
 */

void
ngx_http_tesseral_share_variables(ngx_http_request_t *r)
{
    ngx_http_tesseral_ctx_t  *client;

    client = (r == r->main) ? NULL : ngx_http_tesseral_make_ctx(r->main);

    if (client) {
        client->shared = 1;
    }
}


/*
 * Runs before nginx's log handler: discards non-cacheable values, which may be
 * those of a subrequest, so that the log evaluates them again for main.
 */

ngx_int_t
ngx_http_tesseral_log_handler(ngx_http_request_t *r)
{
    ngx_uint_t                  i;
    ngx_http_tesseral_ctx_t    *client;
    ngx_http_core_main_conf_t  *cmcf;

    client = ngx_http_tesseral_find_ctx(r->main);

    if (client == NULL || !client->shared) {
        return NGX_OK;
    }

    ngx_log_debug0(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "tesseral: the log evaluates variables again");

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);

    for (i = 0; i < cmcf->variables.nelts; i++) {
        if (r->variables[i].no_cacheable) {
            r->variables[i].valid = 0;
            r->variables[i].not_found = 0;
        }
    }

    return NGX_OK;
}
