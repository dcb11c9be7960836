/* Surveys of documents, good and bad. */
#include "arguments.h"

static void surveys(size_t document_len)
{
    static const char plain[] =
        "{\"keys\":[7,{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"k\",\"x\":\"axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY\",\"y\":\"T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU\"}]}";
    const tesseral_verifier *verifier = NULL;
    tesseral_survey survey = TESSERAL_SURVEY_INIT;
    tesseral_options options = TESSERAL_OPTIONS_INIT;

#define SURVEY tesseral_survey_document
    survey.keys_usable = 77;
    REFUSED(INVALID, survey, SURVEY(NULL, document_len, &options, &survey));
    REFUSED(INVALID, survey, SURVEY(document, TOO_LONG, &options, &survey));
    REFUSED(INVALID, survey, SURVEY(document, document_len, askew(&options), &survey));
    EXPECT(INVALID, SURVEY(document, document_len, &options, NULL));
    EXPECT(INVALID, SURVEY(document, document_len, &options, askew(&survey)));
    REFUSED(INVALID, survey, SURVEY((void *)&survey, sizeof survey, &options, &survey));
    options.leeway_seconds = 301;
    REFUSED(INVALID, survey, SURVEY(document, document_len, &options, &survey));
    options.leeway_seconds = 0;
    survey.struct_size--;
    REFUSED(INVALID, survey, SURVEY(document, document_len, &options, &survey));
    survey.struct_size++;

    EXPECT(TESSERAL_OK, SURVEY(document, document_len, NULL, &survey));
    ASSERT(survey.keys_usable == 1 && survey.keys_skipped == 0 && survey.skipped_count == 0);
    ASSERT(survey.project_id_len == 33 && memcmp(survey.project_id, "project_", 8) == 0);
    ASSERT(survey.issuer_len == 54 && memcmp(survey.issuer, "https://project-", 16) == 0);
    for (uint32_t profile = 0; profile < TESSERAL_PROFILES; profile++)
        ASSERT(survey.memory_len[profile] == tesseral_verifier_size(profile, 1));

    EXPECT(TESSERAL_ERR_CONFIG_MALFORMED, SURVEY(octets("{\"keys\":1}"), 10, NULL, &survey));
    ASSERT(survey.error_offset == 8 && survey.keys_usable == 0 && survey.memory_len[0] == 0 && survey.issuer_len == 0);
    EXPECT(TESSERAL_ERR_CONFIG_MALFORMED, SURVEY(NULL, 0, NULL, &survey));
    ASSERT(survey.error_offset == 0);
    EXPECT(TESSERAL_ERR_CONFIG_TOO_LARGE, SURVEY(document, TESSERAL_MAX_DOCUMENT_LEN + 1, NULL, &survey));
    EXPECT(TESSERAL_ERR_CONFIG_NO_USABLE_KEY, SURVEY(octets("{\"keys\":[7]}"), 12, NULL, &survey));
    ASSERT(survey.keys_skipped == 1 && survey.skipped_count == 1 && survey.skipped[0].index == 0);
    ASSERT(strcmp(tesseral_skip_reason_slug(survey.skipped[0].reason), "not_an_object") == 0);
    ASSERT(survey.project_id_len == 0 && survey.issuer_len == 0 && survey.memory_len[0] == 0);
    EXPECT(TESSERAL_ERR_CONFIG_NO_ISSUER, SURVEY(octets(plain), strlen(plain), NULL, &survey));
    ASSERT(survey.keys_usable == 1 && survey.keys_skipped == 1 && survey.issuer_len == 0 && survey.memory_len[0] == 0);
    REFUSED(TESSERAL_ERR_CONFIG_NO_ISSUER, verifier, tesseral_verifier_new(octets(plain), strlen(plain), NULL, &verifier));
    options.project_id.ptr = octets("p_q");
    options.project_id.len = 3;
    EXPECT(TESSERAL_ERR_CONFIG_NO_USABLE_KEY, SURVEY(octets("{\"keys\":[7]}"), 12, &options, &survey));
    ASSERT(survey.keys_usable == 0 && survey.skipped_count == 1 && survey.memory_len[0] == 0);
    ASSERT(survey.project_id_len == 3 && memcmp(survey.project_id, "p_q", 4) == 0);
    ASSERT(survey.issuer_len == 24 && memcmp(survey.issuer, "https://p-q.tesseral.app", 25) == 0);
}

static void check_arguments(const struct given *given)
{
    surveys(given->document_len);
}
