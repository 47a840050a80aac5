//! One route of the document: its parameters, its bodies, and every answer it can give.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::openapi::header::Header;
use utoipa::openapi::path::{HttpMethod, Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Content, ContentBuilder, Ref, RefOr, Required, Response, ResponseBuilder};

use super::problem;
use super::schema::{Shape, described, named, pattern, text, words};
use super::word::LIST_FORMATS;
use crate::http::extract::page::CursorForm;
use crate::http::limit::table::LINES;
use crate::http::problem::Code;

/// The name of the security scheme.
pub const BEARER: &str = "bearer";

/// The header of an answer to a request that was sent again under its key.
pub const REPLAYED: &str = "Idempotent-Replayed";

/// Entity tags in a conditional header, or `*`.
const TAGS: &str = "^(?:\\*|(?:W/)?\"[!#-~]*\"(?:, (?:W/)?\"[!#-~]*\")*)$";

/// The header that names a request.
const KEY: &str = "Idempotency-Key";

/// The callers that a route admits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Callers {
    All,
    /// Everyone; with a token, on behalf of its user.
    Visitors,
    Customers,
    Admins,
}

/// The content of an answer.
enum Media {
    None,
    /// JSON as in this component.
    Json(&'static str),
    /// JSON of this type, as in this component.
    JsonAs(&'static str, &'static str),
    /// A text of this type.
    Other(&'static str),
}

struct Answer {
    status: u16,
    about: &'static str,
    media: Media,
    headers: Vec<&'static str>,
}

/// The body of a request.
struct Body {
    media: &'static str,
    /// Name of a component; without one, the body is whatever the sender's rules say.
    schema: Option<&'static str>,
    is_required: bool,
}

/// A route with all that the document says about it.
pub struct Route {
    method: HttpMethod,
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    about: Option<&'static str>,
    callers: Callers,
    parameters: Vec<Parameter>,
    bodies: Vec<Body>,
    reads_body: bool,
    answers: Vec<Answer>,
    refusals: Vec<Code>,
}

/// `GET path`; `id` is the name of the operation, `summary` a short sentence.
#[must_use]
pub fn get(path: &'static str, id: &'static str, summary: &'static str) -> Route {
    Route::new(HttpMethod::Get, path, id, summary)
}

/// `POST path`
#[must_use]
pub fn post(path: &'static str, id: &'static str, summary: &'static str) -> Route {
    Route::new(HttpMethod::Post, path, id, summary)
}

/// `DELETE path`
#[must_use]
pub fn delete(path: &'static str, id: &'static str, summary: &'static str) -> Route {
    Route::new(HttpMethod::Delete, path, id, summary)
}

/// `PATCH path`
#[must_use]
pub fn patch(path: &'static str, id: &'static str, summary: &'static str) -> Route {
    Route::new(HttpMethod::Patch, path, id, summary)
}

impl Route {
    fn new(method: HttpMethod, path: &'static str, id: &'static str, summary: &'static str) -> Self {
        let route = Self {
            method,
            path,
            id,
            summary,
            about: None,
            callers: Callers::All,
            parameters: Vec::new(),
            bodies: Vec::new(),
            reads_body: false,
            answers: Vec::new(),
            refusals: Vec::new(),
        };
        match path.contains("{id}") {
            true => route.path_parameter("id", named("Id"), "Id of the object.").refuses(&[Code::NotFound]),
            false => route,
        }
    }

    /// Adds a longer description.
    #[must_use]
    pub fn about(self, about: &'static str) -> Self {
        Self { about: Some(about), ..self }
    }

    /// Allows a token of any user, or an API key.
    #[must_use]
    pub fn for_visitors(self) -> Self {
        Self { callers: Callers::Visitors, ..self }.with_reference()
    }

    /// Requires a token of any user, or an API key.
    #[must_use]
    pub fn for_customers(self) -> Self {
        Self { callers: Callers::Customers, ..self }.with_reference()
    }

    /// Requires a token of any user. API keys are refused.
    #[must_use]
    pub fn for_users(self) -> Self {
        Self { callers: Callers::Admins, ..self }.refuses(&[Code::Unauthenticated, Code::Forbidden])
    }

    /// Adds the header with which an API key names a customer.
    fn with_reference(mut self) -> Self {
        let about = "With an API key: the shop's own id of the customer. Its first use opens the customer's account.";
        let shape = pattern("^[!-~]{1,128}$").into();
        self.parameters.push(parameter(ParameterIn::Header, Required::False, "Tradepost-Customer", shape, about));
        self.refuses(&[Code::Unauthenticated, Code::Forbidden, Code::InvalidRequest])
    }

    /// Requires a token of an administrator.
    #[must_use]
    pub fn for_admins(self) -> Self {
        let refusals = [Code::Unauthenticated, Code::Forbidden, Code::SecondFactorRequired];
        Self { callers: Callers::Admins, ..self }.refuses(&refusals)
    }

    /// Adds or replaces a parameter in the path.
    #[must_use]
    pub fn path_parameter(mut self, name: &str, shape: Shape, about: &str) -> Self {
        self.parameters.retain(|parameter| parameter.name != name);
        self.parameters.push(parameter(ParameterIn::Path, Required::True, name, shape, about));
        self
    }

    /// Adds an optional parameter in the query string.
    #[must_use]
    pub fn query(mut self, name: &str, shape: Shape, about: &str) -> Self {
        self.parameters.push(parameter(ParameterIn::Query, Required::False, name, shape, about));
        self.refuses(&[Code::InvalidRequest])
    }

    /// Takes `If-None-Match`: the answer is 304 if the client has the state already.
    #[must_use]
    pub fn can_be_unchanged(self) -> Self {
        let about = "The `ETag` of the state that the client has, or several.";
        self.condition("If-None-Match", about)
            .answers_empty(304, "The client has the state that it named.")
            .with_header("ETag")
    }

    /// Takes `If-Match`: the change is only made to the state that the client has read.
    #[must_use]
    pub fn takes_expected_state(self) -> Self {
        let about = "The `ETag` of the state that is to be changed. Without it, any state is changed.";
        self.condition("If-Match", about).refuses(&[Code::PreconditionFailed])
    }

    fn condition(mut self, name: &str, about: &str) -> Self {
        let shape = pattern(TAGS).into();
        self.parameters.push(parameter(ParameterIn::Header, Required::False, name, shape, about));
        self.refuses(&[Code::InvalidRequest])
    }

    /// Adds the parameters of a page of a list that is sorted by ids.
    #[must_use]
    pub fn paged(self) -> Self {
        self.paged_by(CursorForm::Id)
    }

    /// Adds the parameters of a page of a list with cursors of this form.
    #[must_use]
    pub fn paged_by(self, form: CursorForm) -> Self {
        self.paged_from(pattern(&form.pattern()).into())
    }

    /// Adds the parameters of a page of a list whose cursors have this shape.
    #[must_use]
    pub fn paged_from(self, cursor: Shape) -> Self {
        let limit = super::schema::between(1, 100);
        let about = "The `next_cursor` of the previous page. It is a position in the list, which needs no item there.";
        self.query("limit", limit, "Number of items, 20 by default.").query("cursor", cursor, about)
    }

    /// Answers as CSV too.
    #[must_use]
    pub fn as_csv(self) -> Self {
        let about = "The form of the answer. Without it, `Accept` decides; JSON is the default.";
        self.query("format", words(LIST_FORMATS), about)
            .shows(200, "text/csv; charset=utf-8", "The same page as CSV, with a header.")
            .with_header("Link")
    }

    /// Requires an `Idempotency-Key`.
    #[must_use]
    pub fn needs_key(self) -> Self {
        self.with_key(Required::True)
    }

    /// Allows an `Idempotency-Key`.
    #[must_use]
    pub fn takes_key(self) -> Self {
        self.with_key(Required::False)
    }

    fn with_key(mut self, required: Required) -> Self {
        let about = "Names this request, so that it can be sent again and has one effect.";
        let shape = pattern("^[!-~]{1,255}$").into();
        self.parameters.push(parameter(ParameterIn::Header, required, KEY, shape, about));
        self.refuses(&[Code::InvalidRequest, Code::IdempotencyKeyReused])
    }

    /// Takes a JSON body as in the component `schema`.
    #[must_use]
    pub fn body(self, schema: &'static str) -> Self {
        self.with_body("application/json", Some(schema), true)
    }

    /// Takes a JSON body as in the component `schema`, or none.
    #[must_use]
    pub fn optional_body(self, schema: &'static str) -> Self {
        self.with_body("application/json", Some(schema), false)
    }

    /// Takes a body of the type `media`, whose form is not ours.
    #[must_use]
    pub fn foreign_body(self, media: &'static str) -> Self {
        self.with_body(media, None, true)
    }

    /// Takes no body, and refuses one.
    #[must_use]
    pub fn no_body(self) -> Self {
        Self { reads_body: true, ..self }.refuses(&[Code::InvalidRequest])
    }

    fn with_body(mut self, media: &'static str, schema: Option<&'static str>, is_required: bool) -> Self {
        self.bodies.push(Body { media, schema, is_required });
        let route = Self { reads_body: true, ..self };
        if schema.is_some() { route.refuses(&[Code::InvalidRequest]) } else { route }
    }

    /// Adds an answer with JSON as in the component `schema`.
    #[must_use]
    pub fn answers(self, status: u16, schema: &'static str, about: &'static str) -> Self {
        self.with_answer(status, Media::Json(schema), about)
    }

    /// Adds an answer with JSON of the type `media` as in the component `schema`.
    #[must_use]
    pub fn answers_as(self, status: u16, media: &'static str, schema: &'static str, about: &'static str) -> Self {
        self.with_answer(status, Media::JsonAs(media, schema), about)
    }

    /// Adds an answer with a text of the type `media`.
    #[must_use]
    pub fn shows(self, status: u16, media: &'static str, about: &'static str) -> Self {
        self.with_answer(status, Media::Other(media), about)
    }

    /// Adds an answer without a body.
    #[must_use]
    pub fn answers_empty(self, status: u16, about: &'static str) -> Self {
        self.with_answer(status, Media::None, about)
    }

    fn with_answer(mut self, status: u16, media: Media, about: &'static str) -> Self {
        self.answers.push(Answer { status, about, media, headers: Vec::new() });
        self
    }

    /// Adds a header to the answer that was added last; it is one of those that the document describes.
    #[must_use]
    pub fn with_header(mut self, name: &'static str) -> Self {
        if let Some(answer) = self.answers.last_mut() {
            answer.headers.push(name);
        }
        self
    }

    /// Adds problems that the route can answer with, besides those that follow from its parameters and its body.
    #[must_use]
    pub fn refuses(mut self, codes: &[Code]) -> Self {
        self.refusals.extend(codes);
        self
    }

    /// The path, the method and the operation. `examples` has the example of each component.
    #[must_use]
    pub fn build(self, tag: &str, examples: &BTreeMap<&str, Value>) -> (&'static str, HttpMethod, Operation) {
        let mut operation = OperationBuilder::new()
            .tag(tag)
            .operation_id(Some(self.id))
            .summary(Some(self.summary))
            .description(self.about);
        let bearer = SecurityRequirement::new::<_, [&str; 0], &str>(BEARER, []);
        operation = match self.callers {
            Callers::All => operation.securities(Some([])),
            Callers::Visitors => operation.securities(Some([SecurityRequirement::default(), bearer])),
            Callers::Customers | Callers::Admins => operation.security(bearer),
        };
        if !self.bodies.is_empty() {
            operation = operation.request_body(Some(request_body(&self.bodies, examples)));
        }
        for (status, response) in responses(&self, examples) {
            operation = operation.response(status.to_string(), response);
        }
        for parameter in self.parameters {
            operation = operation.parameter(parameter);
        }
        (self.path, self.method, operation.build())
    }

    /// Whether the table of limits has one for the route.
    fn has_limit(&self) -> bool {
        let method = match self.method {
            HttpMethod::Get => "GET",
            HttpMethod::Post => "POST",
            _ => return false,
        };
        let of_route = LINES.iter().find(|(known, path, _)| *known == method && *path == self.path);
        of_route.is_some_and(|(_, _, limit)| limit.address.is_some() || limit.user.is_some())
    }

    /// All codes that the route can answer with.
    fn codes(&self) -> Vec<Code> {
        let of_bodies = [Code::MalformedRequest, Code::RequestTimeout, Code::PayloadTooLarge];
        let of_all = [Code::UnsupportedMediaType, Code::Internal, Code::Busy];
        let mut codes: Vec<Code> = self.refusals.clone();
        codes.extend(self.reads_body.then_some(of_bodies).into_iter().flatten());
        codes.extend(of_all);
        codes.extend(self.has_limit().then_some(Code::TooManyRequests));
        Code::ALL.iter().copied().filter(|code| codes.contains(code)).collect()
    }
}

fn parameter(place: ParameterIn, required: Required, name: &str, shape: Shape, about: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(required)
        .description(Some(about))
        .schema(Some(shape))
        .build()
}

fn request_body(bodies: &[Body], examples: &BTreeMap<&str, Value>) -> utoipa::openapi::request_body::RequestBody {
    let is_required = bodies.iter().all(|body| body.is_required);
    let required = if is_required { Required::True } else { Required::False };
    let start = RequestBodyBuilder::new().required(Some(required));
    let add = |built: RequestBodyBuilder, body: &Body| built.content(body.media, content(body.schema, examples));
    bodies.iter().fold(start, add).build()
}

/// The content as in the component `schema`, with its example.
fn content(schema: Option<&str>, examples: &BTreeMap<&str, Value>) -> Content {
    match schema {
        Some(name) => ContentBuilder::new().schema(Some(named(name))).example(examples.get(name).cloned()).build(),
        None => ContentBuilder::new().schema(Some(text())).build(),
    }
}

/// All responses by status: the answers of the route and its problems. One status may have both.
fn responses(route: &Route, examples: &BTreeMap<&str, Value>) -> BTreeMap<u16, Response> {
    let mut responses: BTreeMap<u16, Response> = BTreeMap::new();
    for answer in &route.answers {
        let response = responses.entry(answer.status).or_insert_with(|| Response::new(answer.about));
        let content = match answer.media {
            Media::None => None,
            Media::Json(name) => Some(("application/json", content(Some(name), examples))),
            Media::JsonAs(media, name) => Some((media, content(Some(name), examples))),
            Media::Other(media) => Some((media, ContentBuilder::new().schema(Some(text())).build())),
        };
        if let Some((media, content)) = content {
            response.content.insert(media.to_owned(), RefOr::T(content));
        }
        for header in &answer.headers {
            response.headers.insert((*header).to_owned(), header_reference(header));
        }
    }
    let codes = route.codes();
    let mut statuses: Vec<u16> = codes.iter().map(|code| code.status().as_u16()).collect();
    statuses.dedup();
    for status in statuses {
        let codes: Vec<Code> = codes.iter().copied().filter(|code| code.status().as_u16() == status).collect();
        let response = responses.entry(status).or_insert_with(|| ResponseBuilder::new().build());
        if response.description.is_empty() {
            response.description = problem::summary(&codes);
        }
        response.content.insert(problem::MEDIA.to_owned(), RefOr::T(problem::content(&codes)));
        // A stored refusal is given again under its key.
        let is_stored = matches!(status, 409 | 422) && route.parameters.iter().any(|known| known.name == KEY);
        for header in problem::headers(&codes).chain(is_stored.then_some(REPLAYED)) {
            response.headers.insert(header.to_owned(), header_reference(header));
        }
    }
    responses
}

fn header_reference(name: &str) -> RefOr<Header> {
    RefOr::Ref(Ref::new(format!("#/components/headers/{name}")))
}

/// A header of a response.
#[must_use]
pub fn response_header(shape: Shape, about: &str) -> Header {
    let mut header = Header::new(described(shape, ""));
    header.description = Some(about.to_owned());
    header
}
