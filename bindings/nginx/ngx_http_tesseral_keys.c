
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static void ngx_http_tesseral_log_refused_keys(
    ngx_http_tesseral_source_t *source, ngx_log_t *log, ngx_uint_t level,
    uint32_t status, size_t offset);


/*
 * Checks a snapshot where its directive stands, so that the message has the
 * line.  Issuer and project ID may be set elsewhere: merging checks those.
 */

ngx_int_t
ngx_http_tesseral_check_document(ngx_conf_t *cf, ngx_str_t *file,
    ngx_str_t *document)
{
    uint32_t         i, status;
    tesseral_survey  survey = TESSERAL_SURVEY_INIT;

    status = tesseral_survey_document(document->data, document->len, NULL,
                                      &survey);

    if (status == TESSERAL_ERR_CONFIG_MALFORMED) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "snapshot \"%V\" refused (%uD %s): %s "
                           "(after %uz octets)", file, status,
                           tesseral_status_slug(status),
                           tesseral_status_text(status), survey.error_offset);
        return NGX_ERROR;
    }

    if (status != TESSERAL_OK && status != TESSERAL_ERR_CONFIG_NO_ISSUER) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "snapshot \"%V\" refused (%uD %s): %s", file,
                           status, tesseral_status_slug(status),
                           tesseral_status_text(status));
        return NGX_ERROR;
    }

    for (i = 0; i < survey.skipped_count; i++) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "snapshot \"%V\": key %uD is not used: %s", file,
                           survey.skipped[i].index,
                           tesseral_skip_reason_slug(survey.skipped[i].reason));
    }

    if (survey.keys_skipped > i) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "snapshot \"%V\": %uz more keys are not used", file,
                           survey.keys_skipped - i);
    }

    return NGX_OK;
}


/*
 * The table of the curve's base point, which all verifiers of a configuration
 * share.  The workers have the pages that the master filled before it forked.
 * A verifier never outlives it: both end with the cycle.
 */

ngx_int_t
ngx_http_tesseral_create_base_table(ngx_conf_t *cf,
    const tesseral_base_table **base_table)
{
    u_char    *memory;
    uint32_t   status;

    memory = ngx_pmemalign(cf->pool, TESSERAL_BASE_TABLE_SIZE,
                           TESSERAL_VERIFIER_ALIGN);
    if (memory == NULL) {
        return NGX_ERROR;
    }

    status = tesseral_base_table_init(memory, TESSERAL_BASE_TABLE_SIZE,
                                      base_table);
    if (status != TESSERAL_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "tesseral: no base table (%uD %s): %s", status,
                           tesseral_status_slug(status),
                           tesseral_status_text(status));
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* Builds a verifier with room for exactly the keys of the document. */

uint32_t
ngx_http_tesseral_create_keys(ngx_http_tesseral_source_t *source,
    ngx_str_t *document, ngx_log_t *log, ngx_uint_t level,
    ngx_http_tesseral_keys_t **keys)
{
    size_t                     size;
    u_char                    *memory;
    uint32_t                   status;
    ngx_pool_t                *pool;
    tesseral_str               project_id;
    tesseral_survey            survey = TESSERAL_SURVEY_INIT;
    tesseral_options           options = TESSERAL_OPTIONS_INIT;
    ngx_http_tesseral_keys_t  *made;

    options.profile = TESSERAL_PROFILE_SERVER;
    options.api_keys = 1;
    options.base_table = source->base_table;
    options.leeway_seconds = (uint32_t) source->leeway;
    options.issuer.ptr = source->issuer.data;
    options.issuer.len = source->issuer.len;
    options.project_id.ptr = source->project_id.data;
    options.project_id.len = source->project_id.len;

    status = tesseral_survey_document(document->data, document->len, &options,
                                      &survey);
    if (status != TESSERAL_OK) {
        ngx_http_tesseral_log_refused_keys(source, log, level, status,
                                           survey.error_offset);
        return status;
    }

    if (source->project_id.len != 0
        && (survey.project_id_len != source->project_id.len
            || ngx_memcmp(survey.project_id, source->project_id.data,
                          survey.project_id_len)
               != 0))
    {
        ngx_log_error(level, log, 0,
                      "tesseral: keys of \"%V\" refused: they are of another "
                      "project than \"tesseral_project_id\" says",
                      source->file.len ? &source->file : &source->uri);
        return TESSERAL_ERR_CONFIG_MALFORMED;
    }

    pool = ngx_create_pool(1024, log);
    if (pool == NULL) {
        return TESSERAL_ERR_INTERNAL_ERROR;
    }

    size = survey.memory_len[TESSERAL_PROFILE_SERVER];
    memory = ngx_pmemalign(pool, size, TESSERAL_VERIFIER_ALIGN);
    made = ngx_pcalloc(pool, sizeof(ngx_http_tesseral_keys_t));

    if (memory == NULL || made == NULL) {
        status = TESSERAL_ERR_INTERNAL_ERROR;
        goto failed;
    }

    status = tesseral_verifier_init(memory, size, document->data,
                                    document->len, &options, &made->verifier);
    if (status != TESSERAL_OK) {
        ngx_http_tesseral_log_refused_keys(source, log, level, status, 0);
        goto failed;
    }

    (void) tesseral_verifier_project_id(made->verifier, &project_id);

    made->pool = pool;
    made->keys_skipped = survey.keys_skipped;
    made->project_id.data = (u_char *) project_id.ptr;
    made->project_id.len = project_id.len;
    made->references = 1;

    if (ngx_http_tesseral_encode(pool, &project_id, &made->encoded_project_id)
        != NGX_OK)
    {
        status = TESSERAL_ERR_INTERNAL_ERROR;
        goto failed;
    }

    *keys = made;

    return TESSERAL_OK;

failed:

    ngx_destroy_pool(pool);

    return status;
}


static void
ngx_http_tesseral_log_refused_keys(ngx_http_tesseral_source_t *source,
    ngx_log_t *log, ngx_uint_t level, uint32_t status, size_t offset)
{
    ngx_str_t  *name;

    name = source->file.len ? &source->file : &source->uri;

    if (status == TESSERAL_ERR_CONFIG_MALFORMED) {
        ngx_log_error(level, log, 0,
                      "tesseral: keys of \"%V\" refused (%uD %s): %s "
                      "(after %uz octets)", name, status,
                      tesseral_status_slug(status),
                      tesseral_status_text(status), offset);

    } else if (status == TESSERAL_ERR_CONFIG_NO_ISSUER) {
        ngx_log_error(level, log, 0,
                      "tesseral: keys of \"%V\" refused (%uD %s): the document "
                      "has no projectId: set \"tesseral_project_id\" or "
                      "\"tesseral_issuer\"", name, status,
                      tesseral_status_slug(status));

    } else {
        ngx_log_error(level, log, 0,
                      "tesseral: keys of \"%V\" refused (%uD %s): %s", name,
                      status, tesseral_status_slug(status),
                      tesseral_status_text(status));
    }
}


void
ngx_http_tesseral_release_keys(ngx_http_tesseral_keys_t *keys)
{
    if (--keys->references == 0) {
        ngx_destroy_pool(keys->pool);
    }
}
