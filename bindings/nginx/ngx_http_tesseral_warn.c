
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static ngx_uint_t ngx_http_tesseral_has_return(ngx_conf_t *cf);
static ngx_int_t ngx_http_tesseral_has_location(ngx_conf_t *cf,
    const char *directive, ngx_str_t *uri);
static ngx_http_core_loc_conf_t *ngx_http_tesseral_find_location(
    ngx_queue_t *locations, ngx_str_t *uri);
static ngx_array_t *ngx_http_tesseral_rewrite_codes(ngx_conf_t *cf,
    void **conf);


/*
 * Warns at start of settings that look as if they protected, and do not.
 * "written" is the "tesseral_auth" that stands on this level, not inherited.
 */

ngx_int_t
ngx_http_tesseral_warn_of_settings(ngx_conf_t *cf,
    ngx_http_tesseral_loc_conf_t *conf, ngx_uint_t written)
{
    ngx_uint_t                     here;
    ngx_str_t                     *name;
    ngx_http_core_loc_conf_t      *clcf, *server;
    ngx_http_core_srv_conf_t      *cscf;
    ngx_http_tesseral_srv_conf_t  *scf;

    static ngx_str_t  whole = ngx_string("server");

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);
    scf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_tesseral_module);

    server = cscf->ctx->loc_conf[ngx_http_core_module.ctx_index];
    name = (clcf == server) ? &whole : &clcf->name;

    /* for what a location inherits, the warning names its server only */

    here = (clcf == server || written != NGX_CONF_UNSET_UINT);

    if (conf->auth == NGX_HTTP_TESSERAL_ON
        && clcf->satisfy == NGX_HTTP_SATISFY_ANY && !clcf->noname
        && (here || server->satisfy != NGX_HTTP_SATISFY_ANY))
    {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"satisfy any\" in \"%V\" does not hold for "
                           "subrequests: \"tesseral_auth\" alone decides there",
                           name);
    }

    if (written == NGX_HTTP_TESSERAL_ON && ngx_http_tesseral_has_return(cf)) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"return\" in \"%V\" answers before access is "
                           "checked: \"tesseral_auth\" PROTECTS NOTHING there",
                           name);
    }

    if (conf->auth != NGX_HTTP_TESSERAL_ON && !scf->strip_identity && here) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "without a good credential, identity headers of the "
                           "client's own pass through \"%V\": "
                           "\"tesseral_strip_identity\" is off", name);
    }

    if (conf->auth == NGX_HTTP_TESSERAL_OPTIONAL && !clcf->noname
        && (conf->permissions || conf->conditions))
    {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"%s\" has no effect in \"%V\": \"tesseral_auth "
                           "optional\" refuses nothing",
                           conf->permissions ? "tesseral_require_permission"
                                             : "tesseral_require",
                           name);
    }

    if (!conf->pass_credentials && conf->token != NGX_CONF_UNSET
        && !ngx_http_tesseral_can_remove(&conf->token_name) && !clcf->noname)
    {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"tesseral_pass_credentials off\" in \"%V\" cannot "
                           "take the token of \"$%V\" out of the request",
                           name, &conf->token_name);
    }

    ngx_http_tesseral_mark_used_requirements(cf, conf);

    if (conf->source->uri.len && !conf->source->located) {
        conf->source->located = 1;

        if (ngx_http_tesseral_has_location(cf, "tesseral_config_request",
                                           &conf->source->uri)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (conf->lookup != NULL && !conf->lookup->located) {
        conf->lookup->located = 1;

        return ngx_http_tesseral_has_location(cf, "tesseral_api_keys",
                                              &conf->lookup->api_keys->uri);
    }

    return NGX_OK;
}


/*
 * Whether the level has a "return" outside an "if". nginx compiles directives
 * of its rewrite module to aligned structures whose first word is a function.
 */

static ngx_uint_t
ngx_http_tesseral_has_return(ngx_conf_t *cf)
{
    u_char                     *p, *last;
    uintptr_t                  *word;
    ngx_array_t                *codes;
    ngx_http_script_if_code_t  *condition;

    codes = ngx_http_tesseral_rewrite_codes(cf,
                               ((ngx_http_conf_ctx_t *) cf->ctx)->loc_conf);

    if (codes == NULL) {
        return 0;
    }

    p = codes->elts;
    last = p + codes->nelts;

    while ((size_t) (last - p) >= sizeof(uintptr_t)) {
        word = (uintptr_t *) p;

        if (*word == (uintptr_t) ngx_http_script_return_code) {
            return 1;
        }

        if (*word == (uintptr_t) ngx_http_script_if_code
            && (size_t) (last - p) >= sizeof(ngx_http_script_if_code_t))
        {
            condition = (ngx_http_script_if_code_t *) p;

            if (condition->next >= sizeof(ngx_http_script_if_code_t)
                && condition->next <= (uintptr_t) (last - p))
            {
                p += condition->next;
                continue;
            }
        }

        p += sizeof(uintptr_t);
    }

    return 0;
}


/*
 * Refuses a URI that no location serves: each fetch would fail.  Warns of one
 * that only "location /" serves: the application would get it.
 */

static ngx_int_t
ngx_http_tesseral_has_location(ngx_conf_t *cf, const char *directive,
    ngx_str_t *uri)
{
    ngx_http_core_loc_conf_t  *clcf, *found;
    ngx_http_core_srv_conf_t  *cscf;

    cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);
    clcf = cscf->ctx->loc_conf[ngx_http_core_module.ctx_index];

    /* rewrites of the server may change the URI */

    if (ngx_http_tesseral_rewrite_codes(cf, cscf->ctx->loc_conf) != NULL) {
        return NGX_OK;
    }

    found = ngx_http_tesseral_find_location(clcf->locations, uri);

    if (found == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the server has no location for \"%V\" of "
                           "\"%s\"", uri, directive);
        return NGX_ERROR;
    }

    if (found->name.len == 1 && found->name.data[0] == '/'
        && !found->exact_match)
    {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "the server has no location for \"%V\" of "
                           "\"%s\" but \"location /\"", uri, directive);
    }

    return NGX_OK;
}


/*
 * The location with the longest prefix of the URI, or the first regex that
 * matches.  NULL: no location serves the URI.
 */

static ngx_http_core_loc_conf_t *
ngx_http_tesseral_find_location(ngx_queue_t *locations, ngx_str_t *uri)
{
    ngx_queue_t                *q;
    ngx_http_core_loc_conf_t   *clcf, *found, *nested;
    ngx_http_location_queue_t  *lq;

    found = NULL;

    if (locations == NULL) {
        return NULL;
    }

    for (q = ngx_queue_head(locations);
         q != ngx_queue_sentinel(locations);
         q = ngx_queue_next(q))
    {
        lq = (ngx_http_location_queue_t *) q;
        clcf = lq->exact ? lq->exact : lq->inclusive;

        if (clcf->named || clcf->noname) {
            continue;
        }

#if (NGX_PCRE)

        if (clcf->regex) {
            if (ngx_regex_exec(clcf->regex->regex, uri, NULL, 0) >= 0) {
                return clcf;
            }

            continue;
        }

#endif

        if (clcf->name.len > uri->len
            || ngx_strncmp(clcf->name.data, uri->data, clcf->name.len) != 0)
        {
            continue;
        }

        if (clcf->exact_match) {
            if (clcf->name.len == uri->len) {
                return clcf;
            }

            continue;
        }

        nested = ngx_http_tesseral_find_location(clcf->locations, uri);
        clcf = nested ? nested : clcf;

        if (found == NULL || clcf->name.len > found->name.len) {
            found = clcf;
        }
    }

    return found;
}


/*
 * What nginx has compiled "return", "rewrite" and "set" of a level to, or
 * NULL.
 */

static ngx_array_t *
ngx_http_tesseral_rewrite_codes(ngx_conf_t *cf, void **conf)
{
    ngx_uint_t     i;
    ngx_array_t  **codes;

    for (i = 0; cf->cycle->modules[i]; i++) {

        if (ngx_strcmp(cf->cycle->modules[i]->name, "ngx_http_rewrite_module")
            == 0)
        {
            /* the codes are the first member of that module's structure */

            codes = conf[cf->cycle->modules[i]->ctx_index];

            return *codes;
        }
    }

    return NULL;
}
