//! The browser's entry: mounts the app.

fn main() {
    agentarea_observability::app::mount();
}
