//! Dates as exact decimal numbers, digit by digit.

use tesseral_verify::json::Rounding;

/// 2^53
const MAX: &str = "9007199254740992";

/// Whole seconds of a JSON number's text; `None` unless it lies in 0 … 2^53 before it is rounded, and its
/// exponent in -400 … 400.
pub fn whole_seconds(text: &str, rounding: Rounding) -> Option<i64> {
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |text| (true, text));
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let point = i64::try_from(integer.len()).ok()? + exponent_of(exponent)?;

    // Write the number out without an exponent: zeros on either side, then the point.
    let (before, after) = (usize::try_from((-point).max(0)).ok()?, usize::try_from(point.max(0)).ok()?);
    let mut digits = "0".repeat(before) + integer + fraction;
    while digits.len() < after {
        digits.push('0');
    }
    let (whole, rest) = digits.split_at(after);
    let whole = whole.trim_start_matches('0');
    let has_fraction = rest.contains(|digit| digit != '0');

    if whole.is_empty() && !has_fraction {
        return Some(0);
    }
    let over = (whole.len(), whole) > (MAX.len(), MAX) || (whole == MAX && has_fraction);
    if negative || over {
        return None;
    }
    let seconds = if whole.is_empty() { 0 } else { whole.parse::<i64>().ok()? };
    Some(seconds + i64::from(has_fraction && rounding == Rounding::Up))
}

fn exponent_of(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Some(0);
    }
    // More digits than i64 holds are over 400 too.
    digits.parse::<i64>().ok().filter(|magnitude| *magnitude <= 400).map(|magnitude| sign * magnitude)
}
