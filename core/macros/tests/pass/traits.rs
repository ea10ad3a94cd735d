//! Traits of every shape get a wrapper, and blocks of every kind their points.

#![deny(warnings)]
#![warn(missing_docs)]

use std::fmt::{Debug, Display};

use osprofiler::{trace_cls, trace_trait};

/// Called as a type parameter might be.
#[derive(Debug, PartialEq)]
pub struct Inner;

/// A trait with a type of that name.
#[trace_trait("inner")]
pub trait HasInner {
    /// It.
    fn inner(&self) -> Inner;
    /// A method that wrappers have besides.
    fn into_inner(self) -> u8
    where
        Self: Sized,
    {
        1
    }
}

impl HasInner for Inner {
    fn inner(&self) -> Inner {
        Inner
    }
}

/// A trait with all that a trait may have.
#[trace_trait("repository", allow_multiple_trace = false)]
pub trait Repository<'a, K, V: 'a = u8>: Debug + Send
where
    K: Display,
{
    /// Its error.
    type Error: Debug;
    /// Values by reference.
    type Values<'b>: Iterator<Item = &'b V>
    where
        Self: 'b,
        V: 'b;

    /// How many fit.
    const SIZE: usize;

    /// A new one.
    fn new(size: usize) -> Result<Self, Self::Error>
    where
        Self: Sized;

    /// By reference.
    fn get(&self, key: &K) -> Option<&V>;
    /// By mutable reference.
    fn get_mut(&mut self, _: K) -> Option<&mut V>;
    /// By value.
    fn into_values(self) -> Vec<V>
    where
        Self: Sized;
    /// In a box.
    fn into_first(self: Box<Self>) -> Option<V>;
    /// With generics that cannot be told from the arguments.
    fn count<T, const N: usize>(&self) -> usize
    where
        T: Default,
        Self: Sized;
    /// With another.
    fn merge(&mut self, other: &Self)
    where
        Self: Sized;
    /// All.
    fn values(&self) -> Self::Values<'_>
    where
        Self: Sized;
    /// Provided.
    fn len(&self) -> usize {
        0
    }
    /// Not traced.
    #[trace(skip)]
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Unsafe.
    ///
    /// # Safety
    ///
    /// Is the caller's.
    unsafe fn at(&self, index: usize) -> &V;
}

#[derive(Debug, Clone)]
struct Memory(Vec<u8>);

impl<'a> Repository<'a, String> for Memory {
    type Error = String;
    type Values<'b> = std::slice::Iter<'b, u8>;

    const SIZE: usize = 3;

    fn new(size: usize) -> Result<Self, String> {
        Ok(Self(vec![1; size]))
    }
    fn get(&self, key: &String) -> Option<&u8> {
        self.0.get(key.len())
    }
    fn get_mut(&mut self, key: String) -> Option<&mut u8> {
        self.0.get_mut(key.len())
    }
    fn into_values(self) -> Vec<u8> {
        self.0
    }
    fn into_first(self: Box<Self>) -> Option<u8> {
        self.0.first().copied()
    }
    fn count<T: Default, const N: usize>(&self) -> usize {
        N
    }
    fn merge(&mut self, other: &Self) {
        self.0.extend_from_slice(&other.0);
    }
    fn values(&self) -> std::slice::Iter<'_, u8> {
        self.0.iter()
    }
    fn len(&self) -> usize {
        self.0.len()
    }
    unsafe fn at(&self, index: usize) -> &u8 {
        unsafe { self.0.get_unchecked(index) }
    }
}

/// The library's attribute below.
#[trace_trait("below")]
#[async_trait::async_trait]
pub trait Below {
    /// A call.
    async fn call(&self, what: &str) -> Result<usize, String>;
}

/// The library's attribute above.
#[async_trait::async_trait]
#[trace_trait("above")]
pub trait Above {
    /// A call.
    async fn call(&self, what: &str) -> usize;
}

#[async_trait::async_trait]
impl Below for Memory {
    async fn call(&self, what: &str) -> Result<usize, String> {
        Ok(what.len())
    }
}

#[async_trait::async_trait]
impl Above for Memory {
    async fn call(&self, what: &str) -> usize {
        what.len()
    }
}

struct Blocks;

#[trace_cls("block, the library's attribute below")]
#[async_trait::async_trait]
impl Below for Blocks {
    async fn call(&self, what: &str) -> Result<usize, String> {
        Err(what.to_owned())
    }
}

#[async_trait::async_trait]
#[trace_cls("block, the library's attribute above", hide_result = false)]
impl Above for Blocks {
    async fn call(&self, what: &str) -> usize {
        what.len()
    }
}

/// The language's own.
#[trace_trait("native")]
#[allow(async_fn_in_trait)]
pub trait Native {
    /// A call.
    async fn call(&self, what: &str) -> Result<usize, String>;
    /// That is `Send`.
    fn send(&self) -> impl Future<Output = usize> + Send;
}

impl Native for Memory {
    async fn call(&self, what: &str) -> Result<usize, String> {
        Ok(what.len())
    }
    async fn send(&self) -> usize {
        1
    }
}

#[trace_cls("block", trace_private, trace_class_methods, trace_static_methods, hide_result = false)]
impl<T: Clone> Generic<T> {
    const EMPTY: Option<T> = None;

    const fn constant() -> usize {
        1
    }

    /// Public.
    pub fn value(&self) -> T {
        self.own().unwrap_or_else(|| self.0.clone())
    }

    fn own(&self) -> Option<T> {
        Self::EMPTY
    }

    fn made(value: T) -> Self {
        Self(value)
    }

    fn number(text: &str) -> usize {
        text.len()
    }
}

/// Generic.
pub struct Generic<T>(T);

#[trace_cls("display")]
impl<T: Display> Display for Generic<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

fn is_send<T: Send>(value: T) -> T {
    value
}

fn main() {
    assert_eq!(Inner.traced_has_inner().inner(), Inner);
    assert_eq!(Inner.traced_has_inner().into_inner(), 1);
    let repository = <Memory as Repository<'_, String>>::new(3).expect("it fits");
    let mut repository = repository.traced_repository();
    assert_eq!(repository.get(&"a".to_owned()), Some(&1));
    *repository.get_mut("a".to_owned()).expect("one") = 2;
    assert_eq!(Repository::<String>::count::<u8, 4>(&repository), 4);
    let other = repository.clone();
    repository.merge(&other);
    assert_eq!(Repository::<String>::values(&repository).count(), 6);
    assert!(!Repository::<String>::is_empty(&repository));
    assert_eq!(unsafe { repository.at(1) }, &2);
    assert_eq!(Box::new(other).into_first(), Some(1));
    assert_eq!(repository.into_inner().0.len(), 6);

    let memory = Memory(Vec::new());
    let shared: std::sync::Arc<dyn Below + Send + Sync> = std::sync::Arc::new(memory.clone().traced_below());
    let above: Box<dyn Above> = Box::new(memory.clone().traced_above());
    let native = memory.traced_native();
    futures::executor::block_on(async {
        assert_eq!(shared.call("a").await, Ok(1));
        assert_eq!(above.call("a").await, 1);
        assert_eq!(native.call("a").await, Ok(1));
        assert!(Below::call(&Blocks, "a").await.is_err());
        assert_eq!(Above::call(&Blocks, "a").await, 1);
        assert_eq!(is_send(native.send()).await, 1);
    });

    let generic = Generic::made(1);
    assert_eq!((generic.value(), Generic::<u8>::constant(), Generic::<u8>::number("a")), (1, 1, 1));
    assert_eq!(generic.to_string(), "1");
}
