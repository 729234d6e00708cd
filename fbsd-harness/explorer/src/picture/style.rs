//! Colours and what is worth a label.

use crate::trace::State;

/// The fill of a state.
pub fn fill(state: State) -> &'static str {
    match state {
        State::New => "#eeeeee",
        State::Runnable => "#ffe082",
        State::Running => "#43a047",
        State::User => "#a5d6a7",
        State::Sleeping => "#b0bec5",
        State::Suspended => "#ab47bc",
        State::Blocked => "#ef5350",
        State::Spinning => "#fb8c00",
        State::Exited => "#ffffff",
    }
}

/// The colour of text on that fill.
pub fn ink(state: State) -> &'static str {
    match state {
        State::Running | State::Suspended | State::Blocked => "#ffffff",
        _ => "#263238",
    }
}

/// The colour of a lock's bar: a hue of its own for each lock.
pub fn lock(object: u32) -> &'static str {
    const HUES: [&str; 8] = [
        "#1565c0", "#ad1457", "#00838f", "#6a1b9a", "#4e342e", "#283593", "#558b2f", "#d84315",
    ];
    HUES[object as usize % HUES.len()]
}

/// Whether a call is drawn as a mark without words: the locks have bars of
/// their own, and idling says nothing.
pub fn is_minor(call: &str) -> bool {
    const MINOR: [&str; 15] = [
        "mtx_",
        "_mtx",
        "__mtx",
        "rw_",
        "__rw",
        "_rw",
        "spin",
        "thread_lock",
        "thread_unlock",
        "critical_",
        "switch_",
        "mi_switch",
        "user(",
        "user spin",
        "kdtrace_",
    ];
    MINOR.iter().any(|start| call.starts_with(start))
}

/// Whether a thread only idles: it has no lane.
pub fn is_idle(lane: &str) -> bool {
    lane.starts_with("idle")
}
