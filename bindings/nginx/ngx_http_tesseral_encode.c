
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


#define ngx_http_tesseral_plain(ch)                                           \
    ((ch) >= 0x21 && (ch) <= 0x7e && (ch) != '%')


#define ngx_http_tesseral_each(octet)  (0x0101010101010101ULL * (octet))


static ngx_inline ngx_uint_t ngx_http_tesseral_all_plain(
    const tesseral_str *text, u_char besides);
static ngx_inline uint64_t ngx_http_tesseral_not_plain(uint64_t octets,
    u_char besides);
static u_char *ngx_http_tesseral_json_string(u_char *p, tesseral_str *text);


/* Percent-encodes every octet outside 0x21-0x7E, and '%'. */

ngx_int_t
ngx_http_tesseral_encode(ngx_pool_t *pool, const tesseral_str *text,
    ngx_str_t *encoded)
{
    u_char   *p, ch;
    size_t    i, n;

    static u_char  hex[] = "0123456789ABCDEF";

    if (ngx_http_tesseral_all_plain(text, '%')) {
        encoded->len = text->len;
        encoded->data = (u_char *) text->ptr;
        return NGX_OK;
    }

    n = 0;

    for (i = 0; i < text->len; i++) {
        n += !ngx_http_tesseral_plain(text->ptr[i]);
    }

    encoded->len = text->len + 2 * n;

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
 * Whether no octet has to be encoded, and none equals `besides`.  Every request
 * asks this, and nearly always the answer is yes.  So it tests eight octets at
 * a time.
 */

static ngx_inline ngx_uint_t
ngx_http_tesseral_all_plain(const tesseral_str *text, u_char besides)
{
    size_t    i;
    uint64_t  octets, found;

    if (text->len < sizeof(octets)) {

        for (i = 0; i < text->len; i++) {
            if (!ngx_http_tesseral_plain(text->ptr[i])
                || text->ptr[i] == besides)
            {
                return 0;
            }
        }

        return 1;
    }

    /* the last eight may overlap the eight before them */

    ngx_memcpy(&octets, text->ptr + text->len - sizeof(octets),
               sizeof(octets));
    found = ngx_http_tesseral_not_plain(octets, besides);

    for (i = 0; i + sizeof(octets) < text->len; i += sizeof(octets)) {
        ngx_memcpy(&octets, text->ptr + i, sizeof(octets));
        found |= ngx_http_tesseral_not_plain(octets, besides);
    }

    return found == 0;
}


/*
 * Not 0 when one of eight octets has to be encoded, or equals `besides`.  The
 * lowest such octet sets its high bit: no carry or borrow from below reaches
 * it.
 */

static ngx_inline uint64_t
ngx_http_tesseral_not_plain(uint64_t octets, u_char besides)
{
    return (octets
            | (octets - ngx_http_tesseral_each(0x21))
            | (octets + ngx_http_tesseral_each(0x80 - 0x7f))
            | ((octets ^ ngx_http_tesseral_each('%'))
               - ngx_http_tesseral_each(1))
            | ((octets ^ ngx_http_tesseral_each(besides))
               - ngx_http_tesseral_each(1)))
           & ngx_http_tesseral_each(0x80);
}


/*
 * The actions as a JSON array of ASCII.  An octet that would be
 * percent-encoded has a JSON escape instead, so percent-encoding leaves the
 * text as it is.
 */

ngx_int_t
ngx_http_tesseral_encode_actions(ngx_pool_t *pool, tesseral_auth *auth,
    ngx_str_t *encoded)
{
    u_char                  *p;
    size_t                   size;
    tesseral_str             action;
    tesseral_action_cursor   cursor = TESSERAL_ACTION_CURSOR_INIT;

    if (auth->actions_json.len == 0) {
        ngx_str_set(encoded, "[]");
        return NGX_OK;
    }

    /* without spaces and escapes, the array in the payload is already so */

    if (ngx_http_tesseral_all_plain(&auth->actions_json, '\\')) {
        encoded->data = (u_char *) auth->actions_json.ptr;
        encoded->len = auth->actions_json.len;
        return NGX_OK;
    }

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
