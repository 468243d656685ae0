//! jaeger
