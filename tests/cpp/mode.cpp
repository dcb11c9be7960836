// One file of a program whose files are compiled for different standards, with and without exceptions: FUNCTION is the name
// of its function. Each must get its own string_view, not another file's.
#include <tesseral_verify.hpp>

#include <cstdio>

// The user's ID and the number of actions, as this file sees them.
int FUNCTION(const std::string &document, const std::string &token, std::int64_t now);

int FUNCTION(const std::string &document, const std::string &token, std::int64_t now)
{
    const auto verifier = tesseral::Verifier::load(document);
    tesseral::Scratch scratch;
    tesseral::Headers headers;
    const std::string bearer = "Bearer " + token;
    headers.authorization(bearer);
    const auto auth = verifier->authenticate(headers, now, scratch.fit(*verifier));
    int actions = 0;
    for (tesseral::string_view action : auth->actions())
        actions += action.size() == 5 || action == "x\ny";
    std::printf("%ld %s %d\n", __cplusplus, std::string((*auth->access_token_claims()).user_id).c_str(), actions);
    return auth.ok() ? 0 : 1;
}
