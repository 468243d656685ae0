//! Layer 8: the shell. Reads the configuration, provides what the layers below need, and puts pages into their frame.

mod keyboard;
mod shell;
mod tools;

use std::{rc::Rc, sync::Arc};

use leptos::prelude::*;

use crate::{
    api::{
        config::{ConfigError, config_from_json},
        files,
        http::{ApiError, Transport},
    },
    model::config::Config,
    pages::setup,
    platform::{clock, dom, fetch::BrowserTransport},
    state::{
        alerts::Rules,
        chunks::{Chunk, Chunks},
        dashboards::Dashboards,
        page::PageInfo,
        query::spawn,
        reactive::signal,
        sources::Sources,
        theme::Theme,
    },
    ui::{later::Later, state_view::StateView},
};

use shell::Shell;

/// Starts the app. From here on a panic shows the crash message of `index.html`: here with its words; the module that is
/// shipped has none, and stops where `index.html` notices it.
pub fn mount() {
    #[cfg(debug_assertions)]
    std::panic::set_hook(Box::new(|info| {
        let detail = info.to_string();
        dom::log_error(&detail);
        dom::show_crash(&detail);
    }));
    leptos::mount::mount_to_body(App);
}

/// Why there is no app to show.
#[derive(Debug, Clone, PartialEq)]
enum StartError {
    Unreadable(ApiError),
    Wrong(ConfigError),
}

async fn read_config(transport: Rc<dyn Transport>) -> Result<Config, StartError> {
    let url = dom::absolute_url("config.json");
    let text = files::json_text(transport.as_ref(), "config.json", &url).await.map_err(StartError::Unreadable)?;
    config_from_json(&text).map_err(StartError::Wrong)
}

#[component]
fn App() -> impl IntoView {
    Theme::provide();
    Chunks::provide();
    let (started, set_started) = signal(None::<Result<Arc<Config>, StartError>>);
    let transport = StoredValue::new_local(Rc::new(BrowserTransport) as Rc<dyn Transport>);
    spawn(async move {
        let result = read_config(transport.with_value(Rc::clone)).await.map(Arc::new);
        if let Ok(config) = &result
            && let Some(start) = config.clock
        {
            clock::start_at(start.start_ms, start.is_frozen);
        }
        set_started.set(Some(result));
    });
    move || {
        let started = started.get()?;
        dom::remove_splash();
        Some(match started {
            Ok(config) => {
                let config = Config::clone(&config);
                Dashboards::provide(config.dashboards.clone(), transport.with_value(Rc::clone));
                Sources::provide(config, transport.with_value(Rc::clone));
                Rules::provide();
                PageInfo::provide();
                view! { <Shell/> }.into_any()
            }
            Err(StartError::Unreadable(error)) => {
                let headline = match &error {
                    ApiError::Http { status: 404, .. } | ApiError::NotJson { .. } => "config.json is missing",
                    _ => "config.json could not be read",
                };
                later_setup(headline, vec![error.to_string()])
            }
            Err(StartError::Wrong(ConfigError::Problems { problems })) => {
                later_setup("config.json needs mending", problems.iter().map(ToString::to_string).collect())
            }
            Err(StartError::Wrong(error)) => later_setup("config.json cannot be read", vec![error.to_string()]),
        })
    }
}

/// What to write, once that part of the app is there; and what is wrong, if it does not come either.
fn later_setup(headline: &'static str, problems: Vec<String>) -> AnyView {
    let told = problems.join("\n");
    let meanwhile = move |has_failed: bool| {
        if !has_failed {
            return ().into_any();
        }
        view! { <main class="setup"><StateView headline=headline detail=told.clone() kind="failed"/></main> }.into_any()
    };
    let open = move || setup::open(headline, problems.clone());
    view! { <Later chunk=Chunk::Tools open=Arc::new(open) meanwhile=Arc::new(meanwhile)/> }.into_any()
}
