//! Line icons on a 16-pixel grid.

use leptos::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Icon {
    Executive,
    Operations,
    Agents,
    Infrastructure,
    Dashboards,
    Alerts,
    Traces,
    Status,
    Clock,
    Refresh,
    Share,
    Theme,
    More,
    Close,
    Copy,
    Warning,
    Failed,
    Info,
    Left,
    Right,
    ZoomOut,
    Keyboard,
    Search,
}

impl Icon {
    /// The icon that `config.json` names for a dashboard.
    pub fn from_name(name: &str) -> Self {
        match name {
            "executive" => Self::Executive,
            "operations" => Self::Operations,
            "agents" => Self::Agents,
            "infrastructure" => Self::Infrastructure,
            _ => Self::Dashboards,
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Executive => "M2 13V9m4 4V5m4 8V7m4 6V3",
            Self::Operations => "M1.5 8.500h3l2-5 3 9 2-4h3",
            Self::Agents => {
                "M8 2.500a2.500 2.500 0 1 1 0 5a2.500 2.500 0 1 1 0-5M3 14c.6-3 2.500-4.500 5-4.500s4.400 1.500 5 4.500"
            }
            Self::Infrastructure => "M2.500 3h11v4h-11zM2.500 9h11v4h-11zM5 5h.01M5 11h.01",
            Self::Dashboards => "M2 2h5v5H2zM9 2h5v5H9zM2 9h5v5H2zM9 9h5v5H9z",
            Self::Alerts => "M8 2a4 4 0 0 1 4 4c0 4 1.500 5 1.500 5h-11S4 10 4 6a4 4 0 0 1 4-4m-1.500 12h3",
            Self::Traces => "M2 3.500h7M4.500 8h8M8 12.500h6",
            Self::Status => "M8 2a6 6 0 1 1 0 12a6 6 0 1 1 0-12M5.500 8l2 2 3-4",
            Self::Clock => "M8 2a6 6 0 1 1 0 12a6 6 0 1 1 0-12M8 4.500V8l2.500 1.500",
            Self::Refresh => "M13 5.500A5.500 5.500 0 1 0 13.500 9M13 2v3.500H9.500",
            Self::Share => {
                "M6.500 9.500l3-3M7 4.500l1.500-1.500a3 3 0 0 1 4.300 4.300L11.300 8.800M9 11.500l-1.500 1.500a3 3 0 0 1-4.300-4.300L4.700 7.200"
            }
            Self::Theme => "M13.500 9.500A6 6 0 0 1 6.500 2.500a6 6 0 1 0 7 7",
            Self::More => "M3.500 8h.01M8 8h.01M12.500 8h.01",
            Self::Close => "M4 4l8 8m0-8l-8 8",
            Self::Copy => "M6 6h7v7H6zM3 10V3h7",
            Self::Warning => "M8 2.500l6 11H2zM8 6.500v3.500m0 1.800v.01",
            Self::Failed => "M8 2a6 6 0 1 1 0 12a6 6 0 1 1 0-12M8 5v3.500m0 2.200v.01",
            Self::Info => "M8 2a6 6 0 1 1 0 12a6 6 0 1 1 0-12M8 7.500v3.500m0-5.800v.01",
            Self::Left => "M10 3.500L5.500 8l4.500 4.500",
            Self::Right => "M6 3.500L10.500 8L6 12.500",
            Self::ZoomOut => "M7 2.500a4.500 4.500 0 1 1 0 9a4.500 4.500 0 1 1 0-9M10.500 10.500L14 14M5 7h4",
            Self::Search => "M7 2.500a4.500 4.500 0 1 1 0 9a4.500 4.500 0 1 1 0-9M10.500 10.500L14 14",
            Self::Keyboard => "M1.500 4h13v8h-13zM4 6.500h.01M7 6.500h.01M10 6.500h.01M12.500 6.500h.01M4.500 9.500h7",
        }
    }
}

/// Draws an icon. It says nothing to a screen reader: the control around it has the name.
#[component]
pub fn IconView(
    icon: Icon,
    /// 14 px instead of 16.
    #[prop(optional)]
    is_small: bool,
) -> impl IntoView {
    view! {
        <svg
            class="icon"
            data-size=is_small.then_some("small")
            viewBox="0 0 16 16"
            aria-hidden="true"
        >
            <path d=icon.path()></path>
        </svg>
    }
    .into_any()
}
