
/*
 * Copyright (C) the libtesseral_verify authors
 */


#ifndef _NGX_HTTP_TESSERAL_UPSTREAM_H_INCLUDED_
#define _NGX_HTTP_TESSERAL_UPSTREAM_H_INCLUDED_


/* The headers that the upstream gets. */


#define NGX_HTTP_TESSERAL_TOKEN_HEADERS  8     /* headers for one token */
#define NGX_HTTP_TESSERAL_MAX_ACTIONS    4096  /* octets of the header */


/* ngx_http_tesseral_identity_names[] */
#define NGX_HTTP_TESSERAL_CREDENTIALS_TYPE    0
#define NGX_HTTP_TESSERAL_PROJECT_ID          1
#define NGX_HTTP_TESSERAL_ORGANIZATION_ID     2
#define NGX_HTTP_TESSERAL_USER_ID             3
#define NGX_HTTP_TESSERAL_SESSION_ID          4
#define NGX_HTTP_TESSERAL_USER_EMAIL          5
#define NGX_HTTP_TESSERAL_API_KEY_ID          6
#define NGX_HTTP_TESSERAL_IMPERSONATOR_EMAIL  7
#define NGX_HTTP_TESSERAL_ACTIONS             8
#define NGX_HTTP_TESSERAL_ACTIONS_TRUNCATED   9
#define NGX_HTTP_TESSERAL_CLAIMS              10


/*
 * The identity headers for one credential, but for those that depend on the
 * location.  For tokens in the signature cache there is one for each slot.
 */

struct ngx_http_tesseral_identity_headers_s {
    uint64_t                        serial;  /* of the token in the slot */
    ngx_uint_t                      nelts;
    ngx_table_elt_t                 elts[NGX_HTTP_TESSERAL_TOKEN_HEADERS];
};


/* The cookies to remove: those of the projects, and one with a name. */

struct ngx_http_tesseral_unwanted_s {
    ngx_str_t                       projects[2];
    ngx_str_t                       name;
};


extern const ngx_str_t                  ngx_http_tesseral_identity_names[];


typedef ngx_uint_t (*ngx_http_tesseral_named_pt)(ngx_table_elt_t *h,
    void *data);

/* NGX_OK: stays.  NGX_DECLINED: goes. */
typedef ngx_int_t (*ngx_http_tesseral_edit_pt)(ngx_pool_t *pool,
    ngx_table_elt_t *h, void *data);


/* header_list */
ngx_int_t ngx_http_tesseral_edit_headers(ngx_http_request_t *r,
    ngx_http_tesseral_named_pt named, ngx_http_tesseral_edit_pt edit,
    void *data);
ngx_int_t ngx_http_tesseral_own_header_list(ngx_http_request_t *r);
ngx_uint_t ngx_http_tesseral_is_named(ngx_table_elt_t *h,
    const ngx_str_t *name);

/* identity_names */
ngx_uint_t ngx_http_tesseral_is_identity_name(ngx_str_t *name);

/* connection_header */
ngx_uint_t ngx_http_tesseral_connection_names_identity(ngx_table_elt_t *h);
ngx_int_t ngx_http_tesseral_edit_connection(ngx_pool_t *pool,
    ngx_table_elt_t *h);

/* strip_identity */
ngx_int_t ngx_http_tesseral_strip_identity(ngx_http_request_t *r);
ngx_int_t ngx_http_tesseral_remove_identity(ngx_http_request_t *r);

/* pass_identity */
ngx_int_t ngx_http_tesseral_precontent_handler(ngx_http_request_t *r);

/* strip_credentials */
ngx_uint_t ngx_http_tesseral_can_remove(ngx_str_t *variable);
ngx_int_t ngx_http_tesseral_remove_credentials(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx);

/* strip_cookies */
ngx_int_t ngx_http_tesseral_remove_cookies(ngx_http_request_t *r,
    ngx_http_tesseral_unwanted_t *unwanted);

/* encode */
ngx_int_t ngx_http_tesseral_encode(ngx_pool_t *pool,
    const tesseral_str *text, ngx_str_t *encoded);
ngx_int_t ngx_http_tesseral_encode_actions(ngx_pool_t *pool,
    tesseral_auth *auth, ngx_str_t *encoded);
ngx_int_t ngx_http_tesseral_encode_claims(ngx_pool_t *pool,
    tesseral_auth *auth, ngx_str_t *encoded);


#endif /* _NGX_HTTP_TESSERAL_UPSTREAM_H_INCLUDED_ */
