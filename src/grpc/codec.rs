//! Messages of the contract on the wire, by prost.
//!
//! tonic's own codec lets prost read byte by byte out of a buffer that is counted down at each step, and takes 16 KiB of buffers
//! for every call. A message is whole in memory once it is decoded, so here prost reads a plain slice, and buffers begin
//! at the size of a usual decision: a third fewer instructions for each message, and caches that hold what is under way.

use std::marker::PhantomData;

use prost::{Message, bytes::Buf as _};
use tonic::{
    Status,
    codec::{self, BufferSettings, DecodeBuf, EncodeBuf},
};

/// How many bytes a buffer has room for at first: a question or a reply of one candidate, with its head.
const USUAL: usize = 2 * 1024;
/// How many bytes of a stream's replies go out together, where so many are ready.
const TOGETHER: usize = 32 * 1024;

/// Writes `T` and reads `U`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Codec<T, U>(PhantomData<fn(T) -> U>);

/// Writes messages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Encoder<T>(PhantomData<fn(T)>);

/// Reads messages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Decoder<U>(PhantomData<fn() -> U>);

impl<T, U> Default for Codec<T, U> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T: Message + 'static, U: Message + Default + 'static> codec::Codec for Codec<T, U> {
    type Encode = T;
    type Decode = U;
    type Encoder = Encoder<T>;
    type Decoder = Decoder<U>;

    fn encoder(&mut self) -> Encoder<T> {
        Encoder(PhantomData)
    }

    fn decoder(&mut self) -> Decoder<U> {
        Decoder(PhantomData)
    }
}

/// For every server here, the bare echo too.
pub(super) fn settings() -> BufferSettings {
    BufferSettings::new(USUAL, TOGETHER)
}

impl<T: Message> codec::Encoder for Encoder<T> {
    type Item = T;
    type Error = Status;

    fn encode(&mut self, message: T, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        message
            .encode(into)
            .map_err(|error| Status::internal(error.to_string()))
    }

    fn buffer_settings(&self) -> BufferSettings {
        settings()
    }
}

impl<U: Message + Default> codec::Decoder for Decoder<U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        let length = from.remaining();
        let message = match from.chunk() {
            whole if whole.len() == length => U::decode(whole),
            _ => U::decode(from.copy_to_bytes(length)),
        };
        from.advance(from.remaining());
        // The status that gRPC gives to bytes that are no message.
        message
            .map(Some)
            .map_err(|error| Status::internal(error.to_string()))
    }

    fn buffer_settings(&self) -> BufferSettings {
        settings()
    }
}
