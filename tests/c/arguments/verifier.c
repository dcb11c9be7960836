/* Building a verifier, and what it tells of itself. */
#include "arguments.h"

static _Alignas(TESSERAL_VERIFIER_ALIGN) uint8_t other[sizeof memory];

static void build(size_t document_len)
{
    const tesseral_verifier *verifier = NULL;
    tesseral_options options = TESSERAL_OPTIONS_INIT;
    const size_t exact = tesseral_verifier_size(TESSERAL_PROFILE_TINY, 1);
    options.profile = TESSERAL_PROFILE_TINY;
    options.api_keys = 1;
    memset(memory, 0xa5, sizeof memory);
    memcpy(other, memory, sizeof other);

#define INIT tesseral_verifier_init
    REFUSED(INVALID, verifier, INIT(NULL, exact, document, document_len, &options, &verifier));
    REFUSED(INVALID, verifier, INIT(memory + 1, exact, document, document_len, &options, &verifier));
    REFUSED(INVALID, verifier, INIT(memory + 32, exact, document, document_len, &options, &verifier));
    REFUSED(INVALID, verifier, INIT(memory, TOO_LONG, document, document_len, &options, &verifier));
    REFUSED(SMALL, verifier, INIT(memory, 0, document, document_len, &options, &verifier));
    REFUSED(SMALL, verifier, INIT(memory, exact - 1, document, document_len, &options, &verifier));
    REFUSED(INVALID, verifier, INIT(memory, exact, NULL, document_len, &options, &verifier));
    REFUSED(INVALID, verifier, INIT(memory, exact, document, TOO_LONG, &options, &verifier));
    REFUSED(INVALID, verifier, INIT(memory, exact, document, document_len, &options, NULL));
    REFUSED(INVALID, verifier, INIT(memory, exact, document, document_len, &options, askew(&verifier)));
    REFUSED(INVALID, verifier, INIT(memory, exact, document, document_len, askew(&options), &verifier));
    REFUSED(INVALID, verifier, INIT(memory, exact, memory + 100, document_len, &options, &verifier));
    REFUSED(INVALID, verifier, INIT(memory, exact, document, document_len, (void *)memory, &verifier));
    REFUSED(INVALID, verifier, INIT(memory, exact, document, document_len, &options, (void *)(memory + 64)));
    REFUSED(INVALID, verifier, INIT(memory, exact, document, document_len, &options, (void *)document));
    REFUSED(TESSERAL_ERR_CONFIG_TOO_LARGE, verifier,
            INIT(memory, exact, document, TESSERAL_MAX_DOCUMENT_LEN + 1, &options, &verifier));
    REFUSED(TESSERAL_ERR_CONFIG_MALFORMED, verifier, INIT(memory, exact, NULL, 0, &options, &verifier));
    REFUSED(TESSERAL_ERR_CONFIG_MALFORMED, verifier, INIT(memory, exact, document, document_len - 3, &options, &verifier));
    REFUSED(TESSERAL_ERR_CONFIG_MALFORMED, verifier, INIT(memory, exact, octets("{\"keys\":1}"), 10, &options, &verifier));
    REFUSED(TESSERAL_ERR_CONFIG_NO_USABLE_KEY, verifier,
            INIT(memory, exact, octets("{\"projectId\":\"p\",\"keys\":[]}"), 27, &options, &verifier));
    REFUSED(TESSERAL_ERR_CONFIG_NO_USABLE_KEY, verifier, INIT(memory, exact, octets("{\"keys\":[]}"), 11, &options, &verifier));

#define WITH(member, value, expected) \
    do { \
        tesseral_options changed = options; \
        changed.member = (value); \
        REFUSED(expected, verifier, INIT(memory, exact, document, document_len, &changed, &verifier)); \
        REFUSED(expected, verifier, tesseral_verifier_new(document, document_len, &changed, &verifier)); \
    } while (0)
    WITH(struct_size, 0, INVALID);
    WITH(struct_size, sizeof options - 1, INVALID);
    WITH(profile, 3, INVALID);
    WITH(leeway_seconds, 301, INVALID);
    WITH(max_token_len, 65537, INVALID);
    WITH(api_keys, 2, INVALID);
    WITH(reserved, 1, INVALID);
    WITH(issuer.len, 1, INVALID);
    WITH(project_id.len, TOO_LONG, INVALID);
    options.issuer.ptr = octets("\xff");
    WITH(issuer.len, 1, INVALID);
    options.issuer.ptr = document;
    WITH(issuer.len, 257, INVALID);
    options.issuer.ptr = NULL;
    options.project_id.ptr = document;
    WITH(project_id.len, 65, INVALID);
    options.project_id.ptr = NULL;

    REFUSED(INVALID, verifier, tesseral_verifier_new(NULL, 1, &options, &verifier));
    REFUSED(INVALID, verifier, tesseral_verifier_new(document, TOO_LONG, &options, &verifier));
    REFUSED(INVALID, verifier, tesseral_verifier_new(document, document_len, &options, NULL));
    REFUSED(INVALID, verifier, tesseral_verifier_new(document, document_len, &options, (void *)document));
    /* A refusal writes nothing, also not into the memory. */
    ASSERT(memcmp(memory, other, sizeof other) == 0);

    /* One octet less is too little, and the last octet is the last that is written. */
    EXPECT(TESSERAL_OK, INIT(memory, exact, document, document_len, &options, &verifier));
    ASSERT(memory[exact] == 0xa5);
    ASSERT((const void *)verifier == memory);
    tesseral_verifier_free(NULL);
    tesseral_verifier_free(verifier);
}

static void queries(const tesseral_verifier *verifier)
{
    tesseral_str text = {NULL, 99};

    ASSERT(tesseral_verifier_size(TESSERAL_PROFILE_SERVER, 0) == 0);
    ASSERT(tesseral_verifier_size(TESSERAL_PROFILE_SERVER, TESSERAL_MAX_KEYS + 1) == 0);
    ASSERT(tesseral_verifier_size(3, 1) == 0);
    for (size_t keys = 1; keys <= TESSERAL_MAX_KEYS; keys++) {
        ASSERT(tesseral_verifier_size(TESSERAL_PROFILE_SERVER, keys) == TESSERAL_VERIFIER_SIZE(SERVER, keys));
        ASSERT(tesseral_verifier_size(TESSERAL_PROFILE_COMPACT, keys) == TESSERAL_VERIFIER_SIZE(COMPACT, keys));
        ASSERT(tesseral_verifier_size(TESSERAL_PROFILE_TINY, keys) == TESSERAL_VERIFIER_SIZE(TINY, keys));
    }

    REFUSED(INVALID, text, tesseral_verifier_project_id(NULL, &text));
    REFUSED(INVALID, text, tesseral_verifier_project_id(askew((void *)verifier), &text));
    EXPECT(INVALID, tesseral_verifier_project_id(verifier, NULL));
    EXPECT(INVALID, tesseral_verifier_project_id(verifier, askew(&text)));
    EXPECT(INVALID, tesseral_verifier_project_id(verifier, (void *)(memory + 64)));
    REFUSED(INVALID, text, tesseral_verifier_issuer(NULL, &text));
    EXPECT(INVALID, tesseral_verifier_issuer(verifier, NULL));
    REFUSED(INVALID, text, tesseral_verifier_kid(NULL, 0, &text));
    REFUSED(INVALID, text, tesseral_verifier_kid(verifier, 1, &text));
    REFUSED(INVALID, text, tesseral_verifier_kid(verifier, SIZE_MAX, &text));
    EXPECT(INVALID, tesseral_verifier_kid(verifier, 0, NULL));
    ASSERT(tesseral_verifier_keys_used(NULL) == 0 && tesseral_verifier_keys_used(verifier) == 1);
    ASSERT(tesseral_verifier_scratch_size(NULL) == 0);
    ASSERT(tesseral_verifier_scratch_size(verifier) == SCRATCH);
    EXPECT(TESSERAL_OK, tesseral_verifier_kid(verifier, 0, &text));
    ASSERT(text.len == 45 && memcmp(text.ptr, "session_signing_key_", 20) == 0);
    EXPECT(TESSERAL_OK, tesseral_verifier_project_id(verifier, &text));
    ASSERT(text.len == 33 && memcmp(text.ptr, "project_", 8) == 0);
    EXPECT(TESSERAL_OK, tesseral_verifier_issuer(verifier, &text));
    ASSERT(text.len == 54 && memcmp(text.ptr, "https://project-", 16) == 0);
}

static void check_arguments(const struct given *given)
{
    queries(given->verifier);
    build(given->document_len);
}
