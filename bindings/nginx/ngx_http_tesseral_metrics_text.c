
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static u_char *ngx_http_tesseral_metric_label(
    ngx_http_tesseral_metrics_text_t *text, ngx_str_t *label);


void
ngx_http_tesseral_metric_head(ngx_http_tesseral_metrics_text_t *text,
    const char *name, const char *help, const char *type)
{
    if (text->json) {
        text->pos = ngx_slprintf(text->pos, text->last, "%s\"%s\":",
                                 text->pos[-1] == '{' ? "" : ",", name);

    } else {
        text->pos = ngx_slprintf(text->pos, text->last,
                                 "# HELP %s %s\n# TYPE %s %s\n", name, help,
                                 name, type);
    }
}


void
ngx_http_tesseral_metric_counters(ngx_http_tesseral_metrics_text_t *text,
    const char *name, const char *help, ngx_atomic_t *counters)
{
    ngx_uint_t   i;
    const char  *slug;

    ngx_http_tesseral_metric_head(text, name, help, "counter");

    for (i = 0; i < NGX_HTTP_TESSERAL_STATUSES; i++) {
        slug = tesseral_status_slug(tesseral_status_at(i));

        if (text->json) {
            text->pos = ngx_slprintf(text->pos, text->last, "%s\"%s\":%uA",
                                     i ? "," : "{", slug, counters[i]);

        } else {
            text->pos = ngx_slprintf(text->pos, text->last,
                                     "%s{slug=\"%s\"} %uA\n", name, slug,
                                     counters[i]);
        }
    }

    if (text->json) {
        text->pos = ngx_slprintf(text->pos, text->last, "}");
    }
}


void
ngx_http_tesseral_metric_counter(ngx_http_tesseral_metrics_text_t *text,
    const char *name, const char *help, ngx_atomic_uint_t value)
{
    ngx_http_tesseral_metric_head(text, name, help, "counter");

    if (text->json) {
        text->pos = ngx_slprintf(text->pos, text->last, "%uA", value);

    } else {
        text->pos = ngx_slprintf(text->pos, text->last, "%s %uA\n", name,
                                 value);
    }
}


/* One value of a source or a list. */

void
ngx_http_tesseral_metric_row(ngx_http_tesseral_metrics_text_t *text,
    const char *name, const char *kind, ngx_str_t *label, ngx_uint_t number,
    ngx_int_t value)
{
    if (text->json) {
        text->pos = ngx_slprintf(text->pos, text->last, "%s{\"%s\":\"",
                                 number ? "," : "", kind);

    } else {
        text->pos = ngx_slprintf(text->pos, text->last, "%s{%s=\"", name,
                                 kind);
    }

    text->pos = ngx_http_tesseral_metric_label(text, label);

    text->pos = ngx_slprintf(text->pos, text->last,
                             text->json ? "\",\"number\":%ui,"
                                          "\"value\":%i}"
                                        : "\",number=\"%ui\"} %i\n",
                             number, value);
}


/* Prometheus and JSON both escape quotes and backslashes by a backslash. */

static u_char *
ngx_http_tesseral_metric_label(ngx_http_tesseral_metrics_text_t *text,
    ngx_str_t *label)
{
    u_char  *p, ch;
    size_t   i;

    p = text->pos;

    for (i = 0; i < label->len && text->last - p > 2; i++) {
        ch = label->data[i];

        if (ch == '"' || ch == '\\') {
            *p++ = '\\';
        }

        *p++ = ch < 0x20 ? '?' : ch;
    }

    return p;
}
