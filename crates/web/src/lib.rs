//! The pages and the JSON API.

mod assets;
mod pages;
mod view;

pub(crate) use roomkey_core::site::PRODUCT;

use view::Icon;

/// An icon, for the templates.
pub(crate) const fn icon(name: &'static str) -> Icon {
    Icon::new(name)
}

/// An icon that turns with the direction of reading.
pub(crate) const fn icon_flip(name: &'static str) -> Icon {
    Icon::flipping(name)
}
