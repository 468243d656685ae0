//! The short way: spans exactly as Jaeger writes them, key by key in its order, without white space. Each step is a comparison
//! with what should stand there.
//!
//! Invariant: `None` says nothing about a span: the long way decides what it is. What is found is what the long way finds.

use super::{ERROR, EVENTS, Span, id, legacy_tag_told, legacy_tags, otlp_attributes, status};
use crate::{
    json::{Place, Reader, closed, is_same, string_end},
    number::digits,
};

/// Whether a text stands there: by eights, of which the last may overlap the one before.
#[inline]
fn is_at<const N: usize>(bytes: &[u8], at: usize, text: &[u8; N]) -> bool {
    let Some(found) = bytes.get(at..).and_then(|rest| rest.first_chunk::<N>()) else { return false };
    let (found_eights, found_rest) = found.as_chunks::<8>();
    let (eights, rest) = text.as_chunks::<8>();
    let mut difference = 0;
    for (found, eight) in found_eights.iter().zip(eights) {
        difference |= u64::from_le_bytes(*found) ^ u64::from_le_bytes(*eight);
    }
    if let (Some(found), Some(eight)) = (found.last_chunk::<8>(), text.last_chunk::<8>()) {
        difference |= u64::from_le_bytes(*found) ^ u64::from_le_bytes(*eight);
    } else {
        for (found, byte) in found_rest.iter().zip(rest) {
            difference |= u64::from(found ^ byte);
        }
    }
    difference == 0
}

/// Behind a text, if it stands there.
#[inline]
fn behind<const N: usize>(bytes: &[u8], at: usize, text: &[u8; N]) -> Option<usize> {
    if is_at(bytes, at, text) { Some(at + N) } else { None }
}

/// The string whose first byte is there, and its closing quote.
#[inline]
fn text(bytes: &[u8], at: usize) -> Option<(Place, usize)> {
    let end = string_end(bytes, at)?;
    Some(((at, end), end))
}

/// A number without sign, of at most `count` digits, and the byte behind it.
#[inline]
fn number(bytes: &[u8], at: usize, count: usize) -> Option<(i64, usize)> {
    let (value, length) = digits(bytes.get(at..)?, 0);
    if length == 0 || length > count { None } else { Some((i64::try_from(value).ok()?, at + length)) }
}

pub(super) fn legacy(bytes: &[u8], at: usize) -> Option<Span> {
    let at = behind(bytes, at, b"{\"traceID\":\"")?;
    let (trace_id, at) = text(bytes, at)?;
    let at = behind(bytes, at, b"\",\"spanID\":\"")?;
    let (span_id, at) = text(bytes, at)?;
    // Older versions have it here.
    let at = match behind(bytes, at, b"\",\"flags\":") {
        Some(at) => behind(bytes, number(bytes, at, 18)?.1, b",\"operationName\":\"")?,
        None => behind(bytes, at, b"\",\"operationName\":\"")?,
    };
    let (name, at) = text(bytes, at)?;
    let mut at = behind(bytes, at, b"\",\"references\":[")?;
    let mut parent = (0, 0);
    if let Some(reference) = behind(bytes, at, b"{\"refType\":\"CHILD_OF\",\"traceID\":\"") {
        let (of, end) = text(bytes, reference)?;
        if !is_same(bytes.get(of.0..of.1)?, bytes.get(trace_id.0..trace_id.1)?) {
            return None;
        }
        (parent, at) = text(bytes, behind(bytes, end, b"\",\"spanID\":\"")?)?;
        at = behind(bytes, at, b"\"}")?;
    }
    let at = behind(bytes, at, b"],\"startTime\":")?;
    let (start, at) = number(bytes, at, 18)?;
    let at = behind(bytes, at, b",\"duration\":")?;
    let (duration, at) = number(bytes, at, 18)?;
    let at = behind(bytes, at, b",\"tags\":")?;
    let mut span = Span { trace_id, name, start, length_or_end: duration, ..Span::default() };
    let mut tags = Reader::new(bytes, at);
    legacy_tags(&mut tags, &mut span).ok()?;
    let mut at = behind(bytes, tags.at, b",\"logs\":[")?;
    if bytes.get(at) != Some(&b']') {
        span.flags |= EVENTS;
        at = closed(bytes, at, 1)? - 1;
    }
    let at = behind(bytes, at, b"],\"processID\":\"")?;
    let (process_id, at) = text(bytes, at)?;
    let at = behind(bytes, at, b"\",\"warnings\":null}")?;
    span.process_id = process_id;
    span.end = at;
    let half = |(from, to): Place| bytes.get(from..to).map(|text| id(text)[1]);
    span.span_id = half(span_id)?;
    span.parent_id = half(parent)?;
    Some(span)
}

pub(super) fn otlp(bytes: &[u8], at: usize) -> Option<Span> {
    let at = behind(bytes, at, b"{\"traceId\":\"")?;
    let (trace_id, at) = text(bytes, at)?;
    let at = behind(bytes, at, b"\",\"spanId\":\"")?;
    let (span_id, mut at) = text(bytes, at)?;
    if let Some(state) = behind(bytes, at, b"\",\"traceState\":\"") {
        (_, at) = text(bytes, state)?;
    }
    let mut parent = (0, 0);
    if let Some(id) = behind(bytes, at, b"\",\"parentSpanId\":\"") {
        (parent, at) = text(bytes, id)?;
    }
    let at = behind(bytes, at, b"\",\"name\":\"")?;
    let (name, at) = text(bytes, at)?;
    let at = behind(bytes, at, b"\",\"kind\":")?;
    let kind = match bytes.get(at)? {
        digit @ b'0'..=b'5' => digit - b'0',
        _ => return None,
    };
    let at = behind(bytes, at + 1, b",\"startTimeUnixNano\":\"")?;
    let (start, at) = number(bytes, at, 19)?;
    let at = behind(bytes, at, b"\",\"endTimeUnixNano\":\"")?;
    let (end, at) = number(bytes, at, 19)?;
    let mut at = behind(bytes, at, b"\"")?;
    let mut span = Span { trace_id, name, kind, start, length_or_end: end, ..Span::default() };
    if let Some(list) = behind(bytes, at, b",\"attributes\":") {
        let mut attributes = Reader::new(bytes, list);
        otlp_attributes(&mut attributes, &mut span).ok()?;
        at = attributes.at;
    }
    if let Some(list) = behind(bytes, at, b",\"events\":[") {
        span.flags |= EVENTS * u16::from(bytes.get(list) != Some(&b']'));
        at = closed(bytes, list, 1)?;
    }
    let at = behind(bytes, at, b",\"status\":")?;
    let at = if let Some(at) = behind(bytes, at, b"{}") {
        at
    } else {
        let mut reader = Reader::new(bytes, at);
        status(&mut reader, &mut span).ok()?;
        reader.at
    };
    span.end = behind(bytes, at, b"}")?;
    let half = |(from, to): Place| bytes.get(from..to).map(|text| id(text)[1]);
    span.span_id = half(span_id)?;
    span.parent_id = half(parent)?;
    Some(span)
}

/// Takes tags from the front of a list, or from behind one of its items, as long as they look as `tag` knows them; behind the
/// last one.
#[inline]
pub(super) fn tags(
    bytes: &[u8],
    from: usize,
    is_first: &mut bool,
    span: &mut Span,
    tag: impl Fn(&[u8], usize, &mut Span) -> Option<usize>,
) -> usize {
    let mut taken = from;
    loop {
        if !*is_first && bytes.get(taken) != Some(&b',') {
            return taken;
        }
        let Some(end) = tag(bytes, taken + usize::from(!*is_first), span) else { return taken };
        taken = end;
        *is_first = false;
    }
}

/// Behind a tag of the old dialect, if it is a text, a whole number or a truth, as most are. `span` changes with the last step
/// only.
#[inline]
pub(super) fn legacy_tag(bytes: &[u8], at: usize, span: &mut Span) -> Option<usize> {
    let key = behind(bytes, at, b"{\"key\":\"")?;
    let key_end = string_end(bytes, key)?;
    if let Some(value) = behind(bytes, key_end, b"\",\"type\":\"string\",\"value\":\"") {
        let value_end = string_end(bytes, value)?;
        let end = behind(bytes, value_end, b"\"}")?;
        // Of what is told as text, only these say something; most keys differ from them in their first letter.
        let says_something = match bytes.get(key)? {
            b's' => is_at(bytes, key, b"span.kind\""),
            b'o' => is_at(bytes, key, b"otel.status_code\""),
            b'e' => is_at(bytes, key, b"error\""),
            _ => false,
        };
        if says_something {
            legacy_tag_told(span, bytes.get(key..key_end)?, bytes.get(value - 1..=value_end)?);
        }
        return Some(end);
    }
    if let Some(value) = behind(bytes, key_end, b"\",\"type\":\"int64\",\"value\":") {
        return behind(bytes, value + digits(bytes.get(value..)?, 0).1, b"}");
    }
    let value = behind(bytes, key_end, b"\",\"type\":\"bool\",\"value\":")?;
    let Some(end) = behind(bytes, value, b"true}") else { return behind(bytes, value, b"false}") };
    if is_at(bytes, key, b"error\"") {
        span.flags |= ERROR;
    }
    Some(end)
}

/// The same, of OTLP's attributes.
#[inline]
pub(super) fn otlp_attribute(bytes: &[u8], at: usize, span: &mut Span) -> Option<usize> {
    let key = behind(bytes, at, b"{\"key\":\"")?;
    let key_end = string_end(bytes, key)?;
    if let Some(value) = behind(bytes, key_end, b"\",\"value\":{\"stringValue\":\"") {
        let value_end = string_end(bytes, value)?;
        let end = behind(bytes, value_end, b"\"}}")?;
        if is_at(bytes, key, b"error\"") && is_at(bytes, value, b"true\"") {
            span.flags |= ERROR;
        }
        return if is_at(bytes, key, b"@jaeger@warnings\"") { None } else { Some(end) };
    }
    if let Some(value) = behind(bytes, key_end, b"\",\"value\":{\"intValue\":\"") {
        return behind(bytes, value + digits(bytes.get(value..)?, 0).1, b"\"}}");
    }
    let value = behind(bytes, key_end, b"\",\"value\":{\"boolValue\":")?;
    let Some(end) = behind(bytes, value, b"true}}") else { return behind(bytes, value, b"false}}") };
    if is_at(bytes, key, b"error\"") {
        span.flags |= ERROR;
    }
    Some(end)
}
