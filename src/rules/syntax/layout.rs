//! What is said of a file whose layout is broken, in words for people who do not know YAML.

use std::sync::LazyLock;

use granit_parser::{ErrorKind, ScanError};

use super::{FileId, Findings, Message, Span, code, say, yaml::is_depth};

/// The place of a byte of a text, one character wide; `skipped` bytes stand before the text in its file.
pub(super) fn place(text: &str, byte: usize, file: FileId, skipped: usize) -> Span {
    let byte = floor_char_boundary(text, byte);
    let before = text.get(..byte).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
    let line = before.bytes().filter(|&b| b == b'\n').count() + 1;
    let width = text
        .get(byte..)
        .and_then(|rest| rest.chars().next())
        .map_or(0, char::len_utf8);
    Span {
        file,
        start: byte + skipped,
        end: byte + skipped + width,
        line: u32::try_from(line).unwrap_or(u32::MAX),
        column: u32::try_from(column).unwrap_or(u32::MAX),
    }
}

fn floor_char_boundary(text: &str, byte: usize) -> usize {
    let byte = byte.min(text.len());
    (0..=byte)
        .rev()
        .find(|&at| text.is_char_boundary(at))
        .unwrap_or(0)
}

fn brackets() -> Message {
    say!("each `[` needs a `]`, each `{` a `}`; entries in between are separated by `, `")
}

type Explained = (Vec<ErrorKind>, Message, Message);

static EXPLAINED: LazyLock<[Explained; 9]> = LazyLock::new(|| {
    use ErrorKind as K;
    [
        (
            vec![
                K::MappingValueNotAllowed,
                K::InvalidColonPlacement,
                K::MappingKeyNotAllowed,
                K::InvalidSimpleKey,
            ],
            say!("a `: ` cannot stand here"),
            say!(
                "a text with `: ` in it goes in quotes; a new key goes on its own line, indented like its neighbours"
            ),
        ),
        (
            vec![
                K::UnclosedQuotedScalar,
                K::DocumentIndicatorInQuotedScalar,
                K::InvalidQuotedScalarIndent,
            ],
            say!("a quote is opened here or above and never closed"),
            say!("close it with the same sign on the same line; inside '…' an apostrophe is written twice"),
        ),
        (
            vec![
                K::InvalidTrailingSingleQuotedScalar,
                K::InvalidTrailingDoubleQuotedScalar,
            ],
            say!("there is more text after the closing quote"),
            say!("put the whole value in quotes, or none of it; inside '…' an apostrophe is written twice"),
        ),
        (
            vec![
                K::ExpectedFlowSequenceSeparator,
                K::ExpectedFlowMappingSeparator,
                K::UnexpectedEofFlowSequence,
                K::UnexpectedEofFlowMapping,
                K::MisplacedFlowCollectionEnd,
                K::InvalidFlowScalarIndent,
            ],
            say!("a bracket is missing, or a comma between two entries"),
            brackets(),
        ),
        (
            vec![
                K::InvalidIndentation,
                K::ExpectedBlockMappingKey,
                K::ExpectedBlockSequenceEntry,
                K::UnexpectedEofBlockMapping,
                K::UnexpectedEofBlockSequence,
                K::BlockSequenceEntryNotAllowed,
            ],
            say!("this line is not indented like the lines it belongs to"),
            say!(
                "begin keys of one map in the same column, with a colon after each key; the dashes of one list likewise"
            ),
        ),
        (
            vec![K::SimpleKeyExpected],
            say!("a key without its colon"),
            say!("write `key: value`, with a blank after the colon"),
        ),
        (
            vec![K::DirectiveDisallowed],
            say!("a line cannot begin with `%`"),
            say!("put the text in quotes; directives are not part of the rule language"),
        ),
        (
            vec![
                K::MissingAnchorOrAliasName,
                K::InvalidGlobalTagCharacter,
                K::ExpectedNodeContent,
            ],
            say!("a value cannot begin with this sign"),
            say!("put the whole value in quotes"),
        ),
        (
            vec![
                K::UnknownQuotedScalarEscape,
                K::InvalidQuotedScalarHexEscape,
                K::InvalidUnicodeEscape,
            ],
            say!("this sequence with `\\` means nothing"),
            say!("use '…' in place of \"…\", or write the backslash twice"),
        ),
    ]
});

/// Reports what stopped the parser in `text`, before which `skipped` bytes stand in the file.
pub(super) fn report(
    error: &ScanError,
    text: &str,
    file: FileId,
    skipped: usize,
    findings: &mut Findings<'_>,
) {
    let kind = error.kind();
    let byte = error.marker().byte_offset().unwrap_or(text.len());
    let at = place(text, byte, file, skipped);
    if is_depth(kind) {
        findings
            .error(code::TOO_DEEP, at, say!("this is nested too deeply"))
            .help(say!("maps and lists may nest at most 32 deep"));
        return;
    }
    if let ErrorKind::UnexpectedCharacter { character } = kind {
        findings
            .error(
                code::LAYOUT,
                at,
                say!("a value cannot begin with `{}`", character),
            )
            .help(say!("put the whole value in quotes"));
        return;
    }
    if let Some(open) = open_bracket(text, byte) {
        findings
            .error(
                code::LAYOUT,
                place(text, open, file, skipped),
                say!("this bracket is never closed"),
            )
            .help(brackets());
        return;
    }
    let flow = matches!(
        kind,
        ErrorKind::UnclosedFlowCollection { .. } | ErrorKind::MismatchedFlowCollectionEnd { .. }
    );
    let known = EXPLAINED.iter().find(|(kinds, ..)| {
        kinds.contains(kind) || (flow && kinds.contains(&ErrorKind::MisplacedFlowCollectionEnd))
    });
    match known {
        Some((_, message, help)) => findings
            .error(code::LAYOUT, at, message.clone())
            .help(help.clone()),
        None => findings
            .error(code::LAYOUT, at, say!("the layout is broken here"))
            .help(say!(
                "look at the quotes, brackets and indentation of this line and the one above"
            )),
    };
}

/// The bracket that a line above the failing one leaves open, if the line holds no quotes that could hide one.
fn open_bracket(text: &str, failed_at: usize) -> Option<usize> {
    let before = text.get(..floor_char_boundary(text, failed_at))?;
    let above = before.get(..before.rfind('\n')?)?.trim_end();
    let start = above.rfind('\n').map_or(0, |at| at + 1);
    let line = above.get(start..)?;
    if line.contains(['"', '\'', '#']) {
        return None;
    }
    let mut open = Vec::new();
    for (at, c) in line.char_indices() {
        match c {
            '[' | '{' => open.push(at),
            ']' | '}' => drop(open.pop()),
            _ => {}
        }
    }
    open.last().map(|at| start + at)
}
