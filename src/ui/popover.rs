//! A sheet that opens below a control and closes by Escape, by a press outside, or when focus leaves it.

use leptos::{html, prelude::*};

use crate::{
    platform::{dom, events},
    state::reactive::{Callback, Signal, effect, signal},
};

use super::views::Views;

/// A control with a sheet.
#[component]
pub fn Popover(
    /// What the control is called, for screen readers.
    #[prop(into)]
    label: Signal<String>,
    /// Inside of the control.
    control: ViewFn,
    /// Inside of the sheet; built when it opens. It is given a way to close it.
    sheet: std::sync::Arc<dyn Fn(Callback<()>) -> AnyView + Send + Sync>,
    #[prop(default = "control")] control_class: &'static str,
    #[prop(default = "")] variant: &'static str,
    #[prop(default = "popover__sheet")] sheet_class: &'static str,
) -> impl IntoView {
    let (is_open, set_open) = signal(false);
    let root = NodeRef::<html::Div>::new();
    let button = NodeRef::<html::Button>::new();
    let opened = NodeRef::<html::Div>::new();

    let close = Callback::new(move |()| {
        if is_open.get_untracked() {
            set_open.set(false);
            if let Some(button) = button.get_untracked() {
                dom::ignore(button.focus());
            }
        }
    });

    let outside = StoredValue::new_local(None::<events::Listener>);
    effect(move || {
        let listener = is_open.get().then(|| {
            events::on_press(move |event| {
                let is_inside = root.get_untracked().is_some_and(|root| dom::contains_target(&root, &event));
                if !is_inside {
                    // The press is on its way to another control: leave the focus to it.
                    let _gone = set_open.try_set(false);
                }
            })
        });
        outside.set_value(listener.flatten());
    });
    // When the sheet is in the page, which is later than when it is said to be open.
    effect(move || {
        if let Some(sheet) = opened.get() {
            dom::focus_first(&sheet, "[data-autofocus], .menu__item[aria-checked='true'], .menu__item");
        }
    });
    on_cleanup(move || drop(outside.try_update_value(Option::take)));

    let on_keydown = move |event: leptos::ev::KeyboardEvent| {
        if !is_open.get_untracked() {
            return;
        }
        let step = match event.key().as_str() {
            "Escape" => {
                event.stop_propagation();
                close.run(());
                return;
            }
            "ArrowDown" => 1,
            "ArrowUp" => -1,
            _ => return,
        };
        if let Some(root) = root.get_untracked()
            && dom::move_focus(&root, ".menu__item", step)
        {
            event.prevent_default();
        }
    };

    view! {
        <div class="popover" node_ref=root on:keydown=on_keydown>
            <button
                type="button"
                class=control_class
                data-variant=variant
                node_ref=button
                aria-label=move || label.get()
                aria-haspopup="true"
                aria-expanded=move || if is_open.get() { "true" } else { "false" }
                on:click=move |_| set_open.update(|open| *open = !*open)
            >
                {control.run()}
            </button>
            {move || is_open.get().then(|| view! { <div class=format!("popover__sheet {sheet_class}") node_ref=opened>{sheet(close)}</div> }).views()}
        </div>
    }
    .into_any()
}
