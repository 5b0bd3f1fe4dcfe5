//! Strangers at the door of the real program: bytes that are no HTTP/2, frames that lie, calls that are called off,
//! readers that do not read. After each of them the next decision is answered, under its cap, and no memory is gone.
//!
//! `BALUSTRADE_TEST_LONG=1` asks again and again for ten minutes, with 10,000 idle connections instead of 500.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    time::{Duration, Instant},
};

use flate2::{Compression, write::GzEncoder};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng as _, SeedableRng as _},
};
use tokio::runtime::Runtime;

use crate::service::{Place, Service, alone, bid_request, decide};

/// What a client says first (RFC 9113, 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// What a stranger waits for an answer that may never come.
const SHORT: Duration = Duration::from_millis(100);

/// Frame types of RFC 9113.
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, length @ ..] = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut bytes = length.to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// A header as HPACK writes it without any table (RFC 7541, 6.2.2).
fn header(name: &str, value: &str) -> Vec<u8> {
    let mut bytes = vec![0];
    for text in [name, value] {
        let mut rest = text.len();
        if rest < 127 {
            bytes.push(u8::try_from(rest).unwrap());
        } else {
            bytes.push(127);
            rest -= 127;
            while rest >= 128 {
                bytes.push(u8::try_from(rest % 128).unwrap() | 128);
                rest /= 128;
            }
            bytes.push(u8::try_from(rest).unwrap());
        }
        bytes.extend(text.as_bytes());
    }
    bytes
}

/// The headers of a call that decides.
fn call(more: &[(&str, &str)]) -> Vec<u8> {
    let usual = [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", "/balustrade.v1.DecisionService/DecideBid"),
        (":authority", "stranger"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ];
    let all = usual.iter().chain(more);
    all.flat_map(|(name, value)| header(name, value)).collect()
}

/// A message as gRPC frames it.
fn message(compressed: u8, length: u32, bytes: &[u8]) -> Vec<u8> {
    [&[compressed][..], &length.to_be_bytes(), bytes].concat()
}

/// One who knows the address and nothing else.
struct Stranger(TcpStream);

impl Stranger {
    fn at(service: &Service) -> Self {
        let socket = TcpStream::connect(service.address()).unwrap();
        socket.set_read_timeout(Some(SHORT)).unwrap();
        socket.set_write_timeout(Some(SHORT)).unwrap();
        Self(socket)
    }

    /// One who begins as a client does.
    fn greeting(service: &Service, settings: &[u8]) -> Self {
        let mut stranger = Self::at(service);
        stranger.says(PREFACE);
        stranger.says(&frame(SETTINGS, 0, 0, settings));
        stranger
    }

    /// Whether the other side still took it.
    fn says(&mut self, bytes: &[u8]) -> bool {
        self.0.write_all(bytes).is_ok()
    }

    /// What comes back until there is silence, an end, or enough.
    fn hears(&mut self) -> Vec<u8> {
        let (mut heard, mut part) = (Vec::new(), [0; 4096]);
        while heard.len() < 1 << 20 {
            match self.0.read(&mut part) {
                Ok(0) | Err(_) => break,
                Ok(length) => heard.extend(&part[..length]),
            }
        }
        heard
    }
}

/// One way to be a stranger; what it keeps open while the next decision is asked.
type Story = fn(&Service, &mut ChaCha8Rng) -> Vec<Stranger>;

const STORIES: [(&str, Story); 12] = [
    ("bytes that are no HTTP/2", noise),
    ("a greeting, then noise", greeted_noise),
    ("good frames with one byte changed", changed_frames),
    ("a message of four gigabytes, announced", announced),
    ("a message that unpacks to a thousand times its size", packed),
    ("a header of a megabyte", long_header),
    ("headers that never end", endless_headers),
    ("calls that are called off at once", called_off),
    ("pings and settings without end", pings),
    ("a reader that does not read", slow_reader),
    ("calls that are never finished", unfinished),
    ("connections that say nothing", idle),
];

fn noise(service: &Service, random: &mut ChaCha8Rng) -> Vec<Stranger> {
    for _ in 0..20 {
        let mut stranger = Stranger::at(service);
        stranger.says(&bytes(random, 2_000));
        stranger.hears();
    }
    Vec::new()
}

fn greeted_noise(service: &Service, random: &mut ChaCha8Rng) -> Vec<Stranger> {
    for _ in 0..20 {
        let mut stranger = Stranger::greeting(service, &[]);
        stranger.says(&bytes(random, 2_000));
        stranger.hears();
    }
    Vec::new()
}

fn changed_frames(service: &Service, random: &mut ChaCha8Rng) -> Vec<Stranger> {
    let good = [
        frame(HEADERS, END_HEADERS, 1, &call(&[])),
        frame(DATA, END_STREAM, 1, &message(0, 0, &[])),
    ]
    .concat();
    for _ in 0..40 {
        let mut frames = good.clone();
        let place = random.next_u32() as usize % frames.len();
        frames[place] = u8::try_from(random.next_u32() % 256).unwrap();
        let mut stranger = Stranger::greeting(service, &[]);
        stranger.says(&frames);
        no_price_in(&stranger.hears());
    }
    Vec::new()
}

fn announced(service: &Service, _: &mut ChaCha8Rng) -> Vec<Stranger> {
    let mut stranger = Stranger::greeting(service, &[]);
    stranger.says(&frame(HEADERS, END_HEADERS, 1, &call(&[])));
    stranger.says(&frame(DATA, 0, 1, &message(0, u32::MAX, &[0; 8])));
    no_price_in(&stranger.hears());
    vec![stranger]
}

fn packed(service: &Service, _: &mut ChaCha8Rng) -> Vec<Stranger> {
    let mut zip = GzEncoder::new(Vec::new(), Compression::best());
    zip.write_all(&vec![0; 64 << 20]).unwrap();
    let zip = zip.finish().unwrap();
    let mut stranger = Stranger::greeting(service, &[]);
    stranger.says(&frame(
        HEADERS,
        END_HEADERS,
        1,
        &call(&[("grpc-encoding", "gzip")]),
    ));
    let message = message(1, u32::try_from(zip.len()).unwrap(), &zip);
    for part in message.chunks(16_000) {
        stranger.says(&frame(DATA, 0, 1, part));
    }
    stranger.says(&frame(DATA, END_STREAM, 1, &[]));
    no_price_in(&stranger.hears());
    Vec::new()
}

fn long_header(service: &Service, _: &mut ChaCha8Rng) -> Vec<Stranger> {
    let block = call(&[("x-long", &"x".repeat(1 << 20))]);
    let mut stranger = Stranger::greeting(service, &[]);
    let mut parts = block.chunks(16_000).peekable();
    let mut kind = HEADERS;
    while let Some(part) = parts.next() {
        let last = if parts.peek().is_none() { END_HEADERS } else { 0 };
        stranger.says(&frame(kind, last, 1, part));
        kind = CONTINUATION;
    }
    stranger.says(&frame(DATA, END_STREAM, 1, &message(0, 0, &[])));
    no_price_in(&stranger.hears());
    Vec::new()
}

fn endless_headers(service: &Service, _: &mut ChaCha8Rng) -> Vec<Stranger> {
    let mut stranger = Stranger::greeting(service, &[]);
    stranger.says(&frame(HEADERS, 0, 1, &call(&[])));
    let part = frame(CONTINUATION, 0, 1, &header("x-more", &"x".repeat(1_000)));
    let taken = (0..100_000).take_while(|_| stranger.says(&part)).count();
    assert!(taken < 100_000, "100 MB of headers were taken");
    Vec::new()
}

fn called_off(service: &Service, _: &mut ChaCha8Rng) -> Vec<Stranger> {
    let mut stranger = Stranger::greeting(service, &[]);
    let block = call(&[]);
    let off = |number: u32| {
        let stream = 2 * number + 1;
        [
            frame(HEADERS, END_HEADERS, stream, &block),
            frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes()),
        ]
        .concat()
    };
    let taken = (0..100_000)
        .take_while(|number| stranger.says(&off(*number)))
        .count();
    assert!(taken < 100_000, "nobody minded calls that are called off at once");
    Vec::new()
}

fn pings(service: &Service, _: &mut ChaCha8Rng) -> Vec<Stranger> {
    let mut stranger = Stranger::greeting(service, &[]);
    let both = [frame(PING, 0, 0, &[0; 8]), frame(SETTINGS, 0, 0, &[])].concat();
    // Nothing of what comes back is read: the server may stop reading in turn, or end it.
    let taken = (0..1_000_000).take_while(|_| stranger.says(&both)).count();
    assert!(
        taken < 1_000_000,
        "answers to 26 MB of pings are kept for one who does not read"
    );
    vec![stranger]
}

fn slow_reader(service: &Service, _: &mut ChaCha8Rng) -> Vec<Stranger> {
    let no_room = [&[0, 4][..], &0_u32.to_be_bytes()].concat();
    let mut strangers = Vec::new();
    for _ in 0..8 {
        let mut stranger = Stranger::greeting(service, &no_room);
        for number in 0..100 {
            let stream = 2 * number + 1;
            stranger.says(&frame(HEADERS, END_HEADERS, stream, &call(&[])));
            stranger.says(&frame(DATA, END_STREAM, stream, &message(0, 0, &[])));
        }
        strangers.push(stranger);
    }
    strangers
}

fn unfinished(service: &Service, _: &mut ChaCha8Rng) -> Vec<Stranger> {
    let mut strangers = Vec::new();
    for _ in 0..20 {
        let mut stranger = Stranger::greeting(service, &[]);
        for number in 0..100 {
            stranger.says(&frame(HEADERS, END_HEADERS, 2 * number + 1, &call(&[])));
        }
        strangers.push(stranger);
    }
    strangers
}

fn idle(service: &Service, _: &mut ChaCha8Rng) -> Vec<Stranger> {
    let many = if is_long() { 10_000 } else { 500 };
    (0..many).map(|_| Stranger::greeting(service, &[])).collect()
}

fn bytes(random: &mut ChaCha8Rng, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    random.fill_bytes(&mut bytes);
    bytes
}

/// An empty question, or a broken one, has no answer but a refusal: `grpc-status: 0` would be one.
fn no_price_in(heard: &[u8]) {
    let currency = b"EUR";
    assert!(
        !heard.windows(currency.len()).any(|part| part == currency),
        "a stranger was told a price"
    );
}

fn is_long() -> bool {
    std::env::var_os("BALUSTRADE_TEST_LONG").is_some()
}

/// Memory that the process holds, in KiB.
fn resident(service: &Service) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", service.process())).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// A decision as a good client asks for it.
fn decided(runtime: &Runtime, service: &Service, story: &str) {
    let answer = runtime.block_on(async {
        let client = service.client().await;
        tokio::time::timeout(Duration::from_secs(20), decide(&client)).await
    });
    let answer = answer.unwrap_or_else(|_| panic!("{story}: the next decision was never answered"));
    let answer = answer.unwrap_or_else(|error| panic!("{story}: {error}"));
    let price = &answer["answers"][0]["bid"]["price_micros"];
    assert_eq!(
        price.as_i64(),
        Some(2_000_000),
        "{story}: the cap holds: {answer}"
    );
}

#[test]
fn strangers_cost_nobody_an_answer_and_no_memory() {
    let _alone = alone();
    let place = Place::with_cap("2.00 EUR");
    let service = Service::start(&place);
    let runtime = Runtime::new().unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(16);
    let begun = Instant::now();
    let mut settled = None;
    for round in 0.. {
        for (name, story) in STORIES {
            let open = story(&service, &mut random);
            decided(&runtime, &service, name);
            drop(open);
        }
        let held = resident(&service);
        // The first rounds fill pools that are kept.
        let settled = *settled.get_or_insert(held);
        assert!(
            held < settled + 64 * 1_024,
            "round {round}: {settled} KiB have become {held}"
        );
        let enough = if is_long() {
            begun.elapsed() >= Duration::from_secs(600)
        } else {
            round == 2
        };
        if enough {
            println!("{} rounds, {settled} KiB at first, {held} KiB at last", round + 1);
            break;
        }
    }
    service.terminate();
    assert_eq!(service.code(), Some(0), "it leaves in order, whoever still waits");
    assert!(!place.log().contains("panicked"), "{}", place.log());
}

#[test]
fn a_question_with_changed_bytes_is_answered_within_its_limits_or_refused_by_its_fault() {
    let _alone = alone();
    let place = Place::with_cap("2.00 EUR");
    let service = Service::start(&place);
    let runtime = Runtime::new().unwrap();
    let client = runtime.block_on(service.client());
    let good = bid_request(&client);
    let mut random = ChaCha8Rng::seed_from_u64(17);
    for _ in 0..if is_long() { 200_000 } else { 3_000 } {
        let mut question = good.to_vec();
        for _ in 0..=random.next_u32() % 3 {
            let place = random.next_u32() as usize % question.len();
            question[place] = u8::try_from(random.next_u32() % 256).unwrap();
        }
        let cut = random.next_u32() as usize % (4 * question.len());
        question.truncate(cut.max(1));
        match runtime.block_on(client.bytes("DecisionService/DecideBid", question.into())) {
            Ok(_) => {}
            Err(refusal) => assert_eq!(refusal.code, "INVALID_ARGUMENT", "{refusal}"),
        }
    }
    decided(&runtime, &service, "changed bytes");
    assert!(!place.log().contains("panicked"), "{}", place.log());
}
