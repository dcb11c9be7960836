
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static ngx_conf_enum_t  ngx_http_tesseral_phases[] = {
    { ngx_string("access"), NGX_HTTP_TESSERAL_ACCESS },
    { ngx_string("preaccess"), NGX_HTTP_TESSERAL_PREACCESS },
    { ngx_null_string, 0 }
};

static ngx_conf_enum_t  ngx_http_tesseral_pass_identity[] = {
    { ngx_string("off"), NGX_HTTP_TESSERAL_PASS_OFF },
    { ngx_string("on"), NGX_HTTP_TESSERAL_PASS_ON },
    { ngx_string("claims"), NGX_HTTP_TESSERAL_PASS_CLAIMS },
    { ngx_null_string, 0 }
};

static ngx_conf_post_t  ngx_http_tesseral_leeway_post = {
    ngx_http_tesseral_check_leeway
};

static ngx_conf_post_t  ngx_http_tesseral_realm_post = {
    ngx_http_tesseral_check_realm
};

static ngx_conf_post_t  ngx_http_tesseral_zone_post = {
    ngx_http_tesseral_check_zone_size
};

static ngx_conf_post_t  ngx_http_tesseral_signature_cache_post = {
    ngx_http_tesseral_check_cache_size
};


/* not in "if": what decides about access must not depend on rewriting */

#define NGX_HTTP_TESSERAL_ANYWHERE                                            \
    NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_HTTP_LMT_CONF


ngx_command_t  ngx_http_tesseral_commands[] = {

    { ngx_string("tesseral_auth"),
      NGX_HTTP_TESSERAL_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_tesseral_set_auth,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("tesseral_phase"),
      NGX_HTTP_TESSERAL_ANYWHERE|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_tesseral_loc_conf_t, phase),
      &ngx_http_tesseral_phases },

    { ngx_string("tesseral_snapshot"),
      NGX_HTTP_TESSERAL_ANYWHERE|NGX_CONF_TAKE12,
      ngx_http_tesseral_set_snapshot,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("tesseral_also"),
      NGX_HTTP_TESSERAL_ANYWHERE|NGX_CONF_TAKE2,
      ngx_http_tesseral_set_also,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("tesseral_config_request"),
      NGX_HTTP_TESSERAL_ANYWHERE|NGX_CONF_TAKE1234,
      ngx_http_tesseral_set_config_request,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("tesseral_project_id"),
      NGX_HTTP_TESSERAL_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_tesseral_set_short_text,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_tesseral_loc_conf_t, project_id),
      (void *) 64 },

    { ngx_string("tesseral_issuer"),
      NGX_HTTP_TESSERAL_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_tesseral_set_short_text,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_tesseral_loc_conf_t, issuer),
      (void *) 256 },

    { ngx_string("tesseral_leeway"),
      NGX_HTTP_TESSERAL_ANYWHERE|NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_tesseral_loc_conf_t, leeway),
      &ngx_http_tesseral_leeway_post },

    { ngx_string("tesseral_token"),
      NGX_HTTP_TESSERAL_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_tesseral_set_token,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("tesseral_api_keys"),
      NGX_HTTP_TESSERAL_ANYWHERE|NGX_CONF_TAKE1234,
      ngx_http_tesseral_set_api_keys,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("tesseral_revoked"),
      NGX_HTTP_TESSERAL_ANYWHERE|NGX_CONF_TAKE12,
      ngx_http_tesseral_set_revoked,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("tesseral_require_permission"),
      NGX_HTTP_TESSERAL_ANYWHERE|NGX_CONF_1MORE,
      ngx_http_tesseral_set_require_permission,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("tesseral_require"),
      NGX_HTTP_TESSERAL_ANYWHERE|NGX_CONF_1MORE,
      ngx_http_tesseral_set_require,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("tesseral_claim_set"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_2MORE,
      ngx_http_tesseral_set_claim_set,
      0,
      0,
      NULL },

    { ngx_string("tesseral_strip_identity"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_SRV_CONF_OFFSET,
      offsetof(ngx_http_tesseral_srv_conf_t, strip_identity),
      NULL },

    { ngx_string("tesseral_pass_identity"),
      NGX_HTTP_TESSERAL_ANYWHERE|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_tesseral_loc_conf_t, pass_identity),
      &ngx_http_tesseral_pass_identity },

    { ngx_string("tesseral_pass_credentials"),
      NGX_HTTP_TESSERAL_ANYWHERE|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_tesseral_loc_conf_t, pass_credentials),
      NULL },

    { ngx_string("tesseral_realm"),
      NGX_HTTP_TESSERAL_ANYWHERE|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_tesseral_loc_conf_t, realm),
      &ngx_http_tesseral_realm_post },

    { ngx_string("tesseral_www_authenticate"),
      NGX_HTTP_TESSERAL_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_tesseral_set_www_authenticate,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("tesseral_zone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_tesseral_main_conf_t, zone_size),
      &ngx_http_tesseral_zone_post },

    { ngx_string("tesseral_signature_cache"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_tesseral_main_conf_t, cache_size),
      &ngx_http_tesseral_signature_cache_post },

    { ngx_string("tesseral_metrics"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_tesseral_set_location_handler,
      0,
      0,
      (void *) ngx_http_tesseral_metrics_handler },

    { ngx_string("tesseral_ready"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_tesseral_set_location_handler,
      0,
      0,
      (void *) ngx_http_tesseral_ready_handler },

      ngx_null_command
};
