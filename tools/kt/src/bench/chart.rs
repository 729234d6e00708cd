//! The charts, as SVG: bars of ratios and curves over a size.  Each works alone,
//! on light and on dark paper, and inside the page.

use std::fmt::Write as _;

use super::figures::{Curve, Figures, Measured};
use super::scale::Scale;
use super::stats::Estimate;
use super::text;

/// How charts look, in the page and alone.
pub const STYLE: &str = include_str!("page/chart.css");

/// A bar.
pub struct Bar {
    label: String,
    ratio: f64,
    interval: Option<Estimate>,
    note: String,
}

impl Bar {
    /// The bar of a case.
    pub fn of_case(measured: &Measured) -> Self {
        let (c, rust) = (measured.c.ns, measured.rust.ns);
        Self {
            label: measured.case.name.clone(),
            ratio: measured.ratio.median,
            interval: Some(measured.ratio),
            note: format!("{} → {}", text::duration(c), text::duration(rust)),
        }
    }

    /// The bar of a group's mean.
    pub fn of_mean(label: &str, ratio: f64, cases: usize) -> Self {
        Self {
            label: label.to_string(),
            ratio,
            interval: None,
            note: match cases {
                1 => "1 case".to_string(),
                number => format!("{number} cases"),
            },
        }
    }

    /// Faster, slower, or too close to tell.
    fn class(&self) -> &'static str {
        let (low, high) = match self.interval {
            Some(interval) => (interval.low, interval.high),
            None => (self.ratio, self.ratio),
        };
        match (low, high) {
            (_, high) if high < 1.0 => "better",
            (low, _) if low > 1.0 => "worse",
            _ => "even",
        }
    }
}

/// A chart, wide and high so many units.
pub struct Chart {
    width: f64,
    height: f64,
    title: String,
    body: String,
}

impl Chart {
    fn new(width: f64, height: f64, title: &str) -> Self {
        Self {
            width,
            height,
            title: title.to_string(),
            body: String::new(),
        }
    }

    /// For a page that has [`STYLE`].
    pub fn inline(&self) -> String {
        self.svg("")
    }

    /// For a file.
    pub fn file(&self) -> String {
        self.svg(&format!("<style>\n{STYLE}</style>\n"))
    }

    fn svg(&self, style: &str) -> String {
        let (width, height) = (self.width, self.height);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" role=\"img\" \
             viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\">\n\
             <title>{}</title>\n{style}\
             <rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>\n{}</svg>\n",
            escape(&self.title),
            self.body
        )
    }

    fn text(&mut self, class: &str, x: f64, y: f64, text: &str) {
        let text = escape(text);
        let _ = writeln!(
            self.body,
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{text}</text>"
        );
    }

    fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let _ = writeln!(
            self.body,
            "<line class=\"{class}\" x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\"/>",
            from.0, from.1, to.0, to.1
        );
    }
}

/// Where the plot of bars is, from left to right.
const BARS: (f64, f64) = (250.0, 640.0);
/// Width of a chart of bars.
const BARS_WIDTH: f64 = 880.0;
/// Height of a bar with the space around it.
const ROW: f64 = 20.0;
/// Above the bars.
const TOP: f64 = 44.0;

/// Bars from 1, where both are equal: to the left Rust is faster.
pub fn bars(title: &str, bars: &[Bar]) -> Chart {
    let height = TOP + ROW * bars.len() as f64 + 12.0;
    let mut chart = Chart::new(BARS_WIDTH, height, title);
    let values = bars.iter().flat_map(|bar| match bar.interval {
        Some(interval) => [interval.low, interval.high],
        None => [bar.ratio, bar.ratio],
    });
    let scale = Scale::around(values.chain([0.8, 1.25]), BARS);
    chart.text("axis end", scale.at(1.0) - 6.0, 16.0, "← Rust faster");
    chart.text("axis", scale.at(1.0) + 6.0, 16.0, "slower →");
    for tick in scale.ticks() {
        let class = if tick == 1.0 { "one" } else { "grid" };
        let x = scale.at(tick);
        chart.line(class, (x, TOP - 8.0), (x, height - 8.0));
        chart.text("axis middle", x, TOP - 14.0, &number(tick));
    }
    for (row, bar) in bars.iter().enumerate() {
        let y = TOP + ROW * row as f64;
        let (from, to) = (scale.at(1.0), scale.at(bar.ratio));
        let _ = writeln!(
            chart.body,
            "<rect class=\"{}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\"/>",
            bar.class(),
            from.min(to),
            y + 3.0,
            (to - from).abs().max(1.0),
            ROW - 6.0
        );
        let middle = y + ROW / 2.0;
        if let Some(interval) = bar.interval {
            let (low, high) = (scale.at(interval.low), scale.at(interval.high));
            chart.line("whisker", (low, middle), (high, middle));
            for end in [low, high] {
                chart.line("whisker", (end, middle - 3.0), (end, middle + 3.0));
            }
        }
        chart.text("label end", BARS.0 - 12.0, middle + 4.0, &bar.label);
        chart.text(
            "value end",
            BARS.1 + 62.0,
            middle + 4.0,
            &text::ratio(bar.ratio),
        );
        chart.text("note", BARS.1 + 76.0, middle + 4.0, &bar.note);
    }
    chart
}

/// The plot of a curve: left, right, top, bottom.
const PLOT: (f64, f64, f64, f64) = (66.0, 412.0, 46.0, 214.0);

/// Groups in which the size is how many there are to work through: what one
/// costs tells more than what all do.
const EACH: &[(&str, &str)] = &[("reap", "zombie"), ("single", "thread")];

/// Nanoseconds over the size, C's and Rust's: of an operation, or of each that
/// it works through.
pub fn curve(curve: &Curve<'_>) -> Chart {
    let (left, right, top, bottom) = PLOT;
    let mut chart = Chart::new(430.0, 252.0, &curve.name);
    let each = EACH.iter().find(|(group, _)| *group == curve.group());
    let unit = match (each, curve.points.first()) {
        (Some((_, each)), _) => each,
        (None, point) => point.map_or("", |point| point.case.unit.as_str()),
    };
    let points = || {
        curve.points.iter().filter_map(|point| {
            let size = point.case.size? as f64;
            let parts = if each.is_some() { size.max(1.0) } else { 1.0 };
            Some((size, point.c.ns / parts, point.rust.ns / parts))
        })
    };
    let across = Scale::around(points().map(|(size, ..)| size.max(1.0)), (left, right));
    let times = points().flat_map(|(_, c, rust)| [c, rust]);
    let up = Scale::around(times, (bottom, top));
    chart.text("title", 12.0, 20.0, &curve.name);
    chart.text("axis end", right, 20.0, &format!("time of a {unit}"));
    for tick in up.ticks() {
        let y = up.at(tick);
        chart.line("grid", (left, y), (right, y));
        chart.text("axis end", left - 6.0, y + 4.0, &duration(tick));
    }
    let mut free = f64::NEG_INFINITY;
    for (size, ..) in points() {
        let x = across.at(size.max(1.0));
        chart.line("grid", (x, bottom), (x, bottom + 4.0));
        let name = text::count(size);
        let half = name.len() as f64 * 3.4;
        if x - half > free {
            chart.text("axis middle", x, bottom + 18.0, &name);
            free = x + half + 4.0;
        }
    }
    for (class, name, place) in [("c", "C", left), ("rust", "Rust", left + 44.0)] {
        let path: Vec<(f64, f64)> = points()
            .map(|(size, c, rust)| {
                let time = if class == "c" { c } else { rust };
                (across.at(size.max(1.0)), up.at(time))
            })
            .collect();
        let line: Vec<String> = path.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let _ = writeln!(
            chart.body,
            "<polyline class=\"{class}\" points=\"{}\"/>",
            line.join(" ")
        );
        let dots = path.into_iter().chain([(place + 6.0, top - 14.0)]);
        for (x, y) in dots {
            let _ = writeln!(
                chart.body,
                "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/>"
            );
        }
        chart.text("label", place + 13.0, top - 10.0, name);
    }
    chart
}

/// All charts of a run with the names of their files.
pub fn all(figures: &Figures) -> Vec<(String, Chart)> {
    let mut charts = vec![(OVERVIEW.to_string(), overview(figures))];
    for (group, cases) in figures.groups() {
        let rows: Vec<Bar> = cases.into_iter().map(Bar::of_case).collect();
        charts.push((group.to_string(), bars(group, &rows)));
    }
    for line in figures.curves() {
        charts.push((name(&line), curve(&line)));
    }
    charts
}

/// The name of [`overview`].
pub const OVERVIEW: &str = "overview";

/// The name of a curve's chart.
pub fn name(curve: &Curve<'_>) -> String {
    format!("curve-{}", curve.name.replace('/', "-"))
}

/// The means of the groups, and that of all cases.
pub fn overview(figures: &Figures) -> Chart {
    let groups = figures.groups().into_iter().filter_map(|(group, cases)| {
        let number = cases.len();
        let mean = super::figures::mean(cases)?;
        Some(Bar::of_mean(group, mean, number))
    });
    let all = figures
        .mean()
        .map(|mean| Bar::of_mean("all cases", mean, figures.cases.len()));
    let rows: Vec<Bar> = all.into_iter().chain(groups).collect();
    bars("geometric means of Rust's time / C's", &rows)
}

/// A tick of ratios.
fn number(tick: f64) -> String {
    let text = format!("{tick:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

/// A tick of times: round numbers need no digits behind the point.
fn duration(tick: f64) -> String {
    let text = text::duration(tick);
    match text.split_once(' ') {
        Some((value, unit)) if value.contains('.') => {
            let value = value.trim_end_matches('0').trim_end_matches('.');
            format!("{value} {unit}")
        }
        _ => text,
    }
}

/// Text inside SVG and HTML.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::super::figures::sample::{case, figures};
    use super::*;

    const ONE: [f64; 2] = [1.0, 1.0];

    fn attribute(line: &str, name: &str) -> f64 {
        let value = line.split_once(&format!(" {name}=\"")).expect(name).1;
        let value = value.split_once('"').expect("quoted").0;
        value.parse().expect("a number")
    }

    /// A bar says by its side and its colour who is faster, and by its length
    /// how much.
    #[test]
    fn bars_are_on_their_sides_of_one() {
        let run = figures(vec![
            case("a/half", None, [10.0, 5.0], ONE),
            case("a/double", None, [10.0, 20.0], ONE),
            case("a/even", None, [10.0, 10.0], ONE),
            case("a/<b>", None, [10.0, 1.0], ONE),
        ]);
        let rows: Vec<Bar> = run.cases.iter().map(Bar::of_case).collect();
        let svg = bars("a", &rows).file();
        let bar = |class: &str, nth: usize| {
            let start = format!("<rect class=\"{class}\"");
            let line = svg.lines().filter(|line| line.starts_with(&start)).nth(nth);
            let line = line.unwrap_or_else(|| panic!("no {class} bar"));
            (attribute(line, "x"), attribute(line, "width"))
        };
        let (half, double, tenth) = (bar("better", 0), bar("worse", 0), bar("better", 1));
        let one = half.0 + half.1;
        assert!((one - double.0).abs() < 0.2, "{half:?} {double:?}");
        assert!((half.1 - double.1).abs() < 0.2, "{half:?} {double:?}");
        assert!((tenth.1 / half.1 - 10f64.log2()).abs() < 0.02, "{tenth:?}");
        assert_eq!(bar("even", 0).1, 1.0);
        assert!(svg.contains("a/&lt;b&gt;") && !svg.contains("<b>"));
    }

    #[test]
    fn everything_is_inside_the_chart() {
        let at = |size: u64, ns| case(&format!("a/x-{size}"), Some(size), ns, ONE);
        let run = figures(vec![
            at(0, [0.5, 3000.0]),
            at(64, [70.0, 2.0]),
            at(32_768, [4.0e7, 1.0e9]),
        ]);
        let charts = all(&run);
        let names: Vec<_> = charts.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["overview", "a", "curve-a-x"]);
        for (name, chart) in &charts {
            let svg = chart.file();
            for line in svg.lines().filter(|line| line.starts_with("<circle")) {
                let (x, y) = (attribute(line, "cx"), attribute(line, "cy"));
                assert!(
                    x > 0.0 && x < chart.width && y > 0.0 && y < chart.height,
                    "{name} {line}"
                );
            }
            for line in svg.lines().filter(|line| line.starts_with("<rect")) {
                assert!(!line.contains("NaN") && !line.contains("inf"), "{line}");
            }
        }
        let dots = charts[2].1.file().matches("<circle class=\"rust\"").count();
        assert_eq!(dots, 4, "three points and the legend's");
    }

    /// Where an operation works through many, the curve of what each costs is
    /// level.
    #[test]
    fn the_curve_of_a_crowd_is_of_one_of_it() {
        let level = |name: &str| {
            let at = |size: u64| {
                let ns = size as f64 * 30.0;
                case(&format!("{name}-{size}"), Some(size), [ns, ns * 2.0], ONE)
            };
            let run = figures(vec![at(64), at(512), at(4096)]);
            let svg = curve(&run.curves()[0]).file();
            let dots = svg
                .lines()
                .filter(|line| line.starts_with("<circle class=\"c\""));
            let heights: Vec<f64> = dots.map(|line| attribute(line, "cy")).collect();
            heights[0] == heights[1] && heights[1] == heights[2]
        };
        assert!(level("single/exit"));
        assert!(!level("tdfind/hit"));
    }
}
