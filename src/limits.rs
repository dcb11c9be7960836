//! Every bound of this library, each with the reason for its value.

/// Longest access token that is looked at, in octets, unless the options say otherwise.
///
/// The issuer sets no bound; 16 KiB holds about 370 actions of 28 characters.
pub const DEFAULT_MAX_TOKEN_LEN: usize = 16_384;

/// Largest value that the option for the token limit may take, in octets.
pub const MAX_TOKEN_LEN: usize = 65_536;

/// Most levels of arrays and objects in any JSON text; the top-level value is level 1.
///
/// The issuer nests two levels. The bound exists so that the work and the memory per octet stay fixed.
pub const MAX_JSON_DEPTH: u32 = 32;

/// Longest configuration document, in octets.
pub const MAX_DOCUMENT_LEN: usize = 262_144;

/// Longest answer about an API key that is looked at, in octets: about 2,000 actions of 28 characters.
///
/// An authenticator copies its strings into the caller's scratch memory, which must have room for any answer.
pub const MAX_API_KEY_ANSWER_LEN: usize = 65_536;

/// Most usable keys in one configuration document; with more it is refused. The issuer's have a few.
pub const MAX_KEYS: usize = 64;

/// Most different key IDs in one configuration document, among its keys that are good by themselves; with more it is refused.
///
/// Those that are not used because their ID occurs with another point count here, and do not count as usable keys: there is
/// room for 64 of them beside the most usable ones, so that IDs can be told apart in memory that does not grow.
pub const MAX_KIDS: usize = 2 * MAX_KEYS;

/// Most skipped keys whose position and reason a snapshot remembers; the rest are only counted.
pub const MAX_SKIPPED_LISTED: usize = 64;

/// Longest `kid`, in octets after decoding. The issuer's have 45.
pub const MAX_KID_LEN: usize = 128;

/// Longest project ID, in octets. The issuer's have 33.
pub const MAX_PROJECT_ID_LEN: usize = 64;

/// Longest issuer (and audience), in octets.
pub const MAX_ISSUER_LEN: usize = 256;

/// Longest leeway that the options may ask for, in seconds: the lifetime of one access token.
pub const MAX_LEEWAY_SECONDS: u32 = 300;

/// Length of an ES256 signature, in octets (RFC 7518 section 3.4).
pub const SIGNATURE_LEN: usize = 64;

/// Characters of such a signature in base64url, after a token's last dot.
pub(crate) const SIGNATURE_SEGMENT_LEN: usize = 86;

/// Length of one coordinate of a P-256 point, in octets (RFC 7518 section 6.2.1.2).
pub const COORDINATE_LEN: usize = 32;

/// Most cookies of the access token's name that are tried in one request.
pub const MAX_COOKIE_CANDIDATES: usize = 4;

/// Shortest API key, in octets: one octet of prefix and the 55 digits of the secret.
pub const MIN_API_KEY_LEN: usize = 56;

/// Longest API key, in octets: 64 octets of prefix and the 55 digits of the secret.
pub const MAX_API_KEY_LEN: usize = 119;

/// Largest `exp`, `nbf` or `iat`: 2^53, up to which every integer is exact in an IEEE 754 double.
pub const MAX_NUMERIC_DATE: u64 = 1 << 53;

/// Largest magnitude of an exponent in a JSON number that is read as a date.
pub const MAX_NUMBER_EXPONENT: u32 = 400;

/// Octets of scratch that verifying a token of up to `max_token_len` octets needs.
///
/// The decoded header and payload take three quarters of the token, and the strings of the payload, once
/// more without their escapes, at most as much.
#[must_use]
pub const fn scratch_len(max_token_len: usize) -> usize {
    (max_token_len / 4).saturating_add(1).saturating_mul(6)
}

// When keys are fetched and API keys asked about: times in milliseconds.

/// The document is fetched again before it is this old: one hour, as the issuer's own packages do.
pub const DEFAULT_REFRESH_INTERVAL_MS: u64 = 3_600_000;

/// Longest refresh interval: 30 days.
pub const MAX_INTERVAL_MS: u64 = 2_592_000_000;

/// An older document is not used: 24 hours, so that an outage over a night refuses nobody.
pub const DEFAULT_STALE_MS: u64 = 86_400_000;

/// Longest stale limit: 365 days.
pub const MAX_STALE_MS: u64 = 31_536_000_000;

/// From the beginning of one early fetch to that of the next: the service sees at most one in this time from each state.
pub const DEFAULT_COOLDOWN_MS: u64 = 10_000;

/// Where the cooldown ends growing, so that a new key is known after one minute while others invent `kid`s.
pub const TOP_COOLDOWN_MS: u64 = 60_000;

/// Longest cooldown: one hour.
pub const MAX_COOLDOWN_MS: u64 = 3_600_000;

/// Longest time to connect.
pub const DEFAULT_CONNECT_TIMEOUT_MS: u64 = 2_000;

/// Longest time for a whole exchange with the service.
pub const DEFAULT_TOTAL_TIMEOUT_MS: u64 = 5_000;

/// Longest time-out: 10 minutes.
pub const MAX_TIMEOUT_MS: u64 = 600_000;

/// A flight or a question without a report counts as lost after so many times the time-out.
pub const FLIGHT_TIMEOUTS: u64 = 2;

/// How long a caller waits for the keys of an unknown `kid`: several times what a fetch takes.
pub const DEFAULT_WAIT_MS: u64 = 1_000;

/// Longest such wait.
pub const MAX_WAIT_MS: u64 = 10_000;

/// How many callers wait at a time, so that tokens with invented `kid`s hold few threads.
pub const DEFAULT_WAITERS: u32 = 16;

/// Most callers that wait at a time.
pub const MAX_WAITERS: u32 = 64;

/// The wait after a first failure; doubled by each further one.
pub const FIRST_RETRY_MS: u64 = 1_000;

/// Where that ends growing.
pub const MAX_RETRY_MS: u64 = 60_000;

/// Most `kid`s that are remembered as absent, so that invented ones cannot fill the memory.
pub const MAX_REMEMBERED_KIDS: usize = 64;

/// How long a good API key is believed without asking again: not at all, so that a revocation takes effect at once.
pub const DEFAULT_GOOD_TTL_MS: u64 = 0;

/// How long a refused API key stays refused without asking again.
pub const DEFAULT_REFUSED_TTL_MS: u64 = 5_000;

/// Longest time to live of an answer: one hour.
pub const MAX_TTL_MS: u64 = 3_600_000;

/// How long a key that was good may use the questions that are reserved for such keys: 24 hours.
pub const GOOD_MARK_MS: u64 = 86_400_000;

/// Questions about API keys that are under way at a time.
pub const DEFAULT_MAX_QUESTIONS: u32 = 64;

/// Most questions that a state has places for.
pub const MAX_QUESTIONS: usize = 256;

/// One of so many questions is kept for keys that were good lately.
pub const RESERVED_QUESTIONS_SHARE: u32 = 4;

/// Answers about API keys that are remembered at a time.
pub const DEFAULT_ANSWERS: usize = 4_096;

/// Most answers that a state has places for.
pub const MAX_ANSWERS: usize = 65_536;

/// Octets of answers that are kept at a time: 8 MiB.
pub const DEFAULT_MAX_ANSWERS_LEN: u64 = 8_388_608;

/// The same fault is told at most once in this time.
pub const NOTICE_INTERVAL_MS: u64 = 60_000;

/// The background looks at its clocks at least this often, since its sleep does not count while the machine is suspended.
pub const MAX_SLEEP_MS: u64 = 60_000;

/// Threads that look the same name up at a time: a second one when the first hangs, for it may go by an old configuration.
pub const MAX_NAME_QUESTIONS: usize = 2;

/// When a name's look-up counts as hanging: the C library asks a name server twice, for 5 s each time.
pub const NAME_PATIENCE_MS: u64 = 10_000;

/// From one attempt to write a file to the next, when the first failed: the disk may have room again.
pub const FILE_RETRY_MS: u64 = 5_000;

/// How long a writer of the last-good file waits for other writers.
pub const MAX_LOCK_MS: u64 = 1_000;

/// From one look at that lock to the next.
pub const LOCK_PAUSE_MS: u64 = 10;

/// What ending the background takes beside the time-out of a fetch.
pub const DROP_GRACE_MS: u64 = 500;
