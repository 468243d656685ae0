//! How much room a drawing has, told when it is there and when it changes.

use leptos::{html, prelude::*};

use crate::{
    chart::Size,
    platform::events,
    state::reactive::{Callback, effect},
};

/// Tells `on_room` the size of `element`, in whole pixels so that a hair's breadth draws nothing anew.
pub fn watch_room(element: NodeRef<html::Div>, on_room: Callback<Size>) {
    let watch = StoredValue::new_local(None::<events::SizeWatch>);
    effect(move || {
        let Some(element) = element.get() else { return };
        let told = StoredValue::new(None::<Size>);
        let tell = move |width_px: f64, height_px: f64| {
            let size = Size::new(width_px.floor(), height_px.floor());
            if size.width_px >= 1.0 && size.height_px >= 1.0 && told.get_value() != Some(size) {
                told.set_value(Some(size));
                on_room.run(size);
            }
        };
        let rect = element.get_bounding_client_rect();
        tell(rect.width(), rect.height());
        watch.set_value(events::watch_size(&element, tell));
    });
    on_cleanup(move || drop(watch.try_update_value(Option::take)));
}
