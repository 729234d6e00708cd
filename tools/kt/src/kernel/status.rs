//! Whether a configured kernel takes the Rust object.

use std::path::Path;

use crate::error::{Result, bail};
use crate::files;
use crate::options;

/// One line about `KERNBUILDDIR`; refuses a kernel that was configured without
/// the option.
pub fn of_kernel(dir: &Path) -> Result<String> {
    options::option_headers(dir)?;
    let shown = dir.display();
    // The option has no code: config(8) notes it in the header that nobody reads.
    let unread = files::read(&dir.join("opt_dontuse.h")).unwrap_or_default();
    let set = unread.lines().any(|line| {
        let mut words = line.split_whitespace();
        (words.next(), words.next()) == (Some("#define"), Some("KERN_THREAD_RS"))
    });
    if !set {
        bail!(
            "KERNBUILDDIR={shown} was configured without the option: add `options KERN_THREAD_RS` to the kernel's configuration file and configure it again"
        );
    }
    let makefile = files::read(&dir.join("Makefile"))?;
    let rule = makefile
        .lines()
        .find(|line| line.starts_with("kern_thread.o:"));
    match rule {
        Some(rule) if rule.contains("/fbsd-harness/kernel/object.sh") => {
            Ok(format!("configured: {shown} takes the Rust object"))
        }
        Some(_) => bail!(
            "KERNBUILDDIR={shown} still compiles kern/kern_thread.c: its Makefile is from before make kernel-add, configure the kernel again"
        ),
        None => bail!("KERNBUILDDIR={shown}: its Makefile has no rule for kern_thread.o"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    const RUST: &str = "kern_thread.o: ${KERN_THREAD_RS_DIR:U/p}/fbsd-harness/kernel/object.sh\n";
    const C: &str = "kern_thread.o: $S/kern/kern_thread.c\n";
    const SET: &str = "#define FFS 1\n#define KERN_THREAD_RS 1\n";

    fn of(global: bool, unread: &str, makefile: &str) -> Result<String> {
        let dir = Scratch::new("status");
        if global {
            dir.write("opt_global.h", "#define SMP 1\n");
        }
        dir.write("opt_dontuse.h", unread);
        dir.write("Makefile", makefile);
        of_kernel(dir.path())
    }

    #[test]
    fn the_option_and_the_rule_are_both_wanted() {
        assert!(of(true, SET, RUST).is_ok());
        for (global, unread, makefile, expected) in [
            (false, SET, RUST, "holds no opt_global.h"),
            (true, "#define FFS 1\n", C, "configured without the option"),
            (true, SET, C, "still compiles kern/kern_thread.c"),
            (true, SET, "all:\n", "no rule for kern_thread.o"),
        ] {
            let error = of(global, unread, makefile)
                .expect_err(expected)
                .to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
