/* Two Rust libraries in one program, each with its own standard library inside. */
#include <stdio.h>

#include "tesseral_verify.h"

int64_t other_rust_sum(uint32_t n);

int main(void)
{
    const tesseral_verifier *verifier;
    uint32_t status = tesseral_verifier_new(NULL, 0, NULL, &verifier);
    printf("%s %d %d\n", tesseral_status_slug(status), (int)other_rust_sum(4), (int)other_rust_sum(0));
    return 0;
}
