//! Requests and what becomes of their answers.
