
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


/* octets of the longest token that the signature cache remembers */
#define NGX_HTTP_TESSERAL_CACHED_TOKEN  2048

/* the signature cache is set-associative: a set holds so many tokens */
#define NGX_HTTP_TESSERAL_CACHED_SET  8


static size_t ngx_http_tesseral_cache_room(ngx_uint_t sets);


char *
ngx_http_tesseral_check_cache_size(ngx_conf_t *cf, void *post, void *data)
{
    size_t  *size = data, least;

    least = ngx_http_tesseral_cache_room(1);

    if (*size != 0 && *size < least) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"tesseral_signature_cache\" is too small: it "
                           "needs at least %uz bytes", least);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_tesseral_init_cache(ngx_cycle_t *cycle,
    ngx_http_tesseral_main_conf_t *mcf)
{
    size_t       size, least;
    u_char      *memory, seed[16];
    uint32_t     status;
    ngx_uint_t   sets;

    if (mcf->cache_size == 0) {
        return NGX_OK;
    }

    least = ngx_http_tesseral_cache_room(1);
    sets = 1 + (mcf->cache_size - least)
               / (ngx_http_tesseral_cache_room(2) - least);
    size = tesseral_cache_size(sets * NGX_HTTP_TESSERAL_CACHED_SET,
                               NGX_HTTP_TESSERAL_CACHED_TOKEN);

    /* a client that knew the seed could evict the tokens of other clients */

    memory = ngx_pmemalign(cycle->pool, size, TESSERAL_CACHE_ALIGN);
    if (memory == NULL
        || ngx_http_tesseral_random(cycle->log, seed, sizeof(seed)) != NGX_OK)
    {
        return NGX_ERROR;
    }

    status = tesseral_cache_init(memory, size, NGX_HTTP_TESSERAL_CACHED_TOKEN,
                                 seed, sizeof(seed), &mcf->cache);
    if (status != TESSERAL_OK) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                      "tesseral: no signature cache (%uD %s): %s", status,
                      tesseral_status_slug(status),
                      tesseral_status_text(status));
        return NGX_ERROR;
    }

    mcf->identity_headers = ngx_pcalloc(cycle->pool,
                              tesseral_cache_slots(mcf->cache)
                              * sizeof(ngx_http_tesseral_identity_headers_t));

    return mcf->identity_headers ? NGX_OK : NGX_ERROR;
}


/* Bytes of a cache of so many sets, and of the headers for its tokens. */

static size_t
ngx_http_tesseral_cache_room(ngx_uint_t sets)
{
    size_t  tokens;

    tokens = sets * NGX_HTTP_TESSERAL_CACHED_SET;

    return tesseral_cache_size(tokens, NGX_HTTP_TESSERAL_CACHED_TOKEN)
           + tokens * sizeof(ngx_http_tesseral_identity_headers_t);
}
