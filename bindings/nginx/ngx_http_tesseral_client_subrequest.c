
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


/* Gives a subrequest its own verdict, unless it continues its parent. */

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
    }

    return NGX_DECLINED;
}


/*
 * Nginx keeps the values of variables once for main and its subrequests, and
 * its log takes what it finds there.
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


/* Comes before nginx's: has it ask for each variable anew. */

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

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);

    for (i = 0; i < cmcf->variables.nelts; i++) {
        if (r->variables[i].no_cacheable) {
            r->variables[i].valid = 0;
            r->variables[i].not_found = 0;
        }
    }

    return NGX_OK;
}
