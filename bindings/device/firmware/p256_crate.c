/*
 * Counts what the crate p256 takes to verify the signature of the same token: p256-crate/ beside this folder. It checks no claim.
 */
#include "machine.h"
#include <stdbool.h>

bool p256_crate_load(const uint8_t *point);
bool p256_crate_verify(const uint8_t *token, size_t len);

extern const uint8_t good_token[], good_token_end[], tampered_token[], tampered_token_end[];

static const uint8_t point[65] = {POINT};

static size_t length(const uint8_t *token, const uint8_t *end)
{
    while (end > token && end[-1] == '\n')
        end--;
    return (size_t)(end - token);
}

int main(void)
{
    if (!p256_crate_load(point))
        return 2;
    machine_start_counting();
    const bool good = p256_crate_verify(good_token, length(good_token, good_token_end));
    const uint32_t ticks = machine_ticks();
    machine_say_number(ticks * machine_tick());
    return !good || p256_crate_verify(tampered_token, length(tampered_token, tampered_token_end));
}
