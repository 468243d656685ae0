//! Reading JSON whose keys are not all known: every key that nobody asked for is reported with its path.
//!
//! Derived `serde` structs cannot do this: they either drop what they do not know or refuse the file.

use std::cell::RefCell;

use crate::{
    api::json::{Map, Node, Value, describe},
    base::number,
    model::notice::Notice,
};

/// Where remarks are collected while one panel is read.
#[derive(Default)]
pub(super) struct Notices(RefCell<Vec<Notice>>);

impl Notices {
    pub fn push(&self, notice: Notice) {
        let mut notices = self.0.borrow_mut();
        if !notices.contains(&notice) {
            notices.push(notice);
        }
    }

    pub fn take(&self) -> Vec<Notice> {
        std::mem::take(&mut self.0.borrow_mut())
    }
}

/// The objects of a file that were read so far. They are kept here and not in the [`Reader`]s, so that those are plain
/// values to pass around.
#[derive(Default)]
pub(super) struct Objects(RefCell<Vec<Object>>);

struct Object {
    path: String,
    /// For each key of the object, in its order.
    asked: Vec<bool>,
}

/// One JSON object, its path, and the keys that were asked for.
pub(super) struct Reader<'a> {
    map: &'a Map,
    /// Which of `objects` this is.
    at: usize,
    /// Where the object stands in the file, in bytes; 0 for one that is in no list.
    begins_at: usize,
    objects: &'a Objects,
    notices: &'a Notices,
}

impl<'a> Reader<'a> {
    #[inline(never)]
    pub fn new(map: &'a Map, path: String, objects: &'a Objects, notices: &'a Notices) -> Self {
        let mut known = objects.0.borrow_mut();
        known.push(Object { path, asked: vec![false; map.pairs().len()] });
        Self { map, at: known.len() - 1, begins_at: 0, objects, notices }
    }

    /// The same object with its remarks going elsewhere.
    pub fn with_notices<'b>(&self, notices: &'b Notices) -> Reader<'b>
    where
        'a: 'b,
    {
        Reader { begins_at: self.begins_at, ..Reader::new(self.map, self.path(), self.objects, notices) }
    }

    /// Where an object of a list stands in the file, in bytes.
    pub fn begins_at(&self) -> usize {
        self.begins_at
    }

    pub fn keys(&self) -> impl Iterator<Item = &'a str> {
        self.map.pairs().iter().map(|(key, _)| key.as_str())
    }

    pub fn path(&self) -> String {
        self.objects.0.borrow().get(self.at).map(|object| object.path.clone()).unwrap_or_default()
    }

    #[inline(never)]
    pub fn path_of(&self, key: &str) -> String {
        let mut path = self.path();
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(key);
        path
    }

    /// The value, `null` being none. The key counts as asked for.
    #[inline(never)]
    pub fn value(&self, key: &str) -> Option<&'a Value> {
        let at = self.map.position(key)?;
        if let Some(asked) = self.objects.0.borrow_mut().get_mut(self.at).and_then(|object| object.asked.get_mut(at)) {
            *asked = true;
        }
        self.map.pairs().get(at).map(|(_, node)| &node.value).filter(|v| !v.is_null())
    }

    pub fn has(&self, key: &str) -> bool {
        self.map.get(key).is_some_and(|v| !v.is_null())
    }

    #[inline(never)]
    fn remark(&self, key: &str, what: &[&str], notice: fn(String) -> Notice) {
        let mut message = self.path_of(key);
        message.push_str(": ");
        for part in what {
            message.push_str(part);
        }
        self.notices.push(notice(message));
    }

    /// A remark that the value of a key changes what is shown, and cannot be had.
    pub fn warn(&self, key: &str, what: &[&str]) {
        self.remark(key, what, Notice::warning);
    }

    pub fn info(&self, key: &str, what: &[&str]) {
        self.remark(key, what, Notice::info);
    }

    #[inline(never)]
    fn wrong(&self, key: &str, wanted: &str, value: &Value) {
        self.warn(key, &["expected ", wanted, ", found ", &describe(value), "; ignored"]);
    }

    /// A text, or a number as it was written.
    #[inline(never)]
    pub fn text(&self, key: &str) -> Option<&'a str> {
        let value = self.value(key)?;
        let text = value.as_text();
        if text.is_none() {
            self.wrong(key, "text", value);
        }
        text
    }

    /// Text that is not empty.
    #[inline(never)]
    pub fn filled_text(&self, key: &str) -> Option<&'a str> {
        self.text(key).filter(|text| !text.trim().is_empty())
    }

    /// [`Reader::filled_text`], to keep.
    #[inline(never)]
    pub fn owned_text(&self, key: &str) -> Option<String> {
        self.filled_text(key).map(str::to_owned)
    }

    /// A number, also one written as text: Grafana's old forms wrote what was typed. Empty text is none.
    #[inline(never)]
    pub fn number(&self, key: &str) -> Option<f64> {
        let value = self.value(key)?;
        if let Value::Number(_) = value {
            return value.as_f64();
        }
        if let Value::String(text) = value {
            let text = text.trim();
            if matches!(text, "" | "auto") {
                return None;
            }
            if let Some(number) = number::parse(text).filter(|number| number.is_finite()) {
                return Some(number);
            }
        }
        self.wrong(key, "a number", value);
        None
    }

    /// A whole number from 0.
    #[inline(never)]
    pub fn count(&self, key: &str) -> Option<u32> {
        let number = self.number(key)?;
        if number >= 0.0 && number <= f64::from(u32::MAX) && number.fract() == 0.0 {
            return Some(number as u32);
        }
        self.warn(key, &["expected a whole number from 0, found ", &number.to_string(), "; ignored"]);
        None
    }

    #[inline(never)]
    pub fn flag(&self, key: &str) -> Option<bool> {
        let value = self.value(key)?;
        if let Value::Bool(flag) = value {
            return Some(*flag);
        }
        self.wrong(key, "true or false", value);
        None
    }

    /// Whether it is set; what is not there is off.
    #[inline(never)]
    pub fn is_on(&self, key: &str) -> bool {
        self.flag(key).unwrap_or_default()
    }

    /// Puts the number where it belongs; what is there stays where the file says none.
    #[inline(never)]
    pub fn number_into(&self, key: &str, slot: &mut Option<f64>) {
        if let Some(number) = self.number(key) {
            *slot = Some(number);
        }
    }

    #[inline(never)]
    pub fn count_into(&self, key: &str, slot: &mut Option<u32>) {
        if let Some(count) = self.count(key) {
            *slot = Some(count);
        }
    }

    /// The same for text that is not empty.
    #[inline(never)]
    pub fn text_into(&self, key: &str, slot: &mut Option<String>) {
        if let Some(text) = self.filled_text(key) {
            *slot = Some(text.to_owned());
        }
    }

    /// The same for a unit's id; `none` is none.
    #[inline(never)]
    pub fn unit_into(&self, key: &str, slot: &mut Option<String>) {
        if let Some(unit) = self.filled_text(key).filter(|unit| *unit != "none") {
            *slot = Some(unit.to_owned());
        }
    }

    #[inline(never)]
    pub fn flag_into(&self, key: &str, slot: &mut bool) {
        *slot = self.flag(key).unwrap_or(*slot);
    }

    #[inline(never)]
    pub fn object(&self, key: &str) -> Option<Self> {
        let value = self.value(key)?;
        if let Value::Object(map) = value {
            return Some(Self::new(map, self.path_of(key), self.objects, self.notices));
        }
        self.wrong(key, "an object", value);
        None
    }

    #[inline(never)]
    pub fn list(&self, key: &str) -> &'a [Node] {
        match self.value(key) {
            Some(Value::Array(items)) => return items,
            Some(other) => self.wrong(key, "a list", other),
            None => {}
        }
        &[]
    }

    /// The objects of a list; anything else in it is reported.
    #[inline(never)]
    pub fn objects(&self, key: &str) -> Vec<Self> {
        let mut readers = Vec::new();
        for (index, item) in self.list(key).iter().enumerate() {
            let key = item_key(key, index);
            match &item.value {
                Value::Object(map) => {
                    let reader = Self::new(map, self.path_of(&key), self.objects, self.notices);
                    readers.push(Self { begins_at: item.at, ..reader });
                }
                other => self.wrong(&key, "an object", other),
            }
        }
        readers
    }

    /// The texts of a list; anything else in it is reported.
    #[inline(never)]
    pub fn texts(&self, key: &str) -> Vec<&'a str> {
        let mut texts = Vec::new();
        for (index, item) in self.list(key).iter().enumerate() {
            match &item.value {
                Value::String(text) => texts.push(text.as_str()),
                other => self.wrong(&item_key(key, index), "text", other),
            }
        }
        texts
    }

    /// One of some words; others are reported.
    pub fn word<T: Copy>(&self, key: &str, words: &[(&str, T)]) -> Option<T> {
        let at = self.word_at(key, &|at| words.get(at).map(|(word, _)| *word))?;
        words.get(at).map(|(_, meaning)| *meaning)
    }

    /// Puts what a word means where it belongs; what is there stays where the file says nothing known.
    pub fn word_into<T: Copy>(&self, key: &str, words: &[(&str, T)], slot: &mut T) {
        if let Some(meaning) = self.word(key, words) {
            *slot = meaning;
        }
    }

    #[inline(never)]
    fn word_at<'w>(&self, key: &str, word: &dyn Fn(usize) -> Option<&'w str>) -> Option<usize> {
        let text = self.filled_text(key)?;
        let known: Vec<&str> = (0..).map_while(word).collect();
        let found = known.iter().position(|word| *word == text);
        if found.is_none() {
            self.info(key, &["\u{201c}", text, "\u{201d} is not supported. Known here: ", &known.join(", ")]);
        }
        found
    }

    /// Takes note of keys whose values are of no consequence here.
    #[inline(never)]
    pub fn ignore(&self, keys: &[&str]) {
        for key in keys {
            self.value(key);
        }
    }

    /// For an object that is told about as a whole.
    pub fn ignore_all(&self) {
        for key in self.keys() {
            self.value(key);
        }
    }

    /// Reports what nobody asked for, save values that ask for nothing themselves.
    #[inline(never)]
    pub fn finish(&self) {
        for (at, (key, node)) in self.map.pairs().iter().enumerate() {
            let is_asked = self.objects.0.borrow().get(self.at).and_then(|object| object.asked.get(at).copied());
            if is_asked != Some(true) && !asks_for_nothing(&node.value) {
                self.info(key, &[&describe(&node.value), " is not supported and has no effect here"]);
            }
        }
    }

    /// As [`Reader::finish`], with keys of a list that are silent at a stated value.
    pub fn finish_with_defaults(&self, defaults: &[(&str, &str)]) {
        for (key, default) in defaults {
            let is_default = match self.map.get(key) {
                Some(Value::Bool(flag)) => *default == if *flag { "true" } else { "false" },
                Some(value) => value.as_text() == Some(*default),
                None => false,
            };
            if is_default {
                self.ignore(&[key]);
            }
        }
        self.finish();
    }
}

fn item_key(key: &str, index: usize) -> String {
    format!("{key}[{index}]")
}

/// Off, none, empty, zero: an unknown key with such a value changes nothing.
fn asks_for_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) => false,
        Value::Number(_) => value.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty() || text == "none",
        Value::Array(items) => items.iter().all(|item| asks_for_nothing(&item.value)),
        Value::Object(map) => map.pairs().iter().all(|(_, node)| asks_for_nothing(&node.value)),
    }
}
