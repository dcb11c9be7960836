/*
 * What the files of the addon share.
 *
 * The addon keeps no global state: each environment (the main thread, each worker thread) has a struct addon of its own. Objects
 * that JavaScript sees are plain objects of functions. The functions keep what they need alive by counting references.
 *
 * Numbers travel in two arrays that JavaScript makes once for each environment: `out`, of doubles, for what a judgement found,
 * and `words`, of 64-bit integers, for arguments and results of the rulebook.
 */
#ifndef TESSERAL_ADDON_H
#define TESSERAL_ADDON_H

#define NAPI_VERSION 8
#include <node_api.h>
#include <tesseral_verify.h>

/* Memory for one text of JavaScript. It grows when a text is longer. */
struct room {
    uint16_t *units; /* as JavaScript has it */
    uint8_t *octets; /* the same, one octet for each unit */
    size_t capacity; /* of both, in units */
};

/* The values of one header field. Most requests have one, which needs no memory beside this. */
struct field {
    napi_value element, *elements;
    tesseral_str value, *values;
    size_t count;
};

enum { MAX_FIELD_VALUES = 65536 };

struct addon {
    struct room authorization, cookie;
    uint8_t *scratch;
    size_t scratch_len;
    double *out;    /* OUT_COUNT of them */
    int64_t *words; /* WORD_COUNT of them */
};

/* Places in `out`. */
enum {
    OUT_SLOT,              /* where the cache holds the token, or -1 */
    OUT_SERIAL,            /* the token's serial number in the cache */
    OUT_SOURCE,            /* the credential is in: 0 Authorization, 1 Cookie */
    OUT_VALUE,             /* in which value of that header */
    OUT_OFFSET,            /* where it begins there */
    OUT_LENGTH,            /* how many octets it has */
    OUT_ORGANIZATION,      /* where the organization's ID stands in the payload's text, or -1 */
    OUT_ORGANIZATION_LEN,  /* how many characters it has */
    OUT_COUNT
};

enum { WORD_COUNT = 32 };

/* What functions share. The last function that is collected frees it. `bytes` of memory outside of JavaScript belong to it. */
struct shared {
    size_t references;
    int64_t bytes;
    void (*destroy)(napi_env env, struct shared *shared);
};

void shared_keep(struct shared *shared);
void shared_release(napi_env env, struct shared *shared);

/* Tells the garbage collector about these bytes. The release that destroys `shared` tells it that they are gone. */
void shared_count(napi_env env, struct shared *shared, size_t bytes);

/* Adds a function to an object; it keeps `shared` alive, which it gets as its data. False: an exception is pending. */
bool add_function(napi_env env, napi_value object, const char *name, napi_callback callback, struct shared *shared);

/* Throws, unless an exception is pending. Returns NULL, for a callback to return. */
napi_value fail(napi_env env);

struct addon *addon_of(napi_env env);

/* Scratch memory of at least so many bytes; NULL when memory is short. */
uint8_t *addon_scratch(struct addon *addon, size_t len);

/*
 * Copies the octets of a string or of a Uint8Array, because other threads may change those of a shared array. Each character of the
 * string stands for one octet, as in the header values of Node.js. A character over U+00FF becomes the octet 0xFF, which occurs in no
 * credential. False: the value is neither, or memory is short; nothing is thrown.
 */
bool read_octets(napi_env env, napi_value value, struct room *room, tesseral_str *octets);

/* The same, for a string that is ordinary text: it becomes UTF-8. */
bool read_text(napi_env env, napi_value value, struct room *room, tesseral_str *octets);

/* The octets of a Uint8Array where they are, for a function that writes there. */
bool borrow_octets(napi_env env, napi_value value, uint8_t **octets, size_t *len);

/*
 * The values of a header field: one, an array of them, or undefined. To look at an array may run functions of the application, which may
 * call the addon again. So all fields are collected before the first one is copied: copying runs none. release_field() is for each
 * field that was collected, also with false.
 */
bool collect_field(napi_env env, napi_value value, struct field *field);
bool copy_field(napi_env env, struct field *field, struct room *room);
void release_field(struct field *field);

/* Frees a room that one very long text has made large. */
void trim_room(struct room *room);

/* Makes a string of octets that are UTF-8. */
bool make_text(napi_env env, tesseral_str octets, napi_value *text);
bool is_ascii(tesseral_str octets);

napi_value make_status(napi_env env, uint32_t status);

/* A named member of an options object, when it has one of its own that is not undefined: those of a prototype do not count. */
bool option_text(napi_env env, napi_value options, const char *name, struct room *room, tesseral_str *octets);
bool option_number(napi_env env, napi_value options, const char *name, uint32_t *number);

/* Each adds its functions to the exports. */
bool add_status(napi_env env, napi_value exports);
bool add_keys(napi_env env, napi_value exports);
bool add_cache(napi_env env, napi_value exports);
bool add_api_keys(napi_env env, napi_value exports);
bool add_refresh(napi_env env, napi_value exports);
bool add_answers(napi_env env, napi_value exports);

/* A cache of tokens, of which JavaScript remembers what it made of them. */
struct cache {
    struct shared shared;
    tesseral_cache *cache;
    uint8_t *memory;
    uint64_t *told; /* for each slot, the serial number of the token whose sender JavaScript keeps */
};

struct cache *cache_of(napi_env env, napi_value value);

#endif
