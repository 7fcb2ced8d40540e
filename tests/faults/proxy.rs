//! The proxy that other tests put before Redis does what it says.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::TcpStream,
    time::{Duration, Instant},
};

use redisrpc_test_support::{
    RedisServer,
    proxy::{Fault, Proxy},
    wait_until,
};

/// A connection through the proxy that has given itself this name.
fn named(proxy: &Proxy, name: &str) -> TcpStream {
    let address = proxy.url().replace("redis://", "");
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_millis(300)))
        .unwrap();
    assert_eq!(ask(&mut stream, &format!("CLIENT SETNAME {name}")), "+OK");
    stream
}

/// Sends a command and reads one line of the answer to it.
fn ask(stream: &mut TcpStream, command: &str) -> String {
    let words: Vec<_> = command.split(' ').collect();
    let mut resp = format!("*{}\r\n", words.len());
    for word in words {
        resp += &format!("${}\r\n{word}\r\n", word.len());
    }
    stream.write_all(resp.as_bytes()).unwrap();
    line(stream).unwrap()
}

fn line(stream: &mut TcpStream) -> Result<String, ErrorKind> {
    let mut line = Vec::new();
    while !line.ends_with(b"\r\n") {
        let mut byte = [0];
        match stream.read(&mut byte) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof),
            Ok(_) => line.push(byte[0]),
            Err(error) => return Err(error.kind()),
        }
    }
    Ok(String::from_utf8(line).unwrap().trim_end().to_owned())
}

#[test]
fn only_connections_of_the_name_are_struck() {
    let redis = RedisServer::start();
    let proxy = Proxy::start(&redis);
    let [mut one, mut other] = ["pop:one", "pop:two"].map(|name| named(&proxy, name));
    let counts = ["", "pop:", "pop:one", "push"].map(|name| proxy.connections(name));
    assert_eq!(counts, [2, 2, 1, 0]);
    proxy.strike("pop:one", Fault::Close);
    assert_eq!(line(&mut one), Err(ErrorKind::UnexpectedEof));
    assert_eq!(ask(&mut other, "PING"), "+PONG");
    assert!(wait_until(|| proxy.connections("") == 1));
    proxy.strike("", Fault::Reset);
    assert_eq!(line(&mut other), Err(ErrorKind::ConnectionReset));
    assert_eq!(proxy.struck(), 2);
    assert_eq!(ask(&mut named(&proxy, "pop:one"), "PING"), "+PONG");
}

#[test]
fn what_goes_into_a_black_hole_reaches_nobody() {
    let redis = RedisServer::start();
    let proxy = Proxy::start(&redis);
    let [mut up, mut down] = ["up", "down"].map(|name| named(&proxy, name));
    proxy.strike("up", Fault::BlackHoleUp);
    proxy.strike("down", Fault::BlackHoleDown);
    for (stream, key) in [(&mut up, "lost"), (&mut down, "kept")] {
        let command = format!("*3\r\n$3\r\nSET\r\n$4\r\n{key}\r\n$1\r\nx\r\n");
        stream.write_all(command.as_bytes()).unwrap();
        assert_eq!(line(stream), Err(ErrorKind::WouldBlock), "{key}");
    }
    assert!(wait_until(|| redis.ask::<u8>("EXISTS kept") == 1));
    assert_eq!(redis.ask::<u8>("EXISTS lost"), 0);
    // The end of a connection vanishes like all else.
    drop((up, down));
    assert!(wait_until(|| proxy.connections("down") == 0));
    assert_eq!(proxy.connections("up"), 1);
    assert!(redis.ask::<String>("CLIENT LIST").contains("name=up "));
}

#[test]
fn a_strike_after_some_bytes_lets_these_pass() {
    let redis = RedisServer::start();
    let proxy = Proxy::start(&redis);
    assert_eq!(redis.ask::<usize>("RPUSH list 0123456789"), 1);
    let mut stream = named(&proxy, "name");
    let command = "*2\r\n$4\r\nLPOP\r\n$4\r\nlist\r\n";
    // The answer is `$10\r\n` and the element.
    proxy.strike_after("name", command.len() + 9, Fault::Close);
    stream.write_all(command.as_bytes()).unwrap();
    assert_eq!(proxy.struck(), 0);
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "$10\r\n0123");
    assert_eq!(proxy.struck(), 1);
}

#[test]
fn a_strike_in_an_answer_lets_the_question_pass() {
    let redis = RedisServer::start();
    let proxy = Proxy::start(&redis);
    let mut stream = named(&proxy, "name");
    proxy.strike_in_answer("name", 0, Fault::Close);
    stream
        .write_all(b"*3\r\n$5\r\nRPUSH\r\n$4\r\nlist\r\n$1\r\nx\r\n")
        .unwrap();
    assert_eq!(line(&mut stream), Err(ErrorKind::UnexpectedEof));
    assert_eq!(redis.ask::<usize>("LLEN list"), 1);
}

#[test]
fn a_delay_makes_answers_late() {
    let redis = RedisServer::start();
    let proxy = Proxy::start(&redis);
    let mut stream = named(&proxy, "name");
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    proxy.strike("name", Fault::Delay(Duration::from_millis(200)));
    let began = Instant::now();
    assert_eq!(ask(&mut stream, "PING"), "+PONG");
    // Once on its way there and once back.
    assert!(began.elapsed() >= Duration::from_millis(400));
}
