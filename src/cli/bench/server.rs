use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    num::NonZeroUsize,
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use anyhow::Context as _;
use tokio::sync::watch;

use crate::{
    cli::Ended,
    grpc::{self, Bounds},
};

/// What a server prints before its address.
const GREETING: &str = "serving on ";
/// Of `/proc`: Linux gives every architecture that it calls USER_HZ the same value.
const TICKS_A_SECOND: u64 = 100;

/// `balustrade bench-echo`: the bare echo, in a process of its own.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct EchoArgs {
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:0")]
    address: SocketAddr,
}

pub(in crate::cli) fn run_echo(args: &EchoArgs) -> anyhow::Result<Ended> {
    let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let listeners = grpc::listen(args.address, cores)?;
    let address = listeners.first().context("no listener")?.local_addr()?;
    println!("{GREETING}{address}");
    let (_never, running) = watch::channel(false);
    grpc::echo(listeners, &Bounds::default(), &running)?;
    Ok(Ended::Fine)
}

/// A server in a process of its own; killed when dropped.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    address: SocketAddr,
    /// Kept open: the server may go on printing.
    _said: BufReader<ChildStdout>,
}

// === impl Server ===

impl Server {
    /// The bare echo.
    pub(super) fn echo() -> anyhow::Result<Self> {
        Self::start(&mut Command::new(std::env::current_exe()?), &["bench-echo"], None)
    }

    /// `balustrade serve` on the rules and the data of `folder`, with nothing but documented defaults.
    pub(super) fn service(folder: &Path) -> anyhow::Result<Self> {
        let args = [
            "serve",
            "--rules",
            "rules",
            "--data",
            "data",
            "--address",
            "127.0.0.1:0",
        ];
        Self::start(&mut Command::new(std::env::current_exe()?), &args, Some(folder))
    }

    fn start(command: &mut Command, args: &[&str], folder: Option<&Path>) -> anyhow::Result<Self> {
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("BALUSTRADE__") {
                command.env_remove(name);
            }
        }
        if let Some(folder) = folder {
            command.current_dir(folder);
        }
        let mut child = command
            .args(args)
            .env("BALUSTRADE__LOG__FILTER", "warn")
            .env("BALUSTRADE__ADMIN__ADDRESS", "127.0.0.1:0")
            .stdout(Stdio::piped())
            .spawn()?;
        let mut said = BufReader::new(child.stdout.take().context("the server has no output")?);
        let mut line = String::new();
        said.read_line(&mut line)?;
        let address = line
            .strip_prefix(GREETING)
            .and_then(|rest| rest.split_whitespace().next());
        match address.map(str::parse) {
            Some(Ok(address)) => Ok(Self {
                child,
                address,
                _said: said,
            }),
            Some(Err(_)) | None => {
                let _ = child.kill();
                let _ = child.wait();
                anyhow::bail!(
                    "`balustrade {}` did not start; it said `{}`",
                    args.join(" "),
                    line.trim()
                )
            }
        }
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Neither can fail but for a process that is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// CPU that a process has used so far, in all its threads, in user and kernel: in steps of 10 ms.
pub(super) fn cpu(process: u32) -> anyhow::Result<Duration> {
    let path = format!("/proc/{process}/stat");
    let stat = fs::read_to_string(&path).with_context(|| format!("cannot read `{path}`"))?;
    let ticks = ticks(&stat).with_context(|| format!("`{path}` does not read as proc(5) says"))?;
    Ok(Duration::from_millis(ticks * 1_000 / TICKS_A_SECOND))
}

/// `utime` and `stime` of `/proc/PID/stat` together: fields 14 and 15. The name in parentheses, field 2, may hold
/// anything.
pub fn ticks(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}
