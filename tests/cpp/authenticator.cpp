// The Authenticator against a service:
//
//     authenticator HOST SILENT-HOST CA-FILE PUBLISHABLE-KEY BACKEND-API-KEY TOKEN COOKIE-NAME API-KEY LAST-GOOD-FILE NOW
//
// SILENT-HOST accepts connections and says nothing. LAST-GOOD-FILE does not exist yet. The API key's action is "a.b.c".
// Prints how many checks ran; exit status 1 when one failed.
#include <tesseral_verify.hpp>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>

namespace {

std::atomic<unsigned> checks(0), failures(0);

void check(bool good, const char *what, int line)
{
    checks++;
    if (!good) {
        failures++;
        std::printf("line %d: %s\n", line, what);
    }
}
#define CHECK(condition) check((condition), #condition, __LINE__)

std::string host, silent_host, ca_pem, publishable_key, backend_api_key, token, cookie_name, api_key, last_good_file;
std::string bearer_token, bearer_key;
std::int64_t now;

using tesseral::Authenticator;
using tesseral::AuthenticatorOptions;
using tesseral::Headers;

// Small tables, and what every authenticator of these tests needs.
AuthenticatorOptions options()
{
    return AuthenticatorOptions(publishable_key).config_host(host).ca_pem(ca_pem).profile(tesseral::Profile::tiny);
}

AuthenticatorOptions with_api_keys()
{
    return options().backend_host(host).backend_api_key(backend_api_key).api_keys(true);
}

tesseral::Status judge(const Authenticator &authenticator, const std::string &authorization, std::int64_t at)
{
    tesseral::Scratch scratch;
    return authenticator.authenticate(Headers().authorization(authorization), at, scratch.fit(authenticator)).status();
}

// A token of a key that the project does not have.
const std::string invented = "Bearer eyJraWQiOiJpbnZlbnRlZCIsImFsZyI6IkVTMjU2In0.e30." + std::string(84, 'A') + "AA";

void wake(void *woken) { ++*static_cast<std::atomic<int> *>(woken); }

// What an event loop does, for one request.
tesseral::Authentication until_decided(tesseral::Attempt &attempt, const Headers &headers, tesseral::Memory scratch,
                                       std::atomic<int> &woken)
{
    int turn = 0;
    for (; turn < 10000; turn++) {
        if (woken.exchange(0) != 0) {
            const auto found = attempt.poll(headers, now, scratch);
            if (!found.waits())
                return found;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    CHECK(turn < 10000); // woken
    return attempt.poll(headers, now, scratch);
}

// Each member of the C options has the value that was given, or its default.
void options_arrive()
{
    const auto text = [](const tesseral_str &str) { return tesseral::detail::from_c(str); };
    const AuthenticatorOptions none("p");
    CHECK(text(none.raw()->publishable_key) == "p" && none.raw()->struct_size == sizeof(tesseral_authenticator_options));
    CHECK(none.raw()->config_host.len == 0 && none.raw()->api_keys == 0 && none.raw()->total_timeout_ms == 0);

    AuthenticatorOptions all("p");
    all.config_host("c").backend_host("b").backend_api_key("k").ca_pem("pem").last_good_file("file").issuer("i");
    all.profile(tesseral::Profile::compact).leeway_seconds(2).max_token_len(3).api_keys(true).refresh_interval_ms(4);
    all.cooldown_ms(5).max_stale_seconds(6).connect_timeout_ms(7).total_timeout_ms(8).api_key_ttl_ms(9);
    all.refused_api_key_ttl_ms(10).key_wait_ms(11).key_waiters(12);
    const tesseral_authenticator_options &raw = *all.raw();
    CHECK(text(raw.publishable_key) == "p" && text(raw.config_host) == "c" && text(raw.backend_host) == "b");
    CHECK(text(raw.backend_api_key) == "k" && text(raw.ca_pem) == "pem" && text(raw.last_good_file) == "file");
    CHECK(text(raw.issuer) == "i" && raw.profile == TESSERAL_PROFILE_COMPACT && raw.leeway_seconds == 2);
    CHECK(raw.max_token_len == 3 && raw.api_keys == 1 && raw.refresh_interval_ms == 4 && raw.cooldown_ms == 5);
    CHECK(raw.max_stale_seconds == 6 && raw.connect_timeout_ms == 7 && raw.total_timeout_ms == 8);
    CHECK(raw.api_key_ttl_ms == 9 && raw.refused_api_key_ttl_ms == 10);
    CHECK(raw.key_wait_ms == 11 && raw.key_waiters == 12 && raw.log == nullptr);
    all.key_waiters(0);
    CHECK(raw.key_waiters == TESSERAL_NO_KEY_WAITERS);
    all.api_keys(false);
    CHECK(raw.api_keys == 0);
}

void refused_options()
{
    const auto refused = [](const AuthenticatorOptions &wrong) {
        const auto made = Authenticator::make(wrong);
        return made.status() == TESSERAL_ERR_INVALID_ARGUMENT && made->raw() == nullptr;
    };
    CHECK(refused(AuthenticatorOptions("")) && refused(AuthenticatorOptions("no key!")));
    CHECK(refused(options().ca_pem("no certificate")));
    CHECK(refused(options().api_keys(true))); // the environment has no backend API key
    CHECK(refused(options().leeway_seconds(301)) && refused(options().max_token_len(65537)));
    CHECK(refused(options().cooldown_ms(3600 * 1000 + 1)) && refused(options().max_stale_seconds(365 * 86400 + 1)));
    CHECK(refused(options().profile(static_cast<tesseral::Profile>(3))));
}

void nobody()
{
    tesseral::Scratch scratch;
    const Authenticator nothing;
    CHECK(nothing.raw() == nullptr && nothing.scratch_size() == 0);
    CHECK(nothing.authenticate(Headers(), now, scratch.fit(100000)).status() == TESSERAL_ERR_INVALID_ARGUMENT);
    CHECK(nothing.try_authenticate(Headers(), now, scratch.fit(100000)).status() == TESSERAL_ERR_INVALID_ARGUMENT);
    tesseral::Attempt none;
    CHECK(none.raw() == nullptr && none.poll(Headers(), now, scratch.fit(100000)).status() == TESSERAL_ERR_INVALID_ARGUMENT);
    CHECK(nothing.try_authenticate(Headers(), now, scratch.fit(100000), wake, nullptr, none).status() ==
          TESSERAL_ERR_INVALID_ARGUMENT);
    CHECK(none.raw() == nullptr);
    CHECK(!nothing.is_ready() && nothing.not_ready_reason().status() == TESSERAL_ERR_INVALID_ARGUMENT);
    CHECK(!nothing.stats().ok() && !nothing.stats_json().ok() && !nothing.stats_prometheus().ok());
    CHECK(!(*nothing.stats()).ready && (*nothing.stats_json()).empty());
    CHECK(nothing.requests(tesseral::Status(TESSERAL_OK)) == 0);
}

void tokens(const Authenticator &authenticator)
{
    tesseral::Scratch scratch;
    const auto memory = [&] { return scratch.fit(authenticator); };
    {
        const auto auth = authenticator.authenticate(Headers().authorization(bearer_token), now, memory());
        CHECK(auth.ok() && auth->credentials_type() == tesseral::CredentialsType::access_token);
        CHECK(auth->credentials() == token && !auth->organization_id().empty());
        const auto claims = auth->access_token_claims();
        CHECK(claims.ok() && claims->iss == claims->aud && claims->exp == now + 300);
    }
    const std::string cookie = cookie_name + "=" + token;
    CHECK(authenticator.authenticate(Headers().cookie(cookie), now, memory()).ok());
    CHECK(authenticator.authenticate(Headers(), now, memory()).status() == TESSERAL_ERR_CREDENTIALS_MISSING);
    CHECK(judge(authenticator, "Bearer a.b.c", now) == TESSERAL_ERR_TOKEN_MALFORMED);
    CHECK(judge(authenticator, bearer_token, now + 301) == TESSERAL_ERR_TOKEN_EXPIRED);
    const auto tried = authenticator.try_authenticate(Headers().authorization(bearer_token), now, memory());
    CHECK(tried.ok() && !tried.lookup_needed() && tried.api_key().data() == nullptr && tried->credentials() == token);
    std::array<std::uint8_t, 8> short_scratch;
    CHECK(authenticator.authenticate(Headers().authorization(bearer_token), now, short_scratch).status() ==
          TESSERAL_ERR_BUFFER_TOO_SMALL);

    CHECK(authenticator.authenticate(Headers().credential(token), now, memory()).ok());
    CHECK(authenticator.try_authenticate(Headers().credential(api_key).refuse_api_keys(), now, memory()).status() ==
          TESSERAL_ERR_CREDENTIALS_UNRECOGNIZED);
    CHECK(authenticator.authenticate(Headers().authorization(bearer_key).refuse_api_keys(), now, memory()).status() ==
          TESSERAL_ERR_CREDENTIALS_UNRECOGNIZED);

    auto cache = tesseral::Cache::make(16, 4096, {{1, 2, 3}});
    CHECK(cache.ok());
    CHECK(authenticator.authenticate(Headers().authorization(bearer_token), now, memory(), &*cache).ok());
    CHECK(authenticator.try_authenticate(Headers().authorization(bearer_token), now, memory(), &*cache).ok());
    CHECK(cache->hits() == 1 && cache->misses() == 1);

    // An unknown key: a fetch may bring it, and does not.
    {
        std::atomic<int> woken(0);
        tesseral::Attempt attempt;
        const Headers unknown = Headers().authorization(invented);
        const auto waits = authenticator.try_authenticate(unknown, now, memory(), wake, &woken, attempt, &*cache);
        CHECK(waits.key_fetch_needed() && waits.waits() && !waits.lookup_needed() && attempt.raw() != nullptr);
        CHECK(until_decided(attempt, unknown, memory(), woken).status() == TESSERAL_ERR_KEY_UNKNOWN);
        CHECK(attempt.poll(Headers().authorization(bearer_token), now, memory(), &*cache).ok());
        // This request does not have to wait. Its call ends the attempt that is left from before.
        CHECK(authenticator.try_authenticate(Headers().authorization(bearer_token), now, memory(), wake, &woken, attempt).ok());
        CHECK(attempt.raw() == nullptr);
    }
    const Headers headers = Headers().authorization(bearer_token);
    CHECK(authenticator.authenticate(headers.raw(), now, memory(), nullptr).ok());
    CHECK(authenticator.try_authenticate(headers.raw(), now, memory(), &*cache).ok() && cache->hits() == 3);
}

// A try without an attempt begins the fetch, too. It has an authenticator of its own, because of the cooldown.
void tries_alone()
{
    tesseral::Scratch scratch;
    const auto made = Authenticator::make(options());
    CHECK(made.ok() && made->is_ready(10000));
    CHECK(made->try_authenticate(Headers().authorization(invented), now, scratch.fit(*made)).status() ==
          TESSERAL_ERR_KEY_FETCH_NEEDED);
}

// Asks the service twice.
void api_keys(const Authenticator &authenticator)
{
    tesseral::Scratch scratch;
    std::string organization;
    {
        const auto tried =
            authenticator.try_authenticate(Headers().authorization(bearer_key), now, scratch.fit(authenticator));
        CHECK(!tried.ok() && tried.lookup_needed() && tried.api_key() == api_key);
        CHECK(tried->credentials_type() == tesseral::CredentialsType::none && !tried->has_permission("a.b.c"));
    }
    {
        std::atomic<int> woken(0);
        const Headers headers = Headers().authorization(bearer_key);
        tesseral::Attempt first, attempt;
        const auto begun =
            authenticator.try_authenticate(headers, now, scratch.fit(authenticator), wake, &woken, first);
        CHECK(begun.waits() && begun.lookup_needed() && begun.api_key() == api_key);
        attempt = std::move(first);
        CHECK(first.raw() == nullptr && attempt.raw() != nullptr);
        const auto found = until_decided(attempt, headers, scratch.fit(authenticator), woken);
        CHECK(!found.waits() && found.ok() && found->credentials_type() == tesseral::CredentialsType::api_key);
        CHECK(found->has_permission("a.b.c") && !found->api_key_id().empty() && found->credentials() == api_key);
        organization = std::string(found->organization_id());
    }
    const auto asked = authenticator.authenticate(Headers().authorization(bearer_key), now, scratch.fit(authenticator));
    CHECK(asked.ok() && !organization.empty() && asked->organization_id() == organization);
    CHECK(asked->access_token_claims().status() == TESSERAL_ERR_NOT_AN_ACCESS_TOKEN);
}

void shared(const Authenticator &authenticator)
{
    const std::uint64_t before = authenticator.requests(tesseral::Status(TESSERAL_OK));
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; i++)
        threads.emplace_back([&authenticator] {
            for (int turn = 0; turn < 25; turn++)
                CHECK(judge(authenticator, bearer_token, now).ok());
        });
    for (std::thread &thread : threads)
        thread.join();
    CHECK(authenticator.requests(tesseral::Status(TESSERAL_OK)) == before + 100);
}

// Compares the counts that tokens() and api_keys() leave.
void says_how_it_stands(const Authenticator &authenticator)
{
    CHECK(authenticator.is_ready());
    CHECK(authenticator.not_ready_reason().ok() && (*authenticator.not_ready_reason()).empty());
    const auto stats = authenticator.stats();
    CHECK(stats.ok() && stats->ready && stats->keys_used == 1 && stats->keys_skipped == 0);
    CHECK(stats->refreshes == 2 && stats->refresh_failures == 0 && stats->early_refreshes == 1);
    CHECK(stats->snapshot_age_ms < 60000 && stats->next_refresh_ms > 0 && stats->next_refresh_ms <= 600000);
    CHECK(stats->lookups == 2 && stats->lookup_failures == 0 && stats->api_key_cache_hits == 0);
    CHECK(stats->signature_cache_hits == 3);
    CHECK(authenticator.requests(tesseral::Status(TESSERAL_ERR_TOKEN_MALFORMED)) == 1);
    CHECK(authenticator.requests(tesseral::Status(TESSERAL_ERR_ISSUER_MISMATCH)) == 0);
    CHECK(authenticator.requests(tesseral::Status(1)) == 0);

    const auto has = [](const std::string &text, const char *part) { return text.find(part) != std::string::npos; };
    const std::string json = *authenticator.stats_json();
    CHECK(json.front() == '{' && json.back() == '}' && json.find('\0') == std::string::npos);
    CHECK(has(json, "\"ready\":true") && has(json, "\"lookups\":2") && has(json, "\"token_malformed\":1"));
    const std::string prometheus = *authenticator.stats_prometheus();
    CHECK(has(prometheus, "slug=\"token_malformed\"} 1\n") && has(prometheus, "# TYPE tesseral_ready gauge\n"));
    CHECK(prometheus.back() == '\n' && prometheus.find('\0') == std::string::npos);
    for (const std::string *secret : {&token, &api_key, &backend_api_key})
        CHECK(!has(json, secret->c_str()) && !has(prometheus, secret->c_str()));
}

void moves()
{
    auto made = Authenticator::make(options());
    CHECK(made.ok() && made->is_ready(10000));
    Authenticator first = std::move(*made);
    CHECK(made->raw() == nullptr && !made->is_ready() && first.is_ready());
    Authenticator second(std::move(first));
    CHECK(first.raw() == nullptr && second.is_ready());
    first = *Authenticator::make(options());
    first = std::move(second);
    CHECK(second.raw() == nullptr && judge(first, bearer_token, now).ok());
    Authenticator &self = first;
    first = std::move(self);
    CHECK(first.is_ready());
    const auto many = std::make_shared<const Authenticator>(std::move(first));
    CHECK(judge(*many, bearer_token, now).ok());
    static_assert(!std::is_copy_constructible<Authenticator>::value && !std::is_copy_assignable<Authenticator>::value, "");
    static_assert(std::is_nothrow_move_constructible<Authenticator>::value, "");
    static_assert(std::is_nothrow_move_assignable<Authenticator>::value, "");
}

// The options that change verdicts, or how long answers are remembered.
void options_work()
{
    const auto judged = [](const AuthenticatorOptions &options, std::int64_t at) {
        const auto authenticator = Authenticator::make(options);
        CHECK(authenticator.ok() && authenticator->is_ready(10000));
        return judge(*authenticator, bearer_token, at);
    };
    CHECK(judged(options().leeway_seconds(1), now + 301).ok());
    CHECK(judged(options().leeway_seconds(1), now + 302) == TESSERAL_ERR_TOKEN_EXPIRED);
    CHECK(judged(options().issuer("https://else.example"), now) == TESSERAL_ERR_ISSUER_MISMATCH);
    CHECK(judged(options().max_token_len(20), now) == TESSERAL_ERR_TOKEN_TOO_LARGE);

    // Asks the service once.
    const auto remembers = Authenticator::make(with_api_keys().api_key_ttl_ms(60000));
    CHECK(remembers.ok() && remembers->is_ready(10000));
    CHECK(judge(*remembers, bearer_key, now).ok() && judge(*remembers, bearer_key, now).ok());
    tesseral::Scratch scratch;
    CHECK(remembers->try_authenticate(Headers().authorization(bearer_key), now, scratch.fit(*remembers)).ok());
    CHECK((*remembers->stats()).lookups == 1 && (*remembers->stats()).api_key_cache_hits == 2);

    const auto without = Authenticator::make(options());
    CHECK(judge(*without, bearer_key, now) == TESSERAL_ERR_CREDENTIALS_UNRECOGNIZED);
}

Authenticator without_service(const AuthenticatorOptions &options)
{
    return *Authenticator::make(AuthenticatorOptions(options).config_host(silent_host).total_timeout_ms(1500));
}

void not_ready()
{
    using clock = std::chrono::steady_clock;
    tesseral::Scratch scratch;
    const Authenticator authenticator = without_service(options());
    const auto start = clock::now();
    const auto tried = authenticator.try_authenticate(Headers().authorization(bearer_token), now, scratch.fit(authenticator));
    CHECK(tried.status() == TESSERAL_ERR_KEYS_UNAVAILABLE && !tried.lookup_needed());
    CHECK(!authenticator.is_ready() && !(*authenticator.not_ready_reason()).empty());
    CHECK(clock::now() - start < std::chrono::milliseconds(1000));
    CHECK(judge(authenticator, bearer_token, now) == TESSERAL_ERR_KEYS_UNAVAILABLE);
    CHECK(clock::now() - start >= std::chrono::milliseconds(1000));
    const auto stats = authenticator.stats();
    CHECK(stats.ok() && !stats->ready && stats->snapshot_age_ms == UINT64_MAX && stats->keys_used == 0);
    CHECK(stats->refreshes == 0 && (*authenticator.stats_json()).find("\"ready\":false") != std::string::npos);
    CHECK(authenticator.requests(tesseral::Status(TESSERAL_ERR_KEYS_UNAVAILABLE)) == 2);

    // A host whose certificate no trusted authority has signed.
    const auto untrusted = Authenticator::make(AuthenticatorOptions(publishable_key).config_host(host));
    CHECK(untrusted.ok() && judge(*untrusted, bearer_token, now) == TESSERAL_ERR_KEYS_UNAVAILABLE);
    CHECK((*untrusted->stats_json()).find("\"tls_failed\"") != std::string::npos);
}

// Keeps the last line that the authenticator logs.
void hear(void *context, const std::uint8_t *text, std::size_t text_len)
{
    static_cast<std::string *>(context)->assign(reinterpret_cast<const char *>(text), text_len);
}

// The document of one authenticator serves the next one, which does not trust the service.
void last_good()
{
    CHECK(!without_service(options().last_good_file(last_good_file)).is_ready());
    {
        const auto keeper = Authenticator::make(options().last_good_file(last_good_file));
        CHECK(keeper.ok() && keeper->is_ready(10000));
        // The file may be written after the document is used.
        for (int turn = 0; turn < 500 && !std::ifstream(last_good_file).good(); turn++)
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    std::string told;
    {
        const auto cold = Authenticator::make(options().ca_pem("").last_good_file(last_good_file).log(hear, &told));
        CHECK(cold.ok() && cold->is_ready(10000) && judge(*cold, bearer_token, now).ok());
        CHECK((*cold->stats()).refreshes == 0 && (*cold->stats()).keys_used == 1);
        for (int turn = 0; turn < 1000 && (*cold->stats()).refresh_failures == 0; turn++)
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    CHECK(told.find(host) != std::string::npos && told.find("[tls_failed]") != std::string::npos);
    // Another host's file is not used.
    CHECK(!without_service(options().last_good_file(last_good_file)).is_ready());
}

#if defined(__cpp_exceptions)
void exceptions()
{
    tesseral::Scratch scratch;
    const Authenticator authenticator = Authenticator::make(options()).value();
    const Headers headers = Headers().authorization(bearer_token);
    CHECK(authenticator.authenticate(headers, now, scratch.fit(authenticator)).value().credentials() == token);
    CHECK(authenticator.stats().value().ready && authenticator.not_ready_reason().value().empty());
    try {
        (void)authenticator.authenticate(headers, now + 301, scratch.fit(authenticator)).value();
        CHECK(false);
    } catch (const tesseral::Error &error) {
        CHECK(error.status() == TESSERAL_ERR_TOKEN_EXPIRED);
    }
    try {
        (void)Authenticator::make(AuthenticatorOptions("")).value();
        CHECK(false);
    } catch (const std::exception &error) {
        CHECK(error.what() == std::string(tesseral::Status(TESSERAL_ERR_INVALID_ARGUMENT).text()));
    }
}
#endif

} // namespace

int main(int argc, char **argv)
{
    if (argc != 11)
        return 2;
    host = argv[1];
    silent_host = argv[2];
    std::ifstream file(argv[3], std::ios::binary);
    ca_pem.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    publishable_key = argv[4];
    backend_api_key = argv[5];
    token = argv[6];
    cookie_name = argv[7];
    api_key = argv[8];
    last_good_file = argv[9];
    now = std::strtoll(argv[10], nullptr, 10);
    bearer_token = "Bearer " + token;
    bearer_key = "Bearer " + api_key;

    options_arrive();
    refused_options();
    nobody();
    {
        const auto authenticator = Authenticator::make(with_api_keys().refresh_interval_ms(600000));
        CHECK(authenticator.ok() && authenticator->is_ready(10000));
        tokens(*authenticator);
        api_keys(*authenticator);
        shared(*authenticator);
        says_how_it_stands(*authenticator);
    }
    tries_alone();
    moves();
    options_work();
    not_ready();
    last_good();
#if defined(__cpp_exceptions)
    exceptions();
#endif
    std::printf("authenticator: %u checks, %u failed\n", checks.load(), failures.load());
    return checks == 0 || failures != 0;
}
