// What the classes of bindings/cpp promise beyond single verdicts: objects that hold nothing, moves, lifetimes, headers,
// cache, batch, API keys and, where there are any, exceptions.
//
//     objects SNAPSHOT TOKEN OTHER-TOKEN COOKIE-NAME API-KEY NOW NEW-TOKEN NEW-KID
//
// The token's actions are "a.b.c" and "x\ny". The snapshot lacks the key of NEW-TOKEN. Prints how many checks ran; exit status 1 when one failed.
#include <tesseral_verify.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

namespace {

unsigned checks = 0, failures = 0;

void check(bool good, const char *what, int line)
{
    checks++;
    if (!good) {
        failures++;
        std::printf("line %d: %s\n", line, what);
    }
}
#define CHECK(condition) check((condition), #condition, __LINE__)

std::string document, token, other_token, cookie_name, api_key, new_token, new_kid;
std::int64_t now;
const std::array<std::uint8_t, 16> seed = {{1, 2, 3}};
tesseral::Scratch scratch;

// A document that names no issuer, with a key that cannot be used and one that can.
const char plain_jwks[] = "{\"keys\":[{\"kty\":\"oct\"},{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"k\","
                          "\"x\":\"axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY\","
                          "\"y\":\"T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU\"}]}";

using tesseral::string_view;

void statuses()
{
    tesseral::Status status;
    CHECK(!status.ok() && status == TESSERAL_ERR_INTERNAL_ERROR);
    CHECK(tesseral::Status::from_slug("token_expired", status) && status == TESSERAL_ERR_TOKEN_EXPIRED);
    CHECK(status.slug() == std::string("token_expired") && status.http() == 401 && status.code() == 5001);
    CHECK(status.text() == std::string("token has expired"));
    CHECK(!tesseral::Status::from_slug("no such", status) && status == TESSERAL_ERR_TOKEN_EXPIRED);
    CHECK(tesseral::Status::from_slug("ok", status) && status.ok() && status.http() == 200);
    CHECK(status != tesseral::Status() && status == tesseral::Status(TESSERAL_OK) && status != 1u);
    CHECK(!tesseral::Status(123456).ok() && tesseral::Status(123456).http() == 500);
    CHECK(!tesseral::Result<int>(tesseral::Status(TESSERAL_OK)).ok());

    const std::vector<tesseral::Status> all = tesseral::Status::all();
    CHECK(all.size() == TESSERAL_STATUS_COUNT && all.front().ok());
    std::uint32_t before = 0;
    for (tesseral::Status each : all) {
        CHECK(each.ok() || each.code() > before);
        CHECK(tesseral::Status::from_slug(each.slug(), status) && status == each);
        before = each.code();
    }
}

void views()
{
    const std::string text("a\0b", 3);
    CHECK(string_view(text) == text && string_view(text) != "a" && string_view(text).size() == 3);
    CHECK(string_view() == "" && string_view().data() == nullptr && string_view().empty());
    CHECK(std::string(string_view(text)) == text && std::string(string_view()).empty());
    CHECK(string_view("abc")[1] == 'b' && string_view("abc").end() - string_view("abc").begin() == 3);
    std::ostringstream out;
    out << string_view(text) << string_view();
    CHECK(out.str() == text);
}

/// None for an API key.
string_view user_of(const tesseral::Auth &auth)
{
    return (*auth.access_token_claims()).user_id;
}

void nobody()
{
    const tesseral::Auth auth;
    CHECK(auth.credentials_type() == tesseral::CredentialsType::none);
    CHECK(auth.organization_id().data() == nullptr && auth.credentials().data() == nullptr && auth.payload().data() == nullptr);
    CHECK(!auth.has_permission("a.b.c") && auth.actions().begin() == auth.actions().end());
    CHECK(auth.access_token_claims().status() == TESSERAL_ERR_INVALID_ARGUMENT);

    const tesseral::VerifierView nothing;
    CHECK(nothing.verify_token(token, now, scratch.fit(100000)).status() == TESSERAL_ERR_INVALID_ARGUMENT);
    CHECK(nothing.authenticate(tesseral::Headers(), now, scratch.fit(100000)).status() == TESSERAL_ERR_INVALID_ARGUMENT);
    CHECK(nothing.keys_used() == 0 && nothing.kid(0).data() == nullptr && nothing.issuer().data() == nullptr);
    CHECK(nothing.project_id().data() == nullptr && nothing.scratch_size() == 0);
}

void placement()
{
    static tesseral::VerifierMemory<tesseral::Profile::tiny, 2> tiny;
    static tesseral::VerifierMemory<tesseral::Profile::compact, 1> compact;
    static std::uint8_t scratch_array[TESSERAL_SCRATCH_SIZE(TESSERAL_DEFAULT_MAX_TOKEN_LEN)];
    static_assert(decltype(tiny)::size() == TESSERAL_VERIFIER_SIZE(TINY, 2), "the macro and the function agree");

    auto verifier = tesseral::VerifierView::place(tiny, document, tesseral::Options().profile(tesseral::Profile::tiny));
    CHECK(verifier.ok() && verifier->verify_token(token, now, scratch_array).ok());
    const tesseral::VerifierView copy = *verifier;
    CHECK(copy.raw() == verifier->raw() && copy.keys_used() == 1);
    std::array<std::uint8_t, 8> short_scratch;
    CHECK(copy.verify_token(token, now, short_scratch).status() == TESSERAL_ERR_BUFFER_TOO_SMALL);
    std::vector<std::uint8_t> long_scratch(copy.scratch_size());
    CHECK(copy.verify_token(token, now, long_scratch).ok());

    CHECK(tesseral::VerifierView::place(compact, document, tesseral::Options().profile(tesseral::Profile::compact)).ok());
    CHECK(tesseral::VerifierView::place(tiny, document).status() == TESSERAL_ERR_BUFFER_TOO_SMALL);
    CHECK(tesseral::VerifierView::place(tiny, "{\"keys\":", tesseral::Options().profile(tesseral::Profile::tiny)).status() == TESSERAL_ERR_CONFIG_MALFORMED);
    CHECK(tesseral::VerifierView::place(tesseral::Memory(), document).status() == TESSERAL_ERR_INVALID_ARGUMENT);
}

void sharing()
{
    static std::uint8_t memory[TESSERAL_VERIFIER_SIZE(SHARING, 1) + TESSERAL_BASE_TABLE_SIZE + TESSERAL_VERIFIER_ALIGN];
    const auto past = reinterpret_cast<std::uintptr_t>(memory) % TESSERAL_VERIFIER_ALIGN;
    std::uint8_t *const start = memory + (TESSERAL_VERIFIER_ALIGN - past) % TESSERAL_VERIFIER_ALIGN;
    const tesseral::Memory for_table(start, TESSERAL_BASE_TABLE_SIZE);
    const tesseral::Memory for_verifier(start + TESSERAL_BASE_TABLE_SIZE, TESSERAL_VERIFIER_SIZE(SHARING, 1));

    const auto placed = tesseral::BaseTableView::place(for_table);
    CHECK(placed.ok() && placed->raw() != nullptr);
    const auto options = tesseral::Options().base_table(*placed);
    CHECK(tesseral::Survey::of(document, options).memory_size(tesseral::Profile::server) == for_verifier.len);
    const auto verifier = tesseral::VerifierView::place(for_verifier, document, options);
    CHECK(verifier.ok() && verifier->verify_token(token, now, scratch.fit(100000)).ok());
    CHECK(tesseral::VerifierView::place(for_verifier, document).status() == TESSERAL_ERR_BUFFER_TOO_SMALL);
    CHECK(tesseral::BaseTableView::place(for_verifier).ok() && !tesseral::BaseTableView::place(tesseral::Memory()).ok());
    CHECK(tesseral::BaseTableView().raw() == nullptr);

#if defined(TESSERAL_VERIFY_STD)
    auto made = tesseral::BaseTable::make();
    CHECK(made.ok());
    tesseral::BaseTable moved = std::move(*made);
    CHECK(made->raw() == nullptr && moved.raw() != nullptr);
    tesseral::BaseTable table;
    table = std::move(moved);
    const auto first = tesseral::Verifier::load(document, tesseral::Options().base_table(table));
    const auto second = tesseral::Verifier::load(document, tesseral::Options().base_table(table));
    CHECK(first.ok() && first->verify_token(token, now, scratch.fit(100000)).ok());
    CHECK(second.ok() && second->verify_token(token, now, scratch.fit(100000)).ok());
#endif
}

void options_arrive()
{
    static tesseral::VerifierMemory<tesseral::Profile::tiny, 2> memory;
    const auto tiny = tesseral::Options().profile(tesseral::Profile::tiny);
    const auto judge = [](tesseral::Options options, string_view credential, std::int64_t at) {
        const auto verifier = tesseral::VerifierView::place(memory, document, options);
        return verifier->verify_token(credential, at, scratch.fit(100000)).status();
    };
    CHECK(judge(tiny, token, now + 300).ok() && judge(tiny, token, now + 301) == TESSERAL_ERR_TOKEN_EXPIRED);
    CHECK(judge(tesseral::Options(tiny).leeway_seconds(1), token, now + 301).ok());
    CHECK(judge(tesseral::Options(tiny).max_token_len(20), token, now) == TESSERAL_ERR_TOKEN_TOO_LARGE);
    CHECK(judge(tesseral::Options(tiny).issuer("https://else.example"), token, now) == TESSERAL_ERR_ISSUER_MISMATCH);
    const auto named = tesseral::VerifierView::place(
        memory, plain_jwks, tesseral::Options(tiny).project_id("project_x").issuer("https://x.example"));
    CHECK(named->project_id() == "project_x" && named->issuer() == "https://x.example" && named->kid(0) == "k");
    CHECK(named->keys_used() == 1 && named->kid(1).data() == nullptr);
    CHECK(tesseral::VerifierView::place(memory, plain_jwks, tiny).status() == TESSERAL_ERR_CONFIG_NO_ISSUER);
}

void surveys()
{
    using tesseral::Profile;
    using tesseral::Survey;
    const std::array<Profile, 3> profiles = {{Profile::server, Profile::compact, Profile::tiny}};
    const auto needs = [&](const Survey &survey, std::size_t keys) {
        return std::all_of(profiles.begin(), profiles.end(), [&](Profile profile) {
            const std::size_t size = keys == 0 ? 0 : tesseral_verifier_size(static_cast<std::uint32_t>(profile), keys);
            return survey.memory_size(profile) == size;
        });
    };

    const Survey good = Survey::of(document);
    CHECK(good.ok() && good.status().ok() && good.error_offset() == 0);
    CHECK(good.keys_usable() == 1 && good.keys_skipped() == 0 && good.skipped().empty() && needs(good, 1));
    CHECK(good.memory_size(static_cast<Profile>(3)) == 0);
    static tesseral::VerifierMemory<Profile::tiny, 2> memory;
    const auto verifier = tesseral::VerifierView::place(tesseral::Memory(memory.data(), good.memory_size(Profile::tiny)),
                                                        document, tesseral::Options().profile(Profile::tiny));
    CHECK(verifier.ok() && verifier->issuer() == good.issuer() && verifier->project_id() == good.project_id());
    const Survey copy = good;
    CHECK(copy.issuer() == good.issuer() && copy.issuer().data() != good.issuer().data());

    // The options' names stand in for the document's, as for a verifier.
    const auto options = tesseral::Options().project_id("project_x").issuer("https://x.example");
    const Survey named = Survey::of(plain_jwks, options);
    CHECK(named.ok() && named.project_id() == "project_x" && named.issuer() == "https://x.example");
    CHECK(named.keys_usable() == 1 && named.keys_skipped() == 1 && needs(named, 1));
    CHECK(named.skipped().size() == 1 && named.skipped()[0].index == 0 &&
          named.skipped()[0].reason == std::string("kty_unsupported"));
    const Survey both = Survey::of(document, options);
    CHECK(both.project_id() == good.project_id() && both.issuer() == "https://x.example");

    const Survey malformed = Survey::of("{\"keys\":");
    CHECK(!malformed.ok() && malformed.status() == TESSERAL_ERR_CONFIG_MALFORMED && malformed.error_offset() == 8);
    CHECK(malformed.keys_usable() == 0 && malformed.issuer().data() == nullptr && needs(malformed, 0));

    const Survey unusable = Survey::of("{\"keys\":[{\"kty\":\"EC\",\"kid\":\"k\",\"crv\":\"P-384\"},{\"kty\":\"oct\"}]}", options);
    CHECK(unusable.status() == TESSERAL_ERR_CONFIG_NO_USABLE_KEY && unusable.error_offset() == 0);
    CHECK(unusable.keys_usable() == 0 && unusable.keys_skipped() == 2 && needs(unusable, 0));
    const auto skipped = unusable.skipped();
    CHECK(skipped.size() == 2 && skipped[0].index == 0 && skipped[0].reason == std::string("crv_unsupported") &&
          skipped[1].index == 1 && skipped[1].reason == std::string("kty_unsupported"));

    const Survey nameless = Survey::of(plain_jwks);
    CHECK(nameless.status() == TESSERAL_ERR_CONFIG_NO_ISSUER && nameless.keys_usable() == 1 && nameless.keys_skipped() == 1);
    CHECK(nameless.issuer().data() == nullptr && nameless.project_id().data() == nullptr && needs(nameless, 0));

    CHECK(Survey::of(document, tesseral::Options().leeway_seconds(301)).status() == TESSERAL_ERR_INVALID_ARGUMENT);
    const Survey none;
    CHECK(!none.ok() && none.keys_usable() == 0 && none.skipped().empty() && none.issuer().data() == nullptr && needs(none, 0));
}

void claims_and_actions()
{
    static tesseral::VerifierMemory<tesseral::Profile::tiny, 2> memory;
    const auto verifier = tesseral::VerifierView::place(memory, document, tesseral::Options().profile(tesseral::Profile::tiny));
    const auto result = verifier->verify_token(token, now, scratch.fit(*verifier));
    const tesseral::Auth auth = *result;
    CHECK(auth.credentials() == token && auth.credentials().data() == token.data());
    CHECK(auth.has_permission("a.b.c") && auth.has_permission("x\ny") && !auth.has_permission("a.b") && !auth.has_permission(""));
    std::vector<std::string> seen;
    for (string_view action : auth.actions())
        seen.push_back(std::string(action));
    CHECK(seen == (std::vector<std::string>{"a.b.c", "x\ny"}));
    auto action = auth.actions().begin();
    CHECK(*action++ == "a.b.c" && *action == "x\ny" && action != auth.actions().end() && ++action == auth.actions().end());
    CHECK(std::distance(auth.actions().begin(), auth.actions().end()) == 2);
    CHECK(std::count(auth.actions().begin(), auth.actions().end(), "x\ny") == 1);
    const auto claims = auth.access_token_claims();
    CHECK(claims.ok() && claims->exp == now + 300);

    // A copy has its own texts: those of the scratch memory may go.
    const std::string user(user_of(auth));
    std::vector<std::uint8_t> room(auth.copy_size()), less(room.size() - 1);
    const auto copy = auth.copy(room);
    std::memset(scratch.fit(*verifier).ptr, 0xaa, scratch.fit(*verifier).len);
    CHECK(copy.ok() && copy->credentials() == token && copy->credentials().data() != token.data());
    CHECK(user_of(*copy) == user && copy->has_permission("x\ny"));
    CHECK(copy->copy_size() == room.size() && copy->copy(less).status() == TESSERAL_ERR_BUFFER_TOO_SMALL);
    CHECK(tesseral::Auth().copy(room).status() == TESSERAL_ERR_INVALID_ARGUMENT && tesseral::Auth().copy_size() == 0);

    const auto refused = verifier->verify_token("no token", now, scratch.fit(*verifier));
    CHECK(!refused.ok() && refused.status() == TESSERAL_ERR_TOKEN_MALFORMED && !refused);
    CHECK(refused->credentials_type() == tesseral::CredentialsType::none && !(*refused).has_permission("a.b.c"));
}

void headers()
{
    static tesseral::VerifierMemory<tesseral::Profile::tiny, 2> memory;
    const auto options = tesseral::Options().profile(tesseral::Profile::tiny).api_keys(true);
    const tesseral::VerifierView verifier = *tesseral::VerifierView::place(memory, document, options);
    const auto judge = [&](const tesseral::Headers &headers) {
        return verifier.authenticate(headers, now, scratch.fit(verifier)).status();
    };
    const std::string bearer = "Bearer " + token, cookie = "a=b; " + cookie_name + "=" + token;
    const std::string stale = cookie_name + "=stale", basic = "Basic eDp5", key = "Bearer " + api_key;
    CHECK(judge(tesseral::Headers()) == TESSERAL_ERR_CREDENTIALS_MISSING);
    CHECK(judge(tesseral::Headers().authorization(bearer)).ok());
    CHECK(judge(tesseral::Headers().authorization("")) == TESSERAL_ERR_CREDENTIALS_MISSING);
    CHECK(judge(tesseral::Headers().cookie(cookie)).ok());
    CHECK(judge(tesseral::Headers().authorization(basic).cookie(cookie)).ok());
    CHECK(judge(tesseral::Headers().cookie("x=y").cookie(stale).cookie(cookie)).ok());
    CHECK(judge(tesseral::Headers().authorization("Bearer x.y.z").cookie(cookie)) == TESSERAL_ERR_TOKEN_MALFORMED);
    CHECK(judge(tesseral::Headers().authorization(bearer).authorization(bearer)) == TESSERAL_ERR_CREDENTIALS_UNRECOGNIZED);
    CHECK(judge(tesseral::Headers().authorization(bearer).authorization(bearer).authorization(bearer)) ==
          TESSERAL_ERR_CREDENTIALS_UNRECOGNIZED);
    tesseral::Headers again;
    again.authorization("Bearer x.y.z").cookie("x=y").clear();
    CHECK(judge(again) == TESSERAL_ERR_CREDENTIALS_MISSING && judge(again.authorization(bearer)).ok());

    // A credential that stands in no header is judged like what stands behind Bearer, and alone.
    const tesseral::Headers bare = tesseral::Headers().credential(token);
    const auto alone = verifier.authenticate(bare, now, scratch.fit(verifier));
    CHECK(alone.ok() && alone->credentials() == token && alone->credentials().data() == token.data());
    CHECK(judge(tesseral::Headers().credential("x.y.z")) == TESSERAL_ERR_TOKEN_MALFORMED);
    CHECK(judge(tesseral::Headers().credential("")) == judge(tesseral::Headers().authorization("Bearer ")));
    CHECK(judge(tesseral::Headers().credential(string_view())) == TESSERAL_ERR_CREDENTIALS_MISSING);
    CHECK(judge(tesseral::Headers().credential(token).authorization(basic)) == TESSERAL_ERR_INVALID_ARGUMENT);
    CHECK(judge(tesseral::Headers().credential(token).cookie(cookie)) == TESSERAL_ERR_INVALID_ARGUMENT);
    again.clear();
    again.credential(token).refuse_api_keys().clear();
    CHECK(judge(again) == TESSERAL_ERR_CREDENTIALS_MISSING && judge(again.authorization(bearer)).ok());

    // An API key, where the options accept it: in a header or not, unless this request may not carry one.
    const auto key_alone = verifier.authenticate(tesseral::Headers().credential(api_key), now, scratch.fit(verifier));
    CHECK(key_alone.lookup_needed() && key_alone.api_key() == api_key);
    CHECK(judge(tesseral::Headers().credential(api_key).refuse_api_keys()) == TESSERAL_ERR_CREDENTIALS_UNRECOGNIZED);
    CHECK(judge(tesseral::Headers().authorization(key).refuse_api_keys()) == TESSERAL_ERR_CREDENTIALS_UNRECOGNIZED);
    CHECK(judge(tesseral::Headers().authorization(key).refuse_api_keys(false)) == TESSERAL_ERR_API_KEY_LOOKUP_NEEDED);
    CHECK(judge(tesseral::Headers().credential(token).refuse_api_keys()).ok());

    const auto lookup = verifier.authenticate(tesseral::Headers().authorization(key), now, scratch.fit(verifier));
    CHECK(!lookup.ok() && lookup.lookup_needed() && lookup.api_key() == api_key);
    CHECK(lookup->credentials_type() == tesseral::CredentialsType::none && lookup->organization_id().data() == nullptr);
    const auto good = verifier.authenticate(tesseral::Headers().authorization(bearer), now, scratch.fit(verifier));
    CHECK(good.ok() && !good.lookup_needed() && good.api_key().data() == nullptr && good->credentials() == token);
}

void unknown_kids()
{
    static tesseral::VerifierMemory<tesseral::Profile::tiny, 2> memory;
    const tesseral::VerifierView verifier =
        *tesseral::VerifierView::place(memory, document, tesseral::Options().profile(tesseral::Profile::tiny));
    std::array<std::uint8_t, TESSERAL_KID_HASH_LEN> hash = {{}};
    CHECK(tesseral_kid_hash(tesseral::detail::octets(new_kid), new_kid.size(), hash.data(), hash.size()) == TESSERAL_OK);
    const auto expect = [&](const tesseral::Headers &headers, std::int64_t at, std::uint32_t status, std::size_t count) {
        CHECK(verifier.authenticate(headers, at, scratch.fit(verifier)).status() == status);
        const auto kids = verifier.unknown_kids(headers, at, scratch.fit(verifier));
        CHECK(kids.ok() && kids->size() == count && kids->empty() == (count == 0));
        CHECK(kids->hashes_len() == count * hash.size());
        CHECK(count == 0 || std::equal(hash.begin(), hash.end(), kids->hashes()));
    };
    const std::string bearer = "Bearer " + token, bearer_new = "Bearer " + new_token;
    const std::string cookie = cookie_name + "=" + token, cookie_new = cookie_name + "=" + new_token;
    expect(tesseral::Headers().authorization(bearer_new), now, TESSERAL_ERR_KEY_UNKNOWN, 1);
    expect(tesseral::Headers().authorization(bearer), now + 301, TESSERAL_ERR_TOKEN_EXPIRED, 0);
    // The stale cookie is what the status tells; the other one might be accepted with newer keys.
    expect(tesseral::Headers().cookie(cookie).cookie(cookie_new), now + 301, TESSERAL_ERR_TOKEN_EXPIRED, 1);
    expect(tesseral::Headers().cookie(cookie_new).cookie(cookie), now, TESSERAL_OK, 0);
    expect(tesseral::Headers(), now, TESSERAL_ERR_CREDENTIALS_MISSING, 0);
    CHECK(verifier.unknown_kids(tesseral::Headers(), now, tesseral::Memory()).status() == TESSERAL_ERR_INVALID_ARGUMENT);
    std::array<std::uint8_t, 8> short_scratch;
    const auto refused = verifier.unknown_kids(tesseral::Headers().authorization(bearer_new), now, short_scratch);
    CHECK(refused.status() == TESSERAL_ERR_BUFFER_TOO_SMALL && refused->empty());
    const auto nothing = tesseral::VerifierView().unknown_kids(tesseral::Headers(), now, scratch.fit(verifier));
    CHECK(nothing.status() == TESSERAL_ERR_INVALID_ARGUMENT);
}

void api_keys()
{
    const auto request = tesseral::ApiKeyRequest::make(api_key);
    CHECK(request.ok() && request->body() == "{\"secretToken\":\"" + api_key + "\"}");
    CHECK(request->path() == std::string("/v1/api-keys/authenticate"));
    CHECK(request->content_type() == std::string("application/json"));
    CHECK(tesseral::ApiKeyRequest::make("short").status() == TESSERAL_ERR_API_KEY_INVALID);

    std::string body = "{\"apiKeyId\":\"api_key_1\",\"organizationId\":\"org_\\u0031\",\"actions\":[\"a.b.c\"]}";
    const auto auth = tesseral::api_key_response(api_key, 200, body, scratch.fit(body.size()));
    CHECK(auth.ok() && auth->credentials_type() == tesseral::CredentialsType::api_key && auth->api_key_id() == "api_key_1");
    CHECK(auth->organization_id() == "org_1" && auth->credentials() == api_key && auth->has_permission("a.b.c"));
    CHECK(auth->access_token_claims().status() == TESSERAL_ERR_NOT_AN_ACCESS_TOKEN);
    CHECK(user_of(*auth).data() == nullptr && auth->payload().data() == nullptr);
    for (int http : {-1, 0, 401, 404, 500})
        CHECK(tesseral::api_key_response(api_key, http, body, scratch.fit(body.size())).status() == TESSERAL_ERR_API_KEY_LOOKUP_FAILED);
    CHECK(tesseral::api_key_response(api_key, 200, "", tesseral::Memory()).status() == TESSERAL_ERR_API_KEY_LOOKUP_FAILED);
    const std::string unknown = "{\"code\":3,\"message\":\"unauthenticated_api_key\"}";
    CHECK(tesseral::api_key_response(api_key, 400, unknown, scratch.fit(unknown.size())).status() == TESSERAL_ERR_API_KEY_INVALID);

    const auto fingerprint = tesseral::api_key_fingerprint(api_key);
    std::string other = api_key;
    other.back() = '1';
    CHECK(fingerprint.ok() && *fingerprint == *tesseral::api_key_fingerprint(api_key));
    CHECK(*fingerprint != *tesseral::api_key_fingerprint(other));
    CHECK(tesseral::api_key_fingerprint("short").status() == TESSERAL_ERR_API_KEY_INVALID);
}

// Whether two say the same of the sender, text for text.
bool same(const tesseral::Auth &a, const tesseral::Auth &b)
{
    const auto x = a.access_token_claims(), y = b.access_token_claims();
    return a.credentials() == b.credentials() && a.organization_id() == b.organization_id() && a.payload() == b.payload() &&
           x.ok() && y.ok() && x->iss == y->iss && x->sub == y->sub && x->aud == y->aud && x->exp == y->exp &&
           x->nbf == y->nbf && x->iat == y->iat && x->session_id == y->session_id && x->user_id == y->user_id &&
           x->user_email == y->user_email && x->user_display_name == y->user_display_name &&
           x->user_profile_picture_url == y->user_profile_picture_url && x->organization_id == y->organization_id &&
           x->organization_display_name == y->organization_display_name && x->impersonator_email == y->impersonator_email &&
           std::equal(a.actions().begin(), a.actions().end(), b.actions().begin()) &&
           std::distance(a.actions().begin(), a.actions().end()) == std::distance(b.actions().begin(), b.actions().end());
}

void caches()
{
    static tesseral::VerifierMemory<tesseral::Profile::tiny, 2> memory;
    const tesseral::VerifierView verifier =
        *tesseral::VerifierView::place(memory, document, tesseral::Options().profile(tesseral::Profile::tiny));
    auto made = tesseral::Cache::make(16, 4096, seed);
    CHECK(made.ok());
    tesseral::Cache cache = std::move(*made);
    const auto plain = verifier.verify_token(token, now, scratch.fit(verifier));
    std::vector<std::uint8_t> expected_room(plain->copy_size());
    const auto expected = plain->copy(expected_room);
    for (int turn = 0; turn < 3; turn++) {
        const auto cached = verifier.verify_token(token, now, scratch.fit(verifier), &cache);
        CHECK(cached.ok() && same(*cached, *expected));
    }
    CHECK(cache.hits() == 2 && cache.misses() == 1);
    CHECK(verifier.verify_token(token, now + 301, scratch.fit(verifier), &cache).status() == TESSERAL_ERR_TOKEN_EXPIRED);
    const std::string bearer = "Bearer " + token;
    const auto request = tesseral::Headers().authorization(bearer);
    const auto cached = verifier.authenticate(request, now, scratch.fit(verifier), &cache);
    CHECK(cached.ok() && same(*cached, *expected) && cache.hits() == 4);
    tesseral::Cache view(cache.raw());
    CHECK(verifier.authenticate(request.raw(), now, scratch.fit(verifier), &view).ok() && cache.hits() == 5);

    const auto in_scratch = [](tesseral::string_view text) {
        const auto *octets = reinterpret_cast<const std::uint8_t *>(text.data());
        const tesseral::Memory room = scratch.fit(0);
        return octets >= room.ptr && octets < room.ptr + room.len;
    };
    {
        const auto headers = tesseral::Headers().authorization(bearer);
        tesseral::Hold hold(cache), other(cache);
        CHECK(!hold.held());
        const auto held = verifier.authenticate(headers, now, scratch.fit(verifier), hold);
        CHECK(held.ok() && hold.held() && hold.slot() < cache.slots() && !in_scratch(user_of(*held)));
        CHECK(verifier.authenticate(headers, now, scratch.fit(verifier), hold).status() == TESSERAL_ERR_INVALID_ARGUMENT);
        tesseral::Hold moved(std::move(hold));
        CHECK(!hold.held() && moved.held());
        const auto again = verifier.authenticate(headers, now, scratch.fit(verifier), other);
        CHECK(again.ok() && other.slot() == moved.slot() && other.serial() == moved.serial());
        CHECK(user_of(*again).data() == user_of(*held).data());
        CHECK((*again->access_token_claims()).user_email == (*held->access_token_claims()).user_email);
        moved.release();
        moved.release();
        CHECK(!moved.held() && verifier.authenticate(headers, now, scratch.fit(verifier), moved).ok());
        CHECK(verifier.authenticate(headers, now + 301, scratch.fit(verifier), hold).status() == TESSERAL_ERR_TOKEN_EXPIRED);
        CHECK(!hold.held());
    }
    tesseral::Cache none;
    tesseral::Hold nothing(none);
    CHECK(verifier.authenticate(tesseral::Headers().authorization(bearer), now, scratch.fit(verifier), nothing).ok());
    CHECK(!nothing.held() && none.slots() == 0);

    tesseral::Cache second;
    CHECK(second.hits() == 0 && verifier.verify_token(token, now, scratch.fit(verifier), &second).ok() && second.misses() == 0);
    second = std::move(cache);
    CHECK(second.hits() == 9 && cache.raw() == nullptr);
    tesseral::Cache &self = second;
    second = std::move(self);
    CHECK(second.hits() == 9);
    CHECK(tesseral::Cache::make(0, 4096, seed).status() == TESSERAL_ERR_INVALID_ARGUMENT);
    CHECK(tesseral::Cache::make(16, 65537, seed).status() == TESSERAL_ERR_INVALID_ARGUMENT);
    alignas(64) static std::uint8_t room[65536];
    CHECK(tesseral::Cache::place(room, 1024, seed).ok());
    CHECK(tesseral::Cache::place(tesseral::Memory(room, 64), 1024, seed).status() == TESSERAL_ERR_BUFFER_TOO_SMALL);
}

void batches()
{
    static tesseral::VerifierMemory<tesseral::Profile::tiny, 2> memory;
    const tesseral::VerifierView verifier =
        *tesseral::VerifierView::place(memory, document, tesseral::Options().profile(tesseral::Profile::tiny));
    std::vector<std::uint8_t> own(verifier.scratch_size());
    tesseral::Batch batch;
    CHECK(batch.verify(verifier, now).ok() && batch.size() == 0 && !batch.result(0).ok());
    for (int i = 0; i < 20; i++)
        batch.add(i % 2 == 0 ? token : other_token);
    CHECK(batch.verify(verifier, now).ok() && batch.size() == 20);
    const auto first = batch.result(0), second = batch.result(1), last = batch.result(19);
    CHECK(user_of(*first) != user_of(*second) && user_of(*second) == user_of(*last));
    batch.add("no token");
    CHECK(batch.result(20).status() == TESSERAL_ERR_INVALID_ARGUMENT);
    CHECK(batch.verify(tesseral::VerifierView(), now) == TESSERAL_ERR_INVALID_ARGUMENT);
    CHECK(!batch.result(0).ok() && user_of(*batch.result(0)).data() == nullptr);
    CHECK(batch.verify(verifier, now).ok() && batch.result(0).ok() && batch.result(20).status() == TESSERAL_ERR_TOKEN_MALFORMED);
    auto cache = tesseral::Cache::make(16, 4096, seed);
    for (std::uint64_t turn = 0; turn < 2; turn++) {
        CHECK(batch.verify(verifier, now, &*cache).ok() && batch.result(20).status() == TESSERAL_ERR_TOKEN_MALFORMED);
        for (std::size_t i = 0; i < 20; i++)
            CHECK(user_of(*batch.result(i)) == user_of(*verifier.verify_token(i % 2 == 0 ? token : other_token, now, own)));
    }
    CHECK(cache->hits() >= 20);
    batch.clear();
    CHECK(batch.size() == 0 && !batch.result(0).ok());
}

#if defined(TESSERAL_VERIFY_STD)
void hosted()
{
    auto loaded = tesseral::Verifier::load(document);
    CHECK(loaded.ok());
    tesseral::Verifier first = std::move(*loaded);
    CHECK(loaded->raw() == nullptr && first.verify_token(token, now, scratch.fit(first)).ok());
    tesseral::Verifier second(std::move(first));
    CHECK(first.verify_token(token, now, scratch.fit(second)).status() == TESSERAL_ERR_INVALID_ARGUMENT);
    first = *tesseral::Verifier::load(document);
    first = std::move(second);
    CHECK(second.raw() == nullptr && first.verify_token(token, now, scratch.fit(first)).ok());
    tesseral::Verifier &self = first;
    first = std::move(self);
    CHECK(first.raw() != nullptr && first.verify_token(token, now, scratch.fit(first)).ok());
    const auto shared = std::make_shared<const tesseral::Verifier>(std::move(first));
    CHECK(shared->verify_token(token, now, scratch.fit(*shared)).ok());
    CHECK(tesseral::Verifier::load("[").status() == TESSERAL_ERR_CONFIG_MALFORMED);
    CHECK(tesseral::Verifier::load(plain_jwks).status() == TESSERAL_ERR_CONFIG_NO_ISSUER);
    CHECK(tesseral::Verifier::load("{\"keys\":[]}", tesseral::Options().issuer("i")).status() == TESSERAL_ERR_CONFIG_NO_USABLE_KEY);
}
#endif

#if defined(TESSERAL_VERIFY_STD) && defined(__cpp_exceptions)
void exceptions()
{
    tesseral::Verifier verifier = tesseral::Verifier::load(document).value();
    const tesseral::Auth auth = verifier.verify_token(token, now, scratch.fit(verifier)).value();
    CHECK(auth.has_permission("a.b.c"));
    auto named = verifier.verify_token(token, now, scratch.fit(verifier));
    const auto &constant = named;
    CHECK(user_of(named.value()) == user_of(constant.value()));
    try {
        verifier.verify_token(token, now + 301, scratch.fit(verifier)).value();
        CHECK(false);
    } catch (const std::exception &error) {
        CHECK(error.what() == std::string("token has expired"));
        CHECK(dynamic_cast<const tesseral::Error &>(error).slug() == std::string("token_expired"));
        CHECK(dynamic_cast<const tesseral::Error &>(error).status() == TESSERAL_ERR_TOKEN_EXPIRED);
    }
}
#endif

} // namespace

int main(int argc, char **argv)
{
    if (argc != 9)
        return 2;
    std::ifstream file(argv[1], std::ios::binary);
    document.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    token = argv[2];
    other_token = argv[3];
    cookie_name = argv[4];
    api_key = argv[5];
    now = std::strtoll(argv[6], nullptr, 10);
    new_token = argv[7];
    new_kid = argv[8];

    statuses();
    views();
    nobody();
    placement();
    sharing();
    options_arrive();
    surveys();
    claims_and_actions();
    headers();
    unknown_kids();
    api_keys();
    caches();
    batches();
#if defined(TESSERAL_VERIFY_STD)
    hosted();
#endif
#if defined(TESSERAL_VERIFY_STD) && defined(__cpp_exceptions)
    exceptions();
#endif
    std::printf("objects: %u checks, %u failed\n", checks, failures);
    return checks == 0 || failures != 0;
}
