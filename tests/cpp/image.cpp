// Opens the image of a file that `tesseral-verify bake` wrote, and says what its verifier says to a token: image TOKEN NOW
#include <cstdio>
#include <cstdlib>

#include <tesseral_verify.hpp>

extern "C" {
extern const std::uint8_t tesseral_image[];
extern const std::size_t tesseral_image_len;
extern const std::uint8_t tesseral_image_digest[TESSERAL_IMAGE_DIGEST_LEN];
}

int main(int argc, char **argv)
{
    using tesseral::VerifierView;
    alignas(TESSERAL_VERIFIER_ALIGN) static std::uint8_t memory[TESSERAL_OPENED_VERIFIER_SIZE(1)];
    static tesseral::Scratch scratch;
    const auto refused = VerifierView::open(memory, tesseral_image, tesseral_image_len - 64, nullptr);
    const auto misaligned = VerifierView::open(memory, tesseral_image + 1, tesseral_image_len - 64, nullptr);
    if (argc != 3 || refused.status() != TESSERAL_ERR_IMAGE_MALFORMED || misaligned.status() != TESSERAL_ERR_INVALID_ARGUMENT)
        return 1;
    const auto verifier = VerifierView::open(memory, tesseral_image, tesseral_image_len, tesseral_image_digest);
    if (!verifier.ok())
        return 2;
    const char *token = argv[1];
    const auto auth = verifier->verify_token(token, std::atoll(argv[2]), scratch.fit(*verifier));
    std::printf("%s\n", auth.status().slug());
    return 0;
}
