//! The end of the help of each command: examples, and the variables that matter to it. Longer lines than 98
//! characters are wrapped, so there are none.

pub const TRADEPOST: &str = "\
Examples:
  tradepost                                     run the server with defaults and demo data
  tradepost --config shop.toml serve            run it with settings of your own
  TRADEPOST__HTTP__LISTEN=0.0.0.0:80 tradepost  override one setting
  tradepost --config shop.toml doctor           find out what is missing

Environment:
  TRADEPOST__SECTION__KEY  a setting: TRADEPOST__HTTP__LISTEN is http.listen
  RUST_LOG                 log.filter, if TRADEPOST__LOG__FILTER is not set
  NO_COLOR                 no colours, if it is not empty

`tradepost config` lists all settings; `tradepost help COMMAND` has the details of a command.";

pub const SERVE: &str = "\
SIGTERM and Ctrl-C stop the server in order. If it cannot start, one line says which setting is
at fault.

Examples:
  tradepost serve
  tradepost --config /etc/tradepost/tradepost.toml serve
  TRADEPOST__HTTP__LISTEN=127.0.0.1:8090 TRADEPOST__STORE__URL=sqlite:///tmp/shop tradepost serve

Environment:
  TRADEPOST__HTTP__LISTEN   the address to listen on (http.listen)
  TRADEPOST__STORE__URL     where the data is (store.url)
  TRADEPOST__LOG__FILTER    what is logged (log.filter); RUST_LOG if it is not set
  TRADEPOST__LOG__FORMAT    text or json (log.format)
  NOTIFY_SOCKET             set by systemd (Type=notify): it is notified of start and stop
  WATCHDOG_USEC             set by systemd (WatchdogSec=): it is notified while the server is alive";

pub const MIGRATE: &str = "\
Stop the servers first: it is refused beside a server if there is anything to migrate.

Examples:
  tradepost --config shop.toml migrate

Environment:
  TRADEPOST__STORE__URL     where the data is (store.url)";

pub const AUDIT: &str = "\
It writes nothing, and may run beside a server. Exit code: 0 if all invariants hold, 1 if one is
violated, 2 if the audit fails.

Examples:
  tradepost audit | tee --append audit.log      check all, and keep the heads of the chains
  tradepost audit --heads audit.log             check also that nothing was rewritten since
  tradepost audit --since 1h --json             check what was changed in the last hour

Environment:
  TRADEPOST__STORE__URL     where the data is (store.url)
  TRADEPOST__AUDIT__GRACE   younger work may be in progress and is not reported (audit.grace)";

pub const CHECK: &str = "\
A server may be running. Exit code: 0 if all files are intact, 1 if one is damaged, 2 if one
cannot be read.

Examples:
  tradepost check
  TRADEPOST__STORE__URL=sqlite:///mnt/backup tradepost check

Environment:
  TRADEPOST__STORE__URL     where the data is (store.url)";

pub const RECONCILE: &str = "\
Exit code: 0 if all entries match, 1 if there are differences, 2 if they cannot be compared.

Examples:
  tradepost reconcile --provider alipay --day 2026-11-25
  tradepost reconcile --provider wechat statement.csv
  tradepost reconcile --provider wechat --day 2026-11-25 --bill funds --json
  tradepost reconcile --provider wechat statement.csv --apply

Environment:
  TRADEPOST__STORE__URL     where the data is (store.url)";

pub const IMPORT: &str = "\
Examples:
  tradepost import goods goods.csv --dry-run";

pub const IMPORT_GOODS: &str = "\
Repeated with the same file, it changes nothing. Exit code: 0 if every row was done, 1 otherwise.

Examples:
  tradepost import goods goods.csv --dry-run    say what would be done
  tradepost import goods goods.csv              do it, at the server of the settings
  tradepost import goods goods.csv --url https://shop.example.com --skip-wrong

Environment:
  TRADEPOST_TOKEN           the access token of an administrator's session
  TRADEPOST_PASSWORD        the administrator's password, if there is no token (admin.password)
  TRADEPOST_USER            the name that belongs to it (admin.user)";

pub const ADMIN: &str = "\
Examples:
  tradepost admin password
  tradepost admin remove-second-factor";

pub const ADMIN_PASSWORD: &str = "\
The account must exist. If admin.password is set, change it there: it becomes the password at
every start.

Examples:
  tradepost admin password                      generate a password and print it
  tradepost admin password --stdin < password.txt
  tradepost admin password former-admin         an account that admin.user named before

Environment:
  TRADEPOST__ADMIN__USER    the name of the administrator (admin.user)
  TRADEPOST__STORE__URL     where the data is (store.url)";

pub const ADMIN_REMOVE_SECOND_FACTOR: &str = "\
For an administrator who has lost the telephone and the recovery codes. Another administrator can
do the same in the console, on the page of the account.

Examples:
  tradepost admin remove-second-factor
  tradepost admin remove-second-factor anne

Environment:
  TRADEPOST__ADMIN__USER    the name of the administrator (admin.user)
  TRADEPOST__STORE__URL     where the data is (store.url)";

pub const BACKUP: &str = "\
Stores on a database server are backed up with its own tools.

Examples:
  tradepost backup /var/backups/tradepost/2026-11-25

Environment:
  TRADEPOST__STORE__URL     where the data is (store.url)";

pub const RESTORE: &str = "\
Stop the server and move its stores away first. The output says what to ask the platforms for.

Examples:
  tradepost restore /var/backups/tradepost/2026-11-25
  TRADEPOST__STORE__URL=sqlite:///tmp/trial tradepost restore /var/backups/tradepost/2026-11-25

Environment:
  TRADEPOST__STORE__URL     where the stores are put (store.url)";

pub const CONFIG: &str = "\
Every line has a setting, its value and its origin: the default, a line of the file, or a
variable. Secrets are masked.

Examples:
  tradepost --config shop.toml config
  tradepost --config shop.toml config --changed
  tradepost config --json

Environment:
  TRADEPOST__SECTION__KEY   a setting: TRADEPOST__HTTP__LISTEN is http.listen";

pub const DOCTOR: &str = "\
Each line is ok, warn or bad, and says what to do. Nothing is changed, and a server may be
running. Run it as the user of the server, because it tests what that user may do. Exit code: 0
if nothing is bad, 1 otherwise.

Examples:
  tradepost --config /etc/tradepost/tradepost.toml doctor
  sudo -u tradepost tradepost --config /etc/tradepost/tradepost.toml doctor
  tradepost doctor --json

Environment:
  TRADEPOST__STORE__URL     where the data is (store.url)
  NO_COLOR                  no colours, if it is not empty";

pub const HEALTH: &str = "\
Exit code: 0 if the server is ready, 1 otherwise. For health checks of containers and scripts.

Examples:
  tradepost health
  tradepost health 127.0.0.1:8080

Environment:
  TRADEPOST__HTTP__LISTEN   the address of the server (http.listen)";

pub const COMPLETIONS: &str = "\
Examples:
  tradepost completions bash > /usr/share/bash-completion/completions/tradepost
  tradepost completions zsh > /usr/share/zsh/site-functions/_tradepost
  tradepost completions fish > /usr/share/fish/vendor_completions.d/tradepost.fish";

pub const MAN: &str = "\
Examples:
  tradepost man --dir /usr/local/share/man/man1
  tradepost man import goods";
