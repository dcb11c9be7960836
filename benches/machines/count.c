/*
 * A plugin for qemu's user-mode emulator, made for one processor at a time. At each call of getppid it writes to standard error how
 * many instructions the program has executed since the call before.
 *
 *     qemu-aarch64 -plugin count.so,getppid=173 PROGRAM
 *
 * Debian has no header for plugins, so the few functions are declared here, in version 1 of that interface (qemu 4.2 and newer).
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct qemu_plugin_tb;

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, void (*translated)(uint64_t id, struct qemu_plugin_tb *block));
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *block, int operation, void *counter, uint64_t step);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
void qemu_plugin_register_vcpu_syscall_cb(uint64_t id,
                                          void (*called)(uint64_t id, unsigned vcpu, int64_t number, uint64_t, uint64_t,
                                                         uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t));
int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv);

enum { ADD_U64 = 0 };

int qemu_plugin_version = 1;

static uint64_t executed, before;
static int64_t getppid_number;

/* A block of instructions is executed from its first to its last. */
static void translated(uint64_t id, struct qemu_plugin_tb *block)
{
    (void)id;
    qemu_plugin_register_vcpu_tb_exec_inline(block, ADD_U64, &executed, qemu_plugin_tb_n_insns(block));
}

static void called(uint64_t id, unsigned vcpu, int64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
                   uint64_t f, uint64_t g, uint64_t h)
{
    (void)id, (void)vcpu, (void)a, (void)b, (void)c, (void)d, (void)e, (void)f, (void)g, (void)h;
    if (number != getppid_number)
        return;
    fprintf(stderr, "executed %" PRIu64 "\n", executed - before);
    before = executed;
}

int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
    (void)info;
    if (argc != 1 || strncmp(argv[0], "getppid=", 8) != 0)
        return -1;
    getppid_number = strtoll(argv[0] + 8, NULL, 10);
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_vcpu_syscall_cb(id, called);
    return 0;
}
