//! Keys of Grafana's JSON that say nothing about what is drawn: bookkeeping, editors' state, and choices whose only
//! meaning is in Grafana. Everything else that is not read is reported.

pub(super) const WRAPPER: &[&str] = &["meta", "overwrite", "folderId", "folderUid", "folderTitle", "message", "inputs"];

pub(super) const DASHBOARD: &[&str] = &[
    "__elements",
    "__inputs",
    "__requires",
    "apiVersion",
    "editable",
    "fiscalYearStartMonth",
    "gnetId",
    "hideControls",
    "id",
    "iteration",
    "liveNow",
    "originalTitle",
    "preload",
    "revision",
    "schemaVersion",
    "style",
    "timepicker",
    "version",
    "weekStart",
];

/// Rows, repeats and a panel's own times are read by `grafana::variables`.
pub(super) const PANEL: &[&str] = &[
    "cacheTimeout",
    "collapsed",
    "editable",
    "error",
    "hideTimeOverride",
    "isNew",
    "iteration",
    "maxPerRow",
    "pluginVersion",
    "queryCachingTTL",
    "renderer",
    "repeat",
    "repeatDirection",
    "repeatIteration",
    "repeatPanelId",
    "repeatedByRow",
    "scopedVars",
    "snapshotData",
    "timeFrom",
    "timeRegions",
    "timeShift",
    "transparent",
];

pub(super) const TARGET: &[&str] = &[
    "adhocFilters",
    "disableTextWrap",
    "editorMode",
    "exemplar",
    "fullMetaSearch",
    "hide",
    "includeNullMetadata",
    "intervalFactor",
    "key",
    "metric",
    "query",
    "queryType",
    "range",
    "requestId",
    "scenarioId",
    "step",
    "target",
    "textEditor",
    "useBackend",
];

/// Keys of an old `graph` that have no counterpart because a chart decides them by itself.
pub(super) const GRAPH: &[&str] =
    &["dashLength", "dashes", "spaceLength", "pointradius", "fillGradient", "xaxis", "yaxis", "x-axis", "y-axis"];

pub(super) const SINGLESTAT: &[&str] = &[
    "mappingTypes",
    "valueFontSize",
    "prefixFontSize",
    "postfixFontSize",
    "tableColumn",
    "maxDataPoints",
    "nullPointMode",
];

/// Options of time series that `charts` reads.
pub(super) const CHARTS: &[&str] = &[
    "axisBorderShow",
    "axisCenteredZero",
    "axisColorMode",
    "axisGridShow",
    "barAlignment",
    "barMaxWidth",
    "barWidthFactor",
    "fillBelowTo",
    "gradientMode",
    "insertNulls",
    "lineInterpolation",
    "pointSize",
];

/// Options whose stated value is Grafana's own default and asks for nothing.
pub(super) const CUSTOM_DEFAULTS: &[(&str, &str)] =
    &[("axisColorMode", "text"), ("axisPlacement", "auto"), ("fillGradient", "0")];
