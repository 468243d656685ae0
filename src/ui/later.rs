//! A part of a page whose code is downloaded when it is first opened.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    platform::dom,
    state::{
        chunks::{Chunk, ChunkState, Chunks},
        reactive::Callback,
    },
};

use super::state_view::{Skeleton, StateView};

/// Makes what is shown.
pub type Open = Arc<dyn Fn() -> AnyView + Send + Sync>;
/// Makes what is shown until then; it is told whether the part could not be had.
pub type Meanwhile = Arc<dyn Fn(bool) -> AnyView + Send + Sync>;

/// `open` makes what is shown; it is called when its part of the app is there, and not before.
#[component]
pub fn Later(
    chunk: Chunk,
    open: Open,
    /// Instead of a skeleton, and of the words about the part that is missing.
    #[prop(optional)]
    meanwhile: Option<Meanwhile>,
    /// An addition to what is there: nothing shows in its place until then.
    #[prop(optional)]
    is_addition: bool,
) -> impl IntoView {
    let chunks = Chunks::expect();
    let state = chunks.want(chunk);
    move || {
        match (state.get(), &meanwhile) {
        (Some(ChunkState::Ready), _) => open(),
        _ if is_addition => ().into_any(),
        (state, Some(meanwhile)) => meanwhile(matches!(state, Some(ChunkState::Failed(_)))),
        (Some(ChunkState::Failed(reason)), None) => view! {
            <StateView
                headline="This part of the app could not be loaded"
                detail=format!(
                    "Either the connection is down, or a newer version was installed: then reload. ({reason})"
                )
                kind="failed"
            >
                <button type="button" class="control" on:click=move |_| chunks.load(chunk)>"Retry"</button>
                <button type="button" class="control" data-variant="ghost" on:click=move |_| dom::reload()>"Reload"</button>
            </StateView>
        }
        .into_any(),
        (Some(ChunkState::Loading) | None, None) => view! { <Skeleton/> }.into_any(),
    }
    }
}

/// What is in the part for tools and belongs into a sheet or a page.
pub fn later_tool(open: impl Fn() -> AnyView + Send + Sync + 'static) -> AnyView {
    view! { <Later chunk=Chunk::Tools open=Arc::new(open)/> }.into_any()
}

/// What is in the part for tools and lies over the page, such as a dialog: nothing until it is there, and words at the
/// page's edge where it cannot be had.
pub fn later_over(open: impl Fn() -> AnyView + Send + Sync + 'static, on_close: Callback<()>) -> AnyView {
    let meanwhile = move |has_failed: bool| {
        if !has_failed {
            return ().into_any();
        }
        view! {
            <div class="toast" role="alert">
                "This part of the app could not be loaded: the connection is down, or a newer version was installed."
                <button type="button" class="control" on:click=move |_| dom::reload()>"Reload"</button>
                <button type="button" class="control" on:click=move |_| on_close.run(())>"Close"</button>
            </div>
        }
        .into_any()
    };
    view! { <Later chunk=Chunk::Tools open=Arc::new(open) meanwhile=Arc::new(meanwhile)/> }.into_any()
}
