// Prints what each accessor of an Auth says of one token, one line each, for tests/cpp.rs to compare:
//
//     claims SNAPSHOT TOKEN NOW
//
// NUL, CR, LF and what is not ASCII are printed as \xNN; "none" stands for a text that is not there.
#include <tesseral_verify.hpp>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace {

void print(const char *name, tesseral::string_view text)
{
    std::printf("%s ", name);
    if (text.data() == nullptr)
        std::printf("none");
    for (char c : text)
        if (c >= ' ' && c <= '~')
            std::putchar(c);
        else
            std::printf("\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
    std::putchar('\n');
}

void print(const char *name, std::int64_t seconds)
{
    std::printf("%s %lld\n", name, static_cast<long long>(seconds));
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    std::ifstream file(argv[1], std::ios::binary);
    const std::string document((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    const auto verifier = tesseral::Verifier::load(document);
    tesseral::Scratch scratch;
    const auto auth = verifier->verify_token(argv[2], std::strtoll(argv[3], nullptr, 10), scratch.fit(*verifier));
    const auto claims = auth->access_token_claims();
    if (!claims.ok())
        return 1;

    print("iss", claims->iss);
    print("sub", claims->sub);
    print("aud", claims->aud);
    print("exp", claims->exp);
    print("nbf", claims->nbf);
    print("iat", claims->iat);
    print("session_id", claims->session_id);
    print("user_id", claims->user_id);
    print("user_email", claims->user_email);
    print("user_display_name", claims->user_display_name);
    print("user_profile_picture_url", claims->user_profile_picture_url);
    print("organization_id", claims->organization_id);
    print("organization_display_name", claims->organization_display_name);
    print("impersonator_email", claims->impersonator_email);
    print("organization", auth->organization_id());
    print("credentials", auth->credentials());
    print("api_key_id", auth->api_key_id());
    print("payload", auth->payload());
    for (tesseral::string_view action : auth->actions())
        print("action", action);
    print("kid", verifier->kid(0));
    print("issuer", verifier->issuer());
    print("project_id", verifier->project_id());
    return 0;
}
