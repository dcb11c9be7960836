
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static ngx_uint_t ngx_http_tesseral_share_a_kid(
    const tesseral_verifier *one, const tesseral_verifier *two);
static ngx_uint_t ngx_http_tesseral_has_kid(const tesseral_verifier *verifier,
    tesseral_str *kid);
static uint32_t ngx_http_tesseral_check_kid_not_in(
    const tesseral_verifier *other, tesseral_auth *auth);


/* tesseral_also file project=ID */

char *
ngx_http_tesseral_set_also(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_tesseral_loc_conf_t *lcf = conf;

    ngx_str_t                       *value;
    ngx_http_tesseral_key_source_t  *source;

    static const ngx_http_tesseral_option_t  options[] = {
        { ngx_string("project="), NGX_HTTP_TESSERAL_OPTION_TEXT,
          offsetof(ngx_http_tesseral_loc_conf_t, also_project), 1,
          TESSERAL_MAX_PROJECT_ID_LEN },
        { ngx_null_string, 0, 0, 0, 0 }
    };

    if (lcf->also_source != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len == 0) {
        return ngx_http_tesseral_invalid(cf, cmd, &value[1]);
    }

    if (ngx_http_tesseral_set_options(cf, cmd, 2, options, lcf)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    source = ngx_pcalloc(cf->pool, sizeof(ngx_http_tesseral_key_source_t));
    if (source == NULL) {
        return NGX_CONF_ERROR;
    }

    lcf->also_source = source;

    source->file = value[1];
    source->refresh = 60 * 1000;

    return ngx_http_tesseral_first_document(cf, source);
}


/* Adds the source of the second project to a level that has one. */

char *
ngx_http_tesseral_merge_also(ngx_conf_t *cf,
    ngx_http_tesseral_loc_conf_t *prev, ngx_http_tesseral_loc_conf_t *conf)
{
    ngx_http_tesseral_keys_t      *first, *second;
    ngx_http_tesseral_loc_conf_t   also;

    if (conf->also_source == NGX_CONF_UNSET_PTR) {
        conf->also_project = prev->also_project;
    }

    ngx_conf_merge_ptr_value(conf->also_source, prev->also_source, NULL);

    if (conf->source == NULL || conf->also_source == NULL) {
        return NGX_CONF_OK;
    }

    /* the second project has an issuer of its own */

    ngx_memzero(&also, sizeof(ngx_http_tesseral_loc_conf_t));
    also.key_source = conf->also_source;
    also.project_id = conf->also_project;
    also.leeway = conf->leeway;

    conf->also = ngx_http_tesseral_add_source(cf, &also);
    if (conf->also == NULL) {
        return NGX_CONF_ERROR;
    }

    first = conf->source->keys;
    second = conf->also->keys;

    if (ngx_http_tesseral_equal(&conf->also_project,
                                &conf->source->project_id))
    {
        first = second;
    }

    if (first != NULL
        && ngx_http_tesseral_equal(&first->project_id, &second->project_id))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"tesseral_also\" names the same project as the "
                           "first source of keys");
        return NGX_CONF_ERROR;
    }

    if (first != NULL
        && ngx_http_tesseral_share_a_kid(first->verifier, second->verifier))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"tesseral_also\": both projects have a key with "
                           "the same ID");
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/*
 * Runs after the first project's verdict.  A token that the first project
 * refused may belong to the second.  API keys always belong to the first.
 * When both projects have a key with the same ID, a token with that ID is
 * refused.
 */

void
ngx_http_tesseral_authenticate_also(ngx_http_request_t *r,
    ngx_http_tesseral_loc_conf_t *lcf, ngx_http_tesseral_ctx_t *ctx,
    tesseral_headers *headers)
{
    uint32_t                        status;
    tesseral_auth                   auth = TESSERAL_AUTH_INIT;
    tesseral_hold                   hold = TESSERAL_HOLD_INIT;
    ngx_http_tesseral_keys_t       *keys;
    ngx_http_tesseral_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_tesseral_module);

    keys = ngx_http_tesseral_current_keys(lcf->also);

    if (keys == NULL) {
        return;
    }

    if (ctx->status == TESSERAL_OK) {
        ctx->status = ngx_http_tesseral_check_kid_not_in(keys->verifier,
                                                         &ctx->auth);
        return;
    }

    if (ctx->status == TESSERAL_ERR_API_KEY_LOOKUP_NEEDED
        || ctx->status == TESSERAL_ERR_INTERNAL_ERROR)
    {
        return;
    }

    headers->refuse_api_keys = 1;

    status = tesseral_authenticate(keys->verifier, mcf->cache, headers,
                                   ngx_time(), mcf->scratch, mcf->scratch_len,
                                   &auth, &hold);

    if (status == TESSERAL_OK) {

        ctx->auth = auth;
        ctx->held.hold = hold;

        if (hold.serial == 0) {
            status = ngx_http_tesseral_keep_auth(r->pool, &ctx->auth);
        }

        if (status == TESSERAL_OK) {
            status = ngx_http_tesseral_check_kid_not_in(
                         ctx->held.keys->verifier, &ctx->auth);
        }

        keys->references++;
        ngx_http_tesseral_release_keys(ctx->held.keys);
        ctx->held.keys = keys;
        ctx->status = status;

        return;
    }

    if (status == TESSERAL_ERR_KEY_UNKNOWN) {

        /*
         * neither project has the key; a changed file of the second may have
         * it
         */

        (void) ngx_http_tesseral_look_at_snapshot(lcf->also);
    }

    /* the verdict is that of the project that issued the credential */

    if (ctx->status == TESSERAL_ERR_CREDENTIALS_MISSING
        || (ctx->status == TESSERAL_ERR_KEY_UNKNOWN
            && status != TESSERAL_ERR_CREDENTIALS_MISSING))
    {
        ctx->status = status;
    }
}


static ngx_uint_t
ngx_http_tesseral_share_a_kid(const tesseral_verifier *one,
    const tesseral_verifier *two)
{
    ngx_uint_t    i;
    tesseral_str  kid;

    for (i = 0; i < tesseral_verifier_keys_used(one); i++) {
        if (tesseral_verifier_kid(one, i, &kid) == TESSERAL_OK
            && ngx_http_tesseral_has_kid(two, &kid))
        {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_http_tesseral_has_kid(const tesseral_verifier *verifier, tesseral_str *kid)
{
    ngx_uint_t    i;
    tesseral_str  known;

    for (i = 0; i < tesseral_verifier_keys_used(verifier); i++) {
        if (tesseral_verifier_kid(verifier, i, &known) == TESSERAL_OK
            && known.len == kid->len
            && ngx_memcmp(known.ptr, kid->ptr, known.len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* Refuses a token whose key ID the other project has, too. */

static uint32_t
ngx_http_tesseral_check_kid_not_in(const tesseral_verifier *other,
    tesseral_auth *auth)
{
    u_char        room[TESSERAL_MAX_KID_LEN];
    uint32_t      status;
    tesseral_str  kid;

    if (auth->credentials_type != TESSERAL_CREDENTIALS_ACCESS_TOKEN) {
        return TESSERAL_OK;
    }

    status = tesseral_auth_kid(auth, room, sizeof(room), &kid);

    if (status != TESSERAL_OK) {
        return status;
    }

    return kid.ptr == NULL || ngx_http_tesseral_has_kid(other, &kid)
           ? TESSERAL_ERR_KEY_UNKNOWN : TESSERAL_OK;
}
