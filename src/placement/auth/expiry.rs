//! How long a token is valid, from the two times in Keystone's answer. Their difference does
//! not depend on this machine's clock.

use std::time::Duration;

/// The duration between two of Keystone's times, such as `2026-01-31T23:59:59.000000Z`; `None`
/// if one can't be parsed or they are reversed.
pub(super) fn between(issued: &str, expires: &str) -> Option<Duration> {
    Some(Duration::from_secs(
        seconds(expires)?.checked_sub(seconds(issued)?)?,
    ))
}

/// Seconds since 1970 of a UTC time, fractions dropped.
fn seconds(time: &str) -> Option<u64> {
    let (date, clock) = time.strip_suffix('Z')?.split_once('T')?;
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(clock.split('.').next()?, ':')?;
    let valid = (1970..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    if !valid {
        return None;
    }
    // Years begin in March, so that a leap day is the last of its year.
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let leap_days = year / 4 - year / 100 + year / 400;
    let days = 365 * year + leap_days + (153 * month + 2) / 5 + day;
    // 1 January 1970 by the same count.
    Some((days - 719_469) * 86_400 + hour * 3_600 + minute * 60 + second)
}

fn numbers(text: &str, separator: char) -> Option<[u64; 3]> {
    let mut parts = text.split(separator).map(str::parse);
    let numbers = [parts.next()?, parts.next()?, parts.next()?];
    if parts.next().is_some() {
        return None;
    }
    let [Ok(a), Ok(b), Ok(c)] = numbers else {
        return None;
    };
    Some([a, b, c])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_counted_across_months_years_and_leap_days() {
        for (time, expected) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("1970-03-01T00:00:00.000000Z", Some(5_097_600)),
            ("2000-02-29T12:00:00Z", Some(951_825_600)),
            ("2026-11-25T18:04:48.123456Z", Some(1_795_629_888)),
            ("2100-03-01T00:00:00Z", Some(4_107_542_400)),
            ("2026-11-25T18:04:48", None),
            ("2026-11-25T18:04:48+01:00", None),
            ("2026-13-01T00:00:00Z", None),
            ("2026-11-25-01T00:00:00Z", None),
            ("0000-00-00T00:00:00Z", None),
            ("99999999999999999999-01-01T00:00:00Z", None),
            ("", None),
        ] {
            assert_eq!(seconds(time), expected, "{time}");
        }
    }

    #[test]
    fn a_lifetime_is_the_difference() {
        let (a, b) = ("2026-12-31T23:30:00.000000Z", "2027-01-01T00:30:00.000000Z");
        assert_eq!(between(a, b), Some(Duration::from_secs(3_600)));
        assert_eq!(between(b, a), None);
    }
}
