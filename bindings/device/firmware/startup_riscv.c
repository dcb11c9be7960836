/* RISC-V without an operating system: what happens before main(). */
#include "machine.h"

extern uint32_t data_begin[], data_end[], data_stored[], bss_begin[], bss_end[];
int main(void);

void reset(void) __attribute__((noreturn));
void fault(void) __attribute__((noreturn, aligned(4)));

/* The first instructions: there is no stack yet. */
__asm__(".section .vectors, \"ax\"\n"
        ".globl _start\n"
        "_start:\n"
        ".option push\n"
        ".option norelax\n"
        "la gp, __global_pointer$\n"
        ".option pop\n"
        "la sp, machine_stack_top\n"
        "la t0, fault\n"
        "csrw mtvec, t0\n"
        "j reset\n");

void reset(void)
{
    const uint32_t *from = data_stored;
    for (uint32_t *to = data_begin; to < data_end; to++)
        *to = *from++;
    for (uint32_t *to = bss_begin; to < bss_end; to++)
        *to = 0;
    machine_exit(main());
}

void fault(void)
{
    machine_say("fault\n");
    machine_exit(3);
}

static uint32_t retired(void)
{
    uint32_t number;
    __asm__ volatile("csrr %0, minstret" : "=r"(number));
    return number;
}

static uint32_t before;

void machine_start_counting(void)
{
    before = retired();
}

uint32_t machine_ticks(void)
{
    return retired() - before;
}

uint32_t machine_tick(void)
{
    return 1;
}
