//! `/app/bookings.csv`: the bookings that the list is searched for, for a spreadsheet.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    web::{Bytes, Data},
};
use futures_util::stream;
use roomkey_app::{BookingFilter, BookingSearch};

use super::{Search, Tab, Wanted, show};
use crate::{Export, ExportError, Web, failure::Failure, form::Form, session::SignedIn};

pub(crate) async fn get(
    request: HttpRequest,
    web: Data<Web>,
    host: SignedIn,
) -> Result<HttpResponse, Failure> {
    let event_types = web.app.event_types(host.user().id).await?;
    let query = Form::query(&request);
    let (search, wanted) = Search::read(&query, &event_types, host.user().time_zone);
    let Some(wanted) = wanted else {
        return show(&request, &web, &host, &query, search, None).await;
    };
    let (filter, search) = narrowed(&web, &query, wanted);
    let mut export = Export::new(host.user().id, filter, search);
    // The first part before the answer begins: what is wrong with the database can still be told.
    let first = export.next(&web.app).await?.unwrap_or_default();
    let others = stream::try_unfold((export, web), async |(mut export, web)| {
        let part = export.next(&web.app).await.inspect_err(|error| {
            tracing::error!(%error, "an export of bookings ended early");
        })?;
        Ok::<_, ExportError>(part.map(|part| (Bytes::from(part), (export, web))))
    });
    let first = stream::once(async { Ok(Bytes::from(first)) });
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8; header=present"))
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"bookings.csv\""))
        .streaming(stream::StreamExt::chain(first, others)))
}

/// Those of the tab that is named; of all times and states if none is.
fn narrowed(web: &Web, query: &Form, wanted: Wanted) -> (BookingFilter, BookingSearch) {
    let now = web.app.now();
    let tab = Tab::read(query.get("show"));
    if query.has("show") {
        return wanted.narrow(tab.filter(now, None), tab.over_by(now));
    }
    let all = BookingFilter {
        states: None,
        unproven: false,
        from: None,
        to: None,
        latest_first: false,
        after: None,
        limit: 0,
    };
    wanted.narrow(all, None)
}
