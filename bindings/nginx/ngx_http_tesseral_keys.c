
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static void ngx_http_tesseral_refused(ngx_http_tesseral_source_t *source,
    ngx_log_t *log, ngx_uint_t level, uint32_t status, size_t offset);


/*
 * Builds a verifier from a document.  The first one, which is small, tells
 * how many keys there are, so that the second has room for exactly those.
 */

uint32_t
ngx_http_tesseral_create_keys(ngx_http_tesseral_source_t *source,
    ngx_str_t *document, ngx_log_t *log, ngx_uint_t level,
    ngx_http_tesseral_keys_t **keys)
{
    size_t                     size, count, offset;
    u_char                    *memory;
    uint32_t                   status, profile;
    ngx_pool_t                *pool, *small;
    tesseral_str               project_id;
    tesseral_options           options = TESSERAL_OPTIONS_INIT;
    const tesseral_verifier   *verifier;
    ngx_http_tesseral_keys_t  *made;

    options.api_keys = 1;
    options.leeway_seconds = (uint32_t) source->leeway;
    options.issuer.ptr = source->issuer.data;
    options.issuer.len = source->issuer.len;
    options.project_id.ptr = source->project_id.data;
    options.project_id.len = source->project_id.len;

    pool = ngx_create_pool(1024, log);
    small = ngx_create_pool(1024, log);

    if (pool == NULL || small == NULL) {
        status = TESSERAL_ERR_INTERNAL_ERROR;
        goto failed;
    }

    profile = TESSERAL_PROFILE_TINY;
    count = TESSERAL_MAX_KEYS;
    offset = 0;

    for ( ;; ) {
        options.profile = profile;
        size = tesseral_verifier_size(profile, count);

        memory = ngx_pmemalign(profile == TESSERAL_PROFILE_TINY ? small : pool,
                               size, tesseral_verifier_align());
        if (memory == NULL) {
            status = TESSERAL_ERR_INTERNAL_ERROR;
            goto failed;
        }

        status = tesseral_verifier_init(memory, size, document->data,
                                        document->len, &options, &verifier,
                                        &offset);
        if (status != TESSERAL_OK) {
            ngx_http_tesseral_refused(source, log, level, status, offset);
            goto failed;
        }

        if (profile == TESSERAL_PROFILE_SERVER) {
            break;
        }

        profile = TESSERAL_PROFILE_SERVER;
        count = tesseral_verifier_keys_used(verifier);
    }

    made = ngx_pcalloc(pool, sizeof(ngx_http_tesseral_keys_t));
    if (made == NULL) {
        status = TESSERAL_ERR_INTERNAL_ERROR;
        goto failed;
    }

    (void) tesseral_verifier_project_id(verifier, &project_id);

    if (source->project_id.len != 0
        && (project_id.len != source->project_id.len
            || ngx_memcmp(project_id.ptr, source->project_id.data,
                          project_id.len)
               != 0))
    {
        ngx_log_error(level, log, 0,
                      "tesseral: keys of \"%V\" refused: they are of another "
                      "project than \"tesseral_project_id\" says",
                      source->file.len ? &source->file : &source->uri);
        status = TESSERAL_ERR_CONFIG_MALFORMED;
        goto failed;
    }

    made->pool = pool;
    made->verifier = verifier;
    made->project_id.data = (u_char *) project_id.ptr;
    made->project_id.len = project_id.len;
    made->references = 1;

    if (ngx_http_tesseral_encode(pool, &project_id, &made->encoded_project_id)
        != NGX_OK)
    {
        status = TESSERAL_ERR_INTERNAL_ERROR;
        goto failed;
    }

    ngx_destroy_pool(small);

    *keys = made;

    return TESSERAL_OK;

failed:

    if (pool) {
        ngx_destroy_pool(pool);
    }

    if (small) {
        ngx_destroy_pool(small);
    }

    return status;
}


static void
ngx_http_tesseral_refused(ngx_http_tesseral_source_t *source, ngx_log_t *log,
    ngx_uint_t level, uint32_t status, size_t offset)
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
