//! What the attributes refuse, with the message and the place that the user sees.

#[test]
fn wrong_uses_are_explained_where_they_stand() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
