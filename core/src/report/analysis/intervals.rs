//! Stretches of time, in microseconds from a trace's first message: what they cover together, and how many there are at once.

/// From when to when; the end does not belong to it.
pub(in crate::report) type Interval = (u64, u64);

/// What the intervals cover together: disjoint stretches in their order, with something between each two.
pub(in crate::report) fn union(mut intervals: Vec<Interval>) -> Vec<Interval> {
    intervals.sort_unstable();
    let mut merged: Vec<Interval> = Vec::new();
    for (from, to) in intervals {
        match merged.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => merged.push((from, to)),
        }
    }
    merged
}

/// How long disjoint intervals are together.
pub(in crate::report) fn length(disjoint: &[Interval]) -> u64 {
    disjoint.iter().map(|(from, to)| to.saturating_sub(*from)).sum()
}

/// How many of the intervals there are at once at most.
pub(in crate::report) fn at_once(intervals: &[Interval]) -> usize {
    let mut starts: Vec<u64> = intervals.iter().map(|interval| interval.0).collect();
    let mut ends: Vec<u64> = intervals.iter().map(|interval| interval.1).collect();
    starts.sort_unstable();
    ends.sort_unstable();
    let mut over = 0;
    let mut most = 0;
    for (begun, start) in starts.iter().enumerate() {
        while over < begun && ends[over] <= *start {
            over += 1;
        }
        most = most.max(begun + 1 - over);
    }
    most
}

/// The stretches of `within` that disjoint intervals leave free.
pub(in crate::report) fn between(disjoint: &[Interval], within: Interval) -> Vec<Interval> {
    let mut free = Vec::new();
    let mut from = within.0;
    for (start, stop) in disjoint {
        let to = (*start).min(within.1);
        if from < to {
            free.push((from, to));
        }
        from = from.max(*stop);
    }
    if from < within.1 {
        free.push((from, within.1));
    }
    free
}

/// The part of an interval that lies within another.
pub(in crate::report) fn clipped((from, to): Interval, within: Interval) -> Option<Interval> {
    let (from, to) = (from.max(within.0), to.min(within.1));
    (from < to).then_some((from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_overlaps_or_touches_is_one() {
        assert_eq!(union(vec![(5, 7), (0, 3), (2, 4), (7, 8)]), [(0, 4), (5, 8)]);
        assert_eq!(length(&union(vec![(0, 10), (2, 3), (20, 21)])), 11);
        assert!(union(Vec::new()).is_empty());
    }

    #[test]
    fn intervals_one_after_the_other_are_not_at_once() {
        assert_eq!(at_once(&[(0, 5), (5, 10), (10, 15)]), 1);
        assert_eq!(at_once(&[(0, 5), (4, 10), (4, 15), (9, 9)]), 3);
        assert_eq!((at_once(&[]), at_once(&[(3, 3)])), (0, 1));
    }

    #[test]
    fn what_is_left_free_is_within() {
        assert_eq!(between(&[(2, 4), (6, 20)], (0, 10)), [(0, 2), (4, 6)]);
        assert_eq!(between(&[(0, 1), (12, 13)], (5, 10)), [(5, 10)]);
        assert_eq!(between(&[], (5, 5)), []);
        assert_eq!((clipped((0, 9), (3, 5)), clipped((0, 3), (3, 5))), (Some((3, 5)), None));
    }
}
