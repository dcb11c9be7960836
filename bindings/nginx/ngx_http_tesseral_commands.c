
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static char *ngx_http_tesseral_auth(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_tesseral_snapshot(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_tesseral_config_request(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_tesseral_short_text(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_tesseral_leeway(ngx_conf_t *cf, void *post, void *data);
static char *ngx_http_tesseral_token(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_tesseral_api_keys(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_tesseral_permission(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_tesseral_condition(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_tesseral_realm(ngx_conf_t *cf, void *post, void *data);
static char *ngx_http_tesseral_www_authenticate(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_tesseral_zone(ngx_conf_t *cf, void *post, void *data);
static char *ngx_http_tesseral_signature_cache(ngx_conf_t *cf, void *post,
    void *data);
static char *ngx_http_tesseral_location(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


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

    { ngx_string("tesseral_snapshot"),
      NGX_HTTP_TESSERAL_ANYWHERE|NGX_CONF_TAKE12,
      ngx_http_tesseral_snapshot,
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


/* name=value, where value is a time; NGX_DECLINED when it is another name */

static ngx_int_t
ngx_http_tesseral_time(ngx_str_t *argument, const char *name, ngx_msec_t *time)
{
    size_t     len;
    ngx_int_t  value;
    ngx_str_t  text;

    len = ngx_strlen(name);

    if (argument->len <= len
        || ngx_strncmp(argument->data, name, len) != 0)
    {
        return NGX_DECLINED;
    }

    text.data = argument->data + len;
    text.len = argument->len - len;

    value = ngx_parse_time(&text, 0);
    if (value == NGX_ERROR) {
        return NGX_ERROR;
    }

    *time = (ngx_msec_t) value;

    return NGX_OK;
}


static char *
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


/* One of the two sources for each level. */

static ngx_http_tesseral_key_source_t *
ngx_http_tesseral_key_source(ngx_conf_t *cf, ngx_http_tesseral_loc_conf_t *lcf)
{
    if (lcf->key_source != NGX_CONF_UNSET_PTR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "there is another \"tesseral_snapshot\" or "
                           "\"tesseral_config_request\" on this level");
        return NULL;
    }

    lcf->key_source = ngx_pcalloc(cf->pool,
                                  sizeof(ngx_http_tesseral_key_source_t));

    return lcf->key_source;
}


static char *
ngx_http_tesseral_snapshot(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_tesseral_loc_conf_t *lcf = conf;

    ngx_str_t                       *value;
    ngx_http_tesseral_key_source_t  *source;

    source = ngx_http_tesseral_key_source(cf, lcf);
    if (source == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    source->file = value[1];
    source->refresh = 60 * 1000;

    if (cf->args->nelts == 3
        && (ngx_http_tesseral_time(&value[2], "refresh=", &source->refresh)
            != NGX_OK
            || source->refresh == 0))
    {
        return ngx_http_tesseral_invalid(cf, cmd, &value[2]);
    }

    if (source->file.len == 0) {
        return ngx_http_tesseral_invalid(cf, cmd, &value[1]);
    }

    if (ngx_conf_full_name(cf->cycle, &source->file, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (ngx_http_tesseral_read_file(cf->pool, cf->log, NGX_LOG_EMERG,
                                    &source->file, &source->document,
                                    &source->info)
        != NGX_OK
        || ngx_http_tesseral_check_document(cf, &source->file,
                                            &source->document)
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_tesseral_config_request(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_tesseral_loc_conf_t *lcf = conf;

    ngx_int_t                        rc;
    ngx_str_t                       *value;
    ngx_uint_t                       i;
    ngx_http_tesseral_key_source_t  *source;

    source = ngx_http_tesseral_key_source(cf, lcf);
    if (source == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    if (value[1].len == 0 || value[1].data[0] != '/') {
        return ngx_http_tesseral_invalid(cf, cmd, &value[1]);
    }

    source->uri = value[1];
    source->refresh = 3600 * 1000;
    source->stale = 24 * 3600 * 1000;
    source->cooldown = 10 * 1000;

    for (i = 2; i < cf->args->nelts; i++) {
        rc = ngx_http_tesseral_time(&value[i], "refresh=", &source->refresh);

        if (rc == NGX_DECLINED) {
            rc = ngx_http_tesseral_time(&value[i], "stale=", &source->stale);
        }

        if (rc == NGX_DECLINED) {
            rc = ngx_http_tesseral_time(&value[i], "cooldown=",
                                        &source->cooldown);
        }

        if (rc != NGX_OK) {
            return ngx_http_tesseral_invalid(cf, cmd, &value[i]);
        }
    }

    if (source->refresh == 0 || source->cooldown == 0
        || source->stale < source->refresh)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"tesseral_config_request\" needs \"refresh\" and "
                           "\"cooldown\" above 0, and \"stale\" not below "
                           "\"refresh\"");
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* A string of 1 to cmd->post octets. */

static char *
ngx_http_tesseral_short_text(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char  *p = conf;

    ngx_str_t  *value, *field;

    field = (ngx_str_t *) (p + cmd->offset);

    if (field->data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len == 0 || value[1].len > (size_t) cmd->post) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" takes 1 to %uz octets", &cmd->name,
                           (size_t) cmd->post);
        return NGX_CONF_ERROR;
    }

    *field = value[1];

    return NGX_CONF_OK;
}


static char *
ngx_http_tesseral_leeway(ngx_conf_t *cf, void *post, void *data)
{
    time_t  *leeway = data;

    if (*leeway > 300) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"tesseral_leeway\" is at most 300s");
        return NGX_CONF_ERROR;
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

    return lcf->token == NGX_ERROR ? NGX_CONF_ERROR : NGX_CONF_OK;
}


static char *
ngx_http_tesseral_api_keys(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_tesseral_loc_conf_t *lcf = conf;

    ngx_int_t                      rc, max;
    ngx_str_t                     *value;
    ngx_uint_t                     i;
    ngx_http_tesseral_api_keys_t  *api_keys;

    if (lcf->api_keys != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        lcf->api_keys = NULL;
        return NGX_CONF_OK;
    }

    if (value[1].len == 0 || value[1].data[0] != '/') {
        return ngx_http_tesseral_invalid(cf, cmd, &value[1]);
    }

    api_keys = ngx_pcalloc(cf->pool, sizeof(ngx_http_tesseral_api_keys_t));
    if (api_keys == NULL) {
        return NGX_CONF_ERROR;
    }

    api_keys->uri = value[1];
    api_keys->negative = 5000;
    api_keys->max = 64;

    for (i = 2; i < cf->args->nelts; i++) {
        rc = ngx_http_tesseral_time(&value[i], "cache=", &api_keys->cache);

        if (rc == NGX_DECLINED) {
            rc = ngx_http_tesseral_time(&value[i], "negative=",
                                        &api_keys->negative);
        }

        if (rc == NGX_DECLINED && value[i].len > 4
            && ngx_strncmp(value[i].data, "max=", 4) == 0)
        {
            max = ngx_atoi(value[i].data + 4, value[i].len - 4);
            rc = max > 0 ? NGX_OK : NGX_ERROR;
            api_keys->max = max;
        }

        if (rc != NGX_OK) {
            return ngx_http_tesseral_invalid(cf, cmd, &value[i]);
        }
    }

    lcf->api_keys = api_keys;

    return NGX_CONF_OK;
}


static char *
ngx_http_tesseral_permission(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_tesseral_loc_conf_t *lcf = conf;

    ngx_str_t                       *value, *action;
    ngx_uint_t                       i;
    ngx_http_tesseral_permission_t  *permission;

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {

        if (lcf->permissions != NGX_CONF_UNSET_PTR) {
            return "is duplicate";
        }

        if (cf->args->nelts != 2) {
            return ngx_http_tesseral_invalid(cf, cmd, &value[2]);
        }

        lcf->permissions = NULL;
        return NGX_CONF_OK;
    }

    if (lcf->permissions == NULL) {
        return "is duplicate";
    }

    if (lcf->permissions == NGX_CONF_UNSET_PTR) {
        lcf->permissions = ngx_array_create(cf->pool, 2,
                                       sizeof(ngx_http_tesseral_permission_t));
        if (lcf->permissions == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    permission = ngx_array_push(lcf->permissions);
    if (permission == NULL) {
        return NGX_CONF_ERROR;
    }

    permission->any = (ngx_strcmp(value[1].data, "any") == 0);

    if (ngx_array_init(&permission->actions, cf->pool, cf->args->nelts,
                       sizeof(ngx_str_t))
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    for (i = 1 + permission->any; i < cf->args->nelts; i++) {
        if (value[i].len == 0) {
            return ngx_http_tesseral_invalid(cf, cmd, &value[i]);
        }

        action = ngx_array_push(&permission->actions);
        if (action == NULL) {
            return NGX_CONF_ERROR;
        }

        *action = value[i];
    }

    if (permission->actions.nelts == 0) {
        return "needs an action after \"any\"";
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_tesseral_condition(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_tesseral_loc_conf_t *lcf = conf;

    ngx_str_t                         *value;
    ngx_uint_t                         i, last;
    ngx_http_complex_value_t          *cv;
    ngx_http_tesseral_condition_t     *condition;
    ngx_http_compile_complex_value_t   ccv;

    if (lcf->conditions == NGX_CONF_UNSET_PTR) {
        lcf->conditions = ngx_array_create(cf->pool, 2,
                                       sizeof(ngx_http_tesseral_condition_t));
        if (lcf->conditions == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    condition = ngx_array_push(lcf->conditions);
    if (condition == NULL
        || ngx_array_init(&condition->values, cf->pool, cf->args->nelts,
                          sizeof(ngx_http_complex_value_t))
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;
    last = cf->args->nelts - 1;
    condition->error = NGX_HTTP_FORBIDDEN;

    if (ngx_strncmp(value[last].data, "error=", 6) == 0) {

        if (ngx_strcmp(value[last].data + 6, "401") == 0) {
            condition->error = NGX_HTTP_UNAUTHORIZED;

        } else if (ngx_strcmp(value[last].data + 6, "403") != 0) {
            return ngx_http_tesseral_invalid(cf, cmd, &value[last]);
        }

        last--;
    }

    for (i = 1; i <= last; i++) {

        /* a constant would be a condition that says nothing about anybody */

        if (value[i].len == 0 || value[i].data[0] != '$') {
            return ngx_http_tesseral_invalid(cf, cmd, &value[i]);
        }

        cv = ngx_array_push(&condition->values);
        if (cv == NULL) {
            return NGX_CONF_ERROR;
        }

        ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

        ccv.cf = cf;
        ccv.value = &value[i];
        ccv.complex_value = cv;

        if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    if (condition->values.nelts == 0) {
        return "needs a variable before \"error=\"";
    }

    return NGX_CONF_OK;
}


/* What a client could not tell from the end of a header's value. */

static ngx_uint_t
ngx_http_tesseral_printable(ngx_str_t *text)
{
    size_t  i;

    for (i = 0; i < text->len; i++) {
        if (text->data[i] < 0x20 || text->data[i] > 0x7e) {
            return 0;
        }
    }

    return 1;
}


static char *
ngx_http_tesseral_realm(ngx_conf_t *cf, void *post, void *data)
{
    ngx_str_t  *realm = data;

    if (!ngx_http_tesseral_printable(realm)
        || ngx_strlchr(realm->data, realm->data + realm->len, '"') != NULL
        || ngx_strlchr(realm->data, realm->data + realm->len, '\\') != NULL)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"tesseral_realm\" takes printable ASCII without "
                           "quotes and backslashes");
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_tesseral_www_authenticate(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_tesseral_loc_conf_t *lcf = conf;

    ngx_str_t  *value;

    if (lcf->challenge != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        lcf->challenge = NGX_HTTP_TESSERAL_CHALLENGE_OFF;

    } else if (ngx_strcmp(value[1].data, "on") == 0) {
        lcf->challenge = NGX_HTTP_TESSERAL_CHALLENGE_ON;

    } else if (value[1].len != 0 && ngx_http_tesseral_printable(&value[1])) {
        lcf->challenge = NGX_HTTP_TESSERAL_CHALLENGE_STRING;
        lcf->challenge_string = value[1];

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"tesseral_www_authenticate\" takes \"on\", "
                           "\"off\" or printable ASCII");
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_tesseral_zone(ngx_conf_t *cf, void *post, void *data)
{
    size_t  *size = data;

    if (*size < 8 * ngx_pagesize) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"tesseral_zone\" is too small: %uz octets are "
                           "the least", (size_t) (8 * ngx_pagesize));
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_tesseral_signature_cache(ngx_conf_t *cf, void *post, void *data)
{
    size_t  *size = data, least;

    least = tesseral_cache_size(8, NGX_HTTP_TESSERAL_CACHED_TOKEN);

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
