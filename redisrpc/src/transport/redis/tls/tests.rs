//! What a server says on a connection that nobody uses. Redis' own rarely say
//! anything, so the other side is rustls here.

use std::time::Duration;

use rcgen::{CertificateParams, KeyPair};
use redisrpc_test_support::{PATIENCE, until};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig, server};

use super::{super::line::Line, *};

type Server = server::TlsStream<TcpStream>;
type Client = TlsStream<TcpStream>;

/// Both ends of a connection, as they are after the handshake.
async fn connection() -> (Client, Server) {
    let key = KeyPair::generate().unwrap();
    let shown = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    let shown = shown.self_signed(&key).unwrap();
    let pem = shown.pem().into_bytes();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let accepting = tokio::spawn(async move {
        let key = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![shown.der().clone()], key)
            .unwrap();
        let (socket, _) = listener.accept().await.unwrap();
        TlsAcceptor::from(Arc::new(config)).accept(socket).await
    });
    let certificates = Certificates {
        authorities: vec![pem],
        client: None,
    };
    let tls = Tls::new("127.0.0.1", &certificates).unwrap();
    let socket = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let client = tls.encrypt(socket).await.unwrap();
    (client, accepting.await.unwrap().unwrap())
}

/// Whether the client finds the connection of use once something has come.
async fn quiet_after_something_came(client: &mut Client) -> bool {
    let came = until(|| !nothing_to_read(&SockRef::from(client.get_ref().0))).await;
    assert!(came, "nothing came");
    client.is_quiet()
}

#[tokio::test]
async fn what_tls_says_for_itself_is_no_end() {
    let (mut client, mut server) = connection().await;
    assert!(quiet_after_something_came(&mut client).await, "tickets");
    server.get_mut().1.refresh_traffic_keys().unwrap();
    server.flush().await.unwrap();
    assert!(quiet_after_something_came(&mut client).await, "new keys");
    assert!(client.is_quiet(), "nothing");
    client.write_all(b"PING").await.unwrap();
    client.flush().await.unwrap();
    let mut asked = [0; 4];
    server.read_exact(&mut asked).await.unwrap();
    server.write_all(b"+PONG").await.unwrap();
    server.flush().await.unwrap();
    let mut answer = [0; 5];
    client.read_exact(&mut answer).await.unwrap();
    assert_eq!((&asked, &answer), (b"PING", b"+PONG"));
}

#[tokio::test]
async fn an_answer_to_no_question_is_an_end() {
    let (mut client, mut server) = connection().await;
    assert!(quiet_after_something_came(&mut client).await);
    server.write_all(b"+PONG").await.unwrap();
    server.flush().await.unwrap();
    assert!(!quiet_after_something_came(&mut client).await);
}

#[tokio::test]
async fn an_end_is_an_end_with_and_without_a_farewell() {
    let (mut client, mut server) = connection().await;
    server.shutdown().await.unwrap();
    assert!(!quiet_after_something_came(&mut client).await);
    let (mut client, server) = connection().await;
    assert!(quiet_after_something_came(&mut client).await);
    drop(server);
    assert!(!quiet_after_something_came(&mut client).await);
}

#[tokio::test]
async fn what_was_written_has_left() {
    let (client, mut server) = connection().await;
    let mut line = Line::over(Box::new(client));
    let mut written = 0;
    // Until nothing more fits on the way to a server that does not read.
    loop {
        line.commands.resize(4096, b'x');
        let flushed = timeout(Duration::from_millis(200), line.flush()).await;
        if flushed.is_err() {
            break;
        }
        written += 4096;
    }
    let mut read = vec![0; written];
    let read = timeout(PATIENCE, server.read_exact(&mut read)).await;
    assert!(read.is_ok(), "some stayed behind");
}
