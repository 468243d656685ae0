//! The dashboards that `config.json` lists, read when they are first opened.

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
}

struct Inner {
    transport: Rc<dyn Transport>,
    files: Vec<DashboardFile>,
    read: RefCell<BTreeMap<String, Arc<Dashboard>>>,
}

/// Reads each dashboard once.
#[derive(Clone, Copy)]
pub struct Dashboards(StoredValue<Rc<Inner>, LocalStorage>);

impl Dashboards {
    pub fn provide(files: Vec<DashboardFile>, transport: Rc<dyn Transport>) {
        let inner = Inner { transport, files, read: RefCell::default() };
        provide_context(Self(StoredValue::new_local(Rc::new(inner))));
    }

    pub fn expect() -> Self {
        expect_context()
    }

    pub fn files(self) -> Vec<DashboardFile> {
        self.0.with_value(|inner| inner.files.clone())
    }

    pub fn file(self, name: &str) -> Option<DashboardFile> {
        self.0.with_value(|inner| inner.files.iter().find(|f| f.name == name).cloned())
    }

    pub async fn load(self, name: String) -> Result<Arc<Dashboard>, DashboardError> {
        let inner = self.0.with_value(Rc::clone);
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
