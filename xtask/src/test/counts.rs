//! What test runners say of themselves, read from their logs.

use std::collections::HashSet;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub passed: usize,
    pub failed: usize,
}

impl Counts {
    pub const ONE_CHECK: Self = Self { passed: 1, failed: 0 };
}

/// Passed tests in cargo's output, each with the file it is from.
pub fn passed_tests(log: &str) -> HashSet<(String, String)> {
    let mut file = String::new();
    let mut tests = HashSet::new();
    for line in log.lines().map(str::trim) {
        if let Some(running) = line.strip_prefix("Running ") {
            // `Running unittests src/lib.rs (target/debug/deps/agentarea_observability-0123)`: without the hash
            running.rsplit_once('-').map_or(running, |(path, _)| path).clone_into(&mut file);
        } else if let Some(test) = line.strip_prefix("test ").and_then(|test| test.strip_suffix(" ... ok")) {
            tests.insert((file.clone(), test.to_owned()));
        }
    }
    tests
}

/// Sums what test runners say of themselves: cargo's and wasm-bindgen's `test result:` lines, or a last line
/// `N passed, N failed`, after which cargo may still say that a test failed.
pub fn counts_in(log: &str) -> Counts {
    let mut counts = Counts::default();
    for line in log.lines().filter_map(|line| line.trim().strip_prefix("test result: ")) {
        let sentence = line.split_once(". ").map_or(line, |(_, sentence)| sentence);
        for part in sentence.split(';') {
            add(&mut counts, part);
        }
    }
    if counts == Counts::default()
        && let Some(last) = log.lines().rev().find(|line| is_tally(line))
    {
        for part in last.split(',') {
            add(&mut counts, part);
        }
    }
    counts
}

fn is_tally(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let mut is_number = || words.next().is_some_and(|word| word.parse::<usize>().is_ok());
    let is_passed = is_number() && words.next() == Some("passed,");
    let mut is_number = || words.next().is_some_and(|word| word.parse::<usize>().is_ok());
    is_passed && is_number() && words.next() == Some("failed") && words.next().is_none()
}

/// What a test of cargo's wrote itself, without what cargo said before, and after a failure. Nothing if it did not compile.
pub fn own_output(log: &str) -> String {
    let lines: Vec<_> = log
        .lines()
        .skip_while(|line| !line.trim_start().starts_with("Running "))
        .skip(1)
        .take_while(|line| !line.starts_with("error: "))
        .collect();
    lines.join("\n")
}

/// The tests that a log names as failed, or as passed at their second run alone (`flaky`), each with what it says of it
/// on that line: cargo's and wasm-bindgen's `test … FAILED`, and the lines that close the end-to-end suite.
pub fn named_failures(log: &str) -> Vec<&str> {
    log.lines()
        .map(str::trim_end)
        .filter(|line| {
            let is_cargos = line.starts_with("test ") && (line.ends_with(" FAILED") || line.ends_with(" FAIL"));
            is_cargos || line.starts_with("failed ") || line.starts_with("flaky  ")
        })
        .collect()
}

/// Adds `12 passed` or `1 failed`.
fn add(counts: &mut Counts, part: &str) {
    let mut words = part.split_whitespace();
    if let (Some(Ok(number)), Some(word)) = (words.next().map(str::parse::<usize>), words.next()) {
        match word {
            "passed" => counts.passed += number,
            "failed" => counts.failed += number,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargos_results_are_summed() {
        let log = "     Running unittests src/lib.rs (target/debug/deps/app-12ab)\n\nrunning 2 tests\ntest a::b ... ok\n\
                   test a::c ... FAILED\n\ntest result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; \
                   finished in 0.00s\n\n   Doc-tests app\ntest result: ok. 3 passed; 0 failed; 1 ignored; 0 measured\n";
        assert_eq!(counts_in(log), Counts { passed: 4, failed: 1 });
    }

    #[test]
    fn the_end_to_end_suites_last_line_counts() {
        assert_eq!(counts_in("opening 3 passed, no\n\n41 passed, 2 failed\n"), Counts { passed: 41, failed: 2 });
        assert_eq!(counts_in("error: could not compile"), Counts::default());
        assert_eq!(counts_in("4 passed, 1 failed\n\nerror: test failed\n"), Counts { passed: 4, failed: 1 });
        assert_eq!(counts_in("4 passed, of 1 failed\n"), Counts::default());
    }

    #[test]
    fn a_log_names_what_failed() {
        let log =
            "running 2 tests\ntest a::b ... ok\ntest a::c ... FAILED\n\ntest result: FAILED. 1 passed; 1 failed\n";
        assert_eq!(named_failures(log), ["test a::c ... FAILED"]);
        let log = "again  charts: a (1.0 s), which failed at its first run\nok     charts: a (1.0 s)\nFAILED demo: b (2.0 s)\n\n\
                   flaky  charts: a: waited\nfailed demo: b: found 1\n\n1 passed, 1 failed\n";
        assert_eq!(named_failures(log), ["flaky  charts: a: waited", "failed demo: b: found 1"]);
    }

    #[test]
    fn the_table_of_a_test_is_told_apart_from_cargos_words() {
        let log = "   Compiling demo v0.1.0\n     Running tests/contract/main.rs (/t/contract-12ab)\n\ncase  demo  real\n\
                   labels  ok  ok\n1 passed, 1 failed\nerror: test failed, to rerun pass `--test contract`\n";
        assert_eq!(own_output("error: could not compile `agentarea-demo`"), "");
        assert_eq!(own_output(log), "\ncase  demo  real\nlabels  ok  ok\n1 passed, 1 failed");
    }

    #[test]
    fn a_test_is_known_by_its_file_and_name_whatever_the_hash() {
        let one = "Running unittests src/lib.rs (/t/debug/deps/app-12ab)\ntest a::b ... ok\ntest a::c ... FAILED\n";
        let two = "Running unittests src/lib.rs (/t/debug/deps/app-99ff)\ntest a::b ... ok\n";
        let other = "Running tests/wire.rs (/t/debug/deps/wire-99ff)\ntest a::b ... ok\n";
        assert_eq!(passed_tests(one), passed_tests(two));
        assert!(passed_tests(one).is_disjoint(&passed_tests(other)));
        assert_eq!(passed_tests(one).len(), 1);
    }
}
