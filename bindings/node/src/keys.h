/* The keys of one configuration document, as the functions that judge by them get it. */
#ifndef TESSERAL_ADDON_KEYS_H
#define TESSERAL_ADDON_KEYS_H

#include "addon.h"

struct keys {
    struct shared shared;
    const tesseral_verifier *verifier;
    struct cache *cache; /* or NULL */
    uint8_t *memory;
    size_t scratch_len;
    struct addon *addon;
};

/* Adds the functions that judge requests and tokens to the object that stands for the keys. */
bool add_judgements(napi_env env, napi_value object, struct keys *keys);

#endif
