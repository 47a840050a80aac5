//! Test infrastructure for database servers: private servers, the proxy in front of them, the runner of each engine.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::server::proxy::{Cut, Proxy};
use crate::server::{Engine, Server, engine};

/// A server that echoes each line and records the lines it receives.
struct Echo {
    port: u16,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Echo {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let received = Arc::clone(&lines);
        thread::spawn(move || {
            for stream in listener.incoming().map(Result::unwrap) {
                let received = Arc::clone(&received);
                thread::spawn(move || {
                    for line in BufReader::new(&stream).lines().map_while(Result::ok) {
                        received.lock().unwrap().push(line.clone());
                        drop((&stream).write_all(format!("{line}\n").as_bytes()));
                    }
                });
            }
        });
        Self { port, lines }
    }

    fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }
}

/// A client with one connection.
struct Client(BufReader<TcpStream>);

impl Client {
    fn connect(proxy: &Proxy) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", proxy.port())).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(BufReader::new(stream))
    }

    fn send(&self, text: &str) {
        drop(self.0.get_ref().write_all(text.as_bytes()));
    }

    /// Returns the next line, or `None` if the connection is closed.
    fn receive(&mut self) -> Option<String> {
        let mut line = String::new();
        self.0.read_line(&mut line).ok().filter(|length| *length > 0)?;
        Some(line.trim_end().to_owned())
    }

    fn echo(&mut self, line: &str) -> Option<String> {
        self.send(&format!("{line}\n"));
        self.receive()
    }
}

#[test]
fn a_proxy_forwards_until_it_cuts_or_refuses_connections() {
    let echo = Echo::start();
    let proxy = &Proxy::start(echo.port);
    let (mut one, mut two) = (Client::connect(proxy), Client::connect(proxy));
    assert_eq!(one.echo("first").as_deref(), Some("first"));
    assert_eq!(two.echo("second").as_deref(), Some("second"));
    proxy.cut();
    assert_eq!((one.echo("third"), two.echo("fourth")), (None, None));
    let mut again = Client::connect(proxy);
    assert_eq!(again.echo("fifth").as_deref(), Some("fifth"));
    proxy.refuse(true);
    assert_eq!(again.echo("sixth"), None);
    assert_eq!(Client::connect(proxy).echo("seventh"), None);
    proxy.refuse(false);
    let mut last = Client::connect(proxy);
    assert_eq!(last.echo("eighth").as_deref(), Some("eighth"));
    assert_eq!(proxy.fired(), 0);
    assert_eq!(echo.lines(), ["first", "second", "fifth", "eighth"]);
}

#[test]
fn a_dropped_proxy_closes_its_connections_and_its_port() {
    let echo = Echo::start();
    let proxy = Proxy::start(echo.port);
    let mut client = Client::connect(&proxy);
    assert_eq!(client.echo("here").as_deref(), Some("here"));
    let port = proxy.port();
    drop(proxy);
    assert_eq!(client.echo("and now"), None);
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
}

#[test]
fn a_proxy_without_a_server_closes_each_connection_it_accepts() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let proxy = Proxy::start(port);
    assert_eq!(Client::connect(&proxy).echo("hello"), None);
}

#[test]
fn a_cut_before_a_text_does_not_forward_the_text() {
    let echo = Echo::start();
    let proxy = Proxy::start(echo.port);
    proxy.cut_at(b"COMMIT", Cut::Before, 2);
    for cuts in 1..=2 {
        let mut client = Client::connect(&proxy);
        assert_eq!(client.echo("BEGIN").as_deref(), Some("BEGIN"));
        assert_eq!(client.echo("then COMMIT it"), None);
        assert_eq!(proxy.fired(), cuts);
    }
    assert_eq!(Client::connect(&proxy).echo("COMMIT").as_deref(), Some("COMMIT"));
    assert_eq!(proxy.fired(), 2);
    assert_eq!(echo.lines(), ["BEGIN", "BEGIN", "COMMIT"]);
}

#[test]
fn a_cut_after_a_text_forwards_the_text_and_drops_the_answer() {
    let echo = Echo::start();
    let proxy = Proxy::start(echo.port);
    let (mut client, mut other) = (Client::connect(&proxy), Client::connect(&proxy));
    proxy.cut_at(b"COMMIT", Cut::After, 1);
    assert_eq!(other.echo("BEGIN").as_deref(), Some("BEGIN"));
    assert_eq!(client.echo("COMMIT"), None);
    assert_eq!(proxy.fired(), 1);
    assert_eq!(other.echo("COMMIT").as_deref(), Some("COMMIT"), "only one cut was planned");
    assert_eq!(echo.lines(), ["BEGIN", "COMMIT", "COMMIT"]);
}

#[test]
fn a_text_that_arrives_in_two_pieces_is_found_once() {
    let echo = Echo::start();
    let proxy = Proxy::start(echo.port);
    let mut client = Client::connect(&proxy);
    // The first half passes before the cut is planned.
    client.send("COM");
    thread::sleep(Duration::from_millis(50));
    proxy.cut_at(b"COMMIT", Cut::After, 2);
    assert_eq!(client.echo("MIT"), None);
    assert_eq!((proxy.fired(), echo.lines()), (1, vec!["COMMIT".to_owned()]));
    let mut client = Client::connect(&proxy);
    assert_eq!(client.echo("MIT").as_deref(), Some("MIT"), "pieces of different connections are not joined");
    assert_eq!(client.echo("COMMIT"), None);
    assert_eq!(proxy.fired(), 2);
}

#[test]
fn a_delay_applies_to_what_a_client_sends() {
    let echo = Echo::start();
    let proxy = Proxy::start(echo.port);
    let mut client = Client::connect(&proxy);
    let delay = Duration::from_millis(60);
    proxy.delay(delay);
    let started_at = Instant::now();
    assert_eq!(client.echo("slow").as_deref(), Some("slow"));
    assert!(started_at.elapsed() >= delay);
    proxy.delay(Duration::ZERO);
    assert_eq!(client.echo("fast").as_deref(), Some("fast"));
}

#[test]
fn a_test_process_runs_on_one_engine() {
    assert_eq!(Engine::named("mysql"), Ok(Engine::Mysql));
    assert!(Engine::named("postgres,mysql").is_err_and(|message| message.contains("one engine")));
    assert!(Engine::named("oracle").is_err_and(|message| message.contains("no such engine")));
    assert_eq!(Engine::Postgres.url(5432, "shop"), "postgres://tradepost@127.0.0.1:5432/shop");
}

/// Runs `script` through `.ci/each-engine`, as cargo runs a program that it built in `folder`. Returns the exit code
/// and the standard output.
fn run_on(engines: &str, folder: &str, script: &str) -> (Option<i32>, String) {
    let home = tempfile::tempdir().unwrap();
    let program = home.path().join(folder).join("program");
    std::fs::create_dir_all(program.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink("/bin/sh", &program).unwrap();
    let runner = Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/each-engine");
    let mut command = Command::new(runner);
    let output = command.env("TRADEPOST_TEST_ENGINES", engines).arg(&program).args(["-c", script]).output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn the_runner_runs_a_test_on_each_engine_until_one_fails() {
    let print_engine = "echo $TRADEPOST_TEST_ENGINES";
    assert_eq!(run_on("postgres,mysql", "debug/deps", print_engine), (Some(0), "postgres\nmysql\n".to_owned()));
    assert_eq!(
        run_on("postgres,mysql", "debug/deps", &format!("{print_engine}; exit 7")),
        (Some(7), "postgres\n".to_owned())
    );
    assert_eq!(run_on("mysql", "debug/deps", print_engine), (Some(0), "mysql\n".to_owned()));
    assert_eq!(
        run_on("postgres,mysql", "debug", print_engine),
        (Some(0), "postgres,mysql\n".to_owned()),
        "the application itself runs once"
    );
}

/// Whether the server accepts connections.
fn accepts(server: &Server) -> bool {
    TcpStream::connect(("127.0.0.1", server.port())).is_ok()
}

#[test]
fn a_private_server_keeps_its_data_when_it_is_killed_and_leaves_nothing_when_it_is_dropped() {
    let engine = engine();
    if engine == Engine::Sqlite {
        return println!("SQLite has no server");
    }
    let server = Server::start(engine);
    assert!(accepts(&server));
    assert!(server.url("shop").starts_with(&format!("{}://tradepost@127.0.0.1:{}/", engine.name(), server.port())));
    // On MySQL the application creates one database per owner, `<name>_<owner>`.
    let database = if engine == Engine::Mysql { "shop_goods" } else { "shop" };
    server.create_database("shop");
    if engine == Engine::Mysql {
        server.sql("mysql", "CREATE DATABASE shop_goods; CREATE DATABASE shopping");
    }
    server.sql(database, "CREATE TABLE kept (number INT)");
    for number in 1..=2 {
        // A committed row must survive a kill that follows immediately.
        server.sql(database, &format!("INSERT INTO kept VALUES ({number})"));
        server.kill();
        assert!(!accepts(&server));
        server.resume();
        assert_eq!(server.sql(database, "SELECT MAX(number) FROM kept"), number.to_string());
    }
    server.drop_database("shop");
    server.drop_database("shop");
    let left = match engine {
        Engine::Mysql => server.sql("mysql", "SHOW DATABASES LIKE 'shop%'"),
        _ => server.sql("postgres", "SELECT datname FROM pg_database WHERE datname = 'shop'"),
    };
    assert_eq!(left, if engine == Engine::Mysql { "shopping" } else { "" });
    let (port, folder) = (server.port(), server.folder());
    assert!(folder.exists());
    drop(server);
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    assert!(!folder.exists());
}

#[test]
fn all_threads_share_one_server() {
    if engine() == Engine::Sqlite {
        return println!("SQLite has no server");
    }
    let ports = [(); 2].map(|()| thread::spawn(|| Server::shared(engine()).port())).map(|each| each.join().unwrap());
    assert_eq!(ports[0], ports[1]);
}

#[test]
fn a_proxy_cuts_a_transaction_before_or_after_its_commit() {
    let engine = engine();
    if engine == Engine::Sqlite {
        return println!("SQLite has no server");
    }
    let server = Server::shared(engine);
    let proxy = Proxy::start(server.port());
    // Databases that exist on every server.
    let database = if engine == Engine::Mysql { "mysql" } else { "postgres" };
    server.sql(database, "CREATE TABLE cut (number INT)");
    for (number, cut, kept) in [(1, Cut::Before, "0"), (2, Cut::After, "1")] {
        proxy.cut_at(b"COMMIT", cut, 1);
        let transaction = format!("BEGIN; INSERT INTO cut VALUES ({number}); COMMIT");
        let answer = server.sql_at(proxy.port(), database, &transaction);
        assert!(answer.is_err(), "{cut:?}: {answer:?}");
        assert_eq!(proxy.fired(), number);
        assert_eq!(server.sql(database, "SELECT COUNT(*) FROM cut"), kept, "{cut:?}");
    }
    assert_eq!(server.sql_at(proxy.port(), database, "SELECT number FROM cut").as_deref(), Ok("2"));
    server.sql(database, "DROP TABLE cut");
}
