//! What is wrong with a server, a certificate or an address for TLS is said, and
//! what to do about it.

use rcgen::{BasicConstraints, IsCa, date_time_ymd};
use redisrpc::{Broker, BrokerBuilder, Error};
use redisrpc_test_support::RedisServer;

use crate::certificates::{Authority, Issued, TlsRedis};

/// The error of connecting, with its cause.
async fn refusal(builder: BrokerBuilder) -> String {
    match builder.connect().await.unwrap_err() {
        Error::Transport(error) => {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            format!("{error}: {}", cause.unwrap_or_default())
        }
        error => error.to_string(),
    }
}

#[track_caller]
fn assert_says(refusal: &str, parts: &[&str]) {
    for part in parts {
        assert!(refusal.contains(part), "`{part}` is not in: {refusal}");
    }
}

/// What a client says that trusts the issuer of this server's certificate.
async fn refusal_of(authority: Authority, shown: &Issued) -> String {
    let redis = TlsRedis::with(authority, shown, "no");
    refusal(redis.builder()).await
}

#[tokio::test]
async fn a_certificate_of_an_unknown_ca() {
    let redis = TlsRedis::start();
    let machine = Broker::builder(redis.url());
    let says = "was issued by no CA that this machine trusts; give the one that issued it";
    assert_says(&refusal(machine).await, &["127.0.0.1:", says]);
    // The second is named as the one that did issue it.
    for name in ["another", "an authority"] {
        let other = Authority::named(name).pem();
        let builder = Broker::builder(redis.url()).ca_certificate(other);
        let says = "was issued by none of the CAs that were given";
        assert_says(&refusal(builder).await, &[says, "ca_certificate"]);
    }
}

#[tokio::test]
async fn a_certificate_for_another_name() {
    let authority = Authority::new();
    let shown = authority.issue("redis.example.org");
    let says = ["for another name", "127.0.0.1", "redis.example.org"];
    assert_says(&refusal_of(authority, &shown).await, &says);
}

#[tokio::test]
async fn a_certificate_out_of_its_time() {
    let authority = Authority::new();
    let past = authority.issue_with("127.0.0.1", |params| {
        params.not_after = date_time_ymd(2020, 1, 1);
    });
    assert_says(
        &refusal_of(authority, &past).await,
        &["has expired", "new one"],
    );
    let authority = Authority::new();
    let future = authority.issue_with("127.0.0.1", |params| {
        params.not_before = date_time_ymd(4000, 1, 1);
    });
    let says = ["not valid yet", "clock"];
    assert_says(&refusal_of(authority, &future).await, &says);
}

#[tokio::test]
async fn a_server_that_shows_a_cas_certificate() {
    let authority = Authority::new();
    let shown = authority.issue_with("127.0.0.1", |params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    });
    let says = "give the server one of its own";
    assert_says(&refusal_of(authority, &shown).await, &[says]);
}

#[tokio::test]
async fn a_client_certificate_that_is_missing_or_of_another_ca() {
    let redis = TlsRedis::mutual();
    let says = "asks for a client certificate, and there is none; give it to";
    assert_says(&refusal(redis.builder()).await, &[says]);
    let stranger = Authority::new().issue("caller");
    let builder = redis.builder();
    let builder = builder.client_certificate(stranger.certificate, stranger.key);
    let says = "asks for a client certificate, and does not accept the one given";
    assert_says(&refusal(builder).await, &[says]);
}

#[tokio::test]
async fn tls_to_a_plain_port_and_plain_to_a_port_for_tls() {
    let redis = TlsRedis::start();
    let plain = Broker::builder(format!("redis://127.0.0.1:{}", redis.port));
    let says = "begin the address with `rediss://`";
    assert_says(&refusal(plain).await, &[says]);
    let server = RedisServer::start();
    let url = server.url().replace("redis://", "rediss://");
    let builder = Broker::builder(url).ca_certificate(redis.authority.pem());
    let says = "begin the address with `redis://`";
    assert_says(&refusal(builder).await, &["no answer", says]);
}

#[tokio::test]
async fn an_address_that_accepts_anybody() {
    for url in [
        "rediss://127.0.0.1/#insecure",
        "valkeys://:pass@[::1]:1/2#insecure",
    ] {
        let says = ["`#insecure`", "not supported", "ca_certificate"];
        assert_says(&refusal(Broker::builder(url)).await, &says);
    }
    let refusal = refusal(Broker::builder("rediss://:a#b@127.0.0.1/")).await;
    assert_says(&refusal, &["is not valid", "`%23`"]);
    assert!(!refusal.contains("a#b"), "a password is told: {refusal}");
}

#[tokio::test]
async fn certificates_for_an_address_without_tls() {
    let server = RedisServer::start();
    let builder = Broker::builder(server.url()).ca_certificate(Authority::new().pem());
    assert_says(&refusal(builder).await, &["`rediss://`"]);
    let memory = Broker::builder("memory://tls").ca_certificate(Authority::new().pem());
    assert!(memory.connect().await.is_ok(), "nothing leaves the process");
}

#[tokio::test]
async fn certificates_that_are_none() {
    let builder = || Broker::builder("rediss://127.0.0.1:1/");
    let Issued { certificate, key } = Authority::new().issue("caller");
    let says = ["the CA certificate cannot be used", "no certificate in PEM"];
    assert_says(&refusal(builder().ca_certificate("")).await, &says);
    assert_says(&refusal(builder().ca_certificate(&key)).await, &says);
    let own = Authority::new().pem();
    let builder = || builder().ca_certificate(&own);
    for (certificate, key, why) in [
        ("x", &*key, "no certificate in PEM"),
        (&certificate, &certificate, "no private key in PEM"),
        (
            &certificate,
            &Authority::new().issue("x").key,
            "KeyMismatch",
        ),
    ] {
        let refusal = refusal(builder().client_certificate(certificate, key)).await;
        assert_says(
            &refusal,
            &["the client certificate with its key cannot be used", why],
        );
    }
}
