
/*
 * Copyright (C) the libtesseral_verify authors
 */


#ifndef _NGX_HTTP_TESSERAL_H_INCLUDED_
#define _NGX_HTTP_TESSERAL_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_sha1.h>

#include <tesseral_verify.h>


typedef struct ngx_http_tesseral_keys_s  ngx_http_tesseral_keys_t;
typedef struct ngx_http_tesseral_source_s  ngx_http_tesseral_source_t;
typedef struct ngx_http_tesseral_key_source_s  ngx_http_tesseral_key_source_t;
typedef struct ngx_http_tesseral_record_s  ngx_http_tesseral_record_t;
typedef struct ngx_http_tesseral_worker_s  ngx_http_tesseral_worker_t;
typedef struct ngx_http_tesseral_shared_s  ngx_http_tesseral_shared_t;
typedef struct ngx_http_tesseral_main_conf_s  ngx_http_tesseral_main_conf_t;
typedef struct ngx_http_tesseral_srv_conf_s  ngx_http_tesseral_srv_conf_t;
typedef struct ngx_http_tesseral_loc_conf_s  ngx_http_tesseral_loc_conf_t;
typedef struct ngx_http_tesseral_api_keys_s  ngx_http_tesseral_api_keys_t;
typedef struct ngx_http_tesseral_lookup_s  ngx_http_tesseral_lookup_t;
typedef struct ngx_http_tesseral_revoked_s  ngx_http_tesseral_revoked_t;
typedef struct ngx_http_tesseral_requirement_s  ngx_http_tesseral_requirement_t;
typedef struct ngx_http_tesseral_permission_s  ngx_http_tesseral_permission_t;
typedef struct ngx_http_tesseral_condition_s  ngx_http_tesseral_condition_t;
typedef struct ngx_http_tesseral_ctx_s  ngx_http_tesseral_ctx_t;
typedef struct ngx_http_tesseral_held_s  ngx_http_tesseral_held_t;
typedef struct ngx_http_tesseral_exchange_s  ngx_http_tesseral_exchange_t;
typedef struct ngx_http_tesseral_identity_headers_s
    ngx_http_tesseral_identity_headers_t;
typedef struct ngx_http_tesseral_throttle_s  ngx_http_tesseral_throttle_t;
typedef struct ngx_http_tesseral_client_s  ngx_http_tesseral_client_t;
typedef struct ngx_http_tesseral_unwanted_s  ngx_http_tesseral_unwanted_t;
typedef struct ngx_http_tesseral_metrics_text_s
    ngx_http_tesseral_metrics_text_t;


extern ngx_module_t                     ngx_http_tesseral_module;
extern ngx_command_t                    ngx_http_tesseral_commands[];


/* so many milliseconds ago */
#define ngx_http_tesseral_since(then)                                         \
    ((ngx_msec_int_t) (ngx_current_msec - (then)))


static ngx_inline ngx_uint_t
ngx_http_tesseral_equal(ngx_str_t *one, ngx_str_t *two)
{
    return one->len == two->len
           && (one->len == 0
               || ngx_memcmp(one->data, two->data, one->len) == 0);
}


/* When this process last logged a fault, and how often it came since. */

struct ngx_http_tesseral_throttle_s {
    time_t                          at;
    ngx_uint_t                      more;
};


#include "ngx_http_tesseral_shared.h"
#include "ngx_http_tesseral_keys.h"
#include "ngx_http_tesseral_conf.h"
#include "ngx_http_tesseral_request.h"
#include "ngx_http_tesseral_upstream.h"
#include "ngx_http_tesseral_output.h"


#endif /* _NGX_HTTP_TESSERAL_H_INCLUDED_ */
