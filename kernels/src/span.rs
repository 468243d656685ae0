//! One span as Jaeger's two APIs write it: what a row of a timeline shows, found in one pass over the span's bytes.
//!
//! Invariant: keys may come in any order and be missing; what has another type than it should counts as missing. Nothing is
//! copied: names are places in the buffer. Tags are passed over, but for the few that say something about the row.
//!
//! What is written exactly as Jaeger writes it takes the short way ([`plain`]), which finds the same.

mod plain;

use crate::json::{Place, Reader, Stop, closed, is_same};

pub const ERROR: u16 = 1;
pub const WARNINGS: u16 = 1 << 1;
pub const EVENTS: u16 = 1 << 2;
pub const LINKS: u16 = 1 << 3;
/// It follows from its parent ([`Span::parent_id`]), which did not wait for it.
pub const FOLLOWS: u16 = 1 << 9;

/// Upper and lower half.
pub type Id = [u64; 2];

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Span {
    /// Behind its last byte.
    pub end: usize,
    /// The digits of its trace's id, as they stand there.
    pub trace_id: Place,
    pub span_id: u64,
    /// 0: none.
    pub parent_id: u64,
    /// Others that can be the parent where that one is not in the trace.
    pub other_parents: Vec<u64>,
    /// In the unit of the dialect.
    pub start: i64,
    /// A duration in the old dialect, an end in the new one.
    pub length_or_end: i64,
    /// The inside of the quotes.
    pub name: Place,
    /// The key of the process, inside its quotes.
    pub process_id: Place,
    /// The process itself, where it is in the span.
    pub process: Place,
    /// OpenTelemetry's numbers, 0 to 5.
    pub kind: u8,
    /// [`ERROR`] and its kin.
    pub flags: u16,
}

/// An id of hexadecimal digits, of Base64 as Protobuf's JSON has it, or else a number made from the text.
pub fn id(text: &[u8]) -> Id {
    if let Some(id) = hex(text) {
        return id;
    }
    if let Some(id) = base64(text) {
        return id;
    }
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in text {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    if text.is_empty() { [0, 0] } else { [0, hash] }
}

const NO_DIGIT: u8 = 0xff;

/// What each byte is worth as a digit of Base64, in either of its alphabets.
const BASE64_DIGITS: [u8; 256] = digits(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
);

#[expect(clippy::indexing_slicing, reason = "a const fn has no `get_mut`; a wrong index would not compile")]
const fn digits(alphabet: &[u8], other: &[u8]) -> [u8; 256] {
    let mut table = [NO_DIGIT; 256];
    let mut value = 0;
    while value < alphabet.len() {
        table[alphabet[value] as usize] = value as u8;
        table[other[value] as usize] = value as u8;
        value += 1;
    }
    table
}

fn digit(table: &[u8; 256], byte: u8) -> u8 {
    table.get(usize::from(byte)).copied().unwrap_or(NO_DIGIT)
}

/// Eight hexadecimal digits, the first in the lowest byte; `None` if one of them is none.
fn eight_digits(word: u64) -> Option<u64> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = ONES << 7;
    // The top bit of each byte that is at least so much; no byte carries into the next, as none has its top bit.
    let is_from = |word: u64, least: u64| word.wrapping_add(ONES * (0x80 - least));
    let small = word | (ONES << 5);
    let is_digit = is_from(word, 0x30) & !is_from(word, 0x3a);
    let is_letter = is_from(small, 0x61) & !is_from(small, 0x67);
    if word & HIGH != 0 || (is_digit | is_letter) & HIGH != HIGH {
        return None;
    }
    let nibbles = (word & (ONES * 0xf)) + ((word >> 6) & ONES) * 9;
    let mut value = nibbles.swap_bytes();
    value = (value | (value >> 4)) & 0x00ff_00ff_00ff_00ff;
    value = (value | (value >> 8)) & 0x0000_ffff_0000_ffff;
    Some((value | (value >> 16)) & 0xffff_ffff)
}

fn half(digits: &[u8]) -> Option<u64> {
    if let ([upper, lower], []) = digits.as_chunks::<8>() {
        return Some(eight_digits(u64::from_le_bytes(*upper))? << 32 | eight_digits(u64::from_le_bytes(*lower))?);
    }
    digits.iter().try_fold(0_u64, |value, byte| Some(value << 4 | u64::from(char::from(*byte).to_digit(16)?)))
}

fn hex(text: &[u8]) -> Option<Id> {
    if text.len() > 32 || text.is_empty() {
        return None;
    }
    let (high, low) = text.split_at(text.len().saturating_sub(16));
    Some([half(high)?, half(low)?])
}

fn base64(text: &[u8]) -> Option<Id> {
    let digits = text.trim_ascii_end().strip_suffix(b"==").or_else(|| text.strip_suffix(b"=")).unwrap_or(text);
    if digits.len() != 11 && digits.len() != 22 {
        return None;
    }
    let (mut value, mut seen) = (0_u128, 0);
    for byte in digits {
        let digit = digit(&BASE64_DIGITS, *byte);
        seen |= digit;
        value = (value << 6) | u128::from(digit & 0x3f);
    }
    // 66 or 132 bits hold 64 or 128: the last digit's lower bits are padding. Of the longer one the first digit has lost none.
    let value = if digits.len() == 11 { value >> 2 } else { base64_long(digits) };
    (seen < 64).then_some([(value >> 64) as u64, value as u64])
}

/// 22 digits are 132 bits, four more than fit: all but the last digit, and the upper two bits of that.
fn base64_long(digits: &[u8]) -> u128 {
    let (last, all) = digits.split_last().map_or((0, digits), |(last, all)| (digit(&BASE64_DIGITS, *last), all));
    let value = all.iter().fold(0_u128, |value, byte| (value << 6) | u128::from(digit(&BASE64_DIGITS, *byte) & 0x3f));
    (value << 2) | u128::from((last >> 4) & 3)
}

/// Whether two spellings of an id mean the same.
fn is_same_id(one: &[u8], other: &[u8]) -> bool {
    is_same(one, other) || id(one) == id(other)
}

/// A span of `/api/traces`, whose brace stands at `at`. Times are microseconds.
pub fn legacy(bytes: &[u8], at: usize) -> Result<Span, Stop> {
    plain::legacy(bytes, at).map_or_else(|| any_legacy(bytes, at), Ok)
}

/// The long way, which takes a span however it is written.
fn any_legacy(bytes: &[u8], at: usize) -> Result<Span, Stop> {
    let mut reader = Reader::new(bytes, at);
    let mut span = Span::default();
    let mut references = None;
    let mut named_parent = (0, 0);
    reader.expect(b'{', "a span")?;
    let mut is_first = true;
    while let Some(key) = reader.key(is_first)? {
        is_first = false;
        match key {
            b"traceID" => span.trace_id = reader.text()?.unwrap_or_default(),
            b"spanID" => {
                let text = reader.text()?.unwrap_or_default();
                span.span_id = id(reader.slice(text))[1];
            }
            b"parentSpanID" => named_parent = reader.text()?.unwrap_or_default(),
            b"operationName" => span.name = reader.text()?.unwrap_or_default(),
            // The id that they are compared with usually stands before them.
            b"references" if span.trace_id != (0, 0) => legacy_references(&mut reader, &mut span)?,
            b"references" => references = Some(reader.value()?.0),
            b"startTime" => span.start = reader.integer()?,
            b"duration" => span.length_or_end = reader.integer()?,
            b"tags" => legacy_tags(&mut reader, &mut span)?,
            b"logs" => span.flags |= EVENTS * u16::from(passed_list_has_items(&mut reader)?),
            b"warnings" => span.flags |= WARNINGS * u16::from(passed_list_has_items(&mut reader)?),
            b"processID" => span.process_id = reader.text()?.unwrap_or_default(),
            b"process" => span.process = reader.value()?,
            _ => {
                reader.value()?;
            }
        }
    }
    span.end = reader.at;
    if let Some(from) = references {
        legacy_references(&mut Reader::new(bytes, from), &mut span)?;
    }
    if span.parent_id == 0 {
        span.parent_id = id(reader.slice(named_parent))[1];
    }
    Ok(span)
}

/// Passes over a value; whether it is an array with something in it.
fn passed_list_has_items(reader: &mut Reader<'_>) -> Result<bool, Stop> {
    if !reader.take_if(b'[')? {
        reader.value()?;
        return Ok(false);
    }
    let has_items = reader.solid()? != b']';
    reader.at = closed(reader.bytes, reader.at, 1).ok_or(Stop::More)?;
    Ok(has_items)
}

fn legacy_references(reader: &mut Reader<'_>, span: &mut Span) -> Result<(), Stop> {
    if !reader.take_if(b'[')? {
        reader.value()?;
        return Ok(());
    }
    let mut count = 0;
    while reader.item(count == 0)? {
        count += 1;
        if reader.take_if(b'{')? {
            reference(reader, span, false)?;
        } else {
            reader.value()?;
        }
    }
    if count > 1 {
        span.flags |= LINKS;
    }
    Ok(())
}

/// A reference of the old dialect or a link of the new one, whose brace is taken. `follows` is how it is meant where it does
/// not say so itself.
fn reference(reader: &mut Reader<'_>, span: &mut Span, mut follows: bool) -> Result<(), Stop> {
    let (mut trace_id, mut span_id) = ((0, 0), (0, 0));
    let mut is_first = true;
    while let Some(key) = reader.key(is_first)? {
        is_first = false;
        match key {
            b"traceID" | b"traceId" | b"trace_id" => trace_id = reader.text()?.unwrap_or_default(),
            b"spanID" | b"spanId" | b"span_id" => span_id = reader.text()?.unwrap_or_default(),
            b"refType" => {
                let kind = reader.value()?;
                follows = reader.slice(kind) == b"\"FOLLOWS_FROM\"";
            }
            // `opentracing.ref_type`, by which the servers keep what the old dialect says.
            b"attributes" => {
                let attributes = reader.value()?;
                let child_of = b"\"child_of\"";
                follows &= !reader.slice(attributes).windows(child_of.len()).any(|word| word == child_of);
            }
            _ => {
                reader.value()?;
            }
        }
    }
    let is_own = trace_id.0 == trace_id.1 || is_same_id(reader.slice(trace_id), reader.slice(span.trace_id));
    let parent_id = id(reader.slice(span_id))[1];
    if !is_own {
        span.flags |= LINKS;
    } else if span.parent_id == 0 {
        span.parent_id = parent_id;
        if follows && parent_id != 0 {
            span.flags |= FOLLOWS;
        }
    } else if parent_id != 0 {
        span.other_parents.push(parent_id);
    }
    Ok(())
}

fn legacy_tags(reader: &mut Reader<'_>, span: &mut Span) -> Result<(), Stop> {
    if !reader.take_if(b'[')? {
        reader.value()?;
        return Ok(());
    }
    let mut is_first = true;
    loop {
        reader.at = plain::tags(reader.bytes, reader.at, &mut is_first, span, plain::legacy_tag);
        if !reader.item(is_first)? {
            return Ok(());
        }
        is_first = false;
        if reader.take_if(b'{')? {
            let (key, value) = tag(reader)?;
            legacy_tag_told(span, key, reader.slice(value));
        } else {
            reader.value()?;
        }
    }
}

/// The key of a tag whose brace is taken, inside its quotes, and its value, with them.
fn tag<'a>(reader: &mut Reader<'a>) -> Result<(&'a [u8], Place), Stop> {
    let (mut name, mut value) = ((0, 0), (0, 0));
    let mut is_first = true;
    while let Some(key) = reader.key(is_first)? {
        is_first = false;
        match key {
            b"key" => name = reader.text()?.unwrap_or_default(),
            b"value" => value = reader.value()?,
            _ => {
                reader.value()?;
            }
        }
    }
    Ok((reader.slice(name), value))
}

fn legacy_tag_told(span: &mut Span, key: &[u8], value: &[u8]) {
    match (key, value) {
        (b"error", b"true" | b"\"true\"") | (b"otel.status_code", b"\"ERROR\"") => span.flags |= ERROR,
        (b"span.kind", b"\"internal\"") => span.kind = 1,
        (b"span.kind", b"\"server\"") => span.kind = 2,
        (b"span.kind", b"\"client\"") => span.kind = 3,
        (b"span.kind", b"\"producer\"") => span.kind = 4,
        (b"span.kind", b"\"consumer\"") => span.kind = 5,
        _ => {}
    }
}

/// A span of OTLP's JSON, whose brace stands at `at`. Times are nanoseconds.
pub fn otlp(bytes: &[u8], at: usize) -> Result<Span, Stop> {
    plain::otlp(bytes, at).map_or_else(|| any_otlp(bytes, at), Ok)
}

fn any_otlp(bytes: &[u8], at: usize) -> Result<Span, Stop> {
    let mut reader = Reader::new(bytes, at);
    let mut span = Span::default();
    let (mut links, mut parent) = (None, (0, 0));
    reader.expect(b'{', "a span")?;
    let mut is_first = true;
    while let Some(key) = reader.key(is_first)? {
        is_first = false;
        match key {
            b"traceId" | b"trace_id" => span.trace_id = reader.text()?.unwrap_or_default(),
            b"spanId" | b"span_id" => {
                let text = reader.text()?.unwrap_or_default();
                span.span_id = id(reader.slice(text))[1];
            }
            b"parentSpanId" | b"parent_span_id" => parent = reader.text()?.unwrap_or_default(),
            b"name" => span.name = reader.text()?.unwrap_or_default(),
            b"kind" => {
                let kind = reader.value()?;
                span.kind = kind_of(reader.slice(kind));
            }
            b"startTimeUnixNano" | b"start_time_unix_nano" => span.start = reader.integer()?,
            b"endTimeUnixNano" | b"end_time_unix_nano" => span.length_or_end = reader.integer()?,
            b"attributes" => otlp_attributes(&mut reader, &mut span)?,
            b"events" => span.flags |= EVENTS * u16::from(passed_list_has_items(&mut reader)?),
            b"links" => links = Some(reader.value()?.0),
            b"status" => status(&mut reader, &mut span)?,
            _ => {
                reader.value()?;
            }
        }
    }
    span.end = reader.at;
    span.parent_id = id(reader.slice(parent))[1];
    if let Some(from) = links {
        otlp_links(&mut Reader::new(bytes, from), &mut span)?;
    }
    Ok(span)
}

fn otlp_links(reader: &mut Reader<'_>, span: &mut Span) -> Result<(), Stop> {
    let had_parent = span.parent_id != 0;
    let mut count = 0;
    if reader.take_if(b'[')? {
        while reader.item(count == 0)? {
            count += 1;
            if reader.take_if(b'{')? {
                reference(reader, span, true)?;
            } else {
                reader.value()?;
            }
        }
    }
    // As in the old dialect, where the parent is a reference among the others.
    if count + usize::from(had_parent) > 1 {
        span.flags |= LINKS;
    }
    Ok(())
}

fn kind_of(value: &[u8]) -> u8 {
    match value {
        b"1" | b"\"SPAN_KIND_INTERNAL\"" => 1,
        b"2" | b"\"SPAN_KIND_SERVER\"" => 2,
        b"3" | b"\"SPAN_KIND_CLIENT\"" => 3,
        b"4" | b"\"SPAN_KIND_PRODUCER\"" => 4,
        b"5" | b"\"SPAN_KIND_CONSUMER\"" => 5,
        _ => 0,
    }
}

fn status(reader: &mut Reader<'_>, span: &mut Span) -> Result<(), Stop> {
    if !reader.take_if(b'{')? {
        reader.value()?;
        return Ok(());
    }
    let mut is_first = true;
    while let Some(key) = reader.key(is_first)? {
        is_first = false;
        let value = reader.value()?;
        if key == b"code" && matches!(reader.slice(value), b"2" | b"\"2\"" | b"\"STATUS_CODE_ERROR\"") {
            span.flags |= ERROR;
        }
    }
    Ok(())
}

fn otlp_attributes(reader: &mut Reader<'_>, span: &mut Span) -> Result<(), Stop> {
    if !reader.take_if(b'[')? {
        reader.value()?;
        return Ok(());
    }
    let mut is_first = true;
    loop {
        reader.at = plain::tags(reader.bytes, reader.at, &mut is_first, span, plain::otlp_attribute);
        if !reader.item(is_first)? {
            return Ok(());
        }
        is_first = false;
        if !reader.take_if(b'{')? {
            reader.value()?;
            continue;
        }
        let (key, value) = tag(reader)?;
        match key {
            b"@jaeger@warnings" => span.flags |= WARNINGS,
            b"error" => {
                let mut value = Reader::new(reader.bytes, value.0);
                if value.take_if(b'{')?
                    && value.key(true)?.is_some()
                    && let place = value.value()?
                    && matches!(value.slice(place), b"true" | b"\"true\"")
                {
                    span.flags |= ERROR;
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEGACY: &str = r#"{"traceID":"4bf92f3577b34da6a3ce929d0e0e4736","spanID":"00f067aa0ba902b8","flags":1,"operationName":"GET \"/x\"","references":[{"refType":"CHILD_OF","traceID":"4bf92f3577b34da6a3ce929d0e0e4736","spanID":"00f067aa0ba902b7"}],"startTime":1767225600001000,"duration":5000,"tags":[{"key":"span.kind","type":"string","value":"server"},{"key":"error","type":"bool","value":true},{"key":"n","type":"int64","value":200},{"key":"http.url","type":"string","value":"https://a.example/{[\"x\\]}"},{"key":"ratio","type":"float64","value":0.5},{"key":"otel.status_code","type":"string","value":"ERROR"}],"logs":[{"timestamp":1,"fields":[]}],"processID":"p1","warnings":null},"#;
    const OTLP: &str = r#"{"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"00f067aa0ba902b8","traceState":"a=1","parentSpanId":"00f067aa0ba902b7","name":"GET","kind":3,"startTimeUnixNano":"1767225600001000000","endTimeUnixNano":"1767225600006000000","attributes":[{"key":"a","value":{"stringValue":"x\"}"}},{"key":"n","value":{"intValue":"1"}},{"key":"error","value":{"boolValue":true}},{"key":"@jaeger@warnings","value":{"arrayValue":{"values":[{"stringValue":"w"}]}}},{"key":"d","value":{"doubleValue":0.5}}],"events":[{"name":"e"}],"status":{"message":"m","code":2}},"#;

    #[test]
    fn the_short_way_is_taken_and_finds_what_is_there() {
        let span = plain::legacy(LEGACY.as_bytes(), 0).expect("the old dialect's own layout");
        let Span { end, span_id, parent_id, start, length_or_end, kind, flags, .. } = span;
        assert_eq!((end, span_id, parent_id), (LEGACY.len() - 1, 0x00f0_67aa_0ba9_02b8, 0x00f0_67aa_0ba9_02b7));
        assert_eq!((start, length_or_end, kind, flags), (1_767_225_600_001_000, 5_000, 2, ERROR | EVENTS));
        let span = plain::otlp(OTLP.as_bytes(), 0).expect("the new dialect's own layout");
        let Span { end, span_id, parent_id, start, length_or_end, kind, flags, .. } = span;
        assert_eq!((end, span_id, parent_id), (OTLP.len() - 1, 0x00f0_67aa_0ba9_02b8, 0x00f0_67aa_0ba9_02b7));
        assert_eq!((start, length_or_end), (1_767_225_600_001_000_000, 1_767_225_600_006_000_000));
        assert_eq!((kind, flags), (3, ERROR | EVENTS | WARNINGS));
    }

    /// Whatever becomes of the text, where the short way finds a span the long way finds the same.
    #[test]
    fn both_ways_find_the_same() {
        let mut state = 0x9e37_79b9_u64;
        let mut below = |bound: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % bound
        };
        let (mut short_count, mut long_count) = (0, 0);
        for _ in 0..60_000 {
            let is_otlp = below(2) == 1;
            let mut text = if is_otlp { OTLP } else { LEGACY }.as_bytes().to_vec();
            for _ in 0..below(4) {
                let at = below(text.len());
                match below(4) {
                    0 => text[at] = b"\"\\{}[],:0e "[below(11)],
                    1 => drop(text.drain(at..(at + below(12)).min(text.len()))),
                    2 => text.insert(at, b"\"\\{}[],:0e "[below(11)]),
                    _ => text[at] = text[at].wrapping_add(1),
                }
            }
            let (short, long) = if is_otlp {
                (plain::otlp(&text, 0), any_otlp(&text, 0))
            } else {
                (plain::legacy(&text, 0), any_legacy(&text, 0))
            };
            long_count += u32::from(long.is_ok());
            if let Some(span) = short {
                short_count += 1;
                assert_eq!(long, Ok(span), "{}", String::from_utf8_lossy(&text));
            }
        }
        assert!(short_count > 20_000 && long_count > short_count + 2_000, "{short_count} and {long_count}");
    }

    #[test]
    fn ids_in_every_spelling() {
        let check = |text: &str, expect: Id| assert_eq!(id(text.as_bytes()), expect, "{text}");
        check("", [0, 0]);
        check("a", [0, 10]);
        check("00f067aa0ba902b7", [0, 0x00f0_67aa_0ba9_02b7]);
        check("4BF92F3577B34DA6a3ce929d0e0e4736", [0x4bf9_2f35_77b3_4da6, 0xa3ce_929d_0e0e_4736]);
        check("f92f3577b34da6a3ce929d0e0e4736", [0x00f9_2f35_77b3_4da6, 0xa3ce_929d_0e0e_4736]);
        check("S/kvNXezTaajzpKdDg5HNg==", [0x4bf9_2f35_77b3_4da6, 0xa3ce_929d_0e0e_4736]);
        check("S_kvNXezTaajzpKdDg5HNg", [0x4bf9_2f35_77b3_4da6, 0xa3ce_929d_0e0e_4736]);
        check("APBnqgupArc=", [0, 0x00f0_67aa_0ba9_02b7]);
        // What is no id is still told apart.
        for text in ["g", "00f067aa0ba902bg", "00f067aa0ba902b\u{7f}", "4bf92f35-77b3-4da6-a3ce-929d0e0e4736"] {
            assert!(id(text.as_bytes())[1] != 0 && id(text.as_bytes())[0] == 0, "{text}");
            assert_ne!(id(text.as_bytes()), id(b"another"));
        }
        for byte in 0..=255_u8 {
            let text = [b'0', b'0', b'0', b'0', b'0', b'0', b'0', byte].repeat(2);
            let digit = char::from(byte).to_digit(16);
            assert_eq!(half(&text), digit.map(|digit| u64::from(digit) << 32 | u64::from(digit)), "{byte}");
        }
    }
}
