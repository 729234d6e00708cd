//! The page: one file, nothing from elsewhere, readable at a glance: the limits,
//! the means, then every group with its bars, curves and numbers.

use std::fmt::Write as _;

use super::chart::{self, Bar, bars, curve, escape};
use super::figures::{self, Figures};
use super::limits::Verdict;
use super::text;

/// How it looks.
const STYLE: &str = include_str!("page/page.css");

/// The page of a run.
pub fn page(figures: &Figures, verdicts: &[Verdict]) -> String {
    let machine = &figures.machine;
    let mut body = String::new();
    for (group, cases) in figures.groups() {
        let mean = figures::mean(cases.iter().copied()).map_or_else(String::new, text::ratio);
        let _ = writeln!(
            body,
            "<h2 id=\"{name}\">{name} <b>geometric mean {mean}</b></h2>",
            name = escape(group)
        );
        let rows: Vec<Bar> = cases.iter().copied().map(Bar::of_case).collect();
        body.push_str(&bars(group, &rows).inline());
        let curves = figures.curves().into_iter();
        let own: String = curves
            .filter(|line| line.group() == group)
            .map(|line| curve(&line).inline())
            .collect();
        if !own.is_empty() {
            let _ = writeln!(body, "<div class=\"curves\">\n{own}</div>");
        }
        let rows = cases.iter().map(|case| text::cells(case).to_vec());
        let _ = writeln!(
            body,
            "<details><summary>numbers</summary>\n{}</details>",
            table("", &text::COLUMNS, rows)
        );
    }
    let sizes = figures
        .sizes
        .iter()
        .map(|size| text::size_cells(size).to_vec());
    let limits = verdicts.iter().map(|verdict| {
        let cells = [&verdict.what, &verdict.wanted, &verdict.found];
        let mut cells: Vec<String> = cells.into_iter().cloned().collect();
        cells.insert(0, text::mark(verdict).to_string());
        cells
    });
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>kern_thread: Rust's time / C's</title>\n<style>\n{STYLE}{}</style>\n\
         <h1>kern_thread: Rust's time / C's</h1>\n\
         <p>{cpu}, {cores} CPUs, {kernel}; {rustc}, {clang}; {date}; configuration {name}. \
         Bars are medians of pairs, whiskers the 95% interval; the axis is logarithmic.</p>\n\
         <p class=\"sum\">{sum}</p>\n{overview}\
         <h2>Limits</h2>\n{limits}{body}<h2>Sizes</h2>\n{sizes}</html>\n",
        chart::STYLE,
        cpu = escape(&machine.cpu),
        cores = machine.cores,
        kernel = escape(&machine.kernel),
        rustc = escape(&machine.rustc),
        clang = escape(&machine.clang),
        date = escape(&machine.date),
        name = escape(&figures.configuration),
        sum = escape(&text::last_line(figures, verdicts)),
        overview = chart::overview(figures).inline(),
        limits = table("limits", &["", "limit", "wanted", "found"], limits),
        sizes = table("", &text::SIZE_COLUMNS, sizes),
    )
}

fn table(class: &str, heading: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut text = format!("<table class=\"{class}\">\n<tr>");
    for cell in heading {
        let _ = write!(text, "<th>{}</th>", escape(cell));
    }
    text.push_str("</tr>\n");
    for row in rows {
        text.push_str("<tr>");
        for cell in row {
            let class = match cell.as_str() {
                "kept" => " class=\"kept\"",
                "MISSED" => " class=\"missed\"",
                _ => "",
            };
            let _ = write!(text, "<td{class}>{}</td>", escape(&cell));
        }
        text.push_str("</tr>\n");
    }
    text.push_str("</table>\n");
    text
}

#[cfg(test)]
mod tests {
    use super::super::figures::sample::{case, figures};
    use super::super::limits;
    use super::*;

    fn sample() -> String {
        let at = |size: u64, ns| case(&format!("tdfind/hit-{size}"), Some(size), ns, [9.0, 8.0]);
        let run = figures(vec![
            at(1, [10.0, 9.0]),
            at(16, [60.0, 62.0]),
            at(64, [400.0, 300.0]),
            case("reap/one", None, [10.0, 30.0], [9.0, 8.0]),
        ]);
        page(&run, &limits::judge(&run))
    }

    /// Every element that is opened is closed, in order: a browser mends what
    /// is not, and shows something else.
    #[test]
    fn elements_are_nested() {
        const EMPTY: [&str; 7] = [
            "!doctype", "meta", "line", "circle", "polyline", "rect", "br",
        ];
        let page = sample();
        let mut open: Vec<&str> = Vec::new();
        for tag in page.split('<').skip(1) {
            let name = tag.split([' ', '>', '\n']).next().expect("a name");
            match name.strip_prefix('/') {
                Some(name) => assert_eq!(open.pop(), Some(name)),
                None if EMPTY.contains(&name) => {}
                None => open.push(name),
            }
        }
        assert!(open.is_empty(), "{open:?}");
    }

    #[test]
    fn it_needs_nothing_from_elsewhere_and_quotes_what_it_shows() {
        let page = sample();
        for other in ["src=", "href=", "@import", "url("] {
            assert!(!page.contains(other), "{other}");
        }
        assert!(page.contains("A processor &lt;64&gt;, 2 CPUs"));
    }

    #[test]
    fn every_group_has_its_bars_and_a_curve_where_sizes_differ() {
        let page = sample();
        assert_eq!(
            page.matches("<svg").count(),
            4,
            "overview, two groups, one curve"
        );
        assert_eq!(page.matches("<h2 id=").count(), 2);
        assert!(page.contains("<polyline class=\"c\""));
        assert!(page.contains("<td class=\"missed\">MISSED</td><td>time of each case</td>"));
        assert!(page.contains("1: reap/one 3.00"));
    }
}
