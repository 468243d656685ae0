//! A panel of text: Markdown, code, or what is shown as it is written.

use leptos::prelude::*;

use crate::{
    analysis::markdown::{Block, Inline, blocks_of},
    api::grafana::more::text::{TextMode, TextPanel, text_panel},
    base::link::is_foreign,
    model::dashboard::PanelOptions,
    panels::{PanelProps, card::Frame},
    ui::views::Views,
};

use super::tabular::with_remarks;

pub fn view(props: PanelProps) -> AnyView {
    let (TextPanel { content, mode }, notices) = text_panel(&props.panel.document);
    // With its variables filled in.
    let content = if let PanelOptions::Marked(filled) = &props.panel.options { filled.clone() } else { content };
    let label = props.panel.title.clone();
    let props = with_remarks(props, None, notices);
    let inside = match mode {
        TextMode::Markdown => blocks_of(&content).into_iter().map(block_view).views(),
        TextMode::Code => view! { <pre class="prose__code">{content}</pre> }.into_any(),
        TextMode::Html | TextMode::Plain => view! { <p class="prose__plain">{content}</p> }.into_any(),
    };
    view! {
        <Frame props=props>
            <div class="prose" tabindex="0" role="region" aria-label=label>{inside}</div>
        </Frame>
    }
    .into_any()
}

fn block_view(block: Block) -> AnyView {
    match block {
        // The panel's own title is the second level.
        Block::Heading(level, inside) => {
            let text = inside.into_iter().map(inline_view).views();
            match level {
                1 => view! { <h3 class="prose__heading" data-level="1">{text}</h3> }.into_any(),
                2 => view! { <h4 class="prose__heading" data-level="2">{text}</h4> }.into_any(),
                3 => view! { <h5 class="prose__heading" data-level="3">{text}</h5> }.into_any(),
                _ => view! { <h6 class="prose__heading" data-level="4">{text}</h6> }.into_any(),
            }
        }
        Block::Paragraph(inside) => view! { <p>{inside.into_iter().map(inline_view).views()}</p> }.into_any(),
        Block::Plain(inside) => inside.into_iter().map(inline_view).views(),
        Block::List { start, entries } => {
            let entries =
                entries.into_iter().map(|entry| view! { <li>{entry.into_iter().map(block_view).views()}</li> }).views();
            match start {
                Some(start) => view! { <ol class="prose__list" start=start.to_string()>{entries}</ol> }.into_any(),
                None => view! { <ul class="prose__list" data-kind="bullets">{entries}</ul> }.into_any(),
            }
        }
        Block::Quote(inside) => {
            view! { <blockquote class="prose__quote">{inside.into_iter().map(block_view).views()}</blockquote> }
                .into_any()
        }
        Block::Code { text, .. } => view! { <pre class="prose__code">{text}</pre> }.into_any(),
        Block::Table { aligns, head, rows } => {
            let align = move |at: usize| match aligns.get(at) {
                Some(Some(true)) => "end",
                Some(None) => "center",
                _ => "start",
            };
            let heads = head
                .into_iter()
                .enumerate()
                .map(|(at, cell)| view! { <th class="prose__head" scope="col" data-align=align(at)>{cell.into_iter().map(inline_view).views()}</th> })
                .views();
            let rows = rows
                .into_iter()
                .map(|row| {
                    let cells = row
                        .into_iter()
                        .enumerate()
                        .map(|(at, cell)| view! { <td class="prose__cell" data-align=align(at)>{cell.into_iter().map(inline_view).views()}</td> })
                        .views();
                    view! { <tr>{cells}</tr> }
                })
                .views();
            view! { <table class="prose__table"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table> }
                .into_any()
        }
        Block::Rule => view! { <hr class="prose__rule"/> }.into_any(),
    }
}

fn inline_view(inline: Inline) -> AnyView {
    let all = |inside: Vec<Inline>| inside.into_iter().map(inline_view).views();
    match inline {
        Inline::Text(text) => text.into_any(),
        Inline::Code(text) => view! { <code class="prose__inline-code">{text}</code> }.into_any(),
        Inline::Strong(inside) => view! { <strong>{all(inside)}</strong> }.into_any(),
        Inline::Emphasis(inside) => view! { <em>{all(inside)}</em> }.into_any(),
        Inline::Struck(inside) => view! { <del>{all(inside)}</del> }.into_any(),
        Inline::Link { href, content } => {
            let href = href.strip_prefix("/d/").map_or_else(|| href.clone(), |rest| format!("d/{rest}"));
            let target = is_foreign(&href).then_some("_blank");
            view! { <a class="prose__link" href=href target=target rel="noopener noreferrer">{all(content)}</a> }
                .into_any()
        }
        Inline::Task { is_done } => {
            let (sign, word) = if is_done { ("\u{2611} ", "done") } else { ("\u{2610} ", "open") };
            view! { <span role="img" aria-label=word>{sign}</span> }.into_any()
        }
        Inline::Break => view! { <br/> }.into_any(),
    }
}
