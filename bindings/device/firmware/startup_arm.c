/* Cortex-M: what the processor reads at address 0, and what happens before main(). */
#include "machine.h"

extern uint32_t data_begin[], data_end[], data_stored[], bss_begin[], bss_end[];
int main(void);

/* Arm v7-M Architecture Reference Manual, B3.2: the system control block and the SysTick timer. */
#define REGISTER(address) (*(volatile uint32_t *)(address))
#define CONFIGURATION_AND_CONTROL REGISTER(0xe000ed14)
#ifndef UNALIGNED_TRAPS
#define UNALIGNED_TRAPS (1u << 3)
#endif
#define SYSTICK_CONTROL REGISTER(0xe000e010)
#define SYSTICK_RELOAD REGISTER(0xe000e014)
#define SYSTICK_CURRENT REGISTER(0xe000e018)

void reset(void) __attribute__((noreturn));
void fault(void) __attribute__((noreturn));

void reset(void)
{
    const uint32_t *from = data_stored;
    for (uint32_t *to = data_begin; to < data_end; to++)
        *to = *from++;
    for (uint32_t *to = bss_begin; to < bss_end; to++)
        *to = 0;
    /* The library never needs an unaligned access: a fault shows one that slips in. */
    CONFIGURATION_AND_CONTROL |= UNALIGNED_TRAPS;
    machine_exit(main());
}

void fault(void)
{
    machine_say("fault\n");
    machine_exit(3);
}

typedef void (*handler)(void);
__attribute__((section(".vectors"), used)) static const handler vectors[] = {
    (handler)(uintptr_t)machine_stack_top, reset, fault, fault, fault, fault, fault,
};

/* SysTick counts 24 bits down, so that one measurement ends before 2^24 ticks. */
void machine_start_counting(void)
{
    SYSTICK_CONTROL = 0;
    SYSTICK_RELOAD = 0xffffff;
    SYSTICK_CURRENT = 0;
    SYSTICK_CONTROL = 5; /* the processor's clock, no interrupt */
}

uint32_t machine_ticks(void)
{
    return (0xffffff - SYSTICK_CURRENT) & 0xffffff;
}

uint32_t machine_tick(void)
{
    return MACHINE_TICK;
}
