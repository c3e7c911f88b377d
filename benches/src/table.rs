//! The figures as a table in Markdown.

use std::fmt::Write as _;

use crate::load::Measured;

/// One thing that was measured, with one number of clients after the other.
pub(crate) struct Section {
    pub(crate) name: &'static str,
    pub(crate) figures: Vec<Measured>,
}

/// What others are compared with.
pub(crate) struct Baseline<'a> {
    pub(crate) name: &'a str,
    pub(crate) figures: &'a [Measured],
}

/// All sections, their rates also as parts of the baseline's.
pub(crate) fn table(sections: &[Section], baseline: &Baseline<'_>) -> String {
    let mut text = format!(
        "| what | clients | requests/s | CPU ms/request | median ms | p99 ms | KiB | of {} |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
        baseline.name
    );
    for section in sections {
        for (place, figure) in section.figures.iter().enumerate() {
            let name = if place == 0 { section.name } else { "" };
            let cpu = figure.cpu.map_or("–".to_owned(), |cpu| format!("{:.3}", millis(cpu)));
            let same = baseline.figures.iter().find(|each| each.clients == figure.clients);
            // With one writer there is one number of clients, and everybody is compared with it.
            let base = same.or(baseline.figures.first()).map_or(f64::NAN, |each| each.rate);
            // Writing to a string can not fail.
            let _ = writeln!(
                text,
                "| {name} | {} | {:.0} | {cpu} | {:.2} | {:.2} | {:.1} | {:.0} % |",
                figure.clients,
                figure.rate,
                millis(figure.median),
                millis(figure.p99),
                figure.body / 1024.0,
                100.0 * figure.rate / base,
            );
        }
    }
    text
}

fn millis(time: std::time::Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
