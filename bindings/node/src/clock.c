/* What the rulebook is told besides its state: the time, and hashes of kids. */
#include <time.h>

#include "rulebook.h"

#ifdef CLOCK_BOOTTIME
#define STEADY CLOCK_BOOTTIME /* it also runs while the machine is suspended */
#else
#define STEADY CLOCK_MONOTONIC
#endif

static int64_t milliseconds(struct timespec time)
{
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

bool read_clocks(int64_t words[2])
{
    struct timespec steady, wall;
    if (clock_gettime(STEADY, &steady) != 0 || clock_gettime(CLOCK_REALTIME, &wall) != 0)
        return false;
    words[0] = milliseconds(steady);
    words[1] = milliseconds(wall);
    return true;
}

/* clock(): -> NOW */
static napi_value read_clock(napi_env env, napi_callback_info info)
{
    (void)info;
    return make_status(env, read_clocks(addon_of(env)->words) ? TESSERAL_OK : TESSERAL_ERR_INTERNAL_ERROR);
}

/* kidHash(kid, hash): writes the hash into a Uint8Array. */
static napi_value kid_hash(napi_env env, napi_callback_info info)
{
    tesseral_str kid = TESSERAL_STR_NONE;
    uint8_t *hash = NULL;
    napi_value argv[2];
    size_t argc = 2, len = 0;
    struct addon *const addon = addon_of(env);
    if (napi_get_cb_info(env, info, &argc, argv, NULL, NULL) != napi_ok || argc != 2 ||
        !read_text(env, argv[0], &addon->authorization, &kid) || !borrow_octets(env, argv[1], &hash, &len))
        return fail(env);
    return make_status(env, tesseral_kid_hash(kid.ptr, kid.len, hash, len));
}

bool add_clock(napi_env env, napi_value exports)
{
    return add_function(env, exports, "clock", read_clock, NULL) && add_function(env, exports, "kidHash", kid_hash, NULL);
}
