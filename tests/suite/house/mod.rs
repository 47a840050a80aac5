//! Rules that the compiler does not check: the shape of the source code, and that nothing secret is printed.

#[cfg(feature = "sqlite")]
mod canary;
mod specification;
mod tidy;
