//! The proleptic Gregorian calendar, and the way between the clock on the wall and Unix time.
//!
//! The day count is Howard Hinnant's (<https://howardhinnant.github.io/date_algorithms.html>): eras of 400 years that
//! start in March, so that the leap day is a year's last.

use super::TimeZone;

pub(super) const SECOND_MS: i64 = 1000;
pub(super) const MINUTE_MS: i64 = 60 * SECOND_MS;
pub(super) const HOUR_MS: i64 = 60 * MINUTE_MS;
pub(super) const DAY_MS: i64 = 24 * HOUR_MS;

/// A day of the calendar. Invariant: it exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CivilDate {
    pub year: i32,
    /// 1 to 12.
    pub month: u32,
    /// 1 to 31.
    pub day: u32,
}

/// What calendar and clock on the wall say. Invariant: the time of day is below 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CivilDateTime {
    pub date: CivilDate,
    pub ms_of_day: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    /// Monday is 0.
    pub fn days_from_monday(self) -> i64 {
        self as i64
    }

    /// `Mon`.
    pub fn short(self) -> &'static str {
        match self {
            Self::Monday => "Mon",
            Self::Tuesday => "Tue",
            Self::Wednesday => "Wed",
            Self::Thursday => "Thu",
            Self::Friday => "Fri",
            Self::Saturday => "Sat",
            Self::Sunday => "Sun",
        }
    }
}

impl CivilDate {
    /// `None` where the calendar has no such day.
    pub fn new(year: i32, month: u32, day: u32) -> Option<Self> {
        let exists = (1..=12).contains(&month) && day >= 1 && day <= days_in_month(year, month);
        exists.then_some(Self { year, month, day })
    }

    /// Days since 1 January 1970.
    pub fn days_from_epoch(self) -> i64 {
        let year = i64::from(self.year) - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let month_from_march = (i64::from(self.month) + 9) % 12;
        let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(self.day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * 146_097 + day_of_era - 719_468
    }

    pub fn from_days(days: i64) -> Self {
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = (day_of_year - (153 * month_from_march + 2) / 5 + 1) as u32;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 } as u32;
        let year = (year_of_era + era * 400 + i64::from(month <= 2)) as i32;
        Self { year, month, day }
    }

    pub fn weekday(self) -> Weekday {
        // 1 January 1970 was a Thursday.
        match (self.days_from_epoch() + 3).rem_euclid(7) {
            0 => Weekday::Monday,
            1 => Weekday::Tuesday,
            2 => Weekday::Wednesday,
            3 => Weekday::Thursday,
            4 => Weekday::Friday,
            5 => Weekday::Saturday,
            _ => Weekday::Sunday,
        }
    }

    #[must_use]
    pub fn plus_days(self, days: i64) -> Self {
        Self::from_days(self.days_from_epoch() + days)
    }

    /// The same day of another month, or that month's last day where it is shorter.
    #[must_use]
    pub fn plus_months(self, months: i64) -> Self {
        let index = i64::from(self.year) * 12 + i64::from(self.month) - 1 + months;
        let (year, month) = (index.div_euclid(12) as i32, index.rem_euclid(12) as u32 + 1);
        Self { year, month, day: self.day.min(days_in_month(year, month)) }
    }

    /// `Nov`.
    pub fn month_short(self) -> &'static str {
        const NAMES: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        NAMES.get(self.month as usize - 1).copied().unwrap_or_default()
    }
}

pub(super) fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl CivilDateTime {
    pub fn at_midnight(date: CivilDate) -> Self {
        Self { date, ms_of_day: 0 }
    }

    /// What the wall shows at that instant.
    pub fn from_unix_ms(unix_ms: i64, zone: &dyn TimeZone) -> Self {
        let local_ms = unix_ms + i64::from(zone.offset_secs_at(unix_ms)) * SECOND_MS;
        Self { date: CivilDate::from_days(local_ms.div_euclid(DAY_MS)), ms_of_day: local_ms.rem_euclid(DAY_MS) }
    }

    /// The instant at which the wall shows this. Of a repeated hour the first; a skipped time is moved on by what was
    /// skipped, as browsers do.
    pub fn to_unix_ms(self, zone: &dyn TimeZone) -> i64 {
        let local_ms = self.date.days_from_epoch() * DAY_MS + self.ms_of_day;
        let offset_ms_at = |unix_ms: i64| i64::from(zone.offset_secs_at(unix_ms)) * SECOND_MS;
        // No offset is longer than a day, so that these two bracket every change that matters here.
        let before_ms = offset_ms_at(local_ms - DAY_MS);
        let after_ms = offset_ms_at(local_ms + DAY_MS);
        let early = local_ms - before_ms;
        let late = local_ms - after_ms;
        if offset_ms_at(early) != before_ms && offset_ms_at(late) == after_ms { late } else { early }
    }

    pub fn hour(self) -> i64 {
        self.ms_of_day / HOUR_MS
    }

    pub fn minute(self) -> i64 {
        self.ms_of_day / MINUTE_MS % 60
    }

    pub fn second(self) -> i64 {
        self.ms_of_day / SECOND_MS % 60
    }

    pub fn millisecond(self) -> i64 {
        self.ms_of_day % SECOND_MS
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Utc, test_zones::Berlin2026};
    use super::*;

    #[test]
    fn days_and_dates_are_inverse_over_eight_centuries() {
        let mut expected = CivilDate { year: 1600, month: 1, day: 1 };
        let end = CivilDate { year: 2400, month: 1, day: 1 };
        for days in expected.days_from_epoch()..end.days_from_epoch() {
            let date = CivilDate::from_days(days);
            assert_eq!(date, expected);
            assert_eq!(date.days_from_epoch(), days);
            expected = match CivilDate::new(date.year, date.month, date.day + 1) {
                Some(next) => next,
                None if date.month == 12 => CivilDate { year: date.year + 1, month: 1, day: 1 },
                None => CivilDate { year: date.year, month: date.month + 1, day: 1 },
            };
        }
        assert_eq!(CivilDate::from_days(0), CivilDate { year: 1970, month: 1, day: 1 });
    }

    #[test]
    fn weekdays() {
        assert_eq!(CivilDate { year: 2026, month: 11, day: 22 }.weekday(), Weekday::Sunday);
        assert_eq!(CivilDate { year: 1970, month: 1, day: 1 }.weekday(), Weekday::Thursday);
        assert_eq!(CivilDate { year: 1969, month: 12, day: 29 }.weekday(), Weekday::Monday);
    }

    #[test]
    fn only_days_that_exist() {
        assert!(CivilDate::new(2024, 2, 29).is_some());
        for (year, month, day) in
            [(2023, 2, 29), (2100, 2, 29), (2026, 13, 1), (2026, 0, 1), (2026, 4, 31), (2026, 1, 0)]
        {
            assert_eq!(CivilDate::new(year, month, day), None);
        }
    }

    #[test]
    fn months_end_where_the_shorter_one_ends() {
        let check = |(y, m, d), months, expect: (i32, u32, u32)| {
            let moved = CivilDate { year: y, month: m, day: d }.plus_months(months);
            assert_eq!((moved.year, moved.month, moved.day), expect);
        };
        check((2026, 3, 31), -1, (2026, 2, 28));
        check((2024, 3, 31), -1, (2024, 2, 29));
        check((2026, 1, 15), -1, (2025, 12, 15));
        check((2026, 12, 31), 2, (2027, 2, 28));
        check((2026, 5, 5), -65, (2020, 12, 5));
    }

    #[test]
    fn the_wall_and_unix_time_agree_across_clock_changes() {
        let check = |text: (i32, u32, u32, i64), expect_ms: i64| {
            let (year, month, day, minutes) = text;
            let wall =
                CivilDateTime { date: CivilDate::new(year, month, day).unwrap(), ms_of_day: minutes * MINUTE_MS };
            assert_eq!(wall.to_unix_ms(&Berlin2026), expect_ms, "{text:?}");
        };
        // 29 March 2026: 02:00 becomes 03:00 at 01:00 UTC.
        check((2026, 3, 29, 119), 1_774_745_940_000);
        check((2026, 3, 29, 180), 1_774_746_000_000);
        // A skipped time is moved on: 02:30 is 03:30.
        check((2026, 3, 29, 150), 1_774_746_000_000 + 30 * MINUTE_MS);
        // 25 October 2026: 03:00 becomes 02:00 at 01:00 UTC; 02:30 happens twice and means the first.
        check((2026, 10, 25, 150), 1_792_890_000_000 - 30 * MINUTE_MS);
        check((2026, 10, 25, 180), 1_792_890_000_000 + HOUR_MS);
        // Every other minute of both days survives the round trip.
        for start in [1_774_738_800_000_i64, 1_792_879_200_000] {
            for minute in (0..26 * 60).filter(|m| start != 1_792_879_200_000 || !(180..240).contains(m)) {
                let t = start + minute * MINUTE_MS;
                assert_eq!(CivilDateTime::from_unix_ms(t, &Berlin2026).to_unix_ms(&Berlin2026), t);
            }
        }
        assert_eq!(CivilDateTime::from_unix_ms(-1, &Utc).ms_of_day, DAY_MS - 1);
    }
}
