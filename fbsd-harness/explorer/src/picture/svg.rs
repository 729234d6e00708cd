//! The timeline: threads as lanes, states as colours, locks as bars, wake-ups
//! as arrows, and above all of it which thread each CPU runs.

use std::fmt::Write as _;

use super::escape;
use super::layout::{CPU, HEAD, LOCK, Layout, Row, STATE};
use super::style;
use crate::history::{Arrow, Doing, History, Mark, Span};
use crate::trace::State;

/// Width of a character of the small type, about.
const CHARACTER: f64 = 5.6;

/// Longest text above a lane, in characters.
const LONGEST: usize = 23;

const PREAMBLE: &str = r##"<style>
text { font: 10px "DejaVu Sans", Verdana, sans-serif; fill: #263238 }
.title { font-size: 16px; font-weight: bold }
.heading { font-size: 12px }
.lane { font-size: 12px; font-weight: bold }
.note { fill: #1565c0; font-weight: bold }
.faint { fill: #78909c }
.grid { stroke: #eceff1 }
.mark { stroke: #546e7a; stroke-width: .7 }
.arrow { stroke: #1565c0; stroke-width: 1.4; fill: none; marker-end: url(#head) }
.bar { stroke: #ffffff; stroke-width: .6 }
</style>
<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#1565c0"/></marker></defs>
"##;

/// The picture of a run.
pub fn draw(title: &str, heading: &str, history: &History) -> String {
    let layout = Layout::of(history);
    let mut svg = Svg {
        text: String::new(),
        layout: &layout,
        history,
    };
    svg.start(title, heading);
    svg.legend();
    svg.grid();
    svg.cpus();
    for row in &layout.rows {
        svg.lane(row);
    }
    for arrow in &history.arrows {
        svg.arrow(arrow);
    }
    svg.text.push_str("</svg>\n");
    svg.text
}

struct Svg<'a> {
    text: String,
    layout: &'a Layout<'a>,
    history: &'a History,
}

impl Svg<'_> {
    fn start(&mut self, title: &str, heading: &str) {
        let width = self.layout.width.max(1000.0);
        let height = self.layout.height;
        let _ = write!(
            self.text,
            r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0}" height="{height:.0}" viewBox="0 0 {width:.0} {height:.0}">
{PREAMBLE}<rect width="100%" height="100%" fill="#ffffff"/>
"##
        );
        self.label(12.0, 24.0, "title", title);
        let mut heading = heading.to_string();
        if self.layout.columns.start > self.history.begin {
            heading.push_str(" (the beginning of the run is left out)");
        }
        if self.history.cut {
            heading.push_str(" (the run went on: its trace was full)");
        }
        self.label(12.0, 44.0, "heading", &heading);
    }

    fn label(&mut self, x: f64, y: f64, class: &str, text: &str) {
        let text = escape(text);
        let _ = writeln!(
            self.text,
            r#"<text x="{x:.1}" y="{y:.1}" class="{class}">{text}</text>"#
        );
    }

    /// A box with words inside if they fit, and others for who points at it.
    fn block(
        &mut self,
        place: (f64, f64, f64, f64),
        fill: &str,
        ink: &str,
        words: &str,
        more: &str,
    ) {
        let (x, y, width, height) = place;
        let _ = write!(
            self.text,
            r#"<rect class="bar" x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" fill="{fill}"><title>{}</title></rect>"#,
            escape(more)
        );
        let room = ((width - 4.0) / CHARACTER) as usize;
        if room >= 3 && (words.chars().count() <= room || room >= 6) {
            let _ = write!(
                self.text,
                r#"<text x="{:.1}" y="{:.1}" style="fill:{ink}">{}</text>"#,
                x + 2.5,
                y + height / 2.0 + 3.5,
                escape(&shorten(words, room))
            );
        }
        self.text.push('\n');
    }

    fn legend(&mut self) {
        let y = 56.0;
        let mut x = 12.0;
        for state in State::ALL
            .into_iter()
            .filter(|state| *state != State::Exited)
        {
            let _ = writeln!(
                self.text,
                r##"<rect x="{x:.0}" y="{y}" width="14" height="12" fill="{}" stroke="#cfd8dc"/>"##,
                style::fill(state)
            );
            self.label(x + 18.0, y + 10.0, "", state.name());
            x += 34.0 + state.name().chars().count() as f64 * 6.2;
        }
        let _ = writeln!(
            self.text,
            r#"<rect x="{x:.0}" y="{:.0}" width="18" height="8" fill="{}"/>"#,
            y + 2.0,
            style::lock(0)
        );
        self.label(x + 22.0, y + 10.0, "", "lock held");
        x += 90.0;
        let _ = writeln!(
            self.text,
            r#"<path class="arrow" d="M{x:.0} {0:.0}h20"/>"#,
            y + 6.0
        );
        self.label(x + 26.0, y + 10.0, "", "wakes");
        x += 76.0;
        let _ = writeln!(self.text, r#"<path class="mark" d="M{x:.0} {y:.0}v12"/>"#);
        self.label(x + 6.0, y + 10.0, "", "lock call");
    }

    /// The number of an event every so often.
    fn grid(&mut self) {
        let mut last = f64::MIN;
        let bottom = self.layout.height;
        for column in self.layout.columns.clone() {
            let x = self.layout.x(column);
            let Some(step) = self.history.steps.get(column).filter(|_| x - last > 90.0) else {
                continue;
            };
            last = x;
            let _ = writeln!(
                self.text,
                r#"<path class="grid" d="M{x:.1} {HEAD}V{bottom:.0}"/>"#
            );
            self.label(x + 2.0, HEAD - 8.0, "faint", &step.to_string());
        }
    }

    fn cpus(&mut self) {
        for cpu in 0..self.layout.cpus {
            let y = HEAD + CPU * cpu as f64;
            self.label(12.0, y + 13.0, "lane", &format!("cpu {cpu}"));
            for lane in &self.history.lanes {
                let on_cpu = |span: &&Span<Doing>| {
                    span.what.state.on_cpu() && usize::from(span.what.cpu) == cpu
                };
                for span in lane.states.iter().filter(on_cpu) {
                    let Some((x, width)) = self.layout.stretch(span.from, span.to) else {
                        continue;
                    };
                    let hidden = style::is_idle(&lane.name);
                    let fill = if hidden { "#fafafa" } else { "#cfd8dc" };
                    let words = if hidden { "" } else { lane.name.as_str() };
                    let place = (x, y, width, CPU - 3.0);
                    self.block(place, fill, "#263238", words, &lane.name);
                }
            }
        }
    }

    fn lane(&mut self, row: &Row<'_>) {
        let name = shorten(&row.lane.name, 18);
        self.label(12.0, row.top + 14.0, "lane", &name);
        for span in &row.lane.states {
            self.state(row, span);
        }
        for (depth, span) in &row.locks {
            let Some((x, width)) = self.layout.stretch(span.from, span.to) else {
                continue;
            };
            let y = row.top + STATE + 1.0 + LOCK * *depth as f64;
            let mut words = self.history.names.object(span.what.object);
            if span.what.shared {
                words.push_str(" (shared)");
            }
            let fill = style::lock(span.what.object);
            let more = format!("{} holds {words}", row.lane.name);
            self.block((x, y, width, LOCK - 1.0), fill, "#ffffff", &words, &more);
        }
        for call in &row.lane.calls {
            if style::is_minor(&call.text) {
                self.tick(row, call);
            } else {
                self.words(row, call, "");
            }
        }
        for note in &row.lane.notes {
            self.words(row, note, "note");
        }
    }

    fn state(&mut self, row: &Row<'_>, span: &Span<Doing>) {
        let Doing { state, cpu, on } = span.what;
        let Some((x, width)) = self.layout.stretch(span.from, span.to) else {
            return;
        };
        if state == State::Exited {
            self.label(x + 3.0, row.top + 14.0, "faint", "exited");
            return;
        }
        let mut words = match state {
            State::Running => format!("cpu {cpu}"),
            State::User => format!("user, cpu {cpu}"),
            _ => state.name().to_string(),
        };
        if let Some(object) = on {
            let _ = write!(words, ": {}", self.history.names.object(object));
        }
        let more = format!("{}: {} {words}", row.lane.name, state.name());
        let place = (x, row.top, width, STATE);
        self.block(place, style::fill(state), style::ink(state), &words, &more);
    }

    /// A call that has a bar to show for it.
    fn tick(&mut self, row: &Row<'_>, call: &Mark) {
        if !self.layout.columns.contains(&call.at) {
            return;
        }
        let (x, y) = (self.layout.x(call.at) + 1.0, row.top - 5.0);
        let _ = writeln!(
            self.text,
            r#"<path class="mark" d="M{x:.1} {y:.1}v5"><title>{} {}</title></path>"#,
            call.step,
            escape(&call.text)
        );
    }

    /// Words above the lane, slanting.
    fn words(&mut self, row: &Row<'_>, mark: &Mark, class: &str) {
        if !self.layout.columns.contains(&mark.at) {
            return;
        }
        let (x, y) = (self.layout.x(mark.at) + 8.0, row.top - 6.0);
        let _ = writeln!(
            self.text,
            r#"<path class="mark" d="M{:.1} {:.1}v6"/><text class="{class}" transform="translate({x:.1} {y:.1}) rotate(-50)">{}<title>{} {}</title></text>"#,
            x - 4.0,
            row.top - 6.0,
            escape(&shorten(&mark.text, LONGEST)),
            mark.step,
            escape(&mark.text)
        );
    }

    fn arrow(&mut self, arrow: &Arrow) {
        if !self.layout.columns.contains(&arrow.at) {
            return;
        }
        let row = |thread| {
            let rows = &self.layout.rows;
            rows.iter().find(move |row| row.lane.thread == thread)
        };
        let Some(to) = row(arrow.to) else {
            return;
        };
        let from = arrow.from.and_then(row);
        let x = self.layout.x(arrow.at) + 4.0;
        // From the far side of the one to the near side of the other.
        let (start, end) = match from {
            Some(from) if from.lane.thread == to.lane.thread => return,
            Some(from) if from.top < to.top => (from.top + STATE, to.top),
            Some(from) => (from.top, to.top + STATE),
            None => (to.top - STATE, to.top),
        };
        let who = arrow.from.map_or("a timer".to_string(), |thread| {
            self.history.names.thread(thread)
        });
        let more = format!("{who} {} {}", arrow.how, to.lane.name);
        let _ = writeln!(
            self.text,
            r##"<circle cx="{x:.1}" cy="{start:.1}" r="2.5" fill="#1565c0"/><path class="arrow" d="M{x:.1} {start:.1}V{end:.1}"><title>{}</title></path>"##,
            escape(&more)
        );
    }
}

/// The beginning of a text, at most so many characters.
fn shorten(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_string();
    }
    let mut short: String = text.chars().take(most.saturating_sub(1)).collect();
    short.push('…');
    short
}
