
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static char *ngx_http_tesseral_auth(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_tesseral_token(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_tesseral_zone(ngx_conf_t *cf, void *post, void *data);
static char *ngx_http_tesseral_signature_cache(ngx_conf_t *cf, void *post,
    void *data);
static char *ngx_http_tesseral_location(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


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
    ngx_http_tesseral_leeway
};

static ngx_conf_post_t  ngx_http_tesseral_realm_post = {
    ngx_http_tesseral_realm
};

static ngx_conf_post_t  ngx_http_tesseral_zone_post = {
    ngx_http_tesseral_zone
};

static ngx_conf_post_t  ngx_http_tesseral_signature_cache_post = {
    ngx_http_tesseral_signature_cache
};


/* not in "if": what decides about access must not depend on rewriting */

#define NGX_HTTP_TESSERAL_ANYWHERE                                            \
    NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_HTTP_LMT_CONF


ngx_command_t  ngx_http_tesseral_commands[] = {

    { ngx_string("tesseral_auth"),
      NGX_HTTP_TESSERAL_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_tesseral_auth,
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
      ngx_http_tesseral_snapshot,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("tesseral_also"),
      NGX_HTTP_TESSERAL_ANYWHERE|NGX_CONF_TAKE2,
      ngx_http_tesseral_also,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("tesseral_config_request"),
      NGX_HTTP_TESSERAL_ANYWHERE|NGX_CONF_TAKE1234,
      ngx_http_tesseral_config_request,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("tesseral_project_id"),
      NGX_HTTP_TESSERAL_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_tesseral_short_text,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_tesseral_loc_conf_t, project_id),
      (void *) 64 },

    { ngx_string("tesseral_issuer"),
      NGX_HTTP_TESSERAL_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_tesseral_short_text,
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
      ngx_http_tesseral_token,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("tesseral_api_keys"),
      NGX_HTTP_TESSERAL_ANYWHERE|NGX_CONF_TAKE1234,
      ngx_http_tesseral_api_keys,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("tesseral_revoked"),
      NGX_HTTP_TESSERAL_ANYWHERE|NGX_CONF_TAKE12,
      ngx_http_tesseral_revoked,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("tesseral_require_permission"),
      NGX_HTTP_TESSERAL_ANYWHERE|NGX_CONF_1MORE,
      ngx_http_tesseral_permission,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("tesseral_require"),
      NGX_HTTP_TESSERAL_ANYWHERE|NGX_CONF_1MORE,
      ngx_http_tesseral_condition,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("tesseral_claim_set"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_2MORE,
      ngx_http_tesseral_claim_set,
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
      ngx_http_tesseral_www_authenticate,
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
      ngx_http_tesseral_location,
      0,
      0,
      (void *) ngx_http_tesseral_metrics_handler },

    { ngx_string("tesseral_ready"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_tesseral_location,
      0,
      0,
      (void *) ngx_http_tesseral_ready_handler },

      ngx_null_command
};


char *
ngx_http_tesseral_invalid(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_str_t *argument)
{
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\" in \"%V\" directive",
                       argument, &cmd->name);
    return NGX_CONF_ERROR;
}


static char *
ngx_http_tesseral_auth(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_tesseral_loc_conf_t *lcf = conf;

    ngx_str_t   *value;
    ngx_uint_t   i;

    static ngx_str_t  modes[] = {
        ngx_string("off"),
        ngx_string("on"),
        ngx_string("optional"),
        ngx_string("report")
    };

    if (lcf->auth != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (value[1].len == modes[i].len
            && ngx_strncmp(value[1].data, modes[i].data, modes[i].len) == 0)
        {
            lcf->auth = i;
        }
    }

    if (lcf->auth == NGX_CONF_UNSET_UINT) {
        return ngx_http_tesseral_invalid(cf, cmd, &value[1]);
    }

    if (lcf->auth == NGX_HTTP_TESSERAL_REPORT) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"tesseral_auth report\" PROTECTS NOTHING: "
                           "requests are judged and let through");
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_tesseral_token(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_tesseral_loc_conf_t *lcf = conf;

    ngx_str_t  *value, name;

    if (lcf->token != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len < 2 || value[1].data[0] != '$') {
        return ngx_http_tesseral_invalid(cf, cmd, &value[1]);
    }

    name.data = value[1].data + 1;
    name.len = value[1].len - 1;

    lcf->token = ngx_http_get_variable_index(cf, &name);
    lcf->token_name = name;

    return lcf->token == NGX_ERROR ? NGX_CONF_ERROR : NGX_CONF_OK;
}


static char *
ngx_http_tesseral_zone(ngx_conf_t *cf, void *post, void *data)
{
    size_t  *size = data;

    if (*size < 16 * ngx_pagesize) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"tesseral_zone\" is too small: %uz octets are "
                           "the least", (size_t) (16 * ngx_pagesize));
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_tesseral_signature_cache(ngx_conf_t *cf, void *post, void *data)
{
    size_t  *size = data, least;

    least = ngx_http_tesseral_cache_room(1);

    if (*size != 0 && *size < least) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"tesseral_signature_cache\" is too small: "
                           "%uz octets are the least", least);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* A location whose answers are ours. */

static char *
ngx_http_tesseral_location(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler) {
        return "is duplicate: the location has a handler";
    }

    clcf->handler = (ngx_http_handler_pt) cmd->post;

    return NGX_CONF_OK;
}
