// A library with another interface than the header's: the program's own function stands in front of the shared library's.
// Prints what loading, and making an authenticator, say.
#include <tesseral_verify.hpp>

#include <cstdio>
#include <fstream>
#include <iterator>

std::uint32_t tesseral_abi_version()
{
    return TESSERAL_ABI_VERSION + ABI_OFFSET;
}

int main(int argc, char **argv)
{
    std::ifstream file(argc == 2 ? argv[1] : "", std::ios::binary);
    const std::string document((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    static tesseral::VerifierMemory<tesseral::Profile::server, 1> memory;
    const auto options = tesseral::AuthenticatorOptions("publishable_key_1").config_host("127.0.0.1:1");
    std::printf("%s %s %s\n", tesseral::Verifier::load(document).status().slug(),
                tesseral::VerifierView::place(memory, document).status().slug(),
                tesseral::Authenticator::make(options).status().slug());
    return 0;
}
