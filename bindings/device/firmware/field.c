/*
 * Runs the assembly of src/es256/field on pairs of the integers in the file "integers", 32 bytes each, least octet first. Prints
 * a line for each integer: a checksum of its sums, differences and products with all of them, each below p.
 */
#include "machine.h"

enum { WORDS = 8, MAX_INTEGERS = 1024 };
typedef uint32_t integer[WORDS];

void tesseral_p256_mul(integer out, const integer a, const integer b);
void tesseral_p256_mul_add(integer out, const integer a, const integer b, const integer c, const integer d);
void tesseral_p256_add(integer out, const integer a, const integer b);
void tesseral_p256_sub(integer out, const integer a, const integer b);

static const integer p = {0xffffffff, 0xffffffff, 0xffffffff, 0, 0, 0, 1, 0xffffffff};
static integer integers[MAX_INTEGERS];
static uint32_t checksum;

/* FNV-1a over the words of the representative below p. */
static void take(const integer value)
{
    integer less;
    uint64_t borrow = 0;
    for (int i = 0; i < WORDS; i++) {
        const uint64_t word = (uint64_t)value[i] - p[i] - borrow;
        less[i] = (uint32_t)word;
        borrow = word >> 63;
    }
    for (int i = 0; i < WORDS; i++) {
        checksum = (checksum ^ (borrow ? value[i] : less[i])) * 16777619u;
        checksum ^= checksum >> 15;
    }
}

int main(void)
{
    const int file = machine_open("integers");
    const size_t count = file < 0 ? 0 : machine_read(file, (uint8_t *)integers, sizeof integers) / sizeof integers[0];
    for (size_t i = 0; i < count; i++) {
        checksum = 2166136261u;
        for (size_t j = 0; j < count; j++) {
            const uint32_t *const a = integers[i], *const b = integers[j], *const c = integers[count - 1 - i];
            integer out;
            tesseral_p256_add(out, a, b);
            take(out);
            tesseral_p256_sub(out, a, b);
            take(out);
            tesseral_p256_mul(out, a, b);
            take(out);
            tesseral_p256_mul_add(out, a, b, c, b);
            take(out);
        }
        machine_say_number(checksum);
        machine_say("\n");
    }
    return count == 0;
}
