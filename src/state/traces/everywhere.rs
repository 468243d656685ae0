//! Searching all services. The old API of Jaeger wants one named: then each is asked, and the answers are put together.

use std::sync::Arc;

use futures_util::future::join_all;

use super::TraceSource;
use crate::{
    analysis::trace::words::counted,
    api::http::ApiError,
    base::order,
    model::{
        notice::Notice,
        trace::{FoundTraces, Trace, TraceQuery},
    },
};

/// At least so many traces are asked of each service.
const LEAST_EACH: u32 = 10;

pub(super) async fn search(source: &TraceSource, query: &TraceQuery) -> Result<FoundTraces, ApiError> {
    if query.service.is_some() || !source.client.needs_service().await? {
        return source.client.search(query).await;
    }
    let services = source.client.services().await?;
    // Traces go through several services: twice the share of each leaves few gaps.
    let share = query.limit.saturating_mul(2) / u32::try_from(services.len()).unwrap_or(u32::MAX).max(1);
    let each = share.max(LEAST_EACH).min(query.limit);
    let count = services.len();
    let answers = join_all(services.into_iter().map(|service| {
        let query = TraceQuery { service: Some(service), limit: each, ..query.clone() };
        async move { source.client.search(&query).await }
    }))
    .await;
    let answers: Vec<FoundTraces> = answers.into_iter().collect::<Result<_, _>>()?;
    let mut found = together(answers, query.limit);
    if found.is_cut {
        found.notices.push(Notice::info(format!(
            "{} searches one service at a time: each of {} was asked for {}",
            source.handle.source.name,
            counted(count, "service", "services"),
            counted(each as usize, "trace", "traces")
        )));
    }
    Ok(found)
}

/// Each trace once, the newest first.
fn together(answers: Vec<FoundTraces>, limit: u32) -> FoundTraces {
    let mut all = FoundTraces::default();
    for FoundTraces { traces, is_cut, notices } in answers {
        all.is_cut |= is_cut;
        all.traces.extend(traces);
        for notice in notices {
            if !all.notices.contains(&notice) {
                all.notices.push(notice);
            }
        }
    }
    // The fullest of those with one id stands first, and stays.
    let key = |trace: &Arc<Trace>| (trace.id(), std::cmp::Reverse(trace.len()));
    order::sort_by_key(&mut all.traces, key);
    all.traces.dedup_by_key(|trace| trace.id());
    order::sort_by_key(&mut all.traces, |trace| std::cmp::Reverse(trace.start_ns()));
    all.is_cut |= all.traces.len() > limit as usize;
    all.traces.truncate(limit as usize);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::trace::drawn::trace_of_id;

    #[test]
    fn answers_are_put_together() {
        let one = Arc::new(trace_of_id(1, "\napi a |==|\n"));
        let more = Arc::new(trace_of_id(1, "\napi a |==|\n  db b |=|\n"));
        let other = Arc::new(trace_of_id(2, "\napi a |==|\n"));
        let answer = |traces: &[&Arc<Trace>]| FoundTraces {
            traces: traces.iter().map(|trace| Arc::clone(trace)).collect(),
            ..FoundTraces::default()
        };
        let found = together(vec![answer(&[&one, &other]), answer(&[&more])], 5);
        assert_eq!((found.traces.len(), found.is_cut), (2, false));
        assert_eq!(found.traces.iter().find(|trace| trace.id().0 == 1).unwrap().len(), 2);
        assert!(together(vec![answer(&[&one, &other])], 1).is_cut);
    }
}
