//! Calls over a unix socket by gRPC.

use std::path::{Path, PathBuf};

use http::uri::PathAndQuery;
use prost::Message;
use tonic::client::Grpc;
use tonic::metadata::MetadataValue;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};
use tonic_prost::ProstCodec;

use super::Failure;

/// The largest answer that is taken: a verbose status holds a container's whole configuration.
const ANSWER_BYTES: usize = 8 << 20;

/// A connection to a socket; made when it is needed, and again when it broke.
#[derive(Debug)]
pub(crate) struct Connection {
    socket: PathBuf,
    channel: Channel,
}

impl Connection {
    /// A connection to `socket`. To be called within a tokio runtime.
    pub(crate) fn new(socket: &Path) -> Result<Connection, Failure> {
        let path = socket.to_str().ok_or_else(|| Failure::refused("the socket's path is not UTF-8"))?;
        let endpoint = Endpoint::from_shared(format!("unix://{path}")).map_err(Failure::refused)?;
        let endpoint = endpoint.user_agent("syscope").map_err(Failure::refused)?;
        Ok(Connection { socket: socket.to_owned(), channel: endpoint.connect_lazy() })
    }

    /// Calls `method` (`/package.Service/Method`), with a header if one is given. A call on a connection that
    /// broke meanwhile (the runtime was started anew) is made once more.
    pub(crate) async fn call<Q, A>(
        &self,
        method: &'static str,
        header: Option<(&'static str, &str)>,
        question: Q,
    ) -> Result<A, Status>
    where
        Q: Message + Clone + 'static,
        A: Message + Default + 'static,
    {
        let first = self.call_once(method, header, question.clone()).await;
        match first {
            Err(status) if is_broken(&status) && self.socket.exists() => {
                self.call_once(method, header, question).await
            }
            other => other,
        }
    }

    async fn call_once<Q, A>(
        &self,
        method: &'static str,
        header: Option<(&'static str, &str)>,
        question: Q,
    ) -> Result<A, Status>
    where
        Q: Message + 'static,
        A: Message + Default + 'static,
    {
        let mut grpc = Grpc::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES);
        grpc.ready().await.map_err(|error| Status::unavailable(causes(&error)))?;
        let mut request = Request::new(question);
        if let Some((name, value)) = header {
            let value = MetadataValue::try_from(value)
                .map_err(|_| Status::invalid_argument("the header's value is not ASCII"))?;
            request.metadata_mut().insert(name, value);
        }
        let codec: ProstCodec<Q, A> = ProstCodec::default();
        let answer = grpc.unary(request, PathAndQuery::from_static(method), codec).await?;
        Ok(answer.into_inner())
    }

    /// What a failed call means. Only a socket that is not there is an absent runtime: one that exists and
    /// refuses connections belongs to a runtime that died, whose containers may well go on.
    pub(crate) fn failure(&self, status: &Status) -> Failure {
        if !self.socket.exists() {
            return Failure::Absent;
        }
        match status.code() {
            Code::Unimplemented => Failure::Absent,
            code => {
                let cause = std::error::Error::source(status).map(causes).unwrap_or_default();
                let colon = if cause.is_empty() { "" } else { ": " };
                Failure::refused(format!("{:?}: {}{colon}{cause}", code, status.message()))
            }
        }
    }
}

/// Whether the connection was lost, rather than the question answered.
fn is_broken(status: &Status) -> bool {
    matches!(status.code(), Code::Unavailable | Code::Unknown | Code::Cancelled)
        && (std::error::Error::source(status).is_some() || status.message().contains("transport"))
}

/// An error with all its causes: the outermost one only says "transport error".
fn causes(error: &dyn std::error::Error) -> String {
    let mut all = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let part = error.to_string();
        if !all.ends_with(&part) {
            all = format!("{all}: {part}");
        }
        cause = error.source();
    }
    all
}
