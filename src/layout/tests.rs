//! What a build that finds a wrong layout says.

use super::*;
use crate::kpi::fake::cases;
use proptest::prelude::*;

#[test]
fn equal_numbers_pass() {
    same("struct thread", "td_flags", "offset", 0x108, 0x108);
}

#[test]
#[should_panic(
    expected = "struct thread td_flags: offset expected 0x108 (headers), found 0x110 (bindings); run `make bindings`"
)]
fn difference_names_field_expected_and_found() {
    same("struct thread", "td_flags", "offset", 0x108, 0x110);
}

#[test]
#[should_panic(expected = "struct mtx : size expected 0x20 (headers), found 0x0 (bindings)")]
fn size_of_a_structure_has_no_field() {
    same("struct mtx", "", "size", 32, 0);
}

/// A text that does not fit is cut, not lost.
#[test]
fn long_text_is_cut_at_the_buffer() {
    let message = Message::new().text(&"x".repeat(300)).text("y");
    assert_eq!(message.as_str(), "x".repeat(256));
}

/// The build evaluates it, so it has to work there, too.
const _: () = {
    const MESSAGE: &Message = &Message::new().number(0xbeef);
    assert!(matches!(MESSAGE.as_str().as_bytes(), b"0xbeef"));
};

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn numbers_are_hexadecimal(number: usize) {
        let message = Message::new().number(number);
        prop_assert_eq!(message.as_str(), format!("{number:#x}"));
    }
}
