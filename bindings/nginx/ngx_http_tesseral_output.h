
/*
 * Copyright (C) the libtesseral_verify authors
 */


#ifndef _NGX_HTTP_TESSERAL_OUTPUT_H_INCLUDED_
#define _NGX_HTTP_TESSERAL_OUTPUT_H_INCLUDED_


/* What can be read: variables, and locations of the module. */


struct ngx_http_tesseral_metrics_text_s {
    u_char                      *pos;
    u_char                      *last;
    ngx_uint_t                   json;
};


/* variables */
ngx_int_t ngx_http_tesseral_add_variables(ngx_conf_t *cf);
ngx_int_t ngx_http_tesseral_check_variables(ngx_conf_t *cf);
ngx_http_tesseral_ctx_t *ngx_http_tesseral_find_verified(
    ngx_http_request_t *r);
ngx_int_t ngx_http_tesseral_set_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, tesseral_str *text);

/* variable_values */
ngx_int_t ngx_http_tesseral_text_value(ngx_pool_t *pool,
    ngx_http_tesseral_ctx_t *ctx, uintptr_t data, tesseral_str *text);
ngx_int_t ngx_http_tesseral_time_value(ngx_pool_t *pool,
    ngx_http_tesseral_ctx_t *ctx, uintptr_t data, tesseral_str *text);
ngx_int_t ngx_http_tesseral_project_value(ngx_pool_t *pool,
    ngx_http_tesseral_ctx_t *ctx, uintptr_t data, tesseral_str *text);
ngx_int_t ngx_http_tesseral_type_value(ngx_pool_t *pool,
    ngx_http_tesseral_ctx_t *ctx, uintptr_t data, tesseral_str *text);
ngx_int_t ngx_http_tesseral_actions_value(ngx_pool_t *pool,
    ngx_http_tesseral_ctx_t *ctx, uintptr_t data, tesseral_str *text);
ngx_int_t ngx_http_tesseral_payload_value(ngx_pool_t *pool,
    ngx_http_tesseral_ctx_t *ctx, uintptr_t data, tesseral_str *text);
ngx_int_t ngx_http_tesseral_kid_value(ngx_pool_t *pool,
    ngx_http_tesseral_ctx_t *ctx, uintptr_t data, tesseral_str *text);

/* claim_set */
char *ngx_http_tesseral_set_claim_set(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* pages */
char *ngx_http_tesseral_set_location_handler(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
ngx_int_t ngx_http_tesseral_send_page(ngx_http_request_t *r, ngx_uint_t status,
    const char *type, ngx_chain_t *out, off_t len);

/* metrics */
ngx_int_t ngx_http_tesseral_metrics_handler(ngx_http_request_t *r);

/* metrics_text */
void ngx_http_tesseral_metric_head(ngx_http_tesseral_metrics_text_t *text,
    const char *name, const char *help, const char *type);
void ngx_http_tesseral_metric_counters(ngx_http_tesseral_metrics_text_t *text,
    const char *name, const char *help, ngx_atomic_t *counters);
void ngx_http_tesseral_metric_counter(ngx_http_tesseral_metrics_text_t *text,
    const char *name, const char *help, ngx_atomic_uint_t value);
void ngx_http_tesseral_metric_row(ngx_http_tesseral_metrics_text_t *text,
    const char *name, const char *kind, ngx_str_t *label, ngx_uint_t number,
    ngx_int_t value);

/* ready */
ngx_int_t ngx_http_tesseral_ready_handler(ngx_http_request_t *r);


#endif /* _NGX_HTTP_TESSERAL_OUTPUT_H_INCLUDED_ */
