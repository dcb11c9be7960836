/* A base table that verifiers share. */
#include "arguments.h"

static _Alignas(TESSERAL_VERIFIER_ALIGN) uint8_t table_memory[TESSERAL_BASE_TABLE_SIZE + 64];
static _Alignas(TESSERAL_VERIFIER_ALIGN) uint8_t sharing[TESSERAL_VERIFIER_SIZE(SHARING, 1) + 1];
static uint8_t scratch[SCRATCH];

static void build(void)
{
    const tesseral_base_table *table = NULL;

    memset(table_memory, 0xa5, sizeof table_memory);
    REFUSED(INVALID, table, tesseral_base_table_init(NULL, TESSERAL_BASE_TABLE_SIZE, &table));
    REFUSED(INVALID, table, tesseral_base_table_init(table_memory + 32, TESSERAL_BASE_TABLE_SIZE, &table));
    REFUSED(INVALID, table, tesseral_base_table_init(table_memory, TOO_LONG, &table));
    REFUSED(SMALL, table, tesseral_base_table_init(table_memory, 0, &table));
    REFUSED(SMALL, table, tesseral_base_table_init(table_memory, TESSERAL_BASE_TABLE_SIZE - 1, &table));
    REFUSED(INVALID, table, tesseral_base_table_init(table_memory, TESSERAL_BASE_TABLE_SIZE, NULL));
    REFUSED(INVALID, table, tesseral_base_table_init(table_memory, TESSERAL_BASE_TABLE_SIZE, askew(&table)));
    REFUSED(INVALID, table, tesseral_base_table_init(table_memory, TESSERAL_BASE_TABLE_SIZE, (void *)(table_memory + 64)));
    REFUSED(INVALID, table, tesseral_base_table_new(NULL));
    REFUSED(INVALID, table, tesseral_base_table_new(askew(&table)));
    for (size_t octet = 0; octet < sizeof table_memory; octet++)
        if (table_memory[octet] != 0xa5) {
            ASSERT(!"a refusal wrote into the memory");
            break;
        }

    EXPECT(TESSERAL_OK, tesseral_base_table_init(table_memory, TESSERAL_BASE_TABLE_SIZE, &table));
    ASSERT((const void *)table == table_memory);
    ASSERT(table_memory[TESSERAL_BASE_TABLE_SIZE - 1] != 0xa5 || table_memory[TESSERAL_BASE_TABLE_SIZE - 2] != 0xa5);
    ASSERT(table_memory[TESSERAL_BASE_TABLE_SIZE] == 0xa5);
    /* It is the caller's memory. */
    tesseral_base_table_free(table);
    tesseral_base_table_free(NULL);
}

/* Whether the token's verdict is the expected one, and that of a token with another signature a refusal. */
static void judges(const tesseral_verifier *verifier, const struct given *given)
{
    static char tampered[TESSERAL_DEFAULT_MAX_TOKEN_LEN];
    const size_t len = strlen(given->token);
    tesseral_auth auth = TESSERAL_AUTH_INIT;
    const int64_t now = given->now;

    EXPECT(TESSERAL_OK, VERIFY(verifier, octets(given->token), len, scratch, sizeof scratch, &auth));
    memcpy(tampered, given->token, len);
    tampered[len - 20] = tampered[len - 20] == 'A' ? 'B' : 'A';
    EXPECT(TESSERAL_ERR_SIGNATURE_INVALID, VERIFY(verifier, octets(tampered), len, scratch, sizeof scratch, &auth));
}

static void share(const struct given *given)
{
    const size_t exact = TESSERAL_VERIFIER_SIZE(SHARING, 1), document_len = given->document_len;
    const tesseral_verifier *verifier = NULL;
    const tesseral_base_table *table = NULL, *owned = NULL;
    tesseral_options options = TESSERAL_OPTIONS_INIT;
    tesseral_survey survey = TESSERAL_SURVEY_INIT;

    EXPECT(TESSERAL_OK, tesseral_base_table_init(table_memory, TESSERAL_BASE_TABLE_SIZE, &table));
    EXPECT(TESSERAL_OK, tesseral_base_table_new(&owned));
    options.base_table = table;

    REFUSED(SMALL, verifier, tesseral_verifier_init(sharing, exact - 1, document, document_len, &options, &verifier));
    REFUSED(INVALID, verifier, tesseral_verifier_init(table_memory, exact, document, document_len, &options, &verifier));
    REFUSED(INVALID, verifier,
            tesseral_verifier_init(sharing, exact, document, document_len, &options, (void *)(table_memory + 64)));
    options.base_table = askew((void *)table);
    REFUSED(INVALID, verifier, tesseral_verifier_init(sharing, exact, document, document_len, &options, &verifier));
    REFUSED(INVALID, verifier, tesseral_verifier_new(document, document_len, &options, &verifier));
    REFUSED(INVALID, survey, tesseral_survey_document(document, document_len, &options, &survey));
    options.base_table = NULL;
    REFUSED(SMALL, verifier, tesseral_verifier_init(sharing, exact, document, document_len, &options, &verifier));

    for (int of_library = 0; of_library < 2; of_library++) {
        options.base_table = of_library ? owned : table;
        EXPECT(TESSERAL_OK, tesseral_survey_document(document, document_len, &options, &survey));
        ASSERT(survey.memory_len[TESSERAL_PROFILE_SERVER] == exact);
        ASSERT(survey.memory_len[TESSERAL_PROFILE_COMPACT] == TESSERAL_VERIFIER_SIZE(COMPACT, 1));
        ASSERT(survey.memory_len[TESSERAL_PROFILE_TINY] == TESSERAL_VERIFIER_SIZE(TINY, 1));
        sharing[exact] = 0xa5;
        EXPECT(TESSERAL_OK, tesseral_verifier_init(sharing, exact, document, document_len, &options, &verifier));
        ASSERT(sharing[exact] == 0xa5);
        judges(verifier, given);
        EXPECT(TESSERAL_OK, tesseral_verifier_new(document, document_len, &options, &verifier));
        judges(verifier, given);
        tesseral_verifier_free(verifier);
    }
    /* The small profiles do not look at it. */
    options.profile = TESSERAL_PROFILE_TINY;
    EXPECT(TESSERAL_OK, tesseral_verifier_new(document, document_len, &options, &verifier));
    judges(verifier, given);
    tesseral_verifier_free(verifier);
    tesseral_base_table_free(owned);
}

static void check_arguments(const struct given *given)
{
    build();
    share(given);
}
