//! Shared suffixes: names below which other customers' names stand, by the Public Suffix List.

/// Whether anybody can register names below `name`: the name is a suffix of the list's private section.
///
/// `blob.core.windows.net` is one: every Azure tenant has names below it.
pub(super) fn is_shared(name: &str) -> bool {
    psl::suffix(name.as_bytes()).is_some_and(|suffix| {
        suffix.typ() == Some(psl::Type::Private) && suffix.as_bytes() == name.as_bytes()
    })
}

/// Whether `name` is a registry's own suffix (`com`, `co.uk`) or unknown: nothing may be widened to it.
pub(super) fn is_registry(name: &str) -> bool {
    psl::suffix(name.as_bytes()).is_none_or(|suffix| {
        suffix.typ() != Some(psl::Type::Private) && suffix.as_bytes().len() >= name.len()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blob_storage_is_shared_and_its_parent_is_not() {
        assert!(is_shared("blob.core.windows.net"));
        assert!(!is_shared("ussus1.blob.core.windows.net"));
        assert!(!is_shared("windowsupdate.com"));
        assert!(!is_shared("co.uk"));
        assert!(is_registry("co.uk"));
        assert!(is_registry("com"));
        assert!(!is_registry("windowsupdate.com"));
        assert!(!is_registry("blob.core.windows.net"));
    }
}
