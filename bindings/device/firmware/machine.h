/*
 * What the programs beside this file need of a machine. semihosting.c gives it on every machine that a debugger or an emulator
 * serves by Arm's or RISC-V's semihosting; a product puts its own flash, clock and serial line here.
 */
#ifndef MACHINE_H
#define MACHINE_H

#include <stddef.h>
#include <stdint.h>

/* Sends a text, which ends with a zero octet, to the console. */
void machine_say(const char *text);

/* Sends a number in decimal. */
void machine_say_number(uint32_t number);

/* Ends the program: 0 for success. */
void machine_exit(int status) __attribute__((noreturn));

/* Opens a file of the machine that runs the debugger, to be read. Returns a negative number when there is none. */
int machine_open(const char *path);

/* Reads up to len octets, fewer only at the end of the file. */
size_t machine_read(int file, uint8_t *to, size_t len);

/* Starts the counter that machine_ticks() reads. */
void machine_start_counting(void);

/*
 * Ticks since machine_start_counting(), in units of machine_tick(): processor cycles on a part; instructions under an emulator
 * that gives each instruction the same time.
 */
uint32_t machine_ticks(void);

/* How many cycles or instructions one tick stands for. */
uint32_t machine_tick(void);

/* The lowest and the first address past the stack. */
extern uint8_t machine_stack_bottom[], machine_stack_top[];

#endif
