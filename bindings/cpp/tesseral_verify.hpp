// tesseral_verify.hpp: libtesseral_verify for C++11 and newer, over tesseral_verify.h. Nothing to link but the C library.
//
// Text is a string_view: std::string_view where the standard has it, else the similar tesseral::string_view. The text of a result
// points into the token, the scratch memory or the answer: keep those unchanged while you use it. When there is no text, data() is
// nullptr. Only two kinds of functions throw: Result::value(), which exists when exceptions are on, and functions that say that
// they allocate. Only an Authenticator reads a clock or starts a thread, and nothing keeps global state.
//
// Thread safety: any number of threads may share one verifier or Authenticator. Everything else belongs to one thread at a time.

#ifndef TESSERAL_VERIFY_HPP
#define TESSERAL_VERIFY_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <memory>
#include <new>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <tesseral_verify.h>

#if defined(_MSVC_LANG)
#define TESSERAL_CPLUSPLUS _MSVC_LANG
#else
#define TESSERAL_CPLUSPLUS __cplusplus
#endif

#if TESSERAL_CPLUSPLUS >= 201703L
#include <string_view>
#define TESSERAL_NODISCARD [[nodiscard]]
#define TESSERAL_VIEW std
#else
#include <iosfwd>
#define TESSERAL_NODISCARD
#define TESSERAL_VIEW own
#endif

#if defined(__cpp_exceptions) || defined(__EXCEPTIONS) || defined(_CPPUNWIND)
#include <exception>
#define TESSERAL_THROWS
#define TESSERAL_EXCEPTIONS throwing
#else
#define TESSERAL_EXCEPTIONS quiet
#endif

// Files of one program may be compiled for different standards, with and without exceptions. The types of each mode have names of
// their own, so that the linker does not mix their functions.
#define TESSERAL_JOIN(view, exceptions) view##_view_##exceptions
#define TESSERAL_MODE(view, exceptions) TESSERAL_JOIN(view, exceptions)

namespace tesseral {
inline namespace TESSERAL_MODE(TESSERAL_VIEW, TESSERAL_EXCEPTIONS) {

#if TESSERAL_CPLUSPLUS >= 201703L
using std::string_view;
#else
/// A borrowed string of octets: the part of std::string_view that is needed here.
class string_view {
public:
    string_view() noexcept : data_(nullptr), size_(0) {}
    string_view(const char *data, std::size_t size) noexcept : data_(data), size_(size) {}
    /// text: NUL-terminated, not NULL.
    string_view(const char *text) noexcept : data_(text), size_(std::strlen(text)) {}
    string_view(const std::string &text) noexcept : data_(text.data()), size_(text.size()) {}

    const char *data() const noexcept { return data_; }
    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }
    const char *begin() const noexcept { return data_; }
    const char *end() const noexcept { return data_ + size_; }
    const char &operator[](std::size_t index) const noexcept { return data_[index]; }
    explicit operator std::string() const { return size_ == 0 ? std::string() : std::string(data_, size_); }

    friend bool operator==(string_view a, string_view b) noexcept
    {
        return a.size_ == b.size_ && (a.size_ == 0 || std::memcmp(a.data_, b.data_, a.size_) == 0);
    }
    friend bool operator!=(string_view a, string_view b) noexcept { return !(a == b); }

    template <class Traits>
    friend std::basic_ostream<char, Traits> &operator<<(std::basic_ostream<char, Traits> &out, string_view text)
    {
        return out.write(text.data_, static_cast<std::streamsize>(text.size_));
    }

private:
    const char *data_;
    std::size_t size_;
};
#endif

namespace detail {

inline const std::uint8_t *octets(string_view text) noexcept
{
    return reinterpret_cast<const std::uint8_t *>(text.data());
}

inline tesseral_str to_c(string_view text) noexcept
{
    tesseral_str str = TESSERAL_STR_NONE;
    str.ptr = octets(text);
    str.len = text.size();
    return str;
}

inline string_view from_c(const tesseral_str &str) noexcept
{
    return string_view(reinterpret_cast<const char *>(str.ptr), str.len);
}

// When S is a std::string. It stands for a temporary one here: views into it would dangle at once.
template <class S>
using if_temporary = typename std::enable_if<std::is_same<typename std::remove_cv<S>::type, std::string>::value>::type;

// bool, when B is bool. A bool and a status must not convert into each other: as a number, 0 means no in one and success in the
// other.
template <class B> using if_bool = typename std::enable_if<std::is_same<B, bool>::value, bool>::type;

} // namespace detail

/// Whether a call succeeded or, if not, why: the number that the C functions return.
class TESSERAL_NODISCARD Status {
public:
    /// Not a success.
    Status() noexcept : code_(TESSERAL_ERR_INTERNAL_ERROR) {}
    /// code: TESSERAL_OK or a TESSERAL_ERR_ constant. Any other number counts as a failure.
    explicit Status(std::uint32_t code) noexcept : code_(code) {}
    template <class B, class = detail::if_bool<B>> explicit Status(B) = delete;

    /// Finds a status by its slug ("token_expired", "ok"); status is written only when true is returned.
    static bool from_slug(string_view slug, Status &status) noexcept
    {
        return tesseral_status_from_slug(detail::octets(slug), slug.size(), &status.code_) == TESSERAL_OK;
    }
    /// Every status that the library has, success first and then by number. Allocates.
    static std::vector<Status> all()
    {
        std::vector<Status> all;
        for (std::size_t place = 0; place < tesseral_status_count(); place++)
            all.push_back(Status(tesseral_status_at(place)));
        return all;
    }
    // Earlier names.
    static void count() = delete;         // use all()
    static void at(std::size_t) = delete; // use all()

    bool ok() const noexcept { return code_ == TESSERAL_OK; }
    std::uint32_t code() const noexcept { return code_; }

    /// The stable name, for logs and metrics. NUL-terminated.
    const char *slug() const noexcept { return tesseral_status_slug(code_); }
    /// A fixed phrase, which never holds an octet of a credential. NUL-terminated.
    const char *text() const noexcept { return tesseral_status_text(code_); }
    /// The HTTP status with which a server answers: 200, 401, 403, 500 or 503.
    int http() const noexcept { return static_cast<int>(tesseral_status_http(code_)); }

    friend bool operator==(Status a, Status b) noexcept { return a.code_ == b.code_; }
    friend bool operator!=(Status a, Status b) noexcept { return a.code_ != b.code_; }
    friend bool operator==(Status a, std::uint32_t code) noexcept { return a.code_ == code; }
    friend bool operator!=(Status a, std::uint32_t code) noexcept { return a.code_ != code; }
    template <class B> friend detail::if_bool<B> operator==(Status, B) = delete;
    template <class B> friend detail::if_bool<B> operator!=(Status, B) = delete;

private:
    std::uint32_t code_;
};

#if defined(TESSERAL_THROWS)
/// What Result::value() throws.
class Error : public std::exception {
public:
    explicit Error(Status status) noexcept : status_(status) {}
    Status status() const noexcept { return status_; }
    const char *slug() const noexcept { return status_.slug(); }
    /// Status::text().
    const char *what() const noexcept override { return status_.text(); }

private:
    Status status_;
};
#endif

/// A value, or why there is none.
///
/// Without success, the value is a default-constructed one, which authenticates nobody and verifies nothing. A temporary has no
/// operator->, since a reference that it gives could outlive it: give the result a name first.
template <class T> class TESSERAL_NODISCARD Result {
public:
    /// A result without a value. A status of success becomes internal_error.
    Result(Status refusal) noexcept : status_(refusal.ok() ? Status() : refusal), value_() {}
    Result(T value) noexcept : status_(TESSERAL_OK), value_(std::move(value)) {}

    bool ok() const noexcept { return status_.ok(); }
    explicit operator bool() const noexcept { return ok(); }
    Status status() const noexcept { return status_; }

    T &operator*() & noexcept { return value_; }
    const T &operator*() const & noexcept { return value_; }
    T operator*() && noexcept { return std::move(value_); }
    T *operator->() & noexcept { return &value_; }
    const T *operator->() const & noexcept { return &value_; }
    void operator->() && = delete;

#if defined(TESSERAL_THROWS)
    /// The value, or throws Error.
    T &value() & { return check(), value_; }
    const T &value() const & { return check(), value_; }
    T value() && { return check(), std::move(value_); }

private:
    void check() const
    {
        if (!ok())
            throw Error(status_);
    }
#endif

private:
    Status status_;
    T value_;
};

/// The caller's writable memory: an array, a std::array, a std::vector, or any type with such data() and size().
struct Memory {
    Memory() noexcept : ptr(nullptr), len(0) {}
    Memory(std::uint8_t *octets, std::size_t count) noexcept : ptr(octets), len(count) {}
    template <std::size_t N> Memory(std::uint8_t (&array)[N]) noexcept : ptr(array), len(N) {}
    template <class Container, class = typename std::enable_if<std::is_same<
                                   decltype(std::declval<Container &>().data()), std::uint8_t *>::value>::type>
    Memory(Container &container) noexcept : ptr(container.data()), len(container.size())
    {
    }

    std::uint8_t *ptr;
    std::size_t len;
};

/// How much memory a verifier takes for each key, and for which kind of program.
enum class Profile : std::uint32_t {
    server = TESSERAL_PROFILE_SERVER,
    compact = TESSERAL_PROFILE_COMPACT,
    tiny = TESSERAL_PROFILE_TINY
};

/// A view of a base table, which lies in the caller's memory (place()) or belongs to a BaseTable. May be copied.
///
/// The base table is what verifiers of the profile server share. A verifier without it has a table of its own, which takes
/// TESSERAL_TABLE_SIZE_SERVER bytes and half of the time to load one key. Any number of threads may share one.
class BaseTableView {
public:
    /// None: each verifier has a table of its own.
    BaseTableView() noexcept : raw_(nullptr) {}
    explicit BaseTableView(const tesseral_base_table *raw) noexcept : raw_(raw) {}

    /// Fills a table in the caller's memory: TESSERAL_BASE_TABLE_SIZE bytes, aligned to TESSERAL_VERIFIER_ALIGN. They belong to it
    /// as long as a verifier has it. Refuses with invalid_argument, buffer_too_small, or internal_error when the library that runs
    /// has another interface than this header.
    static Result<BaseTableView> place(Memory memory) noexcept
    {
        const tesseral_base_table *raw = nullptr;
        const Status status(tesseral_abi_version() != TESSERAL_ABI_VERSION
                                ? TESSERAL_ERR_INTERNAL_ERROR
                                : tesseral_base_table_init(memory.ptr, memory.len, &raw));
        return status.ok() ? Result<BaseTableView>(BaseTableView(raw)) : Result<BaseTableView>(status);
    }

    const tesseral_base_table *raw() const noexcept { return raw_; }

private:
    const tesseral_base_table *raw_;
};

#if defined(TESSERAL_VERIFY_STD)
/// A base table in memory of its own. Not copyable. It must outlive the verifiers that have it.
class BaseTable : public BaseTableView {
public:
    BaseTable() noexcept {}
    BaseTable(BaseTable &&other) noexcept : BaseTableView(other) { static_cast<BaseTableView &>(other) = BaseTableView(); }
    BaseTable &operator=(BaseTable &&other) noexcept
    {
        const BaseTableView theirs = other;
        static_cast<BaseTableView &>(other) = BaseTableView();
        if (raw() != theirs.raw())
            tesseral_base_table_free(raw());
        static_cast<BaseTableView &>(*this) = theirs;
        return *this;
    }
    ~BaseTable() { tesseral_base_table_free(raw()); }

    /// Fills it. Refuses with internal_error when the library that runs has another interface than this header.
    static Result<BaseTable> make() noexcept
    {
        const tesseral_base_table *raw = nullptr;
        const Status status(tesseral_abi_version() != TESSERAL_ABI_VERSION ? TESSERAL_ERR_INTERNAL_ERROR
                                                                           : tesseral_base_table_new(&raw));
        return status.ok() ? Result<BaseTable>(BaseTable(raw)) : Result<BaseTable>(status);
    }

private:
    explicit BaseTable(const tesseral_base_table *raw) noexcept : BaseTableView(raw) {}
};
#endif

/// How a document is read and how tokens are judged. Keep the texts until the call that takes the options returns, and the base
/// table until the last verifier that was made with it is not used any more.
class Options {
public:
    Options &profile(Profile profile) noexcept { return raw_.profile = static_cast<std::uint32_t>(profile), *this; }
    /// Issuer, and audience, that tokens must have: 1 to 256 octets. Without it: derived from the project ID.
    Options &issuer(string_view issuer) noexcept { return raw_.issuer = detail::to_c(issuer), *this; }
    template <class S, class = detail::if_temporary<S>> Options &issuer(S &&) = delete;
    /// Project ID for a document without one, such as a plain JWKS: 1 to 64 octets.
    Options &project_id(string_view project_id) noexcept { return raw_.project_id = detail::to_c(project_id), *this; }
    template <class S, class = detail::if_temporary<S>> Options &project_id(S &&) = delete;
    /// Seconds by which the issuer's clock may differ: 0 (the default) to 300.
    Options &leeway_seconds(std::uint32_t seconds) noexcept { return raw_.leeway_seconds = seconds, *this; }
    /// Longest token that is looked at, in octets: 1 to 65536; 0 means 16384.
    Options &max_token_len(std::uint32_t octets) noexcept { return raw_.max_token_len = octets, *this; }
    /// Whether requests may carry an API key in place of an access token. Off by default.
    Options &api_keys(bool on) noexcept { return raw_.api_keys = on ? 1 : 0, *this; }
    /// A table that verifiers of the profile server share; other profiles ignore it.
    Options &base_table(const BaseTableView &table) noexcept { return raw_.base_table = table.raw(), *this; }
#if defined(TESSERAL_VERIFY_STD)
    Options &base_table(BaseTable &&) = delete;
#endif

    const tesseral_options *raw() const noexcept { return &raw_; }

private:
    tesseral_options raw_ = TESSERAL_OPTIONS_INIT;
};

/// The parts of a request that may carry a credential. Keep the values while you use this object or an Auth made from it.
///
/// Add the value of every Authorization and Cookie header, as received. Or give one credential from elsewhere.
class Headers {
public:
    Headers &authorization(string_view value) noexcept
    {
        // Two values are always refused, so that a third one need not be kept.
        if (authorizations_ < authorization_.size())
            authorization_[authorizations_++] = detail::to_c(value);
        return *this;
    }
    template <class S, class = detail::if_temporary<S>> Headers &authorization(S &&) = delete;

    /// Allocates.
    Headers &cookie(string_view value) { return cookie_.push_back(detail::to_c(value)), *this; }
    template <class S, class = detail::if_temporary<S>> Headers &cookie(S &&) = delete;

    /// A credential from elsewhere, such as the metadata of a call. It is judged like a Bearer credential. Together with headers,
    /// the call refuses with invalid_argument.
    Headers &credential(string_view value) noexcept { return credential_ = detail::to_c(value), *this; }
    template <class S, class = detail::if_temporary<S>> Headers &credential(S &&) = delete;

    /// Whether an API key is refused in this request, although the options accept them.
    Headers &refuse_api_keys(bool refused = true) noexcept { return refuse_api_keys_ = refused, *this; }

    /// Forgets all values, for the next request.
    void clear() noexcept
    {
        authorizations_ = 0;
        cookie_.clear();
        credential_ = tesseral_str();
        refuse_api_keys_ = false;
    }

    /// For all functions that take headers, also those of C. Valid until this object changes.
    tesseral_headers raw() const noexcept
    {
        tesseral_headers headers = TESSERAL_HEADERS_INIT;
        headers.authorization = authorization_.data();
        headers.authorization_count = authorizations_;
        headers.cookie = cookie_.data();
        headers.cookie_count = cookie_.size();
        headers.credential = credential_;
        headers.refuse_api_keys = refuse_api_keys_ ? 1 : 0;
        return headers;
    }
    operator tesseral_headers() const noexcept { return raw(); }

private:
    std::array<tesseral_str, 2> authorization_ = {{TESSERAL_STR_NONE, TESSERAL_STR_NONE}};
    std::size_t authorizations_ = 0;
    std::vector<tesseral_str> cookie_;
    tesseral_str credential_ = TESSERAL_STR_NONE;
    bool refuse_api_keys_ = false;
};

enum class CredentialsType : std::uint32_t {
    none = 0,
    access_token = TESSERAL_CREDENTIALS_ACCESS_TOKEN,
    api_key = TESSERAL_CREDENTIALS_API_KEY
};

/// The claims of an access token: untrusted text, in which also NUL, CR and LF may occur.
struct AccessTokenClaims {
    AccessTokenClaims() noexcept {}
    explicit AccessTokenClaims(const tesseral_access_token_claims &raw) noexcept
        : iss(detail::from_c(raw.iss)), sub(detail::from_c(raw.sub)), aud(detail::from_c(raw.aud)), exp(raw.exp), nbf(raw.nbf),
          iat(raw.iat), session_id(detail::from_c(raw.session_id)), user_id(detail::from_c(raw.user_id)),
          user_email(detail::from_c(raw.user_email)), user_display_name(detail::from_c(raw.user_display_name)),
          user_profile_picture_url(detail::from_c(raw.user_profile_picture_url)),
          organization_id(detail::from_c(raw.organization_id)),
          organization_display_name(detail::from_c(raw.organization_display_name)),
          impersonator_email(detail::from_c(raw.impersonator_email))
    {
    }

    string_view iss;
    string_view sub;
    /// The audience that matched.
    string_view aud;
    /// Seconds since 1970-01-01T00:00:00Z: exp and iat rounded down, nbf up.
    std::int64_t exp = 0;
    std::int64_t nbf = 0;
    std::int64_t iat = 0;
    string_view session_id;
    string_view user_id;
    string_view user_email;
    string_view user_display_name;        ///< Optional: none when the token has none.
    string_view user_profile_picture_url; ///< Optional.
    string_view organization_id;
    string_view organization_display_name; ///< Optional.
    string_view impersonator_email;        ///< Optional.
};

/// The actions that the sender of a request may do: for (string_view action : auth.actions()). Must not outlive the Auth.
class Actions {
public:
    class iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = string_view;
        using difference_type = std::ptrdiff_t;
        using pointer = const string_view *;
        using reference = string_view;

        /// The end.
        iterator() noexcept : auth_(nullptr) {}
        explicit iterator(const tesseral_auth *auth) noexcept : auth_(auth) { ++*this; }

        string_view operator*() const noexcept { return detail::from_c(action_); }
        iterator &operator++() noexcept
        {
            if (!tesseral_auth_next_action(auth_, &cursor_, &action_))
                *this = iterator();
            return *this;
        }
        iterator operator++(int) noexcept
        {
            const iterator before = *this;
            ++*this;
            return before;
        }
        friend bool operator==(const iterator &a, const iterator &b) noexcept
        {
            return a.auth_ == b.auth_ && a.cursor_.json_used == b.cursor_.json_used;
        }
        friend bool operator!=(const iterator &a, const iterator &b) noexcept { return !(a == b); }

    private:
        const tesseral_auth *auth_;
        tesseral_action_cursor cursor_ = TESSERAL_ACTION_CURSOR_INIT;
        tesseral_str action_ = TESSERAL_STR_NONE;
    };

    explicit Actions(const tesseral_auth *auth) noexcept : auth_(auth) {}
    iterator begin() const noexcept { return iterator(auth_); }
    iterator end() const noexcept { return iterator(); }

private:
    const tesseral_auth *auth_;
};

/// Who sent the request. Copying it does not copy the texts.
class Auth {
public:
    /// Nobody.
    Auth() noexcept {}
    explicit Auth(const tesseral_auth &raw) noexcept : raw_(raw) {}

    CredentialsType credentials_type() const noexcept
    {
        return static_cast<CredentialsType>(tesseral_auth_credentials_type(&raw_));
    }
    /// The access token or the API key: a secret.
    string_view credentials() const noexcept { return text(tesseral_auth_credentials); }
    string_view organization_id() const noexcept { return text(tesseral_auth_organization_id); }
    /// The ID of the API key, which is no secret; none for an access token.
    string_view api_key_id() const noexcept { return text(tesseral_auth_api_key_id); }

    /// Whether the sender may do this: compared octet for octet with each action.
    bool has_permission(string_view action) const noexcept
    {
        return tesseral_auth_permits(&raw_, detail::octets(action), action.size());
    }
    Actions actions() const & noexcept { return Actions(&raw_); }
    void actions() && = delete;

    /// The claims. Refuses with not_an_access_token for an API key, and with invalid_argument when this authenticates nobody.
    Result<AccessTokenClaims> access_token_claims() const noexcept
    {
        const tesseral_access_token_claims *claims = nullptr;
        const Status status(tesseral_auth_access_token_claims(&raw_, &claims));
        return status.ok() ? Result<AccessTokenClaims>(AccessTokenClaims(*claims)) : Result<AccessTokenClaims>(status);
    }
    /// The payload's JSON text, octet for octet as it was signed; none for an API key.
    string_view payload() const noexcept { return text(tesseral_auth_payload); }

    /// Bytes of memory that copy() needs; 0 when this authenticates nobody.
    std::size_t copy_size() const noexcept { return tesseral_auth_size(&raw_); }
    /// A copy with all texts in memory, also the credential. Afterwards you may reuse or free the memory that they pointed into.
    ///
    /// memory: at least copy_size() bytes; it holds a secret afterwards. Refuses with invalid_argument, also when memory overlaps a
    /// text, or with buffer_too_small.
    Result<Auth> copy(Memory memory) const noexcept
    {
        Auth auth;
        const Status status(tesseral_auth_copy(&raw_, memory.ptr, memory.len, auth.raw()));
        return status.ok() ? Result<Auth>(auth) : Result<Auth>(status);
    }

    void iss() const = delete;                       // use access_token_claims()
    void sub() const = delete;                       // use access_token_claims()
    void aud() const = delete;                       // use access_token_claims()
    void exp() const = delete;                       // use access_token_claims()
    void nbf() const = delete;                       // use access_token_claims()
    void iat() const = delete;                       // use access_token_claims()
    void session_id() const = delete;                // use access_token_claims()
    void user_id() const = delete;                   // use access_token_claims()
    void user_email() const = delete;                // use access_token_claims()
    void user_display_name() const = delete;         // use access_token_claims()
    void user_profile_picture_url() const = delete;  // use access_token_claims()
    void organization_display_name() const = delete; // use access_token_claims()
    void impersonator_email() const = delete;        // use access_token_claims()

    const tesseral_auth *raw() const noexcept { return &raw_; }
    tesseral_auth *raw() noexcept { return &raw_; }

private:
    string_view text(std::uint32_t (*ask)(const tesseral_auth *, tesseral_str *)) const noexcept
    {
        tesseral_str str = TESSERAL_STR_NONE;
        return ask(&raw_, &str) == TESSERAL_OK ? detail::from_c(str) : string_view();
    }

    tesseral_auth raw_ = TESSERAL_AUTH_INIT;
};

/// The result of authenticate(): who sent the request, why it is refused, or for what it has to wait.
class TESSERAL_NODISCARD Authentication : public Result<Auth> {
public:
    explicit Authentication(Status refusal) noexcept : Result<Auth>(refusal) {}
    explicit Authentication(const Auth &auth) noexcept : Result<Auth>(auth) {}

    /// The status is api_key_lookup_needed: ask the service about api_key(), with ApiKeyRequest and api_key_response().
    bool lookup_needed() const noexcept { return status() == TESSERAL_ERR_API_KEY_LOOKUP_NEEDED; }
    /// The API key, a secret, when lookup_needed(); else none.
    string_view api_key() const noexcept { return api_key_; }
    /// The status is key_fetch_needed: an Authenticator fetches the document, which may bring the token's key.
    bool key_fetch_needed() const noexcept { return status() == TESSERAL_ERR_KEY_FETCH_NEEDED; }
    /// One of these two: the request is not refused yet.
    bool waits() const noexcept { return lookup_needed() || key_fetch_needed(); }

private:
    friend class VerifierView;
    friend class Authenticator;
    friend class Attempt;
    // From the status and the struct of a C function.
    Authentication(Status status, const Auth &auth) noexcept
        : Result<Auth>(status.ok() ? Result<Auth>(auth) : Result<Auth>(status))
    {
        if (lookup_needed())
            api_key_ = auth.credentials();
    }

    string_view api_key_;
};

/// Remembers which exact tokens were accepted, and what they claim. Each thread has its own; no copies.
class Cache {
public:
    /// A cache that remembers nothing: calls treat it like no cache.
    Cache() noexcept : raw_(nullptr) {}
    /// A view of a cache that the caller owns, or no cache.
    explicit Cache(tesseral_cache *raw) noexcept : raw_(raw) {}
    Cache(Cache &&other) noexcept : block_(std::move(other.block_)), raw_(other.raw_) { other.raw_ = nullptr; }
    Cache &operator=(Cache &&other) noexcept
    {
        block_ = std::move(other.block_);
        raw_ = other.raw_;
        if (this != &other)
            other.raw_ = nullptr;
        return *this;
    }

    /// A cache in memory of its own, for at least so many tokens of up to max_token_len octets (1 to 65536).
    ///
    /// seed: random, so that an attacker cannot choose tokens that evict others. Refuses with invalid_argument, or with
    /// buffer_too_small when there is no memory.
    static Result<Cache> make(std::size_t tokens, std::size_t max_token_len, const std::array<std::uint8_t, 16> &seed) noexcept
    {
        const std::size_t size = tesseral_cache_size(tokens, max_token_len), align = TESSERAL_CACHE_ALIGN;
        if (size == 0 || size > SIZE_MAX / 2)
            return Status(TESSERAL_ERR_INVALID_ARGUMENT);
        std::unique_ptr<std::uint8_t[]> block(new (std::nothrow) std::uint8_t[size + align]);
        if (!block)
            return Status(TESSERAL_ERR_BUFFER_TOO_SMALL);
        const std::size_t past = reinterpret_cast<std::uintptr_t>(block.get()) % align;
        Result<Cache> cache = place(Memory(block.get() + (align - past), size), max_token_len, seed);
        (*cache).block_ = std::move(block);
        return cache;
    }

    /// A cache in the caller's memory, which is aligned to TESSERAL_CACHE_ALIGN and belongs to the cache while it is used.
    static Result<Cache> place(Memory memory, std::size_t max_token_len, const std::array<std::uint8_t, 16> &seed) noexcept
    {
        Cache cache;
        const Status status(
            tesseral_cache_init(memory.ptr, memory.len, max_token_len, seed.data(), seed.size(), &cache.raw_));
        if (!status.ok())
            return status;
        return cache;
    }

    /// How many signature checks were saved.
    std::uint64_t hits() const noexcept { return tesseral_cache_hits(raw_); }
    /// How many tokens were not found.
    std::uint64_t misses() const noexcept { return tesseral_cache_misses(raw_); }
    /// How many tokens it has room for.
    std::size_t slots() const noexcept { return tesseral_cache_slots(raw_); }

    tesseral_cache *raw() noexcept { return raw_; }
    /// The C object, for a call that takes a cache or none; NULL also for an empty Cache.
    static tesseral_cache *raw(Cache *cache) noexcept { return cache == nullptr ? nullptr : cache->raw_; }

private:
    std::unique_ptr<std::uint8_t[]> block_;
    tesseral_cache *raw_;
};

/// Keeps a token in a cache as long as this object lives, so that its claims need not be copied. Not copyable.
///
/// slot() and serial() together identify the token among all that were ever in the cache. Use them as the key of values that you
/// compute from a token.
class Hold {
public:
    /// Holds nothing yet; see VerifierView::authenticate(). The cache must stay where it is, and outlive this.
    explicit Hold(Cache &cache) noexcept : cache_(&cache), raw_(TESSERAL_HOLD_INIT) {}
    Hold(Hold &&other) noexcept : cache_(other.cache_), raw_(other.raw_) { other.raw_.serial = 0; }
    Hold &operator=(Hold &&) = delete;
    ~Hold() { release(); }

    /// Ends the hold: the slot may get another token, and the texts of the Auth must not be used any more.
    void release() noexcept
    {
        if (held())
            (void)tesseral_cache_release(cache_->raw(), &raw_);
    }

    /// Whether the texts of the Auth are in the cache; otherwise they are in scratch.
    bool held() const noexcept { return raw_.serial != 0; }
    std::size_t slot() const noexcept { return raw_.slot; }
    std::uint64_t serial() const noexcept { return raw_.serial; }

    Cache &cache() noexcept { return *cache_; }
    tesseral_hold *raw() noexcept { return &raw_; }

private:
    Cache *cache_;
    tesseral_hold raw_;
};

/// A key of the configuration document that cannot be used.
struct SkippedKey {
    /// Its index in the array keys, from 0.
    std::size_t index = 0;
    /// Why: kid_conflict, point_invalid. NUL-terminated and static.
    const char *reason = "";
};

/// What a configuration document holds, found without building a verifier. It does not point into the document, and may be copied.
///
/// For a refused document, it has what was found before the fault.
class Survey {
public:
    /// The survey of no document.
    Survey() noexcept {}

    /// document: the project's configuration document, or a plain JWKS. Profile and token limit of the options change nothing.
    static Survey of(string_view document, const Options &options = Options()) noexcept
    {
        Survey survey;
        if (tesseral_abi_version() == TESSERAL_ABI_VERSION)
            survey.status_ =
                Status(tesseral_survey_document(detail::octets(document), document.size(), options.raw(), &survey.raw_));
        return survey;
    }

    /// The status that VerifierView::place() has for the document when there is enough memory.
    Status status() const noexcept { return status_; }
    bool ok() const noexcept { return status_.ok(); }
    /// With config_malformed: the offset of the fault in the document; else 0.
    std::size_t error_offset() const noexcept { return raw_.error_offset; }

    std::size_t keys_usable() const noexcept { return raw_.keys_usable; }
    std::size_t keys_skipped() const noexcept { return raw_.keys_skipped; }
    /// The first TESSERAL_MAX_SKIPPED_LISTED of the keys that cannot be used, in the order in which that was found. Allocates.
    std::vector<SkippedKey> skipped() const
    {
        std::vector<SkippedKey> skipped(raw_.skipped_count);
        for (std::size_t place = 0; place < skipped.size(); place++) {
            skipped[place].index = raw_.skipped[place].index;
            skipped[place].reason = tesseral_skip_reason_slug(raw_.skipped[place].reason);
        }
        return skipped;
    }
    // Earlier names.
    void skipped_count() const = delete;      // use skipped()
    void skipped(std::size_t) const = delete; // use skipped()

    /// Bytes that a verifier of this document needs; 0 when none can be built, and for a profile that does not exist.
    std::size_t memory_size(Profile profile) const noexcept
    {
        const auto place = static_cast<std::size_t>(profile);
        return place < TESSERAL_PROFILES ? raw_.memory_len[place] : 0;
    }

    /// None when neither document nor options have one. This and issuer() are valid as long as the survey.
    string_view project_id() const & noexcept { return text(raw_.project_id, raw_.project_id_len); }
    void project_id() && = delete;
    /// The audience, too.
    string_view issuer() const & noexcept { return text(raw_.issuer, raw_.issuer_len); }
    void issuer() && = delete;

    const tesseral_survey *raw() const noexcept { return &raw_; }

private:
    static string_view text(const std::uint8_t *octets, std::size_t len) noexcept
    {
        return len == 0 ? string_view() : string_view(reinterpret_cast<const char *>(octets), len);
    }

    tesseral_survey raw_ = TESSERAL_SURVEY_INIT;
    Status status_;
};

/// The unknown kids for which a refused request might be accepted with newer keys: hashes, one after the other.
class UnknownKids {
public:
    /// None.
    UnknownKids() noexcept : raw_(TESSERAL_KID_HASHES_INIT) {}

    std::size_t size() const noexcept { return raw_.count; }
    bool empty() const noexcept { return raw_.count == 0; }
    /// What tesseral_refresh_request() takes as kid_hashes, with hashes_len(). It lives as long as this.
    const std::uint8_t *hashes() const & noexcept { return raw_.hashes; }
    void hashes() && = delete;
    std::size_t hashes_len() const noexcept { return size() * TESSERAL_KID_HASH_LEN; }

    tesseral_kid_hashes *raw() noexcept { return &raw_; }

private:
    tesseral_kid_hashes raw_;
};

/// A view of a verifier, which lies in the caller's memory (place()) or belongs to a Verifier. May be copied.
///
/// A default-constructed or moved-from one refuses everything with invalid_argument.
class VerifierView {
public:
    VerifierView() noexcept : raw_(nullptr) {}
    explicit VerifierView(const tesseral_verifier *raw) noexcept : raw_(raw) {}

    /// Builds a verifier in the caller's memory (VerifierMemory), which belongs to it while it is used. Nothing is allocated, and there
    /// is nothing to free.
    ///
    /// document: the project's configuration document, or a plain JWKS; it may be freed afterwards.
    /// Refuses with invalid_argument, buffer_too_small (more usable keys than there is room for), config_malformed,
    /// config_too_large (over TESSERAL_MAX_DOCUMENT_LEN, TESSERAL_MAX_KEYS or TESSERAL_MAX_KIDS), config_no_issuer or
    /// config_no_usable_key: a Survey says more. Refuses with internal_error when the library that runs has another interface than
    /// this header.
    static Result<VerifierView> place(Memory memory, string_view document, const Options &options = Options()) noexcept
    {
        const tesseral_verifier *raw = nullptr;
        const Status status(tesseral_abi_version() != TESSERAL_ABI_VERSION
                                ? TESSERAL_ERR_INTERNAL_ERROR
                                : tesseral_verifier_init(memory.ptr, memory.len, detail::octets(document), document.size(),
                                                         options.raw(), &raw));
        return status.ok() ? Result<VerifierView>(VerifierView(raw)) : Result<VerifierView>(status);
    }
    static void place(Memory, string_view, const Options &, std::size_t *) = delete; // use Survey::error_offset()

    /// Opens a verifier from an image, which tesseral-verify bake makes. The image is used where it lies, and no table is built.
    ///
    /// memory: aligned to TESSERAL_VERIFIER_ALIGN; it belongs to the verifier while it is used. TESSERAL_OPENED_VERIFIER_SIZE bytes
    /// suffice. image: aligned likewise; it stays readable and unchanged while the verifier is used. Never a mapped file: read it once
    /// into memory of your own. expected_digest: TESSERAL_IMAGE_DIGEST_LEN octets, or nullptr for an image in memory that only those
    /// can write who may decide who gets in. Refuses with what tesseral_verifier_open() returns; and with internal_error when the
    /// library that runs has another interface than this header.
    static Result<VerifierView> open(Memory memory, const std::uint8_t *image, std::size_t image_len,
                                     const std::uint8_t *expected_digest) noexcept
    {
        const tesseral_verifier *raw = nullptr;
        const Status status(
            tesseral_abi_version() != TESSERAL_ABI_VERSION
                ? TESSERAL_ERR_INTERNAL_ERROR
                : tesseral_verifier_open(memory.ptr, memory.len, image, image_len, expected_digest, &raw));
        return status.ok() ? Result<VerifierView>(VerifierView(raw)) : Result<VerifierView>(status);
    }

    /// Verifies one access token.
    ///
    /// now: seconds since 1970-01-01T00:00:00Z. scratch: at least scratch_size() bytes (Scratch has them). The texts of the Auth
    /// point into token and scratch. cache: for tokens seen before. Refuses with what tesseral_verify_token() returns.
    Result<Auth> verify_token(string_view token, std::int64_t now, Memory scratch, Cache *cache = nullptr) const noexcept
    {
        Auth auth;
        const Status status(tesseral_verify_token(raw_, Cache::raw(cache), detail::octets(token), token.size(), now, scratch.ptr,
                                                  scratch.len, auth.raw()));
        return status.ok() ? Result<Auth>(auth) : Result<Auth>(status);
    }
    void verify_token(string_view, std::int64_t, Memory, Cache &) const = delete; // use &cache
    template <class S, class... Rest, class = detail::if_temporary<S>>
    Result<Auth> verify_token(S &&, Rest &&...) const = delete;

    /// Finds the credential in a request's headers and verifies it. now, scratch and cache as for verify_token().
    ///
    /// headers: Headers, or arrays of the caller's, for which nothing is allocated. Refuses with what tesseral_authenticate()
    /// returns.
    Authentication authenticate(const tesseral_headers &headers, std::int64_t now, Memory scratch,
                                Cache *cache = nullptr) const noexcept
    {
        return authenticate(headers, now, scratch, Cache::raw(cache), nullptr);
    }
    /// The same, with the cache of a hold. The hold must be empty; it keeps the token whose texts the Auth points to: see
    /// tesseral_authenticate().
    Authentication authenticate(const tesseral_headers &headers, std::int64_t now, Memory scratch, Hold &hold) const noexcept
    {
        return authenticate(headers, now, scratch, hold.cache().raw(), hold.raw());
    }
    void authenticate(const tesseral_headers &, std::int64_t, Memory, Cache &) const = delete; // use &cache

    /// The unknown kids of a request that authenticate() has refused, whatever the status. now and scratch as for that.
    ///
    /// tesseral_refresh_request() says what the request does about them: it goes on, waits or fetches, and is judged once more.
    /// Refuses with what tesseral_unknown_kids() returns.
    Result<UnknownKids> unknown_kids(const tesseral_headers &headers, std::int64_t now, Memory scratch) const noexcept
    {
        UnknownKids kids;
        const Status status(tesseral_unknown_kids(raw_, &headers, now, scratch.ptr, scratch.len, kids.raw()));
        return status.ok() ? Result<UnknownKids>(kids) : Result<UnknownKids>(status);
    }

    /// Bytes of scratch memory that each call needs.
    std::size_t scratch_size() const noexcept { return tesseral_verifier_scratch_size(raw_); }
    /// None when neither document nor options have one. This, issuer() and kid() are valid as long as the verifier.
    string_view project_id() const noexcept
    {
        tesseral_str str = TESSERAL_STR_NONE;
        return tesseral_verifier_project_id(raw_, &str) == TESSERAL_OK ? detail::from_c(str) : string_view();
    }
    string_view issuer() const noexcept
    {
        tesseral_str str = TESSERAL_STR_NONE;
        return tesseral_verifier_issuer(raw_, &str) == TESSERAL_OK ? detail::from_c(str) : string_view();
    }
    std::size_t keys_used() const noexcept { return tesseral_verifier_keys_used(raw_); }
    /// The kid of a key in use, in the document's order; none when index is not below keys_used().
    string_view kid(std::size_t index) const noexcept
    {
        tesseral_str str = TESSERAL_STR_NONE;
        return tesseral_verifier_kid(raw_, index, &str) == TESSERAL_OK ? detail::from_c(str) : string_view();
    }
    // Earlier names.
    void keys_skipped() const = delete;           // use Survey::keys_skipped()
    void skipped_key(std::size_t) const = delete; // use Survey::skipped()

    const tesseral_verifier *raw() const noexcept { return raw_; }

private:
    Authentication authenticate(const tesseral_headers &headers, std::int64_t now, Memory scratch, tesseral_cache *cache,
                                tesseral_hold *hold) const noexcept
    {
        Auth auth;
        const Status status(
            tesseral_authenticate(raw_, cache, &headers, now, scratch.ptr, scratch.len, auth.raw(), hold));
        return Authentication(status, auth);
    }

    const tesseral_verifier *raw_;
};

namespace detail {

// TESSERAL_VERIFIER_SIZE, for a profile that is a value.
constexpr std::size_t verifier_size(Profile profile, std::size_t max_keys) noexcept
{
    return profile == Profile::server    ? TESSERAL_VERIFIER_SIZE(SERVER, max_keys)
           : profile == Profile::compact ? TESSERAL_VERIFIER_SIZE(COMPACT, max_keys)
                                         : TESSERAL_VERIFIER_SIZE(TINY, max_keys);
}

} // namespace detail

/// Memory for a verifier with room for max_keys keys (1 to 64), as a static object or a member; see VerifierView::place().
template <Profile profile, std::size_t max_keys> class VerifierMemory {
public:
    static_assert(max_keys >= 1 && max_keys <= TESSERAL_MAX_KEYS, "room for 1 to 64 keys");

    VerifierMemory() = default;
    VerifierMemory(const VerifierMemory &) = delete;
    VerifierMemory &operator=(const VerifierMemory &) = delete;

    std::uint8_t *data() noexcept { return octets_; }
    static constexpr std::size_t size() noexcept { return detail::verifier_size(profile, max_keys); }

private:
    alignas(TESSERAL_VERIFIER_ALIGN) std::uint8_t octets_[detail::verifier_size(profile, max_keys)];
};

#if defined(TESSERAL_VERIFY_STD)
/// A verifier in memory of its own. Not copyable: share it, as std::shared_ptr<const Verifier> where keys rotate.
class Verifier : public VerifierView {
public:
    Verifier() noexcept {}
    Verifier(Verifier &&other) noexcept : VerifierView(other) { static_cast<VerifierView &>(other) = VerifierView(); }
    Verifier &operator=(Verifier &&other) noexcept
    {
        const VerifierView theirs = other;
        static_cast<VerifierView &>(other) = VerifierView();
        if (raw() != theirs.raw())
            tesseral_verifier_free(raw());
        static_cast<VerifierView &>(*this) = theirs;
        return *this;
    }
    ~Verifier() { tesseral_verifier_free(raw()); }

    /// Builds it; arguments and refusals as for VerifierView::place().
    static Result<Verifier> load(string_view document, const Options &options = Options()) noexcept
    {
        const tesseral_verifier *raw = nullptr;
        const Status status(
            tesseral_abi_version() != TESSERAL_ABI_VERSION
                ? TESSERAL_ERR_INTERNAL_ERROR
                : tesseral_verifier_new(detail::octets(document), document.size(), options.raw(), &raw));
        return status.ok() ? Result<Verifier>(Verifier(raw)) : Result<Verifier>(status);
    }
    static void load(string_view, const Options &, std::size_t *) = delete; // use Survey::error_offset()

private:
    explicit Verifier(const tesseral_verifier *raw) noexcept : VerifierView(raw) {}
};

/// How keys are kept fresh, API keys looked up, and tokens judged. The texts, which are UTF-8, must stay until
/// Authenticator::make() returns, which refuses what is out of its range. Times of 0 mean the default.
class AuthenticatorOptions {
public:
    /// publishable_key: names the project: 1 to 128 letters, digits and '_'. The only option without a default.
    explicit AuthenticatorOptions(string_view publishable_key) noexcept
    {
        raw_.publishable_key = detail::to_c(publishable_key);
    }
    template <class S, class = detail::if_temporary<S>> explicit AuthenticatorOptions(S &&) = delete;

    /// Host or host:port of the configuration document, always over TLS. Default: config.tesseral.com.
    AuthenticatorOptions &config_host(string_view host) noexcept { return raw_.config_host = detail::to_c(host), *this; }
    template <class S, class = detail::if_temporary<S>> AuthenticatorOptions &config_host(S &&) = delete;
    /// Host or host:port of the service that knows API keys, always over TLS. Default: api.tesseral.com.
    AuthenticatorOptions &backend_host(string_view host) noexcept { return raw_.backend_host = detail::to_c(host), *this; }
    template <class S, class = detail::if_temporary<S>> AuthenticatorOptions &backend_host(S &&) = delete;
    /// The secret with which the library asks the service about API keys. Default: the value of the environment variable
    /// TESSERAL_BACKEND_API_KEY.
    AuthenticatorOptions &backend_api_key(string_view secret) noexcept
    {
        return raw_.backend_api_key = detail::to_c(secret), *this;
    }
    template <class S, class = detail::if_temporary<S>> AuthenticatorOptions &backend_api_key(S &&) = delete;
    /// Certificates of authorities to trust beside those of the system, PEM. Default: none.
    AuthenticatorOptions &ca_pem(string_view pem) noexcept { return raw_.ca_pem = detail::to_c(pem), *this; }
    template <class S, class = detail::if_temporary<S>> AuthenticatorOptions &ca_pem(S &&) = delete;
    /// File that keeps the last good document, for starts without network. Default: none.
    AuthenticatorOptions &last_good_file(string_view file) noexcept
    {
        return raw_.last_good_file = detail::to_c(file), *this;
    }
    template <class S, class = detail::if_temporary<S>> AuthenticatorOptions &last_good_file(S &&) = delete;

    // As in Options.
    AuthenticatorOptions &profile(Profile profile) noexcept
    {
        return raw_.profile = static_cast<std::uint32_t>(profile), *this;
    }
    AuthenticatorOptions &issuer(string_view issuer) noexcept { return raw_.issuer = detail::to_c(issuer), *this; }
    template <class S, class = detail::if_temporary<S>> AuthenticatorOptions &issuer(S &&) = delete;
    AuthenticatorOptions &leeway_seconds(std::uint32_t seconds) noexcept { return raw_.leeway_seconds = seconds, *this; }
    AuthenticatorOptions &max_token_len(std::uint32_t octets) noexcept { return raw_.max_token_len = octets, *this; }
    /// Whether requests may carry an API key in place of an access token; needs a backend API key. Off by default.
    AuthenticatorOptions &api_keys(bool on) noexcept { return raw_.api_keys = on ? 1 : 0, *this; }

    /// Refresh interval: the document is fetched again before it is this old. Up to 30 days; default: one hour.
    AuthenticatorOptions &refresh_interval_ms(std::uint32_t ms) noexcept { return raw_.refresh_interval_ms = ms, *this; }
    /// Shortest time between two early fetches for an unknown kid: up to one hour; default: 10 s.
    AuthenticatorOptions &cooldown_ms(std::uint32_t ms) noexcept { return raw_.cooldown_ms = ms, *this; }
    /// Stale limit: an older document is not used. Up to 365 days; default: 24 hours.
    AuthenticatorOptions &max_stale_seconds(std::uint32_t seconds) noexcept
    {
        return raw_.max_stale_seconds = seconds, *this;
    }
    /// Longest time to connect: up to 10 minutes; default: 2 s.
    AuthenticatorOptions &connect_timeout_ms(std::uint32_t ms) noexcept { return raw_.connect_timeout_ms = ms, *this; }
    /// Longest time for a whole exchange: up to 10 minutes; default: 5 s.
    AuthenticatorOptions &total_timeout_ms(std::uint32_t ms) noexcept { return raw_.total_timeout_ms = ms, *this; }
    /// How long a good API key is accepted without asking the service again: up to one hour; default: every request asks.
    AuthenticatorOptions &api_key_ttl_ms(std::uint32_t ms) noexcept { return raw_.api_key_ttl_ms = ms, *this; }
    /// How long a refused API key is refused without asking the service again: up to one hour; default: 5 s.
    AuthenticatorOptions &refused_api_key_ttl_ms(std::uint32_t ms) noexcept
    {
        return raw_.refused_api_key_ttl_ms = ms, *this;
    }
    /// How long a request with a token of an unknown key waits for the fetch of that key: up to 10 s; default: 1 s.
    AuthenticatorOptions &key_wait_ms(std::uint32_t ms) noexcept { return raw_.key_wait_ms = ms, *this; }
    /// How many requests wait for unknown keys at a time: 0 to 64; default: 16.
    AuthenticatorOptions &key_waiters(std::uint32_t requests) noexcept
    {
        return raw_.key_waiters = requests == 0 ? TESSERAL_NO_KEY_WAITERS : requests, *this;
    }
    /// Your function that logs what goes wrong on the way to the service: each cause once, and then at most once a minute. The text
    /// is readable only during the call. Any thread may call the function. Default: the library writes these lines to standard
    /// error.
    AuthenticatorOptions &log(decltype(tesseral_authenticator_options::log) function, void *context) noexcept
    {
        return raw_.log = function, raw_.log_context = context, *this;
    }

    const tesseral_authenticator_options *raw() const noexcept { return &raw_; }

private:
    tesseral_authenticator_options raw_ = TESSERAL_AUTHENTICATOR_OPTIONS_INIT;
};

/// What an authenticator has done, and how it stands.
struct Stats {
    /// Whether requests can be accepted.
    bool ready = false;
    std::uint64_t keys_used = 0;
    /// Keys of the document that are not used.
    std::uint64_t keys_skipped = 0;
    /// Milliseconds since the document was last fetched; UINT64_MAX when there is none.
    std::uint64_t snapshot_age_ms = UINT64_MAX;
    /// Milliseconds until the next planned fetch.
    std::uint64_t next_refresh_ms = 0;
    /// Fetches that brought a usable document.
    std::uint64_t refreshes = 0;
    /// Fetches that brought no usable document.
    std::uint64_t refresh_failures = 0;
    /// Fetches that an unknown kid asked for.
    std::uint64_t early_refreshes = 0;
    /// Questions to the service about API keys.
    std::uint64_t lookups = 0;
    /// How many of these questions got no usable answer.
    std::uint64_t lookup_failures = 0;
    /// How often a remembered answer about an API key saved a question.
    std::uint64_t api_key_cache_hits = 0;
    /// Signature checks that a Cache saved.
    std::uint64_t signature_cache_hits = 0;
};

/// Wakes an event loop: an Attempt is worth polling.
using Wake = void (*)(void *context);

/// A request that waits in an event loop for the service's answer about its API key, or for the fetch of an unknown key.
///
/// Made by Authenticator::try_authenticate(); it may outlive its Authenticator. Not copyable; one thread at a time. The destructor
/// and an assignment end it, at any time. They wait until a running wake function returns, and so must not be called in that
/// function; afterwards, it is never called.
class Attempt {
public:
    /// Empty.
    Attempt() noexcept {}

    /// The state of the request; call it after each wake-up. Never blocks. While the request has to wait, the result waits(); any
    /// other result is final.
    ///
    /// Arguments as for try_authenticate(), with the same values in the headers. An empty one refuses with invalid_argument.
    Authentication poll(const tesseral_headers &headers, std::int64_t now, Memory scratch, Cache *cache = nullptr) noexcept
    {
        Auth auth;
        const Status status(
            tesseral_attempt_poll(raw(), Cache::raw(cache), &headers, now, scratch.ptr, scratch.len, auth.raw()));
        return Authentication(status, auth);
    }
    void poll(const tesseral_headers &, std::int64_t, Memory, Cache &) = delete; // use &cache

    tesseral_attempt *raw() const noexcept { return raw_.get(); }

private:
    friend class Authenticator;
    struct Free {
        void operator()(tesseral_attempt *raw) const noexcept { tesseral_attempt_free(raw); }
    };

    std::unique_ptr<tesseral_attempt, Free> raw_;
};

/// Authenticates requests with keys that it keeps fresh over the network, and asks the service about API keys.
///
/// It runs one background thread, which fetches. Besides it there are threads that look up host names (at most two for each name),
/// one for each question that an Attempt asks, and one while Attempts wait for a deadline. Not copyable: any number of threads may
/// share one. After fork(), the child's first call makes a thread, locks and connections of its own. A default-constructed or
/// moved-from one refuses everything with invalid_argument. The destructor and an assignment end the background thread, which takes
/// at most the total time-out and half a second.
class Authenticator {
public:
    Authenticator() noexcept {}

    /// Makes it and starts the first fetch. It neither waits for the network nor fails because of it.
    ///
    /// Refuses with invalid_argument (also for certificates that are no PEM, and for API keys without a backend API key), or
    /// with internal_error when no thread can be started or the library that runs has another interface than this header.
    static Result<Authenticator> make(const AuthenticatorOptions &options) noexcept
    {
        const tesseral_authenticator *raw = nullptr;
        const Status status(tesseral_abi_version() != TESSERAL_ABI_VERSION ? TESSERAL_ERR_INTERNAL_ERROR
                                                                           : tesseral_authenticator_new(options.raw(), &raw));
        return status.ok() ? Result<Authenticator>(Authenticator(raw)) : Result<Authenticator>(status);
    }

    /// Finds the credential in a request's headers and says who sent it. May block.
    ///
    /// While there is no usable document, it waits for one, at most the total time-out. For an API key it waits for the service's
    /// answer, at most the total time-out, or twice that when another request had asked before. For a token with an unknown key it
    /// waits for one early fetch, at most key_wait_ms(). headers: Headers, or arrays of the caller's. now: seconds since
    /// 1970-01-01T00:00:00Z. scratch: at least scratch_size() bytes (Scratch has them). The texts of the Auth point into the
    /// headers and scratch. cache: for tokens seen before; each thread has its own. Refuses with what
    /// tesseral_authenticator_authenticate() returns.
    Result<Auth> authenticate(const tesseral_headers &headers, std::int64_t now, Memory scratch,
                              Cache *cache = nullptr) const noexcept
    {
        Auth auth;
        const Status status(tesseral_authenticator_authenticate(raw(), Cache::raw(cache), &headers, now, scratch.ptr, scratch.len,
                                                                auth.raw()));
        return status.ok() ? Result<Auth>(auth) : Result<Auth>(status);
    }
    void authenticate(const tesseral_headers &, std::int64_t, Memory, Cache &) const = delete; // use &cache

    /// As authenticate(), but never blocks.
    ///
    /// lookup_needed() for an API key about which no answer is remembered. The authenticator does not ask the service then:
    /// ask it yourself, with ApiKeyRequest and api_key_response(). key_fetch_needed() for a token whose key is unknown while a
    /// fetch may bring it. keys_unavailable while there is no usable document. To wait in an event loop, give an Attempt.
    Authentication try_authenticate(const tesseral_headers &headers, std::int64_t now, Memory scratch,
                                    Cache *cache = nullptr) const noexcept
    {
        return begin(headers, now, scratch, cache, nullptr, nullptr, nullptr);
    }
    void try_authenticate(const tesseral_headers &, std::int64_t, Memory, Cache &) const = delete; // use &cache

    /// The same for an event loop. When the result waits(), the library asks or fetches in threads of its own and calls wake.
    ///
    /// wake:    wakes the event loop and returns; then call attempt.poll(). Any thread may call it, also before this function
    ///          returns. It must not call functions of this library, nor take a lock that you hold while you call them.
    /// context: what wake gets; it stays valid as long as the attempt.
    /// attempt: becomes the waiting request, or empty. An earlier one in it ends.
    Authentication try_authenticate(const tesseral_headers &headers, std::int64_t now, Memory scratch, Wake wake, void *context,
                                    Attempt &attempt, Cache *cache = nullptr) const noexcept
    {
        attempt = Attempt();
        tesseral_attempt *begun = nullptr;
        const Authentication found = begin(headers, now, scratch, cache, wake, context, &begun);
        attempt.raw_.reset(begun);
        return found;
    }
    void try_authenticate(const tesseral_headers &, std::int64_t, Memory, Cache &, // use &cache, as the last argument
                          Wake, void *, Attempt &) const = delete;

    // Earlier functions, which blocked or judged again after try_authenticate().
    void wait_for_fetch(std::uint32_t) const = delete;                    // use Attempt::poll()
    template <class... A> void authenticate_after_fetch(A &&...) const = delete; // use Attempt::poll()
    template <class... A> void look_up(A &&...) const = delete;           // use Attempt::poll() or authenticate()

    /// Bytes of scratch memory that each call needs.
    std::size_t scratch_size() const noexcept { return tesseral_authenticator_scratch_size(raw()); }

    /// Whether requests can be accepted: there is a document, and it is not too old. Else not_ready_reason() says why.
    ///
    /// wait_ms: how long to wait for a first document; 0 does not block.
    bool is_ready(std::uint32_t wait_ms = 0) const noexcept { return tesseral_authenticator_is_ready(raw(), wait_ms); }
    /// Why no request can be accepted at the moment: one line of text without secrets. Empty when requests can be accepted.
    /// Allocates.
    Result<std::string> not_ready_reason() const { return text(tesseral_authenticator_not_ready_reason); }
    // Earlier names.
    void ready(std::uint32_t = 0) const = delete; // use is_ready()
    void not_ready() const = delete;              // use not_ready_reason()

    /// All numbers at this moment. Counts are since the start of this process; a forked child goes on from its parent's.
    Result<Stats> stats() const noexcept
    {
        tesseral_stats raw_stats = TESSERAL_STATS_INIT;
        const Status status(tesseral_authenticator_stats(raw(), &raw_stats));
        if (!status.ok())
            return status;
        Stats stats;
        stats.ready = raw_stats.ready != 0;
        stats.keys_used = raw_stats.keys_used;
        stats.keys_skipped = raw_stats.keys_skipped;
        stats.snapshot_age_ms = raw_stats.snapshot_age_ms;
        stats.next_refresh_ms = raw_stats.next_refresh_ms;
        stats.refreshes = raw_stats.refreshes;
        stats.refresh_failures = raw_stats.refresh_failures;
        stats.early_refreshes = raw_stats.early_refreshes;
        stats.lookups = raw_stats.lookups;
        stats.lookup_failures = raw_stats.lookup_failures;
        stats.api_key_cache_hits = raw_stats.api_key_cache_hits;
        stats.signature_cache_hits = raw_stats.signature_cache_hits;
        return stats;
    }
    /// How many requests ended with a status.
    std::uint64_t requests(Status status) const noexcept { return tesseral_authenticator_requests(raw(), status.code()); }
    /// All numbers at this moment, as one JSON object. Allocates.
    Result<std::string> stats_json() const { return text(tesseral_authenticator_stats_json); }
    /// All numbers at this moment, in the text format of Prometheus. Allocates.
    Result<std::string> stats_prometheus() const { return text(tesseral_authenticator_stats_prometheus); }

    const tesseral_authenticator *raw() const noexcept { return raw_.get(); }

private:
    struct Free {
        void operator()(const tesseral_authenticator *raw) const noexcept { tesseral_authenticator_free(raw); }
    };

    explicit Authenticator(const tesseral_authenticator *raw) noexcept : raw_(raw) {}

    Authentication begin(const tesseral_headers &headers, std::int64_t now, Memory scratch, Cache *cache, Wake wake,
                         void *context, tesseral_attempt **attempt) const noexcept
    {
        Auth auth;
        const Status status(tesseral_authenticator_try_authenticate(raw(), Cache::raw(cache), &headers, now, scratch.ptr,
                                                                    scratch.len, auth.raw(), wake, context, attempt));
        return Authentication(status, auth);
    }

    Result<std::string> text(decltype(tesseral_authenticator_not_ready_reason) *function) const
    {
        std::string text;
        Status status;
        // The text may grow between two calls, by some digits or by a new document's keys. So ask for more room than needed, a few
        // times at most.
        for (int turn = 0; turn < 8; turn++) {
            std::size_t len = 0;
            const auto octets = text.empty() ? nullptr : reinterpret_cast<std::uint8_t *>(&text[0]);
            status = Status(function(raw(), octets, text.size(), &len));
            if (status != TESSERAL_ERR_BUFFER_TOO_SMALL) {
                text.resize(status.ok() ? len : 0);
                break;
            }
            text.resize(len + 256);
        }
        return status.ok() ? Result<std::string>(std::move(text)) : Result<std::string>(status);
    }

    std::unique_ptr<const tesseral_authenticator, Free> raw_;
};
#endif

/// Scratch memory from the heap, which grows as needed and is reused: give each thread its own.
class Scratch {
public:
    /// Room for one call with this verifier. The texts of an earlier Auth in it become invalid.
    ///
    /// When the heap is exhausted, it is too small, and the call refuses with buffer_too_small.
    Memory fit(VerifierView verifier) noexcept { return fit(verifier.scratch_size()); }
#if defined(TESSERAL_VERIFY_STD)
    Memory fit(const Authenticator &authenticator) noexcept { return fit(authenticator.scratch_size()); }
#endif
    /// Room for `size` bytes.
    Memory fit(std::size_t size) noexcept
    {
        if (size > size_) {
            octets_.reset(new (std::nothrow) std::uint8_t[size]);
            size_ = octets_ ? size : 0;
        }
        return Memory(octets_.get(), size_);
    }

private:
    std::unique_ptr<std::uint8_t[]> octets_;
    std::size_t size_ = 0;
};

/// Many access tokens, verified in one call, faster than one by one: each gets the verdict that it has alone.
class Batch {
public:
    /// Adds a token, which must stay until the last use of its result. Allocates.
    void add(string_view token) { tokens_.push_back(detail::to_c(token)); }
    template <class S, class = detail::if_temporary<S>> void add(S &&) = delete;

    /// Forgets all tokens and results; the memory is kept for the next ones.
    void clear() noexcept
    {
        tokens_.clear();
        auths_.clear();
        statuses_.clear();
    }

    std::size_t size() const noexcept { return tokens_.size(); }

    /// Verifies all. Allocates. now: seconds since 1970-01-01T00:00:00Z. cache: for tokens seen before.
    ///
    /// On success, each token has its result(), good or not; else no token has one.
    Status verify(VerifierView verifier, std::int64_t now, Cache *cache = nullptr)
    {
        static const tesseral_auth nobody = TESSERAL_AUTH_INIT;
        const std::size_t each = verifier.scratch_size();
        if (each != 0 && tokens_.size() > SIZE_MAX / 2 / each)
            return Status(TESSERAL_ERR_BUFFER_TOO_SMALL);
        auths_.assign(tokens_.size(), nobody);
        statuses_.assign(tokens_.size(), TESSERAL_ERR_INTERNAL_ERROR);
        // Also for no tokens, the C function wants scratch memory.
        const Memory scratch = scratch_.fit(each * (tokens_.empty() ? 1 : tokens_.size()));
        return Status(tesseral_verify_batch(verifier.raw(), Cache::raw(cache), tokens_.data(), tokens_.size(), now, scratch.ptr,
                                            scratch.len, auths_.data(), statuses_.data()));
    }

    /// What verify_token() would say of a token, in the order of add(); invalid_argument for one that was not verified. It must not
    /// outlive the batch, nor its next verify().
    Result<Auth> result(std::size_t index) const noexcept
    {
        if (index >= statuses_.size())
            return Status(TESSERAL_ERR_INVALID_ARGUMENT);
        return statuses_[index] == TESSERAL_OK ? Result<Auth>(Auth(auths_[index])) : Result<Auth>(Status(statuses_[index]));
    }

private:
    std::vector<tesseral_str> tokens_;
    std::vector<tesseral_auth> auths_;
    std::vector<std::uint32_t> statuses_;
    Scratch scratch_;
};

/// Sessions and users that are revoked before their tokens expire. It never changes. Not copyable: share it, as
/// std::shared_ptr<const Revoked> where newer lists are read.
class Revoked {
public:
    /// No list: check() refuses no token.
    Revoked() noexcept : raw_(nullptr) {}
    Revoked(Revoked &&other) noexcept : block_(std::move(other.block_)), raw_(other.raw_) { other.raw_ = nullptr; }
    Revoked &operator=(Revoked &&other) noexcept
    {
        block_ = std::move(other.block_);
        raw_ = other.raw_;
        if (this != &other)
            other.raw_ = nullptr;
        return *this;
    }

    /// Reads a list into memory of its own; the text may be freed afterwards. tesseral_revoked_init() describes the format.
    ///
    /// seed: random, so that an attacker cannot choose IDs that make a search long. Refuses with revocations_malformed, then *error_line is
    /// the line at fault, from 1 on; with invalid_argument, or with buffer_too_small when there is no memory.
    static Result<Revoked> load(string_view list, const std::array<std::uint8_t, 16> &seed,
                                std::size_t *error_line = nullptr) noexcept
    {
        const std::size_t size = tesseral_revoked_size(detail::octets(list), list.size()), align = TESSERAL_REVOKED_ALIGN;
        if (size == 0 || size > SIZE_MAX / 2)
            return Status(TESSERAL_ERR_INVALID_ARGUMENT);
        Revoked revoked;
        revoked.block_.reset(new (std::nothrow) std::uint8_t[size + align]);
        if (!revoked.block_)
            return Status(TESSERAL_ERR_BUFFER_TOO_SMALL);
        const std::size_t past = reinterpret_cast<std::uintptr_t>(revoked.block_.get()) % align;
        const Status status(tesseral_revoked_init(revoked.block_.get() + (align - past), size, detail::octets(list), list.size(),
                                                  seed.data(), seed.size(), &revoked.raw_, error_line));
        if (!status.ok())
            return status;
        return revoked;
    }

    /// How many sessions and users are on the list.
    std::size_t entries() const noexcept { return tesseral_revoked_entries(raw_); }

    /// Refuses an accepted token with token_revoked when the list names its session or its user. API keys pass.
    Status check(VerifierView verifier, const Auth &auth) const noexcept
    {
        return Status(tesseral_revoked_check(raw_, verifier.raw(), auth.raw()));
    }
#if defined(TESSERAL_VERIFY_STD)
    /// The same for a token that an authenticator has accepted.
    Status check(const Authenticator &authenticator, const Auth &auth) const noexcept
    {
        return Status(tesseral_authenticator_check_revoked(authenticator.raw(), raw_, auth.raw()));
    }
#endif

    const tesseral_revoked *raw() const noexcept { return raw_; }

private:
    std::unique_ptr<std::uint8_t[]> block_;
    const tesseral_revoked *raw_;
};

/// The request that asks the service about an API key: POST path() of the backend host, with the header
/// "Authorization: Bearer " + your backend API key.
class ApiKeyRequest {
public:
    ApiKeyRequest() noexcept {}

    /// Refuses with api_key_invalid for the wrong shape.
    static Result<ApiKeyRequest> make(string_view api_key) noexcept
    {
        ApiKeyRequest request;
        const Status status(tesseral_api_key_request(detail::octets(api_key), api_key.size(), request.body_.data(),
                                                     request.body_.size(), &request.body_len_));
        if (!status.ok())
            return status;
        return request;
    }

    static const char *path() noexcept { return "/v1/api-keys/authenticate"; }
    static const char *content_type() noexcept { return "application/json"; }
    /// It holds the API key, a secret, and lives as long as this.
    string_view body() const & noexcept
    {
        return string_view(reinterpret_cast<const char *>(body_.data()), body_len_);
    }
    void body() && = delete;

private:
    std::array<std::uint8_t, TESSERAL_API_KEY_REQUEST_LEN> body_ = {{}};
    std::size_t body_len_ = 0;
};

/// Says what the service's answer about an API key means. Only a 200 with an API key ID and an organization ID is a success.
///
/// http_status: of the answer; 0 when there was none. body: decompressed, at most TESSERAL_MAX_API_KEY_ANSWER_LEN octets.
/// scratch: at least body.size() octets. The texts of the Auth point into api_key, body and scratch. Refuses with api_key_invalid, api_keys_not_permitted, api_key_lookup_failed
/// (everything else that the service may answer), buffer_too_small or invalid_argument.
inline Result<Auth> api_key_response(string_view api_key, int http_status, string_view body, Memory scratch) noexcept
{
    Auth auth;
    const Status status(tesseral_api_key_response(detail::octets(api_key), api_key.size(),
                                                  http_status > 0 ? static_cast<std::uint32_t>(http_status) : 0,
                                                  detail::octets(body), body.size(), scratch.ptr, scratch.len, auth.raw()));
    return status.ok() ? Result<Auth>(auth) : Result<Auth>(status);
}

/// SHA-256 of an API key. Use it as the key of a cache of answers, so that no cache holds the API key itself. Refuses with
/// api_key_invalid.
inline Result<std::array<std::uint8_t, TESSERAL_API_KEY_FINGERPRINT_LEN>> api_key_fingerprint(string_view api_key) noexcept
{
    std::array<std::uint8_t, TESSERAL_API_KEY_FINGERPRINT_LEN> fingerprint = {{}};
    const Status status(tesseral_api_key_fingerprint(detail::octets(api_key), api_key.size(), fingerprint.data(),
                                                     fingerprint.size()));
    if (!status.ok())
        return status;
    return fingerprint;
}

} // namespace
} // namespace tesseral

#undef TESSERAL_CPLUSPLUS
#undef TESSERAL_NODISCARD
#undef TESSERAL_VIEW
#undef TESSERAL_THROWS
#undef TESSERAL_EXCEPTIONS
#undef TESSERAL_JOIN
#undef TESSERAL_MODE

#endif // TESSERAL_VERIFY_HPP
