// Runs token-shaped vectors through bindings/cpp, as tests/c/vectors.c does through the C interface:
//
//     vectors PROFILE FILE
//
// A line of FILE is one case, fields separated by tabs: file, id, mode, document, issuer, project ID, now, credential,
// expected slug, expected credential; tests/c/vectors.c says more. Every case runs in a verifier in our memory and in one of
// the library's own; tokens and requests also with a cache, twice, and tokens in a batch. Exit status 1 on any disagreement.
#include <tesseral_verify.hpp>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

namespace {

struct Count {
    unsigned ran = 0, disagree = 0;
};

// Exactly so many octets, so that a sanitizer sees a read past the end.
using Octets = std::vector<char>;

Octets unhex(const std::string &hex)
{
    Octets octets(hex.size() / 2);
    for (std::size_t i = 0; i < octets.size(); i++)
        octets[i] = static_cast<char>(std::strtoul(hex.substr(2 * i, 2).c_str(), nullptr, 16));
    return octets;
}

tesseral::string_view view(const Octets &octets)
{
    return tesseral::string_view(octets.data(), octets.size());
}

struct Case {
    std::string file, id, mode, slug, values;
    Octets document, issuer, project_id, credential, expected;
    std::int64_t now;
};

bool is_request(const Case &test)
{
    return test.mode.compare(0, 7, "request") == 0;
}

bool read(const std::string &line, Case &test)
{
    std::istringstream fields(line);
    std::string document, issuer, project_id, now, expected;
    for (std::string *field :
         {&test.file, &test.id, &test.mode, &document, &issuer, &project_id, &now, &test.values, &test.slug})
        if (!std::getline(fields, *field, '\t'))
            return false;
    std::getline(fields, expected, '\t');
    test.document = unhex(document);
    test.issuer = unhex(issuer);
    test.project_id = unhex(project_id);
    test.expected = unhex(expected);
    if (!is_request(test))
        test.credential = unhex(test.values);
    test.now = std::strtoll(now.c_str(), nullptr, 10);
    return true;
}

class Runner {
public:
    explicit Runner(tesseral::Profile profile) : profile_(profile) {}

    void run(const Case &test)
    {
        const tesseral::Options options =
            tesseral::Options()
                .profile(profile_)
                .issuer(view(test.issuer))
                .project_id(view(test.project_id))
                .api_keys(test.mode == "request_with_api_keys");
        tesseral::Memory memory(memory_.data(), tesseral_verifier_size(static_cast<std::uint32_t>(profile_), TESSERAL_MAX_KEYS));

        Octets document = test.document;
        const auto placed = tesseral::VerifierView::place(memory, view(document), options);
        // The document is not needed any more.
        document.assign(document.size(), 0);
        judge(test, "place", placed.status(), *placed);

        const auto loaded = tesseral::Verifier::load(view(test.document), options);
        judge(test, "load", loaded.status(), *loaded);
        counts[test.file].ran++;
    }

    std::map<std::string, Count> counts;

private:
    void judge(const Case &test, const std::string &where, tesseral::Status loaded, const tesseral::VerifierView &verifier)
    {
        if (!loaded.ok())
            return compare(test, where, loaded, false);
        if (is_request(test))
            judge_request(test, where, verifier);
        else if (test.mode == "token")
            judge_token(test, where, verifier);
        else
            judge_bearer(test, where, verifier);
    }

    void judge_token(const Case &test, const std::string &where, const tesseral::VerifierView &verifier)
    {
        const auto auth = verifier.verify_token(view(test.credential), test.now, scratch_.fit(verifier));
        compare(test, where, auth.status(), auth->credentials_type() == tesseral::CredentialsType::access_token);

        auto cache = tesseral::Cache::make(8, 1024, {{7}});
        for (const char *turn : {" first", " again"}) {
            const auto cached = verifier.verify_token(view(test.credential), test.now, scratch_.fit(verifier), &*cache);
            compare(test, where + turn, cached.status(), cached->payload().data() != nullptr);
        }

        batch_.clear();
        batch_.add(view(test.credential));
        batch_.add("");
        batch_.add(view(test.credential));
        compare(test, where + " no batch", batch_.result(0).status(), false, "invalid_argument");
        for (tesseral::Cache *with : {static_cast<tesseral::Cache *>(nullptr), &*cache}) {
            const std::string batch = where + (with == nullptr ? " batch" : " cached batch");
            compare(test, batch, batch_.verify(verifier, test.now, with), true, "ok");
            for (std::size_t i = 0; i < 3; i += 2)
                compare(test, batch, batch_.result(i).status(), batch_.result(i).ok());
            compare(test, batch, batch_.result(1).status(), false, "token_malformed");
            compare(test, batch, batch_.result(3).status(), false, "invalid_argument");
        }
    }

    void judge_bearer(const Case &test, const std::string &where, const tesseral::VerifierView &verifier)
    {
        const char scheme[] = "Bearer ";
        Octets value(scheme, scheme + sizeof scheme - 1);
        value.insert(value.end(), test.credential.begin(), test.credential.end());
        value.shrink_to_fit();
        headers_.clear();
        headers_.authorization(view(value));
        const auto auth = verifier.authenticate(headers_, test.now, scratch_.fit(verifier));
        // What follows Bearer and its spaces, up to the blanks at the end.
        const tesseral::string_view credential = auth->credentials();
        auto end = value.size();
        while (end > 0 && (value[end - 1] == ' ' || value[end - 1] == '\t'))
            end--;
        compare(test, where, auth.status(), credential.data() + credential.size() == value.data() + end);
        // The same without the header.
        headers_.clear();
        headers_.credential(view(test.credential));
        const auto bare = verifier.authenticate(headers_, test.now, scratch_.fit(verifier));
        compare(test, where + " bare", bare.status(), bare->credentials().data() != nullptr);
    }

    void judge_request(const Case &test, const std::string &where, const tesseral::VerifierView &verifier)
    {
        std::vector<Octets> values;
        std::istringstream texts(test.values);
        std::string text, letters;
        while (std::getline(texts, text, ';')) {
            letters.push_back(text[0]);
            values.push_back(unhex(text.substr(1)));
        }
        headers_.clear();
        for (std::size_t i = 0; i < values.size(); i++)
            letters[i] == 'A' ? headers_.authorization(view(values[i])) : headers_.cookie(view(values[i]));
        auto cache = tesseral::Cache::make(8, 1024, {{7}});
        check_request(test, where, verifier.authenticate(headers_, test.now, scratch_.fit(verifier)));
        for (const char *turn : {" first", " again"})
            check_request(test, where + turn, verifier.authenticate(headers_, test.now, scratch_.fit(verifier), &*cache));
    }

    // The credential is the one that is expected, or there is none.
    void check_request(const Case &test, const std::string &where, const tesseral::Authentication &auth)
    {
        const tesseral::string_view found = auth.lookup_needed() ? auth.api_key() : auth->credentials();
        compare(test, where, auth.status(), auth.ok());
        if (std::string(found.data(), found.size()) != std::string(test.expected.data(), test.expected.size()))
            compare(test, where, auth.status(), auth.ok(), "another credential");
    }

    void compare(const Case &test, const std::string &where, tesseral::Status status, bool says_who)
    {
        compare(test, where, status, says_who, test.slug);
    }

    void compare(const Case &test, const std::string &where, tesseral::Status status, bool says_who, const std::string &slug)
    {
        if (status.slug() == slug && says_who == status.ok())
            return;
        std::cout << test.file << ": " << test.id << " (" << test.mode << ", " << where << "): expected " << slug << ", got "
                  << status.slug() << (says_who ? " and somebody\n" : " and nobody\n");
        counts[test.file].disagree++;
    }

    tesseral::Profile profile_;
    tesseral::VerifierMemory<tesseral::Profile::server, TESSERAL_MAX_KEYS> &memory_ = room();
    tesseral::Scratch scratch_;
    tesseral::Headers headers_;
    tesseral::Batch batch_;

    static tesseral::VerifierMemory<tesseral::Profile::server, TESSERAL_MAX_KEYS> &room()
    {
        static tesseral::VerifierMemory<tesseral::Profile::server, TESSERAL_MAX_KEYS> memory;
        return memory;
    }
};

} // namespace

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    Runner runner(static_cast<tesseral::Profile>(std::strtoul(argv[1], nullptr, 10)));
    std::ifstream file(argv[2]);
    std::string line;
    while (std::getline(file, line)) {
        Case test;
        if (!read(line, test)) {
            std::cerr << "vectors: fields\n";
            return 2;
        }
        runner.run(test);
    }
    unsigned disagree = 0;
    for (const auto &count : runner.counts) {
        std::cout << "vectors " << count.first << " (C++): " << count.second.ran << " ran, " << count.second.disagree << " disagree\n";
        disagree += count.second.disagree;
    }
    return runner.counts.empty() || disagree != 0;
}
