use super::*;

fn constants(all: &[(&str, u64, bool)]) -> Vec<Constant> {
    all.iter()
        .map(|&(name, value, flag)| Constant {
            name: name.to_owned(),
            kind: "u8".to_owned(),
            value,
            flag,
        })
        .collect()
}

#[test]
fn numbers_have_names() {
    let states = constants(&[("EMPTY", 0, false), ("PARKED", 1, false)]);
    assert_eq!(decoded(1, 8, &states), "PARKED");
    assert_eq!(decoded(7, 8, &states), "7");
    assert_eq!(decoded(7, 8, &[]), "7");
}

#[test]
fn flags_are_put_together() {
    let bits = constants(&[("A", 1, true), ("B", 2, true), ("REF", 8, true), ("NEW", 19, true)]);
    assert_eq!(decoded(0, 8, &bits), "0");
    assert_eq!(decoded(1 | 2, 8, &bits), "A|B");
    assert_eq!(decoded(2 | 8, 8, &bits), "B|REF");
    assert_eq!(decoded(1 + 24, 8, &bits), "A|3×REF");
    assert_eq!(decoded(4, 8, &bits), "4");
    assert_eq!(decoded(!2 & 0xff, 8, &bits), "!B");
}
