//! The OpenAPI document and its page. Every answer of the other tests is compared with the document as it is received.

mod document;
mod served;
