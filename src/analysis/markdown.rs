//! Markdown as a tree of blocks, without anything that could do more than be read.
//!
//! Invariant: HTML is text, a link leads to a web page or is none, a picture is a link to it. The tree is shallow, however
//! deeply the text is nested, so that whoever draws it may recurse.

use pulldown_cmark::{Alignment, CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag};

use crate::base::link::safe_href;

#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// From 1 to 6.
    Heading(u8, Vec<Inline>),
    Paragraph(Vec<Inline>),
    /// Text of a list's entry that is no paragraph of its own.
    Plain(Vec<Inline>),
    List {
        /// The first number; `None` for bullets.
        start: Option<u64>,
        entries: Vec<Vec<Block>>,
    },
    Quote(Vec<Block>),
    Code {
        language: String,
        text: String,
    },
    Table {
        /// Whether each column's text ends at its end; `None` is centred.
        aligns: Vec<Option<bool>>,
        head: Vec<Vec<Inline>>,
        rows: Vec<Vec<Vec<Inline>>>,
    },
    Rule,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Inline {
    Text(String),
    Code(String),
    Strong(Vec<Inline>),
    Emphasis(Vec<Inline>),
    Struck(Vec<Inline>),
    Link {
        href: String,
        content: Vec<Inline>,
    },
    /// A box of a list of tasks.
    Task {
        is_done: bool,
    },
    Break,
}

/// Containers deeper than this are left out, not their text.
const DEPTH_MAX: usize = 12;

/// What is being read: a container with what was found in it.
#[derive(Default)]
struct Open {
    kind: Kind,
    blocks: Vec<Block>,
    inlines: Vec<Inline>,
    entries: Vec<Vec<Block>>,
    cells: Vec<Vec<Inline>>,
    head: Vec<Vec<Inline>>,
    rows: Vec<Vec<Vec<Inline>>>,
}

#[derive(Default)]
enum Kind {
    #[default]
    Root,
    /// A container that is left out: its content belongs to the one around it.
    Through,
    Paragraph,
    Heading(u8),
    Quote,
    Code(String),
    List(Option<u64>),
    Entry,
    Table(Vec<Option<bool>>),
    Head,
    Row,
    Cell,
    Strong,
    Emphasis,
    Struck,
    /// `None`: it leads nowhere.
    Link(Option<String>),
    /// With the address of the picture.
    Picture(Option<String>),
}

/// The text as blocks.
pub fn blocks_of(text: &str) -> Vec<Block> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut open = vec![Open::default()];
    for event in Parser::new_ext(text, options) {
        match event {
            Event::Start(tag) => {
                let kind = if open.len() > DEPTH_MAX { Kind::Through } else { kind_of(tag) };
                open.push(Open { kind, ..Open::default() });
            }
            Event::End(_) => close(&mut open),
            Event::Text(text) => {
                let is_code = open.last().is_some_and(|top| matches!(top.kind, Kind::Code(_) | Kind::Link(_)));
                if is_code { put(&mut open, Inline::Text(text.into_string())) } else { put_text(&mut open, &text) }
            }
            Event::Html(text) | Event::InlineHtml(text) | Event::FootnoteReference(text) => {
                put(&mut open, Inline::Text(text.into_string()));
            }
            Event::Code(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
                put(&mut open, Inline::Code(text.into_string()));
            }
            Event::SoftBreak => put(&mut open, Inline::Text(" ".to_owned())),
            Event::HardBreak => put(&mut open, Inline::Break),
            Event::Rule => put_block(&mut open, Block::Rule),
            Event::TaskListMarker(is_done) => put(&mut open, Inline::Task { is_done }),
        }
    }
    while open.len() > 1 {
        close(&mut open);
    }
    open.pop()
        .map(|mut root| {
            root.flush();
            root.blocks
        })
        .unwrap_or_default()
}

fn kind_of(tag: Tag<'_>) -> Kind {
    match tag {
        Tag::Paragraph | Tag::HtmlBlock => Kind::Paragraph,
        Tag::Heading { level, .. } => Kind::Heading(match level {
            HeadingLevel::H1 => 1,
            HeadingLevel::H2 => 2,
            HeadingLevel::H3 => 3,
            HeadingLevel::H4 => 4,
            HeadingLevel::H5 => 5,
            HeadingLevel::H6 => 6,
        }),
        Tag::BlockQuote(_) => Kind::Quote,
        Tag::CodeBlock(CodeBlockKind::Fenced(language)) => Kind::Code(language.into_string()),
        Tag::CodeBlock(CodeBlockKind::Indented) => Kind::Code(String::new()),
        Tag::List(start) => Kind::List(start),
        Tag::Item => Kind::Entry,
        Tag::Table(aligns) => Kind::Table(
            aligns
                .into_iter()
                .map(|align| match align {
                    Alignment::Center => None,
                    Alignment::Right => Some(true),
                    Alignment::Left | Alignment::None => Some(false),
                })
                .collect(),
        ),
        Tag::TableHead => Kind::Head,
        Tag::TableRow => Kind::Row,
        Tag::TableCell => Kind::Cell,
        Tag::Strong => Kind::Strong,
        Tag::Emphasis => Kind::Emphasis,
        Tag::Strikethrough => Kind::Struck,
        Tag::Link { dest_url, .. } => Kind::Link(safe_href(&dest_url).map(str::to_owned)),
        Tag::Image { dest_url, .. } => Kind::Picture(safe_href(&dest_url).map(str::to_owned)),
        _ => Kind::Through,
    }
}

fn put(open: &mut [Open], inline: Inline) {
    let Some(top) = open.last_mut() else { return };
    match (top.inlines.last_mut(), inline) {
        (Some(Inline::Text(before)), Inline::Text(text)) => before.push_str(&text),
        (_, inline) => top.inlines.push(inline),
    }
}

/// Text in which an address that stands by itself is a link.
fn put_text(open: &mut [Open], text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find("http://").into_iter().chain(rest.find("https://")).min() {
        let (before, tail) = rest.split_at(at);
        let is_word_start = !before.ends_with(|c: char| c.is_ascii_alphanumeric());
        let end = tail.find(|c: char| c.is_whitespace() || "<>\"'()[]".contains(c)).unwrap_or(tail.len());
        let address = tail.get(..end).unwrap_or_default().trim_end_matches(['.', ',', ';', ':', '!', '?']);
        let (address, after) = (address, tail.get(address.len()..).unwrap_or_default());
        put(open, Inline::Text(before.to_owned()));
        match safe_href(address).filter(|address| is_word_start && address.len() > 8) {
            Some(href) => {
                let content = vec![Inline::Text(address.to_owned())];
                put(open, Inline::Link { href: href.to_owned(), content });
            }
            None => put(open, Inline::Text(address.to_owned())),
        }
        rest = after;
        if address.is_empty() {
            break;
        }
    }
    if !rest.is_empty() {
        put(open, Inline::Text(rest.to_owned()));
    }
}

fn put_block(open: &mut [Open], block: Block) {
    if let Some(top) = open.last_mut() {
        top.flush();
        top.blocks.push(block);
    }
}

impl Open {
    /// What was read between blocks becomes one.
    fn flush(&mut self) {
        if !self.inlines.is_empty() {
            let inlines = std::mem::take(&mut self.inlines);
            self.blocks.push(Block::Plain(inlines));
        }
    }
}

/// The innermost container is complete: it goes into the one around it.
fn close(open: &mut Vec<Open>) {
    if open.len() < 2 {
        return;
    }
    let Some(mut done) = open.pop() else { return };
    let inlines = std::mem::take(&mut done.inlines);
    match done.kind {
        Kind::Root => {}
        Kind::Through => {
            for block in done.blocks {
                put_block(open, block);
            }
            for inline in inlines {
                put(open, inline);
            }
        }
        Kind::Paragraph => put_block(open, Block::Paragraph(inlines)),
        Kind::Heading(level) => put_block(open, Block::Heading(level, inlines)),
        Kind::Quote => {
            done.inlines = inlines;
            done.flush();
            put_block(open, Block::Quote(done.blocks));
        }
        Kind::Code(language) => {
            let text = inlines.into_iter().map(|inline| match inline {
                Inline::Text(text) => text,
                _ => String::new(),
            });
            put_block(open, Block::Code { language, text: text.collect() });
        }
        Kind::List(start) => put_block(open, Block::List { start, entries: done.entries }),
        Kind::Entry => {
            done.inlines = inlines;
            done.flush();
            if let Some(list) = open.last_mut() {
                list.entries.push(done.blocks);
            }
        }
        Kind::Table(aligns) => put_block(open, Block::Table { aligns, head: done.head, rows: done.rows }),
        Kind::Head => {
            if let Some(table) = open.last_mut() {
                table.head = done.cells;
            }
        }
        Kind::Row => {
            if let Some(table) = open.last_mut() {
                table.rows.push(done.cells);
            }
        }
        Kind::Cell => {
            if let Some(row) = open.last_mut() {
                row.cells.push(inlines);
            }
        }
        Kind::Strong => put(open, Inline::Strong(inlines)),
        Kind::Emphasis => put(open, Inline::Emphasis(inlines)),
        Kind::Struck => put(open, Inline::Struck(inlines)),
        Kind::Link(href) => put_link(open, href, inlines),
        Kind::Picture(href) => {
            let named = if inlines.is_empty() { vec![Inline::Text("picture".to_owned())] } else { inlines };
            put_link(open, href, named);
        }
    }
}

/// A link inside of a link is its text.
fn put_link(open: &mut [Open], href: Option<String>, content: Vec<Inline>) {
    let is_inside = open.iter().any(|around| matches!(around.kind, Kind::Link(_)));
    match href.filter(|_| !is_inside) {
        Some(href) => put(open, Inline::Link { href, content }),
        None => {
            for inline in content {
                put(open, inline);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inlines(list: &[Inline]) -> String {
        list.iter()
            .map(|inline| match inline {
                Inline::Text(text) => text.clone(),
                Inline::Code(text) => format!("`{text}`"),
                Inline::Strong(inside) => format!("<b {}>", inlines(inside)),
                Inline::Emphasis(inside) => format!("<i {}>", inlines(inside)),
                Inline::Struck(inside) => format!("<s {}>", inlines(inside)),
                Inline::Link { href, content } => format!("<a {href} {}>", inlines(content)),
                Inline::Task { is_done } => if *is_done { "[x]" } else { "[ ]" }.to_owned(),
                Inline::Break => "/".to_owned(),
            })
            .collect()
    }

    fn drawn(list: &[Block]) -> String {
        let one = |block: &Block| match block {
            Block::Heading(level, inside) => format!("h{level}({})", inlines(inside)),
            Block::Paragraph(inside) => format!("p({})", inlines(inside)),
            Block::Plain(inside) => inlines(inside),
            Block::List { start, entries } => {
                let entries: Vec<String> = entries.iter().map(|entry| drawn(entry)).collect();
                format!("list{}({})", start.map_or(String::new(), |n| n.to_string()), entries.join("; "))
            }
            Block::Quote(inside) => format!("quote({})", drawn(inside)),
            Block::Code { language, text } => format!("code {language}({text})"),
            Block::Table { aligns, head, rows } => {
                let line =
                    |cells: &Vec<Vec<Inline>>| cells.iter().map(|cell| inlines(cell)).collect::<Vec<_>>().join("|");
                let rows: Vec<String> = rows.iter().map(line).collect();
                format!("table{aligns:?}({} / {})", line(head), rows.join(" / "))
            }
            Block::Rule => "rule".to_owned(),
        };
        list.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    fn check(text: &str, expect: &str) {
        assert_eq!(drawn(&blocks_of(text)), expect, "{text}");
    }

    #[test]
    fn what_people_write() {
        check(
            "# Title\n\nSome **bold**, *soft*, ~~gone~~ and `code`.",
            "h1(Title) p(Some <b bold>, <i soft>, <s gone> and `code`.)",
        );
        check("- a\n- b\n  1. c\n  2. d", "list(a; b list1(c; d))");
        check("3. x\n\n   y\n4. z", "list3(p(x) p(y); p(z))");
        check("> quoted\n> more", "quote(p(quoted more))");
        check("```sh\nls <b>\n```\n---", "code sh(ls <b>\n) rule");
        check("|a|b|\n|:-:|-:|\n|1|2|", "table[None, Some(true)](a|b / 1|2)");
        check("- [x] done\n- [ ] open", "list([x]done; [ ]open)");
        check("one  \ntwo", "p(one/two)");
        check(
            "[docs](https://a.test/x) and [here](d/agents?from=1)",
            "p(<a https://a.test/x docs> and <a d/agents?from=1 here>)",
        );
        check(
            "see https://a.test/b. (http://c.test)",
            "p(see <a https://a.test/b https://a.test/b>. (<a http://c.test http://c.test>))",
        );
        check("", "");
    }

    #[test]
    fn nothing_runs() {
        check("<script>alert(1)</script>", "p(<script>alert(1)</script>)");
        check("a <img src=x onerror=alert(1)> b", "p(a <img src=x onerror=alert(1)> b)");
        check("[x](javascript:alert(1))", "p(x)");
        check("[x](&#106;avascript:alert(1))", "p(x)");
        check("[x](  JAVASCRIPT:alert(1))", "p(x)");
        check("<javascript:alert(1)>", "p(javascript:alert(1))");
        check("[x](data:text/html;base64,PHNjcmlwdD4=)", "p(x)");
        check("![cat](https://a.test/cat.png)", "p(<a https://a.test/cat.png cat>)");
        check("![](javascript:x)", "p(picture)");
        check("[![p](https://a.test/p)](https://b.test)", "p(<a https://b.test p>)");
        check("[x]: javascript:alert(1)\n\n[x]", "p(x)");
        check("hxxps://a xhttps://b.test/long", "p(hxxps://a xhttps://b.test/long)");
    }

    #[test]
    fn depth_is_bounded_and_nothing_is_lost() {
        fn depth(list: &[Block]) -> usize {
            list.iter()
                .map(|block| match block {
                    Block::Quote(inside) => 1 + depth(inside),
                    Block::List { entries, .. } => 1 + entries.iter().map(|entry| depth(entry)).max().unwrap_or(0),
                    _ => 1,
                })
                .max()
                .unwrap_or(0)
        }
        let text = format!("{} inner", ">".repeat(5_000));
        let blocks = blocks_of(&text);
        assert!(depth(&blocks) <= DEPTH_MAX + 2, "{}", depth(&blocks));
        assert!(drawn(&blocks).contains("inner"));
        let emphasis = format!("{}x{}", "*_".repeat(500), "_*".repeat(500));
        assert!(drawn(&blocks_of(&emphasis)).contains('x'));
    }
}
