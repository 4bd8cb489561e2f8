//! Which place the user has chosen, where the file alone does not say.

use super::refusal::Place;

/// What narrows the choice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// The list, or the shell, at this place of the file.
    pub at: Option<At>,
    /// The shell of this name.
    pub shell: Option<String>,
}

/// A line, and a column in characters where that is needed, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: Option<usize>,
}

impl At {
    /// Whether a place is meant.
    pub(super) fn is(self, place: &Place) -> bool {
        self.line == place.line && self.column.is_none_or(|column| column == place.column)
    }
}

impl std::str::FromStr for At {
    type Err = String;

    /// Reads `LINE` or `LINE:COLUMN`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |text: &str| match text.parse() {
            Ok(number) if number > 0 => Ok(number),
            _ => Err(format!("not a line, or a line and a column: {text:?}")),
        };
        let (line, column) = match text.split_once(':') {
            Some((line, column)) => (line, Some(number(column)?)),
            None => (text, None),
        };
        Ok(Self { line: number(line)?, column })
    }
}

#[cfg(test)]
mod tests {
    use super::At;

    #[test]
    fn a_line_and_perhaps_a_column_are_read() {
        assert_eq!("12".parse(), Ok(At { line: 12, column: None }));
        assert_eq!("12:3".parse(), Ok(At { line: 12, column: Some(3) }));
        for text in ["", "0", "a", "1:", "1:0", "1:2:3", "-1", ":"] {
            assert!(text.parse::<At>().is_err(), "{text:?}");
        }
    }
}
