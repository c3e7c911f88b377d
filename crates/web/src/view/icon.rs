use std::fmt;

use askama::filters::HtmlSafe;

/// A symbol of the icon file, by name. Hidden from assistive technology: words stand beside it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Icon {
    name: &'static str,
    /// Whether it points along the line of reading, so that it turns with it.
    flips: bool,
}

impl Icon {
    pub(crate) const fn new(name: &'static str) -> Self {
        Self { name, flips: false }
    }

    pub(crate) const fn flipping(name: &'static str) -> Self {
        Self { name, flips: true }
    }
}

impl fmt::Display for Icon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.flips { "<svg class=\"i i--flip\"" } else { "<svg class=\"i\"" })?;
        f.write_str(" aria-hidden=\"true\" focusable=\"false\"><use href=\"")?;
        f.write_str(crate::assets::icons())?;
        f.write_str("#")?;
        f.write_str(self.name)?;
        f.write_str("\"/></svg>")
    }
}

impl HtmlSafe for Icon {}

/// Markup of our own that stands in the source as it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Markup(pub(crate) &'static str);

impl fmt::Display for Markup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl HtmlSafe for Markup {}
