// Calls the functions that mode.cpp became: modes SNAPSHOT TOKEN NOW.
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

int cpp11(const std::string &document, const std::string &token, std::int64_t now);
int cpp11_quiet(const std::string &document, const std::string &token, std::int64_t now);
int cpp17(const std::string &document, const std::string &token, std::int64_t now);
int cpp20_quiet(const std::string &document, const std::string &token, std::int64_t now);

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    std::ifstream file(argv[1], std::ios::binary);
    const std::string document((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    const std::int64_t now = std::strtoll(argv[3], nullptr, 10);
    return cpp11(document, argv[2], now) + cpp11_quiet(document, argv[2], now) + cpp17(document, argv[2], now) +
           cpp20_quiet(document, argv[2], now);
}
