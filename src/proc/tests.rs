//! Walks along the threads of a process, and what is asked for ahead of them.

use super::*;
use crate::here;
use crate::kpi::fake::world::World;

/// A world whose own process has so many threads, and these in the list's order.
fn crowd(number: c_int) -> (World, Proc, Vec<Thread>) {
    let world = World::new();
    let p = world.own_proc();
    for n in 1..number {
        world.thread(format_args!("t{n}"), p);
    }
    let all = p.all_threads();
    assert_eq!(all.len(), number as usize);
    (world, p, all)
}

/// From the end back to the middle, and never to the head, which is no thread.
#[test]
fn half_of_a_list_is_asked_for_from_its_end() {
    for number in 1..8 {
        let (_world, p, all) = crowd(number);
        // SAFETY: the world has one CPU, which is here.
        let mut ahead = unsafe { Ahead::of(p, number) };
        let mut asked = Vec::new();
        for &td in &all {
            ahead.fetch(td);
            asked.push(ahead.last);
        }
        let half = number as usize / 2;
        let wanted: Vec<_> = all.iter().rev().skip(1).take(half).collect();
        let wanted: Vec<_> = wanted.iter().map(|td| td.as_ptr()).collect();
        assert_eq!(&asked[..half], wanted, "of {number}");
        let last = all[number as usize - 1 - half].as_ptr();
        assert!(asked[half..].iter().all(|&td| td == last), "of {number}");
    }
}

/// Whether anything is asked for makes no difference to a walk.
#[test]
fn walks_of_long_lists_are_those_of_short_ones() {
    for number in [CACHED, CACHED + 1] {
        let (world, p, all) = crowd(number);
        let pl = world.lock_proc(p);
        let many = cfg!(target_arch = "x86_64") && number > CACHED;
        assert_eq!(pl.has_many_threads(), many);
        assert_eq!(pl.ahead().is_wanted(), many);
        assert!(pl.threads(&mut pl.ahead()).eq(all));
        pl.unlock(here!());
    }
}

/// Of the last thread there is none that comes after it; whoever is asked for, nothing
/// is called and nobody moves.
#[test]
fn what_leaves_may_be_the_last_of_the_list() {
    let (world, p, all) = crowd(3);
    let pl = world.lock_proc(p);
    world.forget_log();
    for &td in &all {
        // SAFETY: on the list of this process.
        unsafe { pl.fetch_leaving(td) }
    }
    assert_eq!(world.calls(), [""; 0]);
    assert!(pl.threads(&mut pl.ahead()).eq(all));
    pl.unlock(here!());
}
