//! The API's description: OpenAPI 3.1, from the same table as the router and from the types of `syscope-api`.

use std::sync::LazyLock;

use bytes::Bytes;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};
use syscope_api::Problem;

use crate::problem::PROBLEM_JSON;
use crate::router;

/// A schema, made when the document is.
type MakeSchema = fn(&mut SchemaGenerator) -> Schema;

/// What a request may be answered with, whatever it asks: of all limits and of all failures.
const EVERYWHERE: [(u16, &str); 8] = [
    (400, "The request is malformed."),
    (403, "The caller shows no client certificate, or a page of another site asks."),
    (414, "The target is too long."),
    (421, "The `Host` is not one of this server."),
    (429, "A bound is reached; ask again later."),
    (431, "The headers are too large."),
    (500, "The agent failed at this."),
    (503, "The agent cannot do it now."),
];

/// One method of one path.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    method: &'static str,
    id: &'static str,
    summary: &'static str,
    open: bool,
    parameters: Vec<Value>,
    body: Option<MakeSchema>,
    answers: Vec<Answer>,
}

#[derive(Debug, Clone)]
struct Answer {
    status: u16,
    description: &'static str,
    content: Vec<(&'static str, MakeSchema)>,
    location: bool,
    links: bool,
}

impl Operation {
    /// An operation of this method (`get`, ...) and unique id.
    pub(crate) fn new(method: &'static str, id: &'static str, summary: &'static str) -> Operation {
        let (parameters, answers) = (Vec::new(), Vec::new());
        Operation { method, id, summary, open: false, parameters, body: None, answers }
    }

    /// Needs neither token nor certificate.
    pub(crate) fn open(mut self) -> Operation {
        self.open = true;
        self
    }

    /// Takes a parameter of the path.
    pub(crate) fn path(mut self, name: &str, description: &str, schema: &Value) -> Operation {
        let parameter = json!({
            "name": name, "in": "path", "required": true, "description": description, "schema": schema,
        });
        self.parameters.push(parameter);
        self
    }

    /// Takes a parameter of the query.
    pub(crate) fn query(mut self, name: &str, description: &str, schema: &Value) -> Operation {
        let parameter = json!({ "name": name, "in": "query", "description": description, "schema": schema });
        self.parameters.push(parameter);
        self
    }

    /// Takes a body of JSON.
    pub(crate) fn body<T: JsonSchema>(mut self) -> Operation {
        self.body = Some(|schemas| schemas.subschema_for::<T>());
        self
    }

    /// Answers JSON.
    pub(crate) fn json<T: JsonSchema>(self, status: u16, description: &'static str) -> Operation {
        self.content(status, description, vec![("application/json", |schemas| schemas.subschema_for::<T>())])
    }

    /// Answers a text in one of these media types.
    pub(crate) fn text(self, status: u16, description: &'static str, types: &[&'static str]) -> Operation {
        let text: MakeSchema = |schemas| schemas.subschema_for::<String>();
        self.content(status, description, types.iter().map(|kind| (*kind, text)).collect())
    }

    /// Answers so.
    pub(crate) fn content(
        mut self,
        status: u16,
        description: &'static str,
        content: Vec<(&'static str, MakeSchema)>,
    ) -> Operation {
        self.answers.push(Answer { status, description, content, location: false, links: false });
        self
    }

    /// The last answer is about a job that was made: it says where the job is.
    pub(crate) fn located(mut self) -> Operation {
        if let Some(answer) = self.answers.last_mut() {
            (answer.location, answer.links) = (true, true);
        }
        self
    }

    /// Answers a problem.
    pub(crate) fn problem(self, status: u16, description: &'static str) -> Operation {
        self.content(status, description, vec![(PROBLEM_JSON, |schemas| schemas.subschema_for::<Problem>())])
    }

    fn document(&self, schemas: &mut SchemaGenerator) -> Value {
        let mut all = self.clone();
        for (status, description) in EVERYWHERE {
            if !all.answers.iter().any(|answer| answer.status == status && answer.problem()) {
                all = all.problem(status, description);
            }
        }
        if !self.open {
            all = all.problem(401, "A bearer token is needed, and none or a wrong one was sent.");
        }
        all.answers.sort_by_key(|answer| answer.status);
        let mut answers = Map::new();
        for answer in &all.answers {
            let key = answer.status.to_string();
            match answers.get_mut(&key) {
                // The same status in two forms: readiness that is not there, and a problem.
                Some(there) => {
                    let more = answer.document(schemas);
                    if let (Some(Value::Object(content)), Value::Object(more)) =
                        (there.get_mut("content"), &more["content"])
                    {
                        content.extend(more.clone());
                    }
                }
                None => {
                    answers.insert(key, answer.document(schemas));
                }
            }
        }
        let mut document = json!({
            "operationId": self.id,
            "summary": self.summary,
            "responses": answers,
            "security": if self.open { json!([]) } else { json!([{ "bearer": [] }, { "certificate": [] }, {}]) },
        });
        if !self.parameters.is_empty() {
            document["parameters"] = json!(self.parameters);
        }
        if let Some(body) = self.body {
            let schema = body(schemas);
            document["requestBody"] =
                json!({ "required": true, "content": { "application/json": { "schema": schema } } });
        }
        document
    }
}

impl Answer {
    fn problem(&self) -> bool {
        self.content.iter().any(|(kind, _)| *kind == PROBLEM_JSON)
    }

    fn document(&self, schemas: &mut SchemaGenerator) -> Value {
        let content: Map<String, Value> = self
            .content
            .iter()
            .map(|(kind, make)| ((*kind).to_owned(), json!({ "schema": make(schemas) })))
            .collect();
        let mut document = json!({ "description": self.description });
        if !content.is_empty() {
            document["content"] = Value::Object(content);
        }
        let mut headers = Map::new();
        if self.location {
            headers.insert(
                "Location".into(),
                json!({
                    "description": "The job's path.", "schema": { "type": "string" },
                }),
            );
        }
        if self.status == 401 {
            headers.insert("WWW-Authenticate".into(), json!({ "schema": { "type": "string" } }));
        }
        if !headers.is_empty() {
            document["headers"] = Value::Object(headers);
        }
        if self.links {
            let link = |operation: &str| json!({ "operationId": operation, "parameters": { "id": "$response.body#/id" } });
            document["links"] = json!({ "get": link("getTrace"), "delete": link("deleteTrace") });
        }
        document
    }
}

/// The document.
pub fn document() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut schemas = settings.into_generator();
    let mut paths = Map::new();
    for route in router::routes() {
        let methods: Map<String, Value> = route
            .operations
            .iter()
            .map(|operation| (operation.method.to_owned(), operation.document(&mut schemas)))
            .collect();
        paths.insert(route.document_path(), Value::Object(methods));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Syscope node agent",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Metrics, trace jobs and event streams of one node. Errors are problem documents (RFC 9457). What is \
                            needed to call, bearer token or client certificate, is up to how the server was started.",
            "license": { "name": "Apache-2.0 OR MIT" },
        },
        "paths": paths,
        "components": {
            "schemas": schemas.take_definitions(true),
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer" },
                "certificate": { "type": "mutualTLS" },
            },
        },
    })
}

/// The document as it is answered, and as it is in `docs/openapi.json`.
pub fn text() -> Bytes {
    static TEXT: LazyLock<Bytes> = LazyLock::new(|| {
        let text = serde_json::to_string_pretty(&document()).expect("a JSON value serialises");
        (text + "\n").into()
    });
    TEXT.clone()
}
