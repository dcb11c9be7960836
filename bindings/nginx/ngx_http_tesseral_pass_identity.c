
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static ngx_int_t ngx_http_tesseral_add_identity_headers(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx);
static ngx_int_t ngx_http_tesseral_make_identity_headers(ngx_http_request_t *r,
    tesseral_auth *auth, ngx_http_tesseral_identity_headers_t *identity);
static void ngx_http_tesseral_set_header(ngx_http_request_t *r,
    ngx_table_elt_t *h, ngx_uint_t i, ngx_str_t *value);
static ngx_int_t ngx_http_tesseral_add_headers(ngx_http_request_t *r,
    ngx_table_elt_t *elts, ngx_uint_t n);


/*
 * Precontent phase: adds identity headers and removes credentials, after this
 * module or another has granted access.  A subrequest is judged here, since
 * nginx runs no access phase for it.  One that is let in goes on with the
 * phase, in which "try_files" and "mirror" come next.
 */

ngx_int_t
ngx_http_tesseral_precontent_handler(ngx_http_request_t *r)
{
    ngx_int_t                      rc;
    ngx_http_tesseral_ctx_t       *ctx;
    ngx_http_tesseral_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_tesseral_module);

    if (lcf->auth == NGX_HTTP_TESSERAL_OFF
        || ngx_http_tesseral_is_own_subrequest(r))
    {
        return NGX_DECLINED;
    }

    if (r != r->main) {
        rc = ngx_http_tesseral_judge(r, lcf);

        if (rc != NGX_OK && rc != NGX_DECLINED) {
            return rc;
        }
    }

    if (lcf->pass_identity == NGX_HTTP_TESSERAL_PASS_OFF
        && lcf->pass_credentials)
    {
        return NGX_DECLINED;
    }

    ctx = ngx_http_tesseral_evaluate(r, lcf);

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "tesseral: to the upstream: identity:%ui credentials:%i %s",
                   lcf->pass_identity, lcf->pass_credentials,
                   ctx ? tesseral_status_slug(ctx->status) : "no memory");

    if (ctx == NULL
        || (ctx->status == TESSERAL_OK
            && lcf->pass_identity != NGX_HTTP_TESSERAL_PASS_OFF
            && ngx_http_tesseral_add_identity_headers(r, lcf, ctx) != NGX_OK)
        || (!lcf->pass_credentials
            && ngx_http_tesseral_remove_credentials(r, lcf, ctx) != NGX_OK))
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_tesseral_add_identity_headers(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx)
{
    ngx_str_t                             claims;
    ngx_table_elt_t                       header;
    tesseral_hold                        *hold;
    ngx_http_tesseral_identity_headers_t  made, *identity;
    ngx_http_tesseral_srv_conf_t         *scf;
    ngx_http_tesseral_main_conf_t        *mcf;

    scf = ngx_http_get_module_srv_conf(r, ngx_http_tesseral_module);

    /* a header of the client must not stand beside ours */

    if (!scf->strip_identity
        && ngx_http_tesseral_remove_identity(r) == NGX_ERROR)
    {
        return NGX_ERROR;
    }

    if (ctx->held.keys->project_id.len) {
        ngx_http_tesseral_set_header(r, &header,
                                     NGX_HTTP_TESSERAL_PROJECT_ID,
                                     &ctx->held.keys->encoded_project_id);

        if (ngx_http_tesseral_add_headers(r, &header, 1) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_http_tesseral_module);
    hold = &ctx->held.hold;

    identity = hold->serial ? &mcf->identity_headers[hold->slot] : &made;

    if (hold->serial == 0 || hold->serial != identity->serial) {

        switch (ngx_http_tesseral_make_identity_headers(r, &ctx->auth,
                                                        identity))
        {

        case NGX_OK:
            identity->serial = hold->serial;
            break;

        case NGX_DECLINED:
            break;

        default:
            return NGX_ERROR;
        }
    }

    if (ngx_http_tesseral_add_headers(r, identity->elts, identity->nelts)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (lcf->pass_identity != NGX_HTTP_TESSERAL_PASS_CLAIMS
        || ctx->auth.payload.len == 0)
    {
        return NGX_OK;
    }

    if (ngx_http_tesseral_encode_claims(r->pool, &ctx->auth, &claims)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_tesseral_set_header(r, &header, NGX_HTTP_TESSERAL_CLAIMS,
                                 &claims);

    return ngx_http_tesseral_add_headers(r, &header, 1);
}


/*
 * Writes the headers that do not depend on the location.  NGX_DECLINED: some
 * of them are in the request's memory, so the cache must not keep them.
 */

static ngx_int_t
ngx_http_tesseral_make_identity_headers(ngx_http_request_t *r,
    tesseral_auth *auth, ngx_http_tesseral_identity_headers_t *identity)
{
    ngx_int_t         rc;
    ngx_str_t         value;
    ngx_uint_t        i, n;
    ngx_table_elt_t  *h;

    static const tesseral_str  types[] = {
        { (const uint8_t *) "access_token", sizeof("access_token") - 1 },
        { (const uint8_t *) "api_key", sizeof("api_key") - 1 }
    };

    const struct {
        ngx_uint_t           header;
        const tesseral_str  *text;
    } values[] = {
        { NGX_HTTP_TESSERAL_CREDENTIALS_TYPE,
          &types[auth->credentials_type == TESSERAL_CREDENTIALS_API_KEY] },
        { NGX_HTTP_TESSERAL_ORGANIZATION_ID, &auth->organization_id },
        { NGX_HTTP_TESSERAL_USER_ID, &auth->claims.user_id },
        { NGX_HTTP_TESSERAL_SESSION_ID, &auth->claims.session_id },
        { NGX_HTTP_TESSERAL_USER_EMAIL, &auth->claims.user_email },
        { NGX_HTTP_TESSERAL_API_KEY_ID, &auth->api_key_id },
        { NGX_HTTP_TESSERAL_IMPERSONATOR_EMAIL,
          &auth->claims.impersonator_email }
    };

    identity->serial = 0;
    h = identity->elts;
    rc = NGX_OK;

    n = sizeof(values) / sizeof(values[0]);

    for (i = 0; i < n; i++) {

        if (values[i].text->len == 0) {
            continue;
        }

        if (ngx_http_tesseral_encode(r->pool, values[i].text, &value)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (value.data != values[i].text->ptr) {
            rc = NGX_DECLINED;
        }

        ngx_http_tesseral_set_header(r, h++, values[i].header, &value);
    }

    if (ngx_http_tesseral_encode_actions(r->pool, auth, &value) != NGX_OK) {
        return NGX_ERROR;
    }

    if (value.len > NGX_HTTP_TESSERAL_MAX_ACTIONS) {
        ngx_str_set(&value, "1");
        i = NGX_HTTP_TESSERAL_ACTIONS_TRUNCATED;

    } else {
        i = NGX_HTTP_TESSERAL_ACTIONS;

        if (value.data != auth->actions_json.ptr && auth->actions_json.len) {
            rc = NGX_DECLINED;
        }
    }

    ngx_http_tesseral_set_header(r, h++, i, &value);

    identity->nelts = h - identity->elts;

    return rc;
}


static void
ngx_http_tesseral_set_header(ngx_http_request_t *r, ngx_table_elt_t *h,
    ngx_uint_t i, ngx_str_t *value)
{
    ngx_http_tesseral_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_tesseral_module);

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->key = ngx_http_tesseral_identity_names[i];
    h->value = *value;
    h->hash = mcf->hashes[i];
    h->lowcase_key = mcf->lowcase[i];
}


static ngx_int_t
ngx_http_tesseral_add_headers(ngx_http_request_t *r, ngx_table_elt_t *elts,
    ngx_uint_t n)
{
    ngx_uint_t        i;
    ngx_list_t       *list;
    ngx_table_elt_t  *h;

    if (ngx_http_tesseral_own_header_list(r) != NGX_OK) {
        return NGX_ERROR;
    }

    list = &r->headers_in.headers;

    if (n <= list->nalloc - list->last->nelts) {
        h = list->last->elts;
        ngx_memcpy(&h[list->last->nelts], elts, n * sizeof(ngx_table_elt_t));
        list->last->nelts += n;

        return NGX_OK;
    }

    for (i = 0; i < n; i++) {
        h = ngx_list_push(list);
        if (h == NULL) {
            return NGX_ERROR;
        }

        *h = elts[i];
    }

    return NGX_OK;
}
