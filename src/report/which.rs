//! What names stand for, as people and programs read it.

use anstyle::{AnsiColor, Effects, Style};
use anyhow::{Context, Result};

use super::human::line;
use super::sanitize;
use crate::which::Answer;

const FOUND: Style = AnsiColor::Green.on_default();
const NONE: Style = AnsiColor::Yellow.on_default();
const DIM: Style = Style::new().effects(Effects::DIMMED);

/// A column grows no wider than this.
const MOST_WIDE: usize = 40;

/// A line for each answer: name, attribute, kind; what else there is to know below.
pub fn which(answers: &[Answer]) -> String {
    let width = |text: fn(&Answer) -> &str| {
        let widths = answers.iter().map(|answer| sanitize(text(answer)).chars().count());
        widths.filter(|width| *width <= MOST_WIDE).max().unwrap_or_default()
    };
    let (name, attribute) = (width(|answer| &answer.query), width(shown));
    let mut out = String::new();
    for answer in answers {
        let style = if answer.attribute.is_some() { FOUND } else { NONE };
        let kind = answer.kind.map_or_else(|| "not known".to_owned(), |kind| kind.to_string());
        line(
            &mut out,
            format_args!(
                "{:name$}  {style}{:attribute$}{style:#}  {kind}",
                sanitize(&answer.query),
                sanitize(shown(answer))
            ),
        );
        if !answer.alternatives.is_empty() {
            let paths = answer.alternatives.join(", ");
            let what = if answer.is_located() { "also in" } else { "in other releases" };
            line(&mut out, format_args!("    {DIM}{what}: {}{DIM:#}", sanitize(&paths)));
        }
        if let Some(note) = &answer.note {
            line(&mut out, format_args!("    {}", sanitize(note)));
        }
    }
    out
}

fn shown(answer: &Answer) -> &str {
    answer.attribute.as_deref().unwrap_or("none")
}

/// The answers as JSON.
///
/// # Errors
/// None that can be met: they are plain data.
pub fn which_json(answers: &[Answer]) -> Result<String> {
    let mut text = serde_json::to_string_pretty(answers).context("could not write JSON")?;
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::which::answers;

    #[test]
    fn a_line_for_each_name_and_what_to_know_below() {
        let found: Vec<Answer> =
            ["libz.so.1", "libX11.so.6", "x\u{1b}y"].iter().flat_map(|name| answers(name, None)).collect();
        let text = anstream::adapter::strip_str(&which(&found)).to_string();
        assert_eq!(
            text,
            "libz.so.1    zlib    soname\n\
             libX11.so.6  libx11  soname\n    in other releases: xorg.libX11\n\
             x\\u{1b}y     none    not known\n"
        );
    }
}
