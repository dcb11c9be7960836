// A server that knows who sends each request, with cpp-httplib (Debian: libcpp-httplib-dev) and POSIX signals.
//
//     c++ -std=c++17 example.cpp $(pkg-config --cflags --libs tesseral_verify cpp-httplib) -pthread -o example
//     ./example config.json 8080
//
//     GET /me         who you are and what you may do
//     GET /posts      for those who may "app.posts.read"
//
// SIGHUP reads the snapshot file again, SIGTERM ends. API keys are accepted when TESSERAL_BACKEND_API_KEY is set; the service is
// asked at TESSERAL_BACKEND_API_URL, by default https://api.tesseral.com.
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <mutex>
#include <thread>

#include <httplib.h>
#include <tesseral_verify.hpp>

namespace {

std::string environment(const char *name, const char *otherwise)
{
    const char *value = std::getenv(name);
    return value == nullptr ? otherwise : value;
}

const std::string backend_url = environment("TESSERAL_BACKEND_API_URL", "https://api.tesseral.com");
const std::string backend_api_key = environment("TESSERAL_BACKEND_API_KEY", "");

// The verifier of the newest snapshot that could be used. Requests hold on to theirs while it is replaced.
class Snapshot {
public:
    tesseral::Status load(const char *path)
    {
        std::ifstream file(path, std::ios::binary);
        const std::string document((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
        auto loaded = tesseral::Verifier::load(document, tesseral::Options().api_keys(!backend_api_key.empty()));
        if (loaded.ok()) {
            auto next = std::make_shared<const tesseral::Verifier>(std::move(*loaded));
            const std::lock_guard<std::mutex> lock(mutex_);
            current_.swap(next);
        }
        return loaded.status();
    }

    std::shared_ptr<const tesseral::Verifier> current() const
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        return current_;
    }

private:
    mutable std::mutex mutex_;
    std::shared_ptr<const tesseral::Verifier> current_;
};

// What the service says of an API key; status 0 when it says nothing.
struct Answer {
    int status = 0;
    std::string body;
};

// A busy server remembers the answers for a few seconds, under api_key_fingerprint().
Answer ask_the_service(const tesseral::ApiKeyRequest &request)
{
    httplib::Client client(backend_url);
    client.set_connection_timeout(2);
    client.set_read_timeout(5);
    const httplib::Headers headers = {{"Authorization", "Bearer " + backend_api_key}};
    const auto response = client.Post(request.path(), headers, std::string(request.body()), request.content_type());
    Answer answer;
    if (response) {
        answer.status = response->status;
        answer.body = response->body;
    }
    return answer;
}

void refuse(tesseral::Status status, httplib::Response &response)
{
    // The client learns no more than that; the log gets the slug, which never holds an octet of a credential.
    std::clog << "refused: " << status.slug() << std::endl;
    response.status = status.http();
    if (response.status == 401)
        response.set_header("WWW-Authenticate", "Bearer");
    response.set_content("refused\n", "text/plain");
}

using Handler = std::function<void(const tesseral::Auth &, httplib::Response &)>;

// Runs a handler only for authenticated senders, and only if they have `permission`, unless that is empty.
httplib::Server::Handler guarded(const Snapshot &snapshot, const std::string &permission, const Handler &handler)
{
    return [&snapshot, permission, handler](const httplib::Request &request, httplib::Response &response) {
        thread_local tesseral::Scratch scratch;
        const auto verifier = snapshot.current();

        tesseral::Headers headers;
        const auto authorization = request.headers.equal_range("Authorization");
        for (auto header = authorization.first; header != authorization.second; ++header)
            headers.authorization(header->second);
        const auto cookie = request.headers.equal_range("Cookie");
        for (auto header = cookie.first; header != cookie.second; ++header)
            headers.cookie(header->second);

        const auto authentication = verifier->authenticate(headers, std::time(nullptr), scratch.fit(*verifier));
        tesseral::Result<tesseral::Auth> auth = authentication;
        Answer answer; // the texts of auth may point into it
        if (authentication.lookup_needed()) {
            const auto question = tesseral::ApiKeyRequest::make(authentication.api_key());
            answer = ask_the_service(*question);
            auth = tesseral::api_key_response(authentication.api_key(), answer.status, answer.body, scratch.fit(answer.body.size()));
        }
        if (!auth.ok())
            return refuse(auth.status(), response);
        if (!permission.empty() && !auth->has_permission(permission))
            return refuse(tesseral::Status(TESSERAL_ERR_PERMISSION_MISSING), response);
        handler(*auth, response);
    };
}

// The signals that end the server or read the snapshot again come to one thread alone.
void obey_signals(const sigset_t &signals, httplib::Server &server, Snapshot &snapshot, const char *path)
{
    int signal = 0;
    while (sigwait(&signals, &signal) == 0 && signal == SIGHUP)
        std::clog << "snapshot: " << snapshot.load(path).slug() << std::endl;
    server.stop();
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 3) {
        std::cerr << "usage: example SNAPSHOT PORT (0: any)\n";
        return 2;
    }
    Snapshot snapshot;
    const tesseral::Status status = snapshot.load(argv[1]);
    if (!status.ok()) {
        std::cerr << argv[1] << ": " << status.slug() << ": " << status.text() << "\n";
        return 2;
    }

    httplib::Server server;
    server.Get("/me", guarded(snapshot, "", [](const tesseral::Auth &auth, httplib::Response &response) {
                   std::string text = "organization " + std::string(auth.organization_id()) + "\n";
                   const auto claims = auth.access_token_claims();
                   if (claims.ok())
                       text += "user " + std::string(claims->user_id) + "\n";
                   else
                       text += "API key " + std::string(auth.api_key_id()) + "\n";
                   for (tesseral::string_view action : auth.actions())
                       text += "may " + std::string(action) + "\n";
                   response.set_content(text, "text/plain; charset=utf-8");
               }));
    server.Get("/posts", guarded(snapshot, "app.posts.read", [](const tesseral::Auth &, httplib::Response &response) {
                   response.set_content("posts\n", "text/plain");
               }));

    sigset_t signals;
    sigemptyset(&signals);
    for (int signal : {SIGHUP, SIGINT, SIGTERM})
        sigaddset(&signals, signal);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::thread obeying([&] { obey_signals(signals, server, snapshot, argv[1]); });

    int port = std::atoi(argv[2]);
    port = port == 0 ? server.bind_to_any_port("127.0.0.1") : server.bind_to_port("127.0.0.1", port) ? port : -1;
    if (port > 0)
        std::cout << "http://127.0.0.1:" << port << std::endl;
    const bool served = port > 0 && server.listen_after_bind();
    if (!served) {
        std::cerr << "cannot listen\n";
        pthread_kill(obeying.native_handle(), SIGTERM);
    }
    obeying.join();
    return served ? 0 : 1;
}
