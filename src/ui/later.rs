//! A part of a page whose code is downloaded when it is first opened.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    platform::dom,
    state::chunks::{Chunk, ChunkState, Chunks},
};

use super::state_view::{Skeleton, StateView};

/// `open` makes what is shown; it is called when its part of the app is there, and not before.
#[component]
pub fn Later(
    chunk: Chunk,
    open: Arc<dyn Fn() -> AnyView + Send + Sync>,
    /// An addition to what is there: nothing shows in its place until then.
    #[prop(optional)]
    is_addition: bool,
) -> impl IntoView {
    let chunks = Chunks::expect();
    let state = chunks.want(chunk);
    move || {
        match state.get() {
        Some(ChunkState::Ready) => open(),
        _ if is_addition => ().into_any(),
        Some(ChunkState::Failed(reason)) => view! {
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
        Some(ChunkState::Loading) | None => view! { <Skeleton/> }.into_any(),
    }
    }
}
