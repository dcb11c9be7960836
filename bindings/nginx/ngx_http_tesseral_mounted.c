
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


/* milliseconds between two checks, each of which may warn */
#define NGX_HTTP_TESSERAL_WARN  3600000

/* longest line of the mount table that is read */
#define NGX_HTTP_TESSERAL_MOUNT_LINE  8192


static ngx_uint_t ngx_http_tesseral_is_mount(ngx_str_t *file);


/*
 * When a single file is mounted into a container, the container keeps that
 * file: workers do not see another one that takes its name on the host.
 * "info" describes the file that they see, which has not changed.
 */

void
ngx_http_tesseral_warn_mounted(ngx_http_tesseral_source_t *source,
    ngx_file_info_t *info, ngx_log_t *log)
{
    ngx_uint_t  named;

    /* a file without a name has been replaced */

    named = (info->st_nlink != 0);

    if (source->mount_checked[named]
        && ngx_http_tesseral_since(source->mount_checked_at[named])
           < NGX_HTTP_TESSERAL_WARN)
    {
        return;
    }

    source->mount_checked[named] = 1;
    source->mount_checked_at[named] = ngx_current_msec;

    if (!named) {
        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "tesseral: snapshot \"%V\" was replaced where it is "
                      "mounted from, which nginx cannot see: mount its folder, "
                      "not the file", &source->file);
        return;
    }

    if (!ngx_http_tesseral_is_mount(&source->file)) {
        return;
    }

    ngx_log_error(NGX_LOG_WARN, log, 0,
                  "tesseral: tokens have unknown keys, and snapshot \"%V\" "
                  "does not change: it is mounted as a single file, so nginx "
                  "cannot see a file that replaces it: mount its folder",
                  &source->file);
}


/*
 * Looks the file up in Linux's mount table, where the path is the fifth field
 * of a line.
 */

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
