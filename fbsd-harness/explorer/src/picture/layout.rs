//! Where things go: columns across, lanes down.

use std::ops::Range;

use super::style;
use crate::history::{History, Hold, Lane, Mark, Span};

/// Width of the column of an event with words, and of one without.
const WIDE: f64 = 17.0;
const NARROW: f64 = 5.0;

/// Room for names on the left, and behind the last column.
const LEFT: f64 = 130.0;
const RIGHT: f64 = 150.0;

/// Heights: of the words above a lane, of its state, of one of its lock bars,
/// of the room below it, of a CPU's row.
pub const WORDS: f64 = 106.0;
pub const STATE: f64 = 20.0;
pub const LOCK: f64 = 12.0;
pub const GAP: f64 = 12.0;
pub const CPU: f64 = 20.0;

/// Height of title, heading and legend.
pub const HEAD: f64 = 96.0;

/// Most columns that are drawn: the last ones of a longer run.
const MOST_COLUMNS: usize = 1500;

/// One lane's place.
pub struct Row<'a> {
    /// Whose it is.
    pub lane: &'a Lane,
    /// The top of its state bar.
    pub top: f64,
    /// Its lock bars, each with the number of the row it is in.
    pub locks: Vec<(usize, &'a Span<Hold>)>,
}

/// The places of everything.
pub struct Layout<'a> {
    /// The columns that are drawn.
    pub columns: Range<usize>,
    /// The lanes that are drawn, from the top.
    pub rows: Vec<Row<'a>>,
    /// How many CPUs there are.
    pub cpus: usize,
    /// Width of the picture.
    pub width: f64,
    /// Height of the picture.
    pub height: f64,
    edges: Vec<f64>,
}

impl<'a> Layout<'a> {
    /// Lays a history out.
    pub fn of(history: &'a History) -> Self {
        let end = history.columns + 1;
        let start = history.begin.max(end.saturating_sub(MOST_COLUMNS));
        let columns = start..end;
        let lanes: Vec<&Lane> = history
            .lanes
            .iter()
            .filter(|lane| !style::is_idle(&lane.name) && is_active(lane, history, &columns))
            .collect();
        let edges = edges(history, &lanes, &columns);
        let cpus = history
            .lanes
            .iter()
            .flat_map(|lane| &lane.states)
            .filter(|span| span.what.state.on_cpu())
            .map(|span| usize::from(span.what.cpu) + 1)
            .max()
            .unwrap_or(0);
        let mut top = HEAD + CPU * cpus as f64;
        let mut rows = Vec::new();
        for lane in lanes {
            let locks = stack(lane, &columns);
            let depth = locks.iter().map(|(row, _)| row + 1).max().unwrap_or(0);
            top += if has_words(lane, &columns) {
                WORDS
            } else {
                GAP
            };
            rows.push(Row { lane, top, locks });
            top += STATE + depth as f64 * LOCK + GAP;
        }
        let right = edges.last().copied().unwrap_or(LEFT);
        Self {
            columns,
            rows,
            cpus,
            width: right + RIGHT,
            height: top + GAP,
            edges,
        }
    }

    /// The left edge of a column; columns that are not drawn are at the edge.
    pub fn x(&self, column: usize) -> f64 {
        let index = column
            .saturating_sub(self.columns.start)
            .min(self.edges.len() - 1);
        self.edges[index]
    }

    /// The part of a stretch that is drawn, as left edge and width.
    pub fn stretch(&self, from: usize, to: usize) -> Option<(f64, f64)> {
        let (left, right) = (self.x(from), self.x(to));
        (to > self.columns.start && right > left).then_some((left, right - left))
    }
}

/// Whether anything is written above a lane.
fn has_words(lane: &Lane, columns: &Range<usize>) -> bool {
    let worded = |mark: &&Mark| columns.contains(&mark.at);
    lane.notes.iter().any(|note| worded(&note))
        || lane
            .calls
            .iter()
            .filter(worded)
            .any(|call| !style::is_minor(&call.text))
}

/// Whether a lane has something to show.
fn is_active(lane: &Lane, history: &History, columns: &Range<usize>) -> bool {
    let shown = |at: usize| columns.contains(&at);
    has_words(lane, columns)
        || history
            .arrows
            .iter()
            .any(|arrow| arrow.to == lane.thread && shown(arrow.at))
}

/// The left edge of each column, and the right edge of the last one.
fn edges(history: &History, lanes: &[&Lane], columns: &Range<usize>) -> Vec<f64> {
    let mut widths = vec![NARROW; columns.len()];
    let mut widen = |at: usize| {
        if columns.contains(&at) {
            widths[at - columns.start] = WIDE;
        }
    };
    for lane in lanes {
        for call in lane
            .calls
            .iter()
            .filter(|call| !style::is_minor(&call.text))
        {
            widen(call.at);
        }
        lane.notes.iter().for_each(|note| widen(note.at));
    }
    history.arrows.iter().for_each(|arrow| widen(arrow.at));
    history.notes.iter().for_each(|note| widen(note.at));
    let mut edges = vec![LEFT];
    let mut x = LEFT;
    for width in widths {
        x += width;
        edges.push(x);
    }
    edges
}

/// Puts lock bars that overlap into rows of their own.
fn stack<'a>(lane: &'a Lane, columns: &Range<usize>) -> Vec<(usize, &'a Span<Hold>)> {
    let mut ends: Vec<usize> = Vec::new();
    let mut stacked = Vec::new();
    let drawn = lane
        .locks
        .iter()
        .filter(|span| span.to > span.from && span.to > columns.start);
    for span in drawn {
        let row = match ends.iter().position(|&end| end <= span.from) {
            Some(row) => row,
            None => {
                ends.push(0);
                ends.len() - 1
            }
        };
        ends[row] = span.to;
        stacked.push((row, span));
    }
    stacked
}
