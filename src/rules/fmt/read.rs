//! From text to what a layout is made of: nodes in the style of their author, and the comments between them.

use std::ops::Range;

use granit_parser::{Event, Options, Parser, ScalarStyle, Span, StructureStyle};

/// A file as its author laid it out.
#[derive(Debug)]
pub(super) struct Document<'t> {
    /// Its one node.
    pub(super) root: Value<'t>,
    /// Comments below everything else.
    pub(super) foot: Vec<Comment<'t>>,
}

/// A node.
#[derive(Debug)]
pub(super) enum Value<'t> {
    /// One text.
    Text(Text),
    /// `{…}` or `[…]`
    Flow(Flow<'t>),
    /// Entries or items, one below the other.
    Block(Vec<Item<'t>>),
}

/// A text and how it was written.
#[derive(Debug, Clone)]
pub(super) struct Text {
    pub(super) text: String,
    pub(super) style: ScalarStyle,
}

/// What stands in brackets: entries of a map have keys, items of a list have none.
#[derive(Debug)]
pub(super) struct Flow<'t> {
    pub(super) brackets: (char, char),
    pub(super) items: Vec<(Option<Text>, Value<'t>)>,
    /// As it was written.
    pub(super) source: &'t str,
    /// Whether comments stand in it; then it stays as it was written.
    pub(super) is_commented: bool,
}

/// An entry of a block map, or an item of a block list.
#[derive(Debug)]
pub(super) struct Item<'t> {
    /// Its key; `None` in a list.
    pub(super) key: Option<Text>,
    pub(super) value: Value<'t>,
    /// Where it began.
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) is_after_blank: bool,
    /// The comments above it.
    pub(super) above: Vec<Comment<'t>>,
    /// The comment on its line.
    pub(super) beside: Option<Comment<'t>>,
}

/// A comment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Comment<'t> {
    /// With its `#`, without blanks at its end.
    pub(super) text: &'t str,
    pub(super) column: usize,
    pub(super) is_after_blank: bool,
    line: usize,
    start: usize,
    is_alone: bool,
}

/// The layout of a text; `None` where it is none that this room knows.
pub(super) fn document(text: &str) -> Option<Document<'_>> {
    let (events, comments) = events(text)?;
    let mut reader = Reader {
        events: events.into_iter(),
        text,
        comments: &comments,
        flows: Vec::new(),
    };
    let first = reader.events.next()?;
    let mut root = reader.value(first)?;
    let flows = reader.flows;
    let outside = |comment: &&Comment<'_>| flows.iter().all(|flow| !flow.contains(&comment.start));
    let comments: Vec<Comment<'_>> = comments.iter().filter(outside).copied().collect();
    let foot = attach(&mut root, &comments);
    Some(Document { root, foot })
}

/// The comments of a text, in order, without their places.
pub(super) fn comments(text: &str) -> Option<Vec<String>> {
    let (_, comments) = events(text)?;
    Some(comments.iter().map(|comment| comment.text.to_owned()).collect())
}

type Events<'t> = Vec<(Event<'t>, Span)>;

/// The nodes of a text, and its comments.
fn events(text: &str) -> Option<(Events<'_>, Vec<Comment<'_>>)> {
    let lines: Vec<&str> = text.lines().collect();
    let options: Options = granit_parser::options! { emit_comments: true };
    let (mut nodes, mut comments) = (Vec::new(), Vec::new());
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.ok()?;
        if matches!(event, Event::Comment(..)) {
            comments.push(comment(text, &lines, &span)?);
        } else if is_of_a_node(&event) {
            nodes.push((event, span));
        }
    }
    comments.sort_by_key(|comment| comment.start);
    Some((nodes, comments))
}

const fn is_of_a_node(event: &Event<'_>) -> bool {
    matches!(
        event,
        Event::Scalar(..)
            | Event::SequenceStart(..)
            | Event::SequenceEnd
            | Event::MappingStart(..)
            | Event::MappingEnd
    )
}

fn comment<'t>(text: &'t str, lines: &[&str], span: &Span) -> Option<Comment<'t>> {
    let range = span.byte_range()?;
    let (line, column) = (span.start.line(), span.start.col());
    let before = lines.get(line - 1)?.chars().take(column);
    Some(Comment {
        text: text.get(range.clone())?.trim_end(),
        column,
        is_after_blank: is_blank(lines, line),
        line,
        start: range.start,
        // Beside a dash alone there is nothing yet that it could be beside.
        is_alone: before.into_iter().all(|c| c == ' ' || c == '-'),
    })
}

/// Whether the line above this one, counted from 1, is blank.
fn is_blank(lines: &[&str], line: usize) -> bool {
    line.checked_sub(2)
        .and_then(|above| lines.get(above))
        .is_some_and(|above| above.trim().is_empty())
}

struct Reader<'t, 'c> {
    events: std::vec::IntoIter<(Event<'t>, Span)>,
    text: &'t str,
    comments: &'c [Comment<'t>],
    flows: Vec<Range<usize>>,
}

impl<'t> Reader<'t, '_> {
    fn value(&mut self, (event, span): (Event<'t>, Span)) -> Option<Value<'t>> {
        if let Event::Scalar(text, style, ..) = event {
            return Some(Value::Text(written(&text, style, &span)));
        }
        if let Event::MappingStart(style, ..) = event {
            return match style {
                StructureStyle::Flow => self.flow(('{', '}'), &span),
                StructureStyle::Block => self.entries(),
            };
        }
        if let Event::SequenceStart(style, ..) = event {
            return match style {
                StructureStyle::Flow => self.flow(('[', ']'), &span),
                StructureStyle::Block => self.list(),
            };
        }
        None
    }

    fn flow(&mut self, brackets: (char, char), start: &Span) -> Option<Value<'t>> {
        let mut items = Vec::new();
        let end = loop {
            let next = self.events.next()?;
            if matches!(next.0, Event::MappingEnd | Event::SequenceEnd) {
                break next.1;
            }
            let (key, value) = if brackets.0 == '{' {
                (Some(key(&next)?), self.events.next()?)
            } else {
                (None, next)
            };
            items.push((key, self.value(value)?));
        };
        let range = start.byte_range()?.start..end.byte_range()?.end;
        let is_commented = self.comments.iter().any(|comment| range.contains(&comment.start));
        self.flows.push(range.clone());
        let source = self.text.get(range)?;
        Some(Value::Flow(Flow {
            brackets,
            items,
            source,
            is_commented,
        }))
    }

    fn entries(&mut self) -> Option<Value<'t>> {
        let mut items = Vec::new();
        loop {
            let next = self.events.next()?;
            if matches!(next.0, Event::MappingEnd) {
                return Some(Value::Block(items));
            }
            let key = key(&next)?;
            let value = self.events.next()?;
            let value = self.value(value)?;
            items.push(self.item(Some(key), value, &next.1));
        }
    }

    fn list(&mut self) -> Option<Value<'t>> {
        let mut items = Vec::new();
        loop {
            let next = self.events.next()?;
            if matches!(next.0, Event::SequenceEnd) {
                return Some(Value::Block(items));
            }
            let span = next.1;
            let value = self.value(next)?;
            items.push(self.item(None, value, &span));
        }
    }

    fn item(&self, key: Option<Text>, value: Value<'t>, at: &Span) -> Item<'t> {
        let line = at.start.line();
        let column = match key {
            Some(_) => at.start.col(),
            None => self.dash(line, at.start.col()),
        };
        let above = self.text.lines().nth(line.saturating_sub(2));
        Item {
            key,
            value,
            line,
            column,
            is_after_blank: line > 1 && above.is_some_and(|above| above.trim().is_empty()),
            above: Vec::new(),
            beside: None,
        }
    }
}

impl Reader<'_, '_> {
    /// The column of the dash before an item.
    fn dash(&self, line: usize, column: usize) -> usize {
        let before = self.text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
        let before: Vec<char> = before.chars().take(column).collect();
        before
            .iter()
            .rposition(|c| *c == '-')
            .unwrap_or(column.saturating_sub(2))
    }
}

fn key(event: &(Event<'_>, Span)) -> Option<Text> {
    if let (Event::Scalar(text, style, ..), span) = event {
        return Some(written(text, *style, span));
    }
    None
}

/// An empty value comes as `~`; what was not written is empty here.
fn written(text: &str, style: ScalarStyle, span: &Span) -> Text {
    let is_absent = span.byte_range().is_some_and(|range| range.is_empty());
    Text {
        text: if is_absent { String::new() } else { text.to_owned() },
        style,
    }
}

/// Gives each comment to the item above or beside which it stands; what stands below all of them is left.
fn attach<'t>(root: &mut Value<'t>, comments: &[Comment<'t>]) -> Vec<Comment<'t>> {
    let mut lines = Vec::new();
    each_item(root, &mut |item| lines.push(item.line));
    let (mut above, mut beside, mut foot) = (Vec::new(), Vec::new(), Vec::new());
    for comment in comments {
        let next = lines.iter().position(|line| *line > comment.line);
        let last = lines.iter().rposition(|line| *line <= comment.line);
        match (comment.is_alone, next, last) {
            (false, _, Some(at)) => beside.push((at, *comment)),
            (_, Some(at), _) => above.push((at, *comment)),
            (_, None, _) => foot.push(*comment),
        }
    }
    let mut at = 0;
    each_item(root, &mut |item| {
        let of = |of: &[(usize, Comment<'t>)]| -> Vec<Comment<'t>> {
            of.iter()
                .filter(|(owner, _)| *owner == at)
                .map(|(_, comment)| *comment)
                .collect()
        };
        item.above = of(&above);
        let mut next_to = of(&beside);
        // One line has room for one comment; the others go above it.
        item.beside = next_to.pop();
        item.above.append(&mut next_to);
        at += 1;
    });
    foot
}

/// Every item, each before those in it.
fn each_item<'t>(value: &mut Value<'t>, see: &mut impl FnMut(&mut Item<'t>)) {
    if let Value::Block(items) = value {
        for item in items {
            see(item);
            each_item(&mut item.value, see);
        }
    }
}
