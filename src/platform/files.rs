//! Files that a person chooses or drops on the page.

use js_sys::Uint8Array;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;

use super::{
    dom,
    events::{Listener, listen},
};

/// A file that was handed to the page; nothing of it has been read.
pub struct OpenedFile(web_sys::File);

impl OpenedFile {
    pub fn name(&self) -> String {
        self.0.name()
    }

    pub fn size_bytes(&self) -> f64 {
        self.0.size()
    }

    /// All of it. `None`: the browser cannot read it, because it is a folder or has been moved.
    pub async fn read(&self) -> Option<Vec<u8>> {
        let buffer = JsFuture::from(self.0.array_buffer()).await.ok()?;
        Some(Uint8Array::new(&buffer).to_vec())
    }
}

fn files_of(list: Option<web_sys::FileList>) -> Vec<OpenedFile> {
    let Some(list) = list else { return Vec::new() };
    (0..list.length()).filter_map(|at| list.get(at)).map(OpenedFile).collect()
}

/// What was chosen in an `<input type="file">`. The same file can be chosen again afterwards.
pub fn take_chosen(event: &web_sys::Event) -> Vec<OpenedFile> {
    let Some(input) = event.target().and_then(|t| t.dyn_into::<web_sys::HtmlInputElement>().ok()) else {
        return Vec::new();
    };
    let files = files_of(input.files());
    input.set_value("");
    files
}

/// Clicks an element: how a button opens a hidden input of files.
pub fn click(element: &web_sys::Element) {
    if let Some(element) = element.dyn_ref::<web_sys::HtmlElement>() {
        element.click();
    }
}

/// Calls `on_files` with files that are dropped anywhere on the page, and `on_over` with whether some are held over it.
pub fn on_drop(
    on_over: impl Fn(bool) + Clone + 'static,
    mut on_files: impl FnMut(Vec<OpenedFile>) + 'static,
) -> Vec<Listener> {
    let Some(document) = dom::document() else { return Vec::new() };
    let has_files = |event: &web_sys::Event| {
        let transfer = event.dyn_ref::<web_sys::DragEvent>().and_then(web_sys::DragEvent::data_transfer);
        transfer.is_some_and(|transfer| transfer.types().includes(&"Files".into(), 0))
    };
    let target: &web_sys::EventTarget = document.as_ref();
    let over = on_over.clone();
    let leave = on_over.clone();
    vec![
        listen(target, "dragover", move |event| {
            if has_files(&event) {
                // Without this the browser would open the file in place of the app.
                event.prevent_default();
                over(true);
            }
        }),
        listen(target, "dragleave", move |event| {
            // From one element to the next it has a goal; out of the window it has none.
            let event = event.dyn_into::<web_sys::DragEvent>().ok();
            if event.is_some_and(|event| event.related_target().is_none()) {
                leave(false);
            }
        }),
        listen(target, "drop", move |event| {
            if has_files(&event) {
                event.prevent_default();
                on_over(false);
                let transfer = event.dyn_ref::<web_sys::DragEvent>().and_then(web_sys::DragEvent::data_transfer);
                on_files(files_of(transfer.and_then(|transfer| transfer.files())));
            }
        }),
    ]
}

/// What a paste brings: files, or text.
pub enum Pasted {
    Files(Vec<OpenedFile>),
    Text(String),
}

/// Calls `on_pasted` with what is pasted on the page, unless it is pasted into a field; the callback says whether it takes
/// it.
pub fn on_paste(mut on_pasted: impl FnMut(Pasted) -> bool + 'static) -> Option<Listener> {
    let document = dom::document()?;
    Some(listen(document.as_ref(), "paste", move |event| {
        let Some(paste) = event.dyn_ref::<web_sys::ClipboardEvent>() else { return };
        if event.default_prevented() || dom::is_in_field(&event) {
            return;
        }
        let Some(data) = paste.clipboard_data() else { return };
        let files = files_of(data.files());
        let pasted = if files.is_empty() {
            Pasted::Text(data.get_data("text").unwrap_or_default())
        } else {
            Pasted::Files(files)
        };
        if on_pasted(pasted) {
            event.prevent_default();
        }
    }))
}
