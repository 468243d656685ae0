//! The servers: how each is started, where it listens, and how one sees that it answers.
//!
//! Everything listens on 127.0.0.1, on ports that were free a moment ago; data and configuration of a server lie in the
//! folder with its name. A server knows nothing here of who feeds it.

use std::collections::BTreeMap;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use super::StackError;
use super::process::Launch;
use crate::nginx::{self, Site};
use crate::rules::{GUIDE_FILE, GUIDE_RULES};

/// A server of the stack. In the order in which they are started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    Loki,
    Jaeger,
    Elasticsearch,
    Zipkin,
    Alertmanager,
    Postgres,
    Redis,
    NodeExporter,
    PostgresExporter,
    RedisExporter,
    Prometheus,
    Nginx,
}

impl Name {
    pub const ALL: [Self; 12] = [
        Self::Loki,
        Self::Jaeger,
        Self::Elasticsearch,
        Self::Zipkin,
        Self::Alertmanager,
        Self::Postgres,
        Self::Redis,
        Self::NodeExporter,
        Self::PostgresExporter,
        Self::RedisExporter,
        Self::Prometheus,
        Self::Nginx,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Loki => "loki",
            Self::Jaeger => "jaeger",
            Self::Elasticsearch => "elasticsearch",
            Self::Zipkin => "zipkin",
            Self::Alertmanager => "alertmanager",
            Self::Postgres => "postgres",
            Self::Redis => "redis",
            Self::NodeExporter => "node-exporter",
            Self::PostgresExporter => "postgres-exporter",
            Self::RedisExporter => "redis-exporter",
            Self::Prometheus => "prometheus",
            Self::Nginx => "nginx",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.as_str() == text)
    }

    /// Started only when asked for.
    pub const fn is_extra(self) -> bool {
        matches!(self, Self::Elasticsearch | Self::Zipkin)
    }

    /// Takes a part of the platform's history, and is not ready before it has it.
    pub(super) const fn is_fed(self) -> bool {
        matches!(self, Self::Loki | Self::Jaeger | Self::Elasticsearch | Self::Zipkin)
    }

    /// How long it may take until it answers.
    pub(super) const fn patience_secs(self) -> u64 {
        match self {
            Self::Loki | Self::Elasticsearch | Self::Zipkin | Self::Prometheus => 180,
            _ => 60,
        }
    }
}

/// How one sees that a server answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Health {
    /// Status 200.
    Http(String),
    /// Sends the first and waits for an answer that begins with the second.
    Tcp { address: SocketAddr, ask: &'static [u8], answer: &'static [u8] },
}

/// A server that can be started.
#[derive(Debug)]
pub(super) struct Plan {
    pub name: Name,
    pub launch: Launch,
    pub health: Health,
    pub url: String,
    /// Further addresses, by what they are for.
    pub more: Vec<(&'static str, String)>,
    /// What tells its version: the address of a JSON document and the place in it, or else the program itself.
    pub version: Option<(String, &'static str)>,
}

/// What the plans need to know.
pub(super) struct Context<'a> {
    pub folder: &'a Path,
    pub dist: &'a Path,
    pub deploy: &'a Path,
    pub programs: &'a BTreeMap<String, PathBuf>,
    pub is_old: bool,
    pub names: &'a [Name],
    pub sink_url: &'a str,
    pub port: Option<u16>,
}

/// Ports that are free now. All are held until all are found, so that no two are alike.
pub(super) fn free_ports(count: usize) -> Result<Vec<u16>, StackError> {
    let cannot = || StackError::io("no free port on 127.0.0.1");
    let held: Vec<TcpListener> =
        (0..count).map(|_| TcpListener::bind(("127.0.0.1", 0))).collect::<Result<_, _>>().map_err(cannot())?;
    held.iter().map(|listener| Ok(listener.local_addr().map_err(cannot())?.port())).collect()
}

/// Plans all servers that are wanted, and writes their configuration. `initdb` runs here.
pub(super) fn plan(site: &Context) -> Result<Vec<Plan>, StackError> {
    let mut ports = free_ports(32)?.into_iter();
    let mut port = || ports.next().unwrap_or_default();
    // By server, known before any is planned: some are told of others.
    let main_ports: BTreeMap<Name, u16> = Name::ALL
        .into_iter()
        .map(|name| (name, if name == Name::Nginx { site.port.unwrap_or_else(&mut port) } else { port() }))
        .collect();
    let mut plans = Vec::new();
    for name in site.names {
        let folder = site.folder.join(name.as_str());
        make(&folder)?;
        let mut planner = Planner { site, folder, ports: &main_ports, spare: &mut port };
        plans.push(planner.plan(*name)?);
    }
    Ok(plans)
}

struct Planner<'a, P: FnMut() -> u16> {
    site: &'a Context<'a>,
    folder: PathBuf,
    ports: &'a BTreeMap<Name, u16>,
    spare: &'a mut P,
}

impl<P: FnMut() -> u16> Planner<'_, P> {
    fn plan(&mut self, name: Name) -> Result<Plan, StackError> {
        match name {
            Name::Loki => self.loki(),
            Name::Jaeger => self.jaeger(),
            Name::Elasticsearch => self.elasticsearch(),
            Name::Zipkin => self.zipkin(),
            Name::Alertmanager => self.alertmanager(),
            Name::Postgres => self.postgres(),
            Name::Redis => self.redis(),
            Name::NodeExporter => {
                let launch = self.launch("node-exporter")?.arg(format!("--web.listen-address={}", self.address(name)));
                Ok(self.scraped(name, launch))
            }
            Name::PostgresExporter => {
                let source = format!("postgresql://postgres@{}/postgres?sslmode=disable", self.address(Name::Postgres));
                let mut launch =
                    self.launch("postgres-exporter")?.arg(format!("--web.listen-address={}", self.address(name)));
                launch.environment.push(("DATA_SOURCE_NAME", source.into()));
                Ok(self.scraped(name, launch))
            }
            Name::RedisExporter => {
                let launch = self
                    .launch("redis-exporter")?
                    .arg(format!("-web.listen-address={}", self.address(name)))
                    .arg(format!("-redis.addr=redis://{}", self.address(Name::Redis)));
                Ok(self.scraped(name, launch))
            }
            Name::Prometheus => self.prometheus(),
            Name::Nginx => self.nginx(),
        }
    }

    fn program(&self, name: &str) -> Result<&Path, StackError> {
        self.site
            .programs
            .get(name)
            .map(PathBuf::as_path)
            .ok_or_else(|| StackError::Usage(format!("where is {name}? Name its program with --program {name}=PATH")))
    }

    fn launch(&self, program: &str) -> Result<Launch, StackError> {
        Ok(Launch::new(self.program(program)?))
    }

    fn address(&self, name: Name) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.ports.get(&name).copied().unwrap_or_default()))
    }

    fn url(&self, name: Name) -> String {
        format!("http://{}", self.address(name))
    }

    fn spare_address(&mut self) -> String {
        format!("127.0.0.1:{}", (self.spare)())
    }

    fn http(&self, name: Name, launch: Launch, ready: &str, version: Option<(&str, &'static str)>) -> Plan {
        let url = self.url(name);
        Plan {
            name,
            launch,
            health: Health::Http(format!("{url}{ready}")),
            version: version.map(|(path, place)| (format!("{url}{path}"), place)),
            url,
            more: Vec::new(),
        }
    }

    /// An exporter.
    fn scraped(&self, name: Name, launch: Launch) -> Plan {
        self.http(name, launch, "/metrics", None)
    }

    fn write(&self, file: &str, text: &str) -> Result<PathBuf, StackError> {
        let path = self.folder.join(file);
        fs::write(&path, text).map_err(StackError::io(format!("cannot write {}", path.display())))?;
        Ok(path)
    }

    fn loki(&mut self) -> Result<Plan, StackError> {
        let address = self.address(Name::Loki);
        let text = include_str!("config/loki.yml")
            .replace("{http_port}", &address.port().to_string())
            .replace("{grpc_port}", &(self.spare)().to_string())
            .replace("{folder}", &self.folder.display().to_string());
        let config = self.write("loki.yml", &text)?;
        let launch = self.launch("loki")?.arg(format!("-config.file={}", config.display()));
        Ok(self.http(Name::Loki, launch, "/ready", Some(("/loki/api/v1/status/buildinfo", "/version"))))
    }

    fn jaeger(&mut self) -> Result<Plan, StackError> {
        let otlp = self.spare_address();
        let mut launch = self
            .launch("jaeger")?
            .arg(format!("--query.http-server.host-port={}", self.address(Name::Jaeger)))
            .arg(format!("--collector.otlp.http.host-port={otlp}"))
            .arg(format!("--memory.max-traces={MAX_TRACES}"))
            .args(["--collector.otlp.enabled=true", "--log-level=warn", "--query.enable-tracing=false"]);
        for other in [
            "collector.otlp.grpc.host-port",
            "collector.http-server.host-port",
            "collector.grpc-server.host-port",
            "query.grpc-server.host-port",
            "admin.http.host-port",
        ] {
            launch = launch.arg(format!("--{other}={}", self.spare_address()));
        }
        launch.environment.push(("SPAN_STORAGE_TYPE", "memory".into()));
        let mut plan = self.http(Name::Jaeger, launch, "/api/services", None);
        plan.more.push(("otlp", format!("http://{otlp}")));
        Ok(plan)
    }

    fn zipkin(&mut self) -> Result<Plan, StackError> {
        let jar = self.program("zipkin")?;
        let launch = self.launch("java")?.args(["-Xmx768m", "-jar"]).arg(jar).args([
            format!("--server.port={}", self.address(Name::Zipkin).port()),
            "--armeria.ports[0].ip=127.0.0.1".to_owned(),
            format!("--armeria.ports[0].port={}", self.address(Name::Zipkin).port()),
            "--armeria.ports[0].protocols[0]=http".to_owned(),
            format!("--zipkin.storage.mem.max-spans={MAX_ZIPKIN_SPANS}"),
        ]);
        Ok(self.http(Name::Zipkin, launch, "/health", Some(("/info", "/zipkin/version"))))
    }

    fn elasticsearch(&mut self) -> Result<Plan, StackError> {
        // Its configuration must lie apart from the program, which several may share.
        let program = self.program("elasticsearch")?.to_path_buf();
        let home = program.parent().and_then(Path::parent).unwrap_or(&program);
        let config = self.folder.join("config");
        make(&config)?;
        for file in ["jvm.options", "log4j2.properties"] {
            let from = home.join("config").join(file);
            let text = fs::read(&from).map_err(StackError::io(format!("cannot read {}", from.display())))?;
            fs::write(config.join(file), text).map_err(StackError::io("cannot copy Elasticsearch's configuration"))?;
        }
        let path = |name: &str| self.folder.join(name).display().to_string();
        let settings = format!(
            "cluster.name: agentarea\ndiscovery.type: single-node\nnetwork.host: 127.0.0.1\nhttp.port: {}\n\
             transport.port: {}\npath.data: {}\npath.logs: {}\n",
            self.address(Name::Elasticsearch).port(),
            (self.spare)(),
            path("data"),
            path("logs"),
        );
        fs::write(config.join("elasticsearch.yml"), settings)
            .map_err(StackError::io("cannot write Elasticsearch's configuration"))?;
        let mut launch = Launch::new(&program);
        launch.shuns_root = true;
        launch
            .environment
            .extend([("ES_PATH_CONF", config.into_os_string()), ("ES_JAVA_OPTS", "-Xms512m -Xmx512m".into())]);
        if let Some(home) = java_home(self.program("java")?) {
            launch.environment.push(("ES_JAVA_HOME", home.into_os_string()));
        }
        let ready = "/_cluster/health?wait_for_status=yellow&timeout=1s";
        Ok(self.http(Name::Elasticsearch, launch, ready, Some(("/", "/version/number"))))
    }

    fn alertmanager(&mut self) -> Result<Plan, StackError> {
        let text = include_str!("config/alertmanager.yml").replace("{sink}", self.site.sink_url);
        let config = self.write("alertmanager.yml", &text)?;
        let launch = self
            .launch("alertmanager")?
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.path={}", self.folder.join("data").display()))
            .arg(format!("--web.listen-address={}", self.address(Name::Alertmanager)))
            .args(["--cluster.listen-address=", "--log.level=warn"]);
        Ok(self.http(Name::Alertmanager, launch, "/-/ready", Some(("/api/v2/status", "/versionInfo/version"))))
    }

    fn postgres(&mut self) -> Result<Plan, StackError> {
        let data = self.folder.join("data");
        let mut init = self.launch("initdb")?;
        init.shuns_root = true;
        init.arg("--pgdata").arg(&data).args(["--username=postgres", "--auth=trust", "--no-sync"]).run("initdb")?;
        let address = self.address(Name::Postgres);
        let mut launch = self.launch("postgres")?.arg("-D").arg(&data).args([
            "-c".to_owned(),
            "listen_addresses=127.0.0.1".to_owned(),
            "-c".to_owned(),
            format!("port={}", address.port()),
            "-c".to_owned(),
            "unix_socket_directories=".to_owned(),
            "-c".to_owned(),
            "fsync=off".to_owned(),
        ]);
        launch.shuns_root = true;
        // Its clients are still there: not the mode that waits for them.
        launch.end_signal = "INT";
        Ok(Plan {
            name: Name::Postgres,
            launch,
            // The request for TLS, which it answers with one letter as soon as it takes connections.
            health: Health::Tcp { address, ask: &[0, 0, 0, 8, 4, 210, 22, 47], answer: b"N" },
            url: format!("postgresql://postgres@{address}/postgres"),
            more: Vec::new(),
            version: None,
        })
    }

    fn redis(&mut self) -> Result<Plan, StackError> {
        let address = self.address(Name::Redis);
        let launch = self
            .launch("redis")?
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port"])
            .arg(address.port().to_string())
            .arg("--dir")
            .arg(&self.folder);
        Ok(Plan {
            name: Name::Redis,
            launch,
            health: Health::Tcp { address, ask: b"PING\r\n", answer: b"+PONG" },
            url: format!("redis://{address}"),
            more: Vec::new(),
            version: None,
        })
    }

    fn prometheus(&mut self) -> Result<Plan, StackError> {
        let rules = self.write(GUIDE_FILE, GUIDE_RULES)?;
        let alertmanagers = if self.site.names.contains(&Name::Alertmanager) {
            format!("['{}']", self.address(Name::Alertmanager))
        } else {
            "[]".to_owned()
        };
        let text = include_str!("config/prometheus.yml")
            .replace("{rules}", &quoted(&rules))
            .replace("{alertmanagers}", &alertmanagers)
            .replace("{folder}", &self.folder.display().to_string());
        let config = self.write("prometheus.yml", &text)?;
        let program = if self.site.is_old { "prometheus-old" } else { "prometheus" };
        let mut launch = self
            .launch(program)?
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", self.folder.join("data").display()))
            .arg(format!("--web.listen-address={}", self.address(Name::Prometheus)))
            .args(["--storage.tsdb.retention.time=15d", "--enable-feature=exemplar-storage", "--log.level=warn"]);
        // A build without pages of its own would look for them in the folder where it is started.
        launch.folder = Some(self.folder.clone());
        Ok(self.http(Name::Prometheus, launch, "/-/ready", Some(("/api/v1/status/buildinfo", "/data/version"))))
    }

    fn nginx(&mut self) -> Result<Plan, StackError> {
        let proxied =
            [Name::Prometheus, Name::Alertmanager, Name::Loki, Name::Jaeger, Name::Zipkin, Name::Elasticsearch];
        let upstreams = proxied
            .into_iter()
            .filter(|name| self.site.names.contains(name))
            .map(|name| (name.as_str().to_owned(), self.url(name)))
            .collect();
        let site = Site {
            port: self.address(Name::Nginx).port(),
            dist: self.site.dist.to_path_buf(),
            deploy: self.site.deploy.to_path_buf(),
            upstreams,
            config_from: None,
        };
        let arguments =
            nginx::write(&self.folder, &site).map_err(|error| StackError::Usage(format!("nginx: {error}")))?;
        let launch = self.launch("nginx")?.args(arguments);
        Ok(self.http(Name::Nginx, launch, "/", None))
    }
}

/// Traces that Jaeger keeps in memory: the history and some hours more.
const MAX_TRACES: u32 = 60_000;

/// Zipkin forgets the oldest beyond it.
const MAX_ZIPKIN_SPANS: u32 = 200_000;

/// The addresses of the exporters among the plans, by the guide's job names.
pub(super) fn exporters(plans: &[Plan]) -> Vec<(&'static str, String)> {
    plans
        .iter()
        .filter(|plan| matches!(plan.name, Name::NodeExporter | Name::PostgresExporter | Name::RedisExporter))
        .map(|plan| (plan.name.as_str(), plan.url.trim_start_matches("http://").to_owned()))
        .collect()
}

fn make(folder: &Path) -> Result<(), StackError> {
    fs::create_dir_all(folder).map_err(StackError::io(format!("cannot make {}", folder.display())))
}

/// As a scalar of YAML: JSON's strings are such.
fn quoted(path: &Path) -> String {
    serde_json::Value::from(path.display().to_string()).to_string()
}

/// The Java that a program belongs to: `…/bin/java`, links followed.
fn java_home(java: &Path) -> Option<PathBuf> {
    let real = java.canonicalize().ok()?;
    Some(real.parent()?.parent()?.to_path_buf())
}
