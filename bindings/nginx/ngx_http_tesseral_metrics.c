
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


/* Bytes for all of the text that does not depend on the number of sources. */

#define NGX_HTTP_TESSERAL_METRICS_LEN         12288
#define NGX_HTTP_TESSERAL_SOURCE_METRICS_LEN  2048


static void ngx_http_tesseral_source_metrics(
    ngx_http_tesseral_metrics_text_t *text,
    ngx_http_tesseral_main_conf_t *mcf);
static void ngx_http_tesseral_list_metrics(
    ngx_http_tesseral_metrics_text_t *text,
    ngx_http_tesseral_main_conf_t *mcf);


ngx_int_t
ngx_http_tesseral_metrics_handler(ngx_http_request_t *r)
{
    size_t                            size;
    ngx_int_t                         rc;
    ngx_buf_t                        *b;
    ngx_str_t                         format;
    ngx_uint_t                        i;
    ngx_chain_t                       out;
    ngx_http_tesseral_metrics_text_t  text;
    ngx_http_tesseral_source_t      **sources;
    ngx_http_tesseral_shared_t       *shared, none;
    ngx_http_tesseral_revoked_t     **lists;
    ngx_http_tesseral_main_conf_t    *mcf;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_http_tesseral_module);

    shared = mcf->shared;
    if (shared == NULL) {
        ngx_memzero(&none, sizeof(ngx_http_tesseral_shared_t));
        shared = &none;
    }

    size = NGX_HTTP_TESSERAL_METRICS_LEN;
    sources = mcf->sources.elts;

    for (i = 0; i < mcf->sources.nelts; i++) {
        size += NGX_HTTP_TESSERAL_SOURCE_METRICS_LEN
                + 6 * 8 * (sources[i]->file.len + sources[i]->uri.len
                           + sources[i]->project_id.len);
    }

    lists = mcf->revoked.elts;

    for (i = 0; i < mcf->revoked.nelts; i++) {
        size += NGX_HTTP_TESSERAL_SOURCE_METRICS_LEN
                + 3 * 2 * lists[i]->file.len;
    }

    b = ngx_create_temp_buf(r->pool, size);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    text.pos = b->last;
    text.last = b->end;
    text.json = ngx_http_arg(r, (u_char *) "format", 6, &format) == NGX_OK
                && format.len == 4
                && ngx_strncmp(format.data, "json", 4) == 0;

    if (text.json) {
        *text.pos++ = '{';
    }

    ngx_http_tesseral_metric_counters(&text, "tesseral_requests_total",
        "Requests judged, by result.", shared->results);
    ngx_http_tesseral_metric_counters(&text, "tesseral_reported_total",
        "Requests judged by \"tesseral_auth report\".", shared->reported);
    ngx_http_tesseral_metric_counter(&text,
        "tesseral_identity_headers_stripped_total",
        "Inbound identity headers removed.", shared->stripped);
    ngx_http_tesseral_metric_counter(&text,
        "tesseral_api_key_lookups_total",
        "API keys the service was asked about.", shared->lookups);
    ngx_http_tesseral_metric_counter(&text,
        "tesseral_api_key_answers_reused_total",
        "API keys answered from shared memory.", shared->answered);

    if (mcf->cache) {
        ngx_http_tesseral_metric_counter(&text,
            "tesseral_signature_cache_hits_total",
            "Signature checks saved in this worker.",
            tesseral_cache_hits(mcf->cache));
        ngx_http_tesseral_metric_counter(&text,
            "tesseral_signature_cache_misses_total",
            "Tokens not found in this worker.",
            tesseral_cache_misses(mcf->cache));
    }

    ngx_http_tesseral_source_metrics(&text, mcf);

    if (mcf->revoked.nelts) {
        ngx_http_tesseral_list_metrics(&text, mcf);
    }

    if (text.json) {
        text.pos = ngx_slprintf(text.pos, text.last, "}\n");
    }

    b->last = text.pos;
    b->last_buf = (r == r->main);
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_tesseral_send_page(r, NGX_HTTP_OK,
                                       text.json ? "application/json"
                                                 : "text/plain; version=0.0.4",
                                       &out, b->last - b->pos);
}


static ngx_int_t
ngx_http_tesseral_source_value(ngx_http_tesseral_source_t *source,
    ngx_uint_t which)
{
    time_t                       fetched_at;
    ngx_http_tesseral_keys_t    *keys;
    ngx_http_tesseral_record_t   record;

    keys = source->keys;
    ngx_http_tesseral_read_record(source, &record, &fetched_at);

    switch (which) {

    case 0:
        return ngx_http_tesseral_current_keys(source) != NULL;

    case 1:
        return keys ? tesseral_verifier_keys_used(keys->verifier) : 0;

    case 2:
        return keys ? keys->keys_skipped : 0;

    case 3:
        return source->file.len ? source->info.st_mtim.tv_sec
                                : fetched_at;

    case 4:
        return record.loads;

    case 5:
        return record.failures;

    default:
        return record.failing;
    }
}


static void
ngx_http_tesseral_source_metrics(ngx_http_tesseral_metrics_text_t *text,
    ngx_http_tesseral_main_conf_t *mcf)
{
    ngx_uint_t                    i, n;
    ngx_http_tesseral_source_t  **sources;

    static struct {
        const char  *name;
        const char  *type;
        const char  *help;
    } metrics[] = {
        { "tesseral_source_ready", "gauge", "Whether there are keys to use." },
        { "tesseral_source_keys", "gauge", "Keys in use." },
        { "tesseral_source_keys_skipped", "gauge",
          "Keys of the document that cannot be used." },
        { "tesseral_source_timestamp_seconds", "gauge",
          "When the document was written or fetched." },
        { "tesseral_source_loads_total", "counter",
          "Documents read or fetched since the start." },
        { "tesseral_source_failures_total", "counter",
          "Attempts that failed since the start." },
        { "tesseral_source_failing", "gauge",
          "Whether the last attempt failed." }
    };

    sources = mcf->sources.elts;

    for (n = 0; n < sizeof(metrics) / sizeof(metrics[0]); n++) {

        ngx_http_tesseral_metric_head(text, metrics[n].name, metrics[n].help,
                                      metrics[n].type);
        if (text->json) {
            *text->pos++ = '[';
        }

        for (i = 0; i < mcf->sources.nelts; i++) {

            ngx_http_tesseral_metric_row(text, metrics[n].name, "source",
                sources[i]->file.len ? &sources[i]->file : &sources[i]->uri, i,
                ngx_http_tesseral_source_value(sources[i], n));
        }

        if (text->json) {
            *text->pos++ = ']';
        }
    }
}


static ngx_int_t
ngx_http_tesseral_list_value(ngx_http_tesseral_revoked_t *list,
    ngx_uint_t which)
{
    switch (which) {

    case 0:
        return tesseral_revoked_entries(list->revoked);

    case 1:
        return list->loaded;

    default:
        return list->failed;
    }
}


static void
ngx_http_tesseral_list_metrics(ngx_http_tesseral_metrics_text_t *text,
    ngx_http_tesseral_main_conf_t *mcf)
{
    ngx_uint_t                     i, n;
    ngx_http_tesseral_revoked_t  **lists;

    static struct {
        const char  *name;
        const char  *help;
    } metrics[] = {
        { "tesseral_revoked_entries",
          "Revoked sessions and users in this worker." },
        { "tesseral_revoked_timestamp_seconds",
          "When the list in use was written." },
        { "tesseral_revoked_failed_refreshes",
          "Refreshes of this worker that failed since a good one." }
    };

    lists = mcf->revoked.elts;

    for (n = 0; n < sizeof(metrics) / sizeof(metrics[0]); n++) {

        ngx_http_tesseral_metric_head(text, metrics[n].name, metrics[n].help,
                                      "gauge");
        if (text->json) {
            *text->pos++ = '[';
        }

        for (i = 0; i < mcf->revoked.nelts; i++) {
            ngx_http_tesseral_metric_row(text, metrics[n].name, "list",
                &lists[i]->file, i,
                ngx_http_tesseral_list_value(lists[i], n));
        }

        if (text->json) {
            *text->pos++ = ']';
        }
    }
}
