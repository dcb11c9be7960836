
/*
 * Copyright (C) the libtesseral_verify authors
 */


#include "ngx_http_tesseral.h"


#define NGX_HTTP_TESSERAL_INCLUDE  "include"


static ngx_int_t ngx_http_tesseral_digest_file(ngx_conf_t *cf,
    ngx_array_t *files, ngx_str_t *file, ngx_uint_t main, ngx_sha1_t *sha1);
static ngx_int_t ngx_http_tesseral_find_includes(ngx_conf_t *cf,
    ngx_array_t *files, u_char *text, size_t len);
static ngx_int_t ngx_http_tesseral_add_file(ngx_conf_t *cf,
    ngx_array_t *files, u_char *text, size_t len);
static ngx_int_t ngx_http_tesseral_push_file(ngx_array_t *files,
    ngx_str_t *file);


/*
 * A digest of the text of the configuration: of every file that nginx may have
 * read.  When the module cannot tell which files those are, the digest is a
 * random one, which no other configuration has.
 */

ngx_int_t
ngx_http_tesseral_digest_configuration(ngx_conf_t *cf, u_char *digest)
{
    ngx_int_t    rc;
    ngx_uint_t   i;
    ngx_str_t   *file;
    ngx_pool_t  *pool;
    ngx_sha1_t   sha1;
    ngx_array_t  files;

    pool = ngx_create_pool(16384, cf->log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    ngx_sha1_init(&sha1);

    if (cf->cycle->conf_param.len) {
        ngx_sha1_update(&sha1, cf->cycle->conf_param.data,
                        cf->cycle->conf_param.len);
    }

    if (ngx_array_init(&files, pool, 16, sizeof(ngx_str_t)) != NGX_OK
        || ngx_http_tesseral_push_file(&files, &cf->cycle->conf_file)
           != NGX_OK)
    {
        ngx_destroy_pool(pool);
        return NGX_ERROR;
    }

    rc = ngx_http_tesseral_find_includes(cf, &files,
                                         cf->cycle->conf_param.data,
                                         cf->cycle->conf_param.len);

    /* the files that a file includes are appended to the array */

    for (i = 0; rc == NGX_OK && i < files.nelts; i++) {
        file = files.elts;
        rc = ngx_http_tesseral_digest_file(cf, &files, &file[i], i == 0,
                                           &sha1);
    }

    ngx_destroy_pool(pool);

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (rc == NGX_DECLINED) {
        return ngx_http_tesseral_random(cf->log, digest,
                                        NGX_HTTP_TESSERAL_MARK);
    }

    ngx_sha1_final(digest, &sha1);

    return NGX_OK;
}


/* NGX_DECLINED: the module cannot tell what nginx has read there. */

static ngx_int_t
ngx_http_tesseral_digest_file(ngx_conf_t *cf, ngx_array_t *files,
    ngx_str_t *name, ngx_uint_t main, ngx_sha1_t *sha1)
{
    off_t            size;
    u_char          *text;
    ssize_t          n;
    ngx_fd_t         fd;
    ngx_int_t        rc;
    ngx_str_t        file;
    ngx_file_info_t  info;

    /* the array moves when it grows */

    file = *name;

    ngx_sha1_update(sha1, file.data, file.len + 1);

    fd = ngx_open_file(file.data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                       NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {

        /* an "include" in a comment may name a file that does not exist */

        if (!main && (ngx_errno == NGX_ENOENT || ngx_errno == NGX_ENOTDIR)) {
            return NGX_OK;
        }

        ngx_conf_log_error(NGX_LOG_WARN, cf, ngx_errno,
                           "tesseral: " ngx_open_file_n " \"%V\" failed: "
                           "answers about API keys are not kept over a reload",
                           &file);
        return NGX_DECLINED;
    }

    rc = NGX_DECLINED;
    text = NULL;
    size = 0;

    if (ngx_fd_info(fd, &info) == NGX_FILE_ERROR) {
        goto done;
    }

    if (!main && ngx_is_dir(&info)) {
        rc = NGX_OK;
        goto done;
    }

    if (!ngx_is_file(&info)) {
        goto done;
    }

    size = ngx_file_size(&info);

    text = ngx_alloc((size_t) size + 1, cf->log);
    if (text == NULL) {
        rc = NGX_ERROR;
        goto done;
    }

    n = ngx_read_fd(fd, text, (size_t) size + 1);

    if (n != (ssize_t) size) {
        goto done;
    }

    ngx_sha1_update(sha1, &size, sizeof(off_t));
    ngx_sha1_update(sha1, text, (size_t) size);

    rc = ngx_http_tesseral_find_includes(cf, files, text, (size_t) size);

done:

    if (rc == NGX_DECLINED) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "tesseral: \"%V\" cannot be read again: answers "
                           "about API keys are not kept over a reload", &file);
    }

    if (text) {
        ngx_free(text);
    }

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_ALERT, cf->log, ngx_errno,
                      ngx_close_file_n " \"%V\" failed", &file);
    }

    return rc;
}


/*
 * Adds the file that follows each word "include", wherever the word stands.  A
 * file too many does no harm, so this need not parse comments or blocks of
 * other languages.
 */

static ngx_int_t
ngx_http_tesseral_find_includes(ngx_conf_t *cf, ngx_array_t *files,
    u_char *text, size_t len)
{
    u_char     *p, *last, *name, quote;
    size_t      word;
    ngx_int_t   rc;

    p = text;
    last = text + len;
    word = sizeof(NGX_HTTP_TESSERAL_INCLUDE) - 1;

    while ((size_t) (last - p) > word) {

        if (ngx_memcmp(p, NGX_HTTP_TESSERAL_INCLUDE, word) != 0) {
            p++;
            continue;
        }

        p += word;
        name = p;
        quote = '\0';

        for ( ; name < last; name++) {

            if (*name == '"' || *name == '\'') {
                quote = *name;

            } else if (*name == ' ' || *name == '\t' || *name == CR
                       || *name == LF)
            {
                quote = '\0';

            } else if (*name == '#' && quote == '\0' && name > p) {
                while (name + 1 < last && name[1] != LF) {
                    name++;
                }

            } else {
                break;
            }
        }

        if (name == p) {
            continue;
        }

        for (p = name; p < last; p++) {
            if (quote ? *p == quote
                      : (*p == ' ' || *p == '\t' || *p == CR || *p == LF
                         || *p == ';'))
            {
                break;
            }
        }

        rc = ngx_http_tesseral_add_file(cf, files, name, p - name);
        if (rc != NGX_OK) {
            return rc;
        }

        /* a name may contain the word "include" without being a directive */

        p = name;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_tesseral_add_file(ngx_conf_t *cf, ngx_array_t *files, u_char *text,
    size_t len)
{
    ngx_int_t   rc;
    ngx_str_t   file, found;
    ngx_glob_t  gl;

    if (len == 0 || len > NGX_MAX_PATH) {
        return NGX_OK;
    }

    if (ngx_strlchr(text, text + len, '\\') != NULL) {
        return NGX_DECLINED;
    }

    file.data = ngx_pnalloc(files->pool, len + 1);
    if (file.data == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_cpystrn(file.data, text, len + 1);
    file.len = ngx_strlen(file.data);

    if (ngx_get_full_name(files->pool, &cf->cycle->conf_prefix, &file)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (strpbrk((char *) file.data, "*?[") == NULL) {
        return ngx_http_tesseral_push_file(files, &file);
    }

    ngx_memzero(&gl, sizeof(ngx_glob_t));

    gl.pattern = file.data;
    gl.log = cf->log;
    gl.test = 1;

    if (ngx_open_glob(&gl) != NGX_OK) {
        return NGX_DECLINED;
    }

    rc = NGX_OK;

    while (rc == NGX_OK && ngx_read_glob(&gl, &found) == NGX_OK) {

        file.data = ngx_pnalloc(files->pool, found.len + 1);
        if (file.data == NULL) {
            rc = NGX_ERROR;
            break;
        }

        (void) ngx_cpystrn(file.data, found.data, found.len + 1);
        file.len = found.len;

        rc = ngx_http_tesseral_push_file(files, &file);
    }

    ngx_close_glob(&gl);

    return rc;
}


static ngx_int_t
ngx_http_tesseral_push_file(ngx_array_t *files, ngx_str_t *file)
{
    ngx_str_t   *known;
    ngx_uint_t   i;

    known = files->elts;

    for (i = 0; i < files->nelts; i++) {
        if (ngx_http_tesseral_equal(&known[i], file)) {
            return NGX_OK;
        }
    }

    known = ngx_array_push(files);
    if (known == NULL) {
        return NGX_ERROR;
    }

    *known = *file;

    return NGX_OK;
}
