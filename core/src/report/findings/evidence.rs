//! [`Evidence`]: what several rules ask of a trace, worked out once.

use std::collections::HashSet;

use super::tree::Tree;
use super::values::{Distinct, Values, Words};
use super::{Confidence, Finding, Level, Rule, words};
use crate::report::Point;
use crate::report::analysis::{Analysis, Statement, intervals};
use crate::report::sql::{Analyzed, Kind};

/// How many statements before an execution are looked at for the one that it was made of.
const FAR: usize = 256;

pub(super) struct Evidence<'a> {
    pub(super) analysis: &'a Analysis<'a>,
    pub(super) tree: Tree<'a>,
    /// For each statement, its values; unknown where it ran but once.
    values: Vec<Values>,
    /// For each statement, which execution of the trace it is, counted from 1.
    numbers: Vec<usize>,
}

impl<'a> Evidence<'a> {
    pub(super) fn of(analysis: &'a Analysis<'a>) -> Self {
        let points = analysis.trace.points();
        let mut values = vec![Values::Unknown; analysis.statements.len()];
        let mut scratch = Vec::new();
        let mut texts: Vec<Option<Words>> = analysis.texts.iter().map(|_| None).collect();
        for (index, statement) in analysis.statements.iter().enumerate() {
            // A statement that ran once is like no other.
            let Some(_) = statement.group.filter(|group| analysis.groups[*group].points.len() > 1) else { continue };
            if let Some(ran) = analysis.trace.ran_with(statement.point) {
                values[index] = ran.values;
                continue;
            }
            let text = &analysis.texts[statement.text];
            let words = texts[statement.text].get_or_insert_with(|| Words::of(text.sql, text.dialect));
            values[index] = Values::of(&points[statement.point], words, &mut scratch);
        }
        let mut numbers = vec![0; analysis.statements.len()];
        let executions = analysis.in_order.iter().filter(|index| analysis.statements[**index].group.is_some());
        for (number, index) in executions.enumerate() {
            numbers[*index] = number + 1;
        }
        Self { analysis, tree: Tree::of(points), values, numbers }
    }

    pub(super) fn point(&self, place: usize) -> &'a Point {
        &self.analysis.trace.points()[place]
    }

    /// The statement of a point of a group.
    pub(super) fn statement(&self, place: usize) -> Option<&'a Statement> {
        Some(&self.analysis.statements[self.analysis.statement_of[place]?])
    }

    pub(super) fn values(&self, place: usize) -> Values {
        self.analysis.statement_of[place].map_or(Values::Unknown, |index| self.values[index])
    }

    /// Which execution of the trace this point is, counted from 1 in the order of their start.
    pub(super) fn number(&self, place: usize) -> usize {
        self.analysis.statement_of[place].map_or(0, |index| self.numbers[index])
    }

    /// What is known of the text of a group's first execution.
    pub(super) fn analyzed(&self, group: usize) -> &'a Analyzed {
        &self.analysis.texts[self.analysis.groups[group].text].analyzed
    }

    pub(super) fn kind(&self, group: usize) -> Kind {
        self.analyzed(group).kind
    }

    /// The groups with what they do.
    pub(super) fn groups(&self) -> impl Iterator<Item = (usize, &'a [usize])> {
        self.analysis.groups.iter().enumerate().map(|(number, group)| (number, group.points.as_slice()))
    }

    /// How many different values the executions ran with.
    pub(super) fn distinct_values(&self, places: &[usize]) -> Distinct {
        Distinct::of(places.iter().map(|place| self.values(*place)))
    }

    /// The last execution before these, within the same point as they.
    pub(super) fn before(&self, places: &[usize]) -> Option<usize> {
        let analysis = self.analysis;
        let within = self.tree.around_all(places);
        let own: HashSet<usize> = places.iter().copied().collect();
        let started_us = |index: &usize| self.point(analysis.statements[*index].point).appeared_us();
        let first_us = places.iter().map(|place| self.point(*place).appeared_us()).min()?;
        let until = analysis.in_order.partition_point(|index| started_us(index) <= first_us);
        let earlier = analysis.in_order[..until].iter().rev().map(|index| &analysis.statements[*index]);
        let mut others = earlier.filter(|statement| statement.group.is_some() && !own.contains(&statement.point));
        others.by_ref().take(FAR).map(|other| other.point).find(|place| self.tree.lies_within(*place, within))
    }

    /// A finding about points in the order of their start, with what they cost; words are still to come.
    pub(super) fn finding(&self, rule: Rule, level: Level, group: Option<usize>, points: Vec<usize>) -> Finding {
        let open: Vec<_> = points.iter().filter_map(|place| self.point(*place).interval()).collect();
        let working = points.iter().filter_map(|place| self.point(*place).statement_interval()).collect();
        Finding {
            rule,
            level,
            confidence: Confidence::Certain,
            group,
            points,
            redundant: Vec::new(),
            source: None,
            transaction: None,
            distinct_values: None,
            at_once: intervals::at_once(&open),
            cost_us: intervals::length(&intervals::union(working)),
            wasted_us: 0,
            title: String::new(),
            text: String::new(),
        }
    }
}

impl Finding {
    /// The finding with its words, which are made harmless and bounded here.
    pub(super) fn said(mut self, title: &str, text: &str) -> Self {
        (self.title, self.text) = (words::title(title), words::sentence(text));
        self
    }
}
