//! A dialog over the page: it takes the focus, keeps it, and gives it back.

use leptos::{html, prelude::*};

use crate::{
    platform::dom,
    state::reactive::{Callback, effect},
};

#[component]
pub fn Dialog(
    #[prop(into)] title: String,
    on_close: Callback<()>,
    /// For tables and long lines.
    #[prop(optional)]
    is_wide: bool,
    children: ChildrenFn,
) -> impl IntoView {
    let root = NodeRef::<html::Div>::new();
    let before = StoredValue::new_local(dom::document().and_then(|d| d.active_element()));
    effect(move || {
        if let Some(root) = root.get() {
            dom::focus_first(&root, "button, input, a[href]");
            // What the dialog is for, where it says so, and not what closes it.
            dom::focus_first(&root, "[data-autofocus]");
        }
    });
    on_cleanup(move || {
        if let Some(element) = before.try_update_value(Option::take).flatten() {
            dom::focus(&element);
        }
    });
    let on_keydown = move |event: leptos::ev::KeyboardEvent| {
        event.stop_propagation();
        match event.key().as_str() {
            "Escape" => on_close.run(()),
            "Tab" => {
                if let Some(root) = root.get_untracked()
                    && dom::wrap_focus(&root, event.shift_key())
                {
                    event.prevent_default();
                }
            }
            _ => {}
        }
    };
    let label = title.clone();
    view! {
        <div class="dialog__backdrop" on:click=move |_| on_close.run(())>
            <div
                class="dialog"
                data-size=is_wide.then_some("wide")
                role="dialog"
                aria-modal="true"
                aria-label=label
                node_ref=root
                on:keydown=on_keydown
                on:click=|event| event.stop_propagation()
            >
                <div class="dialog__head">
                    <h2 class="dialog__title">{title}</h2>
                    <button type="button" class="control" data-variant="ghost" on:click=move |_| on_close.run(())>"Close"</button>
                </div>
                {children()}
            </div>
        </div>
    }
    .into_any()
}
