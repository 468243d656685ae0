//! Numbers with their units, as a person reads them: `1.62 s`, `2.4 k`, `512 MiB`, `99.94%`.
//!
//! Units are named by Grafana's ids, because dashboards name them so. An id that the catalogue does not have is shown
//! as text behind the number, as Grafana does. No locale: digits are grouped by commas, the decimal sign is a point.

use std::fmt;

use super::number;

/// A number in words: `1.62` + `s`, `99.94` + `%`, `$` + `12`. Displays as one text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Formatted {
    /// What stands before the number without a space, such as a currency.
    pub prefix: String,
    pub number: String,
    pub suffix: String,
    /// Whether the suffix follows without a space, as `%` does.
    pub is_suffix_attached: bool,
}

/// One scale for all numbers of an axis: each is divided, the suffix is common.
#[derive(Debug, Clone, PartialEq)]
pub struct Scaling {
    pub divisor: f64,
    pub prefix: String,
    pub suffix: String,
    pub is_suffix_attached: bool,
}

/// In which steps round values of a unit lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Steps {
    /// 1, 2, 5, 10, 20 …
    Decimal,
    /// Powers of two, in each power of 1024.
    Binary,
    /// 1, 2, 5, 10, 15, 30 seconds, minutes; hours; days. The value times `secs` is seconds.
    Time { secs: f64 },
}

/// One entry of the catalogue.
struct Unit {
    id: &'static str,
    kind: Kind,
    /// In words, for a panel's header.
    title: &'static str,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    /// As it is, followed by a text.
    Plain(&'static str),
    /// 0 to 100, or with a factor of 100, 0 to 1.
    Percent {
        factor: f64,
    },
    /// Counted things, scaled by thousands: the prefix stands apart from a word (`2.4 k ops/s`).
    Count(&'static str),
    /// A symbol of physics, scaled by thousands up and down (`3.2 kHz`); the value times `factor` is in the symbol.
    Si {
        factor: f64,
        symbol: &'static str,
    },
    /// Decimal bytes or bits; never scaled below one.
    Decimal {
        factor: f64,
        symbol: &'static str,
    },
    /// Bytes or bits by powers of 1024.
    Binary {
        factor: f64,
        symbol: &'static str,
    },
    /// A duration of so many seconds.
    Time {
        secs: f64,
    },
    /// A duration in its two largest parts: `1 d 4 h`.
    Parts {
        secs: f64,
    },
    /// `01:30:00`.
    Clock {
        secs: f64,
    },
    /// Money.
    Currency(&'static str),
    /// `1.23e6`.
    Scientific,
    Hex,
    /// Words for zero and for anything else.
    Bool(&'static str, &'static str),
}

const KIB: f64 = 1024.0;
const MIB: f64 = KIB * KIB;
const GIB: f64 = MIB * KIB;
const TIB: f64 = GIB * KIB;

const fn unit(id: &'static str, kind: Kind, title: &'static str) -> Unit {
    Unit { id, kind, title }
}

/// Ids and meanings after Grafana's `packages/grafana-data/src/valueFormats/categories.ts`; suffixes and titles are ours.
const CATALOGUE: &[Unit] = &[
    unit("none", Kind::Plain(""), ""),
    unit("", Kind::Plain(""), ""),
    unit("string", Kind::Plain(""), ""),
    unit("short", Kind::Count(""), ""),
    unit("locale", Kind::Plain(""), ""),
    unit("percent", Kind::Percent { factor: 1.0 }, "percent"),
    unit("percentunit", Kind::Percent { factor: 100.0 }, "percent"),
    unit("humidity", Kind::Plain("%H"), "relative humidity"),
    unit("dB", Kind::Plain("dB"), "decibels"),
    unit("dBm", Kind::Plain("dBm"), "decibel-milliwatts"),
    unit("sci", Kind::Scientific, ""),
    unit("hex", Kind::Hex, "hexadecimal"),
    unit("hex0x", Kind::Hex, "hexadecimal"),
    unit("pixel", Kind::Plain("px"), "pixels"),
    unit("bool", Kind::Bool("false", "true"), ""),
    unit("bool_yes_no", Kind::Bool("no", "yes"), ""),
    unit("bool_on_off", Kind::Bool("off", "on"), ""),
    unit("ns", Kind::Time { secs: 1e-9 }, "nanoseconds"),
    unit("µs", Kind::Time { secs: 1e-6 }, "microseconds"),
    unit("us", Kind::Time { secs: 1e-6 }, "microseconds"),
    unit("ms", Kind::Time { secs: 1e-3 }, "milliseconds"),
    unit("s", Kind::Time { secs: 1.0 }, "seconds"),
    unit("m", Kind::Time { secs: 60.0 }, "minutes"),
    unit("h", Kind::Time { secs: 3600.0 }, "hours"),
    unit("d", Kind::Time { secs: 86_400.0 }, "days"),
    unit("dtdurations", Kind::Parts { secs: 1.0 }, "duration"),
    unit("dtdurationms", Kind::Parts { secs: 1e-3 }, "duration"),
    unit("clocks", Kind::Parts { secs: 1.0 }, "duration"),
    unit("clockms", Kind::Parts { secs: 1e-3 }, "duration"),
    unit("dthms", Kind::Clock { secs: 1.0 }, "hours, minutes, seconds"),
    unit("dthmsms", Kind::Clock { secs: 1e-3 }, "hours, minutes, seconds"),
    unit("timeticks", Kind::Time { secs: 0.01 }, "hundredths of a second"),
    unit("bytes", Kind::Binary { factor: 1.0, symbol: "B" }, "bytes"),
    unit("decbytes", Kind::Decimal { factor: 1.0, symbol: "B" }, "bytes"),
    unit("bits", Kind::Binary { factor: 1.0, symbol: "b" }, "bits"),
    unit("decbits", Kind::Decimal { factor: 1.0, symbol: "b" }, "bits"),
    unit("kbytes", Kind::Binary { factor: KIB, symbol: "B" }, "bytes"),
    unit("mbytes", Kind::Binary { factor: MIB, symbol: "B" }, "bytes"),
    unit("gbytes", Kind::Binary { factor: GIB, symbol: "B" }, "bytes"),
    unit("tbytes", Kind::Binary { factor: TIB, symbol: "B" }, "bytes"),
    unit("deckbytes", Kind::Decimal { factor: 1e3, symbol: "B" }, "bytes"),
    unit("decmbytes", Kind::Decimal { factor: 1e6, symbol: "B" }, "bytes"),
    unit("decgbytes", Kind::Decimal { factor: 1e9, symbol: "B" }, "bytes"),
    unit("dectbytes", Kind::Decimal { factor: 1e12, symbol: "B" }, "bytes"),
    unit("Bps", Kind::Decimal { factor: 1.0, symbol: "B/s" }, "bytes per second"),
    unit("binBps", Kind::Binary { factor: 1.0, symbol: "B/s" }, "bytes per second"),
    unit("bps", Kind::Decimal { factor: 1.0, symbol: "b/s" }, "bits per second"),
    unit("binbps", Kind::Binary { factor: 1.0, symbol: "b/s" }, "bits per second"),
    unit("KBs", Kind::Decimal { factor: 1e3, symbol: "B/s" }, "bytes per second"),
    unit("MBs", Kind::Decimal { factor: 1e6, symbol: "B/s" }, "bytes per second"),
    unit("GBs", Kind::Decimal { factor: 1e9, symbol: "B/s" }, "bytes per second"),
    unit("KiBs", Kind::Binary { factor: KIB, symbol: "B/s" }, "bytes per second"),
    unit("MiBs", Kind::Binary { factor: MIB, symbol: "B/s" }, "bytes per second"),
    unit("GiBs", Kind::Binary { factor: GIB, symbol: "B/s" }, "bytes per second"),
    unit("Kbits", Kind::Decimal { factor: 1e3, symbol: "b/s" }, "bits per second"),
    unit("Mbits", Kind::Decimal { factor: 1e6, symbol: "b/s" }, "bits per second"),
    unit("Gbits", Kind::Decimal { factor: 1e9, symbol: "b/s" }, "bits per second"),
    unit("pps", Kind::Count("p/s"), "packets per second"),
    unit("cps", Kind::Count("/s"), "counts per second"),
    unit("ops", Kind::Count("ops/s"), "operations per second"),
    unit("reqps", Kind::Count("/s"), "requests per second"),
    unit("rps", Kind::Count("rd/s"), "reads per second"),
    unit("wps", Kind::Count("wr/s"), "writes per second"),
    unit("iops", Kind::Count("io/s"), "input and output operations per second"),
    unit("eps", Kind::Count("ev/s"), "events per second"),
    unit("mps", Kind::Count("msg/s"), "messages per second"),
    unit("recps", Kind::Count("rec/s"), "records per second"),
    unit("rowsps", Kind::Count("rows/s"), "rows per second"),
    unit("cpm", Kind::Count("/min"), "counts per minute"),
    unit("opm", Kind::Count("ops/min"), "operations per minute"),
    unit("reqpm", Kind::Count("/min"), "requests per minute"),
    unit("rpm", Kind::Count("rd/min"), "reads per minute"),
    unit("wpm", Kind::Count("wr/min"), "writes per minute"),
    unit("epm", Kind::Count("ev/min"), "events per minute"),
    unit("hertz", Kind::Si { factor: 1.0, symbol: "Hz" }, "hertz"),
    unit("mhertz", Kind::Si { factor: 1e6, symbol: "Hz" }, "hertz"),
    unit("rothz", Kind::Si { factor: 1.0, symbol: "Hz" }, "rotations per second"),
    unit("watt", Kind::Si { factor: 1.0, symbol: "W" }, "watts"),
    unit("kwatt", Kind::Si { factor: 1e3, symbol: "W" }, "watts"),
    unit("watth", Kind::Si { factor: 1.0, symbol: "Wh" }, "watt-hours"),
    unit("kwatth", Kind::Si { factor: 1e3, symbol: "Wh" }, "watt-hours"),
    unit("joule", Kind::Si { factor: 1.0, symbol: "J" }, "joules"),
    unit("volt", Kind::Si { factor: 1.0, symbol: "V" }, "volts"),
    unit("amp", Kind::Si { factor: 1.0, symbol: "A" }, "amperes"),
    unit("ohm", Kind::Si { factor: 1.0, symbol: "Ω" }, "ohms"),
    unit("lengthm", Kind::Si { factor: 1.0, symbol: "m" }, "metres"),
    unit("massg", Kind::Si { factor: 1.0, symbol: "g" }, "grams"),
    unit("celsius", Kind::Plain("°C"), "degrees Celsius"),
    unit("fahrenheit", Kind::Plain("°F"), "degrees Fahrenheit"),
    unit("kelvin", Kind::Plain("K"), "kelvin"),
    unit("degree", Kind::Plain("°"), "degrees"),
    unit("ppm", Kind::Plain("ppm"), "parts per million"),
    unit("currencyUSD", Kind::Currency("$"), "US dollars"),
    unit("currencyEUR", Kind::Currency("€"), "euros"),
    unit("currencyGBP", Kind::Currency("£"), "pounds"),
    unit("currencyJPY", Kind::Currency("¥"), "yen"),
    unit("currencyINR", Kind::Currency("₹"), "rupees"),
    unit("currencyRUB", Kind::Currency("₽"), "roubles"),
    unit("currencyCHF", Kind::Currency("CHF "), "Swiss francs"),
    unit("currencyBTC", Kind::Currency("฿"), "bitcoins"),
];

/// What an id means once read; ids with an argument (`suffix:widgets`) carry it.
enum Meaning<'a> {
    Known(Kind),
    Suffix(&'a str),
    Prefix(&'a str),
    SiSymbol(&'a str),
    CountOf(&'a str),
}

fn meaning_of(id: &str) -> Meaning<'_> {
    if let Some(unit) = CATALOGUE.iter().find(|unit| unit.id == id) {
        return Meaning::Known(unit.kind);
    }
    match id.split_once(':') {
        Some(("suffix", text)) => Meaning::Suffix(text),
        Some(("prefix" | "currency", text)) => Meaning::Prefix(text),
        Some(("si", text)) => Meaning::SiSymbol(text),
        Some(("count", text)) => Meaning::CountOf(text),
        _ => Meaning::Suffix(id),
    }
}

/// Three significant digits, or `decimals` if given, under the prefix that suits the value.
///
/// NaN is `NaN`, infinities are `∞`. Percentages between 99 and 100 keep as many digits as tell them from 100.
pub fn format(unit: &str, value: f64, decimals: Option<u32>) -> Formatted {
    if !value.is_finite() {
        return not_finite(unit, value);
    }
    match meaning_of(unit) {
        Meaning::Known(Kind::Bool(zero, other)) => word(if value == 0.0 { zero } else { other }),
        Meaning::Known(Kind::Scientific) => word(&scientific(value, decimals.unwrap_or(2))),
        Meaning::Known(Kind::Hex) => word(&hex(value)),
        Meaning::Known(Kind::Parts { secs }) => word(&parts(value * secs)),
        Meaning::Known(Kind::Clock { secs }) => word(&clock(value * secs)),
        meaning => {
            let scaling = scaling_of(&meaning, value, decimals);
            let scaled = value / scaling.divisor;
            let number = match decimals {
                Some(decimals) => grouped(scaled, decimals),
                None if matches!(meaning, Meaning::Known(Kind::Percent { .. })) => percent_digits(scaled),
                None => three_digits(scaled),
            };
            scaling.with(number)
        }
    }
}

/// Every digit that the value has, under no prefix, for hovering and exports.
pub fn format_full(unit: &str, value: f64) -> Formatted {
    if !value.is_finite() {
        return not_finite(unit, value);
    }
    let meaning = meaning_of(unit);
    match meaning {
        Meaning::Known(Kind::Bool(zero, other)) => word(if value == 0.0 { zero } else { other }),
        Meaning::Known(Kind::Hex) => word(&hex(value)),
        Meaning::Known(Kind::Scientific) => word(&shortest(value)),
        Meaning::Known(Kind::Parts { secs } | Kind::Clock { secs }) => seconds().with(shortest_product(value, secs)),
        _ => {
            let scaling = base_scaling(&meaning);
            // Dividing by 1/100 and the like would add digits that nobody measured.
            let number = if scaling.divisor < 1.0 {
                shortest_product(value, (1.0 / scaling.divisor).round())
            } else {
                shortest(value / scaling.divisor)
            };
            scaling.with(number)
        }
    }
}

/// The scale that suits an axis whose largest absolute value is `largest`.
pub fn scaling_for(unit: &str, largest: f64) -> Scaling {
    let largest = if largest.is_finite() { largest } else { 0.0 };
    match meaning_of(unit) {
        Meaning::Known(Kind::Parts { secs } | Kind::Clock { secs }) => {
            scaling_of(&Meaning::Known(Kind::Time { secs }), largest, None)
        }
        meaning => scaling_of(&meaning, largest, None),
    }
}

/// A value under an axis' scale, with exactly so many decimals.
pub fn format_scaled(value: f64, scaling: &Scaling, decimals: u32) -> Formatted {
    scaling.with(grouped(value / scaling.divisor, decimals))
}

/// The unit in words, for a panel's header: `requests per second`. Empty for a plain number.
pub fn title(unit: &str) -> String {
    if let Some(unit) = CATALOGUE.iter().find(|entry| entry.id == unit) {
        return unit.title.to_owned();
    }
    match meaning_of(unit) {
        Meaning::Suffix(text) | Meaning::Prefix(text) | Meaning::SiSymbol(text) | Meaning::CountOf(text) => {
            text.trim().to_owned()
        }
        Meaning::Known(_) => String::new(),
    }
}

/// In which steps an axis of this unit has its ticks.
pub fn steps(unit: &str) -> Steps {
    match meaning_of(unit) {
        Meaning::Known(Kind::Binary { factor, .. }) if factor > 0.0 => Steps::Binary,
        Meaning::Known(Kind::Time { secs } | Kind::Parts { secs } | Kind::Clock { secs }) => Steps::Time { secs },
        _ => Steps::Decimal,
    }
}

/// The largest value that the unit can have by its meaning: 100 for percentages.
pub fn natural_maximum(unit: &str) -> Option<f64> {
    match meaning_of(unit) {
        Meaning::Known(Kind::Percent { factor }) => Some(100.0 / factor),
        Meaning::Known(Kind::Bool(..)) => Some(1.0),
        _ => None,
    }
}

impl Scaling {
    fn with(&self, number: String) -> Formatted {
        let Self { divisor: _, prefix, suffix, is_suffix_attached } = self;
        Formatted { prefix: prefix.clone(), number, suffix: suffix.clone(), is_suffix_attached: *is_suffix_attached }
    }

    fn new(divisor: f64, suffix: impl Into<String>) -> Self {
        Self { divisor, prefix: String::new(), suffix: suffix.into(), is_suffix_attached: false }
    }
}

impl fmt::Display for Formatted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { prefix, number, suffix, is_suffix_attached } = self;
        let space = if suffix.is_empty() || *is_suffix_attached { "" } else { " " };
        // A minus stands before the currency.
        match number.strip_prefix('−').filter(|_| !prefix.is_empty()) {
            Some(digits) => write!(f, "−{prefix}{digits}{space}{suffix}"),
            None => write!(f, "{prefix}{number}{space}{suffix}"),
        }
    }
}

fn word(text: &str) -> Formatted {
    Formatted { number: text.to_owned(), ..Formatted::default() }
}

fn seconds() -> Scaling {
    Scaling::new(1.0, "s")
}

fn not_finite(unit: &str, value: f64) -> Formatted {
    if value.is_nan() {
        return word("NaN");
    }
    let number = if value > 0.0 { "∞" } else { "−∞" }.to_owned();
    match meaning_of(unit) {
        Meaning::Known(Kind::Bool(..) | Kind::Scientific | Kind::Hex) => word(&number),
        Meaning::Known(Kind::Parts { .. } | Kind::Clock { .. }) => seconds().with(number),
        meaning => base_scaling(&meaning).with(number),
    }
}

const THOUSANDS: [(f64, &str); 7] =
    [(1.0, ""), (1e3, "k"), (1e6, "M"), (1e9, "G"), (1e12, "T"), (1e15, "P"), (1e18, "E")];
const FRACTIONS: [(f64, &str); 5] = [(1e-12, "p"), (1e-9, "n"), (1e-6, "µ"), (1e-3, "m"), (1.0, "")];
const POWERS_OF_1024: [(f64, &str); 7] =
    [(1.0, ""), (KIB, "Ki"), (MIB, "Mi"), (GIB, "Gi"), (TIB, "Ti"), (TIB * KIB, "Pi"), (TIB * MIB, "Ei")];
const DURATIONS: [(f64, &str); 8] = [
    (1e-9, "ns"),
    (1e-6, "µs"),
    (1e-3, "ms"),
    (1.0, "s"),
    (60.0, "min"),
    (3600.0, "h"),
    (86_400.0, "d"),
    (365.25 * 86_400.0, "y"),
];

/// The largest step that the value reaches, once rounded to what will be shown: 999.9 is `1 k`, not `1000`.
fn step_for(
    steps: &'static [(f64, &'static str)],
    value: f64,
    decimals: Option<u32>,
    smallest: f64,
) -> (f64, &'static str) {
    let magnitude = value.abs();
    let mut chosen = None;
    for (at, (size, name)) in steps.iter().enumerate().filter(|(_, (size, _))| *size >= smallest) {
        let below = at.checked_sub(1).and_then(|below| steps.get(below)).filter(|(below, _)| *below >= smallest);
        let reaches = match below {
            None => true,
            Some((below, _)) => rounded(magnitude / below, decimals) * below >= *size * (1.0 - 1e-12),
        };
        if reaches {
            chosen = Some((*size, *name));
        }
    }
    chosen.unwrap_or((1.0, ""))
}

/// The number as it will be shown.
fn rounded(value: f64, decimals: Option<u32>) -> f64 {
    let decimals = decimals.unwrap_or_else(|| decimals_for_three(value));
    let power = 10_f64.powi(decimals.min(20) as i32);
    (value * power).round() / power
}

fn scaling_of(meaning: &Meaning<'_>, value: f64, decimals: Option<u32>) -> Scaling {
    let spaced = |prefix: &str, word: &str| match (prefix, word) {
        ("", word) => word.to_owned(),
        (prefix, "") => prefix.to_owned(),
        (prefix, word) if word.starts_with('/') => format!("{prefix}{word}"),
        (prefix, word) => format!("{prefix} {word}"),
    };
    match meaning {
        Meaning::Known(Kind::Count(word)) | Meaning::CountOf(word) => {
            let (divisor, prefix) = step_for(&THOUSANDS, value, decimals, 1.0);
            Scaling::new(divisor, spaced(prefix, word))
        }
        Meaning::Known(Kind::Decimal { factor, symbol }) => {
            let (divisor, prefix) = step_for(&THOUSANDS, value * factor, decimals, 1.0);
            Scaling::new(divisor / factor, format!("{prefix}{symbol}"))
        }
        Meaning::Known(Kind::Binary { factor, symbol }) => {
            let (divisor, prefix) = step_for(&POWERS_OF_1024, value * factor, decimals, 1.0);
            Scaling::new(divisor / factor, format!("{prefix}{symbol}"))
        }
        Meaning::Known(Kind::Si { factor, symbol }) => si(value, *factor, symbol, decimals),
        Meaning::SiSymbol(symbol) => si(value, 1.0, symbol, decimals),
        Meaning::Known(Kind::Currency(sign)) => {
            let (divisor, prefix) = step_for(&THOUSANDS, value, decimals, 1.0);
            Scaling { prefix: (*sign).to_owned(), ..Scaling::new(divisor, prefix) }
        }
        Meaning::Known(Kind::Time { secs }) if value != 0.0 => {
            let (size, name) = step_for(&DURATIONS, value * secs, decimals, 0.0);
            // Years only when there are several: 400 days are days.
            let (size, name) =
                if name == "y" && value.abs() * secs < 2.0 * size { (86_400.0, "d") } else { (size, name) };
            Scaling::new(size / secs, name)
        }
        other => base_scaling(other),
    }
}

fn si(value: f64, factor: f64, symbol: &str, decimals: Option<u32>) -> Scaling {
    let scaled = value * factor;
    let (divisor, prefix) = if scaled == 0.0 || rounded(scaled.abs(), decimals) >= 1.0 {
        step_for(&THOUSANDS, scaled, decimals, 1.0)
    } else {
        step_for(&FRACTIONS, scaled, decimals, 0.0)
    };
    Scaling::new(divisor / factor, format!("{prefix}{symbol}"))
}

/// The unit itself, without a prefix.
fn base_scaling(meaning: &Meaning<'_>) -> Scaling {
    match meaning {
        Meaning::Known(kind) => match *kind {
            Kind::Plain(text) => Scaling { is_suffix_attached: text == "°", ..Scaling::new(1.0, text) },
            Kind::Count(text) => Scaling::new(1.0, text),
            Kind::Percent { factor } => Scaling { is_suffix_attached: true, ..Scaling::new(1.0 / factor, "%") },
            Kind::Si { factor, symbol } | Kind::Decimal { factor, symbol } | Kind::Binary { factor, symbol } => {
                Scaling::new(1.0 / factor, symbol)
            }
            Kind::Time { secs } => {
                let own = DURATIONS.iter().find(|(size, _)| (size - secs).abs() <= size * 1e-9);
                own.map_or_else(|| Scaling::new(1.0 / secs, "s"), |(_, name)| Scaling::new(1.0, *name))
            }
            Kind::Currency(sign) => Scaling { prefix: sign.to_owned(), ..Scaling::new(1.0, "") },
            Kind::Parts { .. } | Kind::Clock { .. } | Kind::Scientific | Kind::Hex | Kind::Bool(..) => {
                Scaling::new(1.0, "")
            }
        },
        Meaning::Suffix(text) | Meaning::CountOf(text) | Meaning::SiSymbol(text) => Scaling::new(1.0, *text),
        Meaning::Prefix(text) => Scaling { prefix: (*text).to_owned(), ..Scaling::new(1.0, "") },
    }
}

/// How many decimals show three significant digits.
fn decimals_for_three(value: f64) -> u32 {
    let magnitude = value.abs();
    if magnitude == 0.0 || !magnitude.is_finite() {
        return 0;
    }
    let exponent = magnitude.log10().floor();
    (2.0 - exponent).clamp(0.0, 20.0) as u32
}

/// Three significant digits, no trailing zeros; whole numbers keep all their digits up to 10¹⁵.
fn three_digits(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-4..1e15).contains(&magnitude) {
        return scientific(value, 2);
    }
    trimmed(grouped(value, decimals_for_three(value)))
}

/// As [`three_digits`], except that 99.94 is not shown as 99.9, nor 99.996 as 100: near the top, what is missing to 100
/// is the information.
fn percent_digits(value: f64) -> String {
    let missing = 100.0 - value;
    if missing > 0.0 && missing < 1.0 && missing > 1e-6 {
        let decimals = (1.0 - missing.log10().floor()).clamp(0.0, 7.0) as u32;
        return trimmed(grouped(value, decimals));
    }
    three_digits(value)
}

/// Fixed decimals with the whole part in groups of three, and a real minus.
fn grouped(value: f64, decimals: u32) -> String {
    let text = number::fixed(value, decimals);
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let is_zero = !text.bytes().any(|b| (b'1'..=b'9').contains(&b));
    let mut out = String::with_capacity(text.len() + text.len() / 3 + 3);
    if value < 0.0 && !is_zero {
        out.push('−');
    }
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

fn trimmed(mut text: String) -> String {
    if text.contains('.') {
        let kept = text.trim_end_matches('0').trim_end_matches('.').len();
        text.truncate(kept);
    }
    text
}

fn scientific(value: f64, decimals: u32) -> String {
    let text = format!("{:.*e}", decimals.min(20) as usize, value);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    format!("{}e{exponent}", trimmed(mantissa.to_owned())).replace('-', "−")
}

/// The shortest decimal text that is this number.
fn shortest(value: f64) -> String {
    let text =
        if value != 0.0 && !(1e-7..1e21).contains(&value.abs()) { format!("{value:e}") } else { value.to_string() };
    text.replace('-', "−")
}

/// The shortest decimal text of a product whose last bits are noise: fifteen digits are what an `f64` holds.
fn shortest_product(value: f64, factor: f64) -> String {
    let product = value * factor;
    let digits = number::parse(&format!("{product:.14e}")).unwrap_or(product);
    shortest(digits)
}

fn hex(value: f64) -> String {
    let sign = if value < 0.0 { "−" } else { "" };
    format!("{sign}0x{:x}", value.abs().round() as u64)
}

/// The two largest parts of a duration: `1 d 4 h`, `3 min 20 s`, `1.5 s`.
fn parts(secs: f64) -> String {
    let sign = if secs < 0.0 { "−" } else { "" };
    let magnitude = secs.abs();
    if magnitude < 60.0 {
        return format("s", secs, None).to_string();
    }
    let sizes = [(86_400_u64, "d"), (3600, "h"), (60, "min"), (1, "s")];
    for (at, (size, name)) in sizes.iter().enumerate() {
        let Some((next_size, next_name)) = sizes.get(at + 1) else { break };
        // Rounded to the smaller part first, so that 59.9 of them do not stay beside a whole larger one.
        let small = (magnitude / *next_size as f64).round() as u64;
        let (large, rest) = (small * next_size / size, small * next_size % size / next_size);
        if large > 0 {
            let rest = if rest > 0 { format!(" {rest} {next_name}") } else { String::new() };
            return format!("{sign}{}{name_gap}{name}{rest}", grouped(large as f64, 0), name_gap = " ");
        }
    }
    format!("{sign}{} s", grouped(magnitude, 0))
}

/// `01:30:00`.
fn clock(secs: f64) -> String {
    let sign = if secs < 0.0 { "−" } else { "" };
    let whole = secs.abs().round() as u64;
    format!("{sign}{:02}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_and_a_suitable_prefix() {
        let check = |unit: &str, value: f64, expect: &str| {
            assert_eq!(format(unit, value, None).to_string(), expect, "{unit} {value}");
        };
        check("none", 0.0, "0");
        check("none", 1284.0, "1,284");
        check("none", 1284.7, "1,285");
        check("none", 418.0, "418");
        check("none", 94.16, "94.2");
        check("none", 1.238, "1.24");
        check("none", 0.012_38, "0.0124");
        check("none", 0.000_001_2, "1.2e−6");
        check("none", 2.5e16, "2.5e16");
        check("none", -3.218, "−3.22");
        check("none", -0.0, "0");
        check("short", 999.4, "999");
        check("short", 999.9, "1 k");
        check("short", 2400.0, "2.4 k");
        check("short", 1_284_000.0, "1.28 M");
        check("short", 999_999.0, "1 M");
        check("short", -12_345.0, "−12.3 k");
        check("percent", 99.94, "99.94%");
        check("percent", 99.996, "99.996%");
        check("percent", 99.5, "99.5%");
        check("percent", 98.765, "98.8%");
        check("percent", 100.0, "100%");
        check("percent", 1.238, "1.24%");
        check("percentunit", 0.6666, "66.7%");
        check("percentunit", 1.0, "100%");
        check("s", 1.62, "1.62 s");
        check("s", 0.182, "182 ms");
        check("s", 0.000_5, "500 µs");
        check("s", 0.0, "0 s");
        check("s", 59.99, "1 min");
        check("s", 90.0, "1.5 min");
        check("s", 5400.0, "1.5 h");
        check("s", 200_000.0, "2.31 d");
        check("s", 400.0 * 86_400.0, "400 d");
        check("ms", 14.1, "14.1 ms");
        check("ms", 2310.0, "2.31 s");
        check("ms", 0.0, "0 ms");
        check("µs", 1500.0, "1.5 ms");
        check("ns", 12.0, "12 ns");
        check("m", 90.0, "1.5 h");
        check("h", 0.5, "30 min");
        check("d", 30.0, "30 d");
        check("dtdurations", 100_800.0, "1 d 4 h");
        check("dtdurations", 200.0, "3 min 20 s");
        check("dtdurations", 7199.9, "2 h");
        check("dtdurations", 12.5, "12.5 s");
        check("dthms", 5400.0, "01:30:00");
        check("bytes", 512.0, "512 B");
        check("bytes", 1023.9, "1 KiB");
        check("bytes", 1536.0, "1.5 KiB");
        check("bytes", 8.0 * 1024.0 * 1024.0 * 1024.0, "8 GiB");
        check("decbytes", 1536.0, "1.54 kB");
        check("bits", 2048.0, "2 Kib");
        check("kbytes", 2.0, "2 KiB");
        check("mbytes", 1536.0, "1.5 GiB");
        check("Bps", 1_500_000.0, "1.5 MB/s");
        check("binBps", 1_572_864.0, "1.5 MiB/s");
        check("bps", 2e9, "2 Gb/s");
        check("KBs", 1500.0, "1.5 MB/s");
        check("reqps", 291.3, "291 /s");
        check("reqps", 2400.0, "2.4 k/s");
        check("ops", 2400.0, "2.4 k ops/s");
        check("rps", 5.0, "5 rd/s");
        check("hertz", 2.4e9, "2.4 GHz");
        check("volt", 0.05, "50 mV");
        check("celsius", 21.5, "21.5 °C");
        check("currencyUSD", 1234.0, "$1.23 k");
        check("currencyUSD", -5.0, "−$5");
        check("locale", 1_234_567.0, "1,234,567");
        check("sci", 1_234_567.0, "1.23e6");
        check("hex", 255.0, "0xff");
        check("bool", 1.0, "true");
        check("bool_yes_no", 0.0, "no");
        check("widgets", 3.0, "3 widgets");
        check("suffix:pods", 3.0, "3 pods");
        check("prefix:#", 3.0, "#3");
        check("si:Pa", 2500.0, "2.5 kPa");
        check("count:agents", 2500.0, "2.5 k agents");
        check("", 5.0, "5");
    }

    #[test]
    fn given_decimals_are_kept() {
        let check = |unit: &str, value: f64, decimals: u32, expect: &str| {
            assert_eq!(format(unit, value, Some(decimals)).to_string(), expect);
        };
        check("percent", 99.94, 2, "99.94%");
        check("percent", 99.999, 2, "100.00%");
        check("none", 1284.567, 1, "1,284.6");
        check("short", 999.96, 1, "1.0 k");
        check("s", 0.1826, 0, "183 ms");
        check("none", -0.001, 1, "0.0");
        check("bytes", 1536.0, 0, "2 KiB");
    }

    #[test]
    fn what_is_not_a_number_says_so() {
        let check = |unit: &str, value: f64, expect: &str| {
            assert_eq!(format(unit, value, None).to_string(), expect);
            assert_eq!(format_full(unit, value).to_string(), expect);
        };
        check("s", f64::NAN, "NaN");
        check("s", f64::INFINITY, "∞ s");
        check("percent", f64::NEG_INFINITY, "−∞%");
        check("bytes", f64::INFINITY, "∞ B");
    }

    #[test]
    fn full_precision_in_the_base_unit() {
        let check = |unit: &str, value: f64, expect: &str| {
            assert_eq!(format_full(unit, value).to_string(), expect, "{unit}");
        };
        check("s", 0.182_345_678_9, "0.1823456789 s");
        check("percentunit", 0.29, "29%");
        check("percentunit", 0.123_456_789, "12.3456789%");
        check("bytes", 123_456_789.0, "123456789 B");
        check("reqps", 291.333_333, "291.333333 /s");
        check("none", 1e-9, "1e−9");
        check("dtdurations", 3661.5, "3661.5 s");
        check("mbytes", 1.5, "1572864 B");
    }

    #[test]
    fn an_axis_has_one_scale() {
        let check = |unit: &str, largest: f64, value: f64, decimals: u32, expect: &str| {
            let scaling = scaling_for(unit, largest);
            assert_eq!(format_scaled(value, &scaling, decimals).to_string(), expect, "{unit} {value}");
        };
        check("s", 0.25, 0.1, 0, "100 ms");
        check("s", 0.25, 0.0, 0, "0 ms");
        check("short", 2400.0, 500.0, 1, "0.5 k");
        check("bytes", 3.0 * GIB, GIB / 2.0, 1, "0.5 GiB");
        check("percentunit", 1.0, 0.5, 0, "50%");
        check("dtdurations", 7200.0, 3600.0, 0, "1 h");
        check("none", 600.0, 200.0, 0, "200");
    }

    #[test]
    fn titles_are_words() {
        let check = |unit: &str, expect: &str| assert_eq!(title(unit), expect);
        check("reqps", "requests per second");
        check("s", "seconds");
        check("short", "");
        check("suffix:pods", "pods");
        check("widgets", "widgets");
    }

    #[test]
    fn ids_are_unique() {
        let mut ids: Vec<_> = CATALOGUE.iter().map(|unit| unit.id).collect();
        ids.sort_unstable();
        let count = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }
}
