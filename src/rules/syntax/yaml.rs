//! From the bytes of a YAML file to a tree in which every node knows its place.
//!
//! Only a subset is read: one document of maps, lists and texts. What a reader could not see (anchors, tags, merge
//! keys, types guessed from the look of a word) does not exist here, so `NO` is Norway and `1.80` keeps its nought.

use std::collections::{HashMap, hash_map::Entry};

use granit_parser::{ErrorKind, Event, Marker, Parser, ScanError, StrInput};

use super::{
    FileId, Findings, Message, Source, Span, Spanned,
    ast::{Node, Tree},
    code, layout, say,
};

/// The largest file, in MiB.
const MAX_MIB: usize = 1;
/// The deepest map or list.
const MAX_DEPTH: usize = 32;

/// Reads one file. `None` when it holds no tree worth walking: every reason is among the findings.
pub(in crate::rules) fn read(file: FileId, source: &Source, findings: &mut Findings<'_>) -> Option<Node> {
    let (text, skipped) = text_of(file, &source.bytes, MAX_MIB, findings)?;
    if report_tabs(file, text, skipped, findings) {
        return None;
    }
    let options = granit_parser::options! {
        emit_comments: false,
        emit_anchor_events: true,
        emit_unresolved_aliases: true,
        disallow_directives: true,
        block_nesting_limit: MAX_DEPTH,
        flow_nesting_limit: MAX_DEPTH,
    };
    let mut builder = Builder {
        events: Parser::new_from_str_with_options(text, options),
        text,
        place: Place { file, skipped },
        findings,
        whole: Whole::Yes,
    };
    let read = builder.document();
    let whole = builder.whole;
    match read {
        Ok(node) if whole == Whole::Yes => node,
        Ok(_) => None,
        Err(error) => {
            layout::report(&error, text, file, skipped, findings);
            None
        }
    }
}

/// The text of a file of at most `max_mib` without its byte-order mark, and how many bytes that mark has.
pub(super) fn text_of<'t>(
    file: FileId,
    bytes: &'t [u8],
    max_mib: usize,
    findings: &mut Findings<'_>,
) -> Option<(&'t str, usize)> {
    if bytes.len() > max_mib << 20 {
        findings
            .error(
                code::TOO_LARGE,
                Span::start_of(file),
                say!("the file holds {} bytes", bytes.len()),
            )
            .help(say!("it may hold at most {} MiB: split it", max_mib));
        return None;
    }
    let skipped = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    match std::str::from_utf8(bytes) {
        Ok(text) => Some((text.get(skipped..)?, skipped)),
        Err(error) => {
            let before = std::str::from_utf8(bytes.get(..error.valid_up_to())?).unwrap_or_default();
            let at = layout::place(before, before.len(), file, 0);
            findings
                .error(
                    code::NOT_UTF8,
                    Span {
                        end: at.start + 1,
                        ..at
                    },
                    say!("the file is not written in UTF-8 from here on"),
                )
                .help(say!(
                    "save it again with the encoding UTF-8 (in Excel: \"CSV UTF-8\")"
                ));
            None
        }
    }
}

fn report_tabs(file: FileId, text: &str, skipped: usize, findings: &mut Findings<'_>) -> bool {
    let Some(first) = text.find('\t') else {
        return false;
    };
    let more = text.lines().filter(|line| line.contains('\t')).count() - 1;
    let message = match more {
        0 => say!("there is a tab here"),
        1 => say!("there is a tab here, and on one more line"),
        more => say!("there is a tab here, and on {} more lines", more),
    };
    let at = layout::place(text, first, file, skipped);
    findings
        .error(
            code::TAB,
            Span {
                end: at.start + 1,
                ..at
            },
            message,
        )
        .help(say!(
            "put spaces in its place; most editors can do so in the whole file at once"
        ));
    true
}

/// Whether the tree says all that the file says, so that walking it finds no false faults.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whole {
    Yes,
    No,
}

#[derive(Clone, Copy)]
struct Place {
    file: FileId,
    skipped: usize,
}

struct Builder<'t, 'f, 's> {
    events: Parser<'t, StrInput<'t>>,
    text: &'t str,
    place: Place,
    findings: &'f mut Findings<'s>,
    whole: Whole,
}

/// What the next event means to a tree.
enum Step {
    Scalar(String, Span),
    List(Span),
    Map(Span),
    End(Span),
    Document(Span),
    Finished(Span),
}

type Read<T> = Result<T, ScanError>;

impl<'t> Builder<'t, '_, '_> {
    fn document(&mut self) -> Read<Option<Node>> {
        let mut root = None;
        let mut documents = 0;
        loop {
            match self.step()? {
                Step::Document(at) if documents == 1 => {
                    self.findings
                        .error(code::DOCUMENTS, at, say!("a second document begins here"))
                        .help(say!(
                            "a file holds one document: take the line `---` out, or make two files"
                        ));
                    return Ok(root);
                }
                Step::Document(_) => documents += 1,
                Step::Finished(_) => return Ok(root),
                Step::End(_) => {}
                step @ (Step::Scalar(..) | Step::List(_) | Step::Map(_)) => root = Some(self.node(step)?),
            }
        }
    }

    fn node(&mut self, step: Step) -> Read<Node> {
        match step {
            Step::Scalar(text, span) => Ok(Node {
                value: Tree::Scalar(text),
                span,
            }),
            Step::List(span) => self.list(span),
            Step::Map(span) => self.map(span),
            Step::End(span) | Step::Finished(span) | Step::Document(span) => Ok(Node {
                value: Tree::Scalar(String::new()),
                span,
            }),
        }
    }

    fn list(&mut self, start: Span) -> Read<Node> {
        let mut items: Vec<Node> = Vec::new();
        loop {
            let step = self.step()?;
            if let Step::End(end) | Step::Finished(end) = step {
                let last = items.last().map_or(end, |last| last.span);
                let span = start.to(if end.is_empty() { last } else { end });
                return Ok(Node {
                    value: Tree::List(items),
                    span,
                });
            }
            items.push(self.node(step)?);
        }
    }

    fn map(&mut self, start: Span) -> Read<Node> {
        let mut entries: Vec<(Spanned<String>, Node)> = Vec::new();
        let mut seen: HashMap<String, Span> = HashMap::new();
        let mut end_of_last = start;
        loop {
            let key = match self.step()? {
                Step::End(end) | Step::Finished(end) => {
                    let by_entry = end.is_empty() && !entries.is_empty();
                    let last = if by_entry { end_of_last } else { end };
                    return Ok(Node {
                        value: Tree::Map(entries),
                        span: start.to(last),
                    });
                }
                Step::Scalar(text, span) => Spanned::new(text, span),
                step @ (Step::List(_) | Step::Map(_) | Step::Document(_)) => self.strange_key(step)?,
            };
            let value = self.step()?;
            let mut value = self.node(value)?;
            if value.span.is_empty() {
                // Nothing was written: what is said of it points at its key.
                value.span = key.span;
                if let Some((_, before)) = entries.last_mut()
                    && self.joins(before, &key)
                {
                    continue;
                }
            }
            end_of_last = value.span.to(key.span);
            if self.admits(&key, &mut seen) {
                entries.push((key, value));
            }
        }
    }

    /// Whether a decimal comma in a `{…}` split a number in two: `{at_most: 1,80 EUR}`. It is reported and read as
    /// it was meant, so that nothing else is said of its halves.
    fn joins(&mut self, before: &mut Node, key: &Spanned<String>) -> bool {
        let Tree::Scalar(whole) = &before.value else {
            return false;
        };
        let split = before.span.end + 1 == key.span.start
            && whole.ends_with(|c: char| c.is_ascii_digit())
            && key.value.starts_with(|c: char| c.is_ascii_digit());
        if split {
            let at = before.span.to(key.span);
            if !whole.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '+') {
                // Not a number alone: whoever reads it as a price says more than could be said here.
                let joined = format!("{whole},{}", key.value);
                *before = Node {
                    value: Tree::Scalar(joined),
                    span: at,
                };
                return true;
            }
            // Before a decimal comma a point stands between thousands.
            let meant = format!("{}.{}", whole.replace('.', ""), key.value);
            self.findings
                .error(
                    code::MONEY,
                    at,
                    say!("`{}` has a decimal comma", self.written(at)),
                )
                .help(say!("write a point: `{}`", meant));
            *before = Node {
                value: Tree::Scalar(meant),
                span: at,
            };
        }
        split
    }

    fn strange_key(&mut self, step: Step) -> Read<Spanned<String>> {
        let node = self.node(step)?;
        self.whole = Whole::No;
        self.findings
            .error(
                code::SHAPE,
                node.span,
                say!("a key is one text, not a list or a map"),
            )
            .help(say!(
                "did a bracket go astray? put texts that begin with `[` or `{` in quotes"
            ));
        Ok(Spanned::new(String::new(), node.span))
    }

    fn admits(&mut self, key: &Spanned<String>, seen: &mut HashMap<String, Span>) -> bool {
        if key.value == "<<" {
            self.findings
                .error(
                    code::ANCHOR,
                    key.span,
                    say!("merge keys (`<<`) are not part of the rule language"),
                )
                .help(say!("write the entries out where they count"));
            return false;
        }
        match seen.entry(key.value.clone()) {
            Entry::Vacant(free) => {
                free.insert(key.span);
                true
            }
            Entry::Occupied(first) => {
                self.findings
                    .error(
                        code::DUPLICATE_KEY,
                        key.span,
                        say!("`{}` is written twice", key.value),
                    )
                    .help(say!("keep one; several values of one key are a list: `[a, b]`"))
                    .related(*first.get(), say!("first here"));
                false
            }
        }
    }

    fn step(&mut self) -> Read<Step> {
        loop {
            let Some(event) = self.events.next_event() else {
                return Ok(Step::Finished(Span::start_of(self.place.file)));
            };
            let (event, at) = event?;
            let span = self.span(&at);
            if let Some(tag) = event.tag() {
                self.report_tag(&tag.original(), &at, span);
            }
            match event {
                // An empty value comes as `~`; what was not written is empty here.
                Event::Scalar(..) if span.is_empty() => return Ok(Step::Scalar(String::new(), span)),
                Event::Scalar(text, ..) => return Ok(Step::Scalar(text.into_owned(), span)),
                Event::SequenceStart(..) => return Ok(Step::List(span)),
                Event::MappingStart(..) => return Ok(Step::Map(span)),
                Event::SequenceEnd | Event::MappingEnd => return Ok(Step::End(span)),
                Event::DocumentStart(..) => return Ok(Step::Document(span)),
                Event::StreamEnd => return Ok(Step::Finished(span)),
                Event::Alias(_) | Event::UnresolvedAlias(_) => {
                    self.report_anchor(span, &say!("aliases"));
                    self.whole = Whole::No;
                    return Ok(Step::Scalar(String::new(), span));
                }
                Event::Anchor(..) => self.report_anchor(span, &say!("anchors")),
                Event::StreamStart | Event::DocumentEnd | Event::Comment(..) => {}
                _ => {}
            }
        }
    }

    fn report_anchor(&mut self, at: Span, what: &Message) {
        let written = self.written(at);
        self.findings
            .error(
                code::ANCHOR,
                at,
                say!("{} are not part of the rule language: `{}`", what, written),
            )
            .help(say!(
                "if it is a text, put it in quotes: \"{}\"; else write the value out",
                written
            ));
    }

    fn report_tag(&mut self, tag: &str, at: &granit_parser::Span, node: Span) {
        let span = at.tag_span().map_or(node, |tag| self.span(&tag));
        self.findings
            .error(
                code::TAG,
                span,
                say!("tags are not part of the rule language: `{}`", tag),
            )
            .help(say!(
                "if it is part of a text, put the whole text in quotes; else take it out"
            ));
    }

    fn written(&self, at: Span) -> &'t str {
        let skipped = self.place.skipped;
        self.text
            .get(at.start.saturating_sub(skipped)..at.end.saturating_sub(skipped))
            .unwrap_or_default()
    }

    fn span(&self, at: &granit_parser::Span) -> Span {
        let byte = |mark: Marker| mark.byte_offset().unwrap_or_default() + self.place.skipped;
        Span {
            file: self.place.file,
            start: byte(at.start),
            end: byte(at.end).max(byte(at.start)),
            line: u32::try_from(at.start.line()).unwrap_or(u32::MAX),
            column: u32::try_from(at.start.col() + 1).unwrap_or(u32::MAX),
        }
    }
}

/// Whether an error is about depth.
pub(super) fn is_depth(kind: &ErrorKind) -> bool {
    *kind == ErrorKind::RecursionLimitExceeded
}
