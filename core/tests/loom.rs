//! What is hand-made with atomics, in every order in which threads can run.
//!
//! The files under test are included here and find loom's atomics where in the crate they find the standard library's.

#[path = "../src/db/long/counter.rs"]
mod counter;
#[path = "../src/profiler/database_time.rs"]
mod database_time;

/// Stands in the place of the crate's own.
mod sync {
    pub(crate) use loom::sync::atomic;
}

use std::collections::HashSet;

use database_time::DatabaseTime;
use loom::sync::Arc;
use loom::thread;

/// Start and stop of a point, in nanoseconds.
type Interval = (u64, u64);

/// The totals that the intervals can have where one thing happens after the other, whatever comes first.
fn sequential_totals(intervals: &[Interval]) -> HashSet<u64> {
    /// Which intervals have started and stopped, how many run, the time of the first start or last stop, and the total.
    type State = (Vec<(bool, bool)>, u64, u64, u64);

    let mut totals = HashSet::new();
    let mut open: Vec<State> = vec![(vec![(false, false); intervals.len()], 0, 0, 0)];
    while let Some((done, running, mark, total)) = open.pop() {
        if done.iter().all(|(_, stopped)| *stopped) {
            totals.insert(total);
        }
        for (place, (start, stop)) in intervals.iter().enumerate() {
            let mut next = done.clone();
            match done[place] {
                (false, _) => {
                    next[place].0 = true;
                    let mark = if running == 0 { mark.max(*start) } else { mark };
                    open.push((next, running + 1, mark, total));
                }
                (true, false) => {
                    next[place].1 = true;
                    let last = running == 1;
                    let total = if last { total + stop.saturating_sub(mark) } else { total };
                    open.push((next, running - 1, if last { mark.max(*stop) } else { mark }, total));
                }
                (true, true) => {}
            }
        }
    }
    totals
}

/// Goes through every order in which threads are interrupted at most so many times.
fn check_intervals(interruptions: usize, intervals: &'static [Interval]) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(interruptions);
    let allowed = sequential_totals(intervals);
    let end = intervals.iter().map(|(_, stop)| *stop).max().unwrap_or(0);
    let span = end - intervals.iter().map(|(start, _)| *start).min().unwrap_or(0);
    model.check(move || {
        let time = Arc::new(DatabaseTime::default());
        let run = |time: &DatabaseTime, (start, stop): Interval| {
            assert!(time.start(start));
            time.count_statement();
            time.stop(stop);
        };
        let threads: Vec<_> = intervals[1..]
            .iter()
            .map(|interval| {
                let time = Arc::clone(&time);
                thread::spawn(move || run(&time, *interval))
            })
            .collect();
        run(&time, intervals[0]);
        // Whenever it is read, no time is there twice.
        let (total, _) = time.read(end);
        assert!(total <= span, "{total} of {span} while others run");
        for thread in threads {
            thread.join().expect("no thread panics");
        }
        let (total, statements) = time.read(end);
        assert_eq!(statements, intervals.len() as u64);
        assert!(allowed.contains(&total), "{total} is not in {allowed:?}");
        assert!(total <= span, "{total} of {span}: some time is there twice");
    });
}

#[test]
fn database_time_of_two_threads_is_that_of_some_order() {
    for intervals in [&[(10, 20), (15, 30)], &[(10, 20), (30, 50)], &[(10, 100), (20, 30)]] {
        check_intervals(2, intervals);
    }
}

#[test]
fn database_time_of_three_threads_is_that_of_some_order() {
    // More make the search long.
    check_intervals(1, &[(10, 20), (15, 30), (40, 70)]);
}

#[test]
fn what_a_stream_waits_for_later_is_added_once_and_never_beyond_the_time_there_was() {
    loom::model(|| {
        let time = Arc::new(DatabaseTime::default());
        let other = Arc::clone(&time);
        let stream = thread::spawn(move || other.add(30));
        assert!(time.start(10));
        time.stop(20);
        assert!([10, 40].contains(&time.read(50).0));
        stream.join().expect("no thread panics");
        assert_eq!((time.read(50).0, time.read(25).0), (40, 25));
    });
}

#[test]
fn no_more_permits_than_the_cap_are_taken_and_all_come_back() {
    loom::model(|| {
        let taken = Arc::new(loom::sync::atomic::AtomicUsize::new(0));
        let held = Arc::new(loom::sync::atomic::AtomicUsize::new(0));
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let (taken, held) = (Arc::clone(&taken), Arc::clone(&held));
                thread::spawn(move || {
                    if counter::take(&taken, 1) {
                        assert_eq!(held.fetch_add(1, loom::sync::atomic::Ordering::SeqCst), 0);
                        held.fetch_sub(1, loom::sync::atomic::Ordering::SeqCst);
                        counter::give_back(&taken);
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().expect("no thread panics");
        }
        assert!(counter::take(&taken, 1));
    });
}
