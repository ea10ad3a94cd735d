//! Where the time went, and when no statement ran.

use super::intervals::{self, Interval};
use super::{Breakdown, Gap};
use crate::report::{Point, Trace};

/// The least that a gap lasts, in microseconds.
const LEAST_GAP_US: u64 = 5_000;

/// When what was running.
pub(super) struct Running {
    /// Work of a database.
    work: Vec<Interval>,
    /// When its points were open: longer, where the program worked between the rows, or where there is no stop and it may be
    /// running until the end of the trace.
    open: Vec<Interval>,
    /// Waiting for a connection.
    pool: Vec<Interval>,
    /// Waiting for another service.
    remote: Vec<Interval>,
}

impl Running {
    pub(super) fn of(trace: &Trace) -> Self {
        let mut running = Self { work: Vec::new(), open: Vec::new(), pool: Vec::new(), remote: Vec::new() };
        for point in trace.points() {
            if !point.is_database() {
                if point.is_remote() {
                    running.remote.extend(point.interval());
                }
            } else if point.waits_for_connection() {
                running.pool.extend(point.interval());
            } else if point.is_unsent() {
                let waited = point.started_us.zip(point.waited_in_vain_us());
                running.pool.extend(waited.map(|(from, waited)| (from, from.saturating_add(waited))));
            } else {
                match (point.started_us, point.interval()) {
                    (_, Some(interval)) => {
                        running.open.push(interval);
                        running.work.extend(point.statement_interval());
                    }
                    (Some(from), None) if from <= trace.duration_us() => running.open.push((from, trace.duration_us())),
                    _ => {}
                }
                if let Some((to, waited)) = point.started_us.zip(point.acquire_us()) {
                    running.pool.push((to.saturating_sub(waited), to));
                }
            }
        }
        running
    }
}

/// Microseconds of the request during which a database worked, and during which the program only waited for a connection:
/// all forms of a report count both by this.
pub(in crate::report) fn database_and_pool_us(trace: &Trace) -> (u64, u64) {
    let breakdown = breakdown(Running::of(trace), trace.request_interval());
    (breakdown.database_us, breakdown.pool_us)
}

pub(super) fn breakdown(running: Running, window: Interval) -> Breakdown {
    let Running { work, open, pool, remote } = running;
    let at_once = intervals::at_once(&open);
    let summed_us = work.iter().map(|(from, to)| to - from).fold(0, u64::saturating_add);
    let within = |all: Vec<Interval>| -> Vec<Interval> {
        all.into_iter().filter_map(|interval| intervals::clipped(interval, window)).collect()
    };
    // Each kind counts where those before it were not running: what all so far cover, less what those before covered.
    let mut covered = intervals::union(within(work));
    let database_us = intervals::length(&covered);
    covered = intervals::union([covered, within(pool)].concat());
    let with_pool_us = intervals::length(&covered);
    covered = intervals::union([covered, within(remote)].concat());
    let with_remote_us = intervals::length(&covered);
    Breakdown {
        database_us,
        pool_us: with_pool_us - database_us,
        remote_us: with_remote_us - with_pool_us,
        program_us: (window.1 - window.0) - with_remote_us,
        summed_us,
        at_once,
    }
}

/// The stretches of the window in which no statement ran, and what did.
pub(super) fn gaps(trace: &Trace, running: &Running, window: Interval) -> Vec<Gap> {
    let points = trace.points();
    let busy = intervals::union(running.open.clone());
    if busy.is_empty() {
        return Vec::new();
    }
    let least = LEAST_GAP_US.max((window.1 - window.0).div_ceil(100));
    let mut gaps: Vec<Gap> = intervals::between(&busy, window)
        .into_iter()
        .filter(|(from, to)| to - from >= least)
        .map(|(started_us, finished_us)| Gap { started_us, finished_us, within: None })
        .collect();
    if gaps.is_empty() {
        return gaps;
    }
    let until = |point: &Point| Some((point.started_us?, point.finished_us.unwrap_or(trace.duration_us())));
    // There are a hundred gaps at most, so that this is linear.
    for (place, point) in points.iter().enumerate() {
        let Some((from, to)) = until(point).filter(|(from, to)| from <= to && !point.is_database()) else { continue };
        let first = gaps.partition_point(|gap| gap.finished_us <= from);
        for gap in gaps[first..].iter_mut().take_while(|gap| gap.started_us < to) {
            let covered = to.min(gap.finished_us) - from.max(gap.started_us);
            let is_inner = gap.within.is_none_or(|within| points[within].depth < point.depth);
            if is_inner && covered > (gap.finished_us - gap.started_us) / 2 {
                gap.within = Some(place);
            }
        }
    }
    gaps
}
