//! One file a page: what it shows, what `GET` and `POST` do.

pub(crate) mod answer;
pub(crate) mod app;
pub(crate) mod asap;
pub(crate) mod booked;
pub(crate) mod booking;
pub(crate) mod calendar;
pub(crate) mod cancel;
pub(crate) mod check_mail;
pub(crate) mod closed;
pub(crate) mod details;
pub(crate) mod error;
pub(crate) mod extend;
pub(crate) mod forgot_password;
pub(crate) mod guests;
pub(crate) mod hold;
pub(crate) mod home;
pub(crate) mod join;
pub(crate) mod mailbox;
pub(crate) mod mark;
pub(crate) mod note;
pub(crate) mod profile;
pub(crate) mod proposal;
pub(crate) mod propose;
pub(crate) mod reminders;
pub(crate) mod repeat;
pub(crate) mod reschedule;
pub(crate) mod reset_password;
pub(crate) mod setup;
pub(crate) mod sign_in;
pub(crate) mod sign_out;
pub(crate) mod trailing_slash;
pub(crate) mod verify;
pub(crate) mod waiting;
pub(crate) mod waiting_list;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{ContentType, LOCATION},
    },
};
use askama::Template;

use crate::{failure::Failure, theme, view::Shell};

/// The answer with a page in it.
pub(crate) fn page(status: StatusCode, page: &impl Template) -> Result<HttpResponse, Failure> {
    Ok(HttpResponse::build(status).content_type(ContentType::html()).body(page.render()?))
}

/// 303 to a path of this site.
pub(crate) fn see_other(path: impl AsRef<str>) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, path.as_ref())).finish()
}

/// What is around a public page.
pub(crate) fn shell(request: &HttpRequest) -> Shell {
    Shell { theme: theme::of(request), flash: None }
}

#[cfg(test)]
mod tests {
    use askama::Template;

    /// Every template with a sample: it renders, is well formed enough to have one title and one
    /// first heading, and holds neither inline style nor inline script.
    #[test]
    fn every_page_renders() {
        let mut pages: Vec<(&str, String)> = Vec::new();
        macro_rules! render {
            ($($samples:expr),* $(,)?) => {$(
                for page in $samples {
                    pages.push((stringify!($samples), page.render().unwrap()));
                }
            )*};
        }
        render!(
            super::app::availability::Page::samples(),
            super::app::booking_new::Page::samples(),
            super::app::rooms::Page::samples(),
            super::app::settings::Page::samples(),
            super::app::bookings::Page::samples(),
            super::app::day::Page::samples(),
            super::app::event_type::Page::samples(),
            super::app::event_type::question::Page::samples(),
            super::app::event_types::Page::samples(),
            super::app::waiting::Page::samples(),
            super::booked::Page::samples(),
            super::booking::Page::samples(),
            super::cancel::Page::samples(),
            super::check_mail::Page::samples(),
            super::closed::Page::samples(),
            super::details::Page::samples(),
            super::error::Page::samples(),
            super::forgot_password::Page::samples(),
            super::join::Page::samples(),
            super::mailbox::ListPage::samples(),
            super::mailbox::MailPage::samples(),
            super::profile::Page::samples(),
            super::proposal::Page::samples(),
            super::propose::Page::samples(),
            super::reminders::Page::samples(),
            super::reschedule::Page::samples(),
            super::reset_password::Page::samples(),
            super::setup::Page::samples(),
            super::sign_in::Page::samples(),
            super::verify::Page::samples(),
            super::waiting::Page::samples(),
            super::waiting_list::Page::samples(),
        );
        for (name, html) in &pages {
            let count = |needle: &str| html.matches(needle).count();
            assert_eq!(count("<title>"), 1, "{name}");
            assert_eq!(count("<h1"), 1, "{name}\n{html}");
            assert_eq!(count("<main"), 1, "{name}");
            assert_eq!(count("<script"), count("<script src=\"/static/"), "{name}");
            assert!(!html.contains(" style=") && !html.contains("<style"), "{name}");
            assert!(!html.contains("<b>bold"), "{name} must escape");
        }
    }
}
