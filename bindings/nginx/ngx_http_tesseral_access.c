
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static ngx_int_t ngx_http_tesseral_finish_verdict(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx);


char *
ngx_http_tesseral_set_auth(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_tesseral_loc_conf_t *lcf = conf;

    ngx_str_t   *value;
    ngx_uint_t   i;

    static ngx_str_t  modes[] = {
        ngx_string("off"),
        ngx_string("on"),
        ngx_string("optional"),
        ngx_string("report")
    };

    if (lcf->auth != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (value[1].len == modes[i].len
            && ngx_strncmp(value[1].data, modes[i].data, modes[i].len) == 0)
        {
            lcf->auth = i;
        }
    }

    if (lcf->auth == NGX_CONF_UNSET_UINT) {
        return ngx_http_tesseral_invalid(cf, cmd, &value[1]);
    }

    if (lcf->auth == NGX_HTTP_TESSERAL_REPORT) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"tesseral_auth report\" PROTECTS NOTHING: "
                           "requests are judged and let through");
    }

    return NGX_CONF_OK;
}


/*
 * With "tesseral_phase preaccess", the module judges the credential before
 * "limit_req" and "limit_conn" ask for variables. nginx calls the handlers of
 * a phase from the last to the first, and theirs stand before ours.  This
 * handler refuses no request, because nginx does not apply "satisfy" in this
 * phase.
 */

ngx_int_t
ngx_http_tesseral_preaccess_handler(ngx_http_request_t *r)
{
    ngx_int_t                      rc;
    ngx_http_tesseral_ctx_t       *ctx;
    ngx_http_tesseral_loc_conf_t  *lcf;

    rc = ngx_http_tesseral_strip_identity(r);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_tesseral_module);

    if (lcf->auth != NGX_HTTP_TESSERAL_ON
        || lcf->phase != NGX_HTTP_TESSERAL_PREACCESS
        || ngx_http_tesseral_is_own_subrequest(r))
    {
        return NGX_DECLINED;
    }

    ctx = ngx_http_tesseral_evaluate(r, lcf);

    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    switch (ngx_http_tesseral_finish_verdict(r, lcf, ctx)) {

    case NGX_OK:
        ngx_log_debug1(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                       "tesseral: known before the access phase: %s",
                       tesseral_status_slug(ctx->status));

        return NGX_DECLINED;

    case NGX_AGAIN:
        return NGX_AGAIN;

    default:
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
}


/*
 * nginx runs no access phase for subrequests: the handler of the precontent
 * phase judges them.
 */

ngx_int_t
ngx_http_tesseral_access_handler(ngx_http_request_t *r)
{
    ngx_http_tesseral_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_tesseral_module);

    if (lcf->auth == NGX_HTTP_TESSERAL_OFF || r != r->main) {
        return NGX_DECLINED;
    }

    return ngx_http_tesseral_judge(r, lcf);
}


/*
 * NGX_OK: "tesseral_auth on" lets the request in.  NGX_AGAIN: the request
 * waits, and nginx will call the handler again.
 */

ngx_int_t
ngx_http_tesseral_judge(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf)
{
    uint32_t                        status;
    ngx_int_t                       http_status;
    ngx_http_tesseral_ctx_t        *ctx, *client;
    ngx_http_tesseral_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_tesseral_module);

    ctx = ngx_http_tesseral_evaluate(r, lcf);

    if (ctx == NULL) {
        return lcf->auth == NGX_HTTP_TESSERAL_ON
               ? NGX_HTTP_INTERNAL_SERVER_ERROR : NGX_DECLINED;
    }

    if (lcf->auth == NGX_HTTP_TESSERAL_ON) {

        switch (ngx_http_tesseral_finish_verdict(r, lcf, ctx)) {

        case NGX_OK:
            break;

        case NGX_AGAIN:
            return NGX_AGAIN;

        default:
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    status = ctx->status;
    http_status = tesseral_status_http(status);

    if (status == TESSERAL_OK) {
        status = ngx_http_tesseral_check_requirements(r, lcf, ctx,
                                                      &http_status);
    }

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "tesseral: judged: %s, mode %ui",
                   tesseral_status_slug(status), lcf->auth);

    /* an error page does not log its error a second time */

    if (status != TESSERAL_OK && lcf->auth != NGX_HTTP_TESSERAL_OPTIONAL
        && !(r->error_page && ctx->judged && ctx->error == status))
    {
        ngx_http_tesseral_log_refusal(r, lcf, status);
    }

    /*
     * the verdict on the request for an error page must not replace the error
     */

    if (!ctx->judged || !r->error_page) {
        ctx->error = status;
        ctx->judged = 1;
    }

    /* a client's request is counted once, however often it is judged */

    client = (r == r->main) ? ctx : ngx_http_tesseral_make_ctx(r->main);

    if (client != NULL && !client->counted) {
        client->counted = 1;
        ngx_http_tesseral_count_verdict(mcf, status,
                                        lcf->auth == NGX_HTTP_TESSERAL_REPORT);
    }

    if (lcf->auth != NGX_HTTP_TESSERAL_ON) {
        return NGX_DECLINED;
    }

    return status == TESSERAL_OK
           ? NGX_OK
           : ngx_http_tesseral_refuse(r, lcf, ctx, status, http_status);
}


/*
 * Completes a verdict for which something is missing: keys, or an answer about
 * an API key.  NGX_AGAIN: the request waits, and this handler will run again.
 * NGX_OK: ctx->status is final.
 */

static ngx_int_t
ngx_http_tesseral_finish_verdict(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx)
{
    tesseral_kid_hashes  kids = TESSERAL_KID_HASHES_INIT;

    ngx_http_tesseral_resume(r, ctx);

    if (ctx->exchange && !ctx->exchange->done) {
        return NGX_AGAIN;
    }

    if (ctx->status == TESSERAL_ERR_API_KEY_LOOKUP_NEEDED) {
        return ngx_http_tesseral_look_up(r, lcf, ctx);
    }

    if (ctx->status == TESSERAL_OK || ctx->given_up) {
        ngx_http_tesseral_end_wait_for_fetch(ctx);
        return NGX_OK;
    }

    if (lcf->also != NULL && lcf->also->reload) {

        /*
         * the second project's file is about to be read, and may have the key
         */

        return ngx_http_tesseral_suspend(r, ctx);
    }

    if (lcf->source->uri.len) {
        return ngx_http_tesseral_wait_for_fetch(r, lcf, ctx);
    }

    if (ctx->waiting
        || ngx_http_tesseral_find_unknown_kids(r, lcf, ctx, &kids) == NGX_OK)
    {
        return ngx_http_tesseral_wait_for_file(r, lcf->source, ctx);
    }

    return NGX_OK;
}
