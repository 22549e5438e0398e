//! Whether something listens at an address, and whether it speaks TLS. Nothing is sent but the first
//! message of a handshake, and no identity is checked or shown.

use std::io::{self, Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

/// How long each step may take.
const LIMIT: Duration = Duration::from_secs(2);
/// Addresses of one name that are tried.
const ADDRESSES_MAX: usize = 3;

/// What answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// A connection was accepted; no more was asked.
    Tcp,
    /// It answered with a TLS record.
    Tls,
    /// It answered with something else, or not at all.
    NotTls,
}

/// Connects to `host:port`, and begins a TLS handshake if `tls`.
pub fn reach(host: &str, port: u16, tls: bool) -> io::Result<Reached> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in (host, port).to_socket_addrs()?.take(ADDRESSES_MAX) {
        match TcpStream::connect_timeout(&address, LIMIT) {
            Ok(stream) if tls => {
                return Ok(if speaks_tls(stream, host) { Reached::Tls } else { Reached::NotTls });
            }
            Ok(_) => return Ok(Reached::Tcp),
            Err(err) => last = err,
        }
    }
    Err(last)
}

/// Whether the answer to a ClientHello is a handshake or an alert record of TLS (RFC 8446, 5.1).
fn speaks_tls(mut stream: TcpStream, host: &str) -> bool {
    const ALERT: u8 = 21;
    const HANDSHAKE: u8 = 22;
    let mut answer = [0u8; 3];
    let asked = stream
        .set_read_timeout(Some(LIMIT))
        .and_then(|()| stream.set_write_timeout(Some(LIMIT)))
        .and_then(|()| stream.write_all(&client_hello(host)))
        .and_then(|()| stream.read_exact(&mut answer));
    asked.is_ok() && matches!(answer, [ALERT | HANDSHAKE, 3, _])
}

/// A ClientHello of TLS 1.2 (RFC 5246, 7.4.1.2) that common servers accept; others answer with an alert.
fn client_hello(host: &str) -> Vec<u8> {
    const CIPHERS: [u16; 6] = [0xc02f, 0xc030, 0xc02b, 0xc02c, 0x009c, 0x002f];
    const GROUPS: [u16; 3] = [29, 23, 24];
    const SIGNATURES: [u16; 6] = [0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501];
    let words = |words: &[u16]| words.iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<u8>>();
    let mut extensions = Vec::new();
    let name = host.as_bytes();
    // Addresses are not sent as names (RFC 6066, 3).
    if host.parse::<std::net::IpAddr>().is_err() && name.len() <= 255 {
        let list = [&[0][..], &sized(name)].concat();
        extensions.extend(extension(0, &sized(&list)));
    }
    extensions.extend(extension(10, &sized(&words(&GROUPS))));
    extensions.extend(extension(11, &[1, 0]));
    extensions.extend(extension(13, &sized(&words(&SIGNATURES))));
    let mut body = vec![3, 3];
    // The random need not be: no key is ever made.
    body.extend([0x5c; 32]);
    body.push(0);
    body.extend(sized(&words(&CIPHERS)));
    body.extend([1, 0]);
    body.extend(sized(&extensions));
    let length = (body.len() as u32).to_be_bytes();
    let handshake = [&[1, length[1], length[2], length[3]][..], &body].concat();
    [&[22, 3, 1][..], &sized(&handshake)].concat()
}

/// `bytes` after their number, as TLS writes lists; all lists here are short.
fn sized(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u16).to_be_bytes()[..], bytes].concat()
}

fn extension(kind: u16, bytes: &[u8]) -> Vec<u8> {
    [&kind.to_be_bytes()[..], &sized(bytes)].concat()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// Answers one connection, after its first bytes, with `answer`.
    fn server(answer: &'static [u8]) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut hello = [0; 5];
            if stream.read_exact(&mut hello).is_ok() {
                let rest = u16::from_be_bytes([hello[3], hello[4]]);
                let mut body = vec![0; usize::from(rest)];
                stream.read_exact(&mut body).unwrap();
                stream.write_all(answer).unwrap();
            }
        });
        port
    }

    #[test]
    fn what_answers() {
        let reached = |answer, tls| reach("127.0.0.1", server(answer), tls).unwrap();
        assert_eq!(reached(b"\x16\x03\x03\x00\x01x", true), Reached::Tls);
        assert_eq!(reached(b"\x15\x03\x01\x00\x02\x02\x46", true), Reached::Tls);
        assert_eq!(reached(b"HTTP/1.1 400 Bad Request\r\n", true), Reached::NotTls);
        assert_eq!(reached(b"", true), Reached::NotTls);
        assert_eq!(reached(b"", false), Reached::Tcp);
    }

    #[test]
    fn lengths_of_the_first_message_agree() {
        for host in ["10.0.0.1", "api.example"] {
            let hello = client_hello(host);
            assert_eq!(usize::from(u16::from_be_bytes([hello[3], hello[4]])), hello.len() - 5);
            assert_eq!(usize::from(u16::from_be_bytes([hello[7], hello[8]])), hello.len() - 9);
        }
    }
}
