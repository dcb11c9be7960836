
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static ngx_int_t ngx_http_tesseral_add_identity(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx);
static ngx_int_t ngx_http_tesseral_add_header(ngx_http_request_t *r,
    ngx_uint_t i, ngx_str_t *value);
static ngx_int_t ngx_http_tesseral_remove_credentials(ngx_http_request_t *r,
    ngx_http_tesseral_ctx_t *ctx);
static ngx_int_t ngx_http_tesseral_remove_cookies(ngx_http_request_t *r,
    ngx_http_tesseral_ctx_t *ctx);
static ngx_int_t ngx_http_tesseral_filter_cookie(ngx_pool_t *pool,
    ngx_str_t *cookie, ngx_str_t *project_id);


/* What the upstream gets to see: after access, whoever granted it. */

ngx_int_t
ngx_http_tesseral_identity_handler(ngx_http_request_t *r)
{
    ngx_http_tesseral_ctx_t       *ctx;
    ngx_http_tesseral_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_tesseral_module);

    if (lcf->auth == NGX_HTTP_TESSERAL_OFF || r != r->main) {
        return NGX_DECLINED;
    }

    if (lcf->pass_identity == NGX_HTTP_TESSERAL_PASS_OFF
        && lcf->pass_credentials)
    {
        return NGX_DECLINED;
    }

    ctx = ngx_http_tesseral_evaluate(r, lcf);

    if (ctx == NULL
        || (ctx->status == TESSERAL_OK
            && lcf->pass_identity != NGX_HTTP_TESSERAL_PASS_OFF
            && ngx_http_tesseral_add_identity(r, lcf, ctx) != NGX_OK)
        || (!lcf->pass_credentials
            && ngx_http_tesseral_remove_credentials(r, ctx) != NGX_OK))
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_tesseral_add_identity(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx)
{
    ngx_str_t                      value;
    ngx_uint_t                     i;
    tesseral_str                   project_id, text[8];
    ngx_http_tesseral_srv_conf_t  *scf;

    static const tesseral_str  types[] = {
        { (const uint8_t *) "access_token", sizeof("access_token") - 1 },
        { (const uint8_t *) "api_key", sizeof("api_key") - 1 }
    };

    scf = ngx_http_get_module_srv_conf(r, ngx_http_tesseral_module);

    /* still nobody else says who it is */

    if (!scf->strip_identity && ngx_http_tesseral_strip(r) == NGX_ERROR) {
        return NGX_ERROR;
    }

    project_id.ptr = ctx->keys->project_id.data;
    project_id.len = ctx->keys->project_id.len;

    /* the order of ngx_http_tesseral_identity[] */

    text[0] = types[ctx->auth.credentials_type
                    == TESSERAL_CREDENTIALS_API_KEY];
    text[1] = project_id;
    text[2] = ctx->auth.organization_id;
    text[3] = ctx->auth.user_id;
    text[4] = ctx->auth.session_id;
    text[5] = ctx->auth.user_email;
    text[6] = ctx->auth.api_key_id;
    text[7] = ctx->auth.impersonator_email;

    for (i = 0; i < 8; i++) {

        if (text[i].len == 0) {
            continue;
        }

        if (ngx_http_tesseral_encode(r->pool, &text[i], &value) != NGX_OK
            || ngx_http_tesseral_add_header(r, i, &value) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (ngx_http_tesseral_encode_actions(r->pool, &ctx->auth, &value)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (value.len > NGX_HTTP_TESSERAL_MAX_ACTIONS) {
        ngx_str_set(&value, "1");
        i++;
    }

    if (ngx_http_tesseral_add_header(r, i, &value) != NGX_OK) {
        return NGX_ERROR;
    }

    if (lcf->pass_identity != NGX_HTTP_TESSERAL_PASS_CLAIMS
        || ctx->auth.payload.len == 0)
    {
        return NGX_OK;
    }

    if (ngx_http_tesseral_encode_claims(r->pool, &ctx->auth, &value)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_tesseral_add_header(r, NGX_HTTP_TESSERAL_IDENTITY - 1,
                                        &value);
}


static ngx_int_t
ngx_http_tesseral_add_header(ngx_http_request_t *r, ngx_uint_t i,
    ngx_str_t *value)
{
    ngx_table_elt_t                *h;
    ngx_http_tesseral_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_tesseral_module);

    h = ngx_list_push(&r->headers_in.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->key = ngx_http_tesseral_identity[i];
    h->value = *value;
    h->hash = mcf->hashes[i];
    h->lowcase_key = mcf->lowcase[i];

    return NGX_OK;
}


static ngx_uint_t
ngx_http_tesseral_is_element(ngx_table_elt_t *h, void *data)
{
    ngx_str_t *value = data;

    return h->value.data == value->data && h->value.len == value->len;
}


static ngx_int_t
ngx_http_tesseral_remove_credentials(ngx_http_request_t *r,
    ngx_http_tesseral_ctx_t *ctx)
{
    ngx_table_elt_t  *h;

    h = r->headers_in.authorization;

    /* ours is the one that the accepted credential came from */

    if (h != NULL && ctx->status == TESSERAL_OK
        && ctx->auth.credentials.ptr >= h->value.data
        && ctx->auth.credentials.ptr < h->value.data + h->value.len)
    {
        r->headers_in.authorization = NULL;

        if (ngx_http_tesseral_unlink(r, ngx_http_tesseral_is_element,
                                     &h->value)
            == NGX_ERROR)
        {
            return NGX_ERROR;
        }
    }

    if (ctx->keys == NULL || ctx->keys->project_id.len == 0) {
        return NGX_OK;
    }

    return ngx_http_tesseral_remove_cookies(r, ctx);
}


static ngx_uint_t
ngx_http_tesseral_is_empty_cookie(ngx_table_elt_t *h, void *data)
{
    return h->value.len == 0 && h->key.len == sizeof("Cookie") - 1
           && ngx_strncasecmp(h->key.data, (u_char *) "Cookie",
                              sizeof("Cookie") - 1)
              == 0;
}


/*
 * Nginx keeps each Cookie header in the list and, for its variables, in
 * another place, as a pointer that may be to an older copy of the list.
 */

static ngx_int_t
ngx_http_tesseral_remove_cookies(ngx_http_request_t *r,
    ngx_http_tesseral_ctx_t *ctx)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *header;
#if (nginx_version >= 1023000)
    ngx_table_elt_t  *h;
#else
    ngx_table_elt_t **cookies;
#endif

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        header = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (header[i].key.len == sizeof("Cookie") - 1
                && ngx_strncasecmp(header[i].key.data, (u_char *) "Cookie",
                                   sizeof("Cookie") - 1)
                   == 0
                && ngx_http_tesseral_filter_cookie(r->pool, &header[i].value,
                                                   &ctx->keys->project_id)
                   != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

#if (nginx_version >= 1023000)

    for (h = r->headers_in.cookie; h; h = h->next) {
        if (ngx_http_tesseral_filter_cookie(r->pool, &h->value,
                                            &ctx->keys->project_id)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

#else

    cookies = r->headers_in.cookies.elts;

    for (i = 0; i < r->headers_in.cookies.nelts; i++) {
        if (ngx_http_tesseral_filter_cookie(r->pool, &cookies[i]->value,
                                            &ctx->keys->project_id)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

#endif

    return ngx_http_tesseral_unlink(r, ngx_http_tesseral_is_empty_cookie,
                                    NULL)
           == NGX_ERROR ? NGX_ERROR : NGX_OK;
}


/* Leaves out the cookies tesseral_PROJECTID_*; copies when there are any. */

static ngx_int_t
ngx_http_tesseral_filter_cookie(ngx_pool_t *pool, ngx_str_t *cookie,
    ngx_str_t *project_id)
{
    u_char     *p, *pos, *last, *end;
    size_t      len;
    ngx_str_t   kept;
    ngx_uint_t  ours;

    if (ngx_strlcasestrn(cookie->data, cookie->data + cookie->len,
                         (u_char *) "tesseral_", sizeof("tesseral_") - 2)
        == NULL)
    {
        return NGX_OK;
    }

    /* a space may be added after each semicolon */

    kept.data = ngx_pnalloc(pool, 2 * cookie->len);
    if (kept.data == NULL) {
        return NGX_ERROR;
    }

    p = kept.data;
    pos = cookie->data;
    last = cookie->data + cookie->len;
    len = sizeof("tesseral_") - 1 + project_id->len + 1;

    while (pos < last) {

        while (pos < last && (*pos == ' ' || *pos == '\t' || *pos == ';')) {
            pos++;
        }

        end = ngx_strlchr(pos, last, ';');
        if (end == NULL) {
            end = last;
        }

        ours = (size_t) (end - pos) >= len
               && ngx_strncmp(pos, "tesseral_", sizeof("tesseral_") - 1) == 0
               && ngx_memcmp(pos + sizeof("tesseral_") - 1, project_id->data,
                             project_id->len)
                  == 0
               && pos[len - 1] == '_';

        if (!ours && end != pos) {

            if (p != kept.data) {
                *p++ = ';';
                *p++ = ' ';
            }

            p = ngx_cpymem(p, pos, end - pos);
        }

        pos = end;
    }

    kept.len = p - kept.data;
    *cookie = kept;

    return NGX_OK;
}
