//! Sockets that connections come from.

use std::fs::Permissions;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use socket2::{Domain, SockAddr, SockRef, Socket, TcpKeepalive, Type};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::config::{Error, Listen};

/// Connections that the kernel holds before they are accepted.
const BACKLOG: i32 = 1024;

/// Bytes that the kernel keeps for a connection before it sends them. Without a bound it keeps up to 4 MiB (`tcp_wmem`), which for 256
/// watchers that do not read is 1 GiB; with this one it is 32 MiB. What is under way is not bounded by it, so it costs no speed.
const UNSENT: u32 = 128 << 10;

/// A socket that is bound, and its address.
#[derive(Debug)]
pub(crate) enum Listener {
    Tcp(TcpListener, SocketAddr),
    Unix(std::os::unix::net::UnixListener, SocketFile),
}

/// A socket file of ours; removed with this.
#[derive(Debug)]
pub(crate) struct SocketFile {
    path: PathBuf,
    /// Device and inode: another's file of this name stays.
    id: (u64, u64),
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if std::fs::symlink_metadata(&self.path).is_ok_and(|data| (data.dev(), data.ino()) == self.id) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl Listener {
    /// Takes the address.
    pub(crate) fn bind(listen: &Listen) -> Result<Listener, Error> {
        let failed = |source| Error::Bind { listen: listen.clone(), source };
        match listen {
            Listen::Tcp(address) => bind_tcp(*address).map_err(failed),
            Listen::Unix(path) => {
                clear(path)?;
                bind_unix(path).map_err(failed)
            }
        }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> Listen {
        match self {
            Listener::Tcp(_, address) => Listen::Tcp(*address),
            Listener::Unix(_, file) => Listen::Unix(file.path.clone()),
        }
    }
}

fn bind_tcp(address: SocketAddr) -> io::Result<Listener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    let listener = TcpListener::from(socket);
    let address = listener.local_addr()?;
    Ok(Listener::Tcp(listener, address))
}

/// The mode is set before anyone can connect: what is bound but does not listen yet refuses.
fn bind_unix(path: &Path) -> io::Result<Listener> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.bind(&SockAddr::unix(path)?)?;
    let data = std::fs::symlink_metadata(path)?;
    let file = SocketFile { path: path.to_owned(), id: (data.dev(), data.ino()) };
    std::fs::set_permissions(path, Permissions::from_mode(0o660))?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(Listener::Unix(socket.into(), file))
}

/// Removes a socket file that nobody listens on.
fn clear(path: &Path) -> Result<(), Error> {
    let failed = |source| Error::Bind { listen: Listen::Unix(path.to_owned()), source };
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
        Ok(data) if !data.file_type().is_socket() => return Err(Error::NotSocket { path: path.to_owned() }),
        Ok(_) => {}
    }
    match UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            std::fs::remove_file(path).map_err(failed)
        }
        // It answers, or its backlog is full, or it is not ours to ask.
        _ => Err(Error::Busy { path: path.to_owned() }),
    }
}

/// A listener at work.
pub(crate) enum Accepting {
    Tcp(tokio::net::TcpListener),
    Unix {
        listener: tokio::net::UnixListener,
        /// Removed with the listener.
        _file: SocketFile,
    },
}

impl Accepting {
    pub(crate) fn new(listener: Listener) -> io::Result<Accepting> {
        Ok(match listener {
            Listener::Tcp(listener, _) => Accepting::Tcp(tokio::net::TcpListener::from_std(listener)?),
            Listener::Unix(listener, file) => {
                Accepting::Unix { listener: tokio::net::UnixListener::from_std(listener)?, _file: file }
            }
        })
    }

    /// The next connection.
    pub(crate) async fn accept(&self) -> io::Result<Stream> {
        match self {
            Accepting::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                // These make a connection better, and none worse where they fail.
                let _ = stream.set_nodelay(true);
                let _ = SockRef::from(&stream).set_tcp_notsent_lowat(UNSENT);
                let _ = SockRef::from(&stream).set_tcp_keepalive(&keepalive());
                Ok(Stream::Tcp(stream))
            }
            Accepting::Unix { listener, .. } => Ok(Stream::Unix(listener.accept().await?.0)),
        }
    }
}

/// A peer that is gone without a word is found out after a minute.
fn keepalive() -> TcpKeepalive {
    let seconds = Duration::from_secs;
    TcpKeepalive::new().with_time(seconds(30)).with_interval(seconds(10)).with_retries(3)
}

/// A connection's socket.
#[derive(Debug)]
pub(crate) enum Stream {
    Tcp(tokio::net::TcpStream),
    Unix(tokio::net::UnixStream),
}

impl Stream {
    /// Writes what the socket's buffer takes at once.
    pub(crate) fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Tcp(stream) => stream.try_write(bytes),
            Stream::Unix(stream) => stream.try_write(bytes),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Tcp(stream) => Pin::new(stream).poll_read(cx, buf),
            Stream::Unix(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Tcp(stream) => Pin::new(stream).poll_write(cx, buf),
            Stream::Unix(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Unix(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Tcp(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
            Stream::Unix(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Stream::Tcp(stream) => stream.is_write_vectored(),
            Stream::Unix(stream) => stream.is_write_vectored(),
        }
    }
}
