//! Rules that the compiler does not check: the shape and the words of the sources, the documentation, and that nothing
//! secret is printed.

mod asvs;
#[cfg(feature = "sqlite")]
mod canary;
mod docs;
mod import;
mod layer;
mod shape;
mod source;
mod specification;
#[cfg(target_os = "linux")]
mod stack;
mod supply;
mod word;
