
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


/* Says at start what a level with "tesseral_auth" does not protect. */

void
ngx_http_tesseral_warn(ngx_conf_t *cf, ngx_http_tesseral_loc_conf_t *conf)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (conf->auth == NGX_HTTP_TESSERAL_ON
        && clcf->satisfy == NGX_HTTP_SATISFY_ANY)
    {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"satisfy any\" in \"%V\" does not hold for "
                           "subrequests: \"tesseral_auth\" alone decides there",
                           &clcf->name);
    }
}
