//! Time zones, from the browser's own tables.

use std::cell::RefCell;

use wasm_bindgen::JsValue;

use crate::base::{number, time::TimeZone};

/// The zone of the browser.
pub struct LocalZone {
    name: String,
}

impl LocalZone {
    pub fn new() -> Self {
        let name = temporal_name().or_else(|| resolved_name(&JsValue::UNDEFINED));
        Self { name: name.unwrap_or_else(|| "local time".to_owned()) }
    }
}

impl Default for LocalZone {
    fn default() -> Self {
        Self::new()
    }
}

impl TimeZone for LocalZone {
    fn offset_secs_at(&self, unix_ms: i64) -> i32 {
        // `getTimezoneOffset` is minutes *west*.
        -(js_sys::Date::new(&JsValue::from_f64(unix_ms as f64)).get_timezone_offset() * 60.0) as i32
    }

    fn name(&self) -> &str {
        &self.name
    }
}

/// A zone of the IANA database, by name.
pub struct NamedZone {
    name: String,
    format: js_sys::Intl::DateTimeFormat,
    /// By quarters of an hour, at which zones change, in order; asking `Intl` for each tick would be slow.
    offsets: RefCell<Vec<(i64, i32)>>,
}

const QUARTER_HOUR_MS: i64 = 900_000;

impl NamedZone {
    /// `None` when the browser does not know the name.
    pub fn new(name: &str) -> Option<Self> {
        let options = js_sys::Object::new();
        let set = |key: &str, value: &str| js_sys::Reflect::set(&options, &key.into(), &value.into()).is_ok();
        let is_set = set("timeZone", name)
            && set("hourCycle", "h23")
            && ["year", "month", "day", "hour", "minute", "second"].iter().all(|part| set(part, "numeric"));
        if !is_set {
            return None;
        }
        // The constructor throws on an unknown name, which the static binding does not allow for.
        resolved_name(&options)?;
        let format = js_sys::Intl::DateTimeFormat::new(&js_sys::Array::of1(&"en-US".into()), &options);
        Some(Self { name: name.to_owned(), format, offsets: RefCell::default() })
    }

    fn ask(&self, unix_ms: i64) -> Option<i32> {
        let date = js_sys::Date::new(&JsValue::from_f64(unix_ms as f64));
        let parts = self.format.format_to_parts(&date);
        let mut fields = [0_f64; 6];
        for part in parts.iter() {
            let kind = js_sys::Reflect::get(&part, &"type".into()).ok()?.as_string()?;
            let value = js_sys::Reflect::get(&part, &"value".into()).ok()?.as_string()?;
            let at = ["year", "month", "day", "hour", "minute", "second"].iter().position(|name| *name == kind);
            if let Some(field) = at.and_then(|at| fields.get_mut(at)) {
                *field = number::parse(&value)?;
            }
        }
        let [year, month, day, hour, minute, second] = fields;
        let wall_ms = js_sys::Date::utc(year, month - 1.0)
            + ((day - 1.0) * 86_400.0 + hour * 3_600.0 + minute * 60.0 + second) * 1_000.0;
        Some(((wall_ms - (unix_ms - unix_ms.rem_euclid(1_000)) as f64) / 1_000.0) as i32)
    }
}

impl TimeZone for NamedZone {
    fn offset_secs_at(&self, unix_ms: i64) -> i32 {
        let quarter = unix_ms.div_euclid(QUARTER_HOUR_MS);
        let mut offsets = self.offsets.borrow_mut();
        let at = offsets.partition_point(|(known, _)| *known < quarter);
        match offsets.get(at) {
            Some((known, offset)) if *known == quarter => *offset,
            _ => {
                let offset = self.ask(unix_ms).unwrap_or(0);
                offsets.insert(at, (quarter, offset));
                offset
            }
        }
    }

    fn name(&self) -> &str {
        &self.name
    }
}

/// The name of the browser's zone from `Temporal`, where there is one: the first use of `Intl` costs as much as a chart.
fn temporal_name() -> Option<String> {
    let get = |object: &JsValue, name: &str| js_sys::Reflect::get(object, &name.into()).ok();
    let now = get(&get(&js_sys::global(), "Temporal")?, "Now")?;
    let name: js_sys::Function = wasm_bindgen::JsCast::dyn_into(get(&now, "timeZoneId")?).ok()?;
    name.call0(&now).ok()?.as_string()
}

/// The name that `Intl` resolves for `options`; `None` when it refuses them.
fn resolved_name(options: &JsValue) -> Option<String> {
    let intl = js_sys::Reflect::get(&js_sys::global(), &"Intl".into()).ok()?;
    let constructor = js_sys::Reflect::get(&intl, &"DateTimeFormat".into()).ok()?;
    let constructor: js_sys::Function = wasm_bindgen::JsCast::dyn_into(constructor).ok()?;
    let format = js_sys::Reflect::construct(&constructor, &js_sys::Array::of2(&JsValue::UNDEFINED, options)).ok()?;
    let resolve = js_sys::Reflect::get(&format, &"resolvedOptions".into()).ok()?;
    let resolve: js_sys::Function = wasm_bindgen::JsCast::dyn_into(resolve).ok()?;
    let resolved = resolve.call0(&format).ok()?;
    js_sys::Reflect::get(&resolved, &"timeZone".into()).ok()?.as_string()
}
