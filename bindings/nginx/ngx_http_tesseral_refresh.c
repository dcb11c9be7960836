
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


static void ngx_http_tesseral_refresh_handler(ngx_event_t *ev);


/* Has this process fetch keys when they are due, on an idle server, too. */

void
ngx_http_tesseral_keep_fresh(ngx_cycle_t *cycle,
    ngx_http_tesseral_source_t *source)
{
    source->timer.handler = ngx_http_tesseral_refresh_handler;
    source->timer.data = source;
    source->timer.log = cycle->log;
    source->timer.cancelable = 1;

    /* not before nginx is ready for connections */

    ngx_add_timer(&source->timer, 1);
}


/* A fetch has ended: the state says anew when the next one is due. */

void
ngx_http_tesseral_look_soon(ngx_http_tesseral_source_t *source)
{
    source->ask_at = ngx_current_msec;

    if (source->timer.timer_set) {
        ngx_add_timer(&source->timer, 1);
    }
}


static void
ngx_http_tesseral_refresh_handler(ngx_event_t *ev)
{
    ngx_http_tesseral_source_t *source = ev->data;

    ngx_msec_int_t  left;

    /* while old connections end, their requests fetch what they need */

    if (ngx_exiting) {
        return;
    }

    ngx_http_tesseral_refresh(source);

    /* builds the keys that another worker fetched now, not for a request */

    (void) ngx_http_tesseral_current(source);

    left = (ngx_msec_int_t) (source->ask_at - ngx_current_msec);

    ngx_add_timer(ev, (ngx_msec_t) ngx_max(left, NGX_HTTP_TESSERAL_POLL));
}
