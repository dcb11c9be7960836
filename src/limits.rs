//! Every bound of this library, with the reason for its value.
//!
//! "The issuer" is Tesseral's server, of which the source is public: <https://github.com/tesseral-labs/tesseral>.

/// The longest access token that is accepted by default, in octets.
///
/// The issuer sets no bound. 16 KiB suffices for about 370 actions of 28 characters.
pub const DEFAULT_MAX_TOKEN_LEN: usize = 16_384;

/// The largest value of the option for the token limit, in octets. With it, verifying needs 96 KiB of scratch memory.
pub const MAX_TOKEN_LEN: usize = 65_536;

/// The most levels of arrays and objects in a JSON text. The top-level value is level 1.
///
/// The issuer nests two. One bit for each level fits into a word, and RFC 8259 section 9 allows such a limit
/// (<https://www.rfc-editor.org/rfc/rfc8259#section-9>).
pub const MAX_JSON_DEPTH: u32 = 32;

/// The longest configuration document, in octets. 64 keys take about 12 KiB; the rest is for members that are not read.
pub const MAX_DOCUMENT_LEN: usize = 262_144;

/// The longest response about an API key that is accepted, in octets. It suffices for about 2,000 actions of 28 characters.
///
/// An authenticator copies the strings of a response into the caller's scratch memory, which must have room for any response.
pub const MAX_API_KEY_ANSWER_LEN: usize = 65_536;

/// The most usable keys in one configuration document; with more it is refused. The issuer has one or a few.
pub const MAX_KEYS: usize = 64;

/// The most different key IDs among the well-formed keys of one configuration document; with more it is refused.
///
/// A key whose ID occurs with another point is well-formed but not usable. It counts here, and not among [`MAX_KEYS`]. Beside
/// 64 usable keys there is room for 64 such IDs, so a fixed amount of memory suffices to compare all of them.
pub const MAX_KIDS: usize = 2 * MAX_KEYS;

/// The most skipped keys whose index and reason a snapshot lists. Further ones are only counted.
pub const MAX_SKIPPED_LISTED: usize = 64;

/// The longest `kid`, in octets after decoding. The issuer's have 45: `session_signing_key_` and 25 digits.
pub const MAX_KID_LEN: usize = 128;

/// The longest project ID, in octets. The issuer's have 33: `project_` and 25 digits.
pub const MAX_PROJECT_ID_LEN: usize = 64;

/// The longest issuer, which is also the audience, in octets. One that is derived from the issuer's project IDs has 54.
pub const MAX_ISSUER_LEN: usize = 256;

/// The longest leeway, in seconds: the lifetime of an access token (the issuer's `internal/common/store/accesstoken.go`).
pub const MAX_LEEWAY_SECONDS: u32 = 300;

/// Length of an ES256 signature, in octets (RFC 7518 section 3.4).
pub const SIGNATURE_LEN: usize = 64;

/// Characters of such a signature in base64url.
pub(crate) const SIGNATURE_SEGMENT_LEN: usize = 86;

/// Length of one coordinate of a P-256 point, in octets (RFC 7518 section 6.2.1.2).
pub const COORDINATE_LEN: usize = 32;

/// The most cookies with the access token's name that are tried in one request. In practice there are up to two: a host-only
/// and a domain cookie.
pub const MAX_COOKIE_CANDIDATES: usize = 4;

/// The shortest API key, in octets: a prefix of one octet and the 55 digits of the secret.
pub const MIN_API_KEY_LEN: usize = 56;

/// The longest API key, in octets: a prefix of 64 octets, the issuer's bound, and the 55 digits of the secret.
pub const MAX_API_KEY_LEN: usize = 119;

/// The largest `exp`, `nbf` or `iat`: up to 2^53 every integer is exact in an IEEE 754 double, which most JSON parsers use.
pub const MAX_NUMERIC_DATE: u64 = 1 << 53;

/// The largest magnitude of an exponent in a JSON number that is read as a date. All finite doubles have smaller ones.
pub const MAX_NUMBER_EXPONENT: u32 = 400;

/// Bytes of scratch memory that verifying a token of up to `max_token_len` octets needs.
///
/// The decoded header and payload take three quarters of the token's length. The decoded strings of the payload take at most as
/// much again.
#[must_use]
pub const fn scratch_len(max_token_len: usize) -> usize {
    (max_token_len / 4).saturating_add(1).saturating_mul(6)
}

// Times of the rules in `rulebook`, in milliseconds.

/// Refresh interval: the document is fetched again before it is this old. One hour, as in the issuer's own packages.
pub const DEFAULT_REFRESH_INTERVAL_MS: u64 = 3_600_000;

/// The longest refresh interval: 30 days.
pub const MAX_INTERVAL_MS: u64 = 2_592_000_000;

/// Stale limit: a document that is older than this is not used. With 24 hours, an outage that lasts a night refuses no request.
pub const DEFAULT_STALE_MS: u64 = 86_400_000;

/// The longest stale limit: 365 days.
pub const MAX_STALE_MS: u64 = 31_536_000_000;

/// Cooldown: the time from the beginning of one early fetch to that of the next. Each state makes at most one early fetch in
/// it.
pub const DEFAULT_COOLDOWN_MS: u64 = 10_000;

/// The longest that the cooldown grows to. While an attacker sends invented `kid`s, a new key is still known after a minute.
pub const TOP_COOLDOWN_MS: u64 = 60_000;

/// The longest cooldown that settings may ask for: one hour.
pub const MAX_COOLDOWN_MS: u64 = 3_600_000;

/// Time-out for connecting to the service.
pub const DEFAULT_CONNECT_TIMEOUT_MS: u64 = 2_000;

/// Time-out for a whole exchange with the service.
pub const DEFAULT_TOTAL_TIMEOUT_MS: u64 = 5_000;

/// The longest time-out that settings may ask for: 10 minutes.
pub const MAX_TIMEOUT_MS: u64 = 600_000;

/// A fetch or a look-up that nothing was reported of counts as lost after this many times the time-out.
pub const FLIGHT_TIMEOUTS: u64 = 2;

/// How long a caller waits for the key of an unknown `kid`. A fetch usually takes a fraction of this.
pub const DEFAULT_WAIT_MS: u64 = 1_000;

/// The longest such wait that settings may ask for.
pub const MAX_WAIT_MS: u64 = 10_000;

/// How many callers may wait at a time. So tokens with invented `kid`s block only a few threads.
pub const DEFAULT_WAITERS: u32 = 16;

/// The most callers that settings may allow to wait at a time.
pub const MAX_WAITERS: u32 = 64;

/// The time from a first failed fetch to the next attempt. Each further failure doubles it.
pub const FIRST_RETRY_MS: u64 = 1_000;

/// The longest that it grows to: an outage ends for this server within a minute.
pub const MAX_RETRY_MS: u64 = 60_000;

/// The most `kid`s that are remembered as unknown, so that invented ones take a fixed amount of memory.
pub const MAX_REMEMBERED_KIDS: usize = 64;

/// How long a valid API key is accepted without asking the service again. It is zero, so that a revocation takes effect at
/// once.
pub const DEFAULT_GOOD_TTL_MS: u64 = 0;

/// How long a refused API key is refused without asking the service again.
pub const DEFAULT_REFUSED_TTL_MS: u64 = 5_000;

/// The longest that settings may ask the answer about an API key to be remembered: one hour.
pub const MAX_TTL_MS: u64 = 3_600_000;

/// How long an API key that was valid may use the look-ups that are reserved for such keys: 24 hours.
pub const GOOD_MARK_MS: u64 = 86_400_000;

/// The most look-ups of API keys that are under way at a time, by default.
pub const DEFAULT_MAX_QUESTIONS: u32 = 64;

/// The most look-ups that a state has room for.
pub const MAX_QUESTIONS: usize = 256;

/// One in this many look-ups is reserved for API keys that were valid lately.
pub const RESERVED_QUESTIONS_SHARE: u32 = 4;

/// The most answers about API keys that are remembered at a time, by default.
pub const DEFAULT_ANSWERS: usize = 4_096;

/// The most answers that a state has room for.
pub const MAX_ANSWERS: usize = 65_536;

/// The most bytes of answers that are remembered at a time: 8 MiB, or 2 KiB for each of 4,096 answers.
pub const DEFAULT_MAX_ANSWERS_LEN: u64 = 8_388_608;

/// The same fault is reported at most once in this time.
pub const NOTICE_INTERVAL_MS: u64 = 60_000;

/// The background thread reads its clocks at least this often, because the time of its sleep stops while the machine is
/// suspended.
pub const MAX_SLEEP_MS: u64 = 60_000;

/// The most threads that resolve the same name at a time. When the first one hangs, a second one is started: the first may
/// use an outdated resolver configuration.
pub const MAX_NAME_QUESTIONS: usize = 2;

/// When resolving a name counts as hanging. glibc asks a name server twice, for 5 s each time
/// (<https://man7.org/linux/man-pages/man5/resolv.conf.5.html>).
pub const NAME_PATIENCE_MS: u64 = 10_000;

/// The time from a failed attempt to write a file to the next attempt: the disk may have room again.
pub const FILE_RETRY_MS: u64 = 5_000;

/// How long a writer of the last-good file waits for other writers.
pub const MAX_LOCK_MS: u64 = 1_000;

/// The time from one attempt to take that lock to the next.
pub const LOCK_PAUSE_MS: u64 = 10;

/// The time that dropping an authenticator may take in addition to the time-out of a fetch.
pub const DROP_GRACE_MS: u64 = 500;
