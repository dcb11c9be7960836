/*
 * Semihosting: the program asks the debugger or emulator, by an instruction that traps, to print, read files and end.
 * Arm, "Semihosting for AArch32 and AArch64"; RISC-V, "RISC-V Semihosting".
 */
#include "machine.h"

enum { SYS_OPEN = 0x01, SYS_WRITE0 = 0x04, SYS_READ = 0x06, SYS_EXIT = 0x18, SYS_EXIT_EXTENDED = 0x20 };
enum { OPEN_READ_BINARY = 1, APPLICATION_EXIT = 0x20026 };

static intptr_t ask(intptr_t operation, const void *argument)
{
#if defined(__arm__)
    register intptr_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
#elif defined(__riscv)
    register intptr_t a0 __asm__("a0") = operation;
    register const void *a1 __asm__("a1") = argument;
    /* The three instructions have to be uncompressed and on one page. */
    __asm__ volatile(".option push\n"
                     ".option norvc\n"
                     ".balign 16\n"
                     "slli x0, x0, 0x1f\n"
                     "ebreak\n"
                     "srai x0, x0, 7\n"
                     ".option pop\n"
                     : "+r"(a0)
                     : "r"(a1)
                     : "memory");
    return a0;
#else
#error "no semihosting for this processor"
#endif
}

void machine_say(const char *text)
{
    ask(SYS_WRITE0, text);
}

void machine_say_number(uint32_t number)
{
    char digits[11];
    char *first = digits + sizeof digits - 1;
    *first = '\0';
    do
        *--first = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    machine_say(first);
}

void machine_exit(int status)
{
    const uintptr_t arguments[2] = {APPLICATION_EXIT, (uintptr_t)status};
    ask(SYS_EXIT_EXTENDED, arguments);
    for (;;)
        ;
}

int machine_open(const char *path)
{
    uintptr_t arguments[3] = {(uintptr_t)path, OPEN_READ_BINARY, 0};
    while (path[arguments[2]] != '\0')
        arguments[2]++;
    return (int)ask(SYS_OPEN, arguments);
}

size_t machine_read(int file, uint8_t *to, size_t len)
{
    const uintptr_t arguments[3] = {(uintptr_t)file, (uintptr_t)to, len};
    /* The answer is how many octets are missing. */
    const intptr_t missing = ask(SYS_READ, arguments);
    return missing < 0 || (size_t)missing > len ? 0 : len - (size_t)missing;
}
