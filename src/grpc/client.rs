//! A client of the contract that needs no generated types: calls are named, messages are JSON or bytes.
//!
//! JSON is protobuf's own mapping, with the field names of the contract (`floor_micros`) and plain numbers. A
//! field that the contract does not know is an error.
//!
//! ```no_run
//! # async fn ask() -> Result<(), balustrade::grpc::client::CallError> {
//! let client = balustrade::grpc::client::Client::connect("http://127.0.0.1:50051").await?;
//! let reply = client.json("DecisionService/DecideBid", r#"{"impression": {"currency": "EUR"}}"#).await;
//! # let _ = reply; Ok(())
//! # }
//! ```

use std::{fmt, pin::Pin, time::Duration};

pub use prost::bytes::Bytes;
use prost::{
    Message as _,
    encoding::{WireType, encode_varint},
};
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, MethodDescriptor, SerializeOptions};
use tokio_stream::{Stream, StreamExt as _};
use tonic::{
    Request, Status, Streaming,
    client::Grpc,
    codegen::http::uri::PathAndQuery,
    metadata::{Ascii, MetadataValue},
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity},
};
use tonic_types::StatusExt as _;

use super::{DESCRIPTORS, raw::Raw};
use crate::domain::Language;

/// Why a call was not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallError {
    /// The gRPC status in its usual spelling: `INVALID_ARGUMENT`.
    pub code: String,
    /// What went wrong, for people.
    pub message: String,
    /// The stable word of `ErrorInfo`, if the server sent one: `BAD_INPUT`.
    pub reason: Option<String>,
    /// Every field at fault: its path, and what is wrong with it.
    pub violations: Vec<(String, String)>,
    /// When to try again, if the server said so.
    pub retry_after: Option<Duration>,
}

// === impl CallError ===

impl CallError {
    /// Nobody could be asked, for a reason on this side.
    #[must_use]
    pub fn unreachable(why: impl fmt::Display) -> Self {
        Self::local("UNAVAILABLE", why)
    }

    fn local(code: &str, message: impl fmt::Display) -> Self {
        Self {
            code: code.to_owned(),
            message: message.to_string(),
            reason: None,
            violations: Vec::new(),
            retry_after: None,
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)?;
        for (field, description) in &self.violations {
            write!(f, "\n  {field}: {description}")?;
        }
        Ok(())
    }
}

impl std::error::Error for CallError {}

impl From<Status> for CallError {
    fn from(status: Status) -> Self {
        let details = status.get_error_details();
        let bad = details.bad_request().map(|bad| bad.field_violations.as_slice());
        let violations = bad.unwrap_or_default().iter();
        Self {
            // `InvalidArgument` as `INVALID_ARGUMENT`.
            code: spelt(&format!("{:?}", status.code())),
            message: status.message().to_owned(),
            reason: details.error_info().map(|info| info.reason.clone()),
            violations: violations
                .map(|violation| (violation.field.clone(), violation.description.clone()))
                .collect(),
            retry_after: details.retry_info().and_then(|retry| retry.retry_delay),
        }
    }
}

fn spelt(code: &str) -> String {
    let mut spelt = String::new();
    for letter in code.chars() {
        if letter.is_uppercase() && !spelt.is_empty() {
            spelt.push('_');
        }
        spelt.extend(letter.to_uppercase());
    }
    spelt
}

/// Answers of a stream, in the order of the questions.
pub type Answers = Pin<Box<dyn Stream<Item = Result<Bytes, CallError>> + Send>>;

/// Who a client is, and whom it trusts.
#[derive(Clone, Default)]
pub struct Credentials {
    /// An API key or a token, sent with every call.
    pub key: Option<String>,
    /// How TLS is spoken; `None`: plain text.
    pub tls: Option<ClientTls>,
}

/// How a client speaks TLS.
#[derive(Clone, Default)]
pub struct ClientTls {
    /// The authorities that the server's certificate may be of, in PEM.
    pub authorities: Vec<u8>,
    /// A certificate to show and its private key, both in PEM.
    pub certificate: Option<(Vec<u8>, Vec<u8>)>,
    /// The name that the server's certificate has to bear; `None`: the address.
    pub server_name: Option<String>,
}

// === impl ClientTls ===

impl ClientTls {
    fn config(&self) -> ClientTlsConfig {
        let Self {
            authorities,
            certificate,
            server_name,
        } = self;
        let mut config = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(authorities));
        if let Some((certificate, key)) = certificate {
            config = config.identity(Identity::from_pem(certificate, key));
        }
        match server_name {
            Some(name) => config.domain_name(name),
            None => config,
        }
    }
}

/// Answers of a stream in JSON.
pub type JsonAnswers = Pin<Box<dyn Stream<Item = Result<String, CallError>> + Send>>;

/// A connection to a server; cheap to clone, all clones share it.
#[derive(Debug, Clone)]
pub struct Client {
    channel: Channel,
    contract: DescriptorPool,
    language: Option<Language>,
    trace: Option<MetadataValue<Ascii>>,
    authorization: Option<MetadataValue<Ascii>>,
}

impl Client {
    /// Connects to an address such as `http://127.0.0.1:50051`, as nobody.
    ///
    /// # Errors
    /// Nobody answers there, or the address cannot be read.
    pub async fn connect(address: &str) -> Result<Self, CallError> {
        Self::connect_as(address, &Credentials::default()).await
    }

    /// Connects with credentials; where they speak TLS the address begins with `https`.
    ///
    /// # Errors
    /// Nobody answers there, the address or the credentials cannot be read, or the handshake fails.
    pub async fn connect_as(address: &str, credentials: &Credentials) -> Result<Self, CallError> {
        let unreachable = |error: &dyn std::error::Error| {
            let why = chain(error);
            CallError::local("UNAVAILABLE", format_args!("cannot reach `{address}`{why}"))
        };
        let mut endpoint = Endpoint::from_shared(address.to_owned()).map_err(|error| unreachable(&error))?;
        if let Some(tls) = &credentials.tls {
            endpoint = endpoint
                .tls_config(tls.config())
                .map_err(|error| unreachable(&error))?;
        }
        let channel = endpoint
            .tcp_nodelay(true)
            .connect()
            .await
            .map_err(|error| unreachable(&error))?;
        let contract =
            DescriptorPool::decode(DESCRIPTORS).map_err(|error| CallError::local("INTERNAL", error))?;
        Ok(Self {
            channel,
            contract,
            language: None,
            trace: None,
            authorization: credentials.key.as_deref().map(authorization).transpose()?,
        })
    }

    /// Asks for explanations in this language.
    #[must_use]
    pub const fn speaking(mut self, language: Language) -> Self {
        self.language = Some(language);
        self
    }

    /// Makes its calls for a span, named as W3C Trace Context writes it: `00-<trace>-<span>-01`.
    ///
    /// # Errors
    /// It cannot be sent in a header.
    pub fn within_trace(mut self, traceparent: &str) -> Result<Self, CallError> {
        let read = traceparent.parse();
        let read = read.map_err(|error| CallError::local("INVALID_ARGUMENT", format_args!("{error}")))?;
        self.trace = Some(read);
        Ok(self)
    }

    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        if let Some(language) = self.language {
            let tag = tonic::metadata::MetadataValue::from_static(language.tag());
            request.metadata_mut().insert("accept-language", tag);
        }
        if let Some(trace) = &self.trace {
            request.metadata_mut().insert("traceparent", trace.clone());
        }
        if let Some(authorization) = &self.authorization {
            request
                .metadata_mut()
                .insert("authorization", authorization.clone());
        }
        request
    }

    /// A unary call in JSON. `method` is the service and the call: `DecisionService/DecideBid`.
    ///
    /// # Errors
    /// The JSON does not fit the contract, or the server refuses.
    pub async fn json(&self, method: &str, request: &str) -> Result<String, CallError> {
        let called = self.method(method)?;
        let reply = self.bytes(method, self.encode(method, request)?).await?;
        as_json(called.output(), reply)
    }

    /// A call in JSON that is answered by a stream of messages.
    ///
    /// # Errors
    /// The JSON does not fit the contract, or the server refuses.
    pub async fn json_stream(&self, method: &str, request: &str) -> Result<JsonAnswers, CallError> {
        let output = self.method(method)?.output();
        let request = self.encode(method, request)?;
        let (mut grpc, path) = self.ready(method).await?;
        let answers: Streaming<Bytes> = grpc
            .server_streaming(self.request(request), path, Raw)
            .await?
            .into_inner();
        Ok(Box::pin(answers.map(move |answer| {
            let answer = answer.map_err(CallError::from)?;
            as_json(output.clone(), answer)
        })))
    }

    /// The bytes of a request in JSON, for [`Client::bytes`] and [`Client::stream`].
    ///
    /// # Errors
    /// The JSON does not fit the contract.
    pub fn encode(&self, method: &str, request: &str) -> Result<Bytes, CallError> {
        let called = self.method(method)?;
        let mut json = serde_json::Deserializer::from_str(request);
        let message = DynamicMessage::deserialize(called.input(), &mut json)
            .and_then(|message| json.end().map(|()| message))
            .map_err(|error| CallError::local("INVALID_ARGUMENT", format_args!("the request: {error}")))?;
        Ok(message.encode_to_vec().into())
    }

    /// A unary call in bytes.
    ///
    /// # Errors
    /// The server refuses, or the connection breaks.
    pub async fn bytes(&self, method: &str, request: Bytes) -> Result<Bytes, CallError> {
        let (mut grpc, path) = self.ready(method).await?;
        Ok(grpc.unary(self.request(request), path, Raw).await?.into_inner())
    }

    /// A stream of messages in bytes, one answer for each.
    ///
    /// # Errors
    /// The server refuses, or the connection breaks.
    pub async fn stream(
        &self,
        method: &str,
        requests: impl Stream<Item = Bytes> + Send + 'static,
    ) -> Result<Answers, CallError> {
        let (mut grpc, path) = self.ready(method).await?;
        let answers: Streaming<Bytes> = grpc
            .streaming(self.request(requests), path, Raw)
            .await?
            .into_inner();
        Ok(Box::pin(answers.map(|answer| answer.map_err(CallError::from))))
    }

    async fn ready(&self, method: &str) -> Result<(Grpc<Channel>, PathAndQuery), CallError> {
        let mut grpc = Grpc::new(self.channel.clone());
        grpc.ready()
            .await
            .map_err(|error| CallError::local("UNAVAILABLE", error))?;
        let path = format!("/balustrade.v1.{method}").parse();
        Ok((
            grpc,
            path.map_err(|error| CallError::local("UNIMPLEMENTED", error))?,
        ))
    }

    fn method(&self, method: &str) -> Result<MethodDescriptor, CallError> {
        let (service, call) = method.split_once('/').unwrap_or((method, ""));
        let service = self
            .contract
            .get_service_by_name(&format!("balustrade.v1.{service}"));
        service
            .and_then(|service| service.methods().find(|known| known.name() == call))
            .ok_or_else(|| {
                CallError::local(
                    "UNIMPLEMENTED",
                    format_args!("the contract has no call `{method}`"),
                )
            })
    }
}

/// What went wrong underneath, from the outside in.
fn chain(error: &dyn std::error::Error) -> String {
    let mut why = String::new();
    let mut source = error.source();
    while let Some(error) = source {
        let said = error.to_string();
        if !why.ends_with(&said) {
            why = format!("{why}: {said}");
        }
        source = error.source();
    }
    why
}

fn authorization(key: &str) -> Result<MetadataValue<Ascii>, CallError> {
    let mut header: MetadataValue<Ascii> = format!("Bearer {key}")
        .parse()
        .map_err(|_| CallError::local("INVALID_ARGUMENT", "the key holds characters that no key has"))?;
    header.set_sensitive(true);
    Ok(header)
}

/// A message as protobuf's JSON, with the field names of the contract and plain numbers.
fn as_json(of: MessageDescriptor, message: Bytes) -> Result<String, CallError> {
    let message = DynamicMessage::decode(of, message).map_err(|error| CallError::local("INTERNAL", error))?;
    let mut json = serde_json::Serializer::pretty(Vec::new());
    let options = SerializeOptions::new()
        .use_proto_field_name(true)
        .stringify_64_bit_integers(false);
    message
        .serialize_with_options(&mut json, &options)
        .map_err(|error| CallError::local("INTERNAL", error))?;
    String::from_utf8(json.into_inner()).map_err(|error| CallError::local("INTERNAL", error))
}

/// The first byte of a field that holds text, bytes or a message; `number` is its number in the contract, at
/// most 15.
#[must_use]
pub const fn field_key(number: u8) -> u8 {
    number << 3 | WireType::LengthDelimited as u8
}

/// The bytes of a field that holds text, bytes or a message. A load generator adds fields to a message that was
/// encoded once: the order of fields is free.
#[must_use]
pub fn field(number: u8, content: &[u8]) -> Bytes {
    let mut bytes = Vec::with_capacity(content.len() + 6);
    bytes.push(field_key(number));
    encode_varint(content.len() as u64, &mut bytes);
    bytes.extend_from_slice(content);
    bytes.into()
}
