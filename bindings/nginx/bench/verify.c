/*
 * Measures the library's own time for a whole token. Its arguments are a snapshot, a file of tokens, and the time in seconds
 * since 1970. It prints two numbers, in nanoseconds for one call: the mean over all tokens without a signature cache, and the
 * mean over the first 64 tokens with one. Each is the best of several rounds. Every token must be good.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <tesseral_verify.h>

static _Alignas(TESSERAL_VERIFIER_ALIGN) uint8_t memory[TESSERAL_VERIFIER_SIZE(SERVER, 4)];
static uint8_t scratch[TESSERAL_SCRATCH_SIZE(TESSERAL_DEFAULT_MAX_TOKEN_LEN)];

static tesseral_str values[200000];
static const tesseral_verifier *verifier;

static double best_of_rounds(tesseral_cache *cache, size_t count, int rounds, int64_t now)
{
    double best = 1e18;
    for (int round = 0; round < rounds; round++) {
        struct timespec start, stop;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
        for (size_t i = 0; i < count; i++) {
            tesseral_headers headers = TESSERAL_HEADERS_INIT;
            tesseral_auth auth = TESSERAL_AUTH_INIT;
            headers.authorization = &values[i];
            headers.authorization_count = 1;
            if (tesseral_authenticate(verifier, cache, &headers, now, scratch, sizeof scratch, &auth, NULL) != TESSERAL_OK)
                exit(1);
        }
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &stop);
        double ns = (double)(stop.tv_sec - start.tv_sec) * 1e9 + (double)(stop.tv_nsec - start.tv_nsec);
        if (ns / (double)count < best)
            best = ns / (double)count;
    }
    return best;
}

static uint8_t *read_file(const char *name, size_t *len)
{
    FILE *file = fopen(name, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0)
        exit(2);
    *len = (size_t)ftell(file);
    rewind(file);
    uint8_t *octets = malloc(*len + 1);
    if (octets == NULL || fread(octets, 1, *len, file) != *len)
        exit(2);
    octets[*len] = '\0';
    return octets;
}

int main(int argc, char **argv)
{
    size_t document_len, tokens_len, count = 0;
    if (argc != 4)
        return 2;
    uint8_t *document = read_file(argv[1], &document_len), *tokens = read_file(argv[2], &tokens_len);
    int64_t now = strtoll(argv[3], NULL, 10);
    if (tesseral_verifier_init(memory, sizeof memory, document, document_len, NULL, &verifier) != TESSERAL_OK)
        return 1;

    static char bearer[64 << 20];
    char *end = bearer;
    for (char *token = strtok((char *)tokens, "\n"); token != NULL; token = strtok(NULL, "\n"), count++) {
        size_t len = (size_t)sprintf(end, "Bearer %s", token);
        values[count] = (tesseral_str){(const uint8_t *)end, len};
        end += len;
    }

    static _Alignas(64) uint8_t room[1 << 20];
    static const uint8_t seed[16];
    tesseral_cache *cache;
    if (tesseral_cache_init(room, sizeof room, 2048, seed, sizeof seed, &cache) != TESSERAL_OK)
        return 1;
    printf("%.1f %.1f\n", best_of_rounds(NULL, count, 5, now), best_of_rounds(cache, count < 64 ? count : 64, 2000, now));
    return 0;
}
