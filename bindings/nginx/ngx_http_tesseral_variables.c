
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


#define NGX_HTTP_TESSERAL_CLAIM  "tesseral_claim_"


/*
 * Gets a value of a verified request; leaves *text empty when there is none.
 */

typedef ngx_int_t (*ngx_http_tesseral_value_pt)(ngx_pool_t *pool,
    ngx_http_tesseral_ctx_t *ctx, uintptr_t data, tesseral_str *text);


typedef struct {
    ngx_str_t                    name;
    ngx_http_tesseral_value_pt   value;
    uintptr_t                    data;
} ngx_http_tesseral_variable_t;


#define ngx_http_tesseral_text_member(name, member)                           \
    { ngx_string(name), ngx_http_tesseral_text_value,                         \
      offsetof(tesseral_auth, member) }

#define ngx_http_tesseral_claim_member(name, member)                          \
    { ngx_string(name), ngx_http_tesseral_text_value,                         \
      offsetof(tesseral_auth, claims.member) }

#define ngx_http_tesseral_time_member(name, member)                           \
    { ngx_string(name), ngx_http_tesseral_time_value,                         \
      offsetof(tesseral_auth, claims.member) }


static ngx_int_t ngx_http_tesseral_get_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_tesseral_get_claim(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_tesseral_get_error(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


static const ngx_http_tesseral_variable_t  ngx_http_tesseral_variables[] = {

    ngx_http_tesseral_text_member("tesseral_organization_id", organization_id),
    ngx_http_tesseral_claim_member("tesseral_user_id", user_id),
    ngx_http_tesseral_claim_member("tesseral_user_email", user_email),
    ngx_http_tesseral_claim_member("tesseral_session_id", session_id),
    ngx_http_tesseral_text_member("tesseral_api_key_id", api_key_id),
    ngx_http_tesseral_claim_member("tesseral_impersonator_email",
                                   impersonator_email),
    ngx_http_tesseral_time_member("tesseral_exp", exp),

    { ngx_string("tesseral_project_id"), ngx_http_tesseral_project_value, 0 },
    { ngx_string("tesseral_kid"), ngx_http_tesseral_kid_value, 0 },
    { ngx_string("tesseral_credentials_type"), ngx_http_tesseral_type_value,
      0 },
    { ngx_string("tesseral_actions"), ngx_http_tesseral_actions_value, 0 },
    { ngx_string("tesseral_claims"), ngx_http_tesseral_payload_value, 0 },

    { ngx_null_string, NULL, 0 }
};


/* what may follow "tesseral_claim_" */

static const ngx_http_tesseral_variable_t  ngx_http_tesseral_claims[] = {

    ngx_http_tesseral_claim_member("iss", iss),
    ngx_http_tesseral_claim_member("sub", sub),
    ngx_http_tesseral_claim_member("aud", aud),
    ngx_http_tesseral_time_member("exp", exp),
    ngx_http_tesseral_time_member("nbf", nbf),
    ngx_http_tesseral_time_member("iat", iat),
    ngx_http_tesseral_claim_member("session_id", session_id),
    ngx_http_tesseral_claim_member("user_id", user_id),
    ngx_http_tesseral_claim_member("user_email", user_email),
    ngx_http_tesseral_claim_member("user_display_name", user_display_name),
    ngx_http_tesseral_claim_member("user_profile_picture_url",
                                   user_profile_picture_url),
    ngx_http_tesseral_claim_member("organization_id", organization_id),
    ngx_http_tesseral_claim_member("organization_display_name",
                                   organization_display_name),
    ngx_http_tesseral_claim_member("impersonator_email", impersonator_email),

    { ngx_null_string, NULL, 0 }
};


ngx_int_t
ngx_http_tesseral_add_variables(ngx_conf_t *cf)
{
    ngx_str_t                            name;
    ngx_http_variable_t                 *var;
    const ngx_http_tesseral_variable_t  *v;

    for (v = ngx_http_tesseral_variables; v->name.len; v++) {
        name = v->name;

        var = ngx_http_add_variable(cf, &name, NGX_HTTP_VAR_NOCACHEABLE);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = ngx_http_tesseral_get_variable;
        var->data = (uintptr_t) v;
    }

    ngx_str_set(&name, "tesseral_error");

    var = ngx_http_add_variable(cf, &name, NGX_HTTP_VAR_NOCACHEABLE);
    if (var == NULL) {
        return NGX_ERROR;
    }

    var->get_handler = ngx_http_tesseral_get_error;

    ngx_str_set(&name, NGX_HTTP_TESSERAL_CLAIM);

    var = ngx_http_add_variable(cf, &name,
                                NGX_HTTP_VAR_NOCACHEABLE|NGX_HTTP_VAR_PREFIX);
    if (var == NULL) {
        return NGX_ERROR;
    }

    var->get_handler = ngx_http_tesseral_get_claim;

    return NGX_OK;
}


static const ngx_http_tesseral_variable_t *
ngx_http_tesseral_find_claim(ngx_str_t *name)
{
    size_t                               prefix;
    const ngx_http_tesseral_variable_t  *v;

    prefix = sizeof(NGX_HTTP_TESSERAL_CLAIM) - 1;

    for (v = ngx_http_tesseral_claims; v->name.len; v++) {
        if (name->len - prefix == v->name.len
            && ngx_strncmp(name->data + prefix, v->name.data, v->name.len)
               == 0)
        {
            return v;
        }
    }

    return NULL;
}


/* Refuses a variable for an unknown claim, which would always be empty. */

ngx_int_t
ngx_http_tesseral_check_variables(ngx_conf_t *cf)
{
    size_t                      prefix;
    ngx_uint_t                  i;
    ngx_http_variable_t        *v;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    prefix = sizeof(NGX_HTTP_TESSERAL_CLAIM) - 1;
    v = cmcf->variables.elts;

    for (i = 0; i < cmcf->variables.nelts; i++) {
        if (v[i].name.len >= prefix
            && ngx_strncmp(v[i].name.data, NGX_HTTP_TESSERAL_CLAIM, prefix)
               == 0
            && ngx_http_tesseral_find_claim(&v[i].name) == NULL)
        {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "unknown claim in variable \"$%V\"", &v[i].name);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/*
 * Whether it is too late to judge the request: nginx already responds with an
 * error, or with an error page to which "error_page" gave another status.  A
 * request that was refused before it was judged has no known sender.
 */

static ngx_uint_t
ngx_http_tesseral_too_late(ngx_http_request_t *r, ngx_http_tesseral_ctx_t *ctx)
{
    return r->headers_out.status >= NGX_HTTP_BAD_REQUEST
           || (r->headers_out.status != 0 && r->error_page
               && (ctx == NULL || !ctx->judged));
}


/*
 * The result for the request, by the settings of its location.  Where
 * "tesseral_auth" is off, it is the result from the location before an
 * internal redirect.
 */

static ngx_http_tesseral_ctx_t *
ngx_http_tesseral_find_result(ngx_http_request_t *r)
{
    ngx_http_tesseral_ctx_t       *ctx;
    ngx_http_tesseral_loc_conf_t  *lcf;

    ngx_http_tesseral_share_variables(r);

    ctx = ngx_http_tesseral_find_ctx(r);

    if (ctx != NULL) {

        if (ctx->own) {
            return NULL;
        }

        r = ctx->request;
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_tesseral_module);

    if (lcf->auth == NGX_HTTP_TESSERAL_OFF
        || ngx_http_tesseral_too_late(r, ctx)
        || r->main->headers_out.status >= NGX_HTTP_BAD_REQUEST)
    {
        return ctx;
    }

    return ngx_http_tesseral_evaluate(r, lcf);
}


ngx_http_tesseral_ctx_t *
ngx_http_tesseral_find_verified(ngx_http_request_t *r)
{
    ngx_http_tesseral_ctx_t  *ctx;

    ctx = ngx_http_tesseral_find_result(r);

    return ctx && ctx->evaluated && ctx->status == TESSERAL_OK ? ctx : NULL;
}


ngx_int_t
ngx_http_tesseral_set_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, tesseral_str *text)
{
    ngx_str_t  encoded;

    if (text->len == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    if (ngx_http_tesseral_encode(r->pool, text, &encoded) != NGX_OK) {
        return NGX_ERROR;
    }

    v->len = encoded.len;
    v->data = encoded.data;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


static ngx_int_t
ngx_http_tesseral_get_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    tesseral_str                         text;
    ngx_http_tesseral_ctx_t             *ctx;
    const ngx_http_tesseral_variable_t  *variable;

    variable = (const ngx_http_tesseral_variable_t *) data;
    ctx = ngx_http_tesseral_find_verified(r);

    text.len = 0;

    if (ctx && variable->value(r->pool, ctx, variable->data, &text) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_tesseral_set_variable(r, v, &text);
}


static ngx_int_t
ngx_http_tesseral_get_claim(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    tesseral_str                         text;
    ngx_http_tesseral_ctx_t             *ctx;
    const ngx_http_tesseral_variable_t  *claim;

    claim = ngx_http_tesseral_find_claim((ngx_str_t *) data);
    ctx = ngx_http_tesseral_find_verified(r);

    text.len = 0;

    /* an API key has no claims */

    if (claim != NULL && ctx != NULL
        && ctx->auth.credentials_type == TESSERAL_CREDENTIALS_ACCESS_TOKEN
        && claim->value(r->pool, ctx, claim->data, &text) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_tesseral_set_variable(r, v, &text);
}


static ngx_int_t
ngx_http_tesseral_get_error(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    tesseral_str              text;
    ngx_http_tesseral_ctx_t  *ctx;

    ctx = ngx_http_tesseral_find_result(r);

    text.len = 0;

    if (ctx && ctx->evaluated) {
        text.ptr = (const uint8_t *) tesseral_status_slug(ctx->judged
                                                          ? ctx->error
                                                          : ctx->status);
        text.len = ngx_strlen(text.ptr);
    }

    return ngx_http_tesseral_set_variable(r, v, &text);
}
