
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


ngx_int_t
ngx_http_tesseral_text_value(ngx_pool_t *pool, ngx_http_tesseral_ctx_t *ctx,
    uintptr_t data, tesseral_str *text)
{
    *text = *(tesseral_str *) ((char *) &ctx->auth + data);

    return NGX_OK;
}


ngx_int_t
ngx_http_tesseral_time_value(ngx_pool_t *pool, ngx_http_tesseral_ctx_t *ctx,
    uintptr_t data, tesseral_str *text)
{
    u_char  *p;

    if (ctx->auth.credentials_type != TESSERAL_CREDENTIALS_ACCESS_TOKEN) {
        return NGX_OK;
    }

    p = ngx_pnalloc(pool, NGX_INT64_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    text->ptr = p;
    text->len = ngx_sprintf(p, "%L", *(int64_t *) ((char *) &ctx->auth + data))
                - p;

    return NGX_OK;
}


ngx_int_t
ngx_http_tesseral_project_value(ngx_pool_t *pool, ngx_http_tesseral_ctx_t *ctx,
    uintptr_t data, tesseral_str *text)
{
    text->ptr = ctx->held.keys->project_id.data;
    text->len = ctx->held.keys->project_id.len;

    return NGX_OK;
}


ngx_int_t
ngx_http_tesseral_type_value(ngx_pool_t *pool, ngx_http_tesseral_ctx_t *ctx,
    uintptr_t data, tesseral_str *text)
{
    text->ptr = (const uint8_t *) (ctx->auth.credentials_type
                                   == TESSERAL_CREDENTIALS_API_KEY
                                   ? "api_key" : "access_token");
    text->len = ngx_strlen(text->ptr);

    return NGX_OK;
}


ngx_int_t
ngx_http_tesseral_actions_value(ngx_pool_t *pool, ngx_http_tesseral_ctx_t *ctx,
    uintptr_t data, tesseral_str *text)
{
    ngx_str_t  encoded;

    if (ngx_http_tesseral_encode_actions(pool, &ctx->auth, &encoded)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    text->ptr = encoded.data;
    text->len = encoded.len;

    return NGX_OK;
}


ngx_int_t
ngx_http_tesseral_payload_value(ngx_pool_t *pool, ngx_http_tesseral_ctx_t *ctx,
    uintptr_t data, tesseral_str *text)
{
    ngx_str_t  encoded;

    if (ngx_http_tesseral_encode_claims(pool, &ctx->auth, &encoded) != NGX_OK)
    {
        return NGX_ERROR;
    }

    text->ptr = encoded.data;
    text->len = encoded.len;

    return NGX_OK;
}


/* $tesseral_kid */

ngx_int_t
ngx_http_tesseral_kid_value(ngx_pool_t *pool, ngx_http_tesseral_ctx_t *ctx,
    uintptr_t data, tesseral_str *text)
{
    u_char  *room;

    if (ctx->auth.credentials_type != TESSERAL_CREDENTIALS_ACCESS_TOKEN) {
        return NGX_OK;
    }

    room = ngx_pnalloc(pool, TESSERAL_MAX_KID_LEN);
    if (room == NULL) {
        return NGX_ERROR;
    }

    return tesseral_auth_kid(&ctx->auth, room, TESSERAL_MAX_KID_LEN, text)
           == TESSERAL_OK ? NGX_OK : NGX_ERROR;
}
