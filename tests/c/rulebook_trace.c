/*
 * Runs the trace of the rulebook through the C interface:
 *
 *     rulebook_trace FILE
 *
 * tests/vectors/README.md says what a line means. Exit status 1 on any disagreement, when none ran, and when not as many ran
 * as the file states.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tesseral_verify.h"

/* Runs one operation and writes its result, unless it returns a status that says it. */
struct operation {
    const char *name;
    uint32_t (*run)(void);
};

static _Alignas(TESSERAL_RULEBOOK_ALIGN) uint8_t states[2][TESSERAL_REFRESH_SIZE];
static uint8_t *refresh = states[0], *other = states[1];
static _Alignas(TESSERAL_RULEBOOK_ALIGN) uint8_t answers[TESSERAL_ANSWERS_SIZE(65536, 256)];
static size_t answers_size = 8;
static tesseral_refresh_rules refresh_rules = TESSERAL_REFRESH_RULES_INIT;
static tesseral_answers_rules answers_rules = TESSERAL_ANSWERS_RULES_INIT;
static char result[512];
static char *words;

#define SAY(...) snprintf(result, sizeof result, __VA_ARGS__)

static void die(const char *what)
{
    fprintf(stderr, "rulebook_trace: %s\n", what);
    exit(2);
}

static char *text(void)
{
    char *word = words;
    if (word == NULL)
        die("a word is missing");
    words = strchr(word, ' ');
    if (words != NULL)
        *words++ = '\0';
    return word;
}

static int64_t number(void)
{
    return strtoll(text(), NULL, 10);
}

static uint64_t count(void)
{
    return strtoull(text(), NULL, 10);
}

/* A rule that may be none, which is 0 in the file. */
static uint64_t rule(void)
{
    const uint64_t given = count();
    return given == 0 ? TESSERAL_RULES_NONE : given;
}

static tesseral_moment moment(void)
{
    tesseral_moment moment;
    moment.steady = number();
    moment.wall = number();
    return moment;
}

static tesseral_flight flight(void)
{
    tesseral_flight flight;
    flight.number = count();
    flight.began = moment();
    return flight;
}

static tesseral_api_key_name api_key(void)
{
    tesseral_api_key_name name;
    memset(name.scope, (int)number(), sizeof name.scope);
    memset(name.fingerprint, (int)number(), sizeof name.fingerprint);
    return name;
}

/* The constant for a word: they count from 1. */
static uint32_t constant(const char *word, const char *const *all)
{
    uint32_t found = 1;
    while (all[found - 1] != NULL && strcmp(all[found - 1], word) != 0)
        found++;
    return found;
}

static const char *const changes[] = {"same", "text", "keys", NULL};
static const char *const verdicts[] = {"good", "invalid", "not_permitted", "failed", NULL};

static void say_numbered(const char *what, uint64_t which, tesseral_moment when)
{
    SAY("%s %" PRIu64 " %" PRId64 " %" PRId64, what, which, when.steady, when.wall);
}

static uint32_t refresh_init(void)
{
    uint8_t seed[16];
    tesseral_moment now;
    memset(seed, (int)number(), sizeof seed);
    now = moment();
    return tesseral_refresh_init(refresh, sizeof states[0], seed, sizeof seed, &now);
}

/* Each call judges its rules: here one about a state that is there for this. */
static uint32_t refresh_rules_set(void)
{
    static _Alignas(TESSERAL_RULEBOOK_ALIGN) uint8_t spare[TESSERAL_REFRESH_SIZE];
    const tesseral_moment now = {0, 0};
    tesseral_refresh_rules given = TESSERAL_REFRESH_RULES_INIT;
    uint64_t due;
    uint32_t status;
    given.interval_ms = count();
    given.stale_ms = count();
    given.cooldown_ms = count();
    given.timeout_ms = count();
    given.wait_ms = rule();
    given.waiters = (uint32_t)rule();
    if (tesseral_refresh_init(spare, sizeof spare, answers, 16, &now) != TESSERAL_OK)
        die("no state");
    status = tesseral_refresh_due_in(spare, sizeof spare, &now, &given, &due);
    if (status == TESSERAL_OK)
        refresh_rules = given;
    return status;
}

static uint32_t change_word(uint8_t *memory, size_t place, uint64_t set, uint64_t flip)
{
    uint64_t word;
    memcpy(&word, memory + 8 * place, sizeof word);
    word = (word | set) ^ flip;
    memcpy(memory + 8 * place, &word, sizeof word);
    return TESSERAL_OK;
}

static uint32_t refresh_tear(void)
{
    return change_word(refresh, 1, 1, 0);
}

static uint32_t refresh_alien(void)
{
    return change_word(refresh, 0, 0, 1);
}

static uint32_t refresh_poll(void)
{
    const tesseral_moment now = moment();
    tesseral_poll poll = TESSERAL_POLL_INIT;
    const uint32_t status = tesseral_refresh_poll(refresh, sizeof states[0], &now, &refresh_rules, &poll);
    if (poll.act == TESSERAL_POLL_FETCH)
        say_numbered("fetch", poll.flight.number, poll.flight.began);
    else
        SAY("%s %" PRId64, poll.act == TESSERAL_POLL_AT ? "at" : "in_flight", poll.until);
    return status;
}

static uint32_t refresh_landed(void)
{
    const tesseral_flight landed = flight();
    const uint32_t change = constant(text(), changes);
    const uint64_t handle = count(), len = count();
    const tesseral_moment now = moment();
    uint32_t taken = 0, status;
    uint64_t freed = 0;
    status = tesseral_refresh_landed(refresh, sizeof states[0], &landed, change, handle, len, &now, &taken, &freed);
    if (taken == TESSERAL_TAKEN_IN_USE)
        SAY("in_use %" PRIu64, freed);
    else
        SAY("%s", taken == TESSERAL_TAKEN_LATE ? "late" : "?");
    return status;
}

static uint32_t refresh_failed(void)
{
    const tesseral_flight failed = flight();
    const tesseral_moment now = moment();
    return tesseral_refresh_failed(refresh, sizeof states[0], &failed, &now);
}

static uint32_t refresh_abandoned(void)
{
    const tesseral_flight abandoned = flight();
    const tesseral_moment now = moment();
    return tesseral_refresh_abandoned(refresh, sizeof states[0], &abandoned, &now);
}

static uint32_t refresh_restore(void)
{
    static const char *const names[] = {"?", "in_use", "not_newer", "too_old", "from_the_future"};
    const int64_t began = number();
    const uint64_t handle = count(), len = count();
    const tesseral_moment now = moment();
    uint32_t restored = 0, status;
    uint64_t freed = 0;
    status = tesseral_refresh_restore(refresh, sizeof states[0], began, handle, len, &now, &refresh_rules, &restored, &freed);
    if (restored == TESSERAL_RESTORED_IN_USE)
        SAY("in_use %" PRIu64, freed);
    else
        SAY("%s", names[restored]);
    return status;
}

static uint32_t refresh_request(void)
{
    uint8_t hashes[8 * TESSERAL_KID_HASH_LEN];
    size_t used = 0;
    char *kid = text();
    const tesseral_moment now = moment();
    tesseral_request request = TESSERAL_REQUEST_INIT;
    uint32_t need = TESSERAL_NEED_KIDS, status;
    if (strcmp(kid, "nothing") == 0)
        need = TESSERAL_NEED_NOTHING;
    else if (strcmp(kid, "document") == 0)
        need = TESSERAL_NEED_DOCUMENT;
    else
        for (kid = strtok(kid, ","); kid != NULL; kid = strtok(NULL, ",")) {
            if (tesseral_kid_hash((const uint8_t *)kid, strlen(kid), hashes + used, sizeof hashes - used) != TESSERAL_OK)
                die("too many kids");
            used += TESSERAL_KID_HASH_LEN;
        }
    status = tesseral_refresh_request(refresh, sizeof states[0], need, hashes, used, &now, &refresh_rules, &request);
    if (request.act == TESSERAL_REQUEST_FETCH)
        say_numbered("fetch", request.flight.number, request.flight.began);
    else if (request.act != TESSERAL_REQUEST_WAIT)
        SAY("%s", request.act == TESSERAL_REQUEST_PROCEED ? "proceed" : "?");
    else if (request.wait.place == TESSERAL_NO_PLACE)
        SAY("wait %" PRId64 " -", request.wait.until);
    else
        SAY("wait %" PRId64 " %" PRIu32, request.wait.until, request.wait.place);
    strcat(result, request.wake ? " wake" : " sleep");
    return status;
}

static uint32_t refresh_attention_at(void)
{
    const tesseral_moment now = moment();
    int64_t at = 0;
    const uint32_t status = tesseral_refresh_attention_at(refresh, sizeof states[0], &now, &refresh_rules, &at);
    SAY("%" PRId64, at);
    return status;
}

static uint32_t refresh_waited(void)
{
    tesseral_wait wait = {0, TESSERAL_NO_PLACE, 0};
    const char *place;
    wait.until = number();
    place = text();
    if (strcmp(place, "-") != 0)
        wait.place = (uint32_t)strtoul(place, NULL, 10);
    return tesseral_refresh_waited(refresh, sizeof states[0], &wait);
}

static uint32_t refresh_renew(void)
{
    uint8_t seed[16];
    memset(seed, (int)number(), sizeof seed);
    return tesseral_refresh_renew(refresh, sizeof states[0], seed, sizeof seed);
}

static uint32_t refresh_other(void)
{
    uint8_t *const before = refresh;
    refresh = other;
    other = before;
    return TESSERAL_OK;
}

static uint32_t refresh_adopt(void)
{
    const tesseral_moment now = {0, 0};
    tesseral_document found = TESSERAL_DOCUMENT_INIT;
    const uint64_t handle = count();
    uint64_t freed = 0;
    uint32_t status = tesseral_refresh_document(other, sizeof states[0], &now, &refresh_rules, &found);
    found.handle = handle;
    if (status == TESSERAL_OK && found.in_use)
        status = tesseral_refresh_adopt(refresh, sizeof states[0], &found, &freed);
    if (found.in_use)
        SAY("in_use %" PRIu64, freed);
    else
        SAY("none");
    return status;
}

static uint32_t refresh_is_fetching(void)
{
    const tesseral_moment now = moment();
    SAY("%s", tesseral_refresh_is_fetching(refresh, sizeof states[0], &now, &refresh_rules) ? "yes" : "no");
    return TESSERAL_OK;
}

static uint32_t refresh_document(void)
{
    const tesseral_moment now = moment();
    tesseral_document found = TESSERAL_DOCUMENT_INIT;
    const uint32_t status = tesseral_refresh_document(refresh, sizeof states[0], &now, &refresh_rules, &found);
    if (found.in_use)
        SAY("%" PRIu64 " %" PRId64 " %" PRId64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %s", found.number, found.began.steady,
            found.began.wall, found.handle, found.len, found.age_ms, found.usable ? "usable" : "stale");
    else
        SAY("none");
    return status;
}

static uint32_t refresh_due_in(void)
{
    const tesseral_moment now = moment();
    uint64_t due = 0;
    const uint32_t status = tesseral_refresh_due_in(refresh, sizeof states[0], &now, &refresh_rules, &due);
    SAY("%" PRIu64, due);
    return status;
}

static uint32_t refresh_recoveries(void)
{
    uint64_t recoveries = 0;
    const uint32_t status = tesseral_refresh_recoveries(refresh, sizeof states[0], &recoveries);
    SAY("%" PRIu64, recoveries);
    return status;
}

static uint32_t answers_size_of(void)
{
    const size_t many = (size_t)count(), questions = (size_t)count();
    SAY("%zu", tesseral_answers_size(many, questions));
    return TESSERAL_OK;
}

static uint32_t answers_init(void)
{
    const size_t many = (size_t)count(), questions = (size_t)count();
    const size_t size = tesseral_answers_size(many, questions);
    uint8_t seed[16];
    uint32_t status;
    memset(seed, (int)number(), sizeof seed);
    status = tesseral_answers_init(answers, size, many, questions, seed, sizeof seed);
    if (status == TESSERAL_OK)
        answers_size = size;
    return status;
}

static uint32_t answers_rules_set(void)
{
    static _Alignas(TESSERAL_RULEBOOK_ALIGN) uint8_t spare[TESSERAL_ANSWERS_SIZE(1, 1)];
    const tesseral_moment now = {0, 0};
    tesseral_answers_rules given = TESSERAL_ANSWERS_RULES_INIT;
    uint64_t freed;
    uint32_t status;
    given.good_ttl_ms = rule();
    given.refused_ttl_ms = rule();
    given.timeout_ms = count();
    given.questions = (uint32_t)count();
    given.max_answers_len = count();
    if (tesseral_answers_init(spare, sizeof spare, 1, 1, answers, 16) != TESSERAL_OK)
        die("no state");
    status = tesseral_answers_reclaim(spare, sizeof spare, &now, &given, &freed);
    if (status == TESSERAL_OK)
        answers_rules = given;
    return status;
}

static uint32_t answers_tear(void)
{
    return change_word(answers, 1, 1, 0);
}

static uint32_t answers_alien(void)
{
    return change_word(answers, 0, 0, 1);
}

static void say_verdict(const char *before, tesseral_verdict verdict)
{
    const char *const kind = verdict.kind - 1 < 4 ? verdicts[verdict.kind - 1] : "?";
    SAY("%s%s %" PRIu64 " %" PRIu64, before, kind, verdict.handle, verdict.len);
}

static uint32_t answers_ask(void)
{
    const tesseral_api_key_name name = api_key();
    const uint64_t ticket = count();
    const tesseral_moment now = moment();
    tesseral_ask ask = TESSERAL_ASK_INIT;
    const uint32_t status = tesseral_answers_ask(answers, answers_size, &name, ticket, &now, &answers_rules, &ask);
    if (ask.act == TESSERAL_ASK_KNOWN)
        say_verdict("known ", ask.verdict);
    else if (ask.act == TESSERAL_ASK_SEND)
        say_numbered("send", ask.question.number, ask.question.sent);
    else if (ask.act == TESSERAL_ASK_WAIT)
        SAY("wait %" PRId64 " %" PRIu64, ask.until, ask.ticket);
    else
        SAY("%s", ask.act == TESSERAL_ASK_BUSY ? "busy" : "?");
    return status;
}

static uint32_t answers_known(void)
{
    const tesseral_api_key_name name = api_key();
    const tesseral_moment now = moment();
    tesseral_verdict verdict = {TESSERAL_VERDICT_NONE, 0, 0, 0};
    const uint32_t status = tesseral_answers_known(answers, answers_size, &name, &now, &answers_rules, &verdict);
    if (verdict.kind == TESSERAL_VERDICT_NONE)
        SAY("nothing");
    else
        say_verdict("", verdict);
    return status;
}

static uint32_t answers_landed(void)
{
    const tesseral_api_key_name name = api_key();
    tesseral_question question;
    tesseral_verdict verdict = {0, 0, 0, 0};
    tesseral_moment now;
    tesseral_landed landed = TESSERAL_LANDED_INIT;
    uint32_t status;
    question.number = count();
    question.sent = moment();
    verdict.kind = constant(text(), verdicts);
    verdict.handle = count();
    verdict.len = count();
    now = moment();
    status = tesseral_answers_landed(answers, answers_size, &name, &question, &verdict, &now, &answers_rules, &landed);
    SAY("%s", landed.kept ? "kept" : "dropped");
    for (uint32_t i = 0; i < landed.freed_count; i++)
        snprintf(result + strlen(result), sizeof result - strlen(result), " %" PRIu64, landed.freed[i]);
    return status;
}

static uint32_t answers_abandoned(void)
{
    const tesseral_api_key_name name = api_key();
    tesseral_question question;
    question.number = count();
    question.sent = moment();
    return tesseral_answers_abandoned(answers, answers_size, &name, &question);
}

static uint32_t answers_reclaim(void)
{
    const tesseral_moment now = moment();
    uint64_t freed = 0;
    const uint32_t status = tesseral_answers_reclaim(answers, answers_size, &now, &answers_rules, &freed);
    SAY("%" PRIu64, freed);
    return status;
}

static uint32_t answers_len(void)
{
    uint64_t len = 0;
    const uint32_t status = tesseral_answers_len(answers, answers_size, &len);
    SAY("%" PRIu64, len);
    return status;
}

static uint32_t answers_recoveries(void)
{
    uint64_t recoveries = 0;
    const uint32_t status = tesseral_answers_recoveries(answers, answers_size, &recoveries);
    SAY("%" PRIu64, recoveries);
    return status;
}

static const struct operation operations[] = {
    {"refresh.init", refresh_init},           {"refresh.rules", refresh_rules_set},
    {"refresh.poll", refresh_poll},           {"refresh.landed", refresh_landed},
    {"refresh.failed", refresh_failed},       {"refresh.abandoned", refresh_abandoned},
    {"refresh.restore", refresh_restore},     {"refresh.request", refresh_request},
    {"refresh.waited", refresh_waited},       {"refresh.attention_at", refresh_attention_at},
    {"refresh.renew", refresh_renew},         {"refresh.document", refresh_document},
    {"refresh.due_in", refresh_due_in},       {"refresh.recoveries", refresh_recoveries},
    {"refresh.other", refresh_other},         {"refresh.adopt", refresh_adopt},
    {"refresh.is_fetching", refresh_is_fetching}, {"answers.known", answers_known},
    {"refresh.tear", refresh_tear},           {"refresh.alien", refresh_alien},
    {"answers.size", answers_size_of},        {"answers.init", answers_init},
    {"answers.rules", answers_rules_set},     {"answers.ask", answers_ask},
    {"answers.landed", answers_landed},       {"answers.reclaim", answers_reclaim},
    {"answers.len", answers_len},             {"answers.recoveries", answers_recoveries},
    {"answers.tear", answers_tear},           {"answers.alien", answers_alien},
    {"answers.abandoned", answers_abandoned},
};

static void run(const char *name)
{
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        if (strcmp(operations[i].name, name) == 0) {
            uint32_t status;
            SAY("ok");
            status = operations[i].run();
            if (status != TESSERAL_OK)
                SAY("%s", tesseral_status_slug(status));
            return;
        }
    }
    die(name);
}

int main(int argc, char **argv)
{
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    char line[512], *expected;
    unsigned ran = 0, stated = 0, disagree = 0, at = 0;
    if (file == NULL)
        return 2;
    while (fgets(line, sizeof line, file) != NULL) {
        at++;
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '#') {
            if (at == 1)
                stated = (unsigned)strtoul(line + 1, NULL, 10);
            continue;
        }
        expected = strstr(line, " => ");
        if (expected == NULL)
            die("a line without a result");
        *expected = '\0';
        expected += 4;
        words = line;
        run(text());
        ran++;
        if (strcmp(result, expected) != 0) {
            printf("line %u: expected %s, got %s\n", at, expected, result);
            disagree++;
        }
    }
    fclose(file);
    printf("trace (C): %u operations, %u disagree\n", ran, disagree);
    return ran == 0 || ran != stated || disagree != 0;
}
