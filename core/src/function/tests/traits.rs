//! Traits with `#[trace_trait]`.

use osprofiler::trace_trait;

use super::{recorded, recorded_async};

#[trace_trait("rpc", hide_result = false)]
trait Rpc: std::fmt::Debug {
    type Answer;

    const NAME: &'static str;

    async fn call<T: Into<u32>>(&mut self, what: T) -> Result<Self::Answer, String>;

    fn twice(&self, other: &Self) -> usize {
        self._size() + other._size()
    }

    fn _size(&self) -> usize;

    fn fork(&self) -> Self
    where
        Self: Sized;
}

#[derive(Debug)]
struct Local(usize);

impl Rpc for Local {
    type Answer = usize;

    const NAME: &'static str = "local";

    async fn call<T: Into<u32>>(&mut self, what: T) -> Result<usize, String> {
        self.0 += what.into() as usize;
        Ok(self.0)
    }

    fn _size(&self) -> usize {
        self.0
    }

    fn fork(&self) -> Self {
        Self(self.0)
    }
}

async fn generic_caller<R: Rpc>(mut rpc: R) -> Result<R::Answer, String> {
    let other = rpc.fork();
    assert_eq!((rpc.twice(&other), R::NAME), (2, "local"));
    rpc.call(2_u8).await
}

#[test]
fn calls_through_a_trait_are_traced() {
    let (result, infos) = recorded_async(generic_caller(Local(1).traced_rpc()));
    assert_eq!(result, Ok(3));
    let names: Vec<String> = infos.iter().map(|(_, info)| info["function"].to_string()).collect();
    assert_eq!(
        names,
        [
            r#"{"name":"osprofiler::function::tests::traits::Local::fork","args":"(<osprofiler::function::tests::traits::Local>,)","kwargs":"{}"}"#,
            r#"{"result":"TracedRpc(Local(1))"}"#,
            r#"{"name":"osprofiler::function::tests::traits::Local::twice","args":"(<osprofiler::function::tests::traits::Local>, TracedRpc(Local(1)))","kwargs":"{}"}"#,
            r#"{"result":"2"}"#,
            r#"{"name":"osprofiler::function::tests::traits::Local::call","args":"(<osprofiler::function::tests::traits::Local>, <u8>)","kwargs":"{}"}"#,
            // An implementor's types are not known to have `Debug` here, nor is a generic argument's.
            r#"{"result":"<core::result::Result<usize, alloc::string::String>>"}"#,
        ]
    );
    let (result, infos) = recorded_async(generic_caller(Local(1)));
    assert_eq!((result, infos.len()), (Ok(3), 0));
}

#[trace_trait("greet")]
trait Greet {
    fn greet(&self, whom: &str) -> String;
}

impl Greet for Local {
    fn greet(&self, whom: &str) -> String {
        format!("hello {whom}")
    }
}

#[test]
fn calls_through_dyn_are_traced() {
    let greet: Box<dyn Greet + Send> = Box::new(Local(0).traced_greet());
    let (result, infos) = recorded(|| greet.greet("you"));
    assert_eq!((result.as_str(), infos.len()), ("hello you", 2));
    assert_eq!(infos[0].1["function"]["args"], r#"(<osprofiler::function::tests::traits::Local>, "you")"#);
}
