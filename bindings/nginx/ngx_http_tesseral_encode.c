
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


#define ngx_http_tesseral_plain(ch)                                           \
    ((ch) >= 0x21 && (ch) <= 0x7e && (ch) != '%')


static u_char *ngx_http_tesseral_json_string(u_char *p, tesseral_str *text);


/* What is not in 0x21 to 0x7E, and '%', becomes %XX. */

ngx_int_t
ngx_http_tesseral_encode(ngx_pool_t *pool, tesseral_str *text,
    ngx_str_t *encoded)
{
    u_char   *p, ch;
    size_t    i, n;

    static u_char  hex[] = "0123456789ABCDEF";

    n = 0;

    /* on every request: without branches */

    for (i = 0; i < text->len; i++) {
        ch = text->ptr[i];
        n += ((u_char) (ch - 0x21) > 0x7e - 0x21) | (ch == '%');
    }

    encoded->len = text->len + 2 * n;

    if (n == 0) {
        encoded->data = (u_char *) text->ptr;
        return NGX_OK;
    }

    p = ngx_pnalloc(pool, encoded->len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    encoded->data = p;

    for (i = 0; i < text->len; i++) {
        ch = text->ptr[i];

        if (ngx_http_tesseral_plain(ch)) {
            *p++ = ch;
            continue;
        }

        *p++ = '%';
        *p++ = hex[ch >> 4];
        *p++ = hex[ch & 0xf];
    }

    return NGX_OK;
}


/*
 * The actions as a JSON array of ASCII.  What the rule above would encode has
 * an escape of JSON's own instead, so that the text is the same under both.
 */

ngx_int_t
ngx_http_tesseral_encode_actions(ngx_pool_t *pool, tesseral_auth *auth,
    ngx_str_t *encoded)
{
    u_char                  *p;
    size_t                   size;
    tesseral_str             action;
    tesseral_action_cursor   cursor = TESSERAL_ACTION_CURSOR_INIT;

    size = sizeof("[]") - 1;

    while (tesseral_auth_next_action(auth, &cursor, &action)) {
        size += sizeof("\"\",") - 1 + 6 * action.len;
    }

    p = ngx_pnalloc(pool, size);
    if (p == NULL) {
        return NGX_ERROR;
    }

    encoded->data = p;
    *p++ = '[';

    cursor = (tesseral_action_cursor) TESSERAL_ACTION_CURSOR_INIT;

    while (tesseral_auth_next_action(auth, &cursor, &action)) {
        if (p != encoded->data + 1) {
            *p++ = ',';
        }

        p = ngx_http_tesseral_json_string(p, &action);
    }

    *p++ = ']';
    encoded->len = p - encoded->data;

    return NGX_OK;
}


static u_char *
ngx_http_tesseral_json_string(u_char *p, tesseral_str *text)
{
    u_char    ch, *pos;
    size_t    len;
    uint32_t  code;

    *p++ = '"';

    pos = (u_char *) text->ptr;

    while (pos < text->ptr + text->len) {
        ch = *pos;

        if (ngx_http_tesseral_plain(ch) && ch != '"' && ch != '\\') {
            *p++ = ch;
            pos++;
            continue;
        }

        len = text->ptr + text->len - pos;
        code = ch < 0x80 ? *pos++ : ngx_utf8_decode(&pos, len);

        if (code > 0x10ffff) {          /* the library lets no such pass */
            code = 0xfffd;
            pos++;
        }

        if (code > 0xffff) {
            code -= 0x10000;
            p = ngx_sprintf(p, "\\u%04xD", 0xd800 + (code >> 10));
            code = 0xdc00 + (code & 0x3ff);
        }

        p = ngx_sprintf(p, "\\u%04xD", code);
    }

    *p++ = '"';

    return p;
}


/* The verified payload's octets, in base64url. */

ngx_int_t
ngx_http_tesseral_encode_claims(ngx_pool_t *pool, tesseral_auth *auth,
    ngx_str_t *encoded)
{
    ngx_str_t  payload;

    payload.data = (u_char *) auth->payload.ptr;
    payload.len = auth->payload.len;

    encoded->data = ngx_pnalloc(pool, ngx_base64_encoded_length(payload.len));
    if (encoded->data == NULL) {
        return NGX_ERROR;
    }

    ngx_encode_base64url(encoded, &payload);

    return NGX_OK;
}
