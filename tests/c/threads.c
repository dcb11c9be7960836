/*
 * Many threads share one verifier, which is replaced while they run:
 *
 *     threads SNAPSHOT TOKEN NOW
 *
 * Compiled with SHARED_SCRATCH, all threads use the same scratch memory, which they must not: a tool that finds races
 * has to find this one, which is inside the library.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <valgrind/helgrind.h>

#include "tesseral_verify.h"

#define THREADS 8
#ifndef TOKENS
#define TOKENS 200
#endif
#define VERIFIERS 10

static uint8_t document[TESSERAL_MAX_DOCUMENT_LEN];
static const char *token;
static int64_t now;
static _Atomic(const tesseral_verifier *) current;
static atomic_uint accepted, refused, wrong;

/* Every other token is tampered with. */
static void *verify(void *unused)
{
    size_t scratch_len = TESSERAL_SCRATCH_SIZE(TESSERAL_DEFAULT_MAX_TOKEN_LEN), len = strlen(token);
    uint8_t *scratch = malloc(scratch_len), *copy = malloc(len), *used = scratch;
    if (scratch == NULL || copy == NULL)
        exit(2);
#ifdef SHARED_SCRATCH
    static uint8_t shared[TESSERAL_SCRATCH_SIZE(TESSERAL_DEFAULT_MAX_TOKEN_LEN)];
    used = shared;
#endif
    memcpy(copy, token, len);
    for (int i = 0; i < TOKENS; i++) {
        tesseral_auth auth = TESSERAL_AUTH_INIT;
        uint32_t status;
        copy[len - 8] = (uint8_t)(i % 2 == 0 ? token[len - 8] : token[len - 8] == 'A' ? 'B' : 'A');
        status = tesseral_verify_token(atomic_load(&current), NULL, copy, len, now, used, scratch_len, &auth);
        atomic_fetch_add(status == (i % 2 == 0 ? TESSERAL_OK : TESSERAL_ERR_SIGNATURE_INVALID)
                             ? (i % 2 == 0 ? &accepted : &refused)
                             : &wrong, 1);
    }
    free(scratch);
    free(copy);
    return unused;
}

int main(int argc, char **argv)
{
    FILE *file = argc == 4 ? fopen(argv[1], "rb") : NULL;
    const tesseral_verifier *verifiers[VERIFIERS];
    pthread_t threads[THREADS];
    size_t document_len;
    if (file == NULL)
        return 2;
    document_len = fread(document, 1, sizeof document, file);
    fclose(file);
    /* Atomic, which helgrind does not see. */
    VALGRIND_HG_DISABLE_CHECKING(&current, sizeof current);
    VALGRIND_HG_DISABLE_CHECKING(&accepted, sizeof accepted);
    VALGRIND_HG_DISABLE_CHECKING(&refused, sizeof refused);
    VALGRIND_HG_DISABLE_CHECKING(&wrong, sizeof wrong);
    token = argv[2];
    now = strtoll(argv[3], NULL, 10);

    for (int i = 0; i < VERIFIERS; i++) {
        if (tesseral_verifier_new(document, document_len, NULL, &verifiers[i]) != TESSERAL_OK)
            return 2;
        atomic_store(&current, verifiers[i]);
        /* The first verification asks what the processor can do, and remembers it in an atomic as well. */
        if (i == 0)
            verify(NULL);
        for (int j = 0; i == 0 && j < THREADS; j++)
            if (pthread_create(&threads[j], NULL, verify, NULL) != 0)
                return 2;
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    /* The last reader has finished: now the verifiers may be freed. */
    for (int i = 0; i < VERIFIERS; i++)
        tesseral_verifier_free(verifiers[i]);
    printf("threads: %u accepted, %u refused, %u wrong\n", atomic_load(&accepted), atomic_load(&refused),
           atomic_load(&wrong));
    return atomic_load(&accepted) != (THREADS + 1) * TOKENS / 2 || atomic_load(&refused) != (THREADS + 1) * TOKENS / 2;
}
