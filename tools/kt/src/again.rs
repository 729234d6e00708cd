//! The make command that asks for the same objects again, as reports print it.

use crate::variables;

/// `make TARGET` with those of `variables` that are set; `value` gives the
/// value of a variable.
pub fn command(target: &str, variables: &[&str], value: impl Fn(&str) -> Option<String>) -> String {
    let value = variables::set(value);
    let mut command = format!("make {target}");
    for name in variables {
        let Some(text) = value(name) else {
            continue;
        };
        command.push_str(&match text.contains([' ', ';', '&']) {
            true => format!(" {name}=\"{text}\""),
            false => format!(" {name}={text}"),
        });
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_repeated_and_quoted() {
        let value = |name: &str| match name {
            "OPTIONS" => Some("NUMA MAXMEMDOM=8".to_string()),
            "KERN_THREAD_C" => Some("a.c".to_string()),
            "PROFILE" => Some(" ".to_string()),
            _ => None,
        };
        assert_eq!(
            command(
                "diff",
                &["KERN_THREAD_C", "PROFILE", "OPTIONS", "FEATURES"],
                value
            ),
            "make diff KERN_THREAD_C=a.c OPTIONS=\"NUMA MAXMEMDOM=8\""
        );
    }
}
