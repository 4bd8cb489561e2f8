//! What a Nix file's lists hold, as people and programs read it.

use anstyle::{AnsiColor, Effects, Style};
use anyhow::{Context, Result};

use super::human::{line, listed};
use super::sanitize;
use crate::listing::{Element, Kind, Listing};

const NEEDED: Style = AnsiColor::Green.on_default();
const NOT_SEEN: Style = AnsiColor::Yellow.on_default();
const DIM: Style = Style::new().effects(Effects::DIMMED);

/// A column grows no wider than this.
const MOST_WIDE: usize = 40;

/// A line for each element, below the name of its list.
pub fn listing(listing: &Listing) -> String {
    let mut out = String::new();
    let shown = |element: &Element| short(&element.spelling);
    let widths = listing.elements.iter().map(|element| shown(element).chars().count());
    let width = widths.filter(|width| *width <= MOST_WIDE).max().unwrap_or_default();
    let digits = listing.elements.iter().map(|element| element.line.to_string().len()).max().unwrap_or(1);
    for group in listing.elements.chunk_by(|a, b| a.list == b.list) {
        let name = group.first().map(|element| element.list.as_str()).unwrap_or_default();
        line(&mut out, format_args!("{}: {}", sanitize(&listing.file), sanitize(name)));
        for element in group {
            let (style, note) = note(element, listing.venv.as_deref());
            let head = format!("  {DIM}{:digits$}{DIM:#}  ", element.line);
            match note.as_str() {
                "" => line(&mut out, format_args!("{head}{}", shown(element))),
                note => line(
                    &mut out,
                    format_args!("{head}{:width$}  {style}{}{style:#}", shown(element), sanitize(note)),
                ),
            }
        }
    }
    match &listing.venv {
        _ if listing.elements.is_empty() => {
            line(&mut out, format_args!("{}: the lists of the shell are empty", sanitize(&listing.file)));
        }
        None => line(
            &mut out,
            format_args!("\nthere is no environment yet: which of it wheels need is not known"),
        ),
        Some(_) if listing.elements.iter().any(|element| element.needed_by_wheels == Some(false)) => {
            line(
                &mut out,
                format_args!(
                    "\nwhat no wheel needs may be used all the same: by a build from source, by a program, or by \
                     a\npackage that opens it in a way that its files do not tell"
                ),
            );
        }
        Some(_) => {}
    }
    out
}

fn note(element: &Element, venv: Option<&str>) -> (Style, String) {
    match (element.kind, element.needed_by_wheels) {
        (_, Some(true)) => {
            let needs = element.needs.iter();
            let names = listed(needs.map(|need| match need.distribution.as_str() {
                "" => "files of no distribution".to_owned(),
                name => format!("{name} {}", need.version),
            }));
            (NEEDED, format!("needed by {names}"))
        }
        (_, Some(false)) => {
            (NOT_SEEN, format!("not needed by a wheel in {}", venv.unwrap_or("the environment")))
        }
        (Kind::Program, None) => (DIM, "a program".into()),
        (Kind::PythonPackage, None) => (DIM, "a Python package".into()),
        (Kind::Unknown, None) if element.attribute.is_none() => {
            (DIM, "not an attribute of nixpkgs by name".into())
        }
        (Kind::Unknown, None) => (DIM, "in no table of venvfix".into()),
        (Kind::Library, None) => (DIM, String::new()),
    }
}

/// An element over several lines, or a long one, by how it begins.
fn short(spelling: &str) -> String {
    let text = sanitize(spelling.lines().next().unwrap_or_default());
    let mut short: String = text.chars().take(MOST_WIDE).collect();
    if short.len() < spelling.len() && short != spelling {
        short.push('…');
    }
    short
}

/// The listing as JSON, schema 1.
///
/// # Errors
/// None that can be met: it is plain data.
pub fn listing_json(listing: &Listing) -> Result<String> {
    let mut text = serde_json::to_string_pretty(listing).context("could not write JSON")?;
    text.push('\n');
    Ok(text)
}
