// Lists of revoked sessions and users:
//
//     revoked SNAPSHOT TOKEN PROJECT-ID SESSION-ID USER-ID NOW
//
// TOKEN is a good access token of that session and user.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include "tesseral_verify.hpp"

static unsigned checks, failures;

static void check(bool holds, const char *what, int line)
{
    checks++;
    if (!holds) {
        failures++;
        std::printf("line %d: %s\n", line, what);
    }
}
#define CHECK(condition) check((condition), #condition, __LINE__)

int main(int argc, char **argv)
{
    if (argc != 7)
        return 2;
    std::ifstream file(argv[1]);
    const std::string document((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    const std::string token = argv[2], project = argv[3], version = "tesseral-revoked 1\n";
    const std::array<std::uint8_t, 16> seed = {{1, 2, 3}};
    static tesseral::VerifierMemory<tesseral::Profile::tiny, 2> memory;
    const auto verifier = tesseral::VerifierView::place(memory, document, tesseral::Options().profile(tesseral::Profile::tiny));
    CHECK(verifier.ok());
    tesseral::Scratch scratch;
    const auto auth = (*verifier).verify_token(token, std::strtoll(argv[6], nullptr, 10), scratch.fit(*verifier));
    CHECK(auth.ok());

    const tesseral::Revoked none;
    CHECK(none.entries() == 0 && none.raw() == nullptr && none.check(*verifier, *auth).ok());
    for (const std::string id : {argv[4], argv[5]}) {
        auto list = tesseral::Revoked::load(version + project + " " + id + "\n", seed);
        CHECK(list.ok() && (*list).entries() == 1);
        CHECK((*list).check(*verifier, *auth) == TESSERAL_ERR_TOKEN_REVOKED);
        CHECK((*list).check(*verifier, tesseral::Auth()) == TESSERAL_ERR_INVALID_ARGUMENT);
        CHECK((*list).check(tesseral::VerifierView(), *auth) == TESSERAL_ERR_INVALID_ARGUMENT);
        tesseral::Revoked moved(std::move(*list));
        CHECK((*list).entries() == 0 && moved.entries() == 1);
        tesseral::Revoked assigned;
        assigned = std::move(moved);
        CHECK(moved.raw() == nullptr && assigned.check(*verifier, *auth) == TESSERAL_ERR_TOKEN_REVOKED);
    }
    const auto empty = tesseral::Revoked::load(version, seed);
    CHECK(empty.ok() && (*empty).check(*verifier, *auth).ok());

    std::size_t line = 77;
    CHECK(tesseral::Revoked::load(version, seed, &line).ok() && line == 77);
    CHECK(tesseral::Revoked::load(version + "\nx\n", seed, &line).status() == TESSERAL_ERR_REVOCATIONS_MALFORMED && line == 3);
    CHECK(tesseral::Revoked::load("", seed, &line).status() == TESSERAL_ERR_REVOCATIONS_MALFORMED && line == 1);
    CHECK(tesseral::Revoked::load(version + project, seed).status() == TESSERAL_ERR_REVOCATIONS_MALFORMED);
    std::printf("revoked (C++): %u checks, %u failed\n", checks, failures);
    return checks == 0 || failures != 0;
}
