/*
 * Measures one profile: the ticks and the stack of loading a snapshot and of verifying a token, and the memory that the verifier
 * takes. With OPENED, the snapshot is not loaded but opened as an image. A line each: a name and a number.
 */
#include "machine.h"
#include "tesseral_verify.h"

enum { MAX_TOKEN_LEN = 2048, UNUSED = 0xa5 };

extern const uint8_t snapshot[], snapshot_end[], good_token[], good_token_end[];

static _Alignas(TESSERAL_VERIFIER_ALIGN) uint8_t memory[MEMORY_SIZE];
static uint8_t scratch[TESSERAL_SCRATCH_SIZE(MAX_TOKEN_LEN)];

static void say(const char *name, uint32_t number)
{
    machine_say(name);
    machine_say(" ");
    machine_say_number(number);
    machine_say("\n");
}

/* Fills the stack below this function, so that used_stack() sees how much of it was written to. */
static void __attribute__((noinline)) mark_stack(void)
{
    volatile uint8_t *const here = __builtin_frame_address(0);
    for (volatile uint8_t *at = machine_stack_bottom; at < here - 128; at++)
        *at = UNUSED;
}

static uint32_t __attribute__((noinline)) used_stack(void)
{
    const uint8_t *const here = __builtin_frame_address(0);
    const uint8_t *at = machine_stack_bottom;
    while (at < here && *at == UNUSED)
        at++;
    return (uint32_t)(here - at);
}

#ifdef OPENED
#define STARTING "open"

extern const uint8_t tesseral_image[], tesseral_image_digest[TESSERAL_IMAGE_DIGEST_LEN];
extern const size_t tesseral_image_len;

static uint32_t start(const tesseral_verifier **verifier)
{
    return tesseral_verifier_open(memory, sizeof memory, tesseral_image, tesseral_image_len, tesseral_image_digest, verifier);
}
#else
#define STARTING "load"

static uint32_t start(const tesseral_verifier **verifier)
{
    tesseral_options options = TESSERAL_OPTIONS_INIT;
    options.profile = PROFILE;
    options.max_token_len = MAX_TOKEN_LEN;
    return tesseral_verifier_init(memory, sizeof memory, snapshot, (size_t)(snapshot_end - snapshot), &options, verifier);
}
#endif

int main(void)
{
    const tesseral_verifier *verifier;
    tesseral_auth auth = TESSERAL_AUTH_INIT;
    const uint8_t *end = good_token_end;
    while (end > good_token && end[-1] == '\n')
        end--;

    mark_stack();
    machine_start_counting();
    uint32_t status = start(&verifier);
    uint32_t ticks = machine_ticks();
    if (status != TESSERAL_OK)
        return 2;
    say(STARTING "_instructions", ticks * machine_tick());
    say("stack_" STARTING "_bytes", used_stack());
    say("memory_bytes", sizeof memory);

    mark_stack();
    machine_start_counting();
    status = tesseral_verify_token(verifier, NULL, good_token, (size_t)(end - good_token), MINTED_AT, scratch,
                                   sizeof scratch, &auth);
    ticks = machine_ticks();
    say("verify_instructions", ticks * machine_tick());
    say("stack_verify_bytes", used_stack());
    return status != TESSERAL_OK;
}
