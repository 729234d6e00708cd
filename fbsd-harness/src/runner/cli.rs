//! The command line.

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

/// Schedules a scenario is run under unless asked otherwise.
const SCHEDULES: &str = "200";

/// Scenarios by their ids; without any it is those that `default` tells.
fn scenarios(default: &str) -> Arg {
    Arg::new("ids").num_args(0..).help(format!(
        "Scenarios with their variants (S33) or without (=S33), groups (D); {default} if none is given"
    ))
}

fn pictures() -> Arg {
    Arg::new("out")
        .long("out")
        .default_value("pictures")
        .help("Folder for pictures and trace files")
}

fn again() -> Arg {
    Arg::new("again")
        .long("again")
        .default_value("")
        .hide_default_value(true)
        .help("Command that runs this program, shown in the line that replays a failure")
}

fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .action(ArgAction::SetTrue)
        .help(help)
}

fn number(name: &'static str, default: &'static str, help: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .default_value(default)
        .value_parser(value_parser!(u64))
        .help(help)
}

/// The program's arguments.
pub fn command() -> Command {
    Command::new("scenarios")
        .about("Runs regression scenarios of kern_thread.c on the object that it is linked with")
        .subcommand_required(true)
        .subcommands([
            Command::new("list")
                .about("List the scenarios")
                .arg(scenarios("all")),
            Command::new("explain")
                .about("Say what scenarios do and guard")
                .arg(scenarios("all")),
            Command::new("run")
                .about("Run scenarios under many schedules; TAP on standard output")
                .args([
                    scenarios("all"),
                    number("schedules", SCHEDULES, "Schedules for each scenario"),
                    number("seed", "1", "Other seeds give other schedules"),
                    Arg::new("bound")
                        .long("bound")
                        .value_parser(value_parser!(u32))
                        .help(
                            "Run every schedule with this many preemptions, however many there are",
                        ),
                    flag(
                        "random",
                        "Enumerate no schedules: only random ones after the first",
                    )
                    .conflicts_with("bound"),
                    Arg::new("mode")
                        .long("mode")
                        .value_parser(["det", "smp"])
                        .default_value("det")
                        .help("One simulated CPU at a time, or all in parallel"),
                    number("time", "0", "Seconds to go on for in mode smp"),
                    flag("picture", "Draw each scenario's first schedule"),
                    flag("fail-fast", "Stop after the first scenario that fails"),
                    flag(
                        "brief",
                        "Say what failed, without a shorter schedule and a picture",
                    ),
                    Arg::new("sum")
                        .long("sum")
                        .help("File that also gets the last line"),
                    pictures(),
                    again(),
                ]),
            Command::new("replay")
                .about("Run one schedule of a scenario, tell what happens and draw it")
                .args([
                    Arg::new("id").required(true).help("The scenario"),
                    Arg::new("schedule")
                        .required(true)
                        .allow_hyphen_values(true)
                        .help("As printed by a failure, or random:SEED, or pct:SEED:DEPTH:LENGTH"),
                    pictures(),
                    again(),
                ]),
            Command::new("preempt")
                .about("Run scenarios with preemptions between instructions of the object")
                .args([
                    scenarios("those in which threads meet without a lock"),
                    Arg::new("functions")
                        .long("functions")
                        .required(true)
                        .help("File that lists the object's functions"),
                    number(
                        "runs",
                        "200",
                        "Runs with two or three preemptions for each scenario",
                    ),
                    number("seed", "1", "Other seeds give other ones"),
                    number(
                        "most",
                        "0",
                        "Runs with one preemption for each scenario, evenly spread; 0 for all",
                    ),
                    Arg::new("replay")
                        .long("replay")
                        .allow_hyphen_values(true)
                        .help("One run, as printed by a failure, told event by event"),
                    flag("fail-fast", "Stop after the first scenario that fails"),
                    Arg::new("sum")
                        .long("sum")
                        .help("File that also gets how many scenarios passed and failed"),
                    pictures(),
                    again(),
                ]),
            Command::new("serve").about("Answer requests for single runs on standard input"),
            Command::new("atf")
                .about("Be a test program for kyua: list the scenarios, or run one")
                .args([
                    Arg::new("list")
                        .short('l')
                        .action(ArgAction::SetTrue)
                        .help("List"),
                    Arg::new("result").short('r').help("File for the result"),
                    Arg::new("source").short('s').hide(true),
                    Arg::new("variable")
                        .short('v')
                        .action(ArgAction::Append)
                        .hide(true),
                    Arg::new("id").help("The scenario, or scenario:cleanup"),
                ]),
        ])
}

/// The scenarios that the arguments name, as one list of words.
pub fn ids(arguments: &ArgMatches) -> String {
    let ids = arguments.get_many::<String>("ids").into_iter().flatten();
    ids.cloned().collect::<Vec<_>>().join(",")
}

/// A text that has a default.
pub fn text<'a>(arguments: &'a ArgMatches, name: &str) -> &'a str {
    arguments.get_one::<String>(name).map_or("", String::as_str)
}

/// A number that has a default.
pub fn numeral(arguments: &ArgMatches, name: &str) -> u64 {
    arguments.get_one(name).copied().unwrap_or_default()
}
