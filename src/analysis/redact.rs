//! Hiding what nobody should read on a screen: passwords, tokens, keys and their like, in tags, events and texts.
//!
//! Invariant: what is hidden once is not changed again, and nothing but the value is: names, quotes and layout stay.
//!
//! Not here: secrets that nothing names. A text that is a secret by itself is shown.

mod name;
mod text;

use std::borrow::Cow;

use crate::{
    analysis::trace::words::{Part, Sentence},
    model::trace::{SpanDetail, Tag, TagValue},
};

/// What stands in the place of a secret.
pub const REDACTED: &str = "[REDACTED]";

/// Knows which names are sensitive: see `Config::redact`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Redactor {
    names: name::Names,
}

impl Redactor {
    /// Of names as an operator writes them: `password`, `api_key`. Without names only `Bearer` tokens and passwords in
    /// addresses are hidden.
    pub fn new(names: &[String]) -> Self {
        Self { names: name::Names::new(names) }
    }

    /// Whether the value under a key is hidden: the key's last words are one of the names. `api_key` and
    /// `http.request.header.authorization` are, `monkey`, `input_tokens` and `key_count` are not.
    pub fn is_sensitive(&self, key: &str) -> bool {
        self.names.is_sensitive(key)
    }

    /// A value as it may be shown.
    pub fn value<'a>(&self, key: &str, value: &'a str) -> Cow<'a, str> {
        if !value.is_empty() && self.is_sensitive(key) { Cow::Borrowed(REDACTED) } else { self.text(value) }
    }

    /// A text in which the values of sensitive names are hidden: in JSON at any depth, also as text in JSON, in
    /// `key=value`, behind `Bearer`, in `user:password@host`, in lines as HTTP's headers. O(n).
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        text::redacted(&self.names, text)
    }

    pub fn tag(&self, tag: Tag) -> Tag {
        let Tag { key, value } = tag;
        let value = match value {
            TagValue::Text(text) => TagValue::Text(self.value(&key, &text).into_owned()),
            // A flag tells nothing of a secret but that there is one.
            TagValue::Bool(flag) => TagValue::Bool(flag),
            _ if self.is_sensitive(&key) => TagValue::Text(REDACTED.to_owned()),
            other => other,
        };
        Tag { key, value }
    }

    fn tags(&self, tags: Vec<Tag>) -> Vec<Tag> {
        tags.into_iter().map(|tag| self.tag(tag)).collect()
    }

    /// A span's details as they may be shown.
    pub fn detail(&self, detail: SpanDetail) -> SpanDetail {
        let SpanDetail { tags, process_tags, events, references, warnings } = detail;
        SpanDetail {
            tags: self.tags(tags),
            process_tags: self.tags(process_tags),
            events: events
                .into_iter()
                .map(|mut event| {
                    event.fields = self.tags(event.fields);
                    event.name = self.text(&event.name).into_owned();
                    event
                })
                .collect(),
            references: references
                .into_iter()
                .map(|mut reference| {
                    reference.tags = self.tags(reference.tags);
                    reference
                })
                .collect(),
            warnings: warnings.into_iter().map(|warning| self.text(&warning).into_owned()).collect(),
        }
    }

    /// A sentence as it may be shown: what was sent is read through, our own words are not.
    pub fn sentence(&self, sentence: Sentence) -> Sentence {
        let part = |part| match part {
            Part::Code(code) => Part::Code(self.text(&code).into_owned()),
            other => other,
        };
        Sentence(sentence.0.into_iter().map(part).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::trace::SpanEvent;

    fn tag(key: &str, value: TagValue) -> Tag {
        Tag { key: key.to_owned(), value }
    }

    #[test]
    fn details_are_redacted_everywhere() {
        let redactor = Redactor::new(&["token".to_owned()]);
        let text = |text: &str| TagValue::Text(text.to_owned());
        let detail = SpanDetail {
            tags: vec![
                tag("token", text("abc")),
                tag("url", text("/x?token=abc")),
                tag("has.token", TagValue::Bool(true)),
            ],
            process_tags: vec![tag("auth_token", TagValue::Int(7)), tag("pid", TagValue::Int(7))],
            events: vec![SpanEvent {
                time_ns: 1,
                name: "sent token=abc".to_owned(),
                fields: vec![tag("message", text("{\"token\":\"abc\"}")), tag("token", text(""))],
            }],
            references: Vec::new(),
            warnings: vec!["Bearer abcdef".to_owned()],
        };
        let shown = redactor.detail(detail);
        assert_eq!(shown.tags[0].value, text(REDACTED));
        assert_eq!(shown.tags[1].value, text("/x?token=[REDACTED]"));
        assert_eq!(shown.tags[2].value, TagValue::Bool(true));
        assert_eq!((&shown.process_tags[0].value, &shown.process_tags[1].value), (&text(REDACTED), &TagValue::Int(7)));
        assert_eq!(shown.events[0].name, "sent token=[REDACTED]");
        assert_eq!(shown.events[0].fields[0].value, text("{\"token\":\"[REDACTED]\"}"));
        assert_eq!(shown.events[0].fields[1].value, text(""), "there is nothing to hide");
        assert_eq!(shown.warnings, ["Bearer [REDACTED]"]);
        assert_eq!(redactor.detail(shown.clone()), shown);
    }

    #[test]
    fn a_text_of_equal_length_is_hidden_too() {
        let redactor = Redactor::new(&["token".to_owned()]);
        let ten = Tag { key: "token".to_owned(), value: TagValue::Text("0123456789".to_owned()) };
        assert_eq!(redactor.tag(ten).value, TagValue::Text(REDACTED.to_owned()));
    }
}
