
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


/*
 * Reads a whole file into the pool.  "kind" is the word for it in the log.
 * NGX_DECLINED: the file has more than "max" octets, which is not logged here.
 * "info" describes the file that was read.
 */

ngx_int_t
ngx_http_tesseral_read_file(ngx_pool_t *pool, ngx_uint_t level, char *kind,
    size_t max, ngx_str_t *file, ngx_str_t *text, ngx_file_info_t *info)
{
    size_t      size;
    ssize_t     n;
    ngx_fd_t    fd;
    ngx_int_t   rc;
    ngx_log_t  *log;

    log = pool->log;
    rc = NGX_ERROR;

    fd = ngx_open_file(file->data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                       NGX_FILE_OPEN, 0);
    if (fd == NGX_INVALID_FILE) {
        ngx_log_error(level, log, ngx_errno, "tesseral: " ngx_open_file_n
                      " %s \"%V\" failed", kind, file);
        return NGX_ERROR;
    }

    if (ngx_fd_info(fd, info) == NGX_FILE_ERROR) {
        ngx_log_error(level, log, ngx_errno, "tesseral: " ngx_fd_info_n
                      " %s \"%V\" failed", kind, file);
        goto done;
    }

    if (!ngx_is_file(info)) {
        ngx_log_error(level, log, 0, "tesseral: %s \"%V\" is not a file", kind,
                      file);
        goto done;
    }

    if (ngx_file_size(info) > (off_t) max) {
        rc = NGX_DECLINED;
        goto done;
    }

    size = (size_t) ngx_file_size(info);

    text->data = ngx_pnalloc(pool, size + 1);
    if (text->data == NULL) {
        goto done;
    }

    /* one octet more than its size shows whether the file has grown */

    n = ngx_read_fd(fd, text->data, size + 1);

    if (n != (ssize_t) size) {
        ngx_log_error(level, log, n < 0 ? ngx_errno : 0,
                      "tesseral: " ngx_read_fd_n " %s \"%V\" failed: "
                      "%z of %uz octets", kind, file, n, size);
        goto done;
    }

    text->len = size;
    rc = NGX_OK;

done:

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_errno,
                      ngx_close_file_n " \"%V\" failed", file);
    }

    return rc;
}


/* Whether a name has led to another file, or to another text, in between. */

ngx_uint_t
ngx_http_tesseral_file_changed(ngx_file_info_t *one, ngx_file_info_t *two)
{
    return one->st_mtim.tv_sec != two->st_mtim.tv_sec
           || one->st_mtim.tv_nsec != two->st_mtim.tv_nsec
           || one->st_size != two->st_size
           || one->st_ino != two->st_ino
           || one->st_dev != two->st_dev;
}
