
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


/*
 * A mark names a source, or a look-up, in the shared memory.  After a reload,
 * nginx goes on to use what it finds there under the same mark.  So a mark may
 * stay the same only when "tesseral_project_id", or a snapshot, says that the
 * project is the same: nothing else ties a location to a project.  A document
 * is checked for its project; an answer about an API key does not name its
 * project.  For look-ups, the configuration must therefore also be the same to
 * the last octet.
 *
 * Two servers may have the same addresses and names.  So each mark ends in a
 * number, which tells apart sources that are otherwise equal.
 */


static void ngx_http_tesseral_mark_server(ngx_conf_t *cf, ngx_sha1_t *sha1,
    ngx_http_core_srv_conf_t *server);
static ngx_int_t ngx_http_tesseral_mark_configuration(ngx_conf_t *cf,
    ngx_sha1_t *sha1);
static ngx_int_t ngx_http_tesseral_mark_unique(ngx_conf_t *cf,
    ngx_sha1_t *sha1);


static void
ngx_http_tesseral_mark_part(ngx_sha1_t *sha1, const void *data, size_t len)
{
    ngx_sha1_update(sha1, &len, sizeof(size_t));

    if (len) {
        ngx_sha1_update(sha1, data, len);
    }
}


#define ngx_http_tesseral_mark_text(sha1, text)                               \
    ngx_http_tesseral_mark_part(sha1, (text)->data, (text)->len)

#define ngx_http_tesseral_mark_number(sha1, number)                           \
    ngx_http_tesseral_mark_part(sha1, &(number), sizeof(number))


ngx_int_t
ngx_http_tesseral_mark_source(ngx_conf_t *cf,
    ngx_http_tesseral_source_t *source)
{
    ngx_uint_t                       i, n;
    ngx_sha1_t                       sha1, numbered;
    ngx_http_tesseral_source_t     **sources;
    ngx_http_tesseral_main_conf_t   *mcf;

    ngx_sha1_init(&sha1);

    ngx_http_tesseral_mark_text(&sha1, &source->file);
    ngx_http_tesseral_mark_text(&sha1, &source->uri);
    ngx_http_tesseral_mark_text(&sha1, &source->project_id);
    ngx_http_tesseral_mark_text(&sha1, &source->issuer);

    if (source->server != NULL) {
        ngx_http_tesseral_mark_server(cf, &sha1, source->server);

        if (source->project_id.len == 0
            && ngx_http_tesseral_mark_unique(cf, &sha1) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_tesseral_module);
    sources = mcf->sources.elts;
    n = 0;

again:

    numbered = sha1;
    ngx_http_tesseral_mark_number(&numbered, n);
    ngx_sha1_final(source->mark, &numbered);

    for (i = 0; i < mcf->sources.nelts; i++) {
        if (ngx_memcmp(sources[i]->mark, source->mark,
                       NGX_HTTP_TESSERAL_MARK)
            == 0)
        {
            n++;
            goto again;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_tesseral_mark_lookup(ngx_conf_t *cf,
    ngx_http_tesseral_lookup_t *lookup)
{
    ngx_uint_t                       i, n;
    ngx_sha1_t                       sha1, numbered;
    ngx_http_tesseral_lookup_t     **lookups;
    ngx_http_tesseral_main_conf_t   *mcf;

    ngx_sha1_init(&sha1);

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_tesseral_module);
    lookups = mcf->lookups.elts;
    n = 0;

    /*
     * the age of an answer is checked by each look-up, so they may share a
     * mark
     */

    for (i = 0; i < mcf->lookups.nelts; i++) {
        if (lookups[i]->server == lookup->server
            && ngx_http_tesseral_equal(&lookups[i]->api_keys->uri,
                                       &lookup->api_keys->uri)
            && ngx_http_tesseral_equal(&lookups[i]->project_id,
                                       &lookup->project_id))
        {
            ngx_memcpy(lookup->mark, lookups[i]->mark, NGX_HTTP_TESSERAL_MARK);
            return NGX_OK;
        }
    }

    ngx_http_tesseral_mark_text(&sha1, &lookup->api_keys->uri);
    ngx_http_tesseral_mark_text(&sha1, &lookup->project_id);

    ngx_http_tesseral_mark_server(cf, &sha1, lookup->server);

    if ((lookup->project_id.len
         ? ngx_http_tesseral_mark_configuration(cf, &sha1)
         : ngx_http_tesseral_mark_unique(cf, &sha1))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

again:

    numbered = sha1;
    ngx_http_tesseral_mark_number(&numbered, n);
    ngx_sha1_final(lookup->mark, &numbered);

    for (i = 0; i < mcf->lookups.nelts; i++) {
        if (ngx_memcmp(lookups[i]->mark, lookup->mark,
                       NGX_HTTP_TESSERAL_MARK)
            == 0)
        {
            n++;
            goto again;
        }
    }

    return NGX_OK;
}


/* Adds all names and all addresses of the server. */

static void
ngx_http_tesseral_mark_server(ngx_conf_t *cf, ngx_sha1_t *sha1,
    ngx_http_core_srv_conf_t *server)
{
    ngx_uint_t                   i, j, k;
    ngx_http_conf_port_t        *port;
    ngx_http_conf_addr_t        *addr;
    ngx_http_server_name_t      *name;
    ngx_http_core_srv_conf_t   **servers;
    ngx_http_core_main_conf_t   *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    ngx_http_tesseral_mark_number(sha1, server->server_names.nelts);

    name = server->server_names.elts;

    for (i = 0; i < server->server_names.nelts; i++) {
        ngx_http_tesseral_mark_text(sha1, &name[i].name);
    }

    if (cmcf->ports == NULL) {
        return;
    }

    port = cmcf->ports->elts;

    for (i = 0; i < cmcf->ports->nelts; i++) {
        addr = port[i].addrs.elts;

        for (j = 0; j < port[i].addrs.nelts; j++) {
            servers = addr[j].servers.elts;

            for (k = 0; k < addr[j].servers.nelts; k++) {
                if (servers[k] == server) {
                    ngx_http_tesseral_mark_text(sha1, &addr[j].opt.addr_text);
                }
            }
        }
    }
}


static ngx_int_t
ngx_http_tesseral_mark_configuration(ngx_conf_t *cf, ngx_sha1_t *sha1)
{
    ngx_http_tesseral_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_tesseral_module);

    if (!mcf->config_digest_known) {
        if (ngx_http_tesseral_digest_configuration(cf, mcf->config_digest)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        mcf->config_digest_known = 1;
    }

    ngx_http_tesseral_mark_part(sha1, mcf->config_digest,
                                sizeof(mcf->config_digest));

    return NGX_OK;
}


/* Adds a random number, which no other configuration has. */

static ngx_int_t
ngx_http_tesseral_mark_unique(ngx_conf_t *cf, ngx_sha1_t *sha1)
{
    ngx_http_tesseral_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_tesseral_module);

    if (!mcf->unique_known) {
        if (ngx_http_tesseral_random(cf->log, mcf->unique,
                                     sizeof(mcf->unique))
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        mcf->unique_known = 1;
    }

    ngx_http_tesseral_mark_part(sha1, mcf->unique, sizeof(mcf->unique));

    return NGX_OK;
}
