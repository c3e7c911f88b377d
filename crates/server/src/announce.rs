//! What a start tells the person who started it.

use roomkey_app::App;
use roomkey_core::site::PRODUCT;

use crate::{demo::Demo, output};

/// The demo's address, sign-in, and where the mail is.
pub(crate) fn demo(app: &App, host: &Demo, mail: &str) {
    let url = app.site().public_url.as_str();
    let Demo { email, booking_page, password } = host;
    let password = password.as_deref().unwrap_or("the one it was changed to since");
    output::tell(format_args!(
        "\n{PRODUCT} demo\n  \
         Book a time    {url}{booking_page}\n  \
         Sign in        {url}/sign-in\n    \
         email        {email}\n    \
         password     {password}\n  \
         Read the mail  {mail}\n"
    ));
}

/// The first run's token: on standard error, outside the log.
pub(crate) fn setup(app: &App) {
    let url = app.site().public_url.as_str();
    output::alert(format_args!(
        "\nNobody has an account yet. Open {url}/setup and make the first one. It works once, with \
         this set-up token:\n\n    {}\n",
        app.setup_token().expose()
    ));
}
