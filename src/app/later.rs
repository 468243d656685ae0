//! A page whose code is downloaded when it is first opened.

use leptos::prelude::*;

use crate::{
    state::chunks::{Chunk, ChunkState, Chunks},
    ui::state_view::{Skeleton, StateView},
};

/// `open` makes the page; it is called when its part of the app is there, and not before.
#[component]
pub fn Later(chunk: Chunk, open: fn() -> AnyView) -> impl IntoView {
    let chunks = Chunks::expect();
    let state = chunks.want(chunk);
    move || {
        match state.get() {
        Some(ChunkState::Ready) => open(),
        Some(ChunkState::Failed(reason)) => view! {
            <div class="sheet">
                <div class="card">
                    <StateView
                        headline="This page could not be loaded"
                        detail=format!(
                            "A part of the app did not arrive. Either the connection is down, or a newer version was installed: then reload. ({reason})"
                        )
                        kind="failed"
                    >
                        <button type="button" class="control" on:click=move |_| chunks.load(chunk)>"Retry"</button>
                        <button type="button" class="control" data-variant="ghost" on:click=move |_| crate::platform::dom::reload()>"Reload"</button>
                    </StateView>
                </div>
            </div>
        }
        .into_any(),
        Some(ChunkState::Loading) | None => view! { <div class="sheet"><div class="card"><Skeleton/></div></div> }.into_any(),
    }
    }
}
