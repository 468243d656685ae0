//! The dashboards that `config.json` lists, read when they are first opened; and those of this browser, whose names begin
//! with a tilde.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc, sync::Arc};

use leptos::prelude::*;

use crate::{
    api::{
        files,
        grafana::{GrafanaError, dashboard_from_json},
        http::{ApiError, Transport},
    },
    model::{config::DashboardFile, dashboard::Dashboard},
    platform::dom,
};

use super::{
    chunks::{Chunk, Chunks},
    imported,
    reactive::RwSignal,
};

/// Why a dashboard cannot be shown.
#[derive(Debug, Clone, PartialEq)]
pub enum DashboardError {
    /// `config.json` has no dashboard of this name.
    NotListed {
        name: String,
    },
    File(ApiError),
    Content {
        file: String,
        error: GrafanaError,
    },
    /// This browser has no dashboard of this name.
    NotKept {
        name: String,
    },
    /// What this browser kept cannot be read any more.
    Damaged {
        name: String,
        reason: String,
    },
}

struct Inner {
    transport: Rc<dyn Transport>,
    files: Vec<DashboardFile>,
    read: RefCell<BTreeMap<String, Arc<Dashboard>>>,
}

/// Begins the name of a dashboard that is kept in this browser.
pub const KEPT_SIGN: char = '~';

/// Reads each dashboard once.
#[derive(Clone, Copy)]
pub struct Dashboards {
    inner: StoredValue<Rc<Inner>, LocalStorage>,
    /// The one whose page is open.
    pub shown: RwSignal<Option<Arc<Dashboard>>>,
}

impl Dashboards {
    pub fn provide(files: Vec<DashboardFile>, transport: Rc<dyn Transport>) {
        let inner = Inner { transport, files, read: RefCell::default() };
        provide_context(Self { inner: StoredValue::new_local(Rc::new(inner)), shown: RwSignal::new(None) });
    }

    pub fn expect() -> Self {
        expect_context()
    }

    pub fn files(self) -> Vec<DashboardFile> {
        self.inner.with_value(|inner| inner.files.clone())
    }

    pub fn file(self, name: &str) -> Option<DashboardFile> {
        self.inner.with_value(|inner| inner.files.iter().find(|f| f.name == name).cloned())
    }

    /// Reads a dashboard; `chunks` fetches what reads those of this browser.
    pub async fn load(self, name: String, chunks: Chunks) -> Result<Arc<Dashboard>, DashboardError> {
        if let Some(kept) = name.strip_prefix(KEPT_SIGN) {
            if let Err(reason) = chunks.fetched(Chunk::Tools).await {
                return Err(DashboardError::Damaged { name: kept.to_owned(), reason });
            }
            let (title, text) = imported::open(kept).await?;
            let dashboard = dashboard_from_json(&text)
                .map_err(|error| DashboardError::Content { file: format!("The dashboard “{kept}”"), error })?;
            return Ok(Arc::new(Dashboard { title, ..dashboard }));
        }
        let inner = self.inner.with_value(Rc::clone);
        if let Some(dashboard) = inner.read.borrow().get(&name) {
            return Ok(Arc::clone(dashboard));
        }
        let Some(file) = inner.files.iter().find(|f| f.name == name) else {
            return Err(DashboardError::NotListed { name });
        };
        let url = dom::absolute_url(&file.file);
        let text = files::json_text(inner.transport.as_ref(), &file.file, &url).await.map_err(DashboardError::File)?;
        let dashboard =
            dashboard_from_json(&text).map_err(|error| DashboardError::Content { file: file.file.clone(), error })?;
        let dashboard = Arc::new(dashboard);
        inner.read.borrow_mut().insert(name, Arc::clone(&dashboard));
        Ok(dashboard)
    }
}
