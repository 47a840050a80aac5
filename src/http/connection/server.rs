//! The HTTP server over watched connections.

use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{HttpService, Protocol, Request, Response};
use actix_server::{Server, ServerHandle};
use actix_service::{IntoServiceFactory, ServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::body::MessageBody;
use actix_web::dev::AppConfig;
use actix_web::rt::net::TcpStream;

use super::open::Connections;
use super::tls::Tls;
use super::watched::Watched;

/// How often the connections are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Connections of a worker beyond those that [`Connections`] takes: it has to see a connection to refuse it.
const SLACK: usize = 1024;

/// How a server serves.
#[derive(Debug, Clone, Copy)]
pub struct Serving {
    /// Worker threads.
    pub workers: usize,
    /// Connections of all workers together.
    pub connections: usize,
    /// How long an idle connection stays open; zero: each serves one request.
    pub keep_alive: Duration,
    /// How long the head of the first request may take, as the HTTP server itself ends it with an answer.
    pub head_within: Duration,
    /// How long a stop waits for answers in progress.
    pub shutdown_within: Duration,
}

/// Serves `app` on `listener`, over `connections`, which are encrypted if there is `tls`.
///
/// # Errors
/// Fails if the listener cannot be used.
pub fn start<F, A, S, B>(
    serving: Serving,
    connections: &Arc<Connections>,
    listener: TcpListener,
    tls: Option<Tls>,
    app: F,
) -> std::io::Result<ServerHandle>
where
    F: Fn() -> A + Send + Clone + 'static,
    A: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig, Error = actix_web::Error, InitError = ()> + 'static,
    S::Response: Into<Response<B>>,
    B: MessageBody + 'static,
{
    let address = listener.local_addr()?;
    let builder = Server::build()
        .workers(serving.workers)
        .max_concurrent_connections(serving.connections.saturating_add(SLACK))
        .shutdown_timeout(serving.shutdown_within.as_secs())
        // Signals are the program's own: HTTP is only the first part that stops.
        .disable_signals();
    let stopping = builder.graceful_shutdown_signal();
    let taking = Arc::clone(connections);
    let builder = builder.listen("http", listener, move || {
        let (stopping, connections, tls) = (stopping.clone(), Arc::clone(&taking), tls.clone());
        let ending = stopping.clone();
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .keep_alive(serving.keep_alive)
            .client_request_timeout(serving.head_within)
            .client_disconnect_timeout(Duration::from_secs(1))
            .local_addr(address)
            .on_connect_ext(|stream: &Watched, data| {
                data.insert(Arc::clone(&stream.connection));
            })
            .finish(map_config(app().into_factory().map_err(|error| error.error_response()), |()| {
                AppConfig::default()
            }));
        let accepting = Rc::new((connections, tls, ending));
        fn_service(move |stream: TcpStream| {
            let accepting = Rc::clone(&accepting);
            async move {
                let (connections, tls, ending) = &*accepting;
                let _ = stream.set_nodelay(true);
                let peer = stream.peer_addr().ok();
                let (connection, place) = connections.take(stream).ok_or(DispatchError::SlowRequestTimeout)?;
                let stream = match tls {
                    None => Watched::plain(connection, place),
                    Some(tls) => tokio::select! {
                        stream = Watched::encrypted(connection, place, tls) => stream.map_err(DispatchError::Io)?,
                        // A stop does not wait for handshakes.
                        () = ending.notified() => return Err(DispatchError::DisconnectTimeout),
                    },
                };
                Ok((stream, Protocol::Http1, peer))
            }
        })
        .and_then(http)
    })?;
    let server = builder.run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    let connections = Arc::downgrade(connections);
    actix_web::rt::spawn(async move {
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        loop {
            ticks.tick().await;
            let Some(connections) = connections.upgrade() else { return };
            connections.cut_overdue();
        }
    });
    Ok(handle)
}
