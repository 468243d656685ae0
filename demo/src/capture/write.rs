//! Writing the fixtures of one backend and version, and telling what that changed.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::CaptureError;

/// One answer in the form in which it is kept.
pub struct Fixture {
    pub name: String,
    pub head: String,
    pub body: Vec<u8>,
}

/// What writing did, by the fixtures' names.
#[derive(Debug, Default, PartialEq)]
pub struct Written {
    pub unchanged_count: usize,
    pub changed: Vec<String>,
    pub new: Vec<String>,
    /// There, but not made by any ask: left alone, for a person to judge.
    pub stale: Vec<String>,
}

pub fn write(folder: &Path, fixtures: &[Fixture]) -> Result<Written, CaptureError> {
    fs::create_dir_all(folder).map_err(CaptureError::io(format!("cannot make {}", folder.display())))?;
    let mut written = Written::default();
    let mut names = BTreeSet::new();
    for Fixture { name, head, body } in fixtures {
        let file_name = format!("{name}.http");
        let path = folder.join(&file_name);
        let mut bytes = format!("{head}\n").into_bytes();
        bytes.extend_from_slice(body);
        match fs::read(&path) {
            Ok(before) if before == bytes => written.unchanged_count += 1,
            Ok(_) => written.changed.push(name.clone()),
            Err(_) => written.new.push(name.clone()),
        }
        fs::write(&path, bytes).map_err(CaptureError::io(format!("cannot write {}", path.display())))?;
        names.insert(file_name);
    }
    let entries = fs::read_dir(folder).map_err(CaptureError::io(format!("cannot list {}", folder.display())))?;
    for entry in entries.flatten() {
        let file_name = entry.file_name().to_string_lossy().into_owned();
        if let Some(name) = file_name.strip_suffix(".http")
            && !names.contains(&file_name)
        {
            written.stale.push(name.to_owned());
        }
    }
    written.stale.sort();
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::server::Folder;

    #[test]
    fn tells_what_changed() {
        let folder = Folder::new("write-test").unwrap();
        let fixture =
            |name: &str, body: &str| Fixture { name: name.into(), head: "ask: f\n".into(), body: body.into() };
        let first = write(folder.path(), &[fixture("a", "1"), fixture("b", "1")]).unwrap();
        assert_eq!(first.new, ["a", "b"]);
        let second = write(folder.path(), &[fixture("a", "1"), fixture("c", "1")]).unwrap();
        assert_eq!(
            (second.unchanged_count, &second.new[..], &second.stale[..]),
            (1, &["c".into()][..], &["b".into()][..])
        );
        let third = write(folder.path(), &[fixture("a", "2")]).unwrap();
        assert_eq!(third.changed, ["a"]);
        assert_eq!(fs::read_to_string(folder.path().join("a.http")).unwrap(), "ask: f\n\n2");
    }
}
