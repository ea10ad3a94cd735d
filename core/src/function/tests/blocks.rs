//! `impl` blocks with `#[trace_cls]`.

use osprofiler::{trace, trace_cls};

use super::{names, recorded, recorded_async};

struct Nothing;

struct Shelf {
    rows: Vec<u32>,
}

#[trace_cls("shelf", hide_result = false)]
impl Shelf {
    const SIZE: usize = 3;

    pub(crate) fn first(&mut self) -> Option<&mut u32> {
        if self.rows.len() > Self::SIZE {
            return None;
        }
        self.rows.first_mut()
    }

    pub(crate) fn new(rows: Vec<u32>) -> Self {
        Self { rows }
    }

    fn private(&self) -> usize {
        self.rows.len()
    }

    #[trace(skip)]
    pub(crate) fn skipped(&self) -> usize {
        self.private()
    }

    #[trace("own", hide_args)]
    pub(crate) async fn twice(self, by: u32) -> Box<dyn std::fmt::Debug + Send> {
        if by > 100 {
            return Box::new(());
        }
        Box::new(self.rows.iter().map(|row| row * by).collect::<Vec<_>>())
    }
}

#[test]
fn public_methods_of_a_block_are_traced() {
    let (_, infos) = recorded(|| {
        let mut shelf = Shelf::new(vec![7]);
        *shelf.first().expect("one") += 1;
        shelf.skipped()
    });
    assert_eq!(names(&infos), ["shelf-start", "shelf-stop"]);
    let function = &infos[0].1["function"];
    assert_eq!(function["name"], "osprofiler::function::tests::blocks::Shelf::first");
    assert_eq!(function["args"], "(<osprofiler::function::tests::blocks::Shelf>,)");
    assert_eq!(infos[1].1["function"]["result"], "Some(7)");
}

#[test]
fn the_upper_attribute_is_the_outer_point() {
    let (_, infos) = recorded_async(async { Shelf::new(vec![7]).twice(2).await });
    assert_eq!(names(&infos), ["shelf-start", "own-start", "own-stop", "shelf-stop"]);
    assert_eq!(infos[3].1["function"]["result"], "[14]");
    assert_eq!(infos[0].1["function"]["name"], "osprofiler::function::tests::blocks::Shelf::twice");
}

#[trace_cls("all", trace_private, trace_class_methods, trace_static_methods = true)]
impl Nothing {
    fn new() -> Self {
        Self::_private();
        Self
    }

    fn _private() {}

    fn __never() {}
}

#[test]
fn private_and_associated_functions_are_traced_when_asked_for() {
    let (_, infos) = recorded(|| {
        Nothing::__never();
        Nothing::new()
    });
    assert_eq!(names(&infos), ["all-start", "all-start", "all-stop", "all-stop"]);
    assert_eq!(infos[1].1["function"]["args"], "()");
}
