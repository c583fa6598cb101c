//! "Did you mean …?" for names that are not settings.

/// The candidate nearest to `given`, if one is near enough to be a likely slip of the pen.
///
/// Near is an edit distance of at most a third of the longer name, or a shared beginning that
/// covers most of the shorter one (`primary.workers` for `primary.worker_threads`).
pub(super) fn nearest<'a>(
    given: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let lower = given.to_lowercase();
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let plain = candidate.to_lowercase();
            let distance = strsim::levenshtein(&lower, &plain);
            let longest = lower.len().max(plain.len());
            let shared = lower.bytes().zip(plain.bytes()).take_while(|(a, b)| a == b).count();
            let near = distance * 3 <= longest;
            let begins_alike = shared * 5 >= lower.len().min(plain.len()) * 4;
            (near || begins_alike).then_some((distance, candidate))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [&str; 3] = ["primary.worker_threads", "http.addr", "lease.ttl"];

    #[test]
    fn a_slip_is_answered_and_nonsense_is_not() {
        assert_eq!(nearest("http.adr", KEYS), Some("http.addr"));
        assert_eq!(nearest("primary.worker_thread", KEYS), Some("primary.worker_threads"));
        assert_eq!(nearest("primary.workers", KEYS), Some("primary.worker_threads"));
        assert_eq!(nearest("zebra", KEYS), None);
    }
}
