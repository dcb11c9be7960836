// A library with another interface than the header's: the program's own function stands in front of the shared library's.
// Prints what loading says.
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
    std::printf("%s %s\n", tesseral::Verifier::load(document).status().slug(),
                tesseral::VerifierView::place(memory, document).status().slug());
    return 0;
}
