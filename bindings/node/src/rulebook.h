/* What the two machines of the rulebook share: each call gets its state as a Uint8Array, and its rules as a BigUint64Array. */
#ifndef TESSERAL_ADDON_RULEBOOK_H
#define TESSERAL_ADDON_RULEBOOK_H

#include "addon.h"

enum { MOST_ARGUMENTS = 4 };

struct call {
    struct addon *addon;
    int64_t *words; /* arguments, then results */
    uint8_t *memory;
    size_t memory_len;
    napi_value rest[MOST_ARGUMENTS]; /* behind the state and the rules */
};

/* The state alone, or the state and `rule_count` rules, then `rest_count` more arguments. False: wrong arguments. */
bool read_call(napi_env env, napi_callback_info info, struct call *call, size_t rest_count);
bool read_call_rules(napi_env env, napi_callback_info info, struct call *call, uint64_t *rules, size_t rule_count,
                     size_t rest_count);

/* Writes both clocks into two words. False: the system has no such clock. */
bool read_clocks(int64_t words[2]);

/* Adds clock() and kidHash(). */
bool add_clock(napi_env env, napi_value exports);

/* The moment at a place of the words. */
tesseral_moment moment_at(const struct call *call, size_t place);
void tell_moment(struct call *call, size_t place, tesseral_moment moment);

#endif
