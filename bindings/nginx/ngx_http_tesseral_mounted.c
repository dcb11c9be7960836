
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


/* milliseconds between two looks, each of which may warn */
#define NGX_HTTP_TESSERAL_WARN  3600000

/* octets of a line about a mount that are looked at */
#define NGX_HTTP_TESSERAL_MOUNT_LINE  8192


static ngx_uint_t ngx_http_tesseral_is_mount(ngx_str_t *file);


/*
 * A file that is mounted by itself into a container stays the one that it was:
 * workers do not see that another file takes its name outside.  info is that of
 * the file that they see, which has not changed.
 */

void
ngx_http_tesseral_warn_mounted(ngx_http_tesseral_source_t *source,
    ngx_file_info_t *info, ngx_log_t *log)
{
    ngx_uint_t  named;

    /* without a name, another file has taken it */

    named = (info->st_nlink != 0);

    if (source->looked[named]
        && ngx_http_tesseral_since(source->looked_at[named])
           < NGX_HTTP_TESSERAL_WARN)
    {
        return;
    }

    source->looked[named] = 1;
    source->looked_at[named] = ngx_current_msec;

    if (!named) {
        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "tesseral: snapshot \"%V\" was replaced where it is "
                      "mounted from, and that is not seen here: mount its "
                      "folder, not the file", &source->file);
        return;
    }

    if (!ngx_http_tesseral_is_mount(&source->file)) {
        return;
    }

    ngx_log_error(NGX_LOG_WARN, log, 0,
                  "tesseral: tokens have unknown keys, and snapshot \"%V\" "
                  "does not change: it is mounted by itself, so that a file "
                  "which replaces it is not seen here: mount its folder",
                  &source->file);
}


/* By Linux's table, where a path is the fifth field of a line. */

static ngx_uint_t
ngx_http_tesseral_is_mount(ngx_str_t *file)
{
    char         line[NGX_HTTP_TESSERAL_MOUNT_LINE], *path, *end;
    FILE        *table;
    ngx_uint_t   n, found;

    table = fopen("/proc/self/mountinfo", "r");
    if (table == NULL) {
        return 0;
    }

    found = 0;

    while (!found && fgets(line, sizeof(line), table)) {

        path = line;

        for (n = 0; n < 4 && path; n++) {
            path = ngx_strchr(path, ' ');
            path = path ? path + 1 : NULL;
        }

        end = path ? ngx_strchr(path, ' ') : NULL;

        found = end && (size_t) (end - path) == file->len
                && ngx_memcmp(path, file->data, file->len) == 0;
    }

    (void) fclose(table);

    return found;
}
